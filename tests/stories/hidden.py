"""An organisation with a public past, and a private incident in it that has everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tracker.app import App
from tracker.db.work import Work
from tracker.domain.event import Change
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.review import Review, ReviewFactor
from tracker.models.table import Record
from tracker.outbox.worker import Worker
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import (
    event_by_ref,
    incident_by_ref,
    lesson_by_ref,
    ref,
    review_by_ref,
)
from tracker.usecases.analyse.answers import FactorAsk, SaveAnswer, add_factor, answer_question
from tracker.usecases.analyse.depth import skip_rest
from tracker.usecases.analyse.reviews import StartReview, amend_review, publish_review, start_review
from tracker.usecases.analyse.sign_offs import (
    AskSignOff,
    SignOffWord,
    ask_sign_off,
    sign_off,
)
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.improve.procedures import WriteProcedure, write_procedure
from tracker.usecases.respond.changes import LinkChange, link_change, record_change
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.events import MoveEvent, RecordEvent, move_event, record_event
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.procedure_runs import MarkStep, StartRun, mark_step, start_run
from tracker.usecases.respond.response import (
    PostUpdate,
    add_task,
    assign_role,
    finish_task,
    post_update,
)
from tracker.usecases.respond.timeline import (
    AddEntry,
    EditEntry,
    add_timeline_entry,
    edit_timeline_entry,
)
from tracker.usecases.respond.times import TimeAsk, record_time
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson

END = MONDAY + timedelta(days=1)
# Made-up words, one for each place that a text can stand in; nothing else in the tracker has them.
WORDS = (
    "vorplegax", "quintzemo", "brundelfik", "ostravimp", "jelluquorn", "kwespadol", "trimbozact",
    "fendlyrook", "glorpantide", "hyxeramon", "plimquarst", "duvanteck", "snorbliwex", "yaltrumpex",
    "wexafondry", "mubrelquist", "zandopleth", "crovimbula", "thrackenoy", "ivorniquat",
    "bristowank", "quelmarfid", "oskerdoomb",
)  # fmt: skip


@dataclass
class Hidden:
    """References and ids of what is closed, by what they are called in an address."""

    refs: dict[str, list[str]] = field(default_factory=lambda: {"INC": [], "REV": [], "ACT": [],
                                                                "LES": []})  # fmt: skip
    entry: int = 0
    task: int = 0
    factor: int = 0

    def note(self, row: Record) -> str:
        reference = ref(row)
        self.refs[reference[:3]].append(reference)
        return reference

    @property
    def all_refs(self) -> list[str]:
        return [one for refs in self.refs.values() for one in refs]


def work_off(app: App) -> None:
    """The worker has done all that is due."""
    worker = Worker(app)
    worker.prepare()
    while worker.turn():
        pass
    worker._lock.release()


def public_past(app: App, cast: Cast, clock: HandClock) -> None:
    """INC-1 with a published review, INC-2 open, INC-3 a near miss, INC-4 a year ago."""
    clock.now = MONDAY
    with app.begin(cast.alice) as work:
        first = _declare(work, "Checkout answers 502", tags=("dns",), visibility="org")
        move_incident(work, first, MoveIncident(verb="resolve"))
        other = DeclareIncident(title="Query is slow", severity="SEV3", services=("query",))
        declare_incident(work, other)
        report_near_miss(
            work,
            ReportNearMiss(title="Almost dropped a table", almost_happened="A drop",
                           what_saved_us="A colleague", services=("ledger",)),
        )  # fmt: skip
        declare_incident(
            work,
            DeclareIncident(title="Last summer", severity="SEV3", recorded_afterwards=True,
                            state="closed", times=_year_ago()),
        )  # fmt: skip
        review = _review(work, ref(first))
        propose_action(
            work,
            ProposeAction(title="Run three resolvers", review=review, team="search",
                          owner=cast.email("charlie")),
        )  # fmt: skip
        write_procedure(
            work,
            WriteProcedure(title="Restart the resolver", text="1. Drain it\n2. Restart it",
                           services=("checkout",), owner=cast.email("charlie"), team="search"),
        )  # fmt: skip
        # EVT-1 to EVT-3: an alert, a deployment, and what took it back.
        record_event(work, RecordEvent(title="Slow", kind="alert", service="checkout"))
        for kind in ("deploy", "rollback"):
            record_change(work, Change(instance_key=kind, kind=kind, service="checkout"))
    _publish(app, cast, review, "Resolvers need headroom")
    work_off(app)
    clock.now = END


def private_incident(app: App, cast: Cast, clock: HandClock) -> Hidden:
    """Alice's incident with Bob and Erin inside, and all that can hang on one."""
    hidden = Hidden()
    clock.now = MONDAY + timedelta(hours=4)
    with app.begin(cast.alice) as work:
        incident = _declare(
            work, WORDS[0], tags=(WORDS[1],), visibility="private",
            members=(cast.email("bob"), cast.email("erin")), summary=WORDS[2],
            impact_text=WORDS[3],
        )  # fmt: skip
        place = hidden.note(incident)
        assign_role(work, incident, role="commander", person=cast.email("alice"))
        assign_role(work, incident, role=WORDS[4], person=cast.email("bob"))
        entry = add_timeline_entry(work, incident, AddEntry(text=f"Saw {WORDS[5]}"))
        edit_timeline_entry(work, incident, entry.key, EditEntry(text=f"Then {WORDS[6]}"))
        task = add_task(work, incident, title=WORDS[7], owner=cast.email("bob"))
        finish_task(work, incident, task.key)
        post_update(work, incident, PostUpdate(text=WORDS[8]))
        hidden.entry, hidden.task = entry.key, task.key
        run = start_run(work, incident, StartRun(procedure="PRO-1")).key
        mark_step(work, incident, run, MarkStep(number=1, mark="done"))
        mark_step(work, incident, run, MarkStep(number=2, mark="wrong", note=WORDS[5]))
    with app.begin(cast.alice) as work:
        incident = incident_by_ref(work, place)
        move_event(work, event_by_ref(work, "EVT-1"), MoveEvent(verb="link", incident=place))
        for change, role in (("EVT-2", "triggered_by"), ("EVT-3", "remediated_by")):
            said = LinkChange(role=role, note=WORDS[5])
            link_change(work, incident, event_by_ref(work, change), said)
        record_time(work, incident, "diagnosed", TimeAsk(unknown_because=WORDS[9]))
        move_incident(work, incident, MoveIncident(verb="resolve", why=WORDS[10]))
        review = _review(work, place)
        hidden.refs["REV"].append(review)
        action = propose_action(
            work,
            ProposeAction(title=WORDS[11], detail=WORDS[12], review=review, team="search",
                          owner=cast.email("alice")),
        )  # fmt: skip
        hidden.note(action)
        move_action(work, action, MoveAction(verb="accept"))
        hidden.note(propose_action(work, ProposeAction(title=WORDS[13], incident=place)))
    lesson = _publish(app, cast, review, WORDS[14], words=WORDS[15:17])
    hidden.refs["LES"].append(lesson)
    with app.begin(cast.erin) as work:
        amend_review(work, review_by_ref(work, review), why=WORDS[17])
        hidden.factor = work.session.exec(
            select(ReviewFactor.id).where(ReviewFactor.review_id == int(review[4:]))
        ).one()  # type: ignore[assignment]
    with app.begin(cast.alice) as work:
        near = report_near_miss(
            work,
            ReportNearMiss(title=WORDS[18], almost_happened=WORDS[19], what_saved_us=WORDS[18],
                           services=("checkout",), tags=(WORDS[1],), visibility="private",
                           happened_at=MONDAY - timedelta(days=364)),
        )  # fmt: skip
        hidden.note(near)
        # Still open, so that it would stand on everybody's home page.
        hidden.note(_declare(work, WORDS[19], tags=(WORDS[1],), visibility="private"))
    work_off(app)
    clock.now = END
    work_off(app)
    return hidden


