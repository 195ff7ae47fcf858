"""A review as a PDF: a cover with the facts, contents, chapters, page numbers on every page.

Loaded only where a PDF is asked for: the library behind it takes its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

from tracker.domain.lifecycle import words
from tracker.domain.picture import Picture
from tracker.domain.shown_time import clock_words, in_zone, instant_words
from tracker.reading.analyse.pdf_pictures import address_of, drawn_incident, shown_picture
from tracker.reading.analyse.pdf_text import (
    BODY_FONT,
    FAINT,
    LINE,
    LINK,
    Shown,
    escaped,
    flowables_of,
    register_fonts,
    styles,
)
from tracker.reading.analyse.review_cover import Cover
from tracker.reading.analyse.review_document import Document, Passage

MARGIN = 24 * mm
COLUMN = A4[0] - 2 * MARGIN


def review_pdf(
    cover: Cover,
    told: Document,
    *,
    printed_at: datetime,
    zone: str = "UTC",
    scope: str = "",
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """The document as a file. ``scope`` says for whom it is, where it is not for everybody.

    Times are in ``zone``, which the cover names. ``pictures`` are those of the review by their
    addresses; nothing else is fetched. The same document gives the same pages.
    """
    register_fonts()
    made = BytesIO()
    paper = _Paper(made, cover, printed_at=in_zone(printed_at, zone), scope=scope)
    look = styles()
    kept = pictures or {}
    setting = _Setting(
        look,
        zone,
        several=len(told.incidents) > 1,
        pictures=lambda source, width: _shown(kept.get(address_of(source)), width),
    )
    story: list[Flowable] = [*_cover(cover, look, zone), *_contents(look), PageBreak()]
    for position, chapter in enumerate(told.chapters):
        if position:
            story += [Spacer(1, 10 * mm), CondPageBreak(60 * mm)]
        story.append(_heading(chapter.title, look["chapter"], 0, f"s-{chapter.key}"))
        for passage in chapter.passages:
            if passage.kind == "timeline" and told.drawn is not None:
                story += _incident(told.drawn, setting)
            story += _passage(passage, setting)
    if told.evidence:
        story += [Spacer(1, 10 * mm), CondPageBreak(60 * mm)]
        story.append(_heading("Evidence", look["chapter"], 0, "s-evidence"))
        for one in told.evidence:
            story += _piece(one, cover, setting)
    if not told.chapters:
        story.append(Paragraph("This version holds no text.", look["body"]))
    paper.multiBuild(story)
    return made.getvalue()


@dataclass(frozen=True)
class _Setting:
    """What every passage is set with."""

    look: Mapping[str, ParagraphStyle]
    zone: str
    several: bool
    pictures: Shown

    def text(self, markdown: str, *, small: bool = False) -> list[Flowable]:
        return flowables_of(markdown, self.look, width=COLUMN, small=small, pictures=self.pictures)


class _Paper(BaseDocTemplate):  # type: ignore[misc]
    """A4 with a line above and below every page but the first."""

    def __init__(self, made: BytesIO, cover: Cover, *, printed_at: datetime, scope: str) -> None:
        super().__init__(
            made,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=f"{cover.ref} {cover.title}",
            author=cover.owner,
            subject="Post-incident review",
            creator="Tracker",
            lang="en",
            invariant=True,
        )
        self.cover = cover
        self.scope = scope
        self.printed_at = printed_at
        frame = Frame(
            MARGIN, MARGIN, COLUMN, A4[1] - 2 * MARGIN,
            leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
        )  # fmt: skip
        self.addPageTemplates([PageTemplate("page", [frame], onPage=self._margins)])

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - the library's own name
        """Headings go into the contents and the outline."""
        level = getattr(flowable, "level", None)
        if level is None:
            return
        key = flowable.key
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(flowable.getPlainText(), key, level, closed=level > 0)
        if level == 0:
            # Chapters alone: the contents stay on the first page, the outline has all of it.
            self.notify("TOCEntry", (0, escaped(flowable.getPlainText()), self.page, key))

    def _margins(self, canvas: Any, _document: object) -> None:  # noqa: ANN401 - untyped library
        canvas.saveState()
        canvas.setFillColor(FAINT)
        canvas.setFont(BODY_FONT, 8)
        bottom = MARGIN - 9 * mm
        version = "draft" if self.cover.is_draft else f"version {self.cover.number}"
        left = f"{self.cover.ref}, {version}" + (f" · {self.scope}" if self.scope else "")
        canvas.drawString(MARGIN, bottom, left)
        canvas.drawRightString(A4[0] - MARGIN, bottom, str(canvas.getPageNumber()))
        if canvas.getPageNumber() > 1:
            title = self.cover.title
            canvas.drawString(MARGIN, A4[1] - MARGIN + 6 * mm, title[:95] + "…" * (len(title) > 95))
        else:
            canvas.drawString(
                MARGIN,
                bottom - 4 * mm,
                f"Taken from the tracker {instant_words(self.printed_at)}",
            )
        canvas.restoreState()


def _cover(cover: Cover, look: Mapping[str, ParagraphStyle], zone: str) -> list[Flowable]:
    kind = "Draft of a post-incident review" if cover.is_draft else "Post-incident review"
    facts = [
        *(
            ("Incident", f"{one['ref']} {one['title']} ({one['severity'] or 'near miss'})")
            for one in cover.incidents
        ),
        *cover.spans,
        ("Services", ", ".join(cover.services)),
        ("Teams", ", ".join(cover.teams)),
        ("Owner", cover.owner),
        ("Facilitator", cover.facilitator),
        ("Signed by", "; ".join(cover.signed_by)),
        ("Version", _version(cover, zone)),
        ("What is new", cover.why),
        (
            "Who may read it",
            {"team": "The team", "private": "Those named"}.get(cover.visibility, ""),
        ),
        ("Times", f"In the zone {zone}"),
        ("In the tracker", cover.url),
    ]
    rows = [
        [Paragraph(escaped(name), look["term"]), Paragraph(escaped(value), look["value"])]
        for name, value in facts
        if value
    ]
    table = Table(rows, colWidths=[36 * mm, COLUMN - 36 * mm], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    return [
        Paragraph(escaped(kind), look["kicker"]),
        Paragraph(escaped(cover.title), look["title"]),
        Spacer(1, 6 * mm),
        table,
        Spacer(1, 10 * mm),
    ]


def _version(cover: Cover, zone: str) -> str:
    if cover.published_at is None:
        return "not published yet"
    by = f" by {cover.published_by}" if cover.published_by else ""
    return f"{cover.number}, published {instant_words(in_zone(cover.published_at, zone))}{by}"


def _moment(local: datetime) -> str:
    return f"{local:%d %b} {clock_words(local)}"


def _contents(look: Mapping[str, ParagraphStyle]) -> list[Flowable]:
    contents = TableOfContents()
    contents.levelStyles = [look["contents_chapter"]]
    contents.dotsMinLevel = 9
    return [Paragraph("Contents", look["contents_head"]), contents]


def _heading(text: str, style: ParagraphStyle, level: int, key: str) -> Paragraph:
    heading = Paragraph(escaped(text), style)
    heading.level, heading.key = level, key
    return heading


def _shown(content: bytes | None, width: float) -> Flowable | None:
    return shown_picture(content, width=width) if content else None


def _incident(picture: Picture, setting: _Setting) -> Iterator[Flowable]:
    """The incident as it is drawn on the page, and what its numbers stand for."""
    look = setting.look
    yield KeepTogether(
        [
            _heading("What happened when", look["passage"], 1, "q-picture"),
            drawn_incident(picture, width=COLUMN),
            Paragraph("The axis is in UTC.", look["cell_head"]),
            Spacer(1, 2 * mm),
        ]
    )
    numbered = [
        [f"{row.number}  {_moment(in_zone(row.since, setting.zone))}", row.words]
        for row in sorted(picture.rows, key=lambda row: row.number)
        if row.number
    ]
    if numbered:
        yield _table(numbered, setting, first=36 * mm)


def _piece(one: Mapping[str, Any], cover: Cover, setting: _Setting) -> Iterator[Flowable]:
    """A link or a picture that the review stands on, with its place."""
    title, url = str(one.get("title", "")), str(one.get("url", ""))
    place = [str(one.get("factor", "")), str(one.get("question", ""))]
    if one.get("at"):
        at = in_zone(datetime.fromisoformat(str(one["at"])), setting.zone)
        place.insert(0, f"beside the entry of {instant_words(at)}")
    beside = ", ".join(words(part) if part else "" for part in place if part)
    said = f"<b>{escaped(title)}</b>" + (f" ({escaped(beside)})" if beside else "")
    address = url if url.startswith(("http://", "https://")) else ""
    if one.get("picture"):
        picture = setting.pictures(url, COLUMN)
        if picture is not None:
            yield KeepTogether([Paragraph(said, setting.look["body"]), picture])
            return
        address = cover.url.partition("/reviews/")[0] + url
    yield Paragraph(said, setting.look["body"])
    if address:
        yield Paragraph(
            f'<a href="{escape(address, quote=True)}" color="{LINK}">{escaped(address)}</a>',
            setting.look["cell"],
        )


def _passage(passage: Passage, setting: _Setting) -> Iterator[Flowable]:
    look = setting.look
    body: list[Flowable] = []
    if passage.choice:
        body.append(
            Paragraph(f"<b>{escaped(words(passage.choice).capitalize())}</b>", look["body"])
        )
    body += _rows(passage, setting)
    body += setting.text(passage.text)
    if passage.because:
        lead = f'<font color="{FAINT.hexval().replace("0x", "#")}">{passage.lead}</font>'
        body.append(Paragraph(f"{lead} {escaped(passage.because)}", look["body"]))
    heading = _heading(passage.heading, look["passage"], 1, f"q-{passage.key}")
    # A heading never stands alone at the foot of a page; a table may go on over the next one.
    if body and isinstance(body[0], Table):
        yield CondPageBreak(35 * mm)
        yield heading
    else:
        yield KeepTogether([heading, *body[:1]])
        body = body[1:]
    yield from body


def _rows(passage: Passage, setting: _Setting) -> Iterator[Flowable]:
    look, zone = setting.look, setting.zone
    if not passage.rows:
        return
    if passage.kind == "times":
        yield _table(
            [
                [
                    words(row["name"]).capitalize()
                    + (f" ({row['incident']})" if setting.several else ""),
                    instant_words(in_zone(row["at"], zone))
                    if row["at"]
                    else f"unknown: {row['unknown_because']}",
                ]
                for row in passage.rows
            ],
            setting,
            first=52 * mm,
        )
    elif passage.kind == "timeline":
        yield _table(
            [[_moment(in_zone(row["at"], zone)), row["text"]] for row in passage.rows],
            setting,
            first=26 * mm,
        )
    elif passage.kind == "factors":
        for row in passage.rows:
            head = f"<b>{escaped(row['name'])}</b> ({escaped(words(row['role']))})"
            yield Paragraph(head, look["body"])
            yield from setting.text(row["note"])
            for lead, text in (
                ("How it made sense at the time:", row["made_sense"]),
                ("Evidence:", row["evidence"]),
            ):
                if text:
                    yield Paragraph(f"<i>{lead}</i> {escaped(text)}", look["body"])
    elif passage.kind == "actions":
        yield _table(
            [[row["ref"], f"{row['title']} ({words(row['state'])})"] for row in passage.rows],
            setting,
            first=22 * mm,
        )
    else:
        for row in passage.rows:
            yield Paragraph(f"<b>{escaped(row['title'])}</b> {escaped(row['ref'])}", look["body"])
            yield from setting.text(str(row.get("insight", "")))


def _table(rows: list[list[str]], setting: _Setting, *, first: float) -> Table:
    cells = [
        [Paragraph(escaped(name), setting.look["cell_head"]), _cell(text, setting)]
        for name, text in rows
    ]
    table = Table(cells, colWidths=[first, COLUMN - first], hAlign="LEFT", splitInRow=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def _cell(text: str, setting: _Setting) -> list[Flowable]:
    return setting.text(text, small=True) or [Paragraph("", setting.look["cell"])]
