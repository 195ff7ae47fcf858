"""Administration of senders: their addresses and secrets, and what they sent lately."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import yaml
from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import Gap, NotValid
from tracker.intake.kinds import SIGNED, all_kinds, kind_of
from tracker.intake.masking import beginning, mask_secrets
from tracker.models.event import AlertSource
from tracker.reading.respond.alerts import alert_sources, newest_messages, raw_message
from tracker.senders.slack_tokens import TokenUnreadableError
from tracker.usecases.respond.alert_sources import (
    AddSource,
    RotateSecrets,
    add_source,
    lacks_secret,
    path_of,
    remove_source,
    rotate_source,
    signing_secrets,
    source_by_id,
)
from tracker.web.admin import admin_only
from tracker.web.forms import show_gaps
from tracker.web.gate import begin, look, tracker
from tracker.web.respond.event_forms import RotateForm, SourceForm

bp = Blueprint("sources", __name__)
Answer = str | Response | tuple[str, int]
# So much of a message is looked through for secrets, and so much of that is shown.
LONGEST_MASKED, LONGEST_SHOWN = 400_000, 50_000


@bp.get("/admin/sources")
@admin_only
def listing() -> Answer:
    """Every source, and the form for a new one."""
    return _page(SourceForm(formdata=None))


@bp.post("/admin/sources")
@admin_only
def new_source() -> Answer:
    """A source, its secret shown in this answer and never again."""
    form = SourceForm()
    try:
        ask = AddSource(
            sender=form.sender.data or "",
            name=form.name.data or "",
            signing_secret=form.signing_secret.data or "",
            mapping=_mapping_of(form.mapping.data or ""),
            raw_days=_number(form.raw_days.data, "raw_days"),
        )
        with begin() as work:
            row, secret = add_source(work, ask, secret_key=tracker().settings.kept_secret_key())
    except NotValid as error:
        show_gaps(form, error)
        return _page(form), 422
    return _secret_page(row, secret)


@bp.get("/admin/sources/<int:source_id>")
@admin_only
def source(source_id: int) -> Answer:
    """One source, and when its newest messages came."""
    return _source_page(source_id, RotateForm(formdata=None))


@bp.get("/admin/sources/<int:source_id>/messages/<int:number>")
@admin_only
def message(source_id: int, number: int) -> Answer:
    """One message of the source as it came, secrets masked: the whole of it or its beginning."""
    with look() as reading:
        row = source_by_id(reading, source_id)
        # One character more tells whether there is more.
        found = raw_message(reading, row, number, longest=LONGEST_MASKED + 1)
        ours = _own_secrets(row, reading.now)
    masked = mask_secrets(beginning(found.text, LONGEST_MASKED), secrets=ours)
    return render_template(
        "admin/source_message.html",
        row=row,
        kind=kind_of(row.sender),
        message=found,
        text=masked[:LONGEST_SHOWN],
        cut=found.length > LONGEST_MASKED or len(masked) > LONGEST_SHOWN,
    )


@bp.post("/admin/sources/<int:source_id>/rotate")
@admin_only
def rotate(source_id: int) -> Answer:
    """A new secret, shown in this answer and never again."""
    form = RotateForm()
    try:
        ask = RotateSecrets(
            signing_secret=form.signing_secret.data or "",
            keep_hours=_number(form.keep_hours.data, "keep_hours"),
        )
        with begin() as work:
            row, secret = rotate_source(
                work,
                source_by_id(work, source_id),
                ask,
                secret_key=tracker().settings.kept_secret_key(),
            )
    except NotValid as error:
        show_gaps(form, error)
        return _source_page(source_id, form), 422
    return _secret_page(row, secret)


@bp.post("/admin/sources/<int:source_id>/remove")
@admin_only
def remove(source_id: int) -> Answer:
    """Nothing is taken from it any more."""
    with begin() as work:
        row = remove_source(work, source_by_id(work, source_id))
    flash(f"Nothing is taken from {path_of(row)} any more. What it told stays.", "success")
    return redirect(url_for("sources.listing"), 303)


def _page(form: SourceForm) -> str:
    form.sender.choices = [
        (kind.name, f"{kind.title} ({kind.tells})")
        for kind in sorted(all_kinds().values(), key=lambda kind: kind.title.lower())
    ]
    with look() as reading:
        rows = alert_sources(reading)
    return render_template(
        "admin/sources.html", rows=rows, form=form, path_of=path_of, lacks_secret=lacks_secret
    )


def _source_page(source_id: int, form: RotateForm) -> str:
    with look() as reading:
        row = source_by_id(reading, source_id)
        now = reading.now
        messages = newest_messages(reading, row)
    kind = kind_of(row.sender)
    return render_template(
        "admin/source.html",
        row=row,
        kind=kind,
        signs=kind is not None and kind.check is not None,
        path=path_of(row),
        lacks_secret=lacks_secret(row),
        both=row.before_until is not None and row.before_until > now,
        messages=messages,
        form=form,
    )


def _own_secrets(row: AlertSource, now: datetime) -> list[str]:
    """What the source signs with, wherever a message repeats it; nothing when it cannot be read."""
    with suppress(TokenUnreadableError):
        return signing_secrets(row, now, secret_key=tracker().settings.kept_secret_key())
    return []


def _secret_page(row: AlertSource, secret: str) -> str:
    kind = kind_of(row.sender)
    return render_template(
        "admin/source_secret.html",
        row=row,
        kind=kind,
        signed=kind is not None and kind.scheme == SIGNED,
        address=tracker().settings.base_url.rstrip("/") + path_of(row),
        secret=secret,
    )


def _mapping_of(text: str) -> dict[str, Any]:
    """Raises: NotValid."""
    if not text.strip():
        return {}
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise NotValid(Gap("mapping", f"This is no YAML: {reason}")) from error
    if not isinstance(found, dict):
        raise NotValid(Gap("mapping", "Write fields with their expressions, as the help shows"))
    return found


def _number(text: str | None, field: str) -> int:
    """Raises: NotValid."""
    written = (text or "").strip()
    if not written.isdecimal():
        raise NotValid(Gap(field, "Write a whole number"))
    return int(written[:9])