def _declare(work: Work, title: str, **more: object) -> Incident:
    asked: dict[str, object] = {"severity": "SEV1", "services": ("checkout",), "teams": ("search",)}
    return declare_incident(work, DeclareIncident(title=title, **{**asked, **more}))  # type: ignore[arg-type]


def _year_ago() -> dict[str, TimeAsk]:
    at = datetime(END.year - 1, END.month, END.day, 9, tzinfo=UTC)
    return {"declared": TimeAsk(at=at)}


def _review(work: Work, place: str) -> str:
    """The review of the incident: the one that resolving it began, else a new one."""
    started = work.session.exec(select(Review).order_by(Review.id.desc())).first()  # type: ignore[union-attr]
    known = [ref(one) for one in whole_review(work, started).incidents] if started else []
    if started is not None and known == [place]:
        return ref(started)
    return ref(start_review(work, StartReview(incidents=(place,))))


def _publish(
    app: App, cast: Cast, review: str, title: str, *, words: tuple[str, ...] = ("They die", "x")
) -> str:
    """The review is published by Erin with one factor and one lesson; the lesson's reference."""
    with app.begin(cast.erin) as work:
        row = review_by_ref(work, review)
        for incident in whole_review(work, row).incidents:
            for name in ("impact_started", "detected", "diagnosed", "mitigated", "impact_ended"):
                record_time(work, incident, name, TimeAsk(unknown_because="Nobody noted it"))
            if not work.session.exec(
                select(TimelineEntry.id).where(TimelineEntry.incident_id == incident.key,
                                               TimelineEntry.kind == "note")
            ).first():  # fmt: skip
                add_timeline_entry(work, incident, AddEntry(text="It began"))
        add_factor(work, row, FactorAsk(term="hard-rollback", note=words[0]))
        lesson = draft_lesson(
            work,
            DraftLesson(title=title, situation=words[0], insight=words[1], recommendation="Look",
                        review=review, tags=(words[1],), applies_to=(("tech", words[0]),),
                        team="search", review_by=(END + timedelta(days=9)).date()),
        )  # fmt: skip
        for question in whole_review(work, row).template.questions:
            if question.kind in ("times", "timeline", "factors", "actions", "lessons"):
                continue
            answer_question(
                work,
                row,
                SaveAnswer(question=question.key, text=words[0],
                           choice="no" if question.kind == "yes_no_because" else "",
                           because=words[1]),
            )  # fmt: skip
    # Bob and Alice of payments: of another team than the one in the incident, and in its circle.
    for name, part in (("bob", "peer"), ("alice", "business_owner")):
        with app.begin(cast.erin) as work:
            ask = AskSignOff(person=cast.email(name), part=part)
            ask_sign_off(work, review_by_ref(work, review), ask)
        with app.begin(getattr(cast, name)) as work:
            # What stands in a closed review stands in closed words.
            text = WORDS[20] if title in WORDS else "Clear"
            word = SignOffWord(verdict="approve", text=text)
            sign_off(work, review_by_ref(work, review), word)
    with app.begin(cast.erin) as work:
        skip_rest(work, review_by_ref(work, review), why=words[0])
        publish_review(work, review_by_ref(work, review))
        lesson = lesson_by_ref(work, ref(lesson))
        move_lesson(work, lesson, MoveLesson(verb="confirm"))
        return ref(lesson)
