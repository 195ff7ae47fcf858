"""The live page: notes, updates, roles, tasks, watching, long timelines, imported reports."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.review import ImportedSource
from tracker.reading.respond.incidents import live_mark
from tracker.usecases.respond.response import PostUpdate, add_task, assign_role, post_update
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry

People = Callable[[str], Browser]


def test_a_note_is_backdated_edited_and_struck_out_with_its_history(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    declare(app, cast)
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
    incident = declare(app, cast)
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
    declare(app, cast)
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
    declare(app, cast)
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
    declare(app, cast)
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
    declare(app, cast)
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
    declare(app, cast)
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


def test_a_watching_page_asks_and_hears_only_of_changes(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    incident = declare(app, cast)
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
    incident = declare(app, cast)
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
    incident = declare(app, cast, services=("checkout",), teams=("payments",), tags=("a", "b"))
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
    incident = declare(app, cast, recorded_afterwards=True, state="closed")
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
    declare(app, cast)
    browser("alice").get("/incidents/INC-1/original", status=404)
