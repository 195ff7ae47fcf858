"""From text to the terms that are indexed and looked for; every engine and the excerpts use this
one reading.

Words are folded (case, accents) and stemmed. Technical tokens are kept whole and split: `kube-
proxy` is found by `kube-proxy`, `kubeproxy`, `kube proxy` and `proxy`. Each part takes one
position, so that phrases work across hyphens, dots, slashes and underscores.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from whoosh.lang.porter2 import stem as english_stem

SECTION_BREAK = "\x1e"
"""Put between texts that are indexed together: no phrase reaches across it."""

SECTION_GAP = 50
LONGEST_WORD = 64
MOST_PARTS = 8
WORDS_KEPT = 32_768

_LETTER = r"[^\W_]|[\u0300-\u036f]"
_TOKEN = re.compile(rf"(?:{_LETTER})+(?:(?:[-./'\u2019+]|_+)(?:{_LETTER})+)*|{SECTION_BREAK}")
_JOINT = re.compile(r"[-./+_]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")
_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_VERSION = re.compile(r"v([0-9]+)\Z")
_PLAIN_WORD = re.compile(r"[a-z]{4,}\Z")

STOP_WORDS = frozenset(
    """
    a about after again all also an and any are as at be because been before being but by can could
    did do does during for from had has have he her here his how i if in into is it its itself just
    me my no not of on once one only or other our out over own she should so some such than that the
    their them then there these they this those through to too until up very was we were what when
    where which while who why will with would you your
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


@dataclass(frozen=True, slots=True)
class Token:
    """One run of text: where it stands, its parts in order, itself as a whole, and words inside a
    part.

    `parts` and `inner` are folded but not stemmed. `whole` is None when there is only one part.
    `inner` are camel-case words and bare version numbers: found, but sharing the first part's
    position.
    """

    start: int
    end: int
    parts: tuple[str, ...]
    whole: str | None = None
    inner: tuple[str, ...] = ()

    @property
    def is_break(self) -> bool:
        """Whether this is a section break rather than words."""
        return not self.parts


def fold(text: str) -> str:
    """Lower case without accents; texts that look alike to a person become equal."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


@lru_cache(maxsize=WORDS_KEPT)
def term(word: str) -> str:
    """Bring a folded word to the form it is indexed under; names with digits or signs stay as they
    are.
    """
    return str(english_stem(word)) if _PLAIN_WORD.match(word) else word


def tokens(text: str) -> Iterator[Token]:
    """Read text from left to right; `start` and `end` are offsets into `text` itself."""
    for found in _TOKEN.finditer(text):
        raw = found.group()
        parts, whole, inner = _read(raw)
        if parts or raw == SECTION_BREAK:
            yield Token(found.start(), found.end(), parts, whole, inner)


def indexed_terms(text: str) -> Iterator[tuple[str, int]]:
    """Every term of the text with its position; positions never fall."""
    position = 0
    for raw in _TOKEN.findall(text):
        placed, length = _placed_terms(raw)
        for word, place in placed:
            yield word, position + place
        position += length


def surface_words(text: str) -> set[str]:
    """Every folded word as people write it, unstemmed: for prefixes and spelling corrections."""
    found: set[str] = set()
    for raw in set(_TOKEN.findall(text)):
        parts, whole, inner = _read(raw)
        found.update(parts, inner)
        if whole is not None:
            found.add(whole)
    return found


def spellings(text: str) -> tuple[tuple[str, ...], ...]:
    """The runs of terms that count as finding `text`, which is one word or one quoted phrase."""
    read = [token for token in tokens(text) if not token.is_break]
    run = tuple(term(part) for token in read for part in token.parts)
    if not run:
        return ()
    if len(read) == 1 and read[0].whole is not None:
        return (term(read[0].whole),), run
    return (run,)


@lru_cache(maxsize=WORDS_KEPT)
def _placed_terms(raw: str) -> tuple[tuple[tuple[str, int], ...], int]:
    """The terms of one run with their places in it, and how many places it takes."""
    if raw == SECTION_BREAK:
        return (), SECTION_GAP
    parts, whole, inner = _read(raw)
    first = inner if whole is None else (whole, *inner)
    if not parts:
        return (), 0
    placed = [(term(word), 0) for word in first]
    placed.extend((term(part), place) for place, part in enumerate(parts))
    return tuple(placed), len(parts)


@lru_cache(maxsize=WORDS_KEPT)
def _read(raw: str) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """The parts of one run, the run as a whole, and the words inside its parts; see Token."""
    if raw == SECTION_BREAK:
        return (), None, ()
    pieces = [piece for piece in _JOINT.split(raw) if piece]
    parts: list[str] = []
    inner: list[str] = []
    for piece in pieces:
        word = _bare(fold(piece))
        if not word or len(word) > LONGEST_WORD:
            continue
        parts.append(word)
        version = _VERSION.match(word)
        if version:
            inner.append(version.group(1))
        elif piece.isascii() and _CAMEL.search(piece):
            inner.extend(hump.lower() for hump in _HUMP.findall(piece) if len(hump) > 1)
    whole: str | None = None
    if 1 < len(parts) <= MOST_PARTS:
        # A hyphen is written or left out at will (health-check, healthcheck), a dot or slash is
        # not.
        whole = _bare(fold(raw)).replace("-", "").replace("+", "")
        if len(whole) > LONGEST_WORD:
            whole = None
    return tuple(parts), whole, tuple(inner)


def _bare(word: str) -> str:
    """Take off a possessive and other apostrophes, so that the node's is the node."""
    word = word.replace("\u2019", "'")
    return word.removesuffix("'s").replace("'", "")
