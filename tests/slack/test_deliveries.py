"""What an incident looks like in Slack, and that nothing is told twice or lost."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from tests.outbox.conftest import deliveries_of
from tests.slack.conftest import SlackRoom
from tracker.models.incident import Incident
from tracker.models.journal import Delivery
from tracker.models.slack import SlackChannel, SlackUser
from tracker.reading.slack import slack_channel
from tracker.usecases.policy import newest_policy, put_policy
from tracker.usecases.respond.incidents import MoveIncident, move_incident, set_visibility
from tracker.usecases.respond.response import PostUpdate, add_task, assign_role, post_update
from tracker.usecases.respond.severities import AssessSeverity, assess_severity
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry


def do(room: SlackRoom, verb: Any, *asked: Any, **named: Any) -> None:
    """Alice does this to the first incident, a moment later."""
    room.clock.forward(seconds=1)
    with room.app.begin(room.cast.alice) as work:
        verb(work, work.get(Incident, 1), *asked, **named)


def move(room: SlackRoom, verb: str, **more: str) -> None:
    do(room, move_incident, MoveIncident(verb=verb, **more))


def whole_incident(room: SlackRoom, *, deliver: Any) -> None:
    """From declaring to closing, with something of everything between."""
    room.declare(teams=("payments",), services=("checkout",), impact_text="Nobody can pay")
    deliver()
    for verb, asked, named in (
        (assign_role, (), {"role": "commander", "person": "bob@example.org"}),
        (add_task, (), {"title": "Roll back the deploy", "owner": "bob@example.org"}),
        (add_timeline_entry, (AddEntry(text="A note nobody needs twice"),), {}),
        (post_update, (PostUpdate(text="We roll back <now> & watch"),), {}),
        (move_incident, (MoveIncident(verb="mitigate"),), {}),
        (move_incident, (MoveIncident(verb="resolve"),), {}),
        (move_incident, (MoveIncident(verb="close"),), {}),
    ):
        room.clock.forward(minutes=1)
        do(room, verb, *asked, **named)
        deliver()


def state_of(room: SlackRoom) -> dict[str, Any]:
    """What a person sees in Slack, without what differs between two runs."""
    channel = room.channel("inc-1-")
    key = channel["id"]
    pins = room.gate.asked("pins.list", channel=key)["items"]
    bookmarks = room.gate.asked("bookmarks.list", channel_id=key)["bookmarks"]
    return {
        "name": channel["name"],
        "topic": channel["topic"],
        "archived": channel["is_archived"],
        "texts": room.texts(key),
        "pins": len(pins),
        "bookmarks": [(one["title"], one["link"]) for one in bookmarks],
        "members": sorted(room.gate.asked("conversations.members", channel=key)["members"]),
        "announced": room.texts(room.channel("all-incidents")["id"]),
        "team": room.texts(room.channel("pay")["id"]),
    }


def test_a_declared_incident_has_its_channel_with_all_that_belongs_to_it(room: SlackRoom) -> None:
    incident = room.declare(teams=("payments",), services=("checkout",))
    assert room.deliver().failed == {}
    seen = state_of(room)
    assert seen["name"] == "inc-1-checkout-answers-with-errors"
    assert incident.severity in str(seen["topic"])
    assert seen["pins"] == 1
    assert seen["bookmarks"] == [("INC-1 in the tracker", "http://127.0.0.1:8000/incidents/INC-1")]
    assert len(seen["texts"]) == len(seen["announced"]) == len(seen["team"]) == 1
    invited = {call.body["users"] for call in room.gate.of("conversations.invite")}
    payments = [
        room.gate.asked("users.lookupByEmail", email=f"{name}@example.org")["user"]["id"]
        for name in ("alice", "bob", "erin")
    ]
    assert {one for users in invited for one in users.split(",")} == set(payments)


def test_a_whole_incident_is_told_once_each_and_ends_archived(room: SlackRoom) -> None:
    whole_incident(room, deliver=room.deliver)
    seen = state_of(room)
    assert seen["archived"] is True
    told = seen["texts"]
    assert told[1:] == [
        "Commander: Bob",
        "Update of INC-1: We roll back &lt;now&gt; &amp; watch",
        "INC-1: Mitigated",
        "INC-1: Resolved",
        "INC-1: Closed",
    ]
    assert "closed" in told[0], "the card is written anew in its place"
    assert not any("nobody needs twice" in one for one in told)
    assert seen["announced"] == ["SEV1: INC-1 Checkout answers with errors, closed"]
    assert ("REV-1: review", "http://127.0.0.1:8000/reviews/REV-1") in seen["bookmarks"]


def test_every_call_may_break_once_and_the_end_is_the_same(room: SlackRoom) -> None:
    room.gate.each_first_breaks = True
    whole_incident(room, deliver=room.deliver_through)
    seen = state_of(room)
    assert seen["archived"] is True
    assert len(seen["texts"]) == len(set(seen["texts"])) == 6
    assert (seen["pins"], len(seen["bookmarks"]), len(seen["announced"])) == (1, 2, 1)
    assert all(row.status == "done" for row in deliveries_of(room.app, "slack"))


def test_an_answer_that_is_lost_on_the_way_leads_to_no_second_message(room: SlackRoom) -> None:
    for method in ("conversations.create", "chat.postMessage", "bookmarks.add", "pins.add"):
        room.gate.fail(method, status=503, after=True)
    whole_incident(room, deliver=room.deliver_through)
    seen = state_of(room)
    assert [name for name in names(room) if name.startswith("inc-")] == [seen["name"]]
    assert len(seen["texts"]) == len(set(seen["texts"])) == 6
    assert (seen["pins"], len(seen["bookmarks"])) == (1, 2)


def names(room: SlackRoom) -> list[str]:
    return [one["name"] for one in room.gate.asked("conversations.list", limit=900)["channels"]]


def test_delivering_everything_again_says_nothing_more(room: SlackRoom) -> None:
    room.declare(teams=("payments",))
    move(room, "mitigate")
    room.deliver()
    before = state_of(room)
    calls = len(room.gate.of("chat.postMessage"))
    with room.app.begin_as_system() as work:
        work.session.execute(
            sa.update(Delivery).where(Delivery.subscriber == "slack").values(status="pending")
        )
    room.deliver()
    assert state_of(room) == before
    assert len(room.gate.of("chat.postMessage")) == calls


def test_a_request_to_wait_is_obeyed_and_costs_no_try(room: SlackRoom) -> None:
    room.declare()
    room.gate.fail("chat.postMessage", status=429, retry_after=30)
    outcome = room.deliver()
    assert outcome.wait_seconds == 30
    room.clock.forward(seconds=29)
    assert room.deliver().claimed == 0
    room.clock.forward(seconds=2)
    assert room.deliver().failed == {}
    assert len(state_of(room)["texts"]) == 1


def test_slack_away_for_a_whole_incident_leaves_one_coherent_catch_up(room: SlackRoom) -> None:
    room.gate.fail("*", status=503, times=10_000)
    whole_incident(room, deliver=room.deliver)
    for _ in range(60):
        room.clock.forward(minutes=3)
        room.deliver()
    assert not any(row.status == "parked" for row in deliveries_of(room.app, "slack"))
    room.gate.faults.clear()
    room.clock.forward(minutes=15)
    room.deliver_through()
    seen = state_of(room)
    assert len(seen["texts"]) == 2, "the card and one catch-up"
    assert seen["texts"][1].startswith("What this channel missed")
    catch_up = room.gate.of("chat.postMessage")[-1].body["blocks"]
    told = str(catch_up)
    for said in ("Bob", "We roll back &lt;now&gt; &amp; watch", "Mitigated", "Resolved"):
        assert said in told
    assert seen["archived"] is True


def test_a_short_absence_in_the_middle_is_caught_up_in_one_message(room: SlackRoom) -> None:
    room.declare()
    room.deliver()
    room.gate.fail("*", status=500, times=10_000)
    do(room, assign_role, role="commander", person="bob@example.org")
    room.deliver()
    room.clock.forward(minutes=20)
    move(room, "mitigate")
    room.deliver()
    room.gate.faults.clear()
    room.clock.forward(minutes=20)
    room.deliver_through()
    told = state_of(room)["texts"]
    assert len(told) == 2
    assert told[1].startswith("What this channel missed")


def test_a_refused_token_is_parked_with_what_to_do(room: SlackRoom) -> None:
    room.declare()
    room.gate.fail("auth.test", status=200, error="invalid_auth", times=99)
    room.gate.fail("conversations.create", status=200, error="invalid_auth", times=99)
    room.deliver()
    row = deliveries_of(room.app, "slack")[0]
    assert row.status == "parked"
    assert "TRACKER_SLACK_BOT_TOKEN" in row.last_error


def test_a_missing_permission_for_one_thing_does_not_stop_the_others(room: SlackRoom) -> None:
    room.gate.fail("bookmarks.add", status=200, error="missing_scope", times=99)
    room.declare()
    move(room, "mitigate")
    room.deliver()
    seen = state_of(room)
    assert seen["pins"] == 1
    assert seen["texts"][1:] == ["INC-1: Mitigated"]
    parked = [row for row in deliveries_of(room.app, "slack") if row.status == "parked"]
    assert len(parked) == 1, "it is said once, not for everything that happens"
    assert "tracker slack manifest" in parked[0].last_error


def test_a_name_that_is_taken_gets_a_number(room: SlackRoom) -> None:
    room.gate.asked("conversations.create", name="inc-1-checkout-answers-with-errors")
    room.declare()
    assert room.deliver().failed == {}
    assert "inc-1-checkout-answers-with-errors-2" in names(room)


def test_a_deleted_channel_is_told_of_once_and_left_alone(room: SlackRoom) -> None:
    room.declare()
    room.deliver()
    for method in ("chat.update", "chat.postMessage", "conversations.info"):
        room.gate.fail(method, status=200, error="channel_not_found", times=99)
    for verb in ("investigate", "mitigate"):
        move(room, verb)
        room.deliver()
    with room.app.look_as_system() as look:
        row = slack_channel(look, 1)
        assert row is not None and "Invite the bot again" in row.trouble
    room.gate.faults.clear()
    move(room, "resolve")
    room.deliver()
    assert any("Resolved" in one for one in state_of(room)["texts"])
    with room.app.look_as_system() as look:
        row = slack_channel(look, 1)
        assert row is not None and row.trouble == ""


def test_a_reopened_incident_gets_a_channel_people_can_write_in(room: SlackRoom) -> None:
    room.declare()
    for verb in ("mitigate", "resolve", "close"):
        move(room, verb)
    room.deliver()
    assert room.channel("inc-1-")["is_archived"] is True
    room.clock.forward(minutes=1)
    move(room, "reopen", why="It came back")
    room.deliver()
    with room.app.look_as_system() as look:
        row = slack_channel(look, 1)
        assert row is not None and row.archived_at is None
    there = room.gate.asked("conversations.info", channel=row.channel_id)["channel"]
    assert there["is_archived"] is False
    assert any("It came back" in one for one in room.texts(row.channel_id))


def test_a_private_incident_is_told_to_its_circle_alone(room: SlackRoom) -> None:
    room.declare(
        "Customer data in a log", visibility="private", members=("bob@example.org",),
        teams=("search",),
    )  # fmt: skip
    room.deliver()
    channel = room.channel("inc-1-")
    assert channel["is_private"] is True
    assert "customer" not in str(channel["name"])
    asked = [one.body["users"] for one in room.gate.of("conversations.invite")]
    charlie = room.gate.asked("users.lookupByEmail", email="charlie@example.org")["user"]["id"]
    assert asked and not any(charlie in users for users in asked)
    assert room.texts(room.channel("all-incidents")["id"]) == []


def test_an_incident_that_becomes_private_moves_and_its_old_channel_says_nothing(
    room: SlackRoom,
) -> None:
    room.declare("Customer data in a log")
    room.deliver()
    old = room.channel("inc-1-customer")["id"]
    do(room, set_visibility, visibility="private", members=("bob@example.org",))
    room.deliver()
    assert room.channel("inc-1-private")["is_private"] is True
    then = room.gate.asked("conversations.info", channel=old)["channel"]
    assert then["is_archived"] is True
    assert "ustomer" not in str(then["name"]) + str(then["topic"]) + str(room.texts(old))
    assert "ustomer" not in str(room.texts(room.channel("all-incidents")["id"]))


def test_who_leaves_the_circle_leaves_the_channel(room: SlackRoom) -> None:
    room.declare("Quiet", visibility="private", members=("bob@example.org",))
    room.deliver()
    do(room, set_visibility, visibility="private")
    room.deliver()
    bob = room.gate.asked("users.lookupByEmail", email="bob@example.org")["user"]["id"]
    assert [one.body["user"] for one in room.gate.of("conversations.kick")] == [bob]


def test_raising_the_severity_announces_it_where_that_severity_belongs(room: SlackRoom) -> None:
    room.declare(impact="", urgency="", severity="SEV3")
    room.deliver()
    assert room.texts(room.channel("all-incidents")["id"]) == []
    do(room, assess_severity, AssessSeverity(severity="SEV1", why="It spreads"))
    room.deliver()
    assert len(room.texts(room.channel("all-incidents")["id"])) == 1


def test_what_was_recorded_afterwards_makes_no_channel(room: SlackRoom) -> None:
    room.declare(recorded_afterwards=True, state="resolved")
    assert room.deliver().failed == {}
    assert not [name for name in names(room) if name.startswith("inc-")]


def test_a_late_update_is_asked_for_once_in_the_channel(room: SlackRoom) -> None:
    from tracker.outbox.schedule import run_due

    room.declare()
    do(room, post_update, PostUpdate(text="We look"))
    room.deliver()
    then = room.clock.forward(hours=2)
    run_due(room.app, then)
    asked = [one for one in room.texts(room.channel("inc-1-")["id"]) if "is due" in one]
    assert asked == ["The next update of INC-1 is due"]


def test_a_notice_comes_as_a_direct_message_until_the_person_wants_none(room: SlackRoom) -> None:
    from tracker.outbox.schedule import run_due
    from tracker.usecases.improve.actions import ProposeAction, propose_action

    def propose(title: str) -> None:
        with room.app.begin(room.cast.alice) as work:
            propose_action(
                work,
                ProposeAction(
                    title=title, kind="prevent", strength="guard", owner="bob@example.org",
                    incident="INC-1",
                ),
            )  # fmt: skip
        run_due(room.app, room.clock.now)

    room.declare()
    propose("Alert on the queue")
    told = [one for one in room.gate.of("chat.postMessage") if "ACT-1" in str(one.body)]
    assert [one.body["text"] for one in told] == ["You own ACT-1 “Alert on the queue” now"]
    with room.app.begin_as_system() as work:
        for row in work.session.exec(select(SlackUser)):
            row.wants_reminders = False
    propose("Another one")
    assert not [one for one in room.gate.of("chat.postMessage") if "ACT-2" in str(one.body)]


def test_without_settings_of_slack_nothing_is_kept_for_it(
    sqlite_app: Any, sqlite_cast: Any
) -> None:
    from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

    with sqlite_app.begin(sqlite_cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Quiet", impact="everyone", urgency="now"))
    assert deliveries_of(sqlite_app, "slack") == []
    with sqlite_app.look_as_system() as look:
        assert look.session.exec(select(SlackChannel)).all() == []


def test_the_policy_says_which_channels_hear_of_an_incident(room: SlackRoom) -> None:
    with room.app.begin_as_system() as work:
        newest = newest_policy(work)
        assert newest is not None
        rules = [{"severities": ["SEV1"], "teams": ["payments"], "channels": ["#pay"]}]
        put_policy(work, {**newest.content, "notifications": rules})
    room.declare("Elsewhere")
    room.declare("Here", teams=("payments",))
    room.deliver()
    assert room.texts(room.channel("all-incidents")["id"]) == [], "the setting counts no more"
    assert len(room.texts(room.channel("pay")["id"])) == 1
