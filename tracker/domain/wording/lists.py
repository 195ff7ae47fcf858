"""The vocabulary of the hints, as data: seed/wording.yaml, read once and checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.wording.phrases import Phrase, PhraseError, phrase_from


@dataclass(frozen=True)
class Category:
    """A kind of wording, with the question that opens what such words close.

    ``gentle`` is the question when the words are about the writer: self-blame is still blame.
    """

    key: str
    number: int
    name: str
    about: str
    question: str
    gentle: str


@dataclass(frozen=True)
class WordLists:
    """Words by what they mean in a report of an incident."""

    categories: Mapping[str, Category]
    people: frozenset[str]
    titles: frozenset[str]
    titles_with_prefix: frozenset[str]
    title_prefixes: frozenset[str]
    outsiders: frozenset[str]
    names: frozenset[str]
    verbs: Mapping[str, frozenset[str]]
    nouns: Mapping[str, frozenset[str]]
    phrases: tuple[Phrase, ...] = field(repr=False)

    def verb(self, key: str) -> frozenset[str]:
        """The verbs of one list. Raises: KeyError for a list there is not."""
        return self.verbs[key]

    def noun(self, key: str) -> frozenset[str]:
        """The nouns and adjectives of one list. Raises: KeyError for a list there is not."""
        return self.nouns[key]


def word_lists_from(data: Mapping[str, Any]) -> WordLists:
    """The lists in a parsed ``wording.yaml``.

    Raises: ValueError that names the key when something is missing or of the wrong shape.
    """
    try:
        categories = {
            str(one["key"]): Category(
                key=str(one["key"]),
                number=int(one["number"]),
                name=str(one["name"]),
                about=str(one["about"]),
                question=str(one["question"]),
                gentle=str(one.get("gentle") or one["question"]),
            )
            for one in data["categories"]
        }
        classes = {key: _words(value) for key, value in data["classes"].items()}
        phrases = tuple(
            phrase_from(one, category=category, classes=classes)
            for category, several in data["phrases"].items()
            for one in several
        )
        lists = WordLists(
            categories=categories,
            people=_words(data["people"]),
            titles=_words(data["titles"]),
            titles_with_prefix=_words(data["titles_with_prefix"]),
            title_prefixes=_words(data["title_prefixes"]),
            outsiders=_words(data["outsiders"]),
            names=_words(data["names"]),
            verbs={key: _words(value) for key, value in data["verbs"].items()},
            nouns={key: _words(value) for key, value in data["nouns"].items()},
            phrases=phrases,
        )
    except PhraseError as error:
        raise ValueError(f"wording: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"wording: {error} is missing or of the wrong shape") from error
    unknown = {phrase.category for phrase in phrases} - set(categories)
    if unknown:
        raise ValueError(f"wording: phrases names no category: {', '.join(sorted(unknown))}")
    return lists


def _words(value: object) -> frozenset[str]:
    """Words from a text or from a list of texts, in lower case."""
    if isinstance(value, str):
        return frozenset(value.lower().split())
    if isinstance(value, list):
        return frozenset(word for one in value for word in str(one).lower().split())
    raise TypeError(f"{value!r}")
