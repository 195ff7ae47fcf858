"""The query language, read once into a small tree that every engine compiles.

    words "an exact phrase" -not either OR other begin* tag:dns kind:lesson title:timeout

Nothing a person types is an error: what cannot be understood becomes a hint, and the rest is
searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from tracker.search.analysis import STOP_WORDS, fold, spellings, term, tokens
from tracker.search.synonyms import DEFAULT_SYNONYMS, Synonyms

FACET_FIELDS = ("kind", "service", "team", "tag", "year", "severity", "state")
TEXT_FIELDS = ("title",)
MOST_TERMS = 30
MOST_CHARACTERS = 2_000
SHORTEST_PREFIX = 2

Run = tuple[str, ...]
"""Terms that must stand one after the other; a run of one is a single word."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """One word or phrase; found when any of the runs is.

    `loose` words may be missing from an answer when too few documents have all of them, and may be
    corrected. `at` is where the word stands in the text that was typed.
    """

    typed: str
    runs: tuple[Run, ...]
    loose: bool
    field: str = "text"
    at: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """Any word that begins with these folded letters."""

    letters: str


@dataclass(frozen=True, kw_only=True)
class Facet:
    """The value of a field, compared without case."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Not:
    """Whatever the inner node does not find."""

    node: Node


@dataclass(frozen=True, kw_only=True)
class Either:
    """Whatever any of the nodes finds."""

    nodes: tuple[Node, ...]


Node = Words | Prefix | Facet | Not | Either


@dataclass(frozen=True, kw_only=True)
class ParsedQuery:
    """All nodes must hold; no nodes at all means every document. `hint` is for the person, or
    empty.
    """

    nodes: tuple[Node, ...]
    hint: str = ""


@dataclass(frozen=True)
class _Piece:
    """One thing as it was typed, before it is understood."""

    text: str
    start: int
    end: int
    field: str = ""
    negated: bool = False
    quoted: bool = False


_PIECE = re.compile(
    r"""
    (?P<minus>(?<!\S)-(?!-))?
    (?:(?P<field>[A-Za-z][A-Za-z_]*):(?=[^\s/:]))?
    (?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))
    """,
    re.VERBOSE,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def parse(text: str, synonyms: Synonyms = DEFAULT_SYNONYMS) -> ParsedQuery:
    """Read a query. Never raises, whatever the text; `hint` says what was left out or read
    differently.
    """
    hints: list[str] = []
    text = text.translate(_QUOTES)
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS]
        hints.append("The query is very long, so only its beginning was searched.")
    if text.count('"') % 2:
        # The last quotation mark is the one without a partner; a space keeps every offset in place.
        last = text.rindex('"')
        text = f"{text[:last]} {text[last + 1 :]}"
        hints.append(
            "A quotation mark has no partner, so the words after it were searched one by one."
        )
    nodes = _grouped(list(_pieces(text, hints)), hints)
    nodes = _without_stop_words(nodes)
    others = _other_runs(synonyms)
    nodes = _with_synonyms(nodes, others, max(map(len, others), default=1))
    nodes = _at_most(nodes, hints)
    return ParsedQuery(nodes=tuple(nodes), hint=" ".join(dict.fromkeys(hints)))


def positive_words(nodes: tuple[Node, ...]) -> Iterator[Words | Prefix]:
    """The words and prefixes that a document is ranked and marked by: all that are not excluded."""
    for node in nodes:
        if isinstance(node, Words | Prefix):
            yield node
        elif isinstance(node, Either):
            yield from positive_words(node.nodes)


def _pieces(text: str, hints: list[str]) -> Iterator[_Piece]:
    for found in _PIECE.finditer(text):
        phrase = found["phrase"]
        group = "word" if phrase is None else "phrase"
        start, end = found.span(group)
        field = (found["field"] or "").lower()
        negated = found["minus"] is not None
        if field and field not in (*FACET_FIELDS, *TEXT_FIELDS):
            names = ", ".join((*FACET_FIELDS, *TEXT_FIELDS))
            hints.append(
                f"There is no field “{_short(field)}”, so it was read as a word. "
                f"The fields are {names}."
            )
            yield _Piece(found["field"], *found.span("field"), negated=negated)
            field = ""
        yield _Piece(found[group], start, end, field, negated=negated, quoted=phrase is not None)


def _grouped(pieces: list[_Piece], hints: list[str]) -> list[Node]:
    """Understand each piece, and join what stands on both sides of an OR."""
    nodes: list[Node] = []
    joining = False
    negate_next = False
    for place, piece in enumerate(pieces):
        bare = not (piece.quoted or piece.field or piece.negated)
        if bare and piece.text in {"AND", "&&"}:
            continue
        if bare and piece.text == "NOT" and place + 1 < len(pieces):
            negate_next = True
            continue
        if bare and piece.text in {"OR", "||"}:
            if joining or not nodes or place + 1 == len(pieces):
                hints.append("OR needs a word on both sides; this one was left out.")
            else:
                joining = True
            continue
        node = _understood(replace(piece, negated=piece.negated or negate_next), hints)
        negate_next = False
        if node is None:
            continue
        if joining:
            before = nodes.pop()
            earlier = before.nodes if isinstance(before, Either) else (_firm(before),)
            nodes.append(Either(nodes=(*earlier, _firm(node))))
            joining = False
        else:
            nodes.append(node)
    return nodes


