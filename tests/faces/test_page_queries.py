"""How often pages ask the database: as often for ten rows as for three hundred, and seldom.

Every row has people, teams, services and records of its own, so that a question for each of them
cannot hide behind what the session has already read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from tests.conftest import MONDAY, Cast
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.db.work import Work
from tracker.models.action import Action
from tracker.models.catalogue import Circle, CircleMember, Person, Service, Team
from tracker.models.event import AlertKey, AlertRule, EventIncident, OperationalEvent
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
    RoleAssignment,
    StatusUpdate,
    Task,
    TimelineEntry,
)
from tracker.models.journal import Notice
from tracker.models.lesson import Lesson, LessonAppliesTo, LessonIncident, LessonTag
from tracker.models.procedure import (
    Procedure,
    ProcedureFault,
    ProcedureRun,
    ProcedureService,
    ProcedureStep,
    ProcedureVersion,
)
from tracker.models.review import Review, ReviewAnswer, ReviewFactor, ReviewIncident
from tracker.outbox.worker import rebuild_index
from tracker.search.index import silent_progress

FEW, MANY = 10, 300
# Everything of this incident and of its review grows with the rest: its timeline has 200 entries
# on one page, and more behind it.
PAGES = {
    "home": "/",
    "incidents": "/incidents",
    "incidents, open": "/incidents?state=open",
    "incidents, narrowed": "/incidents?severity=SEV2&team=team-1&sort=title",
    "an incident": "/incidents/INC-1",
    "reviews": "/reviews?view=all",
    "review editor, facts": "/reviews/REV-1/edit/facts",
    "review editor, factors": "/reviews/REV-1/edit/factors",
    "review editor, actions": "/reviews/REV-1/edit/actions",
    "review editor, lessons": "/reviews/REV-1/edit/lessons",
    "review, progress": "/reviews/REV-1/progress",
    "actions": "/actions",
    "actions, mine": "/actions?view=mine",
    "actions, board": "/actions?view=all&as=board",
    "lessons": "/lessons",
    "events": "/events",
    "an event": "/events/EVT-1",
    "events of an incident": "/events?incident=INC-1&service=s-0",
    "alerts": "/alerts",
    "rules": "/alerts/rules",
    "procedures": "/procedures",
    "a procedure": "/procedures/PRO-1",
    "procedures of an incident": "/incidents/INC-1/procedures",
    "a run": "/incidents/INC-1/procedures/1",
    "library": "/library?q=resolver",
    "library, everything": "/library",
}


@pytest.fixture
def grow(app: App, cast: Cast) -> Callable[[int], None]:
    """``grow(300)``: there are 300 of everything."""

    def fill(wanted: int) -> None:
        with app.begin_as_system() as work:
            there = work.session.exec(select(func.count(col(Incident.id)))).one()
            for number in range(there + 1, wanted + 1):
                _add_one_of_each(work, number, me=cast.alice.person_id or 0)
        rebuild_index(app, progress=silent_progress)

    return fill


def test_pages_ask_the_database_seldom_and_no_oftener_for_more_rows(
    app: App, grow: Callable[[int], None], browser: Callable[[str], Browser]
) -> None:
    alice = browser("alice")
    grow(FEW)
    few = _questions(app, alice)
    grow(MANY)
    many = _questions(app, alice)
    # Less is right for the library: a page of hits of one kind needs no words of the others.
    assert {name: (few[name], many[name]) for name in PAGES if many[name] > few[name]} == {}
    assert {name: count for name, count in many.items() if count > MOST_PER_PAGE} == {}


def _questions(app: App, browser: Browser) -> dict[str, int]:
    counts = {}
    for name, path in PAGES.items():
        # The first visit reads templates and policies, which are kept for all later ones.
        first = browser.client.get(path)
        assert first.status_code == 200, f"{path}: {first.status_code}"
        with count_queries(app) as statements:
            browser.client.get(path)
        counts[name] = len(statements)
    return counts


def _add_one_of_each(work: Work, number: int, *, me: int) -> None:
    """An incident, its review, an action and a lesson, with people and things of their own."""
    person = work.add(
        Person(email=f"p{number}@example.org", name=f"Person {number}", created_at=work.now)
    )
    team = work.add(Team(slug=f"team-{number}", name=f"Team {number}"))
    service = work.add(Service(slug=f"s-{number}", name=f"S {number}", owner_team_id=team.key))
    circle = None
    if number % 3 == 0:
        circle = work.add(Circle(visibility="private", created_at=work.now)).key
        work.add(CircleMember(circle_id=circle, person_id=me))
    at = MONDAY - timedelta(days=365, minutes=number)
    incident = work.add(
        Incident(
            title=f"Resolver slow {number}",
            state="closed" if number % 2 else "investigating",
            severity="SEV2",
            impact="some",
            urgency="now",
            declared_at=at,
            declared_by_id=person.key,
            circle_id=circle,
        )
    )
    review = work.add(
        Review(
            title=f"Review {number}",
            template_key="learning",
            owner_id=person.key,
            facilitator_id=me,
            due_on=work.today + timedelta(days=number % 9 - 4),
            circle_id=circle,
        )
    )
    # The first incident and the first review gather parts as the organisation grows.
    work.add_all(
        [
            IncidentService(incident_id=incident.key, service_id=service.key),
            IncidentTeam(incident_id=incident.key, team_id=team.key),
            IncidentTag(incident_id=incident.key, tag=f"tag-{number}"),
            ReviewIncident(review_id=review.key, incident_id=incident.key),
            TimelineEntry(
                incident_id=1, at=at, recorded_at=at, author_id=person.key, text=f"Seen {number}"
            ),
            Task(incident_id=1, title=f"Task {number}", owner_id=person.key, created_at=at),
            StatusUpdate(incident_id=1, at=at, author_id=person.key, text=f"Update {number}"),
            RoleAssignment(incident_id=1, role="scribe", person_id=person.key, from_at=at),
            ReviewAnswer(
                review_id=review.key, question="summary", text="It was slow.", updated_at=at
            ),
            ReviewFactor(review_id=1, term="saturation", note=f"Note {number}", position=number),
            Notice(
                person_id=me,
                kind="review_due",
                record_kind="review",
                record_id=review.key,
                text=f"Notice {number}",
                once=f"notice-{number}",
                at=at,
            ),
        ]
    )
    work.add(
        Action(
            title=f"Resolver action {number}",
            kind="prevent",
            strength="guard",
            state="accepted",
            owner_id=me if number % 2 else person.key,
            team_id=team.key,
            review_id=1 if number % 2 else review.key,
            incident_id=incident.key,
            due_on=work.today,
            circle_id=circle,
        )
    )
    _add_a_run(work, number, person=person, team=team, service=service)
    _add_an_event(work, number, incident=incident, service=service, team=team)
    lesson = work.add(
        Lesson(
            title=f"Resolver lesson {number}",
            situation="s",
            insight="i",
            recommendation="r",
            state="published",
            owner_id=person.key,
            team_id=team.key,
            review_id=1 if number % 2 else review.key,
            published_at=at,
            circle_id=circle,
        )
    )
    work.add_all(
        [
            LessonTag(lesson_id=lesson.key, tag=f"tag-{number}"),
            LessonAppliesTo(lesson_id=lesson.key, kind="technology", value=f"thing-{number}"),
            LessonIncident(lesson_id=lesson.key, incident_id=incident.key),
        ]
    )


def _add_a_run(work: Work, number: int, *, person: Person, team: Team, service: Service) -> None:
    """A procedure of its own, run in the first incident, and one more fault of the first."""
    text = "1. Drain the resolver\n2. Restart it"
    procedure = work.add(
        Procedure(
            slug=f"resolver-{number}",
            title=f"Resolver procedure {number}",
            text=text,
            state="current",
            owner_id=person.key,
            team_id=team.key,
            review_on=work.today,
        )
    )
    run = work.add(
        ProcedureRun(
            incident_id=1,
            procedure_id=procedure.key,
            text_version=1,
            started_at=work.now,
            started_by_id=person.key,
        )
    )
    work.add_all(
        [
            ProcedureVersion(
                procedure_id=procedure.key, number=1, title=procedure.title, text=text, at=work.now
            ),
            ProcedureService(procedure_id=procedure.key, service_id=service.key),
            ProcedureStep(run_id=1, number=1, mark="done", at=work.now, by_id=person.key),
            ProcedureFault(
                procedure_id=1,
                run_id=run.key,
                text_version=1,
                number=2,
                note=f"Note {number}",
                at=work.now,
                by_id=person.key,
            ),
        ]
    )


def _add_an_event(
    work: Work, number: int, *, incident: Incident, service: Service, team: Team
) -> None:
    """An alert of its own and one more incident of the first; its catalogue entry, its rule."""
    at = MONDAY - timedelta(minutes=number)
    event = work.add(
        OperationalEvent(
            kind="alert",
            title=f"Resolver alert {number}",
            alert_key=f"Resolver{number}",
            service_id=service.key,
            starts_at=at,
            first_seen_at=at,
            last_seen_at=at,
        )
    )
    work.add_all(
        [
            EventIncident(event_id=event.key, incident_id=1, linked_at=at),
            *(
                [EventIncident(event_id=1, incident_id=incident.key, linked_at=at)]
                if incident.key > 1
                else []
            ),
            AlertKey(alert_key=event.alert_key, owner_team_id=team.key, procedure_id=1),
            AlertRule(slug=f"rule-{number}", key_pattern=event.alert_key),
        ]
    )
