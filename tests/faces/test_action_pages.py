"""The pages of actions: list, board, page, moves, editing; and what a stranger sees of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.queries import count_queries
from tracker.app import App
from tracker.models.action import Action
from tracker.models.catalogue import Person
from tracker.reading.references import ref
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

Open = Callable[[str], Browser]


def _action(app: App, cast: Cast, **given: object) -> str:
    ask = {"title": "Renew certificates by machine", "owner": cast.email("alice"), **given}
    with app.begin(cast.alice) as work:
        return ref(propose_action(work, ProposeAction(**ask)))  # type: ignore[arg-type]


def _moved(app: App, cast: Cast, reference: str, *verbs: str) -> None:
    for verb in verbs:
        with app.begin(cast.alice) as work:
            row = work.get(Action, int(reference.split("-")[1]))
            ask = MoveAction(
                verb=verb,
                evidence="Merged on Tuesday" if verb == "finish" else "",
                result="Renewed twice without anybody" if verb == "verify" else "",
            )
            move_action(work, row, ask)


def _state(app: App, reference: str) -> str:
    with app.look_as_system() as look:
        return look.get(Action, int(reference.split("-")[1])).state


def _closed_action(app: App, cast: Cast) -> str:
    with app.begin(cast.alice) as work:
        incident = declare_incident(
            work,
            DeclareIncident(title="Leaked key", severity="SEV2", visibility="private"),
        )
    return _action(app, cast, title="Change the leaked key", incident=ref(incident))


def test_an_action_goes_from_proposed_to_verified_in_the_browser(
    app: App, cast: Cast, browser: Open
) -> None:
    alice = browser("alice")
    alice.get("/actions/new")
    page = alice.post(
        "/actions/new",
        {
            "title": "Renew certificates by machine",
            "owner": cast.email("alice"),
            "priority": "P1",
            "strength": "automate",
            "expected_effect": "No expired certificate in a quarter",
        },
    )
    assert "Proposed. It waits" in page.text
    assert "No expired certificate in a quarter" in page.text
    for verb, extra, said in (
        ("accept", {}, "Its second clock runs now"),
        ("start", {}, "Work has begun"),
        ("finish", {"evidence": "https://example.org/42"}, "sees whether it helped"),
        ("verify", {"result": "Two renewals, nobody noticed"}, "It worked"),
    ):
        page = alice.post("/actions/ACT-1/moves", {"verb": verb, **extra})
        assert said in page.text
    assert "Two renewals, nobody noticed" in page.text
    assert _state(app, "ACT-1") == "verified"


def test_a_move_that_needs_something_says_so_at_its_field_and_keeps_what_was_typed(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _action(app, cast)
    erin = browser("erin")
    page = erin.post(
        f"/actions/{reference}/moves",
        {"verb": "accept_risk", "why": "The vendor fixes it in May", "until": ""},
        status=422,
    )
    assert "An accepted risk needs a day" in page.text
    assert "The vendor fixes it in May" in page.response.text
    page = erin.post(
        f"/actions/{reference}/moves", {"verb": "accept_risk", "until": "May"}, status=422
    )
    assert "2026-05-17" in page.text
    assert _state(app, reference) == "proposed"


def test_nobody_is_offered_to_accept_the_risk_of_their_own_action(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _action(app, cast)
    assert "Accept the risk" not in browser("alice").get(f"/actions/{reference}").text
    assert "Accept the risk" in browser("erin").get(f"/actions/{reference}").text


def test_a_verb_nobody_knows_is_refused_on_the_page(app: App, cast: Cast, browser: Open) -> None:
    reference = _action(app, cast)
    page = browser("alice").post(f"/actions/{reference}/moves", {"verb": "explode"}, status=422)
    assert "Verb must be one of" in page.text


def test_an_edit_on_an_old_version_keeps_the_words_and_can_be_saved_again(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _action(app, cast)
    alice, bob = browser("alice"), browser("bob")
    path = f"/actions/{reference}/edit"
    old = bob.get(path).form(path)
    alice.post(path, {**alice.get(path).form(path), "title": "By machine, twice a year"})
    page = bob.post(path, {**old, "title": "By machine, every month"}, status=409)
    fields = page.form(path)
    assert fields["title"] == "By machine, every month"
    page = bob.post(path, fields)
    assert "By machine, every month" in page.text


def test_an_edit_keeps_everything_that_was_not_touched(app: App, cast: Cast, browser: Open) -> None:
    reference = _action(
        app, cast, kind="detect", strength="guard", priority="P3", team="payments",
        due_on=date(2026, 9, 1), where_to_look="The panel *days left*",
    )  # fmt: skip
    alice = browser("alice")
    path = f"/actions/{reference}/edit"
    with app.look_as_system() as look:
        before = look.get(Action, 1).model_dump(exclude={"version", "updated_at"})
    alice.post(path, alice.get(path).form(path))
    with app.look_as_system() as look:
        assert look.get(Action, 1).model_dump(exclude={"version", "updated_at"}) == before


def test_a_day_that_was_wiped_out_is_asked_for_again_instead_of_quietly_kept(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _action(app, cast, due_on=date(2026, 9, 1))
    alice = browser("alice")
    path = f"/actions/{reference}/edit"
    page = alice.post(path, {**alice.get(path).form(path), "due_on": ""}, status=422)
    assert "It was 2026-09-01. Choose a later day to put it off" in page.text


def test_an_owner_who_left_stays_the_owner_when_something_else_is_edited(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _action(app, cast, owner=cast.email("bob"))
    with app.begin_as_system() as work:
        bob = work.session.get(Person, cast.bob.person_id)
        assert bob is not None
        bob.active = False
    alice = browser("alice")
    path = f"/actions/{reference}/edit"
    page = alice.post(path, {**alice.get(path).form(path), "title": "Something clearer"})
    assert "Bob" in page.text


def test_a_form_with_gaps_shows_them_all_and_keeps_what_was_typed(browser: Open) -> None:
    page = browser("alice").post(
        "/actions/new",
        {
            "title": "",
            "detail": "Kept words",
            "priority": "P2",
            "external_url": "javascript:alert(1)",
            "incident": "INC-999",
        },
        status=422,
    )
    assert "Title is needed" in page.text
    assert "must begin with https://" in page.text
    assert "Kept words" in page.response.text


def test_views_count_what_the_reader_may_read(
    app: App, cast: Cast, browser: Open, clock: HandClock
) -> None:
    done = _action(app, cast, title="Done already")
    _moved(app, cast, done, "accept", "finish")
    _action(app, cast, title="Late one", due_on=date(2026, 6, 2))
    _closed_action(app, cast)
    clock.forward(days=9)
    alice, charlie = browser("alice"), browser("charlie")
    assert "Change the leaked key" in alice.get("/actions").text
    page = charlie.get("/actions", show="all")
    assert "leaked" not in page.response.text
    assert "Everything 2" in page.text
    assert "All open 1" in page.text
    assert "Everything 3" in alice.get("/actions").text
    assert "Late one" in charlie.get("/actions", show="overdue").text
    assert "Overdue" in charlie.get("/actions", show="overdue").text
    assert "Done already" in charlie.get("/actions", show="to_verify").text
    assert "leaked" not in charlie.get("/actions", view="board").response.text


def test_a_stranger_does_not_find_a_closed_action_on_any_page(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _closed_action(app, cast)
    charlie = browser("charlie")
    for path in (f"/actions/{reference}", f"/actions/{reference}/edit"):
        charlie.get(path, status=404)
    charlie.post(f"/actions/{reference}/moves", {"verb": "accept"}, status=404)
    page = charlie.post(
        "/actions/new", {"title": "Me too", "priority": "P2", "incident": "INC-1"}, status=422
    )
    assert "Leaked key" not in page.response.text
    page = charlie.get("/actions/new", incident="INC-1")
    assert "Leaked key" not in page.response.text


def test_the_board_has_a_column_for_each_state_on_the_way(
    app: App, cast: Cast, browser: Open
) -> None:
    _action(app, cast, title="Waiting")
    _moved(app, cast, _action(app, cast, title="An improvement"),
           "accept", "finish", "verify")  # fmt: skip
    page = browser("vera").get("/actions", view="board")
    for words in ("Proposed 1", "Accepted 0", "Done, to verify 0", "Verified 1", "An improvement"):
        assert words in page.text


def test_filters_narrow_and_stay_in_the_address(app: App, cast: Cast, browser: Open) -> None:
    _action(app, cast, title="A guard", strength="guard", priority="P1", team="payments")
    _action(app, cast, title="A machine", strength="automate")
    page = browser("alice").get("/actions", strength="guard", team="payments", priority="P1")
    assert "A guard" in page.text and "A machine" not in page.text
    assert any("strength=guard" in link and "sort=" in link for link in page.links())


def test_the_list_turns_its_pages(app: App, cast: Cast, browser: Open) -> None:
    with app.begin(cast.alice) as work:
        for number in range(53):
            propose_action(work, ProposeAction(title=f"Action number {number:02}"))
    alice = browser("alice")
    page = alice.get("/actions", sort="newest")
    following = next(link for link in page.links() if "cursor=" in link)
    assert "Action number 02" in alice.get(following).text
    alice.get("/actions", cursor="rubbish", status=422)


def test_a_viewer_reads_and_sees_no_buttons(app: App, cast: Cast, browser: Open) -> None:
    reference = _action(app, cast)
    vera = browser("vera")
    page = vera.get(f"/actions/{reference}")
    assert "What comes next" not in page.text
    assert "Propose an action" not in vera.get("/actions").text
    vera.get("/actions/new", status=403)
    vera.get(f"/actions/{reference}/edit", status=403)
    vera.post(f"/actions/{reference}/moves", {"verb": "accept"}, status=403)


def test_strange_texts_are_shown_as_texts(app: App, cast: Cast, browser: Open) -> None:
    reference = _action(
        app, cast, title="<script>alert(1)</script> " + "w" * 170, detail="<img src=x onerror=1>",
        where_to_look="[here](javascript:alert(1))",
    )  # fmt: skip
    page = browser("alice").get(f"/actions/{reference}")
    assert "<script>alert(1)" in page.text
    assert not [link for link in page.links() if "javascript" in link]


@pytest.mark.parametrize("path", ["/actions", "/actions?view=board", "/actions/ACT-1",
                                  "/actions/new", "/actions/ACT-1/edit"])  # fmt: skip
def test_pages_ask_the_database_at_most_twelve_questions(
    app: App, cast: Cast, browser: Open, path: str
) -> None:
    for number in range(12):
        _action(app, cast, title=f"Action {number}", team="payments")
    alice = browser("alice")
    with count_queries(app) as queries:
        alice.get(path)
    assert len(queries) <= 12, queries


def test_a_check_day_is_shown_where_somebody_looks(app: App, cast: Cast, browser: Open) -> None:
    reference = _action(app, cast)
    _moved(app, cast, reference, "accept", "finish")
    page = browser("alice").get(f"/actions/{reference}")
    assert "somebody looks whether it helped" in page.text
    with app.look_as_system() as look:
        row = look.get(Action, 1)
        assert row.check_on is not None
        assert row.check_on >= date(2026, 6, 1) + timedelta(days=10)
