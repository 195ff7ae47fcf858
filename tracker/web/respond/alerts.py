"""Alerts: how good they are, what is known of each, and which of them declare an incident."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.errors import Gap, NotAllowed, NotValid
from tracker.models.event import AlertKey, AlertRule
from tracker.reading.catalogue import services, teams
from tracker.reading.references import ref_of
from tracker.reading.respond.alerts import (
    WINDOW,
    alert_key_named,
    alert_quality,
    alert_rule,
    alert_rules,
)
from tracker.usecases.respond.alert_catalogue import (
    AlertKeyAsk,
    AlertRuleAsk,
    put_alert_key,
    put_alert_rule,
    remove_alert_rule,
)
from tracker.web.forms import show_gaps, words_of
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.event_forms import AlertKeyForm, RuleForm

bp = Blueprint("alerts", __name__)
Answer = str | Response | tuple[str, int]
VIEWS = {
    "all": "All",
    "no_process": "Without a process",
    "no_owner": "Without an owner",
}


@bp.get("/alerts")
@signed_in
def quality() -> Answer:
    """Every alert of the last days: the noisiest first, and what is missing."""
    view = request.args.get("show", "all")
    with look() as reading:
        found = alert_quality(reading)
    lines = {"no_process": found.without_process, "no_owner": found.without_owner}
    counts = {"all": len(found.lines), **{name: len(some) for name, some in lines.items()}}
    return render_template(
        "events/alerts.html",
        found=found,
        lines=lines.get(view, found.lines),
        view=view if view in VIEWS else "all",
        views=VIEWS,
        counts=counts,
        days=WINDOW.days,
    )


@bp.route("/alerts/key", methods=["GET", "POST"])
@signed_in
def key() -> Answer:
    """What is known of one alert; its name is in the address because it may hold anything."""
    actor().needs("edit_alert_catalogue")
    name = request.args.get("name", "").replace("\x00", "").strip()[:200]
    if not name:
        return redirect(url_for("alerts.quality"))
    with look() as reading:
        row = alert_key_named(reading, name)
        form = AlertKeyForm(data=_known(reading, row))
        form.offer(reading)
    status = 200
    if form.is_submitted():
        try:
            with begin() as work:
                put_alert_key(
                    work,
                    AlertKeyAsk(
                        alert_key=name,
                        about=form.about.data or "",
                        service=form.service.data or "",
                        owner=form.owner.data or "",
                        procedure=form.procedure.data or "",
                        severity=form.severity.data or "",
                    ),
                )
            flash("Saved.", "success")
            return redirect(url_for("alerts.quality"), 303)
        except (NotValid, NotAllowed) as error:
            show_gaps(form, error)
            status = 422
    return render_template("events/key.html", form=form, name=name, row=row), status


@bp.get("/alerts/rules")
@signed_in
def rules() -> Answer:
    """Which alerts declare an incident by themselves."""
    with look() as reading:
        return render_template("events/rules.html", rows=alert_rules(reading))


@bp.route("/alerts/rules/new", methods=["GET", "POST"])
@signed_in
def new_rule() -> Answer:
    """A rule is added."""
    actor().needs("edit_alert_catalogue")
    return _save_rule(RuleForm(), None)


@bp.route("/alerts/rules/<slug>", methods=["GET", "POST"])
@signed_in
def rule(slug: str) -> Answer:
    """A rule is described anew."""
    actor().needs("edit_alert_catalogue")
    with look() as reading:
        row = alert_rule(reading, slug)
    form = RuleForm(
        data={
            "name": row.slug,
            "key_pattern": row.key_pattern,
            "labels": "\n".join(f"{name}={value}" for name, value in row.labels.items()),
            "severity": row.severity,
            "minutes_firing": str(row.minutes_firing),
            "group_by": ", ".join(row.group_by),
            "title": row.title,
            "active": row.active,
        }
    )
    return _save_rule(form, row)


@bp.post("/alerts/rules/<slug>/remove")
@signed_in
def remove_rule(slug: str) -> Answer:
    """A rule is gone; its incidents stay."""
    try:
        with begin() as work:
            remove_alert_rule(work, slug)
        flash("The rule is gone.", "success")
    except NotAllowed as error:
        flash(f"{error.message}.", "info")
    return redirect(url_for("alerts.rules"), 303)


def _save_rule(form: RuleForm, row: AlertRule | None) -> Answer:
    with look() as reading:
        form.offer(reading)
    status = 200
    if form.is_submitted():
        try:
            ask = _rule_from(form, row)
            with begin() as work:
                put_alert_rule(work, ask, slug=row.slug if row else "")
            flash("Saved. It counts for alerts that fire from now on.", "success")
            return redirect(url_for("alerts.rules"), 303)
        except (NotValid, NotAllowed) as error:
            show_gaps(form, error)
            status = 422
    return render_template("events/rule.html", form=form, row=row), status


def _rule_from(form: RuleForm, row: AlertRule | None) -> AlertRuleAsk:
    """What was typed. Raises: NotValid."""
    minutes = (form.minutes_firing.data or "0").strip()
    if not minutes.isdecimal():
        raise NotValid(Gap("minutes_firing", "Write a whole number of minutes; 0 for at once"))
    labels = {}
    for line in (form.labels.data or "").splitlines():
        name, equals, value = line.partition("=")
        if not line.strip():
            continue
        if not equals or not name.strip():
            raise NotValid(Gap("labels", "Write each on a line of its own, as cluster=eu"))
        labels[name.strip()] = value.strip()
    return AlertRuleAsk(
        name=row.slug if row else form.name.data or "",
        key_pattern=form.key_pattern.data or "",
        labels=labels,
        severity=form.severity.data or "",
        minutes_firing=int(minutes[:9]),
        group_by=words_of(form.group_by.data),
        title=form.title.data or "",
        active=bool(form.active.data),
    )


def _known(reading: Look, row: AlertKey | None) -> dict[str, str]:
    if row is None:
        return {}
    slugs = {one.key: one.slug for one in services(reading)}
    owners = {one.key: one.slug for one in teams(reading)}
    return {
        "about": row.about,
        "service": slugs.get(row.service_id or 0, ""),
        "owner": owners.get(row.owner_team_id or 0, ""),
        "procedure": ref_of("procedure", row.procedure_id) if row.procedure_id else "",
        "severity": row.severity,
    }
