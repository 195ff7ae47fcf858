"""Administration of people, their sign-in links, and tokens for programs."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.domain.people import ROLES
from tracker.models.catalogue import Person
from tracker.reading.catalogue import (
    active_people,
    all_people,
    person_by_email,
    team_slugs_of,
    teams,
    teams_of_people,
)
from tracker.reading.catalogue import person as person_by_id
from tracker.reading.journal import api_tokens
from tracker.reading.links import people_by_id
from tracker.usecases.people import (
    LINK_LIFE,
    PersonAsk,
    create_person,
    create_token,
    edit_person,
    make_sign_in_link,
    revoke_token,
)
from tracker.web.admin import admin_only, bp
from tracker.web.admin_forms import PersonForm, TokenForm
from tracker.web.forms import instant_of, show_gaps
from tracker.web.gate import actor, begin, look, tracker

# The routes here join the blueprint of the other admin pages, so that addresses have one name.
__all__ = ["bp"]


@bp.get("/admin/people")
@admin_only
def people() -> str:
    """Everybody with role and teams, those who left last."""
    with look() as reading:
        rows = sorted(all_people(reading), key=lambda one: not one.active)
        return render_template("admin/people.html", rows=rows, teams=teams_of_people(reading))


@bp.route("/admin/people/new", methods=["GET", "POST"])
@admin_only
def new_person() -> str | Response | tuple[str, int]:
    """Somebody joins; their page then makes the link they sign in with."""
    with look() as reading:
        form = PersonForm(data={"time_zone": reading.policy.zone.key})
        form.offer([(one.slug, one.name) for one in teams(reading)])
    status = 200
    if form.is_submitted():
        form.validate()
        try:
            with begin() as work:
                row = create_person(work, _ask_from(form, form.email.data or ""))
            flash(f"{row.name} is here. Make a sign-in link and send it to them.", "success")
            return redirect(url_for("admin.person", person_id=row.key), 303)
        except NotValid as error:
            show_gaps(form, error)
            status = 422
    return render_template("admin/person.html", form=form, row=None, life=LINK_LIFE), status


@bp.route("/admin/people/<int:person_id>", methods=["GET", "POST"])
@admin_only
def person(person_id: int) -> str | Response | tuple[str, int]:
    """One person: role, teams, whether they are still here."""
    with look() as reading:
        row = person_by_id(reading, person_id)
        form = PersonForm(obj=row, data={"teams": team_slugs_of(reading, person_id)})
        form.offer([(one.slug, one.name) for one in teams(reading)])
    status = 200
    if form.is_submitted():
        form.validate()
        try:
            with begin() as work:
                edit_person(
                    work, work.find(Person, person_id, what="That person"),
                    _ask_from(form, row.email),
                )  # fmt: skip
            flash("Saved.", "success")
            return redirect(url_for("admin.people"), 303)
        except NotValid as error:
            show_gaps(form, error)
            status = 422
    return render_template("admin/person.html", form=form, row=row, life=LINK_LIFE), status


@bp.post("/admin/people/<int:person_id>/link")
@admin_only
def make_link(person_id: int) -> str:
    """A one-time sign-in link, shown in this answer and never again."""
    with begin() as work:
        row = work.find(Person, person_id, what="That person")
        secret = make_sign_in_link(work, row)
    base = tracker().settings.base_url.rstrip("/")
    return render_template(
        "admin/link.html",
        row=row,
        address=base + url_for("login.link", secret=secret),
        minutes=int(LINK_LIFE.total_seconds() // 60),
    )


@bp.get("/admin/tokens")
@admin_only
def tokens() -> str:
    """Every token, and the form for a new one."""
    return _tokens_page(TokenForm(formdata=None))


@bp.post("/admin/tokens")
@admin_only
def new_token() -> str | tuple[str, int]:
    """A token, its secret shown in this answer and never again."""
    form = TokenForm()
    with look() as reading:
        form.offer([(one.email, one.name) for one in active_people(reading)])
    form.validate_on_submit()
    try:
        with begin() as work:
            row, secret = create_token(
                work,
                name=form.name.data or "",
                role=form.role.data or "",
                scopes=tuple(form.scopes.data or ()),
                expires_at=_end_from(form),
                person=person_by_email(work, form.person.data) if form.person.data else None,
            )
    except (NotValid, NotFound) as error:
        show_gaps(form, error)
        return _tokens_page(form), 422
    return render_template("admin/token.html", row=row, secret=secret)


@bp.post("/admin/tokens/<int:token_id>/revoke")
@admin_only
def revoke(token_id: int) -> Response:
    """The token opens nothing any more."""
    with begin() as work:
        row = revoke_token(work, token_id)
    flash(f"“{row.name}” opens nothing any more.", "success")
    return redirect(url_for("admin.tokens"), 303)


def _ask_from(form: PersonForm, email: str) -> PersonAsk:
    return PersonAsk(
        email=email,
        name=form.name.data or "",
        role=form.role.data or ROLES[0],
        teams=tuple(form.teams.data or ()),
        time_zone=form.time_zone.data or "",
        active=bool(form.active.data),
    )


def _end_from(form: TokenForm) -> datetime | None:
    ends = instant_of(form.expires_at.data, actor().time_zone, field="expires_at")
    if ends is not None and ends <= tracker().clock():
        raise NotValid(Gap("expires_at", "The end must lie in the future"))
    return ends


def _tokens_page(form: TokenForm) -> str:
    with look() as reading:
        form.offer([(one.email, one.name) for one in active_people(reading)])
        rows = api_tokens(reading)
        return render_template(
            "admin/tokens.html",
            form=form,
            rows=rows,
            people=people_by_id(reading, [one.person_id for one in rows]),
        )
