"""Buttons and check boxes: what a press means, and what the person sees afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import select

from tracker.db.work import Work
from tracker.domain.errors import NotFound
from tracker.models.incident import Incident
from tracker.models.slack import SlackUser
from tracker.reading.references import incident_by_ref
from tracker.senders import slack_blocks, slack_transcripts
from tracker.senders.slack_text import when
from tracker.slack import home
from tracker.slack.analyse import perspectives, reviewing
from tracker.slack.respond import changes, procedures, transcripts
from tracker.slack.respond.responding import about, said
from tracker.slack.respond.roles import own_address
from tracker.slack.respond.tasks import shown_tasks, task_list, tick_tasks
from tracker.slack.share.finding import share
from tracker.slack.verbs import VerbTable
from tracker.slack.visits import Answer, Visit
from tracker.usecases.respond.response import assign_role
from tracker.usecases.respond.slack_messages import snooze_update

Press = Mapping[str, Any]
Pressed = Callable[[VerbTable, Visit, Press], Answer | None]
DEFAULT_SNOOZE_MINUTES = 15


def pressed(table: VerbTable, visit: Visit, press: Press) -> Answer | None:
    """What follows from the press; ``None`` when there is nothing to say.

    Raises: the five domain errors, NotFound for a button nobody knows any more.
    """
    name = str(press.get("action_id", "")).split(":")[0]
    handler = PRESSES.get(name)
    if handler is None:
        raise NotFound("What this button did")
    return handler(table, visit, press)


def _value(press: Press) -> tuple[str, str]:
    """(reference, the rest) of a button's value: ``INC-12 commander``."""
    reference, _, rest = str(press.get("value") or "").partition(" ")
    return reference, rest


