"""The page of an incident: shown, kept up to date, and shown again when a verb was refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from tracker.db.work import Look, Work
from tracker.domain.errors import Conflict, DomainError, NotAllowed, NotValid
from tracker.domain.incident import TIMES
from tracker.domain.lifecycle import Move
from tracker.domain.policy import Level
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.incidents import IncidentPage, RoleHolder, incident_page, live_mark
from tracker.usecases.analyse.reviews import REVIEWABLE
from tracker.web.forms import show_gaps
from tracker.web.gate import begin, look, signed_in
from tracker.web.respond.incident_forms import (
    NEXT_UPDATE_CHOICES,
    MoveForm,
    NoteForm,
    TaskForm,
    UpdateForm,
    show_all_gaps,
)
from tracker.web.respond.incidents import bp

Answer = str | Response | tuple[str, int]
PARTS = ("head", "story", "work", "facts")
STATUS: dict[type[DomainError], int] = {NotValid: 422, NotAllowed: 422, Conflict: 409}
# The moves that are one click, in the order in which an incident usually takes them.
QUICK = ("investigate", "mitigate", "resolve", "close")
MOVE_WORDS = {
    "investigate": "Start investigating",
    "mitigate": "Mark mitigated",
    "resolve": "Mark resolved",
    "close": "Close",
    "reopen": "Reopen",
    "dismiss": "Dismiss",
    "merge": "Merge into another",
}


@dataclass(frozen=True)
class RoleLine:
    """A role of the policy, or a custom one that somebody has."""

    key: str
    name: str
    meaning: str
    holder: RoleHolder | None


@bp.get("/incidents/<reference>")
@signed_in
def page(reference: str) -> Answer:
    """The live page."""
    return show(reference)


@bp.get("/incidents/<reference>/live/<part>")
@signed_in
def live(reference: str, part: str) -> Answer | tuple[str, int]:
    """A part of the live page; 204 while nothing has happened since ``mark``."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        number = live_mark(reading, incident)
        if request.args.get("mark") == _mark(number, reading, incident) or part not in PARTS:
            return "", 204
        context = _context(reading, incident, mark=number)
    return render_template(f"incidents/live_{part}.html", **context)


def show(reference: str, *, status: int = 200, **forms: FlaskForm) -> tuple[str, int]:
    """The page, with the forms given in place of empty ones: note, update, task or a move."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        context = _context(reading, incident, **forms)
    return render_template("incidents/page.html", **context), status


def attempt(
    reference: str,
    verb: Callable[[Work, Incident], object],
    *,
    name: str,
    form: FlaskForm,
    anchor: str | None = None,
) -> Answer:
    """The verb is done and the page shown anew; refused, the page says why and keeps the words.

    ``name`` says which form of the page it was: note, update, task, move.
    """
    try:
        with begin() as work:
            verb(work, incident_by_ref(work, reference))
    except (NotValid, NotAllowed, Conflict) as error:
        show_gaps(form, error)
        return show(reference, status=STATUS[type(error)], **{name: form})
    return to_page(reference, anchor=anchor)


def to_page(reference: str, *, anchor: str | None = None) -> Response:
    """Back to the page of the incident, after something was stored."""
    return redirect(url_for("incidents.page", reference=reference, _anchor=anchor), 303)


def refuse(form: FlaskForm, error: DomainError) -> int:
    """The gaps stand at their fields; the status of the answer."""
    show_all_gaps(form, error)
    if isinstance(error, Conflict) and "version" in form:
        # Pressing save again is a decision then, made in sight of what stands now.
        form.version.data = error.current
        form.version.raw_data = [str(error.current)]
    return STATUS[type(error)]


def _context(
    reading: Look, incident: Incident, *, mark: int | None = None, **forms: FlaskForm
) -> dict[str, object]:
    place = request.args.get("place", "")
    try:
        shown = incident_page(reading, incident, place=place, mark=mark)
    except NotValid:
        place = ""
        shown = incident_page(reading, incident, mark=mark)
    policy = reading.policy_of(incident.policy_version)
    failed = next(iter(forms), "")
    update = forms.get("update") or UpdateForm(formdata=None)
    usual = policy.update_minutes.get(incident.severity)
    update.next_update_at.choices = [
        ("", f"As usual for {incident.severity}: {_span(usual)}" if usual else "No promise"),
        *NEXT_UPDATE_CHOICES,
    ]
    task = forms.get("task") or TaskForm(formdata=None)
    task.owner.choices = _near_people(shown)
    return {
        "incident": shown.row,
        "shown": shown,
        "reference": shown.ref,
        "mark": _mark(shown.mark, reading, incident),
        "late": _is_late(reading, incident),
        "now": reading.now,
        "place": place,
        "roles": _role_lines(shown, policy.roles),
        "moves": {move.verb: move for move in shown.moves},
        "quick": _quick(shown.moves),
        "move_words": MOVE_WORDS,
        "move": forms.get("move") or MoveForm(formdata=None),
        "note": forms.get("note") or NoteForm(formdata=None),
        "update": update,
        "task": task,
        "failed": failed,
        "failed_form": forms.get(failed),
        "time_names": TIMES,
        # A last update, or a task somebody still has to do, may follow the resolution.
        "responding": shown.row.kind == "incident"
        and (shown.is_open or incident.state == "resolved"),
        "may_review": shown.review is None and incident.state in REVIEWABLE,
        "severity_name": next(
            (level.name for level in policy.severities if level.key == incident.severity), ""
        ),
    }


def _quick(moves: tuple[Move, ...]) -> list[str]:
    possible = {move.verb for move in moves}
    return [verb for verb in QUICK if verb in possible]


def _mark(number: int, reading: Look, incident: Incident) -> str:
    # An update becomes late without anything happening, so lateness is part of the mark.
    return f"{number}-late" if _is_late(reading, incident) else str(number)


def _is_late(reading: Look, incident: Incident) -> bool:
    return incident.next_update_at is not None and incident.next_update_at < reading.now


def _span(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} minutes"
    hours = minutes // 60
    return "1 hour" if hours == 1 else f"{hours} hours"


def _near_people(shown: IncidentPage) -> list[tuple[str, str]]:
    """Whoever is at hand: the reader and the people in roles."""
    found = {holder.person.email: holder.person.name for holder in shown.roles}
    return [("", "Nobody yet"), ("me", "I do"), *found.items()]


def _role_lines(shown: IncidentPage, named: tuple[Level, ...]) -> list[RoleLine]:
    held = {holder.role: holder for holder in shown.roles}
    lines = [
        RoleLine(level.key, level.name, level.meaning, held.pop(level.key, None)) for level in named
    ]
    return [*lines, *(RoleLine(one.role, one.role_name, "", one) for one in held.values())]
