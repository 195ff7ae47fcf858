"""Lengths of time as people say them."""

from __future__ import annotations

# Months and years are those of an average year: who reads "8 months" does not count days.
UNITS = (
    ("year", 31_557_600),
    ("month", 2_629_800),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
# A unit is used from two on: rounding down then loses a third at most.
SPOKEN_FROM = 2


def span_words(seconds: float) -> str:
    """A length of time in one unit, rounded down: "40 seconds", "3 hours", "8 months"."""
    for name, length in UNITS:
        if seconds >= SPOKEN_FROM * length:
            return f"{int(seconds // length)} {name}s"
    whole = max(int(seconds), 0)
    return "1 second" if whole == 1 else f"{whole} seconds"
