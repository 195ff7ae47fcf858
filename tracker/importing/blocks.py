"""Markdown as blocks with their lines, and the text of a block as it was written.

The block structure comes from markdown-it-py, so a line in a code fence is never taken for a
heading. Inline Markdown is parsed only where plain words or links are needed: titles, labels,
tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it.token import Token

INLINE_LIMIT: Final = 2_000
"""Inline Markdown past this many characters is not parsed for titles and links; it stays in the
text.
"""

_CONTAINERS: Final = {
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "table_open": "table",
    "paragraph_open": "paragraph",
    "heading_open": "heading",
}
_LEAVES: Final = {"fence": "fence", "code_block": "code", "html_block": "html", "hr": "rule"}
_ITEM_MARKER: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]{0,4}")
_REFERENCE: Final = re.compile(r"\[([^\[\]\n]{1,200})\](?!\()")
_BARE_URL: Final = re.compile(r"https?://[^\s<>()\[\]\"'`]{3,500}")
_LONGEST_SETEXT: Final = 120
_MOST_REMEMBERED: Final = 500


@dataclass(slots=True)
class Block:
    """One block. ``start`` and ``end`` are lines of the text (end excluded), ``indent`` is what its
    list adds.
    """

    kind: str
    start: int
    end: int
    indent: int = 0
    level: int = 0
    content: str = ""
    children: list[Block] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inline:
    """The plain words of a piece of inline Markdown, its links, and its leading bold label."""

    words: str
    links: tuple[str, ...]
    label: str
    emphasised: bool


class Document:
    """A Markdown text with its blocks. Texts taken from it keep the link definitions they use."""

    def __init__(self, text: str) -> None:
        self._env: dict[str, Any] = {}
        # One action asks for the same line as title, owner, kind, link and state.
        self._parsed: dict[str, Inline] = {}
        self._markdown = MarkdownIt("commonmark").enable("table")
        self.lines: list[str] = text.split("\n")
        self._markdown.core.ruler.disable("inline")
        self.blocks: list[Block] = _tree(self._markdown.parse(text, self._env), self.lines)

    def inline(self, content: str) -> Inline:
        """Parse one piece of inline Markdown; of a long one only the beginning."""
        short = content[:INLINE_LIMIT]
        known = self._parsed.get(short)
        if known is None:
            # Inline parsing is switched off for whole texts and asked for here, piece by piece.
            children: list[Token] = []
            self._markdown.inline.parse(short, self._markdown, self._env, children)
            known = _read_inline(children)
            if len(self._parsed) >= _MOST_REMEMBERED:
                self._parsed.clear()
            self._parsed[short] = known
        return known

    def text(self, blocks: Sequence[Block]) -> str:
        """Return blocks as written, without comments, with the link definitions they use."""
        return self.with_links(self.raw(blocks))

    def raw(self, blocks: Sequence[Block]) -> str:
        """Return blocks as they were written, without comments, and without link definitions."""
        parts: list[str] = []
        previous: Block | None = None
        for block in blocks:
            written = self._written(block)
            if not written.strip():
                continue
            if previous is not None:
                # What stood close together stays close together: a list right below its lead-in.
                parts.append("\n" if previous.end >= block.start else "\n\n")
            parts.append(written)
            previous = block
        return "".join(parts).strip("\n")

    def with_links(self, text: str) -> str:
        """Return the text followed by the link definitions it uses, so that its links go on
        working.
        """
        references: dict[str, Any] = self._env.get("references") or {}
        if not references or "[" not in text:
            return text
        used: list[str] = []
        for match in _REFERENCE.finditer(text):
            found = references.get(normalizeReference(match.group(1)))
            if found and (lines := found.get("map")):
                definition = "\n".join(line.strip() for line in self.lines[lines[0] : lines[1]])
                if definition not in used and definition not in text:
                    used.append(definition)
        return "\n\n".join([text, "\n".join(used)]) if used else text

    def _written(self, block: Block) -> str:
        if block.kind == "html":
            return without_comments(block.content).strip("\n")
        if block.kind in {"paragraph", "heading"} and block.content:
            if block.kind == "heading" and block.level <= 6 and not block.indent:
                return "\n".join(self.lines[block.start : block.end]).rstrip()
            return "\n".join(
                line.lstrip(" \t") for line in without_comments(block.content).split("\n")
            )
        if block.kind == "item":
            return self.raw(block.children)
        return "\n".join(
            outdented(line, block.indent) for line in self.lines[block.start : block.end]
        ).rstrip()


def outdented(line: str, columns: int) -> str:
    """Return the line without up to ``columns`` of its leading blanks."""
    lead = len(line) - len(line.lstrip(" \t"))
    return line[min(lead, columns) :]


def without_comments(text: str) -> str:
    """Return the text without HTML comments. A comment that never ends is text."""
    if "<!--" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        parts.append(text[at:start])
        at = end + 3
    parts.append(text[at:])
    return "".join(parts)


def _read_inline(children: Iterable[Token]) -> Inline:
    words: list[str] = []
    links: list[str] = []
    label: str | None = None
    depth = 0
    loose: list[str] = []
    for token in children:
        if token.type in {"strong_open", "em_open"}:
            if token.type == "strong_open" and label is None and not "".join(words).strip():
                label = ""
            depth += 1
        elif token.type in {"strong_close", "em_close"}:
            depth -= 1
        elif token.type == "link_open":
            links.append(str(token.attrs.get("href", "")))
        elif token.type in {"softbreak", "hardbreak"} or token.type == "html_inline":
            words.append(" ")
        elif token.content and token.type != "image":
            words.append(token.content)
            if depth:
                label = label + token.content if label is not None and not loose else label
            else:
                loose.append(token.content)
                links.extend(
                    match.group().rstrip(".,;:") for match in _BARE_URL.finditer(token.content)
                )
    plain = re.sub(r"\s+", " ", "".join(words)).strip()
    emphasised = bool(plain) and not "".join(loose).strip(" .:?!")
    return Inline(
        words=plain,
        links=tuple(link for link in links if link),
        label=label or "",
        emphasised=emphasised,
    )


def _tree(tokens: Sequence[Token], lines: Sequence[str]) -> list[Block]:
    """Build the blocks with a stack of its own, so that deep nesting cannot exhaust Python's."""
    root: list[Block] = []
    stack: list[Block] = []
    row: list[str] | None = None
    for token in tokens:
        kind = _CONTAINERS.get(token.type) or _LEAVES.get(token.type)
        if kind:
            block = _block(kind, token, lines, inside=stack[-1] if stack else None)
            (stack[-1].children if stack else root).append(block)
            if token.nesting == 1:
                stack.append(block)
        elif token.type == "tr_open":
            row = []
        elif token.type == "inline" and stack:
            if stack[-1].kind == "table" and row is not None:
                row.append(token.content)
            else:
                stack[-1].content = token.content
        elif token.type == "tr_close" and row is not None:
            stack[-1].rows.append(row)
            row = None
        elif token.nesting == -1 and _CONTAINERS.get(token.type.replace("_close", "_open")):
            closed = stack.pop()
            if closed.kind == "heading" and _is_only_underlined_prose(closed, lines):
                closed.kind = "paragraph"
    return root


def _block(kind: str, token: Token, lines: Sequence[str], *, inside: Block | None) -> Block:
    start, end = token.map or (0, 0)
    indent = inside.indent if inside else 0
    if kind == "item" and (marker := _ITEM_MARKER.match(lines[start])):
        indent = len(marker.group())
    level = int(token.tag[1]) if kind == "heading" else 0
    content = token.content if kind in {"html", "fence"} else ""
    return Block(kind=kind, start=start, end=end, indent=indent, level=level, content=content)


def _is_only_underlined_prose(block: Block, lines: Sequence[str]) -> bool:
    """Tell a paragraph that somebody closed with a line of dashes from a heading that was meant."""
    if lines[block.start].lstrip().startswith("#"):
        return False
    return "\n" in block.content or len(block.content) > _LONGEST_SETEXT
