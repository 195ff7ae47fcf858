"""Lessons and contributing factors, from lists, from prose, and from sub-headings that name one
each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tracker.importing.headings import recognise
from tracker.importing.pieces import (
    Group,
    Piece,
    groups_of,
    has_list,
    is_placeholder,
    list_items,
    paragraphs,
    shortened,
    title_of,
)
from tracker.importing.report import FactorItem, LessonItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tracker.importing.blocks import Document
    from tracker.importing.sections import Section

NUMBERING: Final = re.compile(r"^\s*(?:#?\d{1,2}[.):]|\(\d{1,2}\))\s*")

_Found = tuple[str, str]
"""A title and the whole text."""


def read_lessons(
    document: Document, sections: Sequence[Section]
) -> tuple[tuple[LessonItem, ...], list[str]]:
    """Return the lessons of sections about learning, and the prose around their lists."""
    lessons: list[LessonItem] = []
    left: list[str] = []
    for section in sections:
        for group in groups_of(document, section.blocks):
            if group.heading and not has_list(group) and recognise(group.heading) is None:
                found = list(_whole(document, group))
            elif has_list(group):
                found = [_titled(document, piece) for piece in _items(document, group)]
                pieces, lead_ins = paragraphs(document, group)
                left.extend([piece.text for piece in pieces] + lead_ins)
            else:
                found = [_titled(document, piece) for piece in paragraphs(document, group)[0]]
            lessons.extend(
                LessonItem(title=title, text=document.with_links(text)) for title, text in found
            )
    return tuple(lessons), left


def read_factors(
    document: Document, sections: Sequence[Section]
) -> tuple[tuple[FactorItem, ...], list[str]]:
    """Return the factors of sections about causes, and the lead-ins of their lists.

    A sub-heading names one factor with all that stands below it; otherwise each item and each
    paragraph is one.
    """
    factors: list[FactorItem] = []
    left: list[str] = []
    for section in sections:
        for group in groups_of(document, section.blocks):
            if group.heading and recognise(group.heading) != "factors":
                found = list(_whole(document, group))
            else:
                pieces, lead_ins = paragraphs(document, group)
                pieces += _items(document, group)
                pieces.sort(key=lambda piece: piece.block.start)
                found = [_titled(document, piece) for piece in pieces]
                left.extend(lead_ins)
            factors.extend(
                FactorItem(title=title, text=document.with_links(text)) for title, text in found
            )
    return tuple(factors), left


def _items(document: Document, group: Group) -> list[Piece]:
    pieces: list[Piece] = []
    for block in group.blocks:
        if block.kind == "list":
            pieces.extend(list_items(document, block, group=group.heading))
        elif block.kind == "table":
            for row in block.rows[1:]:
                text = " \u2013 ".join(cell.strip() for cell in row if cell.strip())
                if text and not is_placeholder(document, text):
                    pieces.append(Piece(text=text, group=group.heading, style="row", block=block))
    return pieces


def _whole(document: Document, group: Group) -> Iterator[_Found]:
    text = document.raw(group.blocks)
    if not is_placeholder(document, text):
        yield shortened(NUMBERING.sub("", group.heading)), text


def _titled(document: Document, piece: Piece) -> _Found:
    return title_of(document, piece.text), piece.text
