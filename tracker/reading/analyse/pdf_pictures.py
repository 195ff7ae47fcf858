"""Pictures on paper: what people put into a review, and the incident as the page draws it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, Image
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.picture import Picture
from tracker.models.review import Review
from tracker.models.review_work import Attachment
from tracker.reading.analyse.pdf_text import BODY_FONT, BOLD_FONT, FAINT, INK, LINE
from tracker.reading.analyse.review_document import Document

TALLEST = 110 * mm
# More would make a file that no mail takes; those beyond stand as their words.
MOST_PICTURES = 40
MOST_BYTES = 24_000_000
_ADDRESS = re.compile(r"/reviews/REV-(\d{1,9})/pictures/(\d{1,9})$")
_ANYWHERE = re.compile(r"/reviews/REV-\d{1,9}/pictures/\d{1,9}")
# Fill, edge and ink of a bar, as in the light theme of the pages.
_TONES = {
    "impact": ("#fde8e4", "#cf3a2e", "#9a2118"),
    "sev1": ("#b3261e", "#b3261e", "#ffffff"),
    "sev2": ("#b0460c", "#b0460c", "#ffffff"),
    "sev3": ("#f0c850", "#f0c850", "#382a00"),
    "sev4": ("#d6e4f8", "#d6e4f8", "#1b4274"),
    "sev5": ("#e3e5e8", "#e3e5e8", "#3b424b"),
}
_CALM = ("#e9e9e5", "#858b93", "#474e57")
_COOL = ("#e6e9fa", "#5667d2", "#333f95")


def pictures_of_document(look: Look, review: Review, told: Document) -> dict[str, bytes]:
    """By their addresses, the pictures of this review that the document shows.

    Those of other records are left out: they may be closed to whoever is given the file.
    """
    wanted: dict[int, str] = {}
    for address in _addresses(told):
        match = _ADDRESS.search(address)
        if match and int(match[1]) == review.key:
            wanted.setdefault(int(match[2]), address)
    mine = (
        col(Attachment.record_kind) == "review",
        col(Attachment.record_id) == review.key,
        col(Attachment.id).in_(list(wanted)[:MOST_PICTURES]),
    )
    sizes = look.session.exec(
        select(Attachment.id, Attachment.size_bytes).where(*mine).order_by(col(Attachment.id))
    ).all()
    fitting: list[int] = []
    room = MOST_BYTES
    for number, size in sizes:
        if number is not None and size <= room:
            fitting.append(number)
            room -= size
    rows = look.session.exec(select(Attachment).where(col(Attachment.id).in_(fitting)))
    return {wanted[row.key]: row.content for row in rows}


def _addresses(told: Document) -> Iterator[str]:
    for chapter in told.chapters:
        for passage in chapter.passages:
            texts: list[object] = [passage.text]
            for row in passage.rows:
                texts += row.values()
            for text in texts:
                yield from _ANYWHERE.findall(text) if isinstance(text, str) else ()
    for one in told.evidence:
        yield str(one.get("url", ""))


def address_of(source: str) -> str:
    """The address under which a picture of the tracker is known here; empty for any other."""
    match = _ANYWHERE.search(source)
    return match[0] if match and source.endswith(match[0]) else ""


def shown_picture(content: bytes, *, width: float) -> Flowable | None:
    """The picture, made to fit; ``None`` where it cannot be read."""
    try:
        across, down = ImageReader(BytesIO(content)).getSize()
        if across < 1 or down < 1:
            return None
        share = min(1.0, width / across, TALLEST / down)
        return Image(BytesIO(content), across * share, down * share, hAlign="LEFT")
    except (OSError, ValueError, SyntaxError):
        return None


def drawn_incident(picture: Picture, *, width: float) -> Drawing:
    """The incident as on its page: the same places, from the same values."""
    share = width / picture.width
    drawing = Drawing(width, picture.height * share, hAlign="LEFT")
    drawing.scale(share, share)
    for one in _shapes(picture):
        drawing.add(one)
    return drawing


def _shapes(picture: Picture) -> Iterable[Any]:
    def up(y: float) -> float:
        # The page counts from the top, paper from the foot.
        return picture.height - y

    for tick in picture.ticks:
        yield Line(tick.x, up(4), tick.x, up(picture.axis_y), strokeColor=LINE, strokeWidth=0.8)
        yield _word(
            tick.x, up(picture.axis_y + 16), tick.clock, anchor="middle", ink=FAINT, size=11
        )
        if tick.day:
            yield _word(
                tick.x, up(picture.axis_y + 32), tick.day, anchor="middle", ink=FAINT, size=11
            )
    for lane in picture.lanes:
        yield _word(4, up(lane.y + 16), lane.name, font=BOLD_FONT)
    axis = up(picture.axis_y)
    yield Line(118, axis, picture.width - 4, axis, strokeColor=FAINT, strokeWidth=1.5)
    for x in picture.breaks:
        for left in (x - 4, x + 2):
            yield Line(left, axis - 6, left + 4, axis + 6, strokeColor=FAINT, strokeWidth=1.5)
    for x, y, height in picture.writing:
        yield Rect(x, up(y + height), 6, height, fillColor=FAINT, strokeColor=None)
    for bar in picture.bars:
        fill, edge, ink = _TONES.get(bar.tone, _CALM)
        yield Rect(
            bar.x, up(bar.y + 24), bar.width, 24, rx=3, ry=3,
            fillColor=HexColor(fill), strokeColor=HexColor(edge),
            strokeDashArray=[5, 3] if bar.open else None,
        )  # fmt: skip
        if bar.text:
            yield _word(bar.x + 6, up(bar.y + 16), bar.text, ink=HexColor(ink))
    for mark in picture.marks:
        plain = mark.kind == "time"
        fill, edge, ink = _COOL
        yield Circle(
            mark.x, up(mark.y), 10,
            fillColor=white if plain else HexColor(fill),
            strokeColor=FAINT if plain else HexColor(edge), strokeWidth=1.5,
        )  # fmt: skip
        yield _word(
            mark.x, up(mark.y + 4), str(mark.number), anchor="middle", font=BOLD_FONT,
            ink=INK if plain else HexColor(ink), size=11,
        )  # fmt: skip


def _word(
    x: float, y: float, text: str, *, anchor: str = "start", font: str = BODY_FONT,
    ink: Color = INK, size: float = 12,
) -> String:  # fmt: skip
    return String(x, y, text, textAnchor=anchor, fontName=font, fontSize=size, fillColor=ink)
