"""A report cut into its sections: by headings, by bold lines that serve as headings, by bold labels
in lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tracker.importing.blocks import Block, Document
from tracker.importing.headings import SectionKind, opens, recognise, recognise_label
from tracker.importing.moments import read_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOLD_LINE_LEVEL: Final = 7
_LABEL_LEVEL: Final = 8
_SHORTEST_TITLE_SPACES: Final = 2
_LABEL: Final = re.compile(
    r"(\*\*|__)[ \t]*(?P<label>[^*_\n]{2,80}?)[ \t]*(?P<colon>:?)[ \t]*\1[ \t]*(?P<after>:?)[ \t]*"
)
_PLAIN_LABEL: Final = re.compile(r"(?P<label>[A-Za-z][\w '/&-]{2,60})(?P<colon>:)[ \t]*$")
_PLAIN_FIELD: Final = re.compile(r"(?P<label>[A-Z][A-Za-z]+(?: [A-Za-z]+){0,2}):[ \t]+(?=\S)")
_HOLDS_LABELS: Final = {
    None,
    "other",
    "summary",
    "narrative",
    "background",
    "lessons",
    "key_events",
}


@dataclass(slots=True)
class Section:
    """One section. ``heading`` is plain text, ``lead`` the Markdown beside its label, ``blocks``
    the rest.
    """

    kind: SectionKind | None
    heading: str
    level: int
    blocks: list[Block] = field(default_factory=list)
    heading_block: Block | None = None
    is_closed_by_paragraph: bool = False


def sections_of(document: Document) -> tuple[str, list[Section]]:
    """Return the title in the text ("" when there is none) and its sections in order.

    The first section is what stands before any heading; its kind is None. Sub-headings that open no
    section of their own stay, as blocks, in the section they stand in.
    """
    reader = _Reader(document)
    for number, block in enumerate(document.blocks):
        reader.take(
            block,
            following=document.blocks[number + 1] if number + 1 < len(document.blocks) else None,
        )
    return reader.title, reader.sections


def as_label(content: str) -> tuple[str, str] | None:
    """Return (label, the rest) of Markdown that begins with a bold label or a plain "Label:" line,
    or None.
    """
    match = _LABEL.match(content)
    if match is None:
        first, _, rest = content.partition("\n")
        plain = _PLAIN_LABEL.match(first)
        return (plain.group("label"), rest) if plain else None
    rest = content[match.end() :]
    is_label = match.group("colon") or match.group("after") or not rest or rest.startswith("\n")
    return (match.group("label"), rest.strip("\n")) if is_label else None


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self.title = ""
        self._top_headings = sum(
            1 for block in document.blocks if block.kind == "heading" and block.level == 1
        )
        opening = Section(kind=None, heading="", level=0)
        self.sections = [opening]
        self._open = [opening]

    def take(self, block: Block, *, following: Block | None) -> None:
        """Put one top-level block where it belongs."""
        current = self._open[-1]
        if block.kind == "heading":
            self._take_heading(block, following)
        elif block.kind == "paragraph":
            if current.is_closed_by_paragraph:
                self._open.pop()
            is_opening = self._parent_for(_BOLD_LINE_LEVEL).kind is None
            for part in _split_at_labels(block, is_opening=is_opening):
                self._take_paragraph(part, is_opening=is_opening)
        elif block.kind == "list" and self._is_list_of_sections(block):
            self._take_labelled_items(block)
        else:
            current.blocks.append(block)

    def _take_heading(self, block: Block, following: Block | None) -> None:
        words = self._document.inline(block.content).words
        kind = recognise(words)
        if not self.title and self._is_title(block, words, kind):
            self.title = words
            return
        if kind is None and _is_only_a_stamp(words) and self.sections[-1].kind == "timeline":
            self.sections[-1].blocks.append(block)
            return
        parent = self._parent_for(block.level)
        if self._stays(kind, parent, words, following):
            self._open[-1].is_closed_by_paragraph = False
            parent.blocks.append(block)
            self._close_down_to(parent)
            return
        self._close_down_to(parent)
        self._begin(
            Section(kind=kind or "other", heading=words, level=block.level, heading_block=block)
        )

    def _take_paragraph(self, block: Block, *, is_opening: bool) -> None:
        found = as_label(block.content) or (_plain_field(block.content) if is_opening else None)
        parent = self._parent_for(_BOLD_LINE_LEVEL)
        if found:
            label, rest = found
            kind = recognise_label(label)
            may_open = opens(kind, inside=parent.kind) if kind else False
            if rest and parent.kind not in _HOLDS_LABELS:
                may_open = False
            if may_open:
                self._close_down_to(parent)
                section = Section(kind=kind, heading=label, level=_BOLD_LINE_LEVEL)
                section.is_closed_by_paragraph = bool(rest)
                if rest:
                    section.blocks.append(replace(block, content=rest))
                self._begin(section)
                return
        self._open[-1].blocks.append(block)

    def _is_list_of_sections(self, block: Block) -> bool:
        parent = self._parent_for(_LABEL_LEVEL)
        if parent.kind not in _HOLDS_LABELS:
            return False
        labels = [found[0] if (found := _item_label(item)) else "" for item in block.children]
        kinds = [recognise_label(label) if label else None for label in labels]
        known = sum(1 for kind in kinds if kind and opens(kind, inside=parent.kind))
        return known > 1 or (known == 1 and all(labels))

    def _take_labelled_items(self, block: Block) -> None:
        for item in block.children:
            found = _item_label(item)
            if found is None:
                self._open[-1].blocks.append(
                    replace(block, start=item.start, end=item.end, children=[item])
                )
                continue
            label, rest = found
            parent = self._parent_for(_LABEL_LEVEL)
            self._close_down_to(parent)
            first, others = item.children[0], item.children[1:]
            blocks = [replace(first, content=rest), *others] if rest.strip() else list(others)
            section = Section(
                kind=recognise_label(label) or "other",
                heading=label,
                level=_LABEL_LEVEL,
                blocks=blocks,
            )
            section.is_closed_by_paragraph = bool(blocks)
            self._begin(section)

    def _stays(
        self, kind: SectionKind | None, parent: Section, words: str, following: Block | None
    ) -> bool:
        """Say whether a heading is only a sub-heading of the section it stands in."""
        if parent.kind is None:
            return False
        if parent.kind == "timeline":
            # "Resolution" in a timeline is a phase of it when times follow, and a section when
            # prose does.
            if read_stamp(words) or kind is None or kind == "timeline":
                return True
            return (
                not opens(kind, inside="timeline")
                and following is not None
                and _begins_with_time(following)
            )
        return not opens(kind, inside=parent.kind)

    def _parent_for(self, level: int) -> Section:
        return next(
            section
            for section in reversed(self._open)
            if section.level < level or section.level == 0
        )

    def _close_down_to(self, parent: Section) -> None:
        while self._open[-1] is not parent:
            self._open.pop()

    def _begin(self, section: Section) -> None:
        self.sections.append(section)
        self._open.append(section)

    def _is_title(self, block: Block, words: str, kind: SectionKind | None) -> bool:
        """Say whether the first heading names the report. One that stands alone at the top may say
        "Timeline".
        """
        if len(self.sections) > 1 or _is_only_a_stamp(words):
            return False
        stands_alone = (
            block.level == 1
            and self._top_headings == 1
            and words.count(" ") > _SHORTEST_TITLE_SPACES
        )
        return kind is None or stands_alone


def _item_label(item: Block) -> tuple[str, str] | None:
    if not item.children or item.children[0].kind != "paragraph":
        return None
    found = as_label(item.children[0].content)
    return found if found and item.children[0].content.startswith(("**", "__")) else None


def _plain_field(content: str) -> tuple[str, str] | None:
    """Return (label, the rest) of "Impact: nobody got in", as reports without bold and headings
    have it.
    """
    match = _PLAIN_FIELD.match(content)
    return (match.group("label"), content[match.end() :]) if match else None


def _split_at_labels(block: Block, *, is_opening: bool) -> Iterator[Block]:
    """Cut a paragraph before each line that begins with a label which opens a section.

    Labels are bold; before any section, where particulars stand, they may be plain.
    """
    lines = block.content.split("\n")
    begin = 0
    for number in range(1, len(lines)):
        is_bold = lines[number].startswith(("**", "__"))
        if not is_bold and not is_opening:
            continue
        found = as_label(lines[number]) if is_bold else _plain_field(lines[number])
        if found and recognise_label(found[0]):
            yield replace(block, content="\n".join(lines[begin:number]))
            begin = number
    yield replace(block, content="\n".join(lines[begin:])) if begin else block


def _begins_with_time(block: Block) -> bool:
    if block.kind == "table":
        return any(row and read_stamp(row[0]) for row in block.rows[1:2])
    if block.kind == "list":
        return any(
            item.children and read_stamp(item.children[0].content) for item in block.children[:2]
        )
    return read_stamp(block.content) is not None


def _is_only_a_stamp(words: str) -> bool:
    stamp = read_stamp(words)
    return stamp is not None and not words[stamp.end :].strip()
