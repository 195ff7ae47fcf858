"""Forms: opened when something is missing, refused at the field, done once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from tests.slack.face.stage import (
    WAIT_SECONDS,
    Stage,
    choice,
    choices,
    count,
    declaring,
    rebuild,
    wait_until,
    words_of,
)
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.reading.share.library import all_documents
from tracker.slack.forms import Form
from tracker.slack.respond import noting
from tracker.slack.verbs import Verb

Body = dict[str, Any]


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
