"""Changes: the list, one change, and those around an incident, for people to confirm."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Work
from tracker.domain.errors import Conflict, Gap, NotAllowed, NotFound, NotValid
from tracker.domain.event import CHANGE_KINDS, CHANGE_STATUSES, Change
from tracker.models.event import OperationalEvent
from tracker.reading.catalogue import services
from tracker.reading.references import incident_by_ref, ref
from tracker.reading.respond.changes import (
    ChangeFilter,
    change_by_ref,
    change_facts,
    incident_changes,
    list_changes,
)
from tracker.reading.respond.incidents import imported_source
from tracker.usecases.respond.changes import (
    KIND_WORDS,
    FinishChange,
    LinkChange,
    finish_change,
    forget_change_link,
    link_change,
    record_change,
)
from tracker.web.forms import chosen, day_of, instant_of, show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.change_forms import STATUS_WORDS, ChangeForm, LinkForm

bp = Blueprint("changes", __name__)
Answer = str | Response | tuple[str, int]
NARROWING = ("service", "environment", "kind", "status", "since", "until")


@bp.get("/changes")
@signed_in
def listing() -> str:
    """Every change this person may read, newest first, narrowed by the address bar."""
    hints: list[str] = []
    narrowed = _narrowed(hints)
    with look() as reading:
        try:
            found = list_changes(reading, narrowed, cursor=request.args.get("cursor", ""))
        except NotValid:
            hints.append("That page of the list could not be found, so this is the first one.")
            found = list_changes(reading, narrowed)
        named = [(row.slug, row.name) for row in services(reading)]
    return render_template(
        "changes/listing.html",
        found=found,
        hints=hints,
        asked={name: next(iter(chosen(request.args, name)), "") for name in NARROWING},
        services=named,
        kind_words=KIND_WORDS,
        status_words=STATUS_WORDS,
    )


@bp.route("/changes/new", methods=["GET", "POST"])
@signed_in
def new() -> Answer:
    """A change that no tool tells of is written down."""
    actor().needs("record_change")
    form = ChangeForm()
    with look() as reading:
        form.service.choices = [
            ("", "None of these"),
            *((row.slug, row.name) for row in services(reading)),
        ]
    status = 200
    if form.is_submitted():
        try:
            with begin() as work:
                row = record_change(work, _change_from(form))
            flash("Recorded.", "success")
            return redirect(url_for("changes.page", change=ref(row)), 303)
        except NotValid as error:
            show_gaps(form, error)
            status = 422
    return render_template("changes/new.html", form=form), status


@bp.get("/changes/<change>")
@signed_in
def page(change: str) -> str:
    """One change: what it was, what took it back, and the incidents people linked it to."""
    with look() as reading:
        facts = change_facts(reading, change_by_ref(reading, change))
    return render_template(
        "changes/page.html", change=facts, kind_words=KIND_WORDS, status_words=STATUS_WORDS
    )


@bp.post("/changes/<change>/finish")
@signed_in
def finish(change: str) -> Answer:
    """A change that was under way has ended."""
    with begin() as work:
        row = change_by_ref(work, change)
        finish_change(work, row, FinishChange(status=request.form.get("status", "")))
    flash("Noted.", "success")
    return redirect(url_for("changes.page", change=change), 303)


@bp.get("/incidents/<reference>/changes")
@signed_in
def around(reference: str) -> Answer:
    """The changes around an incident."""
    return _around(reference, LinkForm(formdata=None), 200)


@bp.post("/incidents/<reference>/changes")
@signed_in
def say(reference: str) -> Answer:
    """A person says what a change had to do with the incident, or takes it back."""
    form = LinkForm()
    answer = request.form.get("answer", "yes")
    try:
        with begin() as work:
            incident = incident_by_ref(work, reference)
            work.actor.needs("link_change")
            row = _change_named(work, form.change.data or "")
            role = form.role.data or ""
            if answer == "forget":
                forget_change_link(work, incident, row, role)
            else:
                ask = LinkChange(role=role, confirmed=answer == "yes", note=form.note.data or "")
                link_change(work, incident, row, ask)
    except (NotValid, NotAllowed, Conflict) as error:
        show_gaps(form, error)
        return _around(reference, form, 409 if isinstance(error, Conflict) else 422)
    return redirect(url_for("changes.around", reference=reference), 303)


def _around(reference: str, form: LinkForm, status: int) -> Answer:
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        found = incident_changes(reading, incident)
        imported = imported_source(reading, incident) is not None
    return (
        render_template(
            "changes/around.html",
            incident=incident,
            found=found,
            form=form,
            imported=imported,
            kind_words=KIND_WORDS,
            status_words=STATUS_WORDS,
        ),
        status,
    )


def _change_named(work: Work, text: str) -> OperationalEvent:
    try:
        return change_by_ref(work, text)
    except NotFound as error:
        gap = Gap("change", "There is no such change; its reference looks like EVT-12")
        raise NotValid(gap) from error


def _change_from(form: ChangeForm) -> Change:
    zone = actor().time_zone
    return Change(
        instance_key="",
        kind=form.kind.data or "",
        title=form.title.data or "",
        text=form.text.data or "",
        service=form.service.data or "",
        environment=form.environment.data or "",
        revision=form.revision.data or "",
        status=form.status.data or "",
        started_at=instant_of(form.started_at.data, zone, field="started_at"),
        finished_at=instant_of(form.finished_at.data, zone, field="finished_at"),
        url=(form.url.data or "").strip(),
        rolls_back=form.rolls_back.data or "",
    )


def _narrowed(hints: list[str]) -> ChangeFilter:
    days = {}
    for name in ("since", "until"):
        try:
            days[name] = day_of(next(iter(chosen(request.args, name)), ""), field=name)
        except NotValid as error:
            hints.append(f"{name.capitalize()}: {error.message}.")
    return ChangeFilter(
        service=chosen(request.args, "service"),
        environment=chosen(request.args, "environment"),
        kind=tuple(one for one in chosen(request.args, "kind") if one in CHANGE_KINDS),
        status=tuple(one for one in chosen(request.args, "status") if one in CHANGE_STATUSES),
        since=days.get("since"),
        until=days.get("until"),
    )
