from flask import Blueprint, abort

bp = Blueprint("incidents", __name__)


@bp.get("/incidents")
def listing(reference: str = "") -> str:
    abort(404)


@bp.get("/incidents/<reference>")
def page(reference: str = "") -> str:
    abort(404)


@bp.get("/incidents/declare")
def declare(reference: str = "") -> str:
    abort(404)
