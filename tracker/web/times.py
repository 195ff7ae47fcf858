"""The one zone in which a page shows its times: that of its reader, or of the organisation.

A page that many people keep (on paper, as a published version) names the organisation's zone and
reads the same for everybody. Nothing is kept between requests, so no two readers can mix.
"""

from __future__ import annotations

from datetime import date, datetime

from flask import g
from jinja2 import Environment
from markupsafe import Markup, escape

from tracker.domain.shown_time import (
    clock_words,
    clocks_change,
    in_zone,
    instant_words,
    offered_zones,
    zone_word,
)
from tracker.web.gate import current_actor, tracker


def register(environment: Environment) -> None:
    """Templates have the filters that ``parts/time.html`` is made of."""
    environment.filters.update(
        local=local,
        local_day=local_day,
        on_change_day=lambda at: clocks_change(local(at)),
        instant_words=lambda at: instant_words(local(at)),
        clock_words=lambda at: clock_words(local(at)),
        zone_word=lambda at: zone_word(local(at)),
    )
    environment.globals.update(shown_zone=shown_zone, time_element=time_element)


def shown_zone() -> str:
    """The zone of this page: what it was set to, else the reader's, else the organisation's."""
    known: str | None = g.get("shown_zone")
    if known is not None:
        return known
    who = current_actor()
    if who is None:
        return tracker().settings.timezone or "UTC"
    # A timeline of two hundred entries asks a thousand times.
    show_times_in(who.time_zone)
    return who.time_zone


def show_times_in(zone: str) -> None:
    """This page reads the same for everybody, in this zone."""
    g.shown_zone = zone


def time_element(at: datetime, words: str, *, relative: bool = False) -> Markup:
    """``<time>`` around the words, with the instant in UTC for machines and as its title."""
    utc = in_zone(at, "UTC").replace(microsecond=0, tzinfo=None)
    script = " data-relative" if relative else ""
    return Markup(  # noqa: S704 - what is not ours is escaped
        f'<time datetime="{utc.isoformat()}Z" title="{utc} UTC"{script}>{escape(words)}</time>'
    )


def local(at: datetime) -> datetime:
    """The instant by the clocks of this page."""
    return in_zone(at, shown_zone())


def local_day(day: date) -> date:
    """The day as it stands; of an instant, the day it is by the clocks of this page."""
    return local(day).date() if isinstance(day, datetime) else day


def zone_choices(kept: str = "") -> list[tuple[str, str]]:
    """What a field for a zone offers; the one that is kept stays among them."""
    zones = offered_zones()
    return [(one, one) for one in (zones if not kept or kept in zones else (kept, *zones))]
