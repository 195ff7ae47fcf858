"""A review on paper: print page, PDF, Markdown with front matter, JSON; published and draft."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.program import program_of
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, published, resolved
from tests.pictures import png
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.importing.markdown_report import read_markdown
from tracker.importing.particulars import split_front_matter
from tracker.reading.analyse.pdf_text import flowables_of, register_fonts, styles
from tracker.reading.analyse.review_cover import Cover, span_of
from tracker.reading.analyse.review_document import Chapter, Document, Passage
from tracker.reading.analyse.review_pdf import review_pdf
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

People = Callable[[str], Browser]
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
HARD = """# A heading

**Bold, *both* and [a link](https://example.org/?a=1&b=<2>)** and `code & <b>`.

1. one
   - inner *item*
     > quoted
3. two

| a | b |
| --- | --- |
| 1 & 2 | <script>alert(1)</script> |

```
x = "a" < "b"
```

![picture](javascript:alert(1)) [bad](javascript:alert(2))
"""


def _cover(**more: object) -> Cover:
    given: dict[str, object] = {
        "ref": "REV-3", "title": "Checkout & <co> answers 502", "state": "published", "number": 2,
        "published_at": AT, "published_by": "Erin", "why": "More is known", "owner": "Alice",
        "facilitator": "Bob", "signed_by": ("Charlie (peer)",), "services": ("Checkout",),
        "incidents": ({"ref": "INC-1", "title": "Down", "severity": "SEV1", "times": {}},),
        "teams": (), "visibility": "private", "url": "https://t.example/reviews/REV-3",
        "spans": (("Impact lasted", "47 min"),), **more,
    }  # fmt: skip
    return Cover(**given)  # type: ignore[arg-type]


def _document(*passages: Passage) -> Document:
    chapters = [Chapter("facts", "What happened", list(passages))] if passages else []
    return Document("Checkout", 2, AT, "", [], chapters)


def _pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", content))


def test_the_pdf_is_a_file_that_is_the_same_each_time() -> None:
    told = _document(Passage("summary", "markdown", "Summary", "?", text=HARD))
    first = review_pdf(_cover(), told, printed_at=AT)
    assert first.startswith(b"%PDF-")
    assert first == review_pdf(_cover(), told, printed_at=AT)
    assert _pages(first) == 2
    assert b"javascript" not in first


def test_a_pdf_holds_what_is_long_and_what_is_nothing() -> None:
    rows = [{"at": AT, "kind": "note", "text": "word " * 3_000}] * 3
    long = Passage("timeline", "timeline", "Timeline", "?", rows=rows)
    text = Passage("summary", "markdown", "Summary", "?", text="x" * 20_000 + "\n\n" + HARD * 200)
    assert _pages(review_pdf(_cover(), _document(long, text), printed_at=AT)) > 20
    empty = review_pdf(_cover(published_at=None, incidents=()), _document(), printed_at=AT)
    assert _pages(empty) == 2


KEPT = "/reviews/REV-3/pictures/7"


def _images(content: bytes) -> int:
    return len(re.findall(rb"/Subtype /Image", content))


def test_a_picture_stands_in_the_pdf_with_its_words_and_a_broken_one_is_told_in_words() -> None:
    text = Passage("summary", "markdown", "Summary", "?", text=f"See\n\n![the graph]({KEPT})")
    pictures = {"nothing at all": {}, "a picture": {KEPT: png(300, 200)}, "broken": {KEPT: b"GIF"}}
    made = {
        name: review_pdf(_cover(), _document(text), printed_at=AT, pictures=kept)
        for name, kept in pictures.items()
    }
    assert {name: _images(one) for name, one in made.items()} == {
        "nothing at all": 0, "a picture": 1, "broken": 0
    }  # fmt: skip
    assert {_pages(one) for one in made.values()} == {2}


def test_evidence_is_a_chapter_of_the_pdf() -> None:
    told = replace(
        _document(Passage("summary", "markdown", "Summary", "?", text="Short")),
        evidence=[
            {"title": "Graph & <b>", "url": KEPT, "picture": True, "at": AT.isoformat()},
            {"title": "The log", "url": "https://logs.example.org/?a=1&b=2", "picture": False},
            {"title": "Odd", "url": "javascript:alert(1)", "picture": False},
        ],
    )
    made = review_pdf(_cover(), told, printed_at=AT, pictures={KEPT: png(2_000, 3_000)})
    assert _images(made) == 1
    assert b"logs.example.org" in made
    assert b"javascript" not in made


def test_only_pictures_of_the_review_itself_come_into_its_pdf(
    sqlite_app: App, sqlite_cast: Cast
) -> None:
    app, cast = sqlite_app, sqlite_cast
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        other = declare_incident(work, DeclareIncident(title="Another", severity="SEV1"))
        move_incident(work, other, MoveIncident(verb="resolve"))
    alice = Browser(wsgi_for(app), app, cast.email("alice"))
    addresses = []
    for reference in ("REV-1", "REV-2"):
        data = {"picture": (BytesIO(png(30, 20)), "graph.png")}
        answer = alice.post_json(f"/reviews/{reference}/pictures", data)
        addresses.append(answer.get_json()["markdown"].split("(")[1].rstrip(")"))
    text = " and ".join(f"![one]({address})" for address in addresses)
    with app.begin(cast.alice) as work:
        review = review_by_ref(work, "REV-1")
        answer_question(work, review, SaveAnswer(question="background", text=text))
    assert _images(alice.client.get("/reviews/REV-1/export.pdf").data) == 1


@pytest.mark.parametrize(
    "table",
    [
        "|" + "a|" * 120 + "\n|" + "-|" * 120 + "\n|" + "b|" * 120,
        "|a|b|\n|-|-|\n|" + "word " * 8_000 + "|x|\n",
        "|" + "word " * 8_000 + "|b|\n|-|-|\n|x|y|\n",
        "|" + "a|" * 12 + "\n|" + "-|" * 12 + "\n|" + "longerwords|" * 12,
    ],
    ids=["wide", "tall", "tall head", "narrow columns"],
)
def test_a_table_that_fits_no_page_is_on_the_pages_all_the_same(table: str) -> None:
    text = Passage("summary", "markdown", "Summary", "?", text=table)
    assert _pages(review_pdf(_cover(), _document(text), printed_at=AT)) >= 2


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_the_pdf(text: str) -> None:
    register_fonts()
    for piece in flowables_of(text, styles(), width=400):
        piece.wrap(400, 700)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(30, "under a minute"), (60, "1 min"), (5_100, "1 h 25 min"), (7_200, "2 h"),
     (47 * 3_600, "47 h"), (50 * 3_600, "2 d 2 h"), (48 * 3_600, "2 d")],
)  # fmt: skip
def test_spans_in_words(seconds: float, told: str) -> None:
    assert span_of(seconds) == told


def test_a_published_review_leaves_in_four_forms(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock)
    vera = browser("vera")
    page = vera.get("/reviews/REV-1/print")
    for words in ("Post-incident review", "Contents", "Because of this and that", "Erin"):
        assert words in page.text
    answer = vera.client.get("/reviews/REV-1/export.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="REV-1-v1.pdf"'
    told = json.loads(vera.client.get("/reviews/REV-1/export.json").text)
    assert (told["ref"], told["version"]) == ("REV-1", 1)
    text = vera.client.get("/reviews/REV-1/export.md").text
    front, body = split_front_matter(text)
    assert front["ref"] == "REV-1"
    assert front["services"] == ["Checkout"]
    assert body.strip().startswith("# Review: Checkout answers 502")
    read = read_markdown(text, source_id="REV-1")
    assert read.title == "Review: Checkout answers 502"
    for path in ("print", "export.pdf", "export.md", "export.json"):
        vera.client.get(f"/reviews/REV-1/{path}")
        with count_queries(app) as queries:
            vera.client.get(f"/reviews/REV-1/{path}")
        assert len(queries) <= MOST_PER_PAGE, (path, queries)


def test_a_draft_says_that_it_is_one(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    alice = browser("alice")
    assert "Draft of a post-incident review" in alice.get("/reviews/REV-1/print").text
    answer = alice.client.get("/reviews/REV-1/export.pdf")
    assert 'filename="REV-1-draft.pdf"' in answer.headers["Content-Disposition"]
    front, _ = split_front_matter(alice.client.get("/reviews/REV-1/export.md").text)
    assert front["state"] == "draft"
    assert "published_on" not in front
    for version in ("2", "0", "x", "99999999", "٣"):
        assert alice.client.get(f"/reviews/REV-1/print?version={version}").status_code == 404


def test_the_working_copy_of_a_published_review_is_asked_for_by_name(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock)
    with app.begin(cast.erin) as work:
        answer = SaveAnswer(question="lucky", text="A newer word", base_version=1)
        answer_question(work, review_by_ref(work, REVIEW), answer)
    erin = browser("erin")
    assert "A newer word" not in erin.get("/reviews/REV-1/print").text
    assert "A newer word" in erin.get("/reviews/REV-1/print?version=draft").text


def test_strangers_get_no_paper_of_a_private_review(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock, visibility="private")
    charlie = browser("charlie")
    for path in ("print", "export.pdf", "export.md", "export.json"):
        assert charlie.client.get(f"/reviews/REV-1/{path}").status_code == 404


def test_a_program_gets_the_file_with_its_front_matter(
    app: App, cast: Cast, clock: HandClock
) -> None:
    published(app, cast, clock)
    told = program_of(app, cast, "vera").get("/reviews/REV-1/export", number=1)["markdown"]
    front = yaml.safe_load(told.split("---\n")[1])
    assert front["version"] == 1


def test_a_program_compares_two_versions_word_by_word(
    app: App, cast: Cast, clock: HandClock
) -> None:
    published(app, cast, clock)
    with app.begin(cast.erin) as work:
        answer = SaveAnswer(question="lucky", text="Because of this and luck.", base_version=1)
        answer_question(work, review_by_ref(work, REVIEW), answer)
    erin = program_of(app, cast, "erin")
    (told,) = erin.get("/reviews/REV-1/diff")["items"]
    assert told["heading"] == "Where we were lucky"
    pieces = [(one["kind"], one["text"]) for line in told["lines"] for one in line]
    assert ("out", "that") in pieces
    assert ("new", "luck") in pieces
    erin.move("/reviews/REV-1/moves", {"verb": "amend", "why": "More is known"})
    assert erin.get("/reviews/REV-1/diff", old=1, new=2)["items"] == [told]
    assert erin.get("/reviews/REV-1/diff")["items"] == []
    erin.get("/reviews/REV-1/diff", old=1, new=9, status=404)
