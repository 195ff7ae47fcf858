"""A resolved incident with its review, as the tests of the review pages need it."""

from __future__ import annotations

from datetime import timedelta

import yaml

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.assets import folder
from tracker.domain.people import Actor
from tracker.domain.sign_off import SIGN_OFF_FIELD
from tracker.reading.analyse.reviews import review_of, whole_review
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.answers import FactorAsk, SaveAnswer, add_factor, answer_question
from tracker.usecases.analyse.reviews import StartReview, publish_review, start_review
from tracker.usecases.analyse.sign_offs import (
    AskSignOff,
    SignOffWord,
    ask_sign_off,
    sign_off,
)
from tracker.usecases.policy import load_policy
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry
from tracker.usecases.respond.times import TimeAsk, record_time
from tracker.usecases.share.lessons import DraftLesson, draft_lesson

INCIDENT = "INC-1"
REVIEW = "REV-1"
TEXT_KINDS = ("markdown", "yes_no_because", "choice")


def readers_wanted(app: App) -> None:
    """From now on the policy wants two readers for a SEV1: a peer of another team, and the business
    owner.
    """
    with app.begin_as_system() as work:
        policy = yaml.safe_load((folder("seed") / "policy.yaml").read_text())
        policy["reviews"]["SEV1"]["sign_offs"] = [
            {"part": "peer", "from": "another_team"},
            {"part": "business_owner"},
        ]
        load_policy(work, policy=policy, taxonomy={"groups": []}, templates=[])


def resolved(
    app: App,
    cast: Cast,
    *,
    template: str = "learning",
    visibility: str = "org",
    entries: int = 1,
    title: str = "Checkout answers 502",
    severity: str = "SEV3",
    starter: str = "alice",
) -> None:
    """INC-1 is resolved by Alice, with Bob around, and REV-1 is a draft."""
    with app.begin(cast.alice) as work:
        declare_incident(
            work,
            DeclareIncident(
                title=title,
                summary="Payments failed for twenty minutes.",
                severity=severity,
                services=("checkout",),
                visibility=visibility,
                members=(cast.email("bob"), cast.email("erin")) if visibility != "org" else (),
            ),
        )
    with app.begin(getattr(cast, starter)) as work:
        incident = incident_by_ref(work, INCIDENT)
        for number in range(entries):
            at = work.now - timedelta(seconds=number)
            add_timeline_entry(work, incident, AddEntry(text=f"Entry {number}", at=at))
        move_incident(work, incident, MoveIncident(verb="resolve"))
        if review_of(work, incident) is None:
            start_review(work, StartReview(incidents=(INCIDENT,), template=template))


def answer_everything(app: App, actor: Actor) -> None:
    """Nothing keeps REV-1 from being published, sign-offs apart; a SEV3 asks for none."""
    with app.begin(actor) as work:
        review = review_by_ref(work, REVIEW)
        incident = incident_by_ref(work, INCIDENT)
        for name in ("impact_started", "detected", "diagnosed", "mitigated", "impact_ended"):
            record_time(work, incident, name, TimeAsk(unknown_because="Nobody wrote it down"))
        add_factor(work, review, FactorAsk(term="hard-rollback", note="It took long"))
        draft_lesson(
            work,
            DraftLesson(
                title="Resolvers need headroom",
                situation="Few resolvers",
                insight="They go together",
                recommendation="Run three",
                review=ref(review),
            ),
        )
        for question in whole_review(work, review).template.questions:
            if not question.required or question.kind in ("times", "timeline", "factors"):
                continue
            text = "Because of this and that." if question.kind in TEXT_KINDS else ""
            answer_question(
                work,
                review,
                SaveAnswer(
                    question=question.key,
                    text=text,
                    choice="no" if question.kind == "yes_no_because" else "",
                    because="" if text else "Nothing this time",
                ),
            )
        missing = [gap for gap in whole_review(work, review).gaps if gap.field != SIGN_OFF_FIELD]
        assert missing == []


def signed(app: App, cast: Cast, reference: str = REVIEW) -> None:
    """Charlie of another team and Ada as business owner have signed the review."""
    for name, part in (("charlie", "peer"), ("ada", "business_owner")):
        with app.begin(cast.erin) as work:
            ask = AskSignOff(person=cast.email(name), part=part)
            ask_sign_off(work, review_by_ref(work, reference), ask)
        with app.begin(getattr(cast, name)) as work:
            sign_off(work, review_by_ref(work, reference), SignOffWord(verdict="approve"))


def published(app: App, cast: Cast, clock: HandClock, *, visibility: str = "org") -> None:
    """REV-1 is published by Erin, an hour after it began."""
    resolved(app, cast, visibility=visibility)
    clock.forward(hours=1)
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
