"""The one zone in which a page shows its times: that of its reader, or of the organisation.

A page that many people keep (on paper, as a published version) names the organisation's zone and
reads the same for everybody. Nothing is kept between requests, so no two readers can mix.
"""

from __future__ import annotations

from datetime import date, datetime

from flask import g
from jinja2 import Environment

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
        in_utc=lambda at: in_zone(at, "UTC"),
        on_change_day=lambda at: clocks_change(local(at)),
        instant_words=lambda at: instant_words(local(at)),
        clock_words=lambda at: clock_words(local(at)),
        zone_word=lambda at: zone_word(local(at)),
    )
    environment.globals.update(shown_zone=shown_zone)


def shown_zone() -> str:
    """The zone of this page: what it was set to, else the reader's, else the organisation's."""
    if "shown_zone" in g:
        return str(g.shown_zone)
    who = current_actor()
    return who.time_zone if who is not None else tracker().settings.timezone or "UTC"


def show_times_in(zone: str) -> None:
    """This page reads the same for everybody, in this zone."""
    g.shown_zone = zone


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
