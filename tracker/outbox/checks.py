"""One thing that was looked at, for doctor and /readyz."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at. ``text`` says how it is, and when it is wrong what to do."""

    name: str
    ok: bool
    text: str


def good(name: str, text: str) -> Check:
    """It is as it should be."""
    return Check(name=name, ok=True, text=text)


def bad(name: str, text: str) -> Check:
    """It needs a hand; the text says which."""
    return Check(name=name, ok=False, text=text)
