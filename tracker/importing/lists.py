"""The pieces of a section that lists things: its items, paragraphs, table rows and titled sub-
sections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tracker.importing.titles import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tracker.importing.blocks import Block, Document

MOST_PARAGRAPHS: Final = 10
"""Prose becomes at most so many items; what follows belongs to the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece. ``group`` is the plain sub-heading it stands under, ``style`` its writing."""

    text: str
    group: str
    style: str
    block: Block


@dataclass(slots=True, kw_only=True)
class Group:
    """A run of blocks below one sub-heading ("" above the first)."""

    heading: str
    blocks: list[Block]


def groups_of(document: Document, blocks: Sequence[Block]) -> list[Group]:
    """Cut the blocks of a section at its sub-headings."""
    groups = [Group(heading="", blocks=[])]
    for block in blocks:
        if block.kind == "heading":
            groups.append(Group(heading=document.inline(block.content).words, blocks=[]))
        else:
            groups[-1].blocks.append(block)
    return groups


def has_list(group: Group) -> bool:
    """Say whether a group holds a list or a table."""
    return any(block.kind in {"list", "table"} for block in group.blocks)


def list_items(document: Document, block: Block, *, group: str) -> Iterator[Piece]:
    """Yield the items of a list. An item that only introduces a list of its own gives way to its
    items.
    """
    for item in block.children:
        nested = [child for child in item.children if child.kind == "list"]
        first = item.children[0] if item.children else None
        is_lead_in = (
            first is not None
            and first.kind == "paragraph"
            and first.content.rstrip(" *_").endswith(":")
        )
        if (
            nested
            and first is not None
            and (is_lead_in or first.kind == "list")
            and len(nested) == len(item.children) - is_lead_in
        ):
            words = document.inline(first.content).words.rstrip(" :") if is_lead_in else group
            for inner in nested:
                yield from list_items(document, inner, group=words or group)
            continue
        text = document.raw(item.children)
        if not is_placeholder(document, text):
            yield Piece(text=text, group=group, style="item", block=item)


def paragraphs(document: Document, group: Group) -> tuple[list[Piece], list[str]]:
    """Return the paragraphs of a group as pieces, and the lead-ins that introduce a list and say
    nothing alone.

    Code, quotes and pictures after a paragraph belong to it, and so does prose after a paragraph in
    bold.
    """
    pieces: list[Piece] = []
    lead_ins: list[str] = []
    is_titled = False
    for number, block in enumerate(group.blocks):
        if block.kind in {"list", "table", "rule"}:
            continue
        text = document.raw([block])
        if not text.strip() or is_placeholder(document, text):
            continue
        following = group.blocks[number + 1].kind if number + 1 < len(group.blocks) else ""
        if (
            block.kind == "paragraph"
            and following in {"list", "table"}
            and text.rstrip(" *_").endswith(":")
        ):
            lead_ins.append(text)
            continue
        inline = document.inline(block.content) if block.kind == "paragraph" else None
        is_title = inline is not None and inline.emphasised
        # A picture has no words of its own and belongs to what it shows.
        if (
            pieces
            and not is_title
            and (inline is None or not inline.words or is_titled or len(pieces) >= MOST_PARAGRAPHS)
        ):
            last = pieces[-1]
            pieces[-1] = Piece(
                text=f"{last.text}\n\n{text}", group=last.group, style=last.style, block=last.block
            )
        else:
            pieces.append(Piece(text=text, group=group.heading, style="paragraph", block=block))
            is_titled = is_titled or is_title
    return pieces, lead_ins