def _understood(piece: _Piece, hints: list[str]) -> Node | None:
    node = _positive(piece, hints)
    if node is None or not piece.negated:
        return node
    return Not(node=_firm(node))


def _positive(piece: _Piece, hints: list[str]) -> Node | None:
    if piece.field in FACET_FIELDS:
        value = piece.text.strip()
        return Facet(name=piece.field, value=fold(value)) if value else None
    field = piece.field or "text"
    if not piece.quoted and not piece.field and piece.text.endswith("*"):
        return _prefix(piece, hints)
    runs = spellings(piece.text)
    if not runs:
        if piece.quoted or not piece.text.strip("-()[]{}.,;:!?*&|/+'\u2019“”"):
            return None
        hints.append(f"“{_short(piece.text)}” has no letters or digits, so it was left out.")
        return None
    loose = not piece.quoted and field == "text"
    return Words(typed=piece.text, runs=runs, loose=loose, field=field, at=(piece.start, piece.end))


def _prefix(piece: _Piece, hints: list[str]) -> Node | None:
    read = [token for token in tokens(piece.text.rstrip("*")) if not token.is_break]
    letters = (read[-1].whole or read[-1].parts[-1]) if read else ""
    if len(letters) >= SHORTEST_PREFIX:
        return Prefix(letters=letters)
    if letters:
        hints.append(
            f"“{letters}*” would match almost everything: "
            f"give at least {SHORTEST_PREFIX} letters before the star."
        )
    return None


def _firm(node: Node) -> Node:
    return replace(node, loose=False) if isinstance(node, Words) else node


def _without_stop_words(nodes: list[Node]) -> list[Node]:
    """Drop the, of, to and their like, unless nothing else was asked. Phrases keep theirs."""

    def is_stop(node: Node) -> bool:
        return (
            isinstance(node, Words)
            and node.loose
            and fold(node.typed.strip("?!.,;:()")) in STOP_WORDS
        )

    # A run such as "out of memory" may stand for a synonym, so stop words are only marked as
    # runless here.
    if all(is_stop(node) or isinstance(node, Not) for node in nodes):
        return nodes
    return [
        replace(node, runs=()) if is_stop(node) and isinstance(node, Words) else node
        for node in nodes
    ]


def _with_synonyms(nodes: list[Node], others: Mapping[Run, list[Run]], longest: int) -> list[Node]:
    """Let each word also be found by what its group calls it, up to `longest` words in a row."""
    firsts = [_single_term(node) for node in nodes]
    extra: dict[int, list[Run]] = {}
    for start in range(len(nodes)):
        for length in range(1, longest + 1):
            window = firsts[start : start + length]
            if len(window) < length or None in window:
                break
            run = tuple(word for word in window if word is not None)
            for place in range(start, start + length):
                extra.setdefault(place, []).extend(others.get(run, ()))
    widened: list[Node] = []
    for place, node in enumerate(nodes):
        if isinstance(node, Words) and not node.runs and node.loose:
            continue
        if isinstance(node, Words) and extra.get(place):
            widened.append(replace(node, runs=tuple(dict.fromkeys((*node.runs, *extra[place])))))
        elif isinstance(node, Either):
            widened.append(Either(nodes=tuple(_with_synonyms(list(node.nodes), others, 1))))
        else:
            widened.append(node)
    return widened


def _single_term(node: Node) -> str | None:
    if not isinstance(node, Words) or node.field != "text":
        return None
    read = [token for token in tokens(node.typed) if not token.is_break]
    if len(read) != 1 or " " in node.typed:
        return None
    return term(read[0].whole or read[0].parts[0])


@lru_cache(maxsize=8)
def _other_runs(synonyms: Synonyms) -> Mapping[Run, list[Run]]:
    others: dict[Run, list[Run]] = {}
    for group in synonyms:
        runs = [
            tuple(term(part) for token in tokens(member) for part in token.parts)
            for member in group
        ]
        for run in runs:
            others.setdefault(run, []).extend(other for other in runs if other != run)
    return others


def _at_most(nodes: list[Node], hints: list[str]) -> list[Node]:
    """Keep the first MOST_TERMS; filters such as tag:dns cost little and are always kept."""
    kept: list[Node] = []
    used = 0
    cut = False
    for node in nodes:
        if isinstance(node, Facet):
            kept.append(node)
            continue
        cost = len(node.nodes) if isinstance(node, Either) else 1
        if used + cost > MOST_TERMS:
            cut = True
            continue
        used += cost
        kept.append(node)
    if cut:
        hints.append(f"A query may have {MOST_TERMS} words; the rest was left out.")
    return kept


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"
