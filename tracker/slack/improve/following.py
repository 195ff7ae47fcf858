"""What follows: actions proposed, done, verified; lessons kept."""

from __future__ import annotations

from tracker.db.work import Look, Work
from tracker.domain.action import KINDS, PRIORITIES
from tracker.domain.errors import Gap, NotValid
from tracker.models.action import Action
from tracker.reading.references import action_by_ref, ref, ref_of
from tracker.senders.slack_text import link, one_line
from tracker.senders.slack_words import beyond_a_line, first_line, plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.respond.declaring import page_of
from tracker.slack.said import people_and_rest, person_value, user_id_of
from tracker.slack.verbs import INSIDE, Verb, text_value
from tracker.slack.visits import Answer, Values, Visit, channel_of
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.share.lessons import DraftLesson, draft_lesson

TITLE_LIMIT = 200


def _read_action(_look: Look, visit: Visit, words: str) -> Values:
    emails, title = people_and_rest(visit, words, field="owner")
    told = plain_words(title, visit.people)
    return {
        "title": first_line(told, TITLE_LIMIT),
        "detail": beyond_a_line(told, TITLE_LIMIT),
        "owner": emails[0] if emails else "",
    }


def _action_form(_look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="action",
        title="Propose an action",
        submit="Propose",
        about=visit.about,
        fields=(
            Field(
                name="title",
                label="What should be done afterwards?",
                value=first_line(text_value(values, "title"), TITLE_LIMIT),
            ),
            Field(
                name="detail",
                label="More about it",
                kind="text",
                optional=True,
                value=text_value(values, "detail"),
            ),
            Field(
                name="owner",
                label="Who takes care of it?",
                kind="person",
                optional=True,
                value=user_id_of(visit, text_value(values, "owner")),
            ),
            Field(
                name="kind",
                label="What would it make better?",
                kind="choice",
                optional=True,
                options=tuple(Option(one, one.capitalize()) for one in KINDS),
            ),
            Field(
                name="priority",
                label="How soon?",
                kind="choice",
                value="P2",
                options=tuple(Option(one, one) for one in PRIORITIES),
            ),
            Field(
                name="expected_effect",
                label="How will we see that it helped?",
                optional=True,
                hint="You are asked after it is done.",
            ),
        ),
    )


def _action(work: Work, visit: Visit, values: Values) -> Answer:
    incident = ref(visit.incident(work)) if visit.incident_ref or _in_channel(work, visit) else ""
    action = propose_action(
        work,
        ProposeAction(
            title=text_value(values, "title"),
            detail=_with_source(visit, text_value(values, "detail")),
            owner=person_value(visit, values, "owner"),
            kind=text_value(values, "kind"),
            priority=text_value(values, "priority") or "P2",
            expected_effect=text_value(values, "expected_effect"),
            incident=incident,
            review=visit.about.get("review", ""),
        ),
    )
    due = f", due {action.due_on:%Y-%m-%d}" if action.due_on else ""
    return Answer(text=f"{_named(visit, action)} is proposed{due}.", confirm=True)


def _finish_form(look: Look, visit: Visit, _values: Values) -> Form:
    action = action_by_ref(look, visit.about.get("action", ""))
    return Form(
        verb="finish action",
        title="It is done",
        submit="Done",
        about=visit.about,
        fields=(
            Field(
                name="evidence",
                label="What shows that it is done?",
                kind="text",
                value=action.evidence,
                hint="A link or a sentence.",
            ),
        ),
    )


def _finish(work: Work, visit: Visit, values: Values) -> Answer:
    action = action_by_ref(work, visit.about.get("action", ""))
    move_action(
        work,
        action,
        MoveAction(verb="finish", evidence=text_value(values, "evidence")),
    )
    check = f" On {action.check_on:%Y-%m-%d} you are asked whether it worked."
    return Answer(
        text=f"{_named(visit, action)} is done. Thank you.{check if action.check_on else ''}"
    )


