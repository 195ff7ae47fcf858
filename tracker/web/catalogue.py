"""Services and teams: who owns what, what depends on what, and what was learned about it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.asks import slug_of
from tracker.domain.errors import Gap, NotAllowed, NotFound, NotValid
from tracker.models.catalogue import Service, Team
from tracker.reading import catalogue as reading_catalogue
from tracker.reading.catalogue import (
    service_by_slug,
    service_items,
    service_page,
    team_by_slug,
    team_items,
    team_page,
)
from tracker.reading.catalogue_gaps import ownership_gaps, vendor_items
from tracker.reading.respond.change_figures import change_figures
from tracker.reading.respond.changes import changes_of_service
from tracker.usecases.catalogue import ServiceAsk, TeamAsk, put_service, put_team
from tracker.web.catalogue_forms import KIND_WORDS, TIER_WORDS, ServiceForm, TeamForm
from tracker.web.forms import show_gaps, words_of
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.change_forms import STATUS_WORDS
from tracker.web.service_picture import picture_of

bp = Blueprint("catalogue", __name__)
MOST_CHANGES = 50


@bp.get("/services")
@signed_in
def listing() -> str:
    """Every service with its owner."""
    with look() as reading:
        return render_template("catalogue/services.html", items=service_items(reading))


@bp.get("/services/<reference>")
@signed_in
def page(reference: str) -> str:
    """A service: owner, dependencies both ways, and what happened to it."""
    with look() as reading:
        shown = service_page(reading, service_by_slug(reading, reference))
        return render_template(
            "catalogue/service.html",
            shown=shown,
            row=shown.row,
            picture=picture_of(shown.row, shown.depends_on, shown.needed_by),
            tier_words=TIER_WORDS,
            kind_words=KIND_WORDS,
            status_words=STATUS_WORDS,
        )


@bp.get("/services/<reference>/changes")
@signed_in
def service_changes(reference: str) -> str:
    """The changes of a service, and what they cost."""
    with look() as reading:
        row = service_by_slug(reading, reference)
        return render_template(
            "catalogue/service_changes.html",
            row=row,
            figures=change_figures(reading, row),
            changes=changes_of_service(reading, row, limit=MOST_CHANGES),
            status_words=STATUS_WORDS,
        )


@bp.get("/catalogue/vendors")
@signed_in
def vendors() -> str:
    """What others run for us, how to reach them, and what of ours needs it."""
    with look() as reading:
        return render_template("catalogue/vendors.html", items=vendor_items(reading))


@bp.get("/catalogue/gaps")
@signed_in
def gaps() -> str:
    """What the catalogue lacks."""
    with look() as reading:
        return render_template("catalogue/gaps.html", items=ownership_gaps(reading))


@bp.route("/services/new", methods=["GET", "POST"])
@signed_in
def new_service() -> str | Response | tuple[str, int]:
    """A service is added to the catalogue."""
    actor().needs("edit_catalogue")
    with look() as reading:
        form = ServiceForm()
        _offer(reading, form)
        known = {one.slug: one.name for one in reading_catalogue.services(reading)}
    return _save_service(form, None, known)


@bp.route("/services/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit_service(reference: str) -> str | Response | tuple[str, int]:
    """A service is described anew; its address stays."""
    actor().needs("edit_catalogue")
    with look() as reading:
        service = service_by_slug(reading, reference)
        owner = reading_catalogue.owner_of(reading, service)
        form = ServiceForm(
            data={
                "name": service.name,
                "about": service.about,
                "owner": owner.slug if owner else "",
                "tier": str(service.tier),
                "kind": service.kind,
                "escalation": service.escalation,
                "status_url": service.status_url,
                "tags": " ".join(reading_catalogue.service_tags(reading, service)),
                "depends_on": [
                    one.slug for one in reading_catalogue.dependencies(reading, service)
                ],
            }
        )
        _offer(reading, form, without=service.slug)
    return _save_service(form, service, {})


@bp.get("/teams")
@signed_in
def teams() -> str:
    """Every team with the size of it."""
    with look() as reading:
        return render_template("catalogue/teams.html", items=team_items(reading))


@bp.get("/teams/<reference>")
@signed_in
def team(reference: str) -> str:
    """A team: its people, its services, its open work."""
    with look() as reading:
        shown = team_page(reading, team_by_slug(reading, reference))
        return render_template("catalogue/team.html", shown=shown, row=shown.row)


@bp.route("/teams/new", methods=["GET", "POST"])
@signed_in
def new_team() -> str | Response | tuple[str, int]:
    """A team is added to the catalogue."""
    actor().needs("edit_catalogue")
    with look() as reading:
        known = {one.slug: one.name for one in reading_catalogue.teams(reading)}
    return _save_team(TeamForm(), None, known)


@bp.route("/teams/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit_team(reference: str) -> str | Response | tuple[str, int]:
    """A team is described anew; its address stays."""
    actor().needs("edit_catalogue")
    with look() as reading:
        row = team_by_slug(reading, reference)
        form = TeamForm(
            data={
                "name": row.name,
                "about": row.about,
                "contact": row.contact,
                "channel": row.channel,
                "members": " ".join(
                    one.email for one in reading_catalogue.team_members(reading, row)
                ),
            }
        )
    return _save_team(form, row, {})


def _save_service(
    form: ServiceForm, service: Service | None, known: dict[str, str]
) -> str | Response | tuple[str, int]:
    status = 200
    if form.is_submitted():
        form.validate()
        try:
            _refuse_taken(form.name.data or "", known)
            with begin() as work:
                row = put_service(
                    work,
                    ServiceAsk(
                        name=form.name.data or "",
                        slug=service.slug if service else "",
                        about=form.about.data or "",
                        owner=form.owner.data or "",
                        tier=int(form.tier.data) if form.tier.data in _TIERS else 0,
                        kind=form.kind.data or "",
                        escalation=form.escalation.data or "",
                        status_url=form.status_url.data or "",
                        tags=words_of(form.tags.data),
                        depends_on=tuple(form.depends_on.data or ()),
                    ),
                )
            flash("Saved.", "success")
            return redirect(url_for("catalogue.page", reference=row.slug), 303)
        except (NotValid, NotFound, NotAllowed) as error:
            show_gaps(form, error)
            status = 422
    return render_template("catalogue/edit_service.html", form=form, service=service), status


def _save_team(
    form: TeamForm, row: Team | None, known: dict[str, str]
) -> str | Response | tuple[str, int]:
    status = 200
    if form.is_submitted():
        form.validate()
        try:
            _refuse_taken(form.name.data or "", known)
            with begin() as work:
                saved = put_team(
                    work,
                    TeamAsk(
                        name=form.name.data or "",
                        slug=row.slug if row else "",
                        contact=form.contact.data or "",
                        channel=form.channel.data or "",
                        about=form.about.data or "",
                        members=words_of(form.members.data) if actor().may("edit_person") else None,
                    ),
                )
            flash("Saved.", "success")
            return redirect(url_for("catalogue.team", reference=saved.slug), 303)
        except (NotValid, NotFound, NotAllowed) as error:
            show_gaps(form, error)
            status = 422
    return render_template("catalogue/edit_team.html", form=form, team=row), status


_TIERS = tuple(str(tier) for tier in TIER_WORDS)


def _refuse_taken(name: str, known: dict[str, str]) -> None:
    """A new name must not write over somebody else's entry. Raises: NotValid."""
    slug = slug_of(name)
    if name.strip() and (slug in known or slug == "new"):
        taken = known.get(slug, "New")
        raise NotValid(Gap("name", f"“{taken}” has this name or one too much like it; change one"))


def _offer(reading: Look, form: ServiceForm, *, without: str = "") -> None:
    form.owner.choices = [
        ("", "Nobody yet"),
        *((one.slug, one.name) for one in reading_catalogue.teams(reading)),
    ]
    form.depends_on.choices = [
        (one.slug, one.name) for one in reading_catalogue.services(reading) if one.slug != without
    ]
