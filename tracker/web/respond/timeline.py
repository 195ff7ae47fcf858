"""The timeline of an incident: notes, their history, and taking them back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Work
from tracker.domain.errors import Conflict, NotAllowed, NotValid
from tracker.domain.wording.finding import Finding
from tracker.models.incident import Incident
from tracker.reading.analyse.wording import hints_for_text
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.timeline import entry_by_id, entry_revisions, picture_by_id
from tracker.usecases.respond.timeline import (
    AddEntry,
    EditEntry,
    add_timeline_entry,
    edit_timeline_entry,
    retract_timeline_entry,
)
from tracker.web.forms import instant_of, local_value
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.incident_forms import NoteForm
from tracker.web.respond.incident_page import Answer, attempt, refuse

HINTS_SHOWN = 2

bp = Blueprint("timeline", __name__, url_prefix="/incidents/<reference>/timeline")


@bp.post("")
@signed_in
def add(reference: str) -> Answer:
    """A note stands at its time."""
    form = NoteForm()
    hints: list[Finding] = []

    def verb(work: Work, incident: Incident) -> None:
        add_timeline_entry(
            work,
            incident,
            AddEntry(
                text=form.text.data or "",
                at=instant_of(form.at.data, actor().time_zone),
                kind=form.kind.data or "note",
                source_url=form.source_url.data or "",
            ),
        )
        # Whose browser runs no scripts was not shown them while writing.
        if "hints" in request.form:
            hints.extend(hints_for_text(work, form.text.data or "", context="timeline"))

    answer = attempt(reference, verb, name="note", form=form, anchor="note")
    if isinstance(answer, Response):
        for one in hints[:HINTS_SHOWN]:
            flash(f"A thought on the wording, “{one.text}”: {one.question}")
    return answer


@bp.route("/<int:entry_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str, entry_id: int) -> Answer:
    """A note is corrected; what it said before stays readable."""
    form = NoteForm()
    zone = actor().time_zone
    status = 200
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        reading.actor.needs("edit_timeline_entry")
        entry = entry_by_id(reading, incident, entry_id)
    if entry.kind == "system":
        raise NotAllowed("The tracker wrote this entry; it stays as it is")
    if form.is_submitted():
        try:
            at = instant_of(form.at.data, zone, stood=entry.at)
            ask = EditEntry(
                text=form.text.data or "",
                at=None if at == entry.at else at,
                kind=form.kind.data or None,
                source_url=form.source_url.data or "",
                version=form.version.data,
            )
            with begin() as work:
                edit_timeline_entry(work, incident_by_ref(work, reference), entry_id, ask)
            return _to_entry(reference, entry_id)
        except (NotValid, NotAllowed, Conflict) as error:
            status = refuse(form, error)
    else:
        form.text.data = entry.text
        form.kind.data = entry.kind
        form.at.data = local_value(entry.at, zone)
        form.source_url.data = entry.source_url
        form.version.data = entry.version
    page = render_template("incidents/entry_edit.html", form=form, incident=incident, entry=entry)
    return page, status


@bp.get("/<int:entry_id>/history")
@signed_in
def history(reference: str, entry_id: int) -> Answer:
    """What the note said before."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        entry = entry_by_id(reading, incident, entry_id)
        revisions = entry_revisions(reading, entry)
        people = people_by_id(
            reading, [entry.author_id, *(one.replaced_by_id for one in revisions)]
        )
    return render_template(
        "incidents/entry_history.html",
        incident=incident,
        entry=entry,
        revisions=list(reversed(revisions)),
        people=people,
    )


@bp.get("/<int:entry_id>/pictures/<int:picture_id>")
@signed_in
def picture(reference: str, entry_id: int, picture_id: int) -> Response:
    """A picture kept with an entry, for whoever may read the incident."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        entry = entry_by_id(reading, incident, entry_id)
        row = picture_by_id(reading, entry, picture_id)
    answer = Response(row.content, mimetype=row.mime)
    # It never changes, and who may see it may change: only their own browser keeps it.
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["Content-Disposition"] = "inline"
    return answer


@bp.post("/<int:entry_id>/retract")
@signed_in
def retract(reference: str, entry_id: int) -> Answer:
    """The note is struck out and stays readable."""
    with begin() as work:
        retract_timeline_entry(work, incident_by_ref(work, reference), entry_id)
    flash("The note is struck out. It stays readable in the timeline.", "success")
    return _to_entry(reference, entry_id)


def _to_entry(reference: str, entry_id: int) -> Response:
    return redirect(
        url_for("incidents.page", reference=reference, _anchor=f"entry-{entry_id}"), 303
    )
