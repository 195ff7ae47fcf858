"""What people do during an incident: moves, updates, roles, tasks, severity, visibility."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, render_template

from tracker.db.work import Work
from tracker.domain.errors import Conflict, Gap, NotAllowed, NotFound, NotValid
from tracker.models.incident import Incident
from tracker.reading.links import links_of_incidents
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.incidents import circle_of, role_holders
from tracker.usecases.respond.incidents import (
    EditIncident,
    MoveIncident,
    edit_incident,
    merge_incident,
    move_incident,
    set_visibility,
)
from tracker.usecases.respond.response import (
    PostUpdate,
    add_task,
    assign_role,
    finish_task,
    post_update,
    release_role,
    reopen_task,
)
from tracker.usecases.respond.severities import AssessSeverity, assess_severity
from tracker.web.forms import instant_of, words_of
from tracker.web.gate import actor, begin, current_person, look, signed_in
from tracker.web.respond.incident_forms import (
    DetailsForm,
    MoveForm,
    RoleForm,
    SeverityForm,
    TaskForm,
    UpdateForm,
    VisibilityForm,
    offer_links,
    offer_people,
    offer_severities,
)
from tracker.web.respond.incident_page import Answer, attempt, refuse, to_page

bp = Blueprint("response", __name__, url_prefix="/incidents/<reference>")
REFUSED = (NotValid, NotAllowed, Conflict)
TEXTS = ("title", "summary", "impact_text", "almost_happened", "what_saved_us", "would_help")


@bp.post("/moves")
@signed_in
def move(reference: str) -> Answer:
    """A step of the life cycle, now or at the time given; merging names the other incident."""
    form = MoveForm()

    def verb(work: Work, incident: Incident) -> None:
        if form.verb.data == "merge":
            _merge(work, incident, form)
            return
        at = instant_of(form.at.data, actor().time_zone)
        move_incident(
            work,
            incident,
            MoveIncident(verb=form.verb.data or "", why=form.why.data or "", at=at),
        )

    return attempt(reference, verb, name="move", form=form)


@bp.post("/updates")
@signed_in
def update(reference: str) -> Answer:
    """Others are told how it stands and when they hear more."""
    form = UpdateForm()

    def verb(work: Work, incident: Incident) -> None:
        minutes = form.next_update_at.data or ""
        if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 5):
            raise NotValid(Gap("next_update_at", "Choose when the next update comes"))
        following = work.now + timedelta(minutes=int(minutes)) if minutes else None
        post_update(
            work,
            incident,
            PostUpdate(
                text=form.text.data or "",
                audience=form.audience.data or "internal",
                next_update_at=following,
            ),
        )

    return attempt(reference, verb, name="update", form=form)


@bp.post("/tasks")
@signed_in
def new_task(reference: str) -> Answer:
    """Something to do, for somebody or for whoever takes it."""
    form = TaskForm()
    owner = _me() if form.owner.data == "me" else form.owner.data or ""
    return attempt(
        reference,
        lambda work, incident: add_task(work, incident, title=form.title.data or "", owner=owner),
        name="task",
        form=form,
        anchor="tasks",
    )


@bp.post("/tasks/<int:task_id>/done")
@signed_in
def task_done(reference: str, task_id: int) -> Answer:
    """The task is done."""
    return attempt(
        reference,
        lambda work, incident: finish_task(work, incident, task_id),
        name="task",
        form=TaskForm(formdata=None),
        anchor="tasks",
    )


@bp.post("/tasks/<int:task_id>/open")
@signed_in
def task_open(reference: str, task_id: int) -> Answer:
    """The task is to be done again."""
    return attempt(
        reference,
        lambda work, incident: reopen_task(work, incident, task_id),
        name="task",
        form=TaskForm(formdata=None),
        anchor="tasks",
    )


@bp.route("/roles", methods=["GET", "POST"])
@signed_in
def roles(reference: str) -> Answer:
    """A role is given or handed over; who has it already and the policy's roles stand beside."""
    form = RoleForm()
    status = 200
    if form.is_submitted():
        person = _me() if form.person.data == "me" else form.person.data or ""
        try:
            with begin() as work:
                incident = incident_by_ref(work, reference)
                assign_role(work, incident, role=form.role.data or "", person=person)
            return to_page(reference, anchor="roles")
        except REFUSED as error:
            status = refuse(form, error)
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        reading.actor.needs("assign_role")
        offer_people(form.person, reading, nobody="Choose somebody")
        held = role_holders(reading, incident)
        named = reading.policy_of(incident.policy_version).roles
    page = render_template(
        "incidents/roles.html", form=form, incident=incident, held=held, named=named
    )
    return page, status


