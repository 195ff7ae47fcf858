"""Procedures as people write them: Markdown with front matter, its steps, and back to a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import yaml
from markdown_it import MarkdownIt

from tracker.domain.procedure import STEP_TITLE_LIMIT, Part, Passage, Step
from tracker.importing.particulars import split_front_matter

if TYPE_CHECKING:
    from markdown_it.token import Token

# The names of the front matter, in the order in which a file has them.
FIELDS: Final = (
    "title", "slug", "kind", "owner", "team", "escalation", "review_every", "services",
    "validated_by",
)  # fmt: skip
_MARKER: Final = re.compile(r"^ {0,3}(?:\d{1,9}[.)]|[-*+])(?: +|\t|$)")
_BOX: Final = re.compile(r"^\[[ xX]\](?:\s+|$)")
_FIRST_HEADING: Final = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_SPAN: Final = re.compile(
    r"^\s*(\d{1,5})\s*(d|days?|w|weeks?|months?|y|years?)?\s*$", re.IGNORECASE
)
_DAYS_OF: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
_TAB: Final = 4
_DEEPEST_CODE: Final = 4
_LONGEST_VALUE: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class ProcedureText:
    """What a file says. People are e-mail addresses, teams and services slugs; none is checked.

    ``unknown`` names the fields of the front matter that mean nothing here.
    """

    title: str
    text: str
    slug: str = ""
    kind: str = "runbook"
    owner: str = ""
    team: str = ""
    escalation: str = ""
    review_every_days: int | None = None
    services: tuple[str, ...] = ()
    validated_by: str = ""
    unknown: tuple[str, ...] = ()


def read_procedure(text: str) -> ProcedureText:
    """The procedure of a Markdown file.

    Without a title in the front matter, the first heading of level one is the title.
    Raises: ValueError with a plain sentence, when the front matter cannot be read.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    front, body = split_front_matter(plain)
    title = _line("title", front)
    heading = _FIRST_HEADING.match(body)
    if heading and (not title or heading.group(1).strip() == title):
        # The page shows the title by itself.
        title, body = heading.group(1).strip(), body[heading.end() :]
    return ProcedureText(
        title=title,
        text=body.strip("\n").rstrip(),
        slug=_line("slug", front),
        kind=_line("kind", front) or "runbook",
        owner=_line("owner", front),
        team=_line("team", front),
        escalation=_line("escalation", front),
        review_every_days=_days(front.get("review_every")),
        services=_names(front.get("services")),
        validated_by=_line("validated_by", front),
        unknown=tuple(str(name) for name in front if name not in FIELDS),
    )


def written_procedure(procedure: ProcedureText) -> str:
    """The file that ``read_procedure`` reads back as the same procedure."""
    days = procedure.review_every_days
    front = {
        "title": procedure.title,
        "slug": procedure.slug,
        "kind": procedure.kind,
        "owner": procedure.owner,
        "team": procedure.team,
        "escalation": procedure.escalation,
        "review_every": f"{days} days" if days else "",
        "services": list(procedure.services),
        "validated_by": procedure.validated_by,
    }
    kept = {name: value for name, value in front.items() if value}
    head = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{head}---\n\n{procedure.text.strip()}\n"


def steps_of(text: str) -> tuple[Step, ...]:
    """The steps of a text, in their order."""
    return tuple(part for part in parts_of(text) if isinstance(part, Step))


@lru_cache(maxsize=128)
def parts_of(text: str) -> tuple[Part, ...]:
    """The text as steps and what stands between them.

    A step is each item of an ordered list, and each ``- [ ]`` item, of a list that stands in no
    other. What is nested in an item is part of its step; other lists are explanations.
    """
    lines = text.split("\n")
    parts: list[Part] = []
    heading, ordered, position, number = "", False, 0, 0
    tokens = _parser().parse(text)
    for place, token in enumerate(tokens):
        if token.level == 0:
            if token.type == "heading_open":
                heading = _words(tokens[place + 1])
            elif token.type in ("ordered_list_open", "bullet_list_open"):
                ordered = token.type == "ordered_list_open"
            continue
        if token.type != "list_item_open" or token.level != 1 or token.map is None:
            continue
        start, end = token.map
        written = _without_marker(lines[start:end])
        box = _BOX.match(written)
        if not ordered and box is None:
            continue
        parts += _passage(lines[position:start])
        number += 1
        markdown = written[box.end() :] if box else written
        parts.append(Step(number, _title(markdown) or f"Step {number}", markdown, heading))
        position = end
    return (*parts, *_passage(lines[position:]))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 50}).enable("table")


def _passage(lines: Sequence[str]) -> list[Passage]:
    text = "\n".join(lines).strip("\n").rstrip()
    return [Passage(text)] if text.strip() else []


def _without_marker(lines: Sequence[str]) -> str:
    """The content of an item, moved to the left edge."""
    first = lines[0]
    match = _MARKER.match(first)
    width = match.end() if match else 0
    spaces = len(first[:width]) - len(first[:width].rstrip(" "))
    if spaces > _DEEPEST_CODE:
        # More than four blanks after the marker begin a block of code inside the item.
        width -= spaces - 1
    return "\n".join([first[width:], *(_moved_left(line, width) for line in lines[1:])]).rstrip()


def _moved_left(line: str, width: int) -> str:
    taken = 0
    for place, letter in enumerate(line):
        if letter not in " \t" or taken >= width:
            return line[place:]
        taken += _TAB if letter == "\t" else 1
    return ""


def _title(markdown: str) -> str:
    tokens = _parser().parse(markdown.split("\n\n", maxsplit=1)[0])
    inline = next((one for one in tokens if one.type == "inline"), None)
    return _words(inline)[:STEP_TITLE_LIMIT].rstrip(" :") if inline is not None else ""


def _words(inline: Token) -> str:
    """The first line of an inline text, without its marks."""
    words: list[str] = []
    for child in inline.children or ():
        if child.type in ("softbreak", "hardbreak"):
            break
        words.append(child.content)
    return re.sub(r"\s+", " ", "".join(words)).strip()


def _line(name: str, front: Mapping[str, object]) -> str:
    value = front.get(name)
    if value is None:
        return ""
    if isinstance(value, Mapping | list) or len(str(value)) > _LONGEST_VALUE:
        msg = f"The field “{name}” of the front matter must be a text."
        raise ValueError(msg)
    return str(value).strip()


def _names(value: object) -> tuple[str, ...]:
    if value in (None, ""):
        return ()
    parts = re.split(r"[,;\s]+", value) if isinstance(value, str) else value
    if not isinstance(parts, list) or any(isinstance(one, Mapping | list) for one in parts):
        msg = "The field “services” of the front matter must be a list of names."
        raise ValueError(msg)
    return tuple(dict.fromkeys(str(one).strip() for one in parts if str(one).strip()))


def _days(value: object) -> int | None:
    if value in (None, ""):
        return None
    match = _SPAN.match(str(value))
    if match is None or isinstance(value, bool):
        msg = "The field “review_every” must be like “180 days”, “6 months” or “1 year”."
        raise ValueError(msg)
    return int(match.group(1)) * _DAYS_OF[(match.group(2) or "d")[0].lower()]
