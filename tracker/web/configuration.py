"""What was applied from files, what they govern, what has drifted; and the schemas of the files."""

from __future__ import annotations

import json

from flask import Response, render_template, request

from tracker.configuration.kinds import KINDS
from tracker.configuration.schemas import schema_of
from tracker.domain.errors import NotFound
from tracker.reading.configuration import applies, apply_by_number, drift, managed_files
from tracker.web.admin import admin_only
from tracker.web.admin_people import bp
from tracker.web.gate import look, tracker

# The routes here join the blueprint of the other admin pages, so that addresses have one name.
__all__ = ["bp"]

SCHEMA_TYPE = "application/schema+json"


@bp.get("/admin/configuration")
@admin_only
def configuration() -> str:
    """Every apply, newest first, and which file governs what."""
    with look() as reading:
        return render_template(
            "admin/configuration.html",
            found=applies(reading, cursor=request.args.get("cursor", ""), limit=20),
            managed=managed_files(reading),
            kinds=KINDS,
        )


@bp.get("/admin/configuration/<int:number>")
@admin_only
def configuration_apply(number: int) -> str:
    """One apply: what it changed."""
    with look() as reading:
        return render_template(
            "admin/configuration_apply.html", row=apply_by_number(reading, number), kinds=KINDS
        )


@bp.get("/admin/configuration/drift")
@admin_only
def configuration_drift() -> str:
    """What differs between the last apply and now."""
    with look() as reading:
        return render_template("admin/configuration_drift.html", found=drift(reading), kinds=KINDS)


@bp.get("/schemas/<name>.json")
def schema(name: str) -> Response:
    """The schema of a kind of files, for editors; it tells nothing of the organisation."""
    if name not in KINDS:
        raise NotFound("A schema of this name")
    address = f"{tracker().settings.base_url.rstrip('/')}/schemas"
    answer = Response(
        json.dumps(schema_of(name, schemas=address), indent=2) + "\n", mimetype=SCHEMA_TYPE
    )
    # Editors run in browsers, too.
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
