"""The review from the channel: begun, answered question by question, published."""

from __future__ import annotations

from slack_sdk.models.blocks import Block, ButtonElement

from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotAllowed, NotFound, NotValid
from tracker.domain.incident import TIME_SOURCES, TIMES
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.review import FACTOR_ROLES, REST_FIELD, Question
from tracker.domain.sign_off import SIGN_OFF_FIELD
from tracker.models.incident import Incident
from tracker.models.review import Review
from tracker.reading.analyse.review_steps import open_points, steps_of
from tracker.reading.analyse.reviews import review_of, whole_review
from tracker.reading.policies import factor_terms
from tracker.reading.references import ref, review_by_ref
from tracker.senders.slack_blocks import actions, button, context, message, section
from tracker.senders.slack_text import escape, fit, link, one_line, when
from tracker.senders.slack_words import plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.respond.declaring import page_of
from tracker.slack.respond.responding import said
from tracker.slack.said import instant_value, moment_and_rest
from tracker.slack.verbs import INSIDE, Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.analyse.answers import FactorAsk, SaveAnswer, add_factor, answer_question
from tracker.usecases.analyse.reviews import StartReview, publish_review, start_review
from tracker.usecases.respond.times import TimeAsk, record_time

ANSWER_QUESTION = "answer_question"
ADD_FACTOR = "add_factor"
KEEP_LESSON = "keep_lesson"
PROPOSE_ACTION = "propose_action"
PUBLISH_REVIEW = "publish_review"
# Where what no answer closes is closed, and how that is called.
PLACES = {
    SIGN_OFF_FIELD: ("sign-offs", "Ask or sign there"),
    REST_FIELD: ("depth", "Let it rest there"),
}
POINTS_SHOWN = 10


def _review_shown(look: Look, visit: Visit, words: str) -> Answer | None:
    incident = visit.incident(look)
    review = review_of(look, incident)
    if review is None or words.strip().lower() == "publish":
        return None
    look.get(Review, review.key, what="The review of this incident")
    return progress(look, visit, review)


def progress(look: Look, visit: Visit, review: Review) -> Answer:
    """How far the review is, and each open point with the button that closes it."""
    whole = whole_review(look, review)
    reference = ref(review)
    opening = f"*{link(page_of(visit, reference), f'{reference} {review.title}')}*"
    state = escape(review.state.replace("_", " "))
    due = f", due by {review.due_on:%Y-%m-%d}" if review.due_on else ""
    if review.state not in OPEN_REVIEW_STATES:
        return said(message(f"{reference} is {state}", [section(f"{opening}\nIt is {state}.")]))
    points = open_points(whole, steps_of(whole))
    blocks: list[Block] = [section(f"{opening}\n{state.capitalize()}{due}")]
    if not points:
        blocks.append(section("Nothing is missing any more."))
        blocks.append(
            actions([button("Publish", PUBLISH_REVIEW, value=reference, style="primary")])
        )
        return said(message(f"{reference} can be published", blocks))
    still_open = "1 point is" if len(points) == 1 else f"{len(points)} points are"
    blocks.append(
        context(f"{still_open} open. Where there is nothing to say, saying why is an answer, too.")
    )
    for point in points[:POINTS_SHOWN]:
        place, there = PLACES.get(point.field, ("", ""))
        leads = f" {link(f'{page_of(visit, reference)}/{place}', there)}" if place else ""
        blocks.append(section(f"• {fit(point.message, 500)}{leads}"))
        if point.question is not None:
            blocks.append(actions(_buttons(reference, point.question)))
    if len(points) > POINTS_SHOWN:
        blocks.append(context(f"… and {len(points) - POINTS_SHOWN} more after these."))
    return said(message(f"{reference}: {still_open} open", blocks))


