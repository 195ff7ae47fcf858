"""Perspectives: asked, written for oneself, shared, taken back, declined, reminded of."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.review_story import REVIEW, answer_everything, resolved
from tests.stories.addresses import everything
from tracker.app import App
from tracker.db.work import Look
from tracker.domain.errors import NotAllowed, NotFound, NotValid
from tracker.domain.people import Actor
from tracker.models.catalogue import Person
from tracker.models.journal import AuditEntry, Notice
from tracker.models.perspective import Perspective
from tracker.outbox.schedule import run_due
from tracker.reading.analyse.perspectives import (
    Perspectives,
    entries_of,
    my_perspective,
    my_perspective_of,
    perspectives_of,
    texts_of,
    who_was_there,
    woven,
)
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.catalogue import active_people
from tracker.reading.references import incident_by_ref, review_by_ref
from tracker.usecases.analyse.perspectives import (
    AskPerspectives,
    WritePerspective,
    WrittenPerspective,
    add_perspective_moment,
    ask_perspectives,
    clear_perspective,
    decline_perspective,
    remove_perspective_moment,
    share_perspective,
    take_back_perspective,
    withdraw_perspective,
    write_perspective,
)
from tracker.usecases.analyse.reviews import publish_review, waive_review
from tracker.usecases.people import actor_of_token, create_token
from tracker.usecases.respond.response import assign_role

SECRET = "I was sure that it was the cache, zwergfrumpel"


def _asked(app: App, cast: Cast, *names: str) -> list[int]:
    """REV-1 is a draft, and Alice has asked these people; the ids of their perspectives."""
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        ask = AskPerspectives(people=tuple(cast.email(name) for name in names))
        return [one.key for one in ask_perspectives(work, review_by_ref(work, REVIEW), ask)]


def _write(
    app: App, who: Actor, perspective_id: int, text: str, base: int | None = None
) -> WrittenPerspective:
    with app.begin(who) as work:
        ask = WritePerspective(question="thought", text=text, base_version=base)
        return write_perspective(work, perspective_id, ask)


def _withdraw(app: App, who: Actor, perspective_id: int) -> None:
    with app.begin(who) as work:
        withdraw_perspective(work, review_by_ref(work, REVIEW), perspective_id)


def _seen(app: App, who: Actor) -> Perspectives:
    with app.look(who) as look:
        return perspectives_of(look, review_by_ref(look, REVIEW))


def _do(app: App, who: Actor, verb: Callable[..., Any], perspective_id: int) -> None:
    with app.begin(who) as work:
        verb(work, perspective_id)


def test_who_was_there_is_offered_to_be_asked_and_may_be_asked_once(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        incident = incident_by_ref(work, "INC-1")
        assign_role(work, incident, role="scribe", person=cast.email("charlie"))
    with app.begin(cast.erin) as work:
        review = review_by_ref(work, REVIEW)
        there = _there(work)
        assert [one.name for one in there] == ["Alice", "Charlie"]
        ask = AskPerspectives(people=(cast.email("charlie"), cast.email("vera")))
        assert len(ask_perspectives(work, review, ask)) == 2
        assert ask_perspectives(work, review, ask) == []
        there = _there(work)
        assert [one.name for one in there] == ["Alice"]
    told = [(one.person_id, one.kind) for one in _notices(app)]
    assert told == [
        (cast.charlie.person_id, "perspective_asked"),
        (cast.vera.person_id, "perspective_asked"),
    ]


def test_asking_nobody_or_somebody_unknown_is_refused(app: App, cast: Cast) -> None:
    resolved(app, cast)
    for people in ((), ("nobody@example.org",)):
        with pytest.raises(NotValid) as refused, app.begin(cast.alice) as work:
            ask_perspectives(work, review_by_ref(work, REVIEW), AskPerspectives(people=people))
        assert refused.value.gaps[0].field == "people"


def test_asking_about_a_private_incident_opens_the_review_to_who_is_asked(
    app: App, cast: Cast
) -> None:
    resolved(app, cast, visibility="private")
    with app.begin(cast.alice) as work:
        ask = AskPerspectives(people=(cast.email("charlie"),))
        (row,) = ask_perspectives(work, review_by_ref(work, REVIEW), ask)
        perspective_id = row.key
    _write(app, cast.charlie, perspective_id, "Mine")


def test_nobody_else_reads_or_touches_what_is_not_shared(
    app: App, cast: Cast, clock: HandClock
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, SECRET)
    with app.begin(cast.charlie) as work:
        add_perspective_moment(work, theirs, at=clock.now, text=SECRET)
    with app.begin(cast.ada) as work:
        charlie = work.find(Person, cast.charlie.person_id, what="Charlie")
        _, secret = create_token(work, name="Mine", person=charlie)
    with app.look_as_system() as look:
        known = actor_of_token(look, secret)
        assert known is not None
        token, system = known[0], look.actor
    assert token.person_id == cast.charlie.person_id
    actors = [cast.alice, cast.bob, cast.erin, cast.ada, cast.vera, token, system]
    for who in actors:
        seen = _seen(app, who)
        assert [one.standing for one in seen.asked] == ["asked"]
        assert seen.shared == []
        with pytest.raises(NotFound), app.look(who) as look:
            my_perspective(look, theirs)
        with app.look(who) as look:
            assert my_perspective_of(look, review_by_ref(look, REVIEW)) is None
        for verb in (
            share_perspective,
            take_back_perspective,
            decline_perspective,
            clear_perspective,
        ):
            with pytest.raises(NotFound):
                _do(app, who, verb, theirs)
        with pytest.raises(NotFound):
            _write(app, who, theirs, "Not mine")
        with pytest.raises(NotFound), app.begin(who) as work:
            remove_perspective_moment(work, theirs, 1)


def test_what_is_not_shared_stands_in_no_other_table(
    app: App, cast: Cast, clock: HandClock
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, SECRET)
    with app.begin(cast.charlie) as work:
        add_perspective_moment(work, theirs, at=clock.now, text=SECRET)
    holding = [name for name, rows in everything(app).items() if "zwergfrumpel" in "".join(rows)]
    assert holding == ["perspective", "perspective_moment"]
    with app.look_as_system() as look:
        verbs = look.session.exec(
            select(AuditEntry.verb).where(AuditEntry.actor_id == cast.charlie.person_id)
        ).all()
        assert verbs == []


def test_sharing_shows_it_to_readers_and_taking_back_hides_it_again(
    app: App, cast: Cast, clock: HandClock
) -> None:
    first, second = _asked(app, cast, "charlie", "bob")
    with pytest.raises(NotValid):
        _do(app, cast.charlie, share_perspective, first)
    _write(app, cast.charlie, first, SECRET)
    _do(app, cast.charlie, share_perspective, first)
    seen = _seen(app, cast.vera)
    assert [one.standing for one in seen.asked] == ["shared", "asked"]
    assert [text for _, text in seen.shared[0].answers] == [SECRET]
    # A single moment is enough to share.
    with app.begin(cast.bob) as work:
        add_perspective_moment(work, second, at=clock.now, text="The graph was flat")
    _do(app, cast.bob, share_perspective, second)
    assert len(_seen(app, cast.vera).shared) == 2
    _do(app, cast.charlie, take_back_perspective, first)
    seen = _seen(app, cast.alice)
    assert [one.standing for one in seen.asked] == ["asked", "shared"]
    assert [one.person.name for one in seen.shared] == ["Bob"]


def test_what_was_published_with_the_review_stays(app: App, cast: Cast) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, SECRET)
    _do(app, cast.charlie, share_perspective, theirs)
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    with pytest.raises(NotAllowed):
        _do(app, cast.charlie, take_back_perspective, theirs)
    with pytest.raises(NotAllowed):
        _write(app, cast.charlie, theirs, "Something else")
    assert [text for _, text in _seen(app, cast.vera).shared[0].answers] == [SECRET]


def test_two_windows_of_one_author_lose_nothing(app: App, cast: Cast) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    assert _write(app, cast.charlie, theirs, "One\nTwo", base=0).version == 1
    # The same save again, its answer lost: nothing changes.
    assert _write(app, cast.charlie, theirs, "One\nTwo", base=0).version == 1
    assert _write(app, cast.charlie, theirs, "One\nTwo\nThree", base=1).version == 2
    other = _write(app, cast.charlie, theirs, "Zero\nOne\nTwo", base=1)
    assert (other.text, other.merged, other.conflicts) == ("Zero\nOne\nTwo\nThree", True, 0)
    # A tab of yesterday knows neither: both texts are kept.
    stale = _write(app, cast.charlie, theirs, "Something quite different", base=0)
    assert "Something quite different" in stale.text
    assert "Three" in stale.text
    with app.look(cast.charlie) as look:
        assert texts_of(my_perspective(look, theirs)[0]) == {"thought": stale.text}


def test_too_long_a_text_an_unknown_question_and_a_moment_to_come_are_refused(
    app: App, cast: Cast, clock: HandClock
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    with pytest.raises(NotValid):
        _write(app, cast.charlie, theirs, "x" * 20_001)
    with pytest.raises(NotFound), app.begin(cast.charlie) as work:
        write_perspective(work, theirs, WritePerspective(question="who", text="x"))
    for at, text, gap in (
        (None, "x", "at"),
        (clock.now + timedelta(hours=1), "x", "at"),
        (clock.now, " ", "text"),
    ):
        with pytest.raises(NotValid) as refused, app.begin(cast.charlie) as work:
            add_perspective_moment(work, theirs, at=at, text=text)
        assert [one.field for one in refused.value.gaps] == [gap]


def test_two_reminders_and_then_silence(app: App, cast: Cast, clock: HandClock) -> None:
    _asked(app, cast, "charlie")
    before = len(_told(app))
    for days, told in ((1, 0), (2, 1), (3, 1), (4, 2), (30, 2)):
        run_due(app, clock.now + timedelta(days=days))
        assert len(_told(app)) - before == told, days


@pytest.mark.parametrize("end", ["declined", "shared", "waived", "withdrawn"])
def test_nobody_is_reminded_after_an_answer(
    app: App, cast: Cast, clock: HandClock, end: str
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    if end == "declined":
        _do(app, cast.charlie, decline_perspective, theirs)
    elif end == "shared":
        _write(app, cast.charlie, theirs, SECRET)
        _do(app, cast.charlie, share_perspective, theirs)
    elif end == "withdrawn":
        _withdraw(app, cast.erin, theirs)
    else:
        with app.begin(cast.ada) as work:
            waive_review(work, review_by_ref(work, REVIEW), why="A test")
    before = len(_told(app))
    run_due(app, clock.now + timedelta(days=30))
    assert len(_told(app)) == before


def test_who_said_no_may_still_write_and_share(app: App, cast: Cast) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _do(app, cast.charlie, decline_perspective, theirs)
    assert [one.standing for one in _seen(app, cast.alice).asked] == ["declined"]
    _write(app, cast.charlie, theirs, "After all")
    _do(app, cast.charlie, share_perspective, theirs)
    assert [one.standing for one in _seen(app, cast.alice).asked] == ["shared"]
    with pytest.raises(NotAllowed):
        _do(app, cast.charlie, decline_perspective, theirs)


def test_who_is_no_longer_asked_hears_it_once_and_keeps_what_they_wrote(
    app: App, cast: Cast
) -> None:
    theirs, _ = _asked(app, cast, "charlie", "bob")
    _write(app, cast.charlie, theirs, SECRET)
    _withdraw(app, cast.erin, theirs)
    _withdraw(app, cast.erin, theirs)
    mine = [one for one in _notices(app) if one.person_id == cast.charlie.person_id]
    # The question itself waits for nobody any more.
    assert [(one.kind, one.read_at is None) for one in mine] == [
        ("perspective_asked", False),
        ("perspective_withdrawn", True),
    ]
    assert [one.standing for one in _seen(app, cast.alice).asked] == ["withdrawn", "asked"]
    with app.begin(cast.alice) as work:
        incident = incident_by_ref(work, "INC-1")
        assign_role(work, incident, role="scribe", person=cast.email("charlie"))
    with app.look(cast.alice) as look:
        # Nobody asks them again by leaving a box ticked.
        assert "Charlie" not in [one.name for one in _there(look)]
    # An open window saves on, for its author alone.
    _write(app, cast.charlie, theirs, f"{SECRET} and more", base=1)
    with pytest.raises(NotAllowed):
        _do(app, cast.charlie, share_perspective, theirs)
    assert _seen(app, cast.alice).shared == []
    with app.look(cast.charlie) as look:
        assert texts_of(my_perspective(look, theirs)[0]) == {"thought": f"{SECRET} and more"}


def test_who_was_asked_no_longer_may_be_asked_again_with_what_they_wrote(
    app: App, cast: Cast, clock: HandClock
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, SECRET)
    _withdraw(app, cast.alice, theirs)
    clock.forward(hours=1)
    with app.begin(cast.alice) as work:
        ask = AskPerspectives(people=(cast.email("charlie"),))
        (row,) = ask_perspectives(work, review_by_ref(work, REVIEW), ask)
        assert row.key == theirs
    assert len(_told(app)) == 2
    _do(app, cast.charlie, share_perspective, theirs)
    assert [one.standing for one in _seen(app, cast.alice).asked] == ["shared"]


@pytest.mark.parametrize("answer", [share_perspective, decline_perspective])
def test_what_was_answered_is_not_withdrawn(
    app: App, cast: Cast, answer: Callable[..., Any]
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, SECRET)
    _do(app, cast.charlie, answer, theirs)
    with pytest.raises(NotAllowed):
        _withdraw(app, cast.alice, theirs)
    with pytest.raises(NotFound):
        _withdraw(app, cast.alice, theirs + 100)


def test_the_author_deletes_all_they_wrote_but_not_what_is_shared(
    app: App, cast: Cast, clock: HandClock
) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, SECRET)
    with app.begin(cast.charlie) as work:
        add_perspective_moment(work, theirs, at=clock.now, text=SECRET)
    _do(app, cast.charlie, share_perspective, theirs)
    with pytest.raises(NotAllowed):
        _do(app, cast.charlie, clear_perspective, theirs)
    _do(app, cast.charlie, take_back_perspective, theirs)
    _do(app, cast.charlie, clear_perspective, theirs)
    holding = [name for name, rows in everything(app).items() if "zwergfrumpel" in "".join(rows)]
    assert holding == []


def test_shared_moments_stand_beside_the_timeline_in_order(
    app: App, cast: Cast, clock: HandClock
) -> None:
    first, second = _asked(app, cast, "charlie", "bob")
    start = clock.now
    clock.forward(hours=1)
    for who, row, minutes in (
        (cast.charlie, first, 3),
        (cast.bob, second, 3),
        (cast.bob, second, -9),
    ):
        with app.begin(who) as work:
            at = start + timedelta(minutes=minutes)
            add_perspective_moment(work, row, at=at, text=f"{who.name} at {minutes}")
    _do(app, cast.bob, share_perspective, second)

    def told() -> list[tuple[int, int, list[str]]]:
        with app.look(cast.vera) as look:
            review = review_by_ref(look, REVIEW)
            shared = perspectives_of(look, review).shared
            return [
                (
                    round((row.at - start).total_seconds() / 60),
                    len(row.entries),
                    [one.text for texts in row.moments.values() for one in texts],
                )
                for row in woven(entries_of(look, incidents_of(look, review)), shared)
            ]

    assert told() == [(-9, 0, ["Bob at -9"]), (0, 1, []), (3, 0, ["Bob at 3"])]
    _do(app, cast.charlie, share_perspective, first)
    assert told()[-1] == (3, 0, ["Charlie at 3", "Bob at 3"])


def test_the_answers_are_plain_json_on_each_database(app: App, cast: Cast) -> None:
    (theirs,) = _asked(app, cast, "charlie")
    _write(app, cast.charlie, theirs, "Ünïcödé 😀")
    with app.look_as_system() as look:
        row = look.session.get(Perspective, theirs)
        assert row is not None
        assert "😀" in json.loads(json.dumps(row.answers))["thought"]["text"]


def _there(look: Look) -> list[Person]:
    review = review_by_ref(look, REVIEW)
    return who_was_there(look, review, incidents_of(look, review), active_people(look))


def _notices(app: App) -> list[Notice]:
    with app.look_as_system() as look:
        return list(look.session.exec(select(Notice).order_by(Notice.id)))  # type: ignore[arg-type]


def _told(app: App) -> list[str]:
    return [one.text for one in _notices(app) if one.kind == "perspective_asked"]
