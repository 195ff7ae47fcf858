"""What the Whoosh index stores for a document, and the stamp that says which code wrote it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from whoosh import columns, fields
from whoosh.analysis.acore import Token
from whoosh.analysis.analyzers import Analyzer

from tracker.search.analysis import SECTION_BREAK, fold, indexed_terms, surface_words
from tracker.search.index import SearchDocument

EVERYBODY = "*"
"""The circle value of documents that the whole organisation may read."""

LAYOUT = 1
"""Raise by one when documents are stored differently in a way that the stamp's probe does not show.
"""

TITLE_WEIGHT = 3
LABEL_WEIGHT = 2

_LONGEST_SURFACE = 32
_PROBE = (
    "The k8s-kubeProxy v1.27.3 of /var/log/x, user_id ETIMEDOUT, HTTP 502. "
    "Crashing régions: the node's certificates"
)


class TermAnalyzer(Analyzer):
    """Shows our own reading of text to Whoosh."""

    def __call__(self, value: str, **_options: object) -> Iterator[Token]:
        """Yield one token again and again with new contents, as Whoosh analysers do."""
        token = Token()
        token.boost = 1.0
        token.stopped = False
        token.positions = True
        for text, position in indexed_terms(value):
            token.text = text
            token.pos = position
            yield token


def schema() -> fields.Schema:
    """Return the fields of the index.

    `text` holds everything that is searched and ranked, title and labels repeated for their weight:
    adding up term frequencies before saturation is what BM25F asks for, at the price of one field.
    `word` holds words unstemmed, for prefixes and corrections.
    """
    words = TermAnalyzer()
    return fields.Schema(
        ref=fields.ID(stored=True, unique=True, sortable=True),
        story=fields.COLUMN(columns.RefBytesColumn()),
        kind=fields.KEYWORD(stored=True),
        title=fields.TEXT(analyzer=words, stored=True),
        text=fields.TEXT(analyzer=words),
        word=fields.ID(),
        service=fields.KEYWORD(),
        team=fields.KEYWORD(),
        tag=fields.KEYWORD(),
        year=fields.KEYWORD(),
        severity=fields.KEYWORD(),
        state=fields.KEYWORD(),
        circle=fields.KEYWORD(),
        day=fields.COLUMN(columns.NumericColumn("i")),
    )


def stored(document: SearchDocument) -> dict[str, object]:
    """Return the Whoosh fields of one document."""
    labels = " ".join(
        (document.ref, *document.tags, *document.services, *document.teams, document.severity)
    )
    sections = [*([document.title] * TITLE_WEIGHT), *([labels] * LABEL_WEIGHT), document.body]
    text = SECTION_BREAK.join(_readable(section) for section in sections)
    surfaces = surface_words(f"{document.title}\n{labels}\n{document.body}")
    found: dict[str, object] = {
        "ref": document.ref,
        "story": (document.story or document.ref).encode("utf-8", "replace"),
        "kind": [document.kind],
        "_stored_kind": document.kind,
        "title": _readable(document.title),
        "text": text,
        "word": sorted(word for word in surfaces if len(word) <= _LONGEST_SURFACE),
        "circle": [EVERYBODY if document.circle is None else str(document.circle)],
        "day": document.day.toordinal() if document.day else 0,
    }
    several = {
        "service": document.services,
        "team": document.teams,
        "tag": document.tags,
        "year": (str(document.day.year),) if document.day else (),
        "severity": (document.severity,),
        "state": (document.state,),
    }
    for name, values in several.items():
        kept = sorted({value for value in values if value})
        if kept:
            found[name] = kept
    return found


def stamp() -> str:
    """Return what must be equal between the code that wrote an index and the code that reads it."""
    seen = [
        str(LAYOUT),
        repr(sorted((name, type(kind).__name__) for name, kind in schema().items())),
        repr(list(indexed_terms(_PROBE))),
        repr((TITLE_WEIGHT, LABEL_WEIGHT, fold("Ünïcode ﬁle"))),
    ]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


def _readable(text: str) -> str:
    """Take out what an index file cannot hold: lone surrogates, and breaks of our own."""
    return text.replace(SECTION_BREAK, " ").encode("utf-8", "replace").decode("utf-8")
