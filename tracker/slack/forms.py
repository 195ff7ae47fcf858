"""Forms as modals: fields in, Block Kit out, and what was typed back again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

TITLE_LIMIT = 24
LABEL_LIMIT = 200
HINT_LIMIT = 300
TEXT_LIMIT = 3_000
OPTION_LIMIT = 75
OPTIONS_LIMIT = 100
ABOUT_LIMIT = 3_000
BLOCKS_LIMIT = 100
PLACEHOLDER_LIMIT = 150
ACTION_ID = "given"


@dataclass(frozen=True)
class Option:
    """One choice: what is kept, what is read."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing to fill in. ``name`` is also the name a gap has, so that it shows here.

    ``kind``: line, text, choice, choices, person, people.
    """

    name: str
    label: str
    kind: str = "line"
    hint: str = ""
    placeholder: str = ""
    optional: bool = False
    value: str | tuple[str, ...] = ""
    options: tuple[Option, ...] = ()
    # The form asks again when this field is filled in: similar incidents for a title.
    asks_again: bool = False


@dataclass(frozen=True, kw_only=True)
class Form:
    """A modal: ``verb`` says what happens with it, ``about`` what it is about."""

    verb: str
    title: str
    submit: str
    fields: tuple[Field, ...] = ()
    intro: tuple[Mapping[str, Any], ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


def view_of(form: Form) -> dict[str, Any]:
    """The form as Slack wants it, within all of Slack's limits."""
    # Fields come first when there is not room for all: an introduction can be done without.
    room = BLOCKS_LIMIT - len(form.fields)
    return {
        "type": "modal",
        "callback_id": f"verb {form.verb}",
        "private_metadata": _about(form.about),
        "title": _plain(form.title, TITLE_LIMIT),
        "submit": _plain(form.submit, TITLE_LIMIT),
        "close": _plain("Cancel", TITLE_LIMIT),
        "blocks": [dict(block) for block in form.intro[:room]]
        + [_input(one) for one in form.fields],
    }


def told_view(title: str, text: str, blocks: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A modal that only says something, with a way out."""
    shown = [dict(block) for block in blocks] or [
        {"type": "section", "text": {"type": "mrkdwn", "text": shortened(text, TEXT_LIMIT)}}
    ]
    return {
        "type": "modal",
        "title": _plain(title, TITLE_LIMIT),
        "close": _plain("Close", TITLE_LIMIT),
        "blocks": shown[:BLOCKS_LIMIT],
    }


def given_in(view: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of a submitted view hold: a text, or a tuple where several may be chosen."""
    given: dict[str, Any] = {}
    for name, elements in ((view.get("state") or {}).get("values") or {}).items():
        for element in elements.values():
            given[name] = _value(element or {})
    return given


def filled(form: Form, given: Mapping[str, Any]) -> Form:
    """The form with what was filled in already, where it has to be shown anew."""
    fields = (replace(one, value=given.get(one.name) or one.value) for one in form.fields)
    return replace(form, fields=tuple(fields))


def about_of(view: Mapping[str, Any]) -> dict[str, str]:
    """What the form carried along; empty for anything that is not ours."""
    try:
        about = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in about.items()} if isinstance(about, dict) else {}


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis: whole words where they are not too long."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    words = kept if text[limit - 1].isspace() else kept.rpartition(" ")[0]
    return (words if len(words) > limit // 2 else kept).rstrip(" ,;:") + "…"


def _input(one: Field) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "input",
        "block_id": one.name,
        "label": _plain(one.label, LABEL_LIMIT),
        "element": _element(one),
        "optional": one.optional,
    }
    if one.hint:
        block["hint"] = _plain(one.hint, HINT_LIMIT)
    if one.asks_again:
        block["dispatch_action"] = True
    return block


def _element(one: Field) -> dict[str, Any]:
    element: dict[str, Any] = {"action_id": ACTION_ID}
    if one.kind in ("line", "text"):
        element |= {"type": "plain_text_input", "multiline": one.kind == "text"}
        element["max_length"] = TEXT_LIMIT
        if one.value:
            element["initial_value"] = shortened(str(one.value), TEXT_LIMIT)
        if one.asks_again:
            element["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    elif one.kind in ("choice", "choices"):
        element |= _choice(one)
    elif one.kind == "person":
        element |= {"type": "users_select"}
        if one.value:
            element["initial_user"] = str(one.value)
    else:
        element |= {"type": "multi_users_select"}
        if one.value:
            element["initial_users"] = list(one.value)
    if one.placeholder:
        element["placeholder"] = _plain(one.placeholder, PLACEHOLDER_LIMIT)
    return element


def _choice(one: Field) -> dict[str, Any]:
    """A list to choose from; where Slack cannot show all of it, one that asks us as one types."""
    # Of a few in many, those chosen already must be there, wherever in the list they stand.
    chosen = (one.value,) if isinstance(one.value, str) else one.value
    initial = [_option(option) for option in one.options if option.value in chosen]
    several = "multi_" if one.kind == "choices" else ""
    if len(one.options) > OPTIONS_LIMIT:
        element: dict[str, Any] = {"type": f"{several}external_select", "min_query_length": 0}
    else:
        options = [_option(option) for option in one.options]
        element = {"type": f"{several}static_select", "options": options}
    if initial and several:
        element["initial_options"] = initial[:OPTIONS_LIMIT]
    elif initial:
        element["initial_option"] = initial[0]
    return element


def suggestions(one: Field, typed: str) -> list[dict[str, Any]]:
    """The options with the typed words in them, those that begin with them first; 100 at most."""
    words = typed.casefold().split()
    fitting = [
        option
        for option in one.options
        if all(word in f"{option.label} {option.value}".casefold() for word in words)
    ]
    beginning = typed.casefold().strip()
    fitting.sort(key=lambda option: not option.label.casefold().startswith(beginning))
    return [_option(option) for option in fitting[:OPTIONS_LIMIT]]


def _value(element: Mapping[str, Any]) -> str | tuple[str, ...]:
    kind = element.get("type", "")
    if kind in ("static_select", "external_select"):
        return str((element.get("selected_option") or {}).get("value") or "")
    if kind in ("multi_static_select", "multi_external_select"):
        return tuple(str(one.get("value")) for one in element.get("selected_options") or ())
    if kind == "users_select":
        return str(element.get("selected_user") or "")
    if kind == "multi_users_select":
        return tuple(str(one) for one in element.get("selected_users") or ())
    return str(element.get("value") or "")


def _option(option: Option) -> dict[str, Any]:
    return {"text": _plain(option.label, OPTION_LIMIT), "value": option.value[:150]}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shortened(text, limit) or " ", "emoji": True}


def _about(about: Mapping[str, str]) -> str:
    """Slack keeps 3,000 characters; the longest text gives way, never a reference."""
    kept = dict(about)
    while len(written := json.dumps(kept, ensure_ascii=False)) > ABOUT_LIMIT and kept:
        longest = max(kept, key=lambda name: len(kept[name]))
        over = len(written) - ABOUT_LIMIT
        kept[longest] = kept[longest][: max(0, len(kept[longest]) - over - 20)]
    return written
