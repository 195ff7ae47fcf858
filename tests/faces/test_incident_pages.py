"""The pages of one incident: declared, moved, corrected, closed to strangers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.domain.incident import TIMES
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref
from tracker.usecases.respond.incidents import (
    EditIncident,
    edit_incident,
    merge_incident,
    set_visibility,
)

People = Callable[[str], Browser]
PAGES = (
    "",
    "/times",
    "/times/detected",
    "/history",
    "/edit",
    "/severity",
    "/visibility",
    "/roles",
    "/live/head",
    "/live/story",
    "/live/work",
    "/live/facts",
)


def test_an_incident_is_declared_with_a_title_and_one_cell(browser: People) -> None:
    alice = browser("alice")
    form = alice.get("/incidents/new").form("/incidents/new")
    assert form["visibility"] == "org"
    page = alice.post(
        "/incidents/new", {**form, "title": "Checkout answers 502", "cell": "everyone:now"}
    )
    assert page.response.request.path == "/incidents/INC-1"
    assert "SEV1" in page.text
    assert "Declared as SEV1" in page.text


def test_declaring_tells_every_gap_at_its_field_and_keeps_what_was_typed(browser: People) -> None:
    page = browser("alice").post(
        "/incidents/new",
        {
            "title": "",
            "impact_text": "Nobody can pay",
            "visibility": "private",
            "members": ["nobody@example.org"],
            "impact_started": "half past nine",
        },
        status=422,
    )
    assert "Write the time as" in page.text
    page = browser("alice").post(
        "/incidents/new",
        {"title": "", "impact_text": "Nobody can pay", "tags": "x" * 60},
        status=422,
    )
    for sentence in ("Title is needed", "Choose impact and urgency", "50 characters"):
        assert sentence in page.text
    assert "Nobody can pay" in page.response.text


def test_another_severity_than_the_table_needs_a_reason(browser: People) -> None:
    alice = browser("alice")
    asked = {"title": "Slow", "cell": "some:soon", "severity": "SEV1"}
    page = alice.post("/incidents/new", asked, status=422)
    assert "say why it should be SEV1" in page.text
    page = alice.post("/incidents/new", {**asked, "severity_reason": "The regulator asked"})
    assert "SEV1" in page.text


def test_times_are_typed_in_the_persons_own_zone(app: App, browser: People) -> None:
    alice = browser("alice")
    alice.post("/profile", {"name": "Alice", "time_zone": "Asia/Tokyo"}, page="/profile")
    alice.post(
        "/incidents/new",
        {
            "title": "Slow",
            "severity": "SEV3",
            "detected": "2026-06-01T17:30",
            "detected_source": "alert",
        },
    )
    assert "1 Jun 2026, 17:30 JST" in alice.get("/incidents/INC-1").text
    assert "from an alert" in alice.get("/incidents/INC-1/times").text


def test_an_incident_is_recorded_afterwards_with_its_times(browser: People) -> None:
    alice = browser("alice")
    asked = {
        "title": "Last week",
        "severity": "SEV2",
        "state": "resolved",
        "impact_started": "2026-05-20T10:00",
        "mitigated": "2026-05-20T12:00",
        "resolved": "2026-05-20T11:00",
    }
    page = alice.post("/incidents/record", asked, status=422)
    assert "is before mitigated" in page.text
    page = alice.post("/incidents/record", {**asked, "resolved": "2026-05-20T13:00"})
    assert "recorded afterwards" in page.text
    assert "REV-1" in page.text, "SEV2 asks for a review"


def test_a_near_miss_takes_three_answers(browser: People) -> None:
    bob = browser("bob")
    page = bob.post("/incidents/near-miss", {"title": "Certificate"}, status=422)
    assert "What saved us is needed" in page.text
    page = bob.post(
        "/incidents/near-miss",
        {"title": "Certificate", "almost_happened": "It ended", "what_saved_us": "Luck"},
    )
    assert "Near miss" in page.text
    assert "Luck" in page.text
    assert "Mark mitigated" not in page.text


def test_an_incident_goes_through_its_life_by_its_buttons(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    declare(app, cast)
    bob = browser("bob")
    for verb, state in (
        ("investigate", "Investigating"),
        ("mitigate", "Mitigated"),
        ("resolve", "Resolved"),
        ("close", "Closed"),
    ):
        clock.forward(minutes=5)
        page = bob.post("/incidents/INC-1/moves", {"verb": verb})
        assert state in page.text
    page = bob.post("/incidents/INC-1/moves", {"verb": "reopen"}, status=422)
    assert "needs a reason" in page.text
    page = bob.post("/incidents/INC-1/moves", {"verb": "reopen", "why": "It is back"})
    assert "Investigating: It is back" in page.text
    assert "It is back" in bob.get("/incidents/INC-1/history").text


def test_a_move_may_have_happened_earlier_but_not_before_the_impact(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    declare(app, cast)
    alice = browser("alice")
    alice.post("/incidents/INC-1/times/impact_started", {"at": "2026-06-01T08:50"})
    clock.forward(hours=1)
    asked = {"verb": "mitigate", "at": "2026-06-01T08:00"}
    page = alice.post("/incidents/INC-1/moves", asked, status=422)
    assert "is before impact started" in page.text
    assert 'value="2026-06-01T08:00"' in page.response.text
    page = alice.post("/incidents/INC-1/moves", {**asked, "at": "2026-06-01T09:20"})
    assert "1 Jun 2026, 09:20 UTC" in page.text


@pytest.mark.parametrize("verb", ["", "explode", "reopen", "close"])
def test_a_move_that_is_not_possible_is_explained_and_changes_nothing(
    app: App, cast: Cast, browser: People, verb: str
) -> None:
    incident = declare(app, cast)
    browser("alice").post("/incidents/INC-1/moves", {"verb": verb, "why": "x"}, status=422)
    with app.look(cast.alice) as look:
        assert look.get(Incident, incident.key).state == "declared"


@pytest.mark.parametrize("into", ["", "INC-1", "INC-99", "REV-1", "nonsense", "INC-3"])
def test_merging_names_an_incident_that_can_take_it(
    app: App, cast: Cast, browser: People, into: str
) -> None:
    declare(app, cast)
    declare(app, cast, title="Also payments")
    declare(app, cast, title="Hidden from Charlie", visibility="private")
    charlie = browser("charlie")
    page = charlie.post("/incidents/INC-1/moves", {"verb": "merge", "into": into}, status=422)
    assert "Hidden from" not in page.text
    page = charlie.post("/incidents/INC-1/moves", {"verb": "merge", "into": "INC-2"})
    assert "merged into INC-2" in page.text


def test_where_it_was_merged_is_not_told_once_that_is_closed_to_the_reader(
    sqlite_app: App, sqlite_cast: Cast
) -> None:
    app, cast = sqlite_app, sqlite_cast
    declare(app, cast)
    declare(app, cast, title="Also payments")
    with app.begin(cast.alice) as work:
        merge_incident(work, incident_by_ref(work, "INC-1"), into="INC-2")
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, "INC-2"), visibility="private")
    flask_app = wsgi_for(app)
    assert (
        "merged into INC-2"
        in Browser(flask_app, app, cast.email("alice")).get("/incidents/INC-1").text
    )
    page = Browser(flask_app, app, cast.email("charlie")).get("/incidents/INC-1")
    assert "merged into" not in page.text
    assert "/incidents/INC-2" not in page.links()


def test_a_time_is_corrected_and_what_was_said_before_stays(
    app: App, cast: Cast, browser: People
) -> None:
    declare(app, cast)
    alice = browser("alice")
    time = "/incidents/INC-1/times/detected"
    page = alice.post(time, {"at": "", "unknown_because": ""}, status=422)
    assert "Give the time, or say why it is unknown" in page.text
    alice.post(time, {"at": "2026-06-01T08:40", "source": "customer"})
    page = alice.post(time, {"at": "", "unknown_because": "Nobody looked at a clock"})
    assert "unknown: Nobody looked at a clock" in page.text
    page = alice.get("/incidents/INC-1/times")
    assert "08:40 UTC, from a customer" in page.text
    page = alice.post(time, {"at": "2026-06-01T23:40", "source": "staff"}, status=422)
    assert "lies in the future" in page.text
    alice.get("/incidents/INC-1/times/teatime", status=404)


def test_severity_is_reassessed_with_history(app: App, cast: Cast, browser: People) -> None:
    declare(app, cast)
    alice = browser("alice")
    path = "/incidents/INC-1/severity"
    stale = alice.get(path).form(path)
    alice.post(path, {**stale, "cell": "everyone:now", "why": "All regions"})
    assert "All regions" in alice.get("/incidents/INC-1/history").text
    page = alice.post(path, {**stale, "cell": "some:planned"}, status=409)
    assert "Somebody changed this incident" in page.text
    again = page.form(path)
    page = alice.post(path, {**again, "cell": "some:planned"})
    assert "SEV1 → SEV4" in page.text


def test_details_are_edited_and_a_stale_edit_is_held_back(
    app: App, cast: Cast, browser: People
) -> None:
    incident = declare(app, cast, services=("checkout",), tags=("dns",))
    alice = browser("alice")
    path = "/incidents/INC-1/edit"
    form = alice.get(path).form(path)
    assert form["services"] == "checkout"
    with app.begin(cast.bob) as work:
        edit_incident(work, work.get(Incident, incident.key), EditIncident(summary="Bob's words"))
    page = alice.post(path, {**form, "summary": "Alice's words"}, status=409)
    assert "Alice's words" in page.response.text.replace("&#39;", "'")
    page = alice.post(path, {**page.form(path), "title": "Checkout is slow", "tags": "dns, tls"})
    assert "Checkout is slow" in page.text
    assert "#tls" in page.text


def test_closing_an_incident_to_some_hides_it_from_others(
    app: App, cast: Cast, browser: People
) -> None:
    declare(app, cast)
    charlie = browser("charlie")
    charlie.get("/incidents/INC-1")
    alice = browser("alice")
    path = "/incidents/INC-1/visibility"
    form = alice.get(path).form(path)
    page = alice.post(path, {**form, "visibility": "private", "members": [cast.email("bob")]})
    assert "Private" in page.text
    charlie.get("/incidents/INC-1", status=404)
    assert "Checkout" in browser("bob").get("/incidents/INC-1").text
    assert alice.get(path).form(path)["members"] == cast.email("bob")


def test_a_private_incident_is_404_for_a_stranger_on_every_page(
    app: App, cast: Cast, browser: People
) -> None:
    declare(app, cast, visibility="private", members=(cast.email("bob"),))
    charlie, bob = browser("charlie"), browser("bob")
    for path in PAGES:
        if "live" in path:
            bob.part(f"/incidents/INC-1{path}")
        else:
            bob.get(f"/incidents/INC-1{path}")
        assert charlie.client.get(f"/incidents/INC-1{path}").status_code == 404, path
        assert charlie.client.get(f"/incidents/INC-2{path}").status_code == 404, path
    token = charlie.token("/")
    for path in (
        "/moves",
        "/timeline",
        "/timeline/1/edit",
        "/timeline/1/retract",
        "/updates",
        "/tasks",
        "/tasks/1/done",
        "/roles",
        "/roles/release",
        "/severity",
        "/edit",
        "/visibility",
        "/times/detected",
    ):
        answers = [
            charlie.client.post(
                f"/incidents/{reference}{path}", data={"csrf_token": token, "text": "x"}
            )
            for reference in ("INC-1", "INC-2")
        ]
        assert [one.status_code for one in answers] == [404, 404], path
        # The token in the head carries the second in which it was made.
        told = {
            re.sub(r'content="[^"]*"', "", one.text).replace("INC-2", "INC-1") for one in answers
        }
        assert len(told) == 1, path


def test_a_viewer_reads_everything_and_is_offered_nothing(
    app: App, cast: Cast, browser: People
) -> None:
    declare(app, cast)
    vera = browser("vera")
    page = vera.get("/incidents/INC-1")
    forms = [form.get("action") for form in page.document.iter() if form.tag.endswith("}form")]
    assert not [action for action in forms if action and action.startswith("/incidents")]
    for path in ("/edit", "/severity", "/visibility", "/roles", "/times/detected"):
        vera.get(f"/incidents/INC-1{path}", status=403)
    vera.get("/incidents/new", status=403)
    vera.post("/incidents/INC-1/moves", {"verb": "mitigate"}, status=403)


def test_long_and_right_to_left_titles_hold_the_page_together(
    app: App, cast: Cast, browser: People
) -> None:
    declare(app, cast, title="x" * 200)
    declare(app, cast, title="توقف خدمة الدفع <script>")
    alice = browser("alice")
    alice.get("/incidents/INC-1")
    assert "توقف خدمة الدفع <script>" in alice.get("/incidents/INC-2").text


def test_all_nine_times_stand_on_the_page(app: App, cast: Cast, browser: People) -> None:
    declare(app, cast)
    text = browser("alice").get("/incidents/INC-1/times").text
    for name in TIMES:
        assert name.replace("_", " ").capitalize() in text
