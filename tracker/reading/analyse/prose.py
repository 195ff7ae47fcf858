"""Markdown as prose for the wording hints: what must not be judged is masked, place for place.

The result has the length of the source. Code, quotations, links and logs become a thing that is
named but not read; headings and block quotes vanish; the borders of paragraphs, list items and
table cells end a sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tracker.domain.wording.tokens import BREAK, SYSTEM, THING

_QUOTE = "blockquote_open"
_HIDDEN = frozenset(("fence", "code_block", "html_block", "heading_open", _QUOTE))
_QUOTE_MARK = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,4}[.)])[ \t]+)*>|[ \t]")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,4}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_CODE = re.compile(r"(`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(
    r"!?\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\](?:\((?:[^()\s]|\([^()\s]*\)|[ \t])*\)|\[[^\]\n]*\])"
)
_AUTOLINK = re.compile(r"<(?:https?|mailto):[^>\s]*>")
_FOOTNOTE = re.compile(r"\[\^[^\]\n]+\]:?")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>")
# A quotation ends in the paragraph or list item where it began, wrapped or not, and is no longer
# than a few sentences; one in single quotes, which apostrophes look like, stays on its line.
_WRAP = r"\n(?![ \t]*(?:\n|[-*+>|#]|\d{1,4}[.)][ \t]))"
_QUOTED = re.compile(
    rf"\u201c(?:[^\u201c\u201d\n]|{_WRAP}){{1,600}}\u201d"
    rf"|\u00ab(?:[^\u00ab\u00bb\n]|{_WRAP}){{1,600}}\u00bb"
    rf"|(?<![\w\"])\"(?=\S)(?:[^\"\n]|{_WRAP}){{1,600}}?(?<=\S)\"(?![\w\"])"
    r"|(?<![\w'\u2019])['\u2018](?=\S)[^'\u2018\u2019\n]{2,200}(?<=\S)['\u2019](?![\w'\u2019])"
)
# A line that a machine wrote: it begins with a level or has one after its time, it is a frame of a
# stack, or most of it are pairs of a key and a value.
_LOG = re.compile(
    r"^[ \t]*(?:"
    r"\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\]?[ \t:|]+\S.*"
    r"|[\[(]?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*[ \t]+\S{0,40}[ \t]*[\[(|]?"
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\b.*"
    r"|[A-Z][a-z]{2}[ ]{1,2}\d{1,2} \d\d:\d\d:\d\d \S+ \S+?(?:\[\d+\])?: .*"
    r"|at [\w$.<>]+\(.*\)|Traceback \(most recent.*|File \".*\", line \d+.*"
    r"|[EWIF]\d{4} \d\d:\d\d:\d\d.*"
    r"|(?:[\w.]+=\S+[ \t]+){2,}\S*"
    r"|[$>#][ \t]?(?:sudo|kubectl|git|docker|aws|gcloud|psql|systemctl|helm|terraform|curl)\b.*"
    r")$",
    re.MULTILINE,
)


@lru_cache(maxsize=1)
def _blocks() -> MarkdownIt:
    # Only the blocks are asked for; inside a paragraph the masks below suffice and are quicker.
    parser = MarkdownIt("commonmark", {"maxNesting": 50})
    parser.enable("table")
    parser.disable(["inline", "text_join"], ignoreInvalid=True)
    return parser


def prose_of(markdown: str) -> str:
    """The text with everything masked that is not the writer's own prose; same length."""
    text = list(markdown)
    plain = markdown.replace("\r", " ")
    for token in _blocks().parse(plain):
        if token.map and token.type in _HIDDEN and not _is_underlined_paragraph(token):
            _mask_lines(text, plain, token.map[0], token.map[1], quoted=token.type == _QUOTE)
    held = "".join(text)
    # What stands in code marks is a system or a part of one, never somebody.
    for pattern in (_LOG, _CODE):
        held = pattern.sub(_as_system, held)
    for pattern in (_LINK, _AUTOLINK, _FOOTNOTE, _QUOTED):
        held = pattern.sub(_as_thing, held)
    held = _TAG.sub(_blank, held)
    held = _ITEM.sub(_border, held)
    return held.replace("|", BREAK) if "|" in held else held


def _is_underlined_paragraph(token: Token) -> bool:
    """True for several lines over a rule, which Markdown takes for a heading and writers do not."""
    first, last = token.map or (0, 0)
    return token.type == "heading_open" and token.markup in ("-", "=") and last - first > 2


def _mask_lines(text: list[str], source: str, first: int, last: int, *, quoted: bool) -> None:
    """The lines from ``first`` to before ``last``; of a quotation those with its mark only.

    Markdown lets a quotation go on in lines without the mark. Indented ones, and those after a
    forced break, are mostly copied with it, as from a chat; the others are mostly meant as prose.
    """
    begin = (*_line_begins(source), len(source))
    for line in range(first, min(last, len(begin) - 1)):
        start, end = begin[line], begin[line + 1]
        goes_on = source.endswith(("  \n", "\\\n"), 0, start)
        if not quoted or goes_on or _QUOTE_MARK.match(source, start, end):
            text[start:end] = [one if one == "\n" else BREAK for one in source[start:end]]


@lru_cache(maxsize=4)
def _line_begins(source: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer("\n", source)))


def _as_system(match: re.Match[str]) -> str:
    return "".join(one if one == "\n" else SYSTEM for one in match.group())


def _as_thing(match: re.Match[str]) -> str:
    return "".join(one if one == "\n" else THING for one in match.group())


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _border(match: re.Match[str]) -> str:
    return BREAK * len(match.group())