@bp.post("/roles/release")
@signed_in
def release(reference: str) -> Answer:
    """Nobody has the role any more; one that was free already stays so."""
    form = RoleForm()
    try:
        with begin() as work:
            incident = incident_by_ref(work, reference)
            release_role(work, incident, role=form.role.data or "")
    except NotFound:
        with look() as reading:
            incident_by_ref(reading, reference)
        flash("Nobody has that role any more.", "message")
    return to_page(reference, anchor="roles")


@bp.route("/severity", methods=["GET", "POST"])
@signed_in
def severity(reference: str) -> Answer:
    """A new look at the severity; earlier ones stay in the history."""
    form = SeverityForm()
    status = 200
    if form.is_submitted():
        impact, urgency = form.picked()
        ask = AssessSeverity(
            impact=impact,
            urgency=urgency,
            severity=form.severity.data or "",
            why=form.why.data or "",
            version=form.version.data,
        )
        try:
            with begin() as work:
                assess_severity(work, incident_by_ref(work, reference), ask)
            return to_page(reference)
        except REFUSED as error:
            status = refuse(form, error)
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        reading.actor.needs("assess_severity")
        offer_severities(form, reading)
        policy = reading.policy
    if not form.is_submitted():
        form.cell.data = f"{incident.impact}:{incident.urgency}" if incident.impact else None
        form.version.data = incident.version
    page = render_template("incidents/severity.html", form=form, incident=incident, policy=policy)
    return page, status


@bp.route("/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str) -> Answer:
    """Title, summary, impact, services, teams and tags."""
    form = DetailsForm()
    status = 200
    if form.is_submitted():
        sent = {name: form[name].data for name in TEXTS if form[name].raw_data}
        ask = EditIncident(
            **sent,
            services=tuple(form.services.data or ()),
            teams=tuple(form.teams.data or ()),
            tags=words_of(form.tags.data),
            version=form.version.data,
        )
        try:
            with begin() as work:
                edit_incident(work, incident_by_ref(work, reference), ask)
            return to_page(reference)
        except REFUSED as error:
            status = refuse(form, error)
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        reading.actor.needs("edit_incident")
        links = links_of_incidents(reading, [incident.key])[incident.key]
        offer_links(form, reading)
    if not form.is_submitted():
        for name in TEXTS:
            form[name].data = getattr(incident, name)
        form.services.data = [one.slug for one in links.services]
        form.teams.data = [one.slug for one in links.teams]
        form.tags.data = ", ".join(links.tags)
        form.version.data = incident.version
    return render_template("incidents/edit.html", form=form, incident=incident), status


@bp.route("/visibility", methods=["GET", "POST"])
@signed_in
def visibility(reference: str) -> Answer:
    """Who may read the incident, its review, actions and lessons."""
    form = VisibilityForm()
    status = 200
    if form.is_submitted():
        try:
            with begin() as work:
                set_visibility(
                    work,
                    incident_by_ref(work, reference),
                    visibility=form.visibility.data or "",
                    teams=tuple(form.teams.data or ()),
                    members=tuple(form.members.data or ()),
                    version=form.version.data,
                )
            return to_page(reference)
        except REFUSED as error:
            status = refuse(form, error)
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        reading.actor.needs("set_visibility")
        links = links_of_incidents(reading, [incident.key])[incident.key]
        offer_links(form, reading)
        circle = circle_of(reading, incident)
    if not form.is_submitted():
        form.visibility.data = links.visibility
        form.teams.data = (
            circle.teams if links.visibility == "team" else [one.slug for one in links.teams]
        )
        form.members.data = circle.members
        form.version.data = incident.version
    return render_template("incidents/visibility.html", form=form, incident=incident), status


def _merge(work: Work, incident: Incident, form: MoveForm) -> None:
    try:
        merge_incident(work, incident, into=form.into.data or "", why=form.why.data or "")
    except NotFound as error:
        raise NotValid(Gap("into", f"{error.message}. Write it as INC-12")) from error


def _me() -> str:
    person = current_person()
    return person.email if person is not None else ""
