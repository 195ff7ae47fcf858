"""Reviews with their answers and versions, lessons and actions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

from benchmarks.past import (
    ME,
    OPEN_ACTIONS,
    OPEN_REVIEWS,
    PEOPLE,
    TAGS,
    TEAMS,
    Past,
    Table,
)
from tracker.models.action import Action
from tracker.models.lesson import Lesson, LessonAppliesTo, LessonIncident, LessonTag
from tracker.models.review import (
    AnswerRevision,
    Review,
    ReviewAnswer,
    ReviewFactor,
    ReviewIncident,
    ReviewVersion,
)

ANSWERED = (
    "summary", "impact", "background", "detection", "resolution", "went_well", "went_badly",
    "lucky", "detect_better", "diagnose_better", "mitigate_better",
)  # fmt: skip
TERMS = ("untested-path", "saturation", "quota", "expiry", "no-signal", "unvalidated-config")
# The review that is looked at has this many lessons and actions.
FROM_THE_LAST = 6


class ReviewRows:
    """Rows in an order that keeps all references; incidents are there already."""

    def __init__(self, past: Past) -> None:
        self.past = past

    def tables(self) -> Iterator[Table]:
        """Each table with its rows."""
        yield Review, self._reviews()
        yield from self._review_parts()
        yield Lesson, self._lessons()
        yield from self._lesson_links()
        yield Action, self._actions()

    def _reviews(self) -> Iterator[dict[str, Any]]:
        count = self.past.size.reviews
        for number in range(1, count + 1):
            incident = self.past.reviewed(number)
            is_open = number > count - OPEN_REVIEWS
            at = self.past.declared[incident - 1]
            yield {
                "id": number,
                "circle_id": self.past.circle[incident - 1],
                "created_at": at,
                "updated_at": at,
                "title": self.past.writer.title(),
                "state": "draft" if is_open else "published",
                "template_key": "learning",
                "owner_id": self.past.chance.randint(1, PEOPLE),
                "due_on": (self.past.now + timedelta(days=number % 20 - 5)).date()
                if is_open
                else None,
                "published_at": None if is_open else at,
                "published_version": 0 if is_open else 1,
            }

    def _review_parts(self) -> Iterator[Table]:
        numbers = range(1, self.past.size.reviews + 1)
        yield (
            ReviewIncident,
            (
                {"review_id": number, "incident_id": self.past.reviewed(number)}
                for number in numbers
            ),
        )
        yield (
            ReviewAnswer,
            (
                {
                    "id": (number - 1) * len(ANSWERED) + place,
                    "review_id": number,
                    "question": question,
                    "text": self.past.paragraphs.draw(),
                    "updated_at": self.past.now,
                }
                for number in numbers
                for place, question in enumerate(ANSWERED, start=1)
            ),
        )
        yield (
            AnswerRevision,
            (
                {
                    "answer_id": answer,
                    "version": 1,
                    "text": self.past.notes.draw(),
                    "at": self.past.now,
                }
                for answer in range(1, self.past.size.reviews * len(ANSWERED) + 1)
            ),
        )
        yield (
            ReviewFactor,
            (
                {
                    "review_id": number,
                    "term": term,
                    "note": self.past.notes.draw(),
                    "position": place,
                }
                for number in numbers
                for place, term in enumerate(TERMS[: 6 if number == self.past.size.reviews else 2])
            ),
        )
        yield (
            ReviewVersion,
            (
                {
                    "review_id": number,
                    "number": 1,
                    "published_at": self.past.now,
                    "content": self._frozen(number),
                }
                for number in numbers
                if number <= self.past.size.reviews - OPEN_REVIEWS
            ),
        )

    def _frozen(self, number: int) -> dict[str, Any]:
        return {
            "title": self.past.writer.title(),
            "template": ["learning", 1],
            "incidents": [
                {
                    "ref": f"INC-{self.past.reviewed(number)}",
                    "title": self.past.writer.title(),
                    "severity": "SEV3",
                    "times": {},
                }
            ],
            "timeline": [
                {
                    "at": self.past.declared[self.past.reviewed(number) - 1]
                    .astimezone(UTC)
                    .isoformat(),
                    "kind": "note",
                    "text": self.past.notes.draw(),
                }
                for _ in range(10)
            ],
            "answers": {
                key: {"text": self.past.paragraphs.draw(), "choice": "", "because": ""}
                for key in ANSWERED
            },
            "factors": [],
            "actions": [],
            "lessons": [],
        }

    def _found_by(self, number: int) -> int:
        """The review that a lesson or action came from: some for each, several for the last."""
        last = self.past.size.reviews
        return last if number <= FROM_THE_LAST else 1 + number % (last - 1)

    def _lessons(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.past.size.lessons + 1):
            review = self._found_by(number)
            at = self.past.declared[self.past.reviewed(review) - 1]
            draft = review > self.past.size.reviews - OPEN_REVIEWS
            yield {
                "id": number,
                "circle_id": self.past.circle[self.past.reviewed(review) - 1],
                "created_at": at,
                "updated_at": at,
                "title": self.past.writer.title(),
                "situation": self.past.paragraphs.draw(),
                "insight": self.past.paragraphs.draw(),
                "recommendation": self.past.paragraphs.draw(),
                "state": "draft" if draft else "published",
                "owner_id": self.past.chance.randint(1, PEOPLE),
                "team_id": self.past.chance.randint(1, TEAMS),
                "review_id": review,
                "review_by": (self.past.now + timedelta(days=number % 365)).date(),
                "published_at": None if draft else at,
            }

    def _lesson_links(self) -> Iterator[Table]:
        numbers = range(1, self.past.size.lessons + 1)
        yield (
            LessonTag,
            (
                {"lesson_id": number, "tag": tag}
                for number in numbers
                for tag in self.past.chance.sample(TAGS, self.past.chance.randint(1, 3))
            ),
        )
        yield (
            LessonAppliesTo,
            (
                {"lesson_id": number, "kind": "technology", "value": self.past.chance.choice(TAGS)}
                for number in numbers
            ),
        )
        yield (
            LessonIncident,
            (
                {"lesson_id": number, "incident_id": self.past.reviewed(self._found_by(number))}
                for number in numbers
            ),
        )

    def _actions(self) -> Iterator[dict[str, Any]]:
        chance, count = self.past.chance, self.past.size.actions
        for number in range(1, count + 1):
            review = self._found_by(number)
            incident = self.past.reviewed(review)
            at = self.past.declared[incident - 1]
            is_open = number > count - OPEN_ACTIONS or number <= FROM_THE_LAST
            yield {
                "id": number,
                "circle_id": self.past.circle[incident - 1],
                "created_at": at,
                "updated_at": at,
                "title": self.past.writer.title(),
                "detail": self.past.notes.draw(),
                "state": chance.choice(("proposed", "accepted", "in_progress"))
                if is_open
                else "verified",
                "kind": "prevent",
                "strength": "guard",
                "priority": chance.choice(("P1", "P2", "P3")),
                "owner_id": ME if is_open and number % 12 == 0 else chance.randint(2, PEOPLE),
                "team_id": chance.randint(1, TEAMS),
                "review_id": review,
                "incident_id": incident,
                "due_on": (self.past.now + timedelta(days=number % 60 - 20)).date()
                if is_open
                else None,
                "done_at": None if is_open else at,
                "verified_at": None if is_open else at,
            }
