"""What every resource promises: retries create once, versions guard, pages are whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import func, select

from tests.conftest import Cast, HandClock
from tests.faces.program import Program, secret_for
from tracker.app import App
from tracker.models.catalogue import ApiToken
from tracker.models.incident import Incident
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

NEW = {"title": "Checkout answers 502", "severity": "SEV2"}


@pytest.fixture
def speak(flask_app: Flask, app: App, cast: Cast) -> Callable[[str], Program]:
    """``speak("alice")``: a program that speaks for Alice."""
    return lambda name: Program(flask_app, secret_for(app, cast, name))


def _incidents(app: App) -> int:
    with app.look_as_system() as look:
        return look.session.exec(select(func.count()).select_from(Incident)).one()


def test_the_same_key_and_request_create_once_and_answer_the_same(
    speak: Callable[[str], Program], app: App
) -> None:
    alice = speak("alice")
    first = alice.post("/incidents", NEW, Idempotency_Key="a-1")
    assert alice.post("/incidents", NEW, Idempotency_Key="a-1") == first
    assert _incidents(app) == 1
    assert alice.post("/incidents", NEW)["ref"] != first["ref"], "without a key: a second one"


def test_the_same_key_with_another_request_is_a_conflict(
    speak: Callable[[str], Program], app: App
) -> None:
    alice = speak("alice")
    alice.post("/incidents", NEW, Idempotency_Key="a-1")
    alice.post("/incidents", {**NEW, "title": "Other"}, status=409, Idempotency_Key="a-1")
    alice.post("/lessons", {"title": "Other"}, status=409, Idempotency_Key="a-1")
    assert _incidents(app) == 1


def test_a_key_belongs_to_its_token_and_to_one_day(
    speak: Callable[[str], Program], app: App, clock: HandClock
) -> None:
    alice, bob = speak("alice"), speak("bob")
    first = alice.post("/incidents", NEW, Idempotency_Key="k")["ref"]
    assert bob.post("/incidents", NEW, Idempotency_Key="k")["ref"] != first
    clock.forward(hours=25)
    assert alice.post("/incidents", NEW, Idempotency_Key="k")["ref"] != first
    assert _incidents(app) == 3


def test_a_refused_creation_keeps_no_key(speak: Callable[[str], Program], app: App) -> None:
    alice = speak("alice")
    alice.post("/incidents", {**NEW, "services": ["nowhere"]}, status=422, Idempotency_Key="k")
    alice.post("/incidents", NEW, Idempotency_Key="k")
    assert _incidents(app) == 1


def test_a_retried_token_is_one_token_and_its_secret_is_not_kept(
    speak: Callable[[str], Program], app: App
) -> None:
    ada = speak("ada")
    first = ada.post("/tokens", {"name": "CI"}, Idempotency_Key="t")
    again = ada.post("/tokens", {"name": "CI"}, Idempotency_Key="t")
    assert first["secret"].startswith("trk_")
    assert again == {**first, "secret": ""}
    with app.look_as_system() as look:
        rows = look.session.exec(select(ApiToken).where(ApiToken.name == "CI")).all()
    assert len(rows) == 1


def test_a_key_that_cannot_be_kept_is_named(speak: Callable[[str], Program]) -> None:
    alice = speak("alice")
    for key in ("", " ", "x" * 201, "a b", "ü"):
        sent = {"Idempotency-Key": key.encode().decode("latin-1")}
        answer = alice.raw("POST", "/incidents", json=NEW, headers=sent)
        assert answer.status_code == 422, key
        assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"


def test_an_unchanged_record_is_answered_with_304(speak: Callable[[str], Program]) -> None:
    alice = speak("alice")
    place = f"/incidents/{alice.post('/incidents', NEW)['ref']}"
    etag = alice.raw("GET", place).headers["ETag"]
    assert etag.startswith('W/"1.')
    answer = alice.raw("GET", place, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    alice.put(f"{place}/roles/scribe", {"person": "bob@example.org"})
    answer = alice.raw("GET", place, headers={"If-None-Match": etag})
    assert answer.status_code == 200, "the roles are part of the answer"


def test_a_change_on_a_stale_version_is_a_conflict_that_names_the_current_one(
    speak: Callable[[str], Program],
) -> None:
    alice, bob = speak("alice"), speak("bob")
    place = f"/incidents/{alice.post('/incidents', NEW)['ref']}"
    read = alice.raw("GET", place).headers["ETag"]
    changed = bob.patch(place, {"title": "Bob was first"}, If_Match=read)
    refused = alice.patch(place, {"title": "Alice"}, status=409, If_Match=read)
    assert refused["current"] == changed["version"]
    assert alice.get(place)["title"] == "Bob was first"
    now = f'W/"{refused["current"]}"'
    assert alice.patch(place, {"title": "Alice"}, If_Match=now)["title"] == "Alice"
    alice.patch(place, {"title": "No version, no guard"})


def test_every_guarded_change_refuses_a_stale_version(speak: Callable[[str], Program]) -> None:
    erin = speak("erin")
    ref = erin.post("/incidents", NEW)["ref"]
    here = f"/incidents/{ref}"
    erin.put(f"{here}/roles/scribe", {"person": "bob@example.org"})
    task = erin.post(f"{here}/tasks", {"title": "x"})["id"]
    entry = erin.post(f"{here}/timeline", {"text": "x"})["id"]
    action = erin.post("/actions", {"title": "x"})["ref"]
    lesson = erin.post("/lessons", {"title": "x"})["ref"]
    stale = {"If-Match": 'W/"77"'}
    for method, path, body in (
        ("PATCH", here, {"title": "y"}),
        ("POST", f"{here}/moves", {"verb": "mitigate"}),
        ("POST", f"{here}/severity", {"severity": "SEV1"}),
        ("PUT", f"{here}/visibility", {"visibility": "org"}),
        ("PUT", f"{here}/times/detected", {"unknown_because": "x"}),
        ("PUT", f"{here}/roles/commander", {"person": "bob@example.org"}),
        ("POST", f"{here}/roles/scribe/hand-over", {"person": "alice@example.org"}),
        ("POST", f"{here}/tasks/{task}/moves", {"verb": "finish"}),
        ("PATCH", f"{here}/timeline/{entry}", {"text": "y"}),
        ("DELETE", f"{here}/timeline/{entry}", None),
        ("PATCH", f"/actions/{action}", {"title": "y"}),
        ("POST", f"/actions/{action}/moves", {"verb": "accept"}),
        ("PATCH", f"/lessons/{lesson}", {"title": "y"}),
        ("POST", f"/lessons/{lesson}/moves", {"verb": "publish"}),
    ):
        answer = erin.raw(method, path, json=body, headers=stale)
        assert answer.status_code == 409, path
        assert answer.headers["ETag"].startswith('W/"'), path


def test_a_malformed_if_match_is_named(speak: Callable[[str], Program]) -> None:
    alice = speak("alice")
    place = f"/incidents/{alice.post('/incidents', NEW)['ref']}"
    for given in ("3", 'W/"x"', '"3', 'W/"-1"', 'W/"9999999999"'):
        answer = alice.raw("PATCH", place, json={"title": "x"}, headers={"If-Match": given})
        assert answer.status_code == 422, given
        assert answer.get_json()["errors"][0]["field"] == "If-Match"


def test_a_guard_where_there_is_no_version_is_refused(speak: Callable[[str], Program]) -> None:
    erin = speak("erin")
    told = erin.patch("/teams/search", {"about": "x"}, status=422, If_Match='W/"1"')
    assert told["errors"][0]["field"] == "If-Match"


def test_pages_bring_every_row_once_in_order(
    speak: Callable[[str], Program], app: App, cast: Cast, clock: HandClock
) -> None:
    with app.begin(cast.alice) as work:
        for number in range(300):
            declare_incident(work, DeclareIncident(title=f"No {number}", severity="SEV4"))
    alice = speak("alice")
    seen: list[str] = []
    cursor, pages = "", 0
    while True:
        page = alice.get("/incidents", limit=70, cursor=cursor, count="true")
        assert page["count"] == 300
        seen += [one["ref"] for one in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if not cursor:
            break
    assert pages == 5
    assert seen == [f"INC-{number}" for number in range(300, 0, -1)]
    assert len(alice.get("/incidents", limit=200, tag=["dns"])["items"]) == 0


def test_filters_take_several_values_and_narrow_together(
    speak: Callable[[str], Program],
) -> None:
    alice = speak("alice")
    for severity, tags in (("SEV1", ["dns"]), ("SEV2", ["dns"]), ("SEV3", ["cache"])):
        alice.post("/incidents", {"title": severity, "severity": severity, "tags": tags})

    def titles(**query: object) -> set[str]:
        return {one["title"] for one in alice.get("/incidents", **query)["items"]}

    assert titles(severity=["SEV1", "SEV3"]) == {"SEV1", "SEV3"}
    assert titles(severity=["SEV1", "SEV3"], tag="dns") == {"SEV1"}
    assert titles(state="open", title="sev2") == {"SEV2"}
    assert titles(until="2026-05-31") == set()


def test_two_people_on_one_section_lose_nothing(speak: Callable[[str], Program]) -> None:
    alice, bob = speak("alice"), speak("bob")
    ref = alice.post("/incidents", {**NEW, "severity": "SEV1"})["ref"]
    review = alice.move(f"/incidents/{ref}/moves", {"verb": "resolve"})["review"]
    place = f"/reviews/{review}/sections/summary"
    base = alice.put(place, {"text": "One.\n\nTwo.\n\nThree.", "base_version": 0})["version"]
    alice.put(place, {"text": "One more.\n\nTwo.\n\nThree.", "base_version": base})
    saved = bob.put(place, {"text": "One.\n\nTwo.\n\nThree more.", "base_version": base})
    assert (saved["merged"], saved["conflicts"]) == (True, [])
    assert saved["text"] == "One more.\n\nTwo.\n\nThree more."
    history = bob.get(f"{place}/history")["items"]
    assert history[-1]["text"] == "One.\n\nTwo.\n\nThree."
    restored = bob.move(f"{place}/restore", {"version": base})
    assert restored["text"] == "One.\n\nTwo.\n\nThree."
    bob.get(f"/reviews/{review}/sections/no_such_question", status=404)


def test_teams_and_services_are_added_once_and_changed_in_part(
    speak: Callable[[str], Program],
) -> None:
    erin = speak("erin")
    made = erin.post("/services", {"name": "Mail relay", "owner": "payments", "tags": ["smtp"]})
    assert made["slug"] == "mail-relay"
    erin.post("/services", {"name": "Mail Relay"}, status=409)
    changed = erin.patch("/services/mail-relay", {"tier": 1, "depends_on": ["ledger"]})
    assert changed == {**made, "tier": 1, "depends_on": ["ledger"]}
    team = erin.patch("/teams/search", {"about": "Finds things"})
    assert [one["email"] for one in team["members"]] == ["charlie@example.org"]
    erin.post("/teams", {"name": "Search"}, status=409)
    speak("alice").patch("/teams/search", {"about": "Mine"}, status=403)


def test_an_admin_edits_people_and_reads_the_audit(speak: Callable[[str], Program]) -> None:
    ada = speak("ada")
    ada.post("/people", {"email": "Dora@example.org", "name": "Dora", "teams": ["search"]})
    changed = ada.patch("/people/dora@example.org", {"role": "editor"})
    assert (changed["role"], changed["teams"][0]["slug"]) == ("editor", "search")
    ada.post("/people", {"email": "dora@example.org", "name": "Dora"}, status=422)
    lines = ada.get("/audit", limit=5)["items"]
    assert ("edit_person", "Dora") in [(one["verb"], one["record"]) for one in lines]
    speak("erin").get("/audit", status=403)
    assert ada.get("/deliveries")["items"] == []
    assert ada.raw("GET", "/deliveries?status=pending").status_code == 200


def test_what_is_agreed_can_be_read(speak: Callable[[str], Program]) -> None:
    vera = speak("vera")
    assert vera.get("/policy")["content"]["severities"][0]["key"] == "SEV1"
    assert {"learning", "light", "near-miss"} <= {
        one["key"] for one in vera.get("/templates")["items"]
    }
    assert vera.get("/templates/learning")["steps"]
    vera.get("/templates/none", status=404)
    assert any(one["term"] == "hard-rollback" for one in vera.get("/taxonomy")["items"])
