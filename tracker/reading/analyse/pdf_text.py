"""Markdown as flowing text on paper: fonts, styles, and paragraphs out of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

import reportlab
from markdown_it import MarkdownIt
from markdown_it.token import Token
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, Preformatted, Table, TableStyle

INK: Color = HexColor("#1d2126")
FAINT: Color = HexColor("#5b636d")
LINE: Color = HexColor("#cfd3d8")
LINK = "#0b4f8a"
BODY_FONT, BOLD_FONT, ITALIC_FONT, CODE_FONT = "Body", "Body-Bold", "Body-Italic", "Body-Mono"
# Where systems keep the font with the most scripts; without it the library's own, which knows
# Western European letters.
WIDE_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/dejavu"),
    Path("/usr/share/fonts/dejavu-sans-fonts"),
    Path("/usr/share/fonts/TTF"),
    Path("/Library/Fonts"),
)
WIDE = {
    BODY_FONT: "DejaVuSans.ttf",
    BOLD_FONT: "DejaVuSans-Bold.ttf",
    ITALIC_FONT: "DejaVuSans-Oblique.ttf",
    "Body-BoldItalic": "DejaVuSans-BoldOblique.ttf",
    CODE_FONT: "DejaVuSansMono.ttf",
}
NARROW = {
    BODY_FONT: "Vera.ttf",
    BOLD_FONT: "VeraBd.ttf",
    ITALIC_FONT: "VeraIt.ttf",
    "Body-BoldItalic": "VeraBI.ttf",
    CODE_FONT: "Vera.ttf",
}
LONGEST_LINE_OF_CODE = 96
DEEPEST_LIST = 6
# A table of more columns leaves no room for words on a page: its rows become lines.
MOST_COLUMNS = 12
LONGEST_HEAD = 300  # characters
Shown = Callable[[str, float], Flowable | None]


def _no_picture(_address: str, _width: float) -> Flowable | None:
    return None


@cache
def register_fonts() -> None:
    """The fonts are known by their names here, whichever files they come from."""
    own = Path(reportlab.__file__).parent / "fonts"
    folder = next((one for one in WIDE_FONTS if (one / WIDE[BODY_FONT]).exists()), None)
    for name, file in WIDE.items():
        wide = folder / file if folder else None
        path = wide if wide and wide.exists() else own / NARROW[name]
        pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily(
        BODY_FONT,
        normal=BODY_FONT,
        bold=BOLD_FONT,
        italic=ITALIC_FONT,
        boldItalic="Body-BoldItalic",
    )


@cache
def styles() -> Mapping[str, ParagraphStyle]:
    """The styles of everything on the pages, by name."""
    body = ParagraphStyle(
        "body", fontName=BODY_FONT, fontSize=9.5, leading=14.5, textColor=INK, spaceAfter=5
    )

    def like(name: str, **more: object) -> ParagraphStyle:
        return ParagraphStyle(name, parent=body, **more)

    found = [
        body,
        like("kicker", fontSize=10, textColor=FAINT, spaceAfter=3),
        like("title", fontName=BOLD_FONT, fontSize=22, leading=28, spaceAfter=0),
        like("chapter", fontName=BOLD_FONT, fontSize=15, leading=20, spaceAfter=4),
        like("passage", fontName=BOLD_FONT, fontSize=10.5, leading=15, spaceBefore=9, spaceAfter=2),
        like("inner", fontName=BOLD_FONT, spaceBefore=4, spaceAfter=2),
        like("quote", leftIndent=10, textColor=FAINT),
        like("cell", fontSize=8.8, leading=12.5, spaceAfter=0),
        like("cell_head", fontSize=8.8, leading=12.5, spaceAfter=0, textColor=FAINT),
        like("code", fontName=CODE_FONT, fontSize=7.6, leading=10.5, leftIndent=6, spaceBefore=2),
        like("term", textColor=FAINT, spaceAfter=0),
        like("value", spaceAfter=0),
        like("contents_head", fontName=BOLD_FONT, fontSize=11, spaceAfter=4),
        like("contents_chapter", leading=16, spaceAfter=0),
    ]
    return {one.name: one for one in found}


def escaped(text: str) -> str:
    """The text as the library's markup takes it; control characters are left out."""
    clean = "".join(letter for letter in text if letter >= " " or letter in "\n\t")
    return escape(clean, quote=False).replace("\n", "<br/>")


def flowables_of(
    text: str,
    look: Mapping[str, ParagraphStyle],
    *,
    width: float,
    small: bool = False,
    pictures: Shown = _no_picture,
) -> list[Flowable]:
    """The Markdown as paragraphs, lists, tables and code.

    ``pictures`` brings what stands at an address, made to fit; the words of a picture stand below
    it, and alone where there is none.
    """
    if not text.strip():
        return []
    writer = _Writer(look, width=width, small=small, pictures=pictures)
    writer.write(_parser().parse(text))
    return writer.found


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 30}).enable(
        ["table", "strikethrough"]
    )