def _verify_form(look: Look, visit: Visit, _values: Values) -> Form:
    action = action_by_ref(look, visit.about.get("action", ""))
    looked = action.where_to_look or action.expected_effect
    return Form(
        verb="verify action",
        title="Did it work?",
        submit="Say so",
        about=visit.about,
        fields=(
            Field(
                name="verb",
                label="Did it have the effect?",
                kind="choice",
                value="verify",
                options=(
                    Option("verify", "Yes, it worked"),
                    Option("find_ineffective", "No, or not enough"),
                ),
            ),
            Field(
                name="result",
                label="What did you see?",
                kind="text",
                hint=f"We said we would look at: {looked}" if looked else "",
            ),
        ),
    )


def _verify(work: Work, visit: Visit, values: Values) -> Answer:
    action = action_by_ref(work, visit.about.get("action", ""))
    verb = text_value(values, "verb") or "verify"
    if verb not in ("verify", "find_ineffective"):
        raise NotValid(Gap("verb", "Say whether it worked"))
    move_action(
        work,
        action,
        MoveAction(verb=verb, result=text_value(values, "result")),
    )
    if verb == "verify":
        return Answer(text=f"{_named(visit, action)} is an improvement now. Well done.")
    return Answer(
        text=f"{_named(visit, action)} did not help enough; thank you for saying so. "
        "Its page shows what can follow."
    )


def _read_lesson(_look: Look, visit: Visit, words: str) -> Values:
    told = plain_words(words, visit.people)
    return {
        "title": first_line(told, TITLE_LIMIT),
        "situation": beyond_a_line(told, TITLE_LIMIT),
    }


def _lesson_form(_look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="lesson",
        title="Keep a lesson",
        submit="Keep",
        about=visit.about,
        fields=(
            Field(
                name="title",
                label="The lesson in one line",
                value=first_line(text_value(values, "title"), TITLE_LIMIT),
            ),
            Field(
                name="situation",
                label="In which situation?",
                kind="text",
                optional=True,
                value=text_value(values, "situation"),
            ),
            Field(name="insight", label="What did you learn?", kind="text", optional=True),
            Field(
                name="recommendation",
                label="What should others do?",
                kind="text",
                optional=True,
                hint="Without it the lesson stays a draft; it can be completed later.",
            ),
        ),
    )


def _lesson(work: Work, visit: Visit, values: Values) -> Answer:
    inside = visit.incident_ref or _in_channel(work, visit)
    lesson = draft_lesson(
        work,
        DraftLesson(
            title=text_value(values, "title"),
            situation=_with_source(visit, text_value(values, "situation")),
            insight=text_value(values, "insight"),
            recommendation=text_value(values, "recommendation"),
            incidents=(inside,) if inside else (),
            review=visit.about.get("review", ""),
        ),
    )
    named = link(page_of(visit, ref(lesson)), f"{ref(lesson)} {lesson.title}")
    return Answer(text=f"{named} is kept as a draft. Publish it from its page.", confirm=True)


def _with_source(visit: Visit, text: str) -> str:
    source = visit.about.get("permalink", "")
    return f"{text}\n\nFrom Slack: {source}".strip() if source else text


def _in_channel(look: Look, visit: Visit) -> str:
    found = channel_of(look, visit.team_id, visit.channel_id)
    return ref_of("incident", found.incident_id) if found else ""


def _named(visit: Visit, action: Action) -> str:
    return link(page_of(visit, ref(action)), f"{ref(action)} {one_line(action.title, 150)}")


VERBS = (
    Verb(
        name="action",
        usage="action alert on pool waits @who",
        does="proposes work for afterwards",
        needs=("title",),
        right="propose_action",
        other_names=("actions", "followup", "follow-up"),
        read=_read_action,
        form=_action_form,
        effect=_action,
    ),
    Verb(
        name="finish action", place=INSIDE, right="move_action", form=_finish_form, effect=_finish
    ),
    Verb(
        name="verify action", place=INSIDE, right="move_action", form=_verify_form, effect=_verify
    ),
    Verb(
        name="lesson",
        usage="lesson Pools need a bound",
        does="keeps a lesson as a draft",
        needs=("title", "insight"),
        right="draft_lesson",
        read=_read_lesson,
        form=_lesson_form,
        effect=_lesson,
    ),
)
