"""The passage of a text that best shows why it was found, and Markdown brought to plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token as MarkdownToken

from tracker.search.analysis import Token, term, tokens

ELLIPSIS = "…"
MOST_CHARACTERS_READ = 200_000
LONGEST_CUT = 30

_LINE_ENDERS = frozenset(
    {"paragraph_close", "heading_close", "tr_close", "list_item_close", "blockquote_close"}
)
_CELL_ENDERS = frozenset({"td_close", "th_close"})


def excerpt(text: str, terms: Sequence[str], *, width: int = 240) -> tuple[tuple[str, bool], ...]:
    """Return the best passage of about `width` characters as runs of (piece, whether it is a
    match).

    `terms` are those of a SearchPage. Joined, the pieces are one passage with white space made
    single and an ellipsis where text was left out. Without a match it is the beginning. The caller
    escapes.
    """
    text = text[:MOST_CHARACTERS_READ]
    wanted = frozenset(terms)
    matches = [(token, _shown(token, wanted)) for token in tokens(text)] if wanted else []
    marked = [(token, shown) for token, shown in matches if shown]
    start, end = _passage(text, marked, max(width, 1))
    pieces: list[tuple[str, bool]] = []
    place = start
    for token, _ in marked:
        if token.start < start or token.end > end:
            continue
        _add(pieces, text[place : token.start], is_match=False)
        _add(pieces, text[token.start : token.end], is_match=True)
        place = token.end
    _add(pieces, text[place:end], is_match=False)
    if not pieces:
        return ()
    if start > 0 and text[:start].strip():
        pieces = [(f"{ELLIPSIS} ", False), *pieces]
    if text[end:].strip():
        pieces = [*pieces, (ELLIPSIS, False)]
    return tuple(_joined(pieces))


def plain_text(markdown: str) -> str:
    """Return the words of a Markdown text without its signs, one block a line; HTML tags are left
    out.
    """
    lines: list[str] = []
    line: list[str] = []
    for token in _markdown().parse(markdown):
        if token.type == "inline":
            line.append("".join(_inline(token.children or [])))
        elif token.type in {"fence", "code_block"}:
            line.append(token.content.rstrip())
            lines.append("".join(line))
            line = []
        elif token.type in _CELL_ENDERS:
            line.append("  ")
        elif token.type in _LINE_ENDERS and line:
            lines.append("".join(line).rstrip())
            line = []
    if line:
        lines.append("".join(line))
    return "\n".join(lines)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _inline(children: list[MarkdownToken]) -> Iterator[str]:
    for child in children:
        if child.type in {"text", "code_inline"}:
            yield child.content
        elif child.type in {"softbreak", "hardbreak"}:
            yield "\n"
        elif child.type == "image":
            yield from _inline(child.children or [])


def _shown(token: Token, wanted: frozenset[str]) -> frozenset[str]:
    """Return which of the wanted terms a token shows."""
    words = (*token.parts, *token.inner, *((token.whole,) if token.whole else ()))
    return frozenset(found for word in words for found in (term(word), word) if found in wanted)


def _passage(
    text: str, marked: Sequence[tuple[Token, frozenset[str]]], width: int
) -> tuple[int, int]:
    """Choose the window with the most different terms, then the most terms, then the earliest."""
    if not marked:
        return _trimmed(text, 0, min(width, len(text)), (len(text), 0))
    best = (0, 0)
    chosen = (marked[0][0].start, marked[0][0].end)
    inside: Counter[str] = Counter()
    first = 0
    for last, (token, shown) in enumerate(marked):
        inside.update(shown)
        while token.end - marked[first][0].start > width and first < last:
            inside.subtract(marked[first][1])
            inside += Counter()
            first += 1
        value = (len(inside), last - first + 1)
        if value > best:
            best = value
            chosen = (marked[first][0].start, token.end)
    # What room is left goes before and after, so that the match is read in its sentence.
    spare = max(width - (chosen[1] - chosen[0]), 0)
    start = max(chosen[0] - spare // 3, 0)
    end = min(max(start + width, chosen[1]), len(text))
    start = max(min(start, end - width), 0)
    return _trimmed(text, start, end, chosen)


def _trimmed(text: str, start: int, end: int, kept: tuple[int, int]) -> tuple[int, int]:
    """Move both ends inwards to the edge of a word, never into `kept`, nor far into a long word."""
    if start > 0 and not text[start - 1].isspace():
        spaces = (n for n in range(start, min(start + LONGEST_CUT, kept[0])) if text[n].isspace())
        start = next(spaces, start)
    while start < end and text[start].isspace():
        start += 1
    if end < len(text) and not text[end].isspace():
        spaces = (
            n for n in range(end - 1, max(end - LONGEST_CUT, kept[1] - 1), -1) if text[n].isspace()
        )
        end = next(spaces, end)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _add(pieces: list[tuple[str, bool]], raw: str, *, is_match: bool) -> None:
    if raw:
        lead = " " if raw[0].isspace() and pieces else ""
        tail = " " if raw[-1].isspace() else ""
        words = " ".join(raw.split())
        pieces.append((f"{lead}{words}{tail}" if words else lead or tail, is_match))


def _joined(pieces: list[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """Join neighbours of one kind, and drop the white space that is left at the very end."""
    text, kind = "", pieces[0][1]
    for piece, is_match in pieces:
        if is_match == kind:
            text += piece
            continue
        if text:
            yield text, kind
        text, kind = piece, is_match
    if text.rstrip() or not kind:
        yield (text.rstrip() if not kind else text), kind