def _buttons(reference: str, question: Question) -> list[ButtonElement]:
    found = [button("Answer …", ANSWER_QUESTION, value=f"{reference} {question.key}")]
    more = {"factors": ADD_FACTOR, "lessons": KEEP_LESSON, "actions": PROPOSE_ACTION}
    labels = {"factors": "Name a factor …", "lessons": "Keep a lesson …", "actions": "Propose …"}
    if question.kind in more:
        found.insert(
            0,
            button(labels[question.kind], more[question.kind], value=f"{reference} {question.key}"),
        )
    return found


def _start_or_publish(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    review = review_of(work, incident)
    if review is None:
        review = start_review(work, StartReview(incidents=(ref(incident),)))
        named = link(page_of(visit, ref(review)), ref(review))
        return Answer(
            text=f"{named} is begun, with what is known filled in. "
            f"`{visit.command} review` shows what is still open."
        )
    return (
        publish(work, visit, ref(review))
        if text_value(values, "publish")
        else Answer(text=f"{ref(review)} is there already.")
    )


def publish(work: Work, visit: Visit, reference: str) -> Answer:
    """The review is published. Raises: NotFound, NotPermitted, NotAllowed with every gap."""
    review = review_by_ref(work, reference)
    try:
        publish_review(work, review)
    except NotAllowed as refusal:
        refusal.hint = refusal.hint or (
            f"`{visit.command} review` shows each of them with the button that closes it."
        )
        raise
    return Answer(
        text=f"{link(page_of(visit, reference), f'{reference} {review.title}')} is published. "
        "Thank you: from here on others can learn from it."
    )


def _question(look: Look, visit: Visit) -> tuple[Review, Question]:
    review = review_by_ref(look, visit.about.get("review", ""))
    key = visit.about.get("question", "")
    for step in steps_of(whole_review(look, review)):
        for one in step.questions:
            if one.key == key:
                return review, one.question
    raise NotFound(f"The question “{key[:40]}”")


def _answer_form(look: Look, visit: Visit, _values: Values) -> Form:
    review, question = _question(look, visit)
    row = whole_review(look, review).answers.get(question.key)
    fields: list[Field] = []
    if question.kind in ("yes_no_because", "choice"):
        offered = question.choices or ("yes", "no")
        fields.append(
            Field(
                name="choice",
                label="Your answer",
                kind="choice",
                optional=True,
                value=row.choice if row else "",
                options=tuple(Option(one, one.capitalize()) for one in offered),
            )
        )
    if question.kind in ("markdown", "yes_no_because", "choice"):
        fields.append(
            Field(
                name="text",
                label="In words",
                kind="text",
                optional=True,
                value=row.text if row else "",
                hint=question.help,
            )
        )
    fields.append(
        Field(
            name="because",
            label="Or: there is nothing to say, because",
            kind="text",
            optional=True,
            value=row.because if row else "",
        )
    )
    return Form(
        verb="answer question",
        title="Answer",
        submit="Save",
        about={**visit.about, "version": str(row.version if row else 0)},
        intro=tuple(one.to_dict() for one in [section(f"*{fit(question.prompt, 2_000)}*")]),
        fields=tuple(fields),
    )


def _answer(work: Work, visit: Visit, values: Values) -> Answer:
    review, question = _question(work, visit)
    words = {name: text_value(values, name) for name in ("text", "because")}
    if not any(words.values()) and not text_value(values, "choice"):
        raise NotValid(Gap("because", "Write an answer, or why there is none"))
    version = visit.about.get("version", "0")
    saved = answer_question(
        work,
        review,
        SaveAnswer(
            question=question.key,
            text=words["text"],
            because=words["because"],
            choice=text_value(values, "choice"),
            base_version=int(version) if version.isdigit() and version != "0" else None,
        ),
    )
    merged = " Somebody wrote there at the same time; both texts are kept." if saved.merged else ""
    return Answer(text=f"Saved.{merged}")


def _factor_form(look: Look, visit: Visit, _values: Values) -> Form:
    terms = factor_terms(look)
    return Form(
        verb="add factor",
        title="Name a factor",
        submit="Add",
        about=visit.about,
        fields=(
            Field(
                name="term",
                label="Which condition was there?",
                kind="choice",
                options=tuple(Option(one.term, one.name) for one in terms),
            ),
            Field(
                name="role",
                label="What part did it play?",
                kind="choice",
                value="condition",
                options=tuple(Option(one, one.capitalize()) for one in FACTOR_ROLES),
            ),
            Field(name="note", label="How did it show here?", kind="text", optional=True),
            Field(
                name="made_sense",
                label="Why did it make sense at the time?",
                kind="text",
                optional=True,
            ),
        ),
    )


def _factor(work: Work, visit: Visit, values: Values) -> Answer:
    review = review_by_ref(work, visit.about.get("review", ""))
    add_factor(
        work,
        review,
        FactorAsk(
            term=text_value(values, "term"),
            role=text_value(values, "role") or "condition",
            note=text_value(values, "note"),
            made_sense=text_value(values, "made_sense"),
        ),
    )
    return Answer(text="Added. Factors come in groups: is there another?")


def _read_time(look: Look, visit: Visit, words: str) -> Values:
    first, _, rest = words.strip().partition(" ")
    name = first.lower().replace("-", "_")
    if name not in TIMES:
        name, rest = "", words
    at, because = moment_and_rest(look, visit, rest)
    because = plain_words(because.removeprefix("unknown").strip(" :,"), visit.people)
    return {"name": name, "at": at, "unknown_because": because, "word": at or because}


def _time_form(_look: Look, _visit: Visit, values: Values) -> Form:
    return Form(
        verb="time",
        title="State a time",
        submit="State it",
        fields=(
            Field(
                name="name",
                label="Which time?",
                kind="choice",
                value=text_value(values, "name") or "impact_started",
                options=tuple(
                    Option(one, one.replace("_", " ").capitalize())
                    for one in TIMES
                    if one != "closed"
                ),
            ),
            Field(
                name="at",
                label="When was it?",
                optional=True,
                placeholder="14:02, yesterday 23:50",
            ),
            Field(name="unknown_because", label="Or: it is not known, because", optional=True),
            Field(
                name="source",
                label="Where do we know it from?",
                kind="choice",
                value="staff",
                options=tuple(Option(one, one.capitalize()) for one in TIME_SOURCES[:5]),
            ),
        ),
    )


def _time(work: Work, visit: Visit, values: Values) -> Answer:
    incident: Incident = visit.incident(work)
    name = text_value(values, "name")
    at = instant_value(work, visit, values, "at")
    row = record_time(
        work,
        incident,
        name,
        TimeAsk(
            at=at,
            source=text_value(values, "source") or "staff",
            unknown_because=text_value(values, "unknown_because") if at is None else "",
        ),
    )
    told = when(row.at) if row.at else f"not known: {one_line(row.unknown_because, 300)}"
    return Answer(text=f"{escape(name.replace('_', ' ').capitalize())}: {told}.")


VERBS = (
    Verb(
        name="review",
        does="begins the review, or shows what it still needs; `review publish` publishes it",
        right="start_review",
        other_names=("retro", "postmortem", "learn"),
        show=_review_shown,
        read=lambda _look, _visit, words: {
            "publish": "yes" if words.strip().lower() == "publish" else ""
        },
        effect=_start_or_publish,
    ),
    Verb(
        name="time",
        usage="time detected at 14:02",
        does="states when it began, was noticed, was over",
        needs=("name", "word"),
        right="record_time",
        other_names=("times", "when"),
        read=_read_time,
        form=_time_form,
        effect=_time,
    ),
    Verb(
        name="answer question",
        place=INSIDE,
        right="answer_question",
        form=_answer_form,
        effect=_answer,
    ),
    Verb(name="add factor", place=INSIDE, right="add_factor", form=_factor_form, effect=_factor),
)
