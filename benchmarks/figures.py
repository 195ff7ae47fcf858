"""Figures as people read them: medians, the slow end, ratios, and whether a bound is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Timing:
    """Seconds that something took, once for each time it was done."""

    seconds: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return median(self.seconds) * 1000

    @property
    def p95_ms(self) -> float:
        """Nineteen of twenty took less."""
        if len(self.seconds) < 2:
            return self.median_ms
        return quantiles(self.seconds, n=20, method="inclusive")[-1] * 1000

    @property
    def count(self) -> int:
        return len(self.seconds)


def bound(words: str, *, met: bool) -> str:
    """A bound of the issue beside its figure."""
    return f"bound {words}: {'met' if met else 'NOT MET'}"


def print_title(words: str) -> None:
    """A heading with air before it."""
    print(f"\n{words}\n{'-' * len(words)}", flush=True)


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns: the first and the last to the left, numbers to the right."""
    widths = [max(len(row[n]) for row in [headings, *rows]) for n in range(len(headings))]
    last = len(headings) - 1
    for row in [headings, *rows]:
        cells = [
            cell.ljust(widths[n]) if n in (0, last) else cell.rjust(widths[n])
            for n, cell in enumerate(row)
        ]
        print("  ".join(cells).rstrip(), flush=True)
