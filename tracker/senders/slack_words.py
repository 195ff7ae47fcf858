"""Slack's way of writing, read as people mean it: mentions, links, channels, entities."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

# <@U123|bob>, <#C123|general>, <!here>, <https://example.org|label>, <mailto:a@b|a@b>
_MARK = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,30})(?:\|([^<>]*))?>")
_ADDRESS = re.compile(r"(?<![\w<|:])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_MAILTO = re.compile(r"<mailto:([^<>|]+)(?:\|[^<>]*)?>")
_LINK = re.compile(r"https?://[^\s<>|]+")


@dataclass(frozen=True)
class Mentioned:
    """A person somebody mentioned."""

    email: str
    name: str


def mentioned_ids(*texts: str) -> tuple[str, ...]:
    """The Slack ids of people mentioned, each once, in their order."""
    return tuple(dict.fromkeys(found for text in texts for found, _ in _MENTION.findall(text)))


def plain_words(text: str, people: Mapping[str, Mentioned]) -> str:
    """The text as a record keeps it: names for mentions, addresses for links, no entities.

    Inside a code block nothing but the entities changes, for Slack marks nothing up there.
    """

    def readable(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign == "@":
            known = people.get(target)
            return f"@{known.name if known else label or target}"
        if sign == "#":
            return f"#{label or target}"
        if sign == "!":
            return f"@{label or target.partition('^')[0]}"
        if target.startswith("mailto:"):
            return label or target.removeprefix("mailto:")
        shown = label and label != target and label not in target
        return f"{label} ({target})" if shown else target

    return html.unescape(_MARK.sub(readable, text)).strip()


def people_named_in(text: str, people: Mapping[str, Mentioned]) -> tuple[tuple[str, ...], str]:
    """(addresses of the people named, the text without them).

    People are named by mention or by address. A mention of somebody unknown stays in the text.
    """
    emails: dict[str, None] = {}

    def take(match: re.Match[str]) -> str:
        known = people.get(match[1])
        if known is None:
            return match[0]
        emails[known.email] = None
        return " "

    def take_address(match: re.Match[str]) -> str:
        emails[match[match.lastindex or 0].lower()] = None
        return " "

    rest = _MENTION.sub(take, text)
    rest = _MAILTO.sub(take_address, rest)
    rest = _ADDRESS.sub(take_address, rest)
    return tuple(emails), re.sub(r"[ \t]+", " ", rest).strip(" ,;")


def strangers_in(text: str, people: Mapping[str, Mentioned]) -> tuple[str, ...]:
    """People mentioned whom neither the tracker nor Slack knows, as they were called."""
    return tuple(
        f"@{label or user_id}" for user_id, label in _MENTION.findall(text) if user_id not in people
    )


def first_link(text: str) -> str:
    """The first web address in the text, or nothing."""
    found = _LINK.search(text)
    return found[0].rstrip(".,;:)") if found else ""


def beyond_a_line(text: str, limit: int) -> str:
    """All of the text when a line of that length cannot hold it, so that nothing of it is lost."""
    whole = text.strip()
    return "" if first_line(whole, limit) == whole else whole


def first_line(text: str, limit: int) -> str:
    """The first line that says something, cut: the title of what a message tells."""
    lines = (one.strip().lstrip("> ") for one in text.splitlines())
    line = next((one for one in lines if one.strip(" `*_")), "")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
