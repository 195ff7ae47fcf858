"""Hints on wording: for a text, for the answers of a review, with what was decided about words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.assets import seed_data
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.review import Question
from tracker.domain.wording.finding import Finding
from tracker.domain.wording.hints import Hints, House
from tracker.domain.wording.lists import Category, WordLists, word_lists_from
from tracker.models.catalogue import Service, Team
from tracker.models.review import Review
from tracker.models.wording import WordingDismissal, WordingTerm
from tracker.reading.analyse.prose import prose_of

PHRASE_LIMIT = 200
RECORD_KIND = "review"
# Texts whose findings are kept: the same answers are looked at again with every page.
TEXTS_KEPT = 500

# What an answer is about, by the key of its question where the kind says too little.
_CONTEXT_OF_KIND = {
    "timeline": "timeline",
    "times": "timeline",
    "factors": "factors",
    "actions": "actions",
    "lessons": "factors",
}
_CONTEXT_OF_KEY = {
    "impact": "impact",
    "known_later": "known_later",
    "hindsight": "known_later",
    "improvements": "actions",
}


@dataclass(frozen=True)
class WordingHints:
    """The findings of one answer; those that were put aside stand apart."""

    question: Question
    findings: tuple[Finding, ...]
    dismissed: tuple[WordingDismissal, ...]


@lru_cache(maxsize=1)
def shipped_lists() -> WordLists:
    """The lists that every installation has. Raises: ValueError when the file was damaged."""
    return word_lists_from(seed_data("wording.yaml"))


@lru_cache(maxsize=8)
def engine_for(house: House) -> Hints:
    """The rules with what an organisation decided about words."""
    return Hints(shipped_lists(), house)


@lru_cache(maxsize=TEXTS_KEPT)
def findings_in(house: House, text: str, context: str, level: str) -> tuple[Finding, ...]:
    """The findings of a Markdown text, in order of place."""
    return tuple(engine_for(house).find(prose_of(text), text, context=context, level=level))


def categories() -> Mapping[str, Category]:
    """Every category by its key, in the order of the list."""
    return shipped_lists().categories


def context_of(question: Question) -> str:
    """Which context the answers of a question are read in."""
    by_key = _CONTEXT_OF_KEY.get(question.key)
    return by_key or _CONTEXT_OF_KIND.get(question.kind, "narrative")


def terms(look: Look) -> list[WordingTerm]:
    """The organisation's own words, by phrase."""
    return list(look.session.exec(select(WordingTerm).order_by(col(WordingTerm.phrase))))


def term(look: Look, term_id: int) -> WordingTerm:
    """One of them. Raises: NotFound."""
    return look.find(WordingTerm, term_id, what="That word")


def house_of(look: Look) -> House:
    """What the organisation says of words, for the engine: its own and its names. One query."""
    return _decided(look)[0]


def hints_for_text(
    look: Look, text: str, *, context: str = "narrative", level: str = "hint"
) -> tuple[Finding, ...]:
    """The findings of any text, with the organisation's own words."""
    return findings_in(house_of(look), text, context, level)


def hints_for_answer(
    look: Look, review: Review, question: Question, text: str
) -> tuple[Finding, ...]:
    """The findings of an answer as it is typed, without what was put aside. One query."""
    house, aside = _decided(look, review.key)
    found = findings_in(house, text, context_of(question), "hint")
    return _not_aside(found, aside.get(question.key, []))


def hints_for_review(
    look: Look, review: Review, answers: list[tuple[Question, str]]
) -> list[WordingHints]:
    """Findings and what was put aside, for each answer. One query, whatever their number."""
    house, aside = _decided(look, review.key)
    return [
        WordingHints(
            question,
            _not_aside(
                findings_in(house, text, context_of(question), "hint") if text else (),
                aside.get(question.key, []),
            ),
            tuple(aside.get(question.key, [])),
        )
        for question, text in answers
    ]


def dismissals_of(look: Look, review: Review) -> list[WordingDismissal]:
    """What was put aside in the answers of a review."""
    return list(
        look.session.exec(
            select(WordingDismissal)
            .where(
                WordingDismissal.record_kind == RECORD_KIND,
                WordingDismissal.record_id == review.key,
            )
            .order_by(col(WordingDismissal.place), col(WordingDismissal.phrase))
        )
    )


def dismissal(look: Look, review: Review, dismissal_id: int) -> WordingDismissal:
    """One of them. Raises: NotFound, also when it belongs to another record."""
    row = look.session.get(WordingDismissal, dismissal_id)
    if row is None or (row.record_kind, row.record_id) != (RECORD_KIND, review.key):
        raise NotFound("That hint put aside")
    return row


def phrase_of(text: str) -> str:
    """Words as they are compared: blanks folded, case folded, within PHRASE_LIMIT."""
    return " ".join(text.split()).casefold()[:PHRASE_LIMIT]


def _not_aside(found: tuple[Finding, ...], aside: list[WordingDismissal]) -> tuple[Finding, ...]:
    if not aside:
        return found
    known = {row.phrase for row in aside}
    return tuple(one for one in found if phrase_of(one.text) not in known)


def _decided(look: Look, review_id: int = 0) -> tuple[House, dict[str, list[WordingDismissal]]]:
    """The organisation's words, the names of its catalogue, and what was put aside in the review;
    asked for together.
    """
    own = sa.select(
        col(WordingTerm.id),
        sa.literal("").label("place"),
        col(WordingTerm.verdict),
        col(WordingTerm.phrase),
        col(WordingTerm.category),
        col(WordingTerm.why),
    )
    put_aside = sa.select(
        col(WordingDismissal.id),
        col(WordingDismissal.place),
        sa.literal("aside").label("verdict"),
        col(WordingDismissal.phrase),
        col(WordingDismissal.category),
        col(WordingDismissal.why),
    ).where(
        col(WordingDismissal.record_kind) == RECORD_KIND,
        col(WordingDismissal.record_id) == review_id,
    )
    words: dict[str, list[tuple[str, str]]] = {"allow": [], "add": []}
    names: dict[str, list[str]] = {"system": [], "team": []}
    aside: dict[str, list[WordingDismissal]] = {}
    for row_id, place, verdict, phrase, category, why in look.session.execute(
        sa.union_all(own, put_aside, *_catalogue()).order_by("place", "phrase")
    ):
        if verdict in words:
            words[verdict].append((phrase, category))
        elif verdict in names:
            names[verdict].append(phrase)
        else:
            aside.setdefault(place, []).append(
                WordingDismissal(
                    id=row_id,
                    record_kind=RECORD_KIND,
                    record_id=review_id,
                    place=place,
                    phrase=phrase,
                    category=category,
                    why=why,
                    at=look.now,
                )
            )
    house = House(
        allowed=tuple(words["allow"]),
        added=tuple(words["add"]),
        systems=tuple(names["system"]),
        teams=tuple(names["team"]),
    )
    return house, aside


def _catalogue() -> Iterator[sa.SelectBase]:
    """The names of services, ours and those of vendors, and of teams, with the columns of words."""
    nothing = sa.literal("")
    for table, verdict in ((Service, "system"), (Team, "team")):
        for name in (col(table.name), col(table.slug)):
            yield sa.select(col(table.id), nothing, sa.literal(verdict), name, nothing, nothing)
