"""Words as Slack takes them: escaped, cut to its limits, times in each reader's own zone. Pure.

Source: Slack's reference of Block Kit and of text formatting for apps.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

SECTION_LIMIT = 3_000
HEADER_LIMIT = 150
BUTTON_LIMIT = 75
OPTION_LIMIT = 75
VALUE_LIMIT = 2_000
CONTEXT_LIMIT = 2_000
FIELD_LIMIT = 2_000
FALLBACK_LIMIT = 3_000
TOPIC_LIMIT = 250
PURPOSE_LIMIT = 250
NAME_LIMIT = 80
BLOCKS_LIMIT = 50
OPTIONS_LIMIT = 10
FIELDS_LIMIT = 10

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPED = str.maketrans(_ESCAPES)


def escape(text: str) -> str:
    """The text with the three characters that mean something to Slack written out."""
    return text.translate(_ESCAPED)


def fit(text: str, limit: int) -> str:
    """The escaped text in at most ``limit`` characters; what was cut off ends in an ellipsis.

    Cut before escaping, because half of an ``&amp;`` would stand there as rubbish.
    """
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    kept: list[str] = []
    room = limit - 1
    for letter in text:
        piece = _ESCAPES.get(letter, letter)
        if len(piece) > room:
            break
        kept.append(piece)
        room -= len(piece)
    return "".join(kept).rstrip() + "…"


def plain(text: str, limit: int) -> str:
    """Text for places without formatting (headers, buttons): one line, cut, never empty."""
    line = " ".join(text.split()) or "-"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def one_line(text: str, limit: int) -> str:
    """As ``fit``, on one line: for titles in the middle of a sentence."""
    return fit(" ".join(text.split()), limit)


def join_within(lines: Iterable[str], limit: int, *, more: str = "… and {count} more") -> str:
    """The lines that fit, whole, and a last one that says how many did not.

    The lines are formatted already: cutting one in two could open a link that never closes.
    """
    wanted = list(lines)
    kept: list[str] = []
    room = limit - len(more.format(count=len(wanted))) - 1
    for line in wanted:
        if len(line) + 1 > room:
            break
        kept.append(line)
        room -= len(line) + 1
    left = len(wanted) - len(kept)
    if left:
        kept.append(more.format(count=left))
    return "\n".join(kept)


def when(at: datetime) -> str:
    """The instant in the reader's own zone and words; in UTC where that cannot be shown."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def plain_when(at: datetime) -> str:
    """The same where Slack shows no dates: notifications, topics."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def link(url: str, text: str, *, limit: int = 300) -> str:
    """The text as a link."""
    target = url.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C").replace(" ", "%20")
    label = one_line(text, limit).replace("|", "¦")
    return f"<{target}|{label}>"


def mention(slack_user_id: str) -> str:
    """The person, so that Slack tells them."""
    return f"<@{slack_user_id}>"


def channel(slack_channel_id: str) -> str:
    """The channel, so that a tap leads there."""
    return f"<#{slack_channel_id}>"


def channel_name(number: int, title: str, *, attempt: int = 0) -> str:
    """A name Slack allows: small letters, digits and hyphens, 80 at most, the number first.

    ``attempt`` above 0 makes another one, for when the name is taken.
    """
    letters = (letter if letter.isalnum() else "-" for letter in title.lower())
    words = [word for word in "".join(letters).split("-") if word]
    suffix = f"-{attempt + 1}" if attempt else ""
    # Short enough that a phone shows the whole of it.
    room = 40 - len(suffix)
    name = f"inc-{number}"
    for word in words:
        if len(name) + 1 + len(word) > room:
            break
        name += f"-{word}"
    return name + suffix
