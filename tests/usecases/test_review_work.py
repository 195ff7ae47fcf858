"""Marks, evidence, pictures, presence and likeness: what they keep, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.review_story import INCIDENT, REVIEW, answer_everything, resolved
from tests.pictures import huge_png, png
from tests.stories.hidden import work_off
from tracker.app import App
from tracker.domain.errors import NotFound, NotPermitted, NotValid
from tracker.domain.people import Actor
from tracker.models.incident import TimelineEntry
from tracker.models.journal import AuditEntry, OutboxEvent
from tracker.models.lesson import LessonIncident
from tracker.models.review_work import Attachment, ReviewMoment, ReviewPresence
from tracker.reading.analyse.attachments import picture_by_id
from tracker.reading.analyse.likeness import Likeness, likeness_of
from tracker.reading.analyse.picture import frozen_story, kept_story, story_of
from tracker.reading.analyse.presence import newer_answers, people_there
from tracker.reading.analyse.reviews import version, whole_review
from tracker.reading.mentions import incidents_like, people_and_services
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.analyse.attachments import AttachPicture, attach_picture, shown_name
from tracker.usecases.analyse.likeness import SayAlike, link_lesson, say_alike
from tracker.usecases.analyse.moments import MarkEntries, mark_entries
from tracker.usecases.analyse.presence import Whereabouts, note_presence
from tracker.usecases.analyse.reviews import publish_review
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.response import assign_role
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry, retract_timeline_entry
from tracker.usecases.respond.times import TimeAsk, record_time
from tracker.usecases.share.lessons import DraftLesson, draft_lesson


def _entries(app: App) -> list[int]:
    with app.look_as_system() as look:
        query = select(TimelineEntry.id).where(TimelineEntry.kind == "note")
        return [one or 0 for one in look.session.exec(query.order_by(TimelineEntry.id))]  # type: ignore[arg-type]


def _keep(app: App, who: Actor, content: bytes, name: str = "graph.png") -> int:
    with app.begin(who) as work:
        ask = AttachPicture(name=name, content=content)
        return attach_picture(work, review_by_ref(work, REVIEW), ask).key


def _alike(app: App, who: Actor) -> Likeness:
    with app.look(who) as look:
        return likeness_of(look, app.index, review_by_ref(look, REVIEW))


def test_marks_stand_beside_the_entry_whose_text_stays(app: App, cast: Cast) -> None:
    resolved(app, cast, entries=2)
    first, second = _entries(app)
    with app.begin(cast.bob) as work:
        review = review_by_ref(work, REVIEW)
        mark_entries(work, review, MarkEntries(entries=(first, second), hypothesis="raised"))
        mark_entries(work, review, MarkEntries(entries=(second,), hypothesis="dropped", note="No"))
    with app.look(cast.bob) as look:
        whole = whole_review(look, review_by_ref(look, REVIEW))
        assert {key: row.hypothesis for key, row in whole.moments.items()} == {
            first: "raised", second: "dropped",
        }  # fmt: skip
        assert [one.text for one in whole.entries if one.kind == "note"] == ["Entry 1", "Entry 0"]


def test_an_entry_of_another_incident_or_a_struck_out_one_is_not_marked(
    app: App, cast: Cast
) -> None:
    resolved(app, cast, entries=2)
    first, second = _entries(app)
    with app.begin(cast.alice) as work:
        other = declare_incident(work, DeclareIncident(title="Another", severity="SEV3"))
        foreign = add_timeline_entry(work, other, AddEntry(text="Elsewhere")).key
        retract_timeline_entry(work, incident_by_ref(work, INCIDENT), second)
    for entry in (foreign, second, 9_999):
        with pytest.raises(NotFound), app.begin(cast.bob) as work:
            review = review_by_ref(work, REVIEW)
            mark_entries(work, review, MarkEntries(entries=(first, entry), moment="repair"))
    with app.look_as_system() as look:
        assert look.session.exec(select(ReviewMoment)).all() == []


def test_the_same_picture_is_kept_once_and_its_name_is_only_shown(app: App, cast: Cast) -> None:
    resolved(app, cast)
    assert _keep(app, cast.bob, png(4, 4)) == _keep(app, cast.alice, png(4, 4), "other.png")
    assert _keep(app, cast.bob, png(5, 5)) == 2
    with app.look(cast.charlie) as look:
        row = picture_by_id(look, review_by_ref(look, REVIEW), 1)
        assert (row.mime, row.width, row.height, row.content) == ("image/png", 4, 4, png(4, 4))
    assert shown_name("..\\..\\etc/passwd\x00](javascript:x).png") == "passwdjavascript:x.png"
    assert shown_name("  ") == "picture"


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"GIF89a<script>", huge_png(50_000, 50_000)]
)
def test_what_is_no_picture_is_refused_and_nothing_is_stored(
    content: bytes, sqlite_app: App, sqlite_cast: Cast
) -> None:
    resolved(sqlite_app, sqlite_cast)
    with pytest.raises(NotValid) as refused:
        _keep(sqlite_app, sqlite_cast.bob, content)
    assert refused.value.gaps[0].field == "picture"
    with sqlite_app.look_as_system() as look:
        assert look.session.exec(select(Attachment)).all() == []


def test_a_picture_of_a_closed_review_is_for_its_circle_alone(app: App, cast: Cast) -> None:
    resolved(app, cast, visibility="private")
    _keep(app, cast.bob, png(4, 4))
    with pytest.raises(NotFound), app.look(cast.charlie) as look:
        picture_by_id(look, review_by_ref(look, REVIEW), 1)


def test_presence_is_seen_by_others_fades_and_leaves_no_trace(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)

    def traces() -> tuple[int, int]:
        with app.look_as_system() as look:
            return (
                len(look.session.exec(select(AuditEntry.id)).all()),
                len(look.session.exec(select(OutboxEvent.id)).all()),
            )

    before = traces()
    here = Whereabouts(window="window-of-bob", question="impact", writing=True)
    with app.begin(cast.bob) as work:
        note_presence(work, review_by_ref(work, REVIEW), here)
    with app.look(cast.alice) as look:
        there = people_there(look, review_by_ref(look, REVIEW))
    assert [(one.name, one.question, one.writing) for one in there] == [("Bob", "impact", True)]
    assert traces() == before
    clock.forward(minutes=1)
    with app.look(cast.alice) as look:
        assert people_there(look, review_by_ref(look, REVIEW)) == []
    clock.forward(minutes=30)
    with app.begin(cast.alice) as work:
        note_presence(work, review_by_ref(work, REVIEW), Whereabouts(window="window-of-alice"))
    with app.look_as_system() as look:
        windows = [row.window for row in look.session.exec(select(ReviewPresence))]
    assert windows == ["window-of-alice"]
    with pytest.raises(NotPermitted), app.begin(cast.vera) as work:
        note_presence(work, review_by_ref(work, REVIEW), here)


def test_only_answers_that_are_newer_than_the_known_ones_are_read(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.bob) as work:
        review = review_by_ref(work, REVIEW)
        answer_question(work, review, SaveAnswer(question="lucky", text="once"))
        answer_question(work, review, SaveAnswer(question="lucky", text="twice"))
        answer_question(work, review, SaveAnswer(question="impact", text="some"))
    with app.look(cast.alice) as look:
        review = review_by_ref(look, REVIEW)
        found = newer_answers(look, review, {"lucky": 1, "impact": 1, "summary": 1})
        assert [(row.question, row.text) for row in found] == [("lucky", "twice")]
        assert newer_answers(look, review, {}) == []


def test_mentions_offer_what_the_writer_may_read_and_take_marks_as_letters(
    app: App, cast: Cast
) -> None:
    resolved(app, cast, visibility="private", title="Resolver 100% busy_ness")
    with app.look(cast.alice) as look:
        assert [one.name for one in people_and_services(look, "ali")] == ["Alice"]
        assert [one.link for one in people_and_services(look, "check")] == ["/services/checkout"]
        assert [one.name for one in incidents_like(look, "1")] == [INCIDENT]
        assert [one.name for one in incidents_like(look, "100%")] == [INCIDENT]
        assert incidents_like(look, "1000%") == []
        assert incidents_like(look, "busy-ness") == []
    with app.look(cast.charlie) as look:
        for words in ("1", "inc-1", "Resolver", "busy"):
            assert incidents_like(look, words) == []


def test_the_story_is_kept_with_the_version_and_names_roles_never_people(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast, entries=3)
    with app.begin(cast.alice) as work:
        incident = incident_by_ref(work, INCIDENT)
        assign_role(work, incident, role="commander", person=cast.email("bob"))
        begun = work.now - timedelta(minutes=9)
        record_time(work, incident, "impact_started", TimeAsk(at=begun, source="staff"))
        ask = MarkEntries(entries=(_entries(app)[0],), moment="decision", note="We roll back")
        mark_entries(work, review_by_ref(work, REVIEW), ask)
    with app.look(cast.bob) as look:
        story = story_of(look, whole_review(look, review_by_ref(look, REVIEW)))
    assert [one.name for one in story.joined] == ["Commander"]
    assert [one.name for one in story.severities] == ["SEV3"]
    assert "We roll back" in [one.words for one in story.moments]
    assert len(story.impact) == 1
    assert kept_story({"picture": frozen_story(story)}) == story
    assert "Bob" not in str(frozen_story(story))
    clock.forward(hours=1)
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    with app.look(cast.bob) as look:
        content = version(look, review_by_ref(look, REVIEW), 1).content
    assert any(row.get("moment") == "decision" for row in content["timeline"])
    assert kept_story(content) is not None
    assert kept_story({}) is None


def earlier_incident(app: App, cast: Cast, *, visibility: str = "org") -> str:
    """An incident of the same words, months ago, with an action; its reference."""
    with app.begin(cast.alice) as work:
        earlier = declare_incident(
            work,
            DeclareIncident(
                title="Checkout answers 502", summary="Payments failed for an hour.",
                severity="SEV3", services=("checkout",), visibility=visibility,
                members=(cast.email("bob"),) if visibility != "org" else (),
            ),
        )  # fmt: skip
        reference = ref(earlier)
    # In a work of its own: only now is Alice in the circle of what she declared.
    with app.begin(cast.alice) as work:
        earlier = incident_by_ref(work, reference)
        move_incident(work, earlier, MoveIncident(verb="resolve"))
        propose_action(work, ProposeAction(title="Run three resolvers", incident=reference))
    work_off(app)
    return reference


def test_a_word_about_a_pair_is_remembered_from_either_side(app: App, cast: Cast) -> None:
    resolved(app, cast)
    earlier = earlier_incident(app, cast)
    found = _alike(app, cast.bob).alike
    assert [(one.ref, one.verdict) for one in found] == [(earlier, None)]
    assert [(one.row.title, one.helped) for one in found[0].actions] == [
        ("Run three resolvers", "Not finished")
    ]
    for same, why in ((True, "The same pool"), (False, "Another pool")):
        with app.begin(cast.bob) as work:
            ask = SayAlike(incident=INCIDENT, other=earlier, same=same, why=why)
            say_alike(work, review_by_ref(work, REVIEW), ask)
    verdict = _alike(app, cast.alice).alike[0].verdict
    assert verdict is not None
    assert (verdict.same, verdict.why) == (False, "Another pool")
    for wrong in (SayAlike(incident=earlier, other=INCIDENT, same=True),
                  SayAlike(incident=INCIDENT, other=INCIDENT, same=True)):  # fmt: skip
        with pytest.raises(NotValid), app.begin(cast.bob) as work:
            say_alike(work, review_by_ref(work, REVIEW), wrong)


def test_an_incident_that_is_closed_to_a_reader_is_not_offered_and_not_judged(
    app: App, cast: Cast
) -> None:
    resolved(app, cast)
    earlier = earlier_incident(app, cast, visibility="private")
    with app.begin(cast.bob) as work:
        ask = SayAlike(incident=INCIDENT, other=earlier, same=True, why="The same pool")
        say_alike(work, review_by_ref(work, REVIEW), ask)
    assert [one.ref for one in _alike(app, cast.bob).alike] == [earlier]
    assert _alike(app, cast.charlie).alike == []
    with pytest.raises(NotFound), app.begin(cast.charlie) as work:
        ask = SayAlike(incident=INCIDENT, other=earlier, same=False)
        say_alike(work, review_by_ref(work, REVIEW), ask)


def test_a_lesson_known_before_is_linked_once_and_never_across_circles(
    app: App, cast: Cast
) -> None:
    resolved(app, cast, visibility="private")
    with app.begin(cast.erin) as work:
        known = draft_lesson(work, DraftLesson(title="Known for long", insight="x"))
        closed = ref(known)
    with pytest.raises(NotValid, match="closed"), app.begin(cast.erin) as work:
        link_lesson(work, review_by_ref(work, REVIEW), lesson=closed, incident=INCIDENT)


def test_a_lesson_known_before_is_linked_with_an_open_incident_once(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.erin) as work:
        lesson = ref(draft_lesson(work, DraftLesson(title="Known for long", insight="x")))
        new = DraftLesson(title="New", insight="x", review=REVIEW)
        fresh = ref(draft_lesson(work, new))
    for _ in range(2):
        with app.begin(cast.bob) as work:
            link_lesson(work, review_by_ref(work, REVIEW), lesson=lesson, incident=INCIDENT)
    with app.look_as_system() as look:
        links = look.session.exec(select(LessonIncident.lesson_id)).all()
    assert list(links) == [int(lesson[4:])]
    assert [(row.title, linked) for row, linked in _alike(app, cast.bob).lessons] == [
        ("Known for long", True)
    ]
    with pytest.raises(NotValid, match="comes out of this review"), app.begin(cast.bob) as work:
        link_lesson(work, review_by_ref(work, REVIEW), lesson=fresh, incident=INCIDENT)