def _claim_role(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, role = _value(press)

    def effect(work: Work) -> Answer:
        incident = incident_by_ref(work, reference)
        row = assign_role(work, incident, role=role, person=own_address(visit))
        name = work.policy_of(incident.policy_version).role_name(row.role)
        return Answer(text=f"You are {name.lower()} of {reference} now. Thank you.")

    return visit.once(effect)


def _form_of(verb: str, field: str = "") -> Pressed:
    """The press opens the form of the verb, with the rest of the value in ``field``."""

    def handler(table: VerbTable, visit: Visit, press: Press) -> Answer:
        reference, rest = _value(press)
        visit = visit.at(reference) if reference.startswith("INC-") else visit
        with visit.look() as look:
            if reference.startswith("INC-"):
                visit.incident(look)
            values = {field: rest} if field else {}
            return table.ask(look, visit, table.named(verb), values)

    return handler


def _move(table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, verb = _value(press)
    return table.act(visit.at(reference), table.named(f"move {verb}"), {})


def _about_record(verb: str, name: str, rest_as: str = "") -> Pressed:
    """The press opens a form about an action or a review."""

    def handler(table: VerbTable, visit: Visit, press: Press) -> Answer:
        reference, rest = _value(press)
        kept = {**visit.about, name: reference} | ({rest_as: rest} if rest_as else {})
        visit = replace(visit, about=kept)
        with visit.look() as look:
            return table.ask(look, visit, table.named(verb), {})

    return handler


def _publish(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, _ = _value(press)
    return visit.once(lambda work: reviewing.publish(work, visit, reference))


def _decline_perspective(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, _ = _value(press)
    return visit.once(lambda work: perspectives.decline(work, visit, reference))


def _catch_up(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, _ = _value(press)
    with visit.look() as look:
        return said(about(look, visit, incident_by_ref(look, reference)))


def _tick(_table: VerbTable, visit: Visit, press: Press) -> Answer | None:
    """The boxes of the card or of a list; the block's id says which incident they are of."""
    words = str(press.get("block_id", "")).split(" ")
    reference = words[1] if len(words) > 1 else ""
    ticked = _numbers(press.get("selected_options") or ())
    offered = press.get("shown_options")

    def effect(work: Work) -> Answer:
        incident = incident_by_ref(work, reference)
        # Slack does not send along what a message for one person looked like.
        shown = _numbers(offered) if offered is not None else shown_tasks(work, incident)
        changed = tick_tasks(work, incident, shown=shown, ticked=ticked)
        return Answer(text=f"{changed} changed", replace=True)

    answer = visit.once(effect)
    with visit.look() as look:
        listed = task_list(look, visit, incident_by_ref(look, reference))
    return replace(listed, replace=answer.replace)


def _snooze(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, minutes = _value(press)
    wanted = int(minutes) if minutes.isdigit() else DEFAULT_SNOOZE_MINUTES

    def effect(work: Work) -> Answer:
        at = snooze_update(work, incident_by_ref(work, reference), minutes=wanted)
        return Answer(text=f"Fine. You are asked again {when(at)}.")

    return visit.once(effect)


def _share(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, _ = _value(press)
    return visit.once(lambda work: share(work, visit, reference))


def _say_about_change(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, rest = _value(press)
    return visit.once(lambda work: changes.say_about_change(work, visit, reference, rest))


def _run_procedure(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, procedure = _value(press)
    return visit.once(lambda work: procedures.begin_run(work, visit, reference, procedure))


def _show_run(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, run_id = _value(press)
    with visit.look() as look:
        return procedures.shown_run(look, visit, reference, run_id)


def _tick_steps(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    """The block's id says which group of which run it is: ``steps INC-1 7 0 x--``."""
    words = [*str(press.get("block_id", "")).split(" "), "", "", "", ""]
    reference, run_id, group = words[1:4]
    ticked = _numbers(press.get("selected_options") or ())

    def effect(work: Work) -> Answer:
        number = int(group) if group.isdigit() else 0
        changed = procedures.tick_steps(work, reference, run_id, group=number, ticked=ticked)
        return Answer(text=f"{changed} changed", replace=True)

    answer = visit.once(effect)
    with visit.look() as look:
        return replace(procedures.shown_run(look, visit, reference, run_id), replace=answer.replace)


def _finish_run(_table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, rest = _value(press)
    run_id, _, outcome = rest.partition(" ")
    return visit.once(lambda work: procedures.end_run(work, reference, run_id, outcome))


def _show_conversation(table: VerbTable, visit: Visit, press: Press) -> Answer:
    reference, _ = _value(press)
    return table.run(visit.at(reference), table.named("transcript"), "")


def _about_conversation(effect: Callable[[Work, Visit, Incident], Answer]) -> Pressed:
    def handler(_table: VerbTable, visit: Visit, press: Press) -> Answer:
        reference, _ = _value(press)
        return visit.once(lambda work: effect(work, visit, incident_by_ref(work, reference)))

    return handler


def _choose(wish: str) -> Pressed:
    def handler(_table: VerbTable, visit: Visit, press: Press) -> Answer:
        wanted = str(press.get("value")) == "yes"

        def effect(work: Work) -> Answer:
            row = work.session.exec(
                select(SlackUser).where(
                    SlackUser.team_id == visit.team_id, SlackUser.slack_user_id == visit.user_id
                )
            ).first()
            if row is None:
                raise NotFound("Your account")
            setattr(row, wish, wanted)
            return Answer()

        return visit.once(effect)

    return handler


def _read_on(_table: VerbTable, _visit: Visit, _press: Press) -> None:
    """A button that is a link: the browser does it."""


def _numbers(options: Any) -> tuple[int, ...]:  # noqa: ANN401 - Slack's options
    found = (str((one or {}).get("value", "")) for one in options)
    return tuple(int(one) for one in found if one.isdigit())


PRESSES: dict[str, Pressed] = {
    slack_blocks.CLAIM_ROLE: _claim_role,
    slack_blocks.HAND_OVER_ROLE: _form_of("handover", "role"),
    slack_blocks.TICK_TASKS: _tick,
    slack_blocks.ADD_TASK: _form_of("task"),
    slack_blocks.POST_UPDATE: _form_of("update"),
    slack_blocks.SNOOZE_UPDATE: _snooze,
    slack_blocks.ASSESS_SEVERITY: _form_of("sev"),
    slack_blocks.MOVE_INCIDENT: _move,
    slack_blocks.CATCH_UP: _catch_up,
    slack_blocks.OPEN_PAGE: _read_on,
    slack_blocks.SHARE_LESSON: _share,
    slack_blocks.FINISH_ACTION: _about_record("finish action", "action"),
    slack_blocks.VERIFY_ACTION: _about_record("verify action", "action"),
    reviewing.ANSWER_QUESTION: _about_record("answer question", "review", "question"),
    reviewing.ADD_FACTOR: _about_record("add factor", "review", "question"),
    reviewing.KEEP_LESSON: _about_record("lesson", "review", "question"),
    reviewing.PROPOSE_ACTION: _about_record("action", "review", "question"),
    reviewing.PUBLISH_REVIEW: _publish,
    slack_blocks.WRITE_PERSPECTIVE: _about_record(perspectives.WRITE, "review"),
    slack_blocks.DECLINE_PERSPECTIVE: _decline_perspective,
    slack_blocks.LINK_CHANGE: _say_about_change,
    slack_blocks.NOTE_CHANGE: _form_of("change"),
    slack_blocks.RUN_PROCEDURE: _run_procedure,
    slack_blocks.SHOW_RUN: _show_run,
    slack_blocks.TICK_STEPS: _tick_steps,
    slack_blocks.FINISH_RUN: _finish_run,
    slack_blocks.ABOUT_TRANSCRIPT: _show_conversation,
    slack_transcripts.ASK_TRANSCRIPT: _about_conversation(transcripts.ask),
    slack_transcripts.TAKE_TRANSCRIPT: _about_conversation(transcripts.take),
    slack_transcripts.LEAVE_TRANSCRIPT: _about_conversation(transcripts.leave),
    slack_transcripts.WITHDRAW_TRANSCRIPT: _about_conversation(transcripts.stop),
    home.DECLARE: _form_of("declare"),
    home.NEAR_MISS: _form_of("near-miss"),
    home.CHOOSE_REMINDERS: _choose("wants_reminders"),
    home.CHOOSE_DIGEST: _choose("wants_digest"),
}
HOME_PRESSES = frozenset(
    {home.CHOOSE_REMINDERS, home.CHOOSE_DIGEST, slack_blocks.DECLINE_PERSPECTIVE}
)
