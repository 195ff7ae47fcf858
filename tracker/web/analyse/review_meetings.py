"""The meeting about a review: planned, shown on a projector, its notes; the survey afterwards."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse

from tracker.domain.errors import DomainError, NotAllowed, NotFound, NotValid
from tracker.domain.meeting import USUAL_MINUTES, proposed_agenda
from tracker.reading.analyse.meetings import (
    Meeting,
    invitation_of,
    meeting_of,
    proposed_guests,
    whole_meeting,
)
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.analyse.slides import slides_of
from tracker.reading.analyse.surveys import my_turn, survey_of
from tracker.reading.catalogue import active_people
from tracker.reading.references import ref, review_by_ref
from tracker.senders.invitations import calendar_file
from tracker.usecases.analyse.meetings import (
    PlanMeeting,
    cancel_meeting,
    keep_minutes,
    plan_meeting,
    share_draft,
)
from tracker.usecases.analyse.surveys import SurveyWord, answer_survey
from tracker.web.analyse.closing_forms import MeetingForm, NotesForm, SurveyForm
from tracker.web.analyse.review_forms import offer_people
from tracker.web.forms import instant_of, local_value, show_gaps
from tracker.web.gate import actor, begin, look, signed_in, tracker

bp = Blueprint("review_meetings", __name__)
NOBODY = "tracker@localhost"


@bp.get("/reviews/<reference>/meeting")
@signed_in
def page(reference: str) -> str:
    """The meeting: when, with whom, what for; its notes."""
    return _page(reference)


@bp.post("/reviews/<reference>/meeting")
@signed_in
def plan(reference: str) -> AnyResponse | tuple[str, int]:
    """The meeting is planned or changed."""
    form = MeetingForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            row = meeting_of(work, review)
            starts_at = instant_of(
                form.starts_at.data,
                actor().time_zone,
                field="starts_at",
                stood=row.starts_at if row else None,
            )
            plan_meeting(
                work,
                review,
                PlanMeeting(
                    starts_at=starts_at,
                    minutes=form.minutes.data or 0,
                    place=form.place.data or "",
                    agenda=form.agenda.data or "",
                    note_taker=form.note_taker.data or "",
                    guests=tuple(form.guests.data or ()),
                ),
            )
    except (NotValid, NotAllowed) as error:
        return _again(reference, form, error)
    mailed = " and get an invitation by mail" if tracker().settings.mail_is_on else ""
    flash(f"The meeting is planned. Its guests hear of it{mailed}.", "success")
    return _back(reference)


@bp.post("/reviews/<reference>/meeting/cancel")
@signed_in
def cancel(reference: str) -> AnyResponse:
    """The meeting is off."""
    with begin() as work:
        cancel_meeting(work, review_by_ref(work, reference))
    flash("The meeting is off; its guests hear of it.", "success")
    return _back(reference)


@bp.post("/reviews/<reference>/meeting/share")
@signed_in
def share(reference: str) -> AnyResponse:
    """The guests are told that the draft is there to read."""
    with begin() as work:
        share_draft(work, review_by_ref(work, reference))
    flash("The guests know that the draft is there to read.", "success")
    return _back(reference)


@bp.post("/reviews/<reference>/meeting/minutes")
@signed_in
def minutes(reference: str) -> AnyResponse | tuple[str, int]:
    """What was said, and who was there."""
    form = NotesForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            attended = tuple(form.attended.data or ())
            keep_minutes(work, review, notes=form.notes.data or "", attended=attended)
    except (NotValid, NotAllowed) as error:
        return _again(reference, form, error)
    flash("Saved. Who was there gets three short questions.", "success")
    return _back(reference)


@bp.get("/reviews/<reference>/meeting.ics")
@signed_in
def calendar(reference: str) -> Response:
    """The meeting as a file for a calendar, for whoever gets no mail."""
    settings = tracker().settings
    with look() as reader:
        review = review_by_ref(reader, reference)
        row = meeting_of(reader, review)
        if row is None:
            raise NotFound("A meeting about this review")
        invitation = invitation_of(
            reader,
            review,
            whole_meeting(reader, review, row),
            base_url=settings.base_url,
            organiser_email=NOBODY,
        )
        name = f"{ref(review)}.ics"
    return Response(
        calendar_file(invitation, method="PUBLISH"),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.get("/reviews/<reference>/present")
@signed_in
def present(reference: str) -> str:
    """One slide of the review, large enough for a projector."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        slides = slides_of(whole_review(reader, review))
        asked = request.args.get("slide", "1")
        known = asked.isascii() and asked.isdecimal() and len(asked) < 6
        number = min(max(int(asked), 1), len(slides)) if known else 1
        return render_template(
            "reviews/present.html",
            review=review,
            reference=ref(review),
            slide=slides[number - 1],
            number=number,
            count=len(slides),
        )


