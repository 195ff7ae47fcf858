"""Action items: check boxes, lists, tables and titled paragraphs, with the owner, link and state
they tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from tracker.importing.headings import action_kind, recognise
from tracker.importing.learning import NUMBERING
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
from tracker.importing.report import ActionItem, ActionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.importing.blocks import Block, Document
    from tracker.importing.sections import Section

_COLUMNS: Final = (
    (
        "owner",
        r"\b(owners?|assign(ees?|ed( to)?)|who|dri|responsible|people|person|team|lead)\b",
    ),
    ("status", r"\b(status|done|state|completed?|progress|resolved|notes?)\b"),
    ("kind", r"\b(type|kind|class)\b"),
    (
        "link",
        r"\b(issues?|bugs?|tickets?|tracking|tracker|links?|jira|github|pr|prs|url|pull request)\b",
    ),
    ("kind", r"\bcategory\b"),
    (
        "title",
        r"\b(actions?|items?|tasks?|to ?dos?|what|measures?|improvements?|follow ?ups?|title)\b",
    ),
    ("title", r"\b(descriptions?|summary|details?)\b"),
)
_DONE: Final = re.compile(
    r"(?:done|completed?|closed|fixed|shipped|merged|resolved|finished|implemented|deployed|yes|x"
    r"|[\u2705\u2714\u2611]\ufe0f?)",
    re.IGNORECASE,
)
_DONE_MARK: Final = re.compile(
    r"^\W{0,4}(?:[\u2705\u2714\u2611]|(?:\[|\()?(?:done|completed)(?:\]|\)|:| -))"
    r"|[(\[\u2013-][ ]?(?:already )?(?:done|completed?|fixed|merged)[)\]]?\W{0,4}$"
    r"|[\u2705\u2714\u2611]\ufe0f?$",
    re.IGNORECASE,
)
_DONE_BEFORE: Final = re.compile(
    r"^[\s\u2705\u2714\u2611\ufe0f]{0,6}(?:[\[(]?(?:done|completed)(?:\]|\)|:| -)\s*)?",
    re.IGNORECASE,
)
_BOX: Final = re.compile(r"^\s*\[(?P<mark>[ xX\u2713\u2714])\]\s*")
_SHORTEST_TASK_SPACES: Final = 3
_BROKEN_URL: Final = re.compile(
    r"(https?://[^\s<>()]{1,400})\n(?=/\w)|(https?://[^\s<>()]{1,400}[-/])\n(?=\w)"
)
"""An address that the line breaks of a PDF have cut in two."""

_OWNER: Final = re.compile(
    r"(?:\b(?:owners?|assignees?|dri|responsible|lead)\s?[:=]|\b(?:assigned to|owned by)\b:?)\s*"
    r"(?P<who>[^()\[\].,;|\n]{2,60})",
    re.IGNORECASE,
)
_HANDLE: Final = re.compile(r"(?<![\w/.@])@[A-Za-z0-9][\w-]{1,38}(?![\w-]*[/.]\w)")
_KIND_AROUND: Final = re.compile(
    r"^\s*[\[(](?P<first>[\w ]{3,20})[\])]|^(?P<label>\w{5,12}) ?[:\u2013-] "
    r"|[\[(](?P<last>[\w ]{3,20})[\])]\W*$"
)


def read_actions(
    document: Document, sections: Sequence[Section]
) -> tuple[tuple[ActionItem, ...], list[str]]:
    """Return the actions of sections that list them, and the prose around their lists."""
    actions: list[ActionItem] = []
    left: list[str] = []
    for section in sections:
        for group in groups_of(document, section.blocks):
            context = _Context(section.heading, group.heading)
            if any(block.kind == "table" for block in group.blocks):
                found, rest = _from_tables(document, group, context)
            elif has_list(group):
                found, rest = _from_lists(document, group, context)
            else:
                found, rest = _from_prose(document, group, context), []
            actions.extend(found)
            left.extend(rest)
    return tuple(actions), left


class _Context:
    """What the headings above an item say about it."""

    def __init__(self, *headings: str) -> None:
        named = [
            kind for heading in reversed(headings) if heading and (kind := action_kind(heading))
        ]
        self.kind: str | None = named[0] if named else None
        self.is_done = any(
            re.search(r"\((?:[^()]* )?(?:completed?|done)\)", heading.lower())
            for heading in headings
        )
        self.headings = headings

    def below(self, heading: str) -> _Context:
        """Return the context of items below one more heading."""
        return _Context(*self.headings, heading) if heading else self


def _from_lists(
    document: Document, group: Group, context: _Context
) -> tuple[list[ActionItem], list[str]]:
    actions: list[ActionItem] = []
    left: list[str] = []
    inner = context
    for block in group.blocks:
        if block.kind == "list":
            for piece in list_items(document, block, group=""):
                actions.extend(_from_item(document, piece, inner.below(piece.group)))
            inner = context
        elif (text := document.raw([block])).strip() and not is_placeholder(document, text):
            left.append(text)
            inner = (
                context.below(document.inline(block.content).words.rstrip(" :"))
                if block.kind == "paragraph"
                else context
            )
    return actions, left


def _from_item(document: Document, piece: Piece, context: _Context) -> list[ActionItem]:
    """Return the action of one item, and those of check boxes inside it, which are work of their
    own.
    """
    inner = [child for child in piece.block.children if child.kind == "list" and _has_boxes(child)]
    outer = [child for child in piece.block.children if child not in inner]
    text = document.raw(outer) if inner else piece.text
    actions = [] if is_placeholder(document, text) else [_action(document, text, context)]
    for block in inner:
        for nested in list_items(document, block, group=piece.group):
            actions.extend(_from_item(document, nested, context.below(nested.group)))
    return actions


def _from_prose(document: Document, group: Group, context: _Context) -> list[ActionItem]:
    """Return one action for a sub-heading that names one, or one for each paragraph of a plain
    group.
    """
    heading = group.heading
    is_numbered = NUMBERING.match(heading) or _BOX.match(heading)
    # A heading of one to three words names a component or a kind of work, a longer one the work
    # itself.
    is_short = heading.count(" ") < _SHORTEST_TASK_SPACES and not is_numbered
    is_group = is_short or action_kind(heading) is not None or recognise(heading) is not None
    body = document.raw(group.blocks)
    if is_group:
        return [_action(document, piece.text, context) for piece in paragraphs(document, group)[0]]
    if is_placeholder(document, body) and not is_numbered:
        return []
    return [_action(document, body, context, heading=heading)]


def _from_tables(
    document: Document, group: Group, context: _Context
) -> tuple[list[ActionItem], list[str]]:
    actions: list[ActionItem] = []
    left: list[str] = []
    for block in group.blocks:
        if block.kind == "table":
            actions.extend(_from_table(document, block, context))
        elif (text := document.raw([block])).strip() and not is_placeholder(document, text):
            left.append(text)
    return actions, left


def _from_table(document: Document, block: Block, context: _Context) -> list[ActionItem]:
    titles = [document.inline(cell).words for cell in block.rows[0]]
    columns = _columns(titles)
    if "title" not in columns:
        return []
    actions = []
    for row in block.rows[1:]:
        cells = [cell.strip() for cell in row] + [""] * (len(titles) - len(row))
        text = cells[columns["title"]]
        if is_placeholder(document, text):
            continue
        named = {name: document.inline(cells[at]).words for name, at in columns.items()}
        shown = {columns["title"], columns.get("owner"), columns.get("kind")}
        extra = [
            f"{titles[n]}: {cell}"
            for n, cell in enumerate(cells[: len(titles)])
            if cell and n not in shown
        ]
        action = _action(
            document,
            "\n\n".join([text, *extra]),
            context.below(named.get("kind", "")),
            title_from=text,
        )
        link = _first_web_link(document, cells[columns["link"]]) if "link" in columns else ""
        owner = "" if is_placeholder(document, named.get("owner", "")) else named["owner"]
        # Some write it in capitals behind the ticket instead of in a column of its own.
        is_done = (
            action.done
            or bool(_DONE.fullmatch(named.get("status", "").strip(" .!")))
            or bool(re.search(r"\bDONE\b", named.get("link", "")))
        )
        actions.append(
            ActionItem(
                title=action.title,
                detail=action.detail,
                owner_text=shortened(owner) or action.owner_text,
                external_url=link or action.external_url,
                done=is_done,
                kind=action.kind,
            )
        )
    return actions


def _columns(titles: list[str]) -> dict[str, int]:
    """Return the column of each thing an action has, each column used once, "title" found last."""
    columns: dict[str, int] = {}
    for name, words in _COLUMNS:
        if name in columns:
            continue
        for number, title in enumerate(titles):
            if number not in columns.values() and re.search(words, title.lower()):
                columns[name] = number
                break
    if "title" not in columns:
        free = [number for number in range(len(titles)) if number not in columns.values()]
        if free:
            columns["title"] = free[0]
    return columns


def _action(
    document: Document,
    text: str,
    context: _Context,
    *,
    heading: str = "",
    title_from: str | None = None,
) -> ActionItem:
    text = _BROKEN_URL.sub(r"\1\2", text)
    box = _BOX.match(heading or text)
    detail = _BOX.sub("", text, count=1) if box and not heading else text
    source = _BOX.sub("", NUMBERING.sub("", heading or title_from or detail, count=1), count=1)
    title = title_of(document, source)
    words = document.inline(f"{source}\n{detail}" if heading else detail).words
    kind = context.kind
    around = _KIND_AROUND.search(_first_line(document, source))
    if around and (said := action_kind(next(part for part in around.groups() if part))):
        kind = said
        title = (
            re.sub(r"\s*[\[(][\w ]{3,20}[\])]\W*$", "", title) if around.group("last") else title
        )
    return ActionItem(
        title=_bare(title) or title or shortened(words),
        detail=document.with_links(detail),
        owner_text=_owner(words),
        external_url=_first_web_link(document, f"{source}\n{detail}"),
        done=context.is_done
        or (box is not None and box.group("mark") != " ")
        or bool(_DONE_MARK.search(_first_line(document, source))),
        kind=cast("ActionKind | None", kind),
    )


def _bare(title: str) -> str:
    """Return the title without what is kept beside it: that it is done, and who owns it."""
    text = _OWNER.sub("", _DONE_BEFORE.sub("", title)).replace("~~", "")
    return text.strip(" -\u2013\u2014(,;:") if text != title else title


def _owner(words: str) -> str:
    if named := _OWNER.search(words):
        return shortened(named.group("who").strip())
    handle = _HANDLE.search(words)
    return handle.group() if handle else ""


def _first_line(document: Document, markdown: str) -> str:
    return document.inline(markdown.strip().split("\n\n", maxsplit=1)[0]).words


def _first_web_link(document: Document, markdown: str) -> str:
    links = document.inline(markdown).links
    return next((link[:2_000] for link in links if link.startswith(("http://", "https://"))), "")


def _has_boxes(block: Block) -> bool:
    return any(item.children and _BOX.match(item.children[0].content) for item in block.children)
