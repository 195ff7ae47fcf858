"""The pages of one incident: declared, worked on, watched, corrected, closed to strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.domain.incident import TIMES
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.review import ImportedSource
from tracker.reading.incidents import live_mark
from tracker.usecases.declaring import DeclareIncident, declare_incident
from tracker.usecases.incidents import EditIncident, edit_incident
from tracker.usecases.response import PostUpdate, add_task, assign_role, post_update
from tracker.usecases.timeline import AddEntry, add_timeline_entry

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


def _declare(app: App, cast: Cast, **more: object) -> Incident:
    asked: dict[str, object] = {"title": "Checkout answers 502", "severity": "SEV2", **more}
    with app.begin(cast.alice) as work:
        return declare_incident(work, DeclareIncident(**asked))  # type: ignore[arg-type]


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
    assert "1 Jun 2026, 08:30 UTC" in alice.get("/incidents/INC-1").text
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
    _declare(app, cast)
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
    _declare(app, cast)
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
    incident = _declare(app, cast)
    browser("alice").post("/incidents/INC-1/moves", {"verb": verb, "why": "x"}, status=422)
    with app.look(cast.alice) as look:
        assert look.get(Incident, incident.key).state == "declared"


@pytest.mark.parametrize("into", ["", "INC-1", "INC-99", "REV-1", "nonsense", "INC-3"])
def test_merging_names_an_incident_that_can_take_it(
    app: App, cast: Cast, browser: People, into: str
) -> None:
    _declare(app, cast)
    _declare(app, cast, title="Also payments")
    _declare(app, cast, title="Hidden from Charlie", visibility="private")
    charlie = browser("charlie")
    page = charlie.post("/incidents/INC-1/moves", {"verb": "merge", "into": into}, status=422)
    assert "Hidden from" not in page.text
    page = charlie.post("/incidents/INC-1/moves", {"verb": "merge", "into": "INC-2"})
    assert "merged into INC-2" in page.text


def test_a_note_is_backdated_edited_and_struck_out_with_its_history(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    _declare(app, cast)
    clock.forward(minutes=30)
    alice = browser("alice")
    page = alice.post(
        "/incidents/INC-1/timeline",
        {
            "text": "Pool looks **exhausted**",
            "at": "2026-06-01T09:10",
            "kind": "hypothesis",
            "source_url": "https://example.org/graph",
        },
    )
    assert "09:10" in page.text
    assert "written down at 09:30" in page.text
    assert "<strong>exhausted</strong>" in page.response.text
    edit = "/incidents/INC-1/timeline/2/edit"
    stale = alice.get(edit).form(edit)
    alice.post(edit, {**stale, "text": "Pool is exhausted"})
    page = alice.post(edit, {**stale, "text": "Something else"}, status=409)
    assert "Somebody edited this entry meanwhile" in page.text
    assert "Something else" in page.response.text, "what was typed is kept"
    page = alice.get("/incidents/INC-1/timeline/2/history")
    assert "Pool looks exhausted" in page.text
    page = alice.post("/incidents/INC-1/timeline/2/retract")
    assert "Struck out" in page.text
    assert "Pool is exhausted" in page.text


def test_editing_the_words_of_a_note_leaves_its_seconds(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    incident = _declare(app, cast)
    with app.begin(cast.alice) as work:
        at = clock() - timedelta(seconds=17)
        entry = add_timeline_entry(
            work, work.get(Incident, incident.key), AddEntry(text="One", at=at)
        )
    edit = f"/incidents/INC-1/timeline/{entry.key}/edit"
    alice = browser("alice")
    alice.post(edit, {**alice.get(edit).form(edit), "text": "Two"})
    with app.look(cast.alice) as look:
        stored = look.session.get(TimelineEntry, entry.key)
        assert stored is not None
        assert (stored.text, stored.at) == ("Two", at)


def test_what_the_tracker_wrote_cannot_be_changed(app: App, cast: Cast, browser: People) -> None:
    _declare(app, cast)
    alice = browser("alice")
    assert "timeline/1/edit" not in alice.get("/incidents/INC-1").response.text
    alice.get("/incidents/INC-1/timeline/1/edit", status=422)
    alice.post("/incidents/INC-1/timeline/1/edit", {"text": "x"}, status=422)
    alice.post("/incidents/INC-1/timeline/1/retract", status=422)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"text": ""}, "Text is needed"),
        ({"text": "x", "at": "2026-06-01T23:00"}, "future"),
        ({"text": "x", "at": "now-ish"}, "Write the time as"),
        ({"text": "x", "at": "0001-01-01T00:00"}, "between 1990 and 2200"),
        ({"text": "x", "kind": "system"}, "must be one of"),
        ({"text": "x", "source_url": "javascript:alert(1)"}, "https://"),
        ({"text": "a\x00b"}, "NUL"),
        ({"text": "y" * 20_001}, "20,000 characters"),
    ],
)
def test_a_note_that_cannot_be_kept_is_explained_and_its_words_stay(
    app: App, cast: Cast, browser: People, sent: dict[str, str], sentence: str
) -> None:
    _declare(app, cast)
    client = browser("alice")
    token = client.token("/")
    response = client.client.post("/incidents/INC-1/timeline", data={"csrf_token": token, **sent})
    assert response.status_code == 422
    assert sentence in response.text
    if len(sent["text"]) > 100:
        assert sent["text"] in response.text


def test_roles_are_taken_given_handed_over_and_released(
    app: App, cast: Cast, browser: People
) -> None:
    _declare(app, cast)
    alice = browser("alice")
    roles = "/incidents/INC-1/roles"
    page = alice.post(roles, {"role": "commander", "person": "me"})
    assert "Commander: Alice" in page.text
    page = alice.post(roles, {"role": "commander", "person": cast.email("bob")})
    assert "Commander handed over from Alice to Bob" in page.text
    page = alice.post(roles, {"role": "Database lead", "person": cast.email("erin")})
    assert "Database lead" in page.text
    page = alice.post(roles, {"role": "", "person": ""}, status=422)
    assert "Say who takes the role" in page.text
    page = alice.post("/incidents/INC-1/roles/release", {"role": "commander"})
    assert "Commander released by Bob" in page.text
    page = alice.post("/incidents/INC-1/roles/release", {"role": "commander"})
    assert "Nobody has that role any more" in page.text


def test_tasks_are_ticked_off_and_opened_again(app: App, cast: Cast, browser: People) -> None:
    _declare(app, cast)
    alice = browser("alice")
    page = alice.post("/incidents/INC-1/tasks", {"title": "", "owner": "me"}, status=422)
    assert "Title is needed" in page.text
    page = alice.post("/incidents/INC-1/tasks", {"title": "Call the vendor", "owner": "me"})
    assert "0 of 1 done" in page.text
    page = alice.post("/incidents/INC-1/tasks/1/done")
    assert "1 of 1 done" in page.text
    page = alice.post("/incidents/INC-1/tasks/1/open")
    assert "0 of 1 done" in page.text
    alice.post("/incidents/INC-1/tasks/77/done", status=404)


def test_a_late_update_is_said_and_a_new_one_quiets_it(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    _declare(app, cast)
    alice = browser("alice")
    page = alice.post("/incidents/INC-1/updates", {"text": "We look at the pool"})
    assert "1 Jun 2026, 10:00 UTC" in page.text, "SEV2 promises an hour"
    clock.forward(minutes=61)
    assert "was promised for" in alice.get("/incidents/INC-1").text
    page = alice.post("/incidents/INC-1/updates", {"text": "Still looking", "next_update_at": "15"})
    assert "was promised for" not in page.text
    assert "10:16 UTC" in page.text
    page = alice.post("/incidents/INC-1/updates", {"text": "", "next_update_at": "15"}, status=422)
    assert "Text is needed" in page.text
    alice.post("/incidents/INC-1/updates", {"text": "x", "next_update_at": "soon"}, status=422)


def test_a_time_is_corrected_and_what_was_said_before_stays(
    app: App, cast: Cast, browser: People
) -> None:
    _declare(app, cast)
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
    _declare(app, cast)
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
    incident = _declare(app, cast, services=("checkout",), tags=("dns",))
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
    _declare(app, cast)
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
    _declare(app, cast, visibility="private", members=(cast.email("bob"),))
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
        assert len({one.text.replace("INC-2", "INC-1") for one in answers}) == 1, path


def test_a_viewer_reads_everything_and_is_offered_nothing(
    app: App, cast: Cast, browser: People
) -> None:
    _declare(app, cast)
    vera = browser("vera")
    page = vera.get("/incidents/INC-1")
    forms = [form.get("action") for form in page.document.iter() if form.tag.endswith("}form")]
    assert not [action for action in forms if action and action.startswith("/incidents")]
    for path in ("/edit", "/severity", "/visibility", "/roles", "/times/detected"):
        vera.get(f"/incidents/INC-1{path}", status=403)
    vera.get("/incidents/new", status=403)
    vera.post("/incidents/INC-1/moves", {"verb": "mitigate"}, status=403)


def test_a_watching_page_asks_and_hears_only_of_changes(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    incident = _declare(app, cast)
    alice = browser("alice")
    page = alice.get("/incidents/INC-1").response.text
    address = re.search(r'hx-get="([^"]*live/story[^"]*)"', page)
    assert address is not None
    path = address.group(1).replace("&amp;", "&")
    assert alice.part(path, status=204) == ""
    browser("bob").post("/incidents/INC-1/timeline", {"text": "Restarted the pool"})
    part = alice.part(path)
    assert "Restarted the pool" in part
    assert part.count("<html") == 0
    with app.look(cast.alice) as look:
        mark = live_mark(look, look.get(Incident, incident.key))
    assert f"mark={mark}" in part
    with app.begin(cast.alice) as work:
        post_update(work, work.get(Incident, incident.key), PostUpdate(text="Soon"))
        later = live_mark(work, incident)
    del later
    head = alice.part("/incidents/INC-1/live/head")
    now = re.search(r"mark=([\w-]+)", head)
    assert now is not None
    assert alice.part(f"/incidents/INC-1/live/head?mark={now.group(1)}", status=204) == ""
    clock.forward(hours=2)
    late = alice.part(f"/incidents/INC-1/live/head?mark={now.group(1)}")
    assert "was promised for" in late, "lateness shows although nothing was written"


def test_a_long_timeline_is_read_in_parts_without_a_gap(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    incident = _declare(app, cast)
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        for number in range(450):
            # Many share an instant, as imported entries do.
            at = clock() - timedelta(minutes=450 - number // 250)
            add_timeline_entry(work, row, AddEntry(text=f"Entry {number:03}.", at=at))
    alice = browser("alice")
    seen: list[str] = []
    path = "/incidents/INC-1"
    while path:
        page = alice.get(path)
        seen = re.findall(r"Entry \d{3}\.", page.text) + seen
        path = next((one for one in page.links() if "place=earlier" in one), "")
    assert seen == [f"Entry {number:03}." for number in range(450)]
    alice.get("/incidents/INC-1?place=nonsense")
    alice.get("/incidents/INC-1?place=later-99999999999999999-1")


def test_the_page_asks_few_questions_whatever_hangs_on_it(
    app: App, cast: Cast, browser: People
) -> None:
    incident = _declare(app, cast, services=("checkout",), teams=("payments",), tags=("a", "b"))
    alice = browser("alice")
    alice.get("/incidents/INC-1")
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        for number in range(250):
            add_timeline_entry(work, row, AddEntry(text=f"{number}"))
        for number in range(20):
            add_task(work, row, title=f"{number}", owner=cast.email("bob"))
            post_update(work, row, PostUpdate(text=f"{number}"))
        assign_role(work, row, role="commander", person=cast.email("erin"))
    for path, most in (("", MOST_PER_PAGE), ("/live/story", MOST_PER_PAGE)):
        with count_queries(app) as queries:
            alice.client.get(f"/incidents/INC-1{path}")
        assert len(queries) <= most, "\n".join(queries)
    mark = re.search(r"mark=(\d+)", alice.part("/incidents/INC-1/live/head"))
    assert mark is not None
    with count_queries(app) as queries:
        alice.part(f"/incidents/INC-1/live/head?mark={mark.group(1)}-late", status=200)
        alice.part(f"/incidents/INC-1/live/head?mark={mark.group(1)}", status=204)
    assert len(queries) <= MOST_PER_PAGE + 3, "an unchanged part costs three"


def test_an_imported_report_is_shown_whole_with_its_licence(
    app: App, cast: Cast, browser: People
) -> None:
    incident = _declare(app, cast, recorded_afterwards=True, state="closed")
    with app.begin_as_system() as work:
        work.session.add(
            ImportedSource(
                incident_id=incident.key,
                collection="reports",
                source_id="r-1",
                url="https://example.org/report",
                licence="CC-BY-4.0",
                attribution="Example Ltd",
                original_markdown="# What happened\n\n<script>alert(1)</script> A **cache**.",
                digest="d",
                imported_at=work.now,
            )
        )
    alice = browser("alice")
    assert "Original report" in alice.get("/incidents/INC-1").text
    page = alice.get("/incidents/INC-1/original")
    assert "CC-BY-4.0" in page.text
    assert "Example Ltd" in page.text
    assert "<strong>cache</strong>" in page.response.text
    assert "<script>alert" not in page.response.text


def test_there_is_no_original_of_what_was_not_imported(
    app: App, cast: Cast, browser: People
) -> None:
    _declare(app, cast)
    browser("alice").get("/incidents/INC-1/original", status=404)


def test_long_and_right_to_left_titles_hold_the_page_together(
    app: App, cast: Cast, browser: People
) -> None:
    _declare(app, cast, title="x" * 200)
    _declare(app, cast, title="توقف خدمة الدفع <script>")
    alice = browser("alice")
    alice.get("/incidents/INC-1")
    assert "توقف خدمة الدفع <script>" in alice.get("/incidents/INC-2").text


def test_all_nine_times_stand_on_the_page(app: App, cast: Cast, browser: People) -> None:
    _declare(app, cast)
    text = browser("alice").get("/incidents/INC-1/times").text
    for name in TIMES:
        assert name.replace("_", " ").capitalize() in text
