"""Lists longer than Slack shows are asked for as one types, and show what this person may see."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from tests.slack.face.stage import Stage, choice, choices
from tracker.models.catalogue import Service
from tracker.models.incident import IncidentService

Body = dict[str, Any]


def add_services(stage: Stage, count: int) -> None:
    with stage.room.app.begin_as_system() as work:
        for number in range(count):
            work.add(Service(slug=f"shard-{number:03}", name=f"Shard {number:03}"))


def offered(stage: Stage, who: str, view: Body, field: str, typed: str) -> list[str]:
    """The values that the list offers for the words typed."""
    status, answer = stage.driver.interact(
        {
            "type": "block_suggestion",
            "team": {"id": stage.driver.team},
            "user": {"id": stage.ids[who], "team_id": stage.driver.team},
            "action_id": "given",
            "block_id": field,
            "value": typed,
            "view": view,
        }
    )
    assert status == 200
    return [one["value"] for one in (answer or {}).get("options", [])]


def element(view: Body, name: str) -> Body:
    found: Body = next(one["element"] for one in view["blocks"] if one.get("block_id") == name)
    return found


def test_more_services_than_slack_shows_can_all_be_chosen(stage: Stage) -> None:
    add_services(stage, 150)
    view = stage.form(lambda: stage.type("alice", "declare Shards answer slowly"))
    assert element(view, "services")["type"] == "multi_external_select"
    assert "options" not in element(view, "services")
    found = offered(stage, "alice", view, "services", "shard 14")
    assert found[0] == "shard-140" and found[-1] == "shard-114", "what begins so comes first"
    assert offered(stage, "alice", view, "services", "SHARD-149") == ["shard-149"]
    assert offered(stage, "alice", view, "services", "nothing like it") == []
    assert len(offered(stage, "alice", view, "services", "")) == 100
    given = {"title": "Shards answer slowly", "impact": choice("everyone"),
             "urgency": choice("now"), "visibility": choice("org"),
             "services": choices("shard-149", "shard-003")}  # fmt: skip
    assert stage.fill_in("alice", given)["response_action"] == "update"
    with stage.room.app.look_as_system() as look:
        assert len(look.session.exec(select(IncidentService)).all()) == 2


def test_a_short_list_is_shown_as_it_is(stage: Stage) -> None:
    view = stage.form(lambda: stage.type("alice", "declare Slow"))
    assert element(view, "services")["type"] == "multi_static_select"


def test_a_list_offers_nothing_that_is_closed_to_who_asks(stage: Stage) -> None:
    stage.room.declare("Payments are slow")
    stage.room.declare("Keys in a log", visibility="private", members=("bob@example.org",))
    stage.enter(stage.incident())
    message = stage.driver.messages(stage.channel_id)[0]
    general = stage.driver.channel("general")["id"]
    view = stage.form(
        lambda: stage.driver.shortcut(
            stage.ids["bob"], "add_to_timeline", message=message, channel_id=general
        )
    )
    assert offered(stage, "bob", view, "incident", "keys") == ["INC-2"]
    assert offered(stage, "charlie", view, "incident", "keys") == []
    assert offered(stage, "charlie", view, "incident", "") == ["INC-1"]
    assert offered(stage, "nora", view, "incident", "") == [], "nobody here knows her yet"
    assert offered(stage, "bob", {**view, "callback_id": "verb nonsense"}, "incident", "") == []
