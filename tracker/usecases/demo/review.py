"""The review of a demo incident as steps: written, published, acted on, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tracker.db.work import Work
from tracker.models.action import Action
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.reading.analyse.reviews import review_of
from tracker.usecases.analyse.answers import FactorAsk, SaveAnswer, add_factor, answer_question
from tracker.usecases.analyse.depth import rest_analysis, skip_rest
from tracker.usecases.analyse.reviews import (
    EditReview,
    StartReview,
    amend_review,
    edit_review,
    move_review,
    publish_review,
    start_review,
    waive_review,
)
from tracker.usecases.analyse.sign_offs import (
    AskSignOff,
    SignOffWord,
    ask_sign_off,
    sign_off,
)
from tracker.usecases.demo.notation import DAY, HOUR, MINUTE, Step, Telling
from tracker.usecases.demo.perspectives import perspective_steps
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson

PUBLISHED = ("published", "amended")
# Which verbs an action has seen when it is in a state, besides being proposed.
VERBS_TO = {
    "proposed": (),
    "accepted": ("accept",),
    "in_progress": ("accept", "start"),
    "done": ("accept", "start", "finish"),
    "verified": ("accept", "start", "finish", "verify"),
    "ineffective": ("accept", "start", "finish", "find_ineffective"),
    "declined": ("decline",),
    "risk_accepted": ("accept_risk",),
}


def review_steps(telling: Telling) -> Iterator[Step]:
    """How the review was written and what came of it."""
    yield from _Reviewing(telling).steps()


class _Reviewing:
    """One review being told: it is begun, and written in the time until it is published."""

    def __init__(self, telling: Telling) -> None:
        self.telling = telling
        self.told: Mapping[str, Any] = telling.story["review"]
        self.owner = str(self.told["owner"])
        self.facilitator = str(self.told.get("facilitator", self.owner))
        over = telling.time("resolved") if not telling.near_miss else None
        over = max(over or telling.declared_at, telling.declared_at)
        after_days = self.told.get("published_after_days")
        self.published_at = None if after_days is None else over + after_days * DAY
        waived = self.told.get("waived")
        self.begun_at = over + 30 * MINUTE
        end = self.published_at or (over + waived["after_days"] * DAY if waived else None)
        # Writing goes on until shortly before the end, or for two days when there is none yet.
        end = min(end or over + 2 * DAY, telling.present) - HOUR
        self.span = max(end - self.begun_at, timedelta(0))

    def at(self, share: float) -> datetime:
        """An instant in the time of writing: 0 is its beginning, 1 its end."""
        return self.begun_at + round(self.span * share / MINUTE) * MINUTE

    def steps(self) -> Iterator[Step]:
        step = self.telling.step
        yield step(self.at(0), self.owner, "begin review", self._begin)
        asked = self.told.get("perspectives")
        if asked:
            yield from perspective_steps(self.telling, asked, self.at(0.05), self._row)
        answers = list(self.told.get("answers", {}).items())
        for number, (question, answer) in enumerate(answers):
            writer = self.owner if number % 2 == 0 else self.facilitator
            yield step(
                self.at(0.15 + 0.25 * number / len(answers)),
                writer,
                f"answer {question}",
                self._answering(question, answer),
            )
        for factor in self.told.get("factors", ()):
            yield step(self.at(0.4), self.facilitator, "factor", self._factor(factor))
        if "rest" in self.told:
            yield step(self._rest_at(), self.facilitator, "rest", self._rest)
        for action in self.told.get("actions", ()):
            yield from self._action(action)
        for lesson in self.told.get("lessons", ()):
            yield from self._lesson(lesson)
        for number, reader in enumerate(self.told.get("signed_by", ())):
            yield from self._signing(reader, self.at(0.94 + 0.01 * number))
        yield from self._endings()

    def _signing(self, reader: Mapping[str, Any], at: datetime) -> Iterator[Step]:
        person, part = str(reader["by"]), str(reader["as"])
        ask = AskSignOff(person=self.telling.ids.email(person), part=part)
        yield self.telling.step(
            at,
            self.owner,
            f"ask {person} to sign",
            lambda work: ask_sign_off(work, self._row(work), ask),
        )
        if self.told["state"] not in PUBLISHED and "text" not in reader:
            return
        word = SignOffWord(
            verdict=str(reader.get("verdict", "approve")),
            text=str(reader.get("text", "")),
            step=str(reader.get("step", "")),
        )
        yield self.telling.step(
            at + 20 * MINUTE,
            person,
            "sign",
            lambda work: sign_off(work, self._row(work), word),
        )

    def _endings(self) -> Iterator[Step]:
        step, told = self.telling.step, self.told
        state = told["state"]
        if state == "in_review":
            yield step(
                self.at(1),
                told.get("reviewed_by", self.owner),
                "start review",
                lambda work: move_review(work, self._row(work), "start_review"),
            )
        if state in PUBLISHED and self.published_at:
            yield step(
                self.published_at,
                told["published_by"],
                "publish",
                lambda work: publish_review(work, self._row(work)),
            )
            amended = told.get("amended")
            if amended:
                yield step(
                    self.published_at + amended["after_days"] * DAY,
                    amended["by"],
                    "amend",
                    lambda work: self._amend(work, amended),
                )
        if state == "waived":
            waived = told["waived"]
            yield step(
                self.at(1),
                waived["by"],
                "waive",
                lambda work: waive_review(
                    work,
                    self._row(work),
                    why=waived["reason"],
                    until=self.telling.day(waived.get("until")),
                ),
            )

    def _begin(self, work: Work) -> None:
        ids = self.telling.ids
        owner = ids.email(self.owner)
        named = self.told.get("facilitator")
        facilitator = ids.email(named) if named else ""
        review = review_of(work, self.telling.incident(work))
        if review is None:
            incident = ids.ref("incident", self.telling.slug)
            review = start_review(
                work,
                StartReview(
                    incidents=(incident,),
                    template=self.told["template"],
                    owner=owner,
                    facilitator=facilitator,
                ),
            )
        else:
            edit_review(work, review, EditReview(owner=owner, facilitator=facilitator))
        ids.keep("review", self.telling.slug, review.key)

    def _answering(self, question: str, answer: Any) -> Callable[[Work], object]:  # noqa: ANN401 - YAML
        if isinstance(answer, Mapping):
            ask = SaveAnswer(
                question=question,
                choice="yes" if answer["answer"] else "no",
                because=answer["because"],
            )
        else:
            ask = SaveAnswer(question=question, text=answer)
        return lambda work: answer_question(work, self._row(work), ask)

    def _rest_at(self) -> datetime:
        """Early enough for two business days and a weekend before it is published."""
        half = self.at(0.5)
        return min(half, self.published_at - 4 * DAY - HOUR) if self.published_at else half

    def _rest(self, work: Work) -> None:
        rest = self.told["rest"]
        if isinstance(rest, Mapping):
            skip_rest(work, self._row(work), why=rest["skipped_because"])
        else:
            rest_analysis(work, self._row(work))

    def _factor(self, factor: Mapping[str, Any]) -> Callable[[Work], object]:
        ask = FactorAsk(
            term=factor["term"],
            role=factor["role"],
            note=factor.get("note", ""),
            made_sense=factor.get("sense", ""),
        )
        return lambda work: add_factor(work, self._row(work), ask)

    def _action(self, action: Mapping[str, Any]) -> Iterator[Step]:
        telling = self.telling
        slug, state = action["slug"], action["state"]
        begun = self.at(0.8)
        if "follows" in action:
            # A follow-up is decided when the first attempt was found not to help.
            begun = max(begun, self._checked(self._named(action["follows"])) + HOUR)
        yield telling.step(begun, action["owner"], f"propose {slug}", self._proposing(action))
        last = begun
        for verb in VERBS_TO[state]:
            by, wanted = self._who_and_when(action, verb, begun)
            last = max(wanted, last + 10 * MINUTE)
            yield telling.step(last, by, f"{verb} {slug}", self._moving(action, verb))

    def _named(self, slug: str) -> Mapping[str, Any]:
        return next(one for one in self.told["actions"] if one["slug"] == slug)

    def _checked(self, action: Mapping[str, Any]) -> datetime:
        return self._on(action.get("checked_on"), hour=11) or self.at(1)

    def _who_and_when(
        self, action: Mapping[str, Any], verb: str, begun: datetime
    ) -> tuple[str, datetime]:
        owner, checker = action["owner"], action.get("checked_by", action["owner"])
        approver = action.get("approver", owner)
        accepted = min(self._on(action.get("accept_by"), hour=10) or begun + DAY, begun + 2 * DAY)
        when = {
            "accept": (owner, accepted),
            "start": (owner, accepted + DAY),
            "finish": (owner, self._on(action.get("done_on"), hour=15) or accepted + 2 * DAY),
            "verify": (checker, self._checked(action)),
            "find_ineffective": (checker, self._checked(action)),
            "decline": (approver, accepted),
            "accept_risk": (approver, accepted),
        }
        by, at = when[verb]
        return str(by), at

    def _proposing(self, action: Mapping[str, Any]) -> Callable[[Work], None]:
        telling = self.telling

        def propose(work: Work) -> None:
            detail = action.get("detail", "")
            if "follows" in action:
                before = telling.ids.ref("action", action["follows"])
                detail = (
                    f"{detail}\n\nFollows {before}, which did not have the effect we hoped for."
                )
            row = propose_action(
                work,
                ProposeAction(
                    title=action["title"],
                    detail=detail,
                    kind=action.get("kind", ""),
                    strength=action.get("strength", ""),
                    priority=action["priority"],
                    owner=telling.ids.email(action["owner"]),
                    team=action.get("team", ""),
                    review=telling.ids.ref("review", telling.slug),
                    incident=telling.ids.ref("incident", telling.slug),
                    expected_effect=action.get("expected_effect", ""),
                    where_to_look=action.get("where_to_look", ""),
                    check_on=telling.day(action.get("check_on")),
                    due_on=telling.day(action.get("due_on")),
                ),
            )
            telling.ids.keep("action", action["slug"], row.key)

        return propose

    def _moving(self, action: Mapping[str, Any], verb: str) -> Callable[[Work], object]:
        result = action.get("result", "") if verb in ("verify", "find_ineffective") else ""
        ask = MoveAction(
            verb=verb,
            why=action.get("reason", "") if verb in ("decline", "accept_risk") else result,
            evidence=action.get("evidence", "") if verb == "finish" else "",
            result=result,
            until=self.telling.day(action.get("until")) if verb == "accept_risk" else None,
        )
        slug = action["slug"]
        return lambda work: move_action(
            work, work.get(Action, self.telling.ids.get("action", slug)), ask
        )

    def _lesson(self, lesson: Mapping[str, Any]) -> Iterator[Step]:
        telling, slug, state = self.telling, lesson["slug"], lesson["state"]
        drafted_at = self.at(0.9)
        if state == "draft" and self.told["state"] in PUBLISHED and self.published_at:
            # Publishing the review would publish it too: this one came to mind afterwards.
            drafted_at = self.published_at + DAY
        yield telling.step(drafted_at, lesson["owner"], f"draft {slug}", self._drafting(lesson))
        released = (self.published_at or drafted_at) + DAY
        editor = self.told.get("published_by", self.owner)
        if state == "archived":
            why = lesson["archived_because"]
            yield telling.step(
                max(released, telling.present - 20 * DAY),
                editor,
                f"archive {slug}",
                lambda work: self._move_lesson(work, slug, MoveLesson(verb="archive", why=why)),
            )
        if state == "superseded":
            better = lesson["superseded_by"]
            yield telling.step(
                max(released, telling.present - 15 * DAY),
                editor,
                f"supersede {slug}",
                lambda work: self._move_lesson(
                    work,
                    slug,
                    MoveLesson(verb="supersede", by=telling.ids.ref("lesson", better)),
                ),
            )

    def _drafting(self, lesson: Mapping[str, Any]) -> Callable[[Work], None]:
        telling = self.telling

        def draft(work: Work) -> None:
            row = draft_lesson(
                work,
                DraftLesson(
                    title=lesson["title"],
                    situation=lesson["situation"],
                    insight=lesson["insight"],
                    recommendation=lesson["recommendation"],
                    tags=tuple(lesson.get("tags", ())),
                    applies_to=tuple(
                        (one["kind"], one["value"]) for one in lesson.get("applies_to", ())
                    ),
                    owner=telling.ids.email(lesson["owner"]),
                    review=telling.ids.ref("review", telling.slug),
                    incidents=(telling.ids.ref("incident", telling.slug),),
                    review_by=telling.day(lesson.get("review_by")),
                    others_exposed=bool(lesson.get("others_exposed")),
                ),
            )
            telling.ids.keep("lesson", lesson["slug"], row.key)

        return draft

    def _move_lesson(self, work: Work, slug: str, ask: MoveLesson) -> None:
        move_lesson(work, work.get(Lesson, self.telling.ids.get("lesson", slug)), ask)

    def _amend(self, work: Work, amended: Mapping[str, Any]) -> None:
        for question, answer in amended["answers"].items():
            self._answering(question, answer)(work)
        amend_review(work, self._row(work), why=amended["because"])

    def _on(self, day: str | None, *, hour: int) -> datetime | None:
        on = self.telling.day(day)
        return None if on is None else datetime.combine(on, time(hour), UTC)

    def _row(self, work: Work) -> Review:
        return work.get(Review, self.telling.ids.get("review", self.telling.slug))
