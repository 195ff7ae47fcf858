"""Whom a reminder of a review reaches, at which hour, and how days that were met are counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.measures import Deadline, reviewed_in_time
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.journal import Clock, Notice
from tracker.models.review import Review
from tracker.outbox.schedule import run_due
from tracker.reading.analyse.deadlines import overdue_reviews, time_figures, waived_reviews
from tracker.reading.analyse.reviews import review_of
from tracker.usecases.analyse.reviews import EditReview, edit_review, waive_review
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

LATER = datetime(2026, 6, 20, 12, tzinfo=UTC)


def _review(app: App, cast: Cast, people: EditReview, **more: object) -> int:
    """A review due on the 8th of June with these people."""
    with app.begin(cast.alice) as work:
        ask = {"title": "Down", "severity": "SEV1", **more}
        incident = declare_incident(work, DeclareIncident(**ask))  # type: ignore[arg-type]
    # Who declared a private one is in its circle from the next work on.
    with app.begin(cast.alice) as work:
        move_incident(work, work.get(Incident, incident.key), MoveIncident(verb="resolve"))
        review = review_of(work, incident)
        assert review is not None
        edit_review(work, review, people)
        return review.key


def _reminded(app: App) -> list[str]:
    """Who was reminded, by name, once for each notice."""
    with app.look_as_system() as look:
        rows = look.session.exec(
            select(Person.name)
            .join(Notice, Notice.person_id == Person.id)  # type: ignore[arg-type]
            .where(Notice.kind == "review_due")
            .order_by(Notice.id)  # type: ignore[arg-type]
        )
        return [name.lower() for name in rows]


@pytest.mark.parametrize(
    ("people", "gone", "asked", "reminded"),
    [
        (("alice", "bob"), (), {}, ["alice"]),
        (("", "bob"), (), {}, ["bob"]),
        (("alice", "bob"), ("alice",), {}, ["bob"]),
        (("alice", "bob"), ("alice", "bob"), {"teams": ("search",)}, ["charlie"]),
        # The team's lead, because there is one; the owner of the service where no team is named.
        (("", ""), (), {"teams": ("payments",)}, ["erin"]),
        (("", ""), (), {"services": ("checkout",)}, ["erin"]),
        (("", ""), (), {"services": ("query",)}, ["charlie"]),
        (("", ""), (), {}, []),
    ],
)
def test_a_reminder_reaches_one_who_can_do_something(
    people: tuple[str, str],
    gone: tuple[str, ...],
    asked: dict[str, object],
    reminded: list[str],
    app: App,
    cast: Cast,
) -> None:
    owner, facilitator = (cast.email(name) if name else "" for name in people)
    _review(app, cast, EditReview(owner=owner, facilitator=facilitator), **asked)
    with app.begin_as_system() as work:
        for name in gone:
            work.find(Person, getattr(cast, name).person_id, what=name).active = False
    run_due(app, LATER)
    assert _reminded(app) == reminded * 3, "two days before, on the day, three after"


def test_a_private_review_without_an_owner_reminds_nobody_outside(app: App, cast: Cast) -> None:
    _review(app, cast, EditReview(), visibility="private", teams=("search",), services=("query",))
    run_due(app, LATER)
    assert "charlie" not in _reminded(app)


@pytest.mark.parametrize(
    ("due", "marks"),
    [
        # Before and after the clocks of London change on the 25th of October.
        ("2026-10-23", ["2026-10-21T08:00", "2026-10-23T08:00", "2026-10-28T09:00"]),
        ("2027-03-29", ["2027-03-25T09:00", "2027-03-29T08:00", "2027-04-01T08:00"]),
    ],
)
def test_reminders_go_out_at_nine_in_the_morning_there(
    due: str, marks: list[str], app: App, cast: Cast
) -> None:
    _review(app, cast, EditReview(owner=cast.email("alice"), due_on=date.fromisoformat(due)))
    with app.look_as_system() as look:
        rows = look.session.exec(select(Clock).where(Clock.kind == "review_due"))
        due_at = sorted(row.due_at.strftime("%Y-%m-%dT%H:%M") for row in rows)
    assert due_at == marks


TODAY = date(2026, 6, 20)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("deadlines", "told"),
    [
        ([], (0, 0, 0, 0, 0)),
        ([Deadline(TODAY, TODAY)], (1, 1, 0, 0, 0)),
        ([Deadline(TODAY, TODAY + DAY)], (0, 1, 1, 0, 0)),
        ([Deadline(TODAY - DAY, None)], (0, 1, 1, 0, 0)),
        ([Deadline(TODAY, None)], (0, 0, 0, 0, 1)),
        ([Deadline(TODAY - DAY, None, waived=True)], (0, 0, 0, 1, 0)),
        (
            [Deadline(TODAY, TODAY)] * 4 + [Deadline(TODAY - DAY, TODAY), Deadline(TODAY, None)],
            (4, 5, 1, 0, 1),
        ),
    ],
)
def test_how_days_were_met(deadlines: list[Deadline], told: tuple[int, ...]) -> None:
    found = reviewed_in_time(deadlines, TODAY)
    counts = (found.in_time.part, found.in_time.whole, found.late, found.waived, found.open)
    assert counts == told
    assert (found.in_time.value is None) == (found.in_time.whole < 5)


def test_the_overdue_list_and_the_figure_see_what_the_reader_may(
    app: App, cast: Cast, clock: HandClock
) -> None:
    _review(app, cast, EditReview(owner=cast.email("alice")))
    _review(app, cast, EditReview(owner=cast.email("alice")), visibility="private")
    waived = _review(app, cast, EditReview(owner=cast.email("alice")))
    with app.begin(cast.ada) as work:
        waive_review(work, work.get(Review, waived), why="Covered", until=date(2026, 7, 1))
    run_due(app, LATER)
    clock.now = LATER
    with app.look(cast.charlie) as look:
        (one,) = overdue_reviews(look)
        assert (one.item.ref, one.days, one.reminders) == ("REV-1", 9, 3)
        assert [item.ref for item in waived_reviews(look)] == ["REV-3"]
        figures = time_figures(look).figures
    assert (figures.in_time.whole, figures.late, figures.waived) == (1, 1, 1)
    with app.look(cast.alice) as look:
        assert time_figures(look).figures.late == 2
