"""The timeline of a review: marks for many entries at once, evidence, the picture and its table."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, answer_everything, resolved
from tests.pictures import gif, png
from tracker.app import App
from tracker.models.incident import TimelineEntry
from tracker.models.review_work import ReviewMoment

People = Callable[[str], Browser]
PAGE = "/reviews/REV-1/timeline"
MARKS = f"{PAGE}/marks"
EVIDENCE = "/reviews/REV-1/evidence"
SVG = "{http://www.w3.org/2000/svg}svg"


def _notes(app: App) -> list[int]:
    with app.look_as_system() as look:
        query = select(TimelineEntry.id).where(TimelineEntry.kind == "note")
        return [one or 0 for one in look.session.exec(query.order_by(TimelineEntry.id))]  # type: ignore[arg-type]


def _marked(app: App) -> dict[int, tuple[str, str, str, str]]:
    with app.look_as_system() as look:
        return {
            row.entry_id: (row.moment, row.group_name, row.known, row.hypothesis)
            for row in look.session.exec(select(ReviewMoment))
        }


def test_several_entries_are_marked_with_check_boxes_and_one_form(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, entries=3)
    bob = browser("bob")
    form = bob.get(PAGE).form(MARKS)
    first, second, third = _notes(app)
    chosen = {**form, "moment": "detection", "group_name": "The first minutes"}
    page = bob.post(MARKS, {**chosen, "entries": [str(first), str(second)]})
    assert "2 entries are marked" in page.text
    assert "The first minutes" in page.text
    assert _marked(app) == {
        first: ("detection", "The first minutes", "", ""),
        second: ("detection", "The first minutes", "", ""),
    }
    later = {**form, "known": "later", "hypothesis": "dropped", "entries": [str(second)]}
    page = bob.post(MARKS, later)
    assert "What we know only since" in page.text
    assert _marked(app)[second] == ("detection", "The first minutes", "later", "dropped")
    taken_away = {**form, "moment": "", "grouping": "", "known": "", "hypothesis": ""}
    bob.post(MARKS, {**taken_away, "entries": [str(first), str(second), str(third)]})
    assert _marked(app) == {}


def test_nothing_chosen_is_said_and_what_was_chosen_stays(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    bob = browser("bob")
    form = bob.get(PAGE).form(MARKS)
    page = bob.post(MARKS, {**form, "moment": "repair"}, status=422)
    assert "Choose at least one entry" in page.text
    assert page.form(MARKS)["moment"] == "repair"
    entry = str(_notes(app)[0])
    page = bob.post(MARKS, {**form, "entries": [entry]}, status=422)
    assert "Say what to mark the entries with" in page.text
    page = bob.post(MARKS, {**form, "moment": "guilt", "entries": [entry]}, status=422)
    assert "must be one of" in page.text
    bob.post(MARKS, {**form, "moment": "repair", "entries": ["999"]}, status=404)
    assert _marked(app) == {}


def test_key_moments_and_evidence_are_at_hand_while_one_thinks(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, entries=3)
    bob = browser("bob")
    write = "/reviews/REV-1/edit"
    empty = bob.get(f"{write}/factors")
    assert "0 moments, 0 pieces of evidence" in empty.text
    assert "no evidence" in empty.text
    first, second, _third = _notes(app)
    bob.post(MARKS, {**bob.get(PAGE).form(MARKS), "moment": "repair", "entries": [str(second)]})
    graph, log = "https://graphs.example.org/d/1", "https://logs.example.org/1"
    bob.post(EVIDENCE, {"place": f"entry-{first}", "url": graph, "title": "The graph"})
    bob.post(EVIDENCE, {"place": "", "url": log, "title": "The log"})
    for step in ("factors", "actions", "lessons"):
        page = bob.get(f"{write}/{step}")
        assert "2 moments, 2 pieces of evidence" in page.text
        assert {graph, log} <= set(page.links())
        assert "Repair" in page.text
    assert "At hand" not in bob.get(f"{write}/facts").text, "the timeline itself stands there"
    vera = browser("vera")
    with count_queries(app) as queries:
        vera.client.get(f"{write}/actions")
    assert len(queries) <= MOST_PER_PAGE, queries
    assert sum("FROM review_evidence" in one for one in queries) == 1


def test_evidence_stands_at_its_entry_and_goes_again(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    bob = browser("bob")
    entry = _notes(app)[0]
    url = "https://graphs.example.org/d/1"
    sent = {"place": f"entry-{entry}", "title": "The graph", "url": url}
    page = bob.post("/reviews/REV-1/evidence", sent)
    assert url in page.links()
    page = bob.post(
        "/reviews/REV-1/evidence",
        {"place": "question-impact", "title": "Orders", "picture": (BytesIO(png(9, 7)), "o.png")},
    )
    assert "/reviews/REV-1/pictures/1" in page.links()
    page = bob.post("/reviews/REV-1/evidence/1/remove", {})
    assert url not in page.links()
    for wrong, told in (
        ({"url": "javascript:alert(1)"}, "must begin with https://"),
        ({"url": ""}, "Give a link, or a picture"),
        ({"url": url, "place": "kitchen-1"}, "Choose one of the places"),
        ({"url": url, "picture": (BytesIO(gif(3, 3)), "g.gif")}, "Give a link, or a picture"),
    ):
        page = bob.post("/reviews/REV-1/evidence", {"place": "", **wrong}, status=422)
        assert told in page.text
    bob.post("/reviews/REV-1/evidence", {"place": "factor-9", "url": url}, status=404)


def test_the_picture_tells_the_same_as_its_table_here_and_in_the_published_version(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast, entries=3)
    bob = browser("bob")
    marks = bob.get(PAGE).form(MARKS)
    entry = str(_notes(app)[0])
    bob.post(MARKS, {**marks, "moment": "diagnosis", "note": "The quota", "entries": [entry]})
    page = bob.get(PAGE)
    assert len(list(page.document.iter(SVG))) == 1
    assert "The quota" in page.text
    answer_everything(app, cast.erin)
    clock.forward(hours=1)
    erin = browser("erin")
    erin.post("/reviews/REV-1/publish", {})
    page = erin.get(f"/reviews/{REVIEW}")
    assert len(list(page.document.iter(SVG))) == 1
    assert "The quota" in page.text
    with count_queries(app) as queries:
        erin.client.get(f"/reviews/{REVIEW}")
    assert len(queries) <= MOST_PER_PAGE, queries


def test_whoever_may_not_write_reads_the_page_without_forms(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, entries=200)
    vera = browser("vera")
    page = vera.get(PAGE)
    actions = [
        one.get("action") for one in page.document.iter("{http://www.w3.org/1999/xhtml}form")
    ]
    assert not any("/reviews/" in (action or "") for action in actions)
    vera.post(MARKS, {"moment": "repair", "entries": ["1"]}, status=403)
    vera.post("/reviews/REV-1/evidence", {"url": "https://example.org"}, status=403)
    with count_queries(app) as queries:
        vera.client.get(PAGE)
    assert len(queries) <= MOST_PER_PAGE, queries
