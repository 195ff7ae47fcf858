"""Forms: opened when something is missing, refused at the field, done once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import func, select

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import WAIT_SECONDS, Stage, on_stage, wait_until, words_of
from tests.slack.face.test_verbs import publish_lesson, rebuild
from tracker.app import App
from tracker.models.action import Action
from tracker.models.incident import Incident, RoleAssignment
from tracker.models.journal import Notice
from tracker.models.lesson import Lesson
from tracker.models.slack import SlackPinned
from tracker.outbox.schedule import run_due
from tracker.reading.share.library import all_documents
from tracker.slack.forms import Form
from tracker.slack.respond import noting
from tracker.slack.verbs import Verb
from tracker.usecases.improve.actions import MoveAction, move_action
from tracker.usecases.respond.slack_messages import UNREAD

Body = dict[str, Any]


def choice(value: str) -> Body:
    return {"selected_option": {"value": value}}


def choices(*values: str) -> Body:
    return {"selected_options": [{"value": value} for value in values]}


def declaring(**more: Any) -> Body:
    return {"title": "Checkout answers with errors", "visibility": choice("org"), **more}


def count(stage: Stage, model: type) -> int:
    with stage.room.app.look_as_system() as look:
        return look.session.exec(select(func.count()).select_from(model)).one()


def test_declare_without_a_severity_asks_for_the_rest(stage: Stage) -> None:
    view = stage.form(lambda: stage.type("alice", "declare Checkout answers with errors"))
    title = next(block for block in view["blocks"] if block.get("block_id") == "title")
    assert title["element"]["initial_value"] == "Checkout answers with errors"
    assert "everyone" in str(view["blocks"]).lower()
    answer = stage.fill_in(
        "alice",
        declaring(
            impact=choice("everyone"),
            urgency=choice("soon"),
            services=choices("checkout"),
            teams=choices("payments"),
            summary="Errors since <!here> 3 &lt; 5",
        ),
    )
    assert answer["response_action"] == "update"
    assert "INC-1" in words_of(answer)
    incident = stage.incident()
    assert (incident.severity, incident.impact, incident.urgency) == ("SEV1", "everyone", "soon")


def test_what_is_missing_is_said_at_its_field_and_the_form_stays(stage: Stage) -> None:
    stage.form(lambda: stage.type("alice", "declare"))
    answer = stage.fill_in("alice", declaring(title=""))
    assert answer["response_action"] == "errors"
    assert set(answer["errors"]) == {"title", "severity"}
    assert count(stage, Incident) == 0
    half = stage.fill_in("alice", declaring(impact=choice("everyone")))
    assert set(half["errors"]) == {"urgency"}
    assert "INC-1" in words_of(stage.fill_in("alice", declaring(severity=choice("SEV3"))))


def test_the_same_submission_twice_declares_once_and_answers_alike(stage: Stage) -> None:
    view = stage.form(lambda: stage.type("alice", "declare"))
    given = declaring(severity=choice("SEV2"))
    first = stage.fill_in("alice", given, view=view)
    second = stage.fill_in("alice", given, view=view)
    assert first == second
    assert count(stage, Incident) == 1


def test_a_private_incident_names_its_people(stage: Stage) -> None:
    stage.form(lambda: stage.type("alice", "declare"))
    stage.fill_in(
        "alice",
        declaring(
            severity=choice("SEV2"),
            visibility=choice("private"),
            members={"selected_users": [stage.ids["bob"], stage.ids["nora"]]},
        ),
    )
    wait_until(lambda: stage.room.gate.of("views.update"), "the outcome is shown")
    assert stage.incident().circle_id is not None
    stage.enter(stage.incident())
    assert "INC-1" in stage.said("bob", "status")
    assert "was not found" in stage.said("charlie", "status")


def test_a_form_that_names_somebody_new_is_taken_before_slack_says_who_that_is(
    inside: Stage,
) -> None:
    asked = threading.Event()

    def nora(_body: Body) -> Body:
        assert asked.wait(WAIT_SECONDS)
        return {"ok": True, "user": {"profile": {"email": "n@example.org", "real_name": "Nora"}}}

    inside.room.gate.answers["users.info"] = nora
    inside.form(lambda: inside.type("alice", "action"))
    named = {"title": "Call the bank", "owner": {"selected_user": inside.ids["nora"]}}
    answer = inside.fill_in("alice", named)
    assert "being asked who you named" in words_of(answer)
    assert count(inside, Action) == 0
    asked.set()
    wait_until(lambda: inside.room.gate.of("views.update"), "the outcome is shown")
    assert "Call the bank" in words_of(inside.room.gate.of("views.update")[-1].body)
    assert count(inside, Action) == 1


def test_a_form_that_names_somebody_slack_does_not_know_comes_back_as_it_was_filled_in(
    inside: Stage,
) -> None:
    inside.form(lambda: inside.type("alice", "action"))
    named = {
        "title": "Call the bank",
        "owner": {"selected_user": "U0NOBODY1"},
        "kind": choice("prevent"),
    }
    assert "being asked who you named" in words_of(inside.fill_in("alice", named))
    wait_until(lambda: inside.room.gate.of("views.update"), "the form comes back")
    again = inside.driver.last_view()
    assert "could not be found in Slack" in words_of(again)
    fields = {one["block_id"]: one["element"] for one in again["blocks"] if "element" in one}
    assert fields["title"]["initial_value"] == "Call the bank"
    assert fields["kind"]["initial_option"]["value"] == "prevent"
    inside.fill_in("alice", {"title": "Call the bank"}, view=again)
    assert count(inside, Action) == 1


def test_a_near_miss_takes_three_answers(stage: Stage) -> None:
    stage.form(lambda: stage.type("bob", "near-miss Dropped the wrong column, almost"))
    refused = stage.fill_in("bob", {"title": "Dropped the wrong column, almost"})
    assert set(refused["errors"]) == {"almost_happened", "what_saved_us"}
    answer = stage.fill_in(
        "bob",
        {
            "title": "Dropped the wrong column, almost",
            "almost_happened": "The orders table would have lost its totals",
            "what_saved_us": "A colleague read the plan aloud",
            "happened_at": "yesterday 23:50",
        },
    )
    assert "near miss" in words_of(answer)
    assert stage.incident().kind == "near_miss"


def test_a_time_that_cannot_be_read_is_refused_with_examples(stage: Stage) -> None:
    stage.form(lambda: stage.type("bob", "record Mail was slow"))
    given = {
        "title": "Mail was slow",
        "severity": choice("SEV3"),
        "resolved": "when the cows came home",
        "visibility": choice("org"),
    }
    refused = stage.fill_in("bob", given)
    assert "10 min ago" in refused["errors"]["resolved"]
    answer = stage.fill_in("bob", {**given, "resolved": "10 min ago", "impact_started": "1 h ago"})
    assert "on record" in words_of(answer)
    assert stage.incident().state == "resolved"


def test_an_incident_that_resembles_this_one_is_shown_before_it_is_declared(stage: Stage) -> None:
    stage.room.declare("Connection pool exhausted in checkout")
    with stage.room.app.look_as_system() as look:
        stage.room.app.index.rebuild(all_documents(look))
    view = stage.form(lambda: stage.type("bob", "declare connection pool exhausted again"))
    assert "INC-1 Connection pool exhausted in checkout" in str(view["blocks"])


def test_the_outcome_of_a_form_is_told_where_it_was_asked_for(inside: Stage) -> None:
    inside.form(lambda: inside.type("alice", "note"))
    assert (
        inside.fill_in(
            "alice", {"text": "restarted <b> &amp;", "at": "08:51", "kind": choice("note")}
        )
        == {}
    )
    assert "Noted for" in inside.reply()["text"]
    assert inside.entries()[0].text == "restarted <b> &amp;"


def test_a_form_that_asked_again_still_tells_its_outcome_where_it_was_asked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def eager(verb: Verb) -> Verb:
        """The verb with a form whose fields all ask again, and which carries nothing itself."""
        make = verb.form
        assert make is not None
        return replace(verb, form=lambda *given: asking(make(*given)))

    def asking(form: Form) -> Form:
        return replace(form, fields=tuple(replace(one, asks_again=True) for one in form.fields))

    verbs = tuple(eager(one) if one.name == "note" else one for one in noting.VERBS)
    monkeypatch.setattr(noting, "VERBS", verbs)
    stage.enter(stage.room.declare())
    stage.form(lambda: stage.type("alice", "note"))
    stage.form(lambda: stage.driver.enter(stage.ids["alice"], "text", "restarted"))
    given = {"text": "restarted it", "at": "08:51", "kind": choice("note")}
    assert stage.fill_in("alice", given) == {}
    assert "restarted it" in stage.reply()["text"]


def test_a_title_brings_what_resembles_it_and_the_form_is_still_about_its_message(
    stage: Stage,
) -> None:
    stage.room.declare("Connection pool exhausted in checkout")
    rebuild(stage.room.app)
    message = {"ts": "1780304000.000100", "text": "it is down", "user": "U1"}
    general = stage.driver.channel("general")["id"]
    stage.form(
        lambda: stage.driver.shortcut(
            stage.ids["bob"], "declare_from_message", message=message, channel_id=general
        )
    )
    title = "connection pool exhausted again"
    view = stage.form(lambda: stage.driver.enter(stage.ids["bob"], "title", title))
    assert "INC-1 Connection pool exhausted in checkout" in str(view["blocks"])
    stage.fill_in("bob", declaring(title=title, severity=choice("SEV2")))
    assert [row.text for row in stage.entries()] == ["it is down"]


def test_the_message_shortcut_carries_words_and_place_over(stage: Stage) -> None:
    channel = stage.driver.channel("general")["id"]
    message = {
        "ts": "1780304000.000100",
        "text": "checkout is *down*\nsince the deploy",
        "user": "U1",
    }
    view = stage.form(
        lambda: stage.driver.shortcut(
            stage.ids["bob"], "declare_from_message", message=message, channel_id=channel
        )
    )
    title = next(block for block in view["blocks"] if block.get("block_id") == "title")
    assert title["element"]["initial_value"] == "checkout is *down*"
    stage.fill_in("bob", declaring(title="Checkout is down", severity=choice("SEV2")))
    (entry,) = stage.entries()
    assert entry.text == "checkout is *down*\nsince the deploy"
    assert entry.source_url == f"https://rig.slack.com/archives/{channel}/p1780304000000100"


def test_a_message_in_any_script_is_carried_over_whole(stage: Stage) -> None:
    channel = stage.driver.channel("general")["id"]
    said = "決済が遅い。" * 200
    message = {"ts": "1780304000.000100", "text": said, "user": "U1"}
    stage.form(
        lambda: stage.driver.shortcut(
            stage.ids["bob"], "declare_from_message", message=message, channel_id=channel
        )
    )
    stage.fill_in("bob", declaring(title="Checkout is slow", severity=choice("SEV2")))
    assert [row.text for row in stage.entries()] == [said]


def test_shortcuts_make_actions_and_lessons_of_a_message(inside: Stage) -> None:
    message = {"ts": "1780304000.000100", "text": "we should alert on waits", "user": "U1"}
    for name, verb_field in (("make_action", "detail"), ("keep_lesson", "situation")):
        view = inside.form(
            lambda name=name: inside.driver.shortcut(
                inside.ids["bob"], name, message=message, channel_id=inside.channel_id
            )
        )
        texts = {
            b["block_id"]: b["element"].get("initial_value")
            for b in view["blocks"]
            if "element" in b
        }
        assert texts[verb_field] == "we should alert on waits"
        given: Body = {"title": "Alert on waits", verb_field: texts[verb_field]}
        if name == "make_action":
            given["priority"] = choice("P1")
        inside.fill_in("bob", given)
    with inside.room.app.look_as_system() as look:
        action = look.session.exec(select(Action)).one()
        lesson = look.session.exec(select(Lesson)).one()
    assert action.incident_id == 1
    assert "rig.slack.com/archives" in action.detail
    assert "rig.slack.com/archives" in lesson.situation


def test_a_message_is_added_to_the_timeline_once(inside: Stage) -> None:
    message = {"ts": "1780304000.000100", "text": "errors fall <@U1|ann>", "user": "U1"}
    for _ in range(2):
        status, _answer = inside.driver.shortcut(
            inside.ids["bob"], "add_to_timeline", message=message, channel_id=inside.channel_id
        )
        assert status == 200
        assert "timeline of INC-1" in inside.reply()["text"]
    assert [row.text for row in inside.entries()] == ["errors fall @ann"]
    assert count(inside, SlackPinned) == 1


def test_outside_a_channel_the_shortcut_asks_which_incident(inside: Stage) -> None:
    general = inside.driver.channel("general")["id"]
    message = {"ts": "1780304000.000100", "text": "a customer called", "user": "U1"}
    inside.form(
        lambda: inside.driver.shortcut(
            inside.ids["bob"], "add_to_timeline", message=message, channel_id=general
        )
    )
    inside.fill_in("bob", {"incident": choice("INC-1")})
    assert [row.text for row in inside.entries()] == ["a customer called"]


def reaction(stage: Stage, who: str, kind: str, *, name: str = "pushpin", ts: str = "") -> Body:
    item = {"type": "message", "channel": stage.channel_id, "ts": ts or "1780304000.000200"}
    return {"type": kind, "user": stage.ids[who], "reaction": name, "item": item}


def test_a_reaction_marks_a_message_and_taking_it_off_takes_it_back(inside: Stage) -> None:
    inside.happens(reaction(inside, "bob", "reaction_added"), event_id="Ev1")
    inside.happens(reaction(inside, "bob", "reaction_added"), event_id="Ev1", retry=1)
    (entry,) = inside.entries()
    assert entry.text == UNREAD
    inside.happens(reaction(inside, "alice", "reaction_removed"))
    assert inside.entries()[0].retracted_at is None
    inside.happens(reaction(inside, "bob", "reaction_removed"))
    assert inside.entries()[0].retracted_at is not None


def test_other_reactions_and_other_channels_mean_nothing(inside: Stage) -> None:
    inside.happens(reaction(inside, "bob", "reaction_added", name="eyes"))
    elsewhere = reaction(inside, "bob", "reaction_added")
    elsewhere["item"]["channel"] = inside.driver.channel("general")["id"]
    inside.happens(elsewhere)
    assert inside.entries() == []


def holders(stage: Stage) -> dict[str, int]:
    with stage.room.app.look_as_system() as look:
        rows = look.session.exec(select(RoleAssignment)).all()
    return {row.role: row.person_id for row in rows if row.until_at is None}


def test_the_cards_buttons_claim_and_hand_over_roles(inside: Stage) -> None:
    inside.press("bob", inside.card(), "claim_role:commander")
    assert "You are commander" in inside.reply()["text"]
    assert holders(inside) == {"commander": inside.room.cast.bob.person_id}
    inside.deliver()
    card = inside.card()
    view = inside.form(lambda: inside.press("bob", card, "hand_over_role:commander"))
    assert view["title"]["text"] == "Hand over a role"
    inside.fill_in(
        "bob",
        {"role": choice("commander"), "person": {"selected_user": inside.ids["alice"]}},
    )
    assert holders(inside) == {"commander": inside.room.cast.alice.person_id}


def test_two_people_claim_a_role_at_once_and_one_has_it(inside: Stage) -> None:
    card = inside.card()
    inside.press("bob", card, "claim_role:scribe")
    inside.press("alice", card, "claim_role:scribe")
    assert holders(inside) == {"scribe": inside.room.cast.alice.person_id}
    with inside.room.app.look_as_system() as look:
        rows = look.session.exec(select(RoleAssignment)).all()
    assert len([row for row in rows if row.until_at is None]) == 1


def test_boxes_on_the_card_finish_tasks_and_open_them_again(inside: Stage) -> None:
    inside.said("alice", "task fail over the replica")
    inside.said("alice", "task tell support")
    inside.deliver()
    card = inside.card()
    boxes = next(
        one
        for block in card["blocks"]
        for one in block.get("elements") or ()
        if one.get("action_id") == "tick_tasks"
    )
    inside.press("bob", card, "tick_tasks", chosen={"selected_options": boxes["options"][:1]})
    assert "Task done: fail over the replica" in [row.text for row in inside.entries(kind="system")]
    inside.press("bob", card, "tick_tasks", chosen={"selected_options": []})
    assert "Task open again: fail over the replica" in [
        row.text for row in inside.entries(kind="system")
    ]


def test_the_list_of_tasks_has_the_button_that_adds_one(inside: Stage) -> None:
    for number in (1, 2):
        shown = inside.type("alice", "task")
        view = inside.form(lambda shown=shown: inside.press("alice", shown, "add_task"))
        assert view["title"]["text"] == "Add a task"
        owner = {"selected_user": inside.ids["bob"]}
        inside.fill_in("alice", {"title": f"ask the bank {number}", "owner": owner})
        assert "is on the card" in inside.reply()["text"]
    shown = words_of(inside.type("bob", "task"))
    assert "ask the bank 1" in shown and "ask the bank 2" in shown


def test_mitigated_and_resolved_are_one_press_and_a_double_click_is_one(inside: Stage) -> None:
    card = inside.card()
    inside.press("bob", card, "move_incident:resolve")
    assert "INC-1 is resolved" in inside.reply()["text"]
    inside.press("bob", card, "move_incident:resolve")
    assert "not possible now" in inside.reply()["text"]
    assert inside.incident().state == "resolved"


def test_where_are_we_and_the_other_buttons_of_the_card(inside: Stage) -> None:
    card = inside.card()
    inside.press("bob", card, "catch_up")
    assert "Where we are" in words_of(inside.reply())
    for action_id, title in (
        ("post_update", "Post an update"),
        ("assess_severity", "Change the severity"),
    ):
        view = inside.form(lambda one=action_id: inside.press("bob", card, one))
        assert view["title"]["text"] == title


def test_a_button_nobody_knows_any_more_says_so(inside: Stage) -> None:
    old = {"blocks": [{"elements": [{"type": "button", "action_id": "of_long_ago"}]}]}
    inside.press("bob", old, "of_long_ago")
    assert "was not found" in inside.reply()["text"]


def test_the_home_tab_shows_what_waits_and_finishes_it(inside: Stage) -> None:
    inside.said("alice", f"action alert on waits <@{inside.ids['erin']}>")
    with inside.room.app.begin(inside.room.cast.erin) as work:
        move_action(work, work.get(Action, 1), MoveAction(verb="accept"))
    opened = {"type": "app_home_opened", "user": inside.ids["erin"], "tab": "home"}
    inside.happens(opened)
    published = inside.room.gate
    wait_until(lambda: published.of("views.publish"), "the home tab is drawn")
    home = published.of("views.publish")[-1].body["view"]
    assert "ACT-1 alert on waits" in str(home)
    inside.form(lambda: inside.press("erin", home, "finish_action"))
    inside.fill_in("erin", {"evidence": "https://graphs.example/waits"})
    with inside.room.app.look_as_system() as look:
        assert look.session.exec(select(Action)).one().state == "done"


def test_links_unfurl_for_what_everybody_there_may_read(inside: Stage) -> None:
    base = inside.room.app.settings.base_url
    inside.room.declare("Keys were exposed", visibility="private")
    links = [{"url": f"{base}/incidents/INC-{number}"} for number in (1, 2, 99)]
    inside.happens(
        {
            "type": "link_shared",
            "user": inside.ids["alice"],
            "channel": inside.driver.channel("general")["id"],
            "message_ts": "1.2",
            "links": [*links, {"url": "https://elsewhere.example/incidents/INC-1"}],
        }
    )
    asked = inside.room.gate
    wait_until(lambda: any(one.method == "chat.unfurl" for one in asked.calls), "a link unfurls")
    call = next(one for one in asked.calls if one.method == "chat.unfurl")
    assert list(call.body["unfurls"]) == [f"{base}/incidents/INC-1"]


def test_whoever_joins_is_told_where_we_are(inside: Stage) -> None:
    inside.happens(
        {"type": "member_joined_channel", "user": inside.ids["alice"], "channel": inside.channel_id}
    )
    asked = inside.room.gate
    wait_until(lambda: asked.of("chat.postEphemeral"), "a catch-up is shown")
    assert asked.of("chat.postEphemeral")[-1].body["user"] == inside.ids["alice"]


def test_a_lesson_is_shared_in_the_channel_once(inside: Stage) -> None:
    with inside.room.app.begin(inside.room.cast.erin) as work:
        publish_lesson(work)
    rebuild(inside.room.app)
    found = inside.type("bob", "pools", command="/lessons")
    inside.press("bob", found, "share_lesson:0")
    assert "is being posted here" in inside.reply()["text"]
    inside.room.clock.forward(minutes=1)
    inside.deliver()
    texts = inside.room.texts(inside.channel_id)
    assert len([one for one in texts if "Bounded pools fail early" in one]) == 1


def test_a_late_update_is_asked_for_again_when_the_person_said(inside: Stage) -> None:
    inside.said("alice", "update We look at it. Next in 10 min")
    clock = inside.room.clock
    due = clock.now + timedelta(minutes=12)
    assert fired(inside, due) == 1
    button = {"type": "button", "action_id": "snooze_update:15", "value": "INC-1 15"}
    clock.now = due
    inside.press("alice", {"blocks": [{"elements": [button]}]}, "snooze_update:15")
    assert "asked again" in inside.reply()["text"]
    assert fired(inside, due + timedelta(minutes=14)) == 1
    assert fired(inside, due + timedelta(minutes=16)) == 2


def fired(stage: Stage, at: datetime) -> int:
    """How often somebody was reminded of the update until then."""
    run_due(stage.room.app, at)
    with stage.room.app.look_as_system() as look:
        rows = look.session.exec(select(Notice).where(Notice.kind == "update_late")).all()
    return len(rows)


def test_a_workspace_that_is_not_installed_is_told_so(room: SlackRoom) -> None:
    settings = replace(
        room.app.settings, slack_bot_token="", slack_client_id="1.2", slack_client_secret="s"
    )
    room.app = App(settings, clock=room.clock, durable=False)
    with on_stage(room, known=False) as stage:
        status, answer = stage.driver.command("/incident", "list", user=stage.ids["alice"])
        said = words_of(answer if isinstance(answer, dict) else {}) or words_of(stage.reply())
    assert status == 200
    assert "not installed in this workspace" in said
    room.app.close()