@bp.get("/reviews/<reference>/survey")
@signed_in
def survey(reference: str) -> str:
    """The three questions for whoever was asked; the result once three have answered."""
    return _survey_page(reference, SurveyForm(formdata=None))


@bp.post("/reviews/<reference>/survey")
@signed_in
def answer(reference: str) -> AnyResponse | tuple[str, int]:
    """An answer, without a name."""
    form = SurveyForm()
    given = {
        name: int(value) if (value := str(form[name].data or "")).isdecimal() else 0
        for name in ("learned", "safe", "will_change")
    }
    try:
        with begin() as work:
            word = SurveyWord(**given, remark=form.remark.data or "")
            answer_survey(work, review_by_ref(work, reference), word)
    except (NotValid, NotAllowed) as error:
        show_gaps(form, error)
        return _survey_page(reference, form), 422
    flash("Thank you. Your answer stands without your name.", "success")
    return redirect(url_for("review_meetings.survey", reference=reference), 303)


def _page(reference: str, typed: FlaskForm | None = None) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        row = meeting_of(reader, review)
        meeting = whole_meeting(reader, review, row) if row else None
        planned = meeting is not None and meeting.row.held_at is None
        people = active_people(reader)
        form = typed if isinstance(typed, MeetingForm) else MeetingForm(formdata=None)
        if not isinstance(typed, MeetingForm):
            _fill_in(form, meeting if planned else None)
            if not planned:
                whole = whole_review(reader, review)
                missing = {gap.field for gap in whole.gaps}
                asked = [one.prompt for one in whole.template.questions if one.key in missing]
                form.agenda.data = proposed_agenda(USUAL_MINUTES, asked)
                chosen = proposed_guests(reader, review)
                form.guests.data = [one.email for one in people if one.key in chosen]
        form.guests.choices = [(one.email, one.name) for one in people]
        offer_people(form.note_taker, people, none="Nobody yet")
        notes_form = typed if isinstance(typed, NotesForm) else NotesForm(formdata=None)
        if meeting is not None:
            notes_form.attended.choices = [
                (one.person.email, one.person.name) for one in meeting.guests
            ]
            if not isinstance(typed, NotesForm):
                notes_form.notes.data = meeting.row.notes
                notes_form.attended.data = [
                    one.person.email
                    for one in meeting.guests
                    if one.row.attended or (one.row.attended is None and planned)
                ]
        return render_template(
            "reviews/meeting.html",
            review=review,
            reference=ref(review),
            meeting=meeting,
            planned=planned,
            over=meeting is not None and meeting.row.starts_at <= reader.now,
            form=form,
            notes_form=notes_form,
            zone=actor().time_zone,
            mail_is_on=tracker().settings.mail_is_on,
        )


def _fill_in(form: MeetingForm, meeting: Meeting | None) -> None:
    if meeting is None:
        form.minutes.data = USUAL_MINUTES
        return
    form.starts_at.data = local_value(meeting.row.starts_at, actor().time_zone)
    form.minutes.data = meeting.row.minutes
    form.place.data = meeting.row.place
    form.agenda.data = meeting.row.agenda
    form.note_taker.data = meeting.note_taker.email if meeting.note_taker else ""
    form.guests.data = [one.person.email for one in meeting.guests]


def _survey_page(reference: str, form: SurveyForm) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        return render_template(
            "reviews/survey.html",
            review=review,
            reference=ref(review),
            turn=my_turn(reader, review),
            result=survey_of(reader, review),
            form=form,
        )


def _again(reference: str, form: FlaskForm, error: DomainError) -> tuple[str, int]:
    show_gaps(form, error)
    return _page(reference, form), 422


def _back(reference: str) -> AnyResponse:
    return redirect(url_for("review_meetings.page", reference=reference), 303)
