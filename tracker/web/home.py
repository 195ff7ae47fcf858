"""Home: what is open now and what waits for the person who is signed in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tracker.reading.home import home_page
from tracker.usecases.notices import dismiss_notice
from tracker.web.gate import begin, look, signed_in

bp = Blueprint("home", __name__)


@bp.get("/")
@signed_in
def page() -> str:
    """The first screen."""
    with look() as reading:
        shown = home_page(reading)
        return render_template(
            "home/page.html", shown=shown, today=reading.today, severities=reading.policy.severities
        )


@bp.post("/notices/<int:notice_id>/dismiss")
@signed_in
def dismiss(notice_id: int) -> Response:
    """The notice was read."""
    with begin() as work:
        dismiss_notice(work, notice_id)
    return redirect(url_for("home.page"), 303)
