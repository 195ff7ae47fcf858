"""What an outer audience reads of a review: people become roles, inner references go."""

from __future__ import annotations

import re
from collections.abc import Mapping

AUDIENCES = ("engineers", "leadership", "customers")
AUDIENCE_NAMES = {
    "engineers": "Engineers",
    "leadership": "Leadership",
    "customers": "Customers",
}
AUDIENCE_MEANINGS = {
    "engineers": "All of it, with names and references.",
    "leadership": "What it meant, what came together, what changes; people by their roles.",
    "customers": "What happened and what we change; no names, no inner references, no links.",
}
COLLEAGUE = "a colleague"
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_BARE_LINK = re.compile(
    r"<?\b(?:https?|ftp|slack|ssh|file)://[^\s<>)\]]*[^\s<>)\].,;:!?]>?", re.IGNORECASE
)
_EMAIL = re.compile(r"<?\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b>?")
_REFERENCE = re.compile(r"\b(?:INC|REV|ACT|LES|EVT|PRO)-\d+\b:?")
_MENTION = re.compile(r"(?<![\w@])@[A-Za-z][\w.-]*|<@[^>\s]+>")
_CHANNEL = re.compile(r"(?<![\w#])#[a-z][\w-]+")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:]\s|\n)\s*(?:[-*>#]+\s*|\d+[.)]\s+)*\Z")
_LEFTOVERS = (
    # What a reference or a link leaves behind: empty brackets, doubled blanks, blanks before marks.
    (re.compile(r"[(\[]\s*[,;:]?\s*[)\]]"), ""),
    (re.compile(r"(?<=\S)[ \t]{2,}"), " "),
    (re.compile(r"[ \t]+(?=[,.;:!?)])"), ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def people_as_roles(text: str, roles: Mapping[str, str]) -> str:
    """The text with each name in ``roles`` replaced by what the person was: "the commander".

    Names are found as whole words, longer ones first; at the beginning of a sentence the role is
    written with a capital. Mentions and e-mail addresses of people we do not know become
    "a colleague".
    """
    if roles:
        names = sorted((name for name in roles if name.strip()), key=len, reverse=True)
        joined = "|".join(re.escape(name) for name in names)
        found = re.compile(rf"(?<![\w@.])@?(?:{joined})(?!\w)")
        text = found.sub(
            lambda match: _placed(text, match, roles[match.group(0).removeprefix("@")]), text
        )
    for pattern in (_EMAIL, _MENTION):
        present = text
        text = pattern.sub(lambda match: _placed(present, match, COLLEAGUE), present)  # noqa: B023
    return text


def without_inner_references(text: str) -> str:
    """The text without links, addresses, references such as INC-12 and names of channels.

    The words of a link stay; of a picture nothing stays but its words.
    """
    text = _MARKDOWN_LINK.sub(lambda match: match.group(1), text)
    for pattern in (_BARE_LINK, _REFERENCE, _CHANNEL):
        text = pattern.sub("", text)
    for pattern, instead in _LEFTOVERS:
        text = pattern.sub(instead, text)
    return text.strip()


def _placed(text: str, match: re.Match[str], role: str) -> str:
    starts = _SENTENCE_START.search(text[: match.start()])
    return role[:1].upper() + role[1:] if starts else role