class _Writer:
    """Walks over the tokens of one text."""

    def __init__(
        self, look: Mapping[str, ParagraphStyle], *, width: float, small: bool, pictures: Shown
    ) -> None:
        self.found: list[Flowable] = []
        self._pictures = pictures
        self._look = look
        self._width = width
        self._body = look["cell" if small else "body"]
        self._quoted = 0
        # For each list around the present item: the next number, or None for bullets.
        self._lists: list[int | None] = []
        self._mark = ""

    def write(self, tokens: Sequence[Token]) -> None:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if token.type == "table_open":
                end = next(
                    n for n in range(position, len(tokens)) if tokens[n].type == "table_close"
                )
                self._table(tokens[position : end + 1])
                position = end
            else:
                self._token(token, tokens[position - 1] if position else None)
            position += 1

    def _token(self, token: Token, before: Token | None) -> None:
        if token.type == "inline":
            heading = before is not None and before.type == "heading_open"
            self._show(token.children or ())
            self._paragraph(inline_markup(token.children or ()), heading=heading)
        elif token.type in ("fence", "code_block"):
            self._code(token.content)
        elif token.type == "bullet_list_open":
            self._lists.append(None)
        elif token.type == "ordered_list_open":
            self._lists.append(int(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            number = self._lists[-1]
            self._mark = "•" if number is None else f"{number}."
            if number is not None:
                self._lists[-1] = number + 1
        elif token.type == "blockquote_open":
            self._quoted += 1
        elif token.type == "blockquote_close":
            self._quoted -= 1

    def _show(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "image":
                picture = self._pictures(str(token.attrGet("src") or ""), self._width * 0.96)
                if picture is not None:
                    self.found.append(picture)

    def _paragraph(self, markup: str, *, heading: bool) -> None:
        if not markup.strip():
            return
        depth = min(len(self._lists), DEEPEST_LIST)
        base = self._look["inner"] if heading else self._body
        if not depth and not self._quoted:
            self.found.append(Paragraph(markup, base))
            return
        indent = 13 * depth + 10 * min(self._quoted, 3)
        style = ParagraphStyle(
            "inside",
            parent=self._look["quote"] if self._quoted else base,
            leftIndent=indent,
            bulletIndent=max(0, indent - 12),
            spaceAfter=2 if depth else base.spaceAfter,
        )
        mark, self._mark = self._mark, ""
        self.found.append(Paragraph(markup, style, bulletText=mark or None))

    def _code(self, text: str) -> None:
        lines = [
            line[start : start + LONGEST_LINE_OF_CODE] or " "
            for line in text.expandtabs(4).rstrip("\n").split("\n")
            for start in range(0, max(len(line), 1), LONGEST_LINE_OF_CODE)
        ]
        # Preformatted text is split between pages line by line, and takes no markup.
        self.found.append(Preformatted("\n".join(lines), self._look["code"]))

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[list[Paragraph]] = []
        markups: list[list[str]] = []
        for position, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
                markups.append([])
            elif token.type == "inline":
                head = tokens[position - 1].type == "th_open"
                markup = inline_markup(token.children or ())
                markups[-1].append(markup)
                rows[-1].append(
                    Paragraph(f"<b>{markup}</b>" if head else markup, self._look["cell"])
                )
        if not rows or not rows[0]:
            return
        columns = len(rows[0])
        if columns > MOST_COLUMNS:
            lines = [" | ".join(cell for cell in row if cell) for row in markups]
            self.found += [Paragraph(line, self._look["cell"]) for line in lines if line]
            return
        even = [(row + [Paragraph("", self._look["cell"])] * columns)[:columns] for row in rows]
        indent = 13 * min(len(self._lists), DEEPEST_LIST)
        table = Table(
            even,
            colWidths=[(self._width * 0.96 - indent) / columns] * columns,
            # A head that fills a page by itself cannot stand above every part of the table.
            repeatRows=int(max(map(len, markups[0])) <= LONGEST_HEAD),
            hAlign="LEFT",
            # A cell may be taller than a page.
            splitInRow=1,
            spaceBefore=3,
            spaceAfter=6,
        )
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE),
                    ("LEFTPADDING", (0, 0), (0, -1), 0),
                ]
            )
        )
        self.found.append(table)


def inline_markup(tokens: Sequence[Token]) -> str:
    """The words of a line in the library's markup; links lead to http, https and mailto only."""
    parts: list[str] = []
    open_links: list[bool] = []
    for token in tokens:
        if token.type in ("text", "html_inline"):
            parts.append(escaped(token.content))
        elif token.type == "code_inline":
            parts.append(f'<font face="{CODE_FONT}" size="8">{escaped(token.content)}</font>')
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("<br/>" if token.type == "hardbreak" else " ")
        elif token.type == "image":
            parts.append(f"<i>[{escaped(token.content or 'picture')}]</i>")
        elif token.type == "link_open":
            href = str(token.attrGet("href") or "")
            known = href.lower().startswith(("http://", "https://", "mailto:"))
            open_links.append(known)
            if known:
                parts.append(f'<a href="{escape(href, quote=True)}" color="{LINK}">')
        elif token.type == "link_close":
            if open_links.pop():
                parts.append("</a>")
        elif token.type in _MARKS:
            parts.append(_MARKS[token.type])
    return "".join(parts)


_MARKS = {
    "strong_open": "<b>",
    "strong_close": "</b>",
    "em_open": "<i>",
    "em_close": "</i>",
    "s_open": "<strike>",
    "s_close": "</strike>",
}
