"""The calendar: a month as a list, one entry, and ways in and out for other programs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from tracker.db.work import Look
from tracker.domain.calendar import ENTRY_KINDS
from tracker.domain.errors import Conflict, NotAllowed, NotValid
from tracker.importing.ics import read_calendar
from tracker.models.calendar import CalendarEntry
from tracker.reading.calendar import (
    clashes_of,
    clashing,
    entries_between,
    entry_by_ref,
    entry_item,
)
from tracker.reading.catalogue import active_people, services, teams
from tracker.reading.references import ref
from tracker.usecases.calendar import (
    EntryAsk,
    add_calendar_entry,
    cancel_calendar_entry,
    edit_calendar_entry,
    import_calendar,
)
from tracker.web.calendar_feed import feed_actor, feed_of, feed_secret
from tracker.web.forms import chosen, instant_of, local_value, show_gaps
from tracker.web.gate import actor, begin, current_person, look, signed_in, tracker
from tracker.web.respond.incident_forms import Checkboxes
from tracker.web.times import local

bp = Blueprint("calendar", __name__)
Answer = str | AnyResponse | tuple[str, int]
KINDS = list(ENTRY_KINDS.items())
# A feed tells of what was lately and what will be.
FEED_BEFORE, FEED_AFTER = timedelta(days=60), timedelta(days=400)
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
STATUS = {NotValid: 422, NotAllowed: 422, Conflict: 409}


class EntryForm(FlaskForm):  # type: ignore[misc]
    """A plan as a person types it."""

    kind = SelectField("What it is", choices=KINDS, validate_choice=False)
    title = StringField("Title")
    starts_at = StringField("Begins")
    ends_at = StringField("Ends")
    services = Checkboxes("Services", validate_choice=False)
    team = SelectField("Team", validate_choice=False)
    owner = SelectField("Looked after by", validate_choice=False)
    text = TextAreaField("More")
    version = IntegerField(widget=HiddenInput(), validators=[Optional()])


class ImportForm(FlaskForm):  # type: ignore[misc]
    """A calendar of another program."""

    file = FileField("File (.ics)")
    kind = SelectField("Its events are", choices=KINDS, default="holiday", validate_choice=False)


@bp.get("/calendar")
@signed_in
def listing() -> str:
    """A month of the calendar; month and filters stand in the address."""
    with look() as reading:
        start = _month(request.args.get("month", ""), local(reading.now))
        after = _next(start)
        kinds = tuple(one for one in chosen(request.args, "kind") if one in ENTRY_KINDS)
        service = next(iter(chosen(request.args, "service")), "")
        items = entries_between(reading, start, after, kinds=kinds, service=service, cancelled=True)
        named = [(row.slug, row.name) for row in services(reading)]
    person = current_person()
    assert person is not None  # noqa: S101 - the route is for people who are signed in
    secret = feed_secret(tracker().settings.kept_secret_key(), person)
    return render_template(
        "calendar/listing.html",
        items=items,
        clashes=clashing(items),
        start=start,
        before=_next(start, back=True),
        after=after,
        kinds=KINDS,
        kind_words=ENTRY_KINDS,
        services=named,
        asked={"kind": next(iter(kinds), ""), "service": service},
        feed=tracker().settings.base_url.rstrip("/") + url_for("calendar.feed", secret=secret),
        form=ImportForm(formdata=None),
    )


@bp.get("/calendar/<reference>")
@signed_in
def page(reference: str) -> str:
    """One entry, with the plans it clashes with."""
    with look() as reading:
        item = entry_item(reading, entry_by_ref(reading, reference))
        clashes = clashes_of(reading, item)
    return render_template(
        "calendar/page.html", item=item, row=item.row, clashes=clashes, kind_words=ENTRY_KINDS
    )


@bp.route("/calendar/new", methods=["GET", "POST"])
@signed_in
def new() -> Answer:
    """An entry is planned."""
    actor().needs("edit_calendar")
    form = EntryForm()
    with look() as reading:
        _offer(reading, form)
    if form.is_submitted():
        try:
            with begin() as work:
                row = add_calendar_entry(work, _ask_from(form))
            return redirect(url_for("calendar.page", reference=ref(row)), 303)
        except NotValid as error:
            show_gaps(form, error)
            return _form_page(form, None, 422)
    return _form_page(form, None, 200)


@bp.route("/calendar/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str) -> Answer:
    """An entry is planned anew."""
    actor().needs("edit_calendar")
    zone = actor().time_zone
    with look() as reading:
        item = entry_item(reading, entry_by_ref(reading, reference))
        row = item.row
        form = EntryForm(
            data={
                "kind": row.kind,
                "title": row.title,
                "starts_at": local_value(row.starts_at, zone),
                "ends_at": local_value(row.ends_at, zone),
                "services": [one.slug for one in item.services],
                "team": item.team.slug if item.team else "",
                "owner": item.owner.email if item.owner else "",
                "text": row.text,
                "version": row.version,
            }
        )
        _offer(reading, form)
    if form.is_submitted():
        try:
            with begin() as work:
                found = entry_by_ref(work, reference)
                edit_calendar_entry(work, found, _ask_from(form, row), version=form.version.data)
            return redirect(url_for("calendar.page", reference=reference), 303)
        except (NotValid, NotAllowed, Conflict) as error:
            show_gaps(form, error)
            if isinstance(error, Conflict):
                # Pressing save again is a decision then, made knowing of the other change.
                form.version.data = error.current
                form.version.raw_data = [str(error.current)]
            return _form_page(form, reference, STATUS[type(error)])
    return _form_page(form, reference, 200)


@bp.post("/calendar/<reference>/cancel")
@signed_in
def cancel(reference: str) -> Answer:
    """An entry is cancelled; it stays readable."""
    with begin() as work:
        cancel_calendar_entry(work, entry_by_ref(work, reference))
    flash("Cancelled. It is in nobody's way any more.", "success")
    return redirect(url_for("calendar.page", reference=reference), 303)


@bp.post("/calendar/import")
@signed_in
def bring() -> Answer:
    """The events of an .ics file come in."""
    actor().needs("edit_calendar")
    form = ImportForm()
    raw = form.file.data.read() if form.file.data else b""
    if not raw.strip():
        flash("Choose a file first: one that ends in .ics, as calendars export it.", "error")
        return redirect(url_for("calendar.listing"), 303)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        flash("This file is not UTF-8 text, so it is no calendar.", "error")
        return redirect(url_for("calendar.listing"), 303)
    with look() as reading:
        found = read_calendar(text, zone=reading.policy.zone, now=reading.now)
    try:
        with begin() as work:
            done = import_calendar(
                work, found.entries, kind=form.kind.data or "", series=found.series
            )
    except NotValid as error:
        flash(error.message, "error")
        return redirect(url_for("calendar.listing"), 303)
    told = f"{done.added} added, {done.changed} changed, {done.unchanged} as they were."
    if done.cancelled:
        told += f" {done.cancelled} that no longer take place were cancelled."
    flash(told, "success")
    for trouble in found.troubles[:5]:
        flash(f"{trouble}.", "error")
    return redirect(url_for("calendar.listing"), 303)


@bp.get("/calendar/feed/<secret>.ics")
def feed(secret: str) -> Response:
    """The calendar of one person, for a program that has no way to sign in."""
    app = tracker()
    with app.look_as_system() as system_look:
        who = feed_actor(system_look, app.settings.kept_secret_key(), secret)
    if who is None:
        abort(404)
    with app.look(who) as reading:
        items = entries_between(
            reading, reading.now - FEED_BEFORE, reading.now + FEED_AFTER, cancelled=True
        )
        body = feed_of(items, base_url=app.settings.base_url, now=reading.now)
    return Response(body, mimetype="text/calendar")


def _form_page(form: EntryForm, reference: str | None, status: int) -> tuple[str, int]:
    return render_template("calendar/edit.html", form=form, reference=reference), status


def _ask_from(form: EntryForm, row: CalendarEntry | None = None) -> EntryAsk:
    zone = actor().time_zone
    starts, ends = (row.starts_at, row.ends_at) if row else (None, None)
    return EntryAsk(
        kind=form.kind.data or "",
        title=form.title.data or "",
        starts_at=instant_of(form.starts_at.data, zone, field="starts_at", stood=starts),
        ends_at=instant_of(form.ends_at.data, zone, field="ends_at", stood=ends),
        text=form.text.data or "",
        services=tuple(form.services.data or ()),
        team=form.team.data or "",
        owner=form.owner.data or "",
    )


def _offer(reading: Look, form: EntryForm) -> None:
    form.services.choices = [(row.slug, row.name) for row in services(reading)]
    form.team.choices = [("", "No team"), *((row.slug, row.name) for row in teams(reading))]
    form.owner.choices = [
        ("", "I do"),
        *((row.email, row.name) for row in active_people(reading)),
    ]


def _month(text: str, now: datetime) -> datetime:
    """The first instant of the month in the address, or of this one, where ``now`` is."""
    match = _MONTH.match(text)
    year, month = (int(match[1]), int(match[2])) if match else (now.year, now.month)
    if not (1990 <= year < 2200 and 1 <= month <= 12):
        year, month = now.year, now.month
    return datetime(year, month, 1, tzinfo=now.tzinfo)


def _next(start: datetime, *, back: bool = False) -> datetime:
    # From the first of a month, 32 days on or one back lie in the month beside it.
    return (start + timedelta(days=-1 if back else 32)).replace(day=1)
