"""Forms meet the domain: gaps shown at their fields, texts read as tuples, times and days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from flask import flash
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from tracker.domain.errors import DomainError, Gap, NotValid
from tracker.domain.shown_time import in_zone, typed_time

_ZONED = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


def show_gaps(form: FlaskForm, error: DomainError) -> None:
    """Each gap stands at its field; those without a field stand above the form."""
    for gap in error.gaps or (Gap("", error.message),):
        field = form[gap.field] if gap.field in form else None  # noqa: SIM401 - a form has no get
        if field is None:
            form.form_errors.append(gap.message)
        else:
            field.errors = [*field.errors, gap.message]


def words_of(text: str | None) -> tuple[str, ...]:
    """Tags, slugs or addresses typed with commas, spaces or new lines between them."""
    return tuple(word for word in re.split(r"[\s,;]+", text or "") if word)


def chosen(values: MultiDict[str, str], name: str) -> tuple[str, ...]:
    """The non-empty values of a filter in the address bar, without NUL, which no database takes."""
    cleaned = (value.replace("\x00", "") for value in values.getlist(name))
    return tuple(value for value in cleaned if value.strip())


def instant_of(
    text: str | None, zone: str, *, field: str = "at", stood: datetime | None = None
) -> datetime | None:
    """The instant a person typed: in their own zone unless they wrote one; ``None`` when empty.

    A field that was left as it ``stood`` means that instant, to its second and on its side of a
    change of clocks. Of a time that came twice the earlier is meant, and the page says so.
    Raises: NotValid with an example, or for a time that the clocks left out.
    """
    written = (text or "").strip()
    if not written:
        return None
    if stood is not None and written == local_value(stood, zone):
        return stood
    try:
        at = datetime.fromisoformat(written.replace(" ", "T", 1))
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        typed = typed_time(at, zone, field=field)
    except (ValueError, OverflowError) as error:
        raise NotValid(Gap(field, "Write the time as 2026-05-17 14:02")) from error
    if typed.doubt:
        flash(typed.doubt, "warning")
    return typed.at


def day_of(text: str | None, *, field: str) -> date | None:
    """The day a person typed; ``None`` when empty. Raises: NotValid with an example."""
    written = (text or "").strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise NotValid(Gap(field, "Write the day as 2026-05-17")) from error


def kept_day(text: str | None, before: date | None, *, field: str) -> date | None:
    """The day a person typed where one may have stood before.

    Raises: NotValid for a day that was wiped out: a clock moves, it is not lost by a slip.
    """
    day = day_of(text, field=field)
    if day is None and before is not None:
        stood = f"{before:%Y-%m-%d}"
        raise NotValid(Gap(field, f"It was {stood}. Choose a later day to put it off"))
    return day


def local_value(at: datetime | None, zone: str) -> str:
    """An instant as a field shows it to a person in that zone."""
    return "" if at is None else in_zone(at, zone).strftime("%Y-%m-%dT%H:%M")
