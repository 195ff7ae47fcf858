"""Sign-offs: asking, approving, disputing, answering, going without."""

from __future__ import annotations

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.review_story import (
    INCIDENT,
    REVIEW,
    answer_everything,
    readers_wanted,
    resolved,
    signed,
)
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.people import Actor
from tracker.models.journal import Notice
from tracker.reading.analyse.review_steps import open_points, step_named, steps_of
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import incident_by_ref, review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.analyse.reviews import (
    EditReview,
    edit_review,
    publish_review,
    waive_review,
)
from tracker.usecases.analyse.sign_offs import (
    AskSignOff,
    SignOffWord,
    ask_sign_off,
    settle_dispute,
    sign_off,
    waive_sign_off,
    withdraw_sign_off,
)
from tracker.usecases.respond.severities import AssessSeverity, assess_severity

DISPUTE = SignOffWord(verdict="dispute", step="factors", text="The second cache is not in it")


def _ready(app: App, cast: Cast, clock: HandClock) -> None:
    """REV-1 of a SEV1, all answered by Erin, owned by Alice, facilitated by Bob."""
    readers_wanted(app)
    resolved(app, cast, severity="SEV1")
    clock.forward(hours=1)
    with app.begin(cast.alice) as work:
        people = EditReview(owner=cast.email("alice"), facilitator=cast.email("bob"))
        edit_review(work, review_by_ref(work, REVIEW), people)
    answer_everything(app, cast.erin)


def _ask(app: App, by: Actor, email: str, part: str = "peer") -> int:
    with app.begin(by) as work:
        ask = AskSignOff(person=email, part=part)
        return ask_sign_off(work, review_by_ref(work, REVIEW), ask).key


def _say(app: App, who: Actor, word: SignOffWord) -> None:
    with app.begin(who) as work:
        sign_off(work, review_by_ref(work, REVIEW), word)


def _gaps(app: App, cast: Cast) -> list[str]:
    with app.look(cast.erin) as look:
        return [gap.message for gap in whole_review(look, review_by_ref(look, REVIEW)).gaps]


def test_the_gate_asks_for_the_sign_offs_of_the_policy(
    app: App, cast: Cast, clock: HandClock
) -> None:
    _ready(app, cast, clock)
    with pytest.raises(NotAllowed) as refused, app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    assert [gap.field for gap in refused.value.gaps] == ["sign_offs", "sign_offs"]
    signed(app, cast)
    assert _gaps(app, cast) == []
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))


def test_who_wrote_owns_or_was_in_it_cannot_be_the_peer_of_another_team(
    app: App, cast: Cast, clock: HandClock
) -> None:
    _ready(app, cast, clock)
    for name in ("erin", "alice", "bob"):
        with pytest.raises(NotValid) as refused:
            _ask(app, cast.ada, cast.email(name))
        assert refused.value.gaps[0].field == "person"
    # As business owner a colleague will do, an author will not.
    _ask(app, cast.ada, cast.email("bob"), "business_owner")
    with pytest.raises(NotValid):
        _ask(app, cast.ada, cast.email("erin"), "business_owner")


def test_writing_after_having_been_asked_takes_the_word_its_weight(
    app: App, cast: Cast, clock: HandClock
) -> None:
    _ready(app, cast, clock)
    _ask(app, cast.alice, cast.email("charlie"))
    _say(app, cast.charlie, SignOffWord(verdict="approve"))
    assert len(_gaps(app, cast)) == 1
    clock.forward(minutes=5)
    with app.begin(cast.charlie) as work:
        answer = SaveAnswer(question="lucky", text="A new line")
        answer_question(work, review_by_ref(work, REVIEW), answer)
    assert "Charlie wrote on the review" in _gaps(app, cast)[0]
    with pytest.raises(NotAllowed):
        _say(app, cast.charlie, SignOffWord(verdict="approve"))


def test_starting_a_review_is_not_writing_on_it(app: App, cast: Cast) -> None:
    resolved(app, cast, severity="SEV2", starter="charlie")
    _ask(app, cast.alice, cast.email("charlie"))


def test_nobody_signs_unasked(app: App, cast: Cast, clock: HandClock) -> None:
    _ready(app, cast, clock)
    for name in ("charlie", "ada", "vera"):
        with pytest.raises(NotAllowed) as refused:
            _say(app, getattr(cast, name), SignOffWord(verdict="approve"))
        assert "not asked" in refused.value.message


def test_a_viewer_who_is_asked_signs(app: App, cast: Cast, clock: HandClock) -> None:
    _ready(app, cast, clock)
    _ask(app, cast.alice, cast.email("vera"), "business_owner")
    _say(app, cast.vera, SignOffWord(verdict="approve", text="Clear to me"))
    assert len(_gaps(app, cast)) == 1


