"""Home: calm, quick, for one person, and silent about what is closed to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.models.action import Action
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.journal import Notice
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.respond.response import PostUpdate, post_update
from tracker.usecases.respond.times import TimeAsk
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson

People = Callable[[str], Browser]


def _tell(app: App, person_id: int, text: str, incident: Incident) -> int:
    with app.begin_as_system() as work:
        notice = work.add(
            Notice(
                person_id=person_id,
                kind="update_late",
                record_kind="incident",
                record_id=incident.key,
                text=text,
                once=text,
                at=work.now,
            )
        )
        return notice.key


def test_a_new_organisation_is_told_how_to_begin(browser: People) -> None:
    page = browser("ada").get("/")
    for words in ("Declare an incident", "Record one afterwards", "Invite people", "import"):
        assert words in page.text
    viewer = browser("vera").get("/").text
    assert "Record one afterwards" not in viewer
    assert "Invite people" not in viewer


def test_a_private_incident_does_not_end_the_beginning_for_a_stranger(
    app: App, cast: Cast, browser: People
) -> None:
    declare(app, cast, visibility="private")
    assert "Nothing is recorded here yet" in browser("charlie").get("/").text
    assert "Checkout answers 502" in browser("alice").get("/").text


def test_open_incidents_stand_first_with_the_update_they_promised(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    incident = declare(app, cast)
    with app.begin(cast.alice) as work:
        post_update(work, work.get(Incident, incident.key), PostUpdate(text="We look"))
    assert "next update 1 Jun 2026, 10:00 UTC" in browser("bob").get("/").text
    clock.forward(hours=2)
    assert "update was due" in browser("bob").get("/").text


def test_a_quiet_day_is_called_quiet(app: App, cast: Cast, browser: People) -> None:
    declare(
        app,
        cast,
        recorded_afterwards=True,
        state="closed",
        severity="SEV4",
        times={"declared": TimeAsk(at=app.clock() - timedelta(days=90))},
    )
    page = browser("bob").get("/")
    assert "All quiet" in page.text
    assert "Nothing waits for you" in page.text


def test_a_notice_is_shown_to_its_person_until_it_was_seen(
    app: App, cast: Cast, browser: People
) -> None:
    incident = declare(app, cast)
    notice = _tell(app, cast.bob.person_id or 0, "The update is late", incident)
    bob, charlie = browser("bob"), browser("charlie")
    assert "The update is late" in bob.get("/").text
    assert "The update is late" not in charlie.get("/").text
    charlie.post(f"/notices/{notice}/dismiss", status=404)
    charlie.post("/notices/99999999999999999999/dismiss", status=404)
    page = bob.post(f"/notices/{notice}/dismiss")
    assert "The update is late" not in page.text


def test_my_actions_wait_for_me_and_overdue_ones_say_so(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    declare(app, cast)
    with app.begin(cast.alice) as work:
        ask = ProposeAction(title="Add a check", incident="INC-1", owner=cast.email("bob"))
        action = propose_action(work, ask)
    with app.begin(cast.alice) as work:
        work.get(Action, action.key).due_on = date(2026, 6, 3)
    clock.forward(days=7)
    page = browser("bob").get("/")
    assert "Add a check" in page.text
    assert "was due 3 Jun 2026" in page.text
    assert "Add a check" not in browser("charlie").get("/").text


def test_newest_lessons_and_earlier_years_are_remembered(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    a_year_ago = clock() - timedelta(days=365)
    declare(
        app,
        cast,
        title="A year ago",
        recorded_afterwards=True,
        state="closed",
        times={"declared": TimeAsk(at=a_year_ago)},
    )
    with app.begin(cast.erin) as work:
        lesson = draft_lesson(
            work,
            DraftLesson(
                title="Resolvers need headroom",
                situation="Few resolvers",
                insight="They die together",
                recommendation="Run three",
            ),
        )
        move_lesson(work, lesson, MoveLesson(verb="publish"))
    page = browser("vera").get("/")
    assert "Resolvers need headroom" in page.text
    assert "On this day" in page.text
    assert "A year ago" in page.text


def test_home_asks_few_questions_whatever_waits(app: App, cast: Cast, browser: People) -> None:
    alice = browser("alice")
    for number in range(20):
        incident = declare(app, cast, title=f"{number}", services=("checkout",), tags=("a",))
        _tell(app, cast.alice.person_id or 0, f"Told {number}", incident)
        with app.begin(cast.alice) as work:
            propose_action(
                work,
                ProposeAction(title=f"{number}", incident="INC-1", owner=cast.email("alice")),
            )
    alice.get("/")
    with count_queries(app) as queries:
        alice.client.get("/")
    assert len(queries) <= MOST_PER_PAGE, "\n".join(queries)


def test_somebody_not_signed_in_is_asked_to(stranger: Browser) -> None:
    assert "Sign in" in stranger.get("/").text


def test_a_person_who_left_is_signed_out(app: App, cast: Cast, browser: People) -> None:
    bob = browser("bob")
    bob.get("/")
    with app.begin_as_system() as work:
        row = work.session.get(Person, cast.bob.person_id)
        assert row is not None
        row.active = False
    assert "Sign in" in bob.get("/").text
