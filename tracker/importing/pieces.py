"""The pieces of a section that lists things: items, paragraphs, titled groups, with plain titles.

What a template left to be filled in is no piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tracker.importing.report import TITLE_LIMIT

if TYPE_CHECKING:
    from tracker.importing.blocks import Block, Document

_LONGEST_LEAD_IN: Final = 80
MOST_PARAGRAPHS: Final = 10
"""Prose becomes at most so many items; what follows belongs to the last."""

_PLACEHOLDERS: Final = frozenset(
    {
        *(
            "tbd",
            "tba",
            "tbc",
            "todo",
            "n/a",
            "na",
            "none",
            "nil",
            "nothing",
            "unknown",
            "pending",
            "no",
            "-",
            "?",
        ),
        *(
            "not applicable",
            "none yet",
            "none so far",
            "nothing yet",
            "to be done",
            "to be added",
            "to be determined",
        ),
        *(
            "to be decided",
            "to be completed",
            "to be defined",
            "to follow",
            "no comments added",
            "no comment added",
        ),
        *(
            "no action items",
            "no actions",
            "no follow up",
            "no follow ups",
            "none known",
            "none identified",
        ),
        *(
            "list",
            "item",
            "action item",
            "lesson",
            "text",
            "description",
            "summary",
            "work in progress",
            "wip",
        ),
        *(
            "no action items yet",
            "no actions yet",
            "not yet",
            "nothing to report",
            "nothing to note",
            "placeholder",
        ),
    }
)
_MARKS: Final = re.compile(r"[^\w/?\s-]+")
_TEMPLATE: Final = re.compile(
    r"\{\{?[^{}]{0,200}\}\}?|<[^<>\n]{0,80}>|\[[^\[\]\n]{0,80}\]\(?\)?|\.{3}|\u2026"
)
_LIST_MARK: Final = re.compile(r"^\s*(?:(?:[-*+]|\d{1,9}[.)])(?:\s+|$))?(?:\[[ xX]?\](?!\())?\s*")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"'\u201d)]?\s+(?=[\"'\u201c(]?[A-Z0-9])|(?<=[;])\s")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|cf|no|nr|mr|ms|dr|st)\.|\b[A-Za-z]\.|\d\.)$", re.IGNORECASE
)
_URL: Final = re.compile(r"https?://\S+")
_FIRST_PART: Final = re.compile(
    r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t])|\n(?=[ \t]*(?:```|~~~|>))"
)
_TRAILING_URLS: Final = re.compile(
    r"(?:[\s\u2013\u2014:(\[<-]{0,6}(?:\bsee )?https?://[^\s<>]{1,500}[)\]>.]{0,3}){1,20}\s*$"
)
_BOLD_LINE: Final = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(\*\*|__)[^*_\n]{1,200}\1[ \t]*\n")
_SHORT_URL: Final = 120
_LONGEST_LABEL: Final = 120
_LONGEST_PLACEHOLDER: Final = 600


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
            # A long text before the list is the item itself, and the list a part of it.
            and len(first.content) <= _LONGEST_LEAD_IN
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


def title_of(document: Document, markdown: str) -> str:
    """Return the label or the first sentence of the Markdown as plain text of at most 200
    characters.

    An item that is nothing but a link has its address, without the scheme, for a title.
    """
    first = _FIRST_PART.split(markdown.strip(), maxsplit=1)[0]
    inline = document.inline(_LIST_MARK.sub("", first, count=1))
    label = inline.label.strip(" :.\u2013-")
    if label and len(label) <= _LONGEST_LABEL and inline.words.startswith(inline.label):
        after = inline.words[len(inline.label) :].lstrip()
        is_line = bool(_BOLD_LINE.match(first))
        if (
            is_line
            or inline.label.rstrip()[-1:] in ":."
            or not after
            or after[0] in ":.\u2013\u2014-"
        ):
            return label
    words = _URL.sub("", inline.words).strip(" :-\u2013\u2014<>()[].,")
    if len(re.sub(r"\W", "", words)) < 3:
        address = next(iter(inline.links), inline.words)
        return shortened(re.sub(r"^https?://(?:www\.)?", "", address), _SHORT_URL)
    sentence = first_sentence(_TRAILING_URLS.sub("", inline.words))
    return shortened(_TRAILING_URLS.sub("", sentence).strip(" -:\u2013"))


def first_sentence(text: str) -> str:
    """Return the text up to its first full stop that ends a sentence."""
    for match in _SENTENCE_END.finditer(text[:1_000]):
        sentence = text[: match.start()].strip()
        if not _ABBREVIATION.search(sentence):
            return sentence
    return text.strip()


def shortened(text: str, limit: int = TITLE_LIMIT) -> str:
    """Return the text cut at a word to at most ``limit`` characters, with an ellipsis when it was
    cut.
    """
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-") + "\u2026"


def is_placeholder(document: Document, markdown: str) -> bool:
    """Say whether a text is empty, or only what a template left to be filled in.

    Source: the templates of several teams, which leave "TBD", "{ list }", a question in italics or
    in a quote.
    """
    if len(markdown) > _LONGEST_PLACEHOLDER:
        return False
    lines = [
        bare
        for line in markdown.split("\n")
        if (bare := _LIST_MARK.sub("", line, count=1).strip(" >#"))
    ]
    if not lines:
        return True
    return all(_is_placeholder_line(document, line) for line in lines) or _is_quoted_question(
        markdown
    )


def _is_placeholder_line(document: Document, line: str) -> bool:
    if not _TEMPLATE.sub("", line).strip(" .,:;*_-"):
        return not _URL.search(line)
    plain = re.sub(r"\s+", " ", _MARKS.sub(" ", line.replace("_", " "))).strip().lower()
    if plain in _PLACEHOLDERS or not plain:
        return True
    inline = document.inline(line)
    is_slanted = inline.emphasised and line[:1] in "*_" and line[:2] not in {"**", "__"}
    return is_slanted and (
        inline.words.endswith("?") or plain.startswith(("to be ", "fill in", "copy ", "describe "))
    )


def _is_quoted_question(markdown: str) -> bool:
    lines = [line.strip() for line in markdown.split("\n") if line.strip()]
    return all(line.startswith(">") for line in lines) and lines[-1].endswith("?")
