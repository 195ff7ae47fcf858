"""Checks for what people send: one sentence for each field that needs another look.

SQLModel tables do not validate, so every ``...Ask`` is checked here, before anything is stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime

from tracker.domain.errors import Gaps

TITLE_LIMIT = 200
TEXT_LIMIT = 200_000
NOTE_LIMIT = 20_000
REASON_LIMIT = 2_000
TAG_LIMIT = 50
MANY_LIMIT = 100
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_TAG = re.compile(r"[^\w.@:+-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: object) -> str:
    """The text with normal line ends and composed characters, without outer white space."""
    if not isinstance(text, str):
        return ""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def has_half_character(text: str) -> bool:
    """True for a text with a lone surrogate, which no database can hold."""
    return _SURROGATE.search(text) is not None


def check_text(
    gaps: Gaps, field: str, text: object, *, limit: int = TEXT_LIMIT, required: bool = False
) -> None:
    """Adds a gap for: not a text, empty though required, too long, NUL, lone surrogates."""
    if not isinstance(text, str):
        gaps.add(field, f"{named(field)} must be a text")
        return
    if required and not text.strip():
        gaps.add(field, f"{named(field)} is needed")
    if len(text) > limit:
        gaps.add(field, f"{named(field)} may have {limit:,} characters; this has {len(text):,}")
    if "\x00" in text:
        gaps.add(field, f"{named(field)} contains a NUL character; please remove it")
    if has_half_character(text):
        gaps.add(field, f"{named(field)} contains half a character; please type it again")


def check_title(
    gaps: Gaps, field: str, text: object, *, limit: int = TITLE_LIMIT, required: bool = True
) -> None:
    """As check_text, for one line."""
    check_text(gaps, field, text, limit=limit, required=required)
    if isinstance(text, str) and "\n" in text.strip():
        gaps.add(field, f"{named(field)} must fit on one line")


def check_choice(
    gaps: Gaps, field: str, value: object, choices: Collection[str], *, required: bool = True
) -> None:
    """Adds a gap that lists the choices."""
    if value in ("", None) and not required:
        return
    if not isinstance(value, str) or value not in choices:
        gaps.add(field, f"{named(field)} must be one of: {', '.join(choices)}")


def check_instant(gaps: Gaps, field: str, at: object, *, required: bool = False) -> None:
    """Adds a gap unless ``at`` is an instant with a zone, within the centuries we keep."""
    if at is None:
        if required:
            gaps.add(field, f"{named(field)} is needed")
        return
    if not isinstance(at, datetime) or at.tzinfo is None:
        gaps.add(field, f"{named(field)} must be a date and time with a zone")
    elif not EARLIEST <= at <= LATEST:
        gaps.add(field, f"{named(field)} must be between 1990 and 2200")


def check_day(gaps: Gaps, field: str, day: object) -> None:
    if day is None:
        return
    if not isinstance(day, date):
        gaps.add(field, f"{named(field)} must be a date")
    elif not EARLIEST.date() <= day <= LATEST.date():
        gaps.add(field, f"{named(field)} must be between 1990 and 2200")


def tags_of(raw: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: lower case, dashes for spaces, each once, in the given order."""
    tags: dict[str, None] = {}
    for one in raw:
        tag = _TAG.sub("-", clean(one).lower()).strip("-")
        if tag:
            tags[tag] = None
    return tuple(tags)


def check_tags(gaps: Gaps, field: str, tags: Collection[str]) -> None:
    if len(tags) > MANY_LIMIT:
        gaps.add(field, f"At most {MANY_LIMIT} tags")
    for tag in tags:
        check_text(gaps, field, tag, limit=TAG_LIMIT)


def check_link(gaps: Gaps, field: str, url: object) -> None:
    """A link must be http or https: nothing that a browser would run."""
    check_text(gaps, field, url, limit=2_000)
    if isinstance(url, str) and url and not url.lower().startswith(("http://", "https://")):
        gaps.add(field, f"{named(field)} must begin with https:// or http://")


def named(field: str) -> str:
    """The field as a sentence begins: ``next_update_at`` -> ``Next update at``."""
    return field.replace("_id", "").replace("_", " ").replace(".", " ").strip().capitalize()


def slug_of(name: str) -> str:
    """A short name for addresses: ASCII letters, digits, dashes."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60] or "x"
