"""The pages of procedures: writing, preview, import, validation, faults, versions, and running."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tests.faces.procedure_story import TEXT, a_procedure, a_run, run_stands, stands
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.reading.references import ref
from tracker.usecases.improve.procedures import WriteProcedure, keep_from_file

Open = Callable[[str], Browser]
FILE = """---
title: Restart the resolver
owner: ALICE@example.org
team: payments
review_every: 6 months
services: [checkout, moonbase]
validated_by: bob@example.org
layout: page
---
1. Drain it
2. Restart it
"""


def test_a_procedure_is_written_previewed_validated_published_and_retired(
    app: App, cast: Cast, browser: Open
) -> None:
    alice, bob, erin = browser("alice"), browser("bob"), browser("erin")
    form = {**alice.get("/procedures/new").form("/procedures/new"), "title": "Restart it",
            "text": TEXT, "services": "checkout", "team": "payments"}  # fmt: skip
    page = alice.post("/procedures/new", {**form, "preview": "1"})
    assert "not saved yet" in page.text
    assert page.form("/procedures/new")["text"].strip() == TEXT.strip()
    page = alice.post("/procedures/new", form)
    for words in ("Never validated", "Draft", "drain node-1", "Look at the graph", "Checkout"):
        assert words in page.text
    page = alice.post("/procedures/PRO-1/validations", status=422)
    assert "You wrote this version" in page.text
    page = bob.post("/procedures/PRO-1/validations")
    assert "Thank you for going through it" in page.text
    assert "Never validated" not in page.text
    page = erin.post("/procedures/PRO-1/moves", {"verb": "publish"})
    assert "In use" in page.text
    page = erin.post("/procedures/PRO-1/moves", {"verb": "retire", "why": ""}, status=422)
    assert "needs a reason" in page.text
    page = erin.post("/procedures/PRO-1/moves", {"verb": "retire", "why": "No resolver any more"})
    assert "No resolver any more" in page.text


def test_publishing_says_everything_that_is_missing(app: App, cast: Cast, browser: Open) -> None:
    reference = a_procedure(app, cast, text="Only words", owner="", team="")
    path = f"/procedures/{reference}/moves"
    page = browser("erin").post(path, {"verb": "publish"}, status=422)
    assert "There is no step yet" in page.text
    assert "at least a team, must own it" in page.text


def test_a_file_fills_the_form_and_says_what_it_could_not_take_over(
    app: App, cast: Cast, browser: Open
) -> None:
    alice = browser("alice")
    page = alice.post("/procedures/import", {"text": FILE})
    for words in ("layout", "moonbase", "bob@example.org validated it", "Drain it"):
        assert words in page.text
    form = page.form("/procedures/new")
    assert (form["title"], form["owner"], form["team"]) == (
        "Restart the resolver", "alice@example.org", "payments",
    )  # fmt: skip
    assert form["review_every_days"] == "180"
    page = alice.post("/procedures/new", form)
    assert stands(app, "PRO-1").text == "1. Drain it\n2. Restart it"
    answer = alice.client.get("/procedures/PRO-1/file")
    assert answer.text.startswith("---\ntitle: Restart the resolver\nslug: restart-the-resolver\n")
    assert 'filename="restart-the-resolver.md"' in answer.headers["Content-Disposition"]


def test_a_chosen_file_is_read_and_rubbish_is_refused_in_words(
    app: App, cast: Cast, browser: Open
) -> None:
    alice = browser("alice")
    sent = {"file": (BytesIO(FILE.encode()), "restart.md")}
    assert "Drain it" in alice.post("/procedures/import", sent).text
    sent = {"file": (BytesIO(b"\xff\xfe\x00"), "x.md")}
    assert "not a text in UTF-8" in alice.post("/procedures/import", sent, status=422).text
    page = alice.post("/procedures/import", {"text": "---\ntitle: [\n---\n1. x"}, status=422)
    assert "not readable as YAML" in page.text
    assert "Paste a text" in alice.post("/procedures/import", status=422).text


def test_an_edit_that_touches_nothing_changes_nothing_and_another_text_is_another_version(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = a_procedure(app, cast, "publish")
    alice = browser("alice")
    path = f"/procedures/{reference}/edit"
    before = stands(app, reference).model_dump(exclude={"version", "updated_at"})
    alice.post(path, alice.get(path).form(path))
    assert stands(app, reference).model_dump(exclude={"version", "updated_at"}) == before
    form = alice.get(path).form(path)
    changed = {**form, "text": TEXT.replace("zero", "no"), "why": "Zero was a joke"}
    alice.post(path, changed)
    page = alice.get(f"/procedures/{reference}/versions")
    for words in ("From version 1 to version 2", "Zero was a joke", "Version 1"):
        assert words in page.text
    page = alice.post(path, {**form, "title": "Late"}, status=409)
    assert page.form(path)["title"] == "Late"


def test_what_comes_from_a_file_is_read_only_and_the_page_names_the_file(
    app: App, cast: Cast, browser: Open
) -> None:
    with app.begin(cast.ada) as work:
        row = keep_from_file(
            work,
            WriteProcedure(title="From a file", text="1. x", team="payments"),
            managed_by="procedures/from-a-file.md",
        )
        reference = ref(row)
    alice, erin = browser("alice"), browser("erin")
    page = alice.get(f"/procedures/{reference}")
    assert "procedures/from-a-file.md" in page.text
    assert f"/procedures/{reference}/edit" not in page.links()
    sent = {"title": "Mine", "text": "1. x", "kind": "runbook", "review_every_days": "9"}
    page = alice.post(f"/procedures/{reference}/edit", sent, status=422)
    assert "procedures/from-a-file.md" in page.text
    erin.post(f"/procedures/{reference}/moves", {"verb": "retire", "why": "x"}, status=422)
    assert stands(app, reference).title == "From a file"
    erin.post(f"/procedures/{reference}/validations")
    assert stands(app, reference).validated_version == 1


def test_a_fault_reaches_the_page_and_is_mended_by_a_version(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = a_procedure(app, cast, "publish")
    alice, bob = browser("alice"), browser("bob")
    path = f"/procedures/{reference}/faults"
    assert "is needed" in bob.post(path, {"number": "2", "note": ""}, status=422).text
    page = bob.post(path, {"number": "2", "note": "It says “none” now"})
    assert "It says “none” now" in page.text
    assert "1 fault to mend" in page.text
    assert "step 2 was wrong" in alice.get("/").text
    edit = f"/procedures/{reference}/edit"
    form = {**alice.get(edit).form(edit), "text": TEXT.replace("zero", "none"), "mends": "1"}
    assert "Mended in version 2" in alice.post(edit, form).text
    assert "Restart the resolver" not in alice.get("/procedures", show="faults").text


def test_a_run_is_ticked_on_the_page_without_scripts(app: App, cast: Cast, browser: Open) -> None:
    place = ref(declare(app, cast, services=("checkout",)))
    reference = a_procedure(app, cast, "publish")
    alice, bob = browser("alice"), browser("bob")
    here = f"/incidents/{place}/procedures"
    assert here in alice.get(f"/incidents/{place}").links()
    page = alice.get(here)
    assert page.form(here) == {**page.form(here), "procedure": reference}
    page = alice.post(here, {"procedure": reference})
    assert "0 of 4 steps done" in page.text
    run = f"{here}/1"
    alice.post(f"{run}/steps", {"number": "1", "mark": "done"})
    bob.post(f"{run}/steps", {"number": "2", "mark": "done"})
    page = bob.post(f"{run}/steps", {"number": "3", "mark": "wrong", "note": ""}, status=422)
    assert "Say in a few words what was wrong" in page.text
    page = bob.post(f"{run}/steps", {"number": "3", "mark": "wrong", "note": "It is called kresd"})
    assert "It is called kresd" in page.text
    alice.post(f"{run}/steps", {"number": "4", "mark": "skipped", "note": "no graph"})
    page = alice.post(f"{run}/steps", {"number": "4", "mark": "open", "note": ""})
    assert "2 of 4 steps done, 1 wrong" in page.text
    page = alice.post(f"{run}/finish", {"outcome": "helped", "finish_note": "Second try"})
    assert "Ended: it helped" in page.text
    assert "Something else" not in page.text
    story = alice.get(f"/incidents/{place}").text
    for words in (
        "PRO-1 started: Restart the resolver (4 steps)",
        "step 3 was wrong",
        "It is called kresd",
        "PRO-1 ended: it helped (2 of 4 steps done, 1 wrong",
    ):
        assert words in story
    page = alice.post(f"{run}/steps", {"number": "1", "mark": "done"}, status=422)
    assert "Start the procedure again" in page.text
    assert "Ended: it helped" in alice.get(here).text
    assert place in alice.get(f"/procedures/{reference}").text


def test_the_watching_page_is_told_of_others_ticks_only(
    app: App, cast: Cast, browser: Open
) -> None:
    place = ref(declare(app, cast))
    run = a_run(app, cast, place, a_procedure(app, cast, "publish"))
    alice = browser("alice")
    live = f"/incidents/{place}/procedures/{run}/live"
    alice.part(f"{live}?mark=0-", status=204)
    browser("bob").post(
        f"/incidents/{place}/procedures/{run}/steps", {"number": "1", "mark": "done"}
    )
    assert "1 of 4 steps done" in alice.part(f"{live}?mark=0-")


def test_unknown_procedures_and_runs_are_refused_in_words(
    app: App, cast: Cast, browser: Open
) -> None:
    place, other = ref(declare(app, cast)), ref(declare(app, cast))
    reference = a_procedure(app, cast)
    run = a_run(app, cast, place, reference)
    alice = browser("alice")
    here = f"/incidents/{place}/procedures"
    for sent in ("", "PRO-99", "INC-1", "nonsense"):
        assert "Write it as PRO-3" in alice.post(here, {"procedure": sent}, status=422).text
    alice.get(f"/incidents/{other}/procedures/{run}", status=404)
    alice.get(f"{here}/999999999999", status=404)
    page = alice.post(f"{here}/{run}/steps", {"number": "77", "mark": "done"}, status=422)
    assert "There are steps 1 to 4" in page.text
    assert "must be one of" in alice.post(f"{here}/{run}/finish", status=422).text
    assert run_stands(app, run).finished_at is None


def test_a_viewer_reads_and_is_offered_nothing_to_press(
    app: App, cast: Cast, browser: Open
) -> None:
    place = ref(declare(app, cast))
    reference = a_procedure(app, cast, "publish")
    run = a_run(app, cast, place, reference)
    vera = browser("vera")
    assert "A step is wrong" not in vera.get(f"/procedures/{reference}").text
    assert "Run it" not in vera.get(f"/incidents/{place}/procedures").text
    assert "Something else" not in vera.get(f"/incidents/{place}/procedures/{run}").text
    for path in ("/procedures/new", "/procedures/import", f"/procedures/{reference}/edit"):
        vera.get(path, status=403)
        vera.post(path, {"title": "x", "preview": "1", "text": "1. x"}, status=403)


def test_a_run_in_a_closed_incident_leaves_no_trace_on_the_procedure_for_strangers(
    app: App, cast: Cast, browser: Open
) -> None:
    place = ref(declare(app, cast, title="Leaked key", visibility="private",
                        members=(cast.email("bob"),)))  # fmt: skip
    reference = a_procedure(app, cast, "publish", owner=cast.email("charlie"))
    run = a_run(app, cast, place, reference)
    bob, charlie = browser("bob"), browser("charlie")
    bob.post(
        f"/incidents/{place}/procedures/{run}/steps",
        {"number": "2", "mark": "wrong", "note": "the secret host"},
    )
    assert "the secret host" in bob.get(f"/procedures/{reference}").text
    charlie.get(f"/incidents/{place}/procedures", status=404)
    charlie.get(f"/incidents/{place}/procedures/{run}", status=404)
    for path in (f"/procedures/{reference}", "/procedures", "/procedures?show=faults", "/"):
        page = charlie.get(path).response.text
        for words in ("secret host", "Leaked", place, "1 fault", "was wrong when"):
            assert words not in page, (path, words)
    charlie.post(f"/procedures/{reference}/faults/1/mended", status=404)


def test_filters_narrow_the_list(app: App, cast: Cast, browser: Open) -> None:
    a_procedure(app, cast, "publish", title="Restart checkout")
    a_procedure(app, cast, title="Fail over the ledger", services=("ledger",), team="search",
                owner="")  # fmt: skip
    a_procedure(app, cast, title="An orphan", owner="", team="")
    alice = browser("alice")
    every = ("Restart checkout", "Fail over the ledger", "An orphan")
    wanted = {
        "": every,
        "service=checkout": ("Restart checkout", "An orphan"),
        "team=search": ("Fail over the ledger",),
        "title=OVER+the": ("Fail over the ledger",),
        "show=gaps": ("An orphan",),
        "show=never": every,
        "show=stale": (),
        "show=mine": ("Restart checkout",),
        "title=%00%25": (),
    }
    for query, titles in wanted.items():
        text = alice.get(f"/procedures?{query}").text
        assert tuple(one for one in every if one in text) == titles, query


@pytest.mark.parametrize(
    "path",
    [
        "/procedures", "/procedures/PRO-1", "/procedures/PRO-1/edit", "/procedures/PRO-1/versions",
        "/procedures/new", "/incidents/INC-1/procedures", "/incidents/INC-1/procedures/1",
    ],
)  # fmt: skip
def test_pages_ask_the_database_at_most_twelve_questions(
    app: App, cast: Cast, browser: Open, path: str
) -> None:
    place = ref(declare(app, cast, services=("checkout",)))
    for number in range(12):
        reference = a_procedure(app, cast, "publish", title=f"Restart {number}")
        run = a_run(app, cast, place, reference)
        for step in (1, 2):
            browser("bob").post(
                f"/incidents/{place}/procedures/{run}/steps",
                {"number": str(step), "mark": "wrong", "note": "It was"},
            )
    alice = browser("alice")
    alice.client.get(path)
    with count_queries(app) as queries:
        alice.get(path)
    assert len(queries) <= MOST_PER_PAGE, queries