def test_a_dispute_opens_its_step_until_it_is_answered(
    app: App, cast: Cast, clock: HandClock
) -> None:
    _ready(app, cast, clock)
    signed(app, cast)
    number = _ask(app, cast.alice, cast.email("vera"), "other")
    _say(app, cast.vera, DISPUTE)
    with app.look(cast.erin) as look:
        whole = whole_review(look, review_by_ref(look, REVIEW))
        steps = steps_of(whole)
        assert step_named(steps, "factors").open == step_named(steps, "factors").required > 0
        assert step_named(steps, "facts").open == 0
        (point,) = open_points(whole, steps)
        assert (point.step and point.step.key) == "factors"
        assert "Vera disputes this: The second cache" in point.message
    with pytest.raises(NotAllowed), app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    for name in ("alice", "erin", "ada"):
        with pytest.raises(NotPermitted), app.begin(getattr(cast, name)) as work:
            settle_dispute(work, review_by_ref(work, REVIEW), number, text="No")
    with pytest.raises(NotValid), app.begin(cast.bob) as work:
        settle_dispute(work, review_by_ref(work, REVIEW), number, text=" ")
    with app.begin(cast.bob) as work:
        settle_dispute(work, review_by_ref(work, REVIEW), number, text="It is in now")
    assert _gaps(app, cast) == []
    with pytest.raises(NotAllowed), app.begin(cast.bob) as work:
        settle_dispute(work, review_by_ref(work, REVIEW), number, text="Again")
    # A settled objection is heard, and still no approval.
    _say(app, cast.vera, DISPUTE)
    assert len(_gaps(app, cast)) == 1
    _say(app, cast.vera, SignOffWord(verdict="approve"))
    assert _gaps(app, cast) == []


def test_a_dispute_names_its_step_and_says_why(app: App, cast: Cast, clock: HandClock) -> None:
    _ready(app, cast, clock)
    _ask(app, cast.alice, cast.email("charlie"))
    with pytest.raises(NotValid) as refused:
        _say(app, cast.charlie, SignOffWord(verdict="dispute", step="nowhere"))
    assert {gap.field for gap in refused.value.gaps} == {"text", "step"}
    with pytest.raises(NotValid):
        _say(app, cast.charlie, SignOffWord(verdict="maybe"))


def test_people_hear_what_concerns_them(app: App, cast: Cast, clock: HandClock) -> None:
    _ready(app, cast, clock)
    number = _ask(app, cast.alice, cast.email("charlie"))
    assert _ask(app, cast.alice, cast.email("charlie")) == number, "asked twice is asked once"
    _say(app, cast.charlie, DISPUTE)
    with app.begin(cast.bob) as work:
        settle_dispute(work, review_by_ref(work, REVIEW), number, text="It is in now")
    with app.look_as_system() as look:
        told = [
            (row.person_id, row.kind)
            for row in look.session.exec(select(Notice).order_by(Notice.id))  # type: ignore[arg-type]
            if row.kind.startswith("sign_off")
        ]
    assert told == [
        (cast.charlie.person_id, "sign_off_asked"),
        (cast.alice.person_id, "sign_off_said"),
        (cast.bob.person_id, "sign_off_said"),
        (cast.charlie.person_id, "sign_off_settled"),
    ]


def test_going_without_a_part_needs_an_admin_a_reason_and_somebody_else(
    app: App, cast: Cast, clock: HandClock
) -> None:
    _ready(app, cast, clock)
    with pytest.raises(NotPermitted), app.begin(cast.erin) as work:
        waive_sign_off(work, review_by_ref(work, REVIEW), part="peer", why="x")
    with pytest.raises(NotValid), app.begin(cast.ada) as work:
        waive_sign_off(work, review_by_ref(work, REVIEW), part="peer", why=" ")
    for part in ("peer", "business_owner"):
        with app.begin(cast.ada) as work:
            waive_sign_off(work, review_by_ref(work, REVIEW), part=part, why="We are two")
    assert _gaps(app, cast) == []
    with app.begin(cast.erin) as work:
        edit_review(work, review_by_ref(work, REVIEW), EditReview(owner=cast.email("ada")))
    with pytest.raises(NotAllowed), app.begin(cast.ada) as work:
        waive_sign_off(work, review_by_ref(work, REVIEW), part="peer", why="Mine")


def test_an_ask_is_taken_back_and_a_word_is_not(app: App, cast: Cast, clock: HandClock) -> None:
    _ready(app, cast, clock)
    number = _ask(app, cast.alice, cast.email("vera"))
    with app.begin(cast.bob) as work:
        withdraw_sign_off(work, review_by_ref(work, REVIEW), number)
    with pytest.raises(NotFound), app.begin(cast.bob) as work:
        withdraw_sign_off(work, review_by_ref(work, REVIEW), number)
    number = _ask(app, cast.alice, cast.email("charlie"))
    _say(app, cast.charlie, SignOffWord(verdict="approve"))
    with pytest.raises(NotAllowed), app.begin(cast.bob) as work:
        withdraw_sign_off(work, review_by_ref(work, REVIEW), number)


def test_being_asked_opens_a_private_review_to_the_reader(app: App, cast: Cast) -> None:
    resolved(app, cast, visibility="private")
    with pytest.raises(NotFound), app.look(cast.charlie) as look:
        review_by_ref(look, REVIEW)
    _ask(app, cast.alice, cast.email("charlie"))
    with app.look(cast.charlie) as look:
        assert review_by_ref(look, REVIEW).id == 1


def test_a_severity_raised_later_asks_for_its_sign_offs(
    app: App, cast: Cast, clock: HandClock
) -> None:
    readers_wanted(app)
    resolved(app, cast)
    clock.forward(hours=1)
    answer_everything(app, cast.erin)
    assert _gaps(app, cast) == []
    with app.begin(cast.alice) as work:
        incident = incident_by_ref(work, INCIDENT)
        assess_severity(work, incident, AssessSeverity(severity="SEV1", why="We know more"))
    assert sum("sign-off" in message for message in _gaps(app, cast)) == 2


def test_a_waived_review_asks_nobody(app: App, cast: Cast, clock: HandClock) -> None:
    _ready(app, cast, clock)
    with app.begin(cast.ada) as work:
        waive_review(work, review_by_ref(work, REVIEW), why="Told in another one")
    with pytest.raises(NotAllowed):
        _ask(app, cast.alice, cast.email("charlie"))
