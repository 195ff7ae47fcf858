from flask import Blueprint, abort

bp = Blueprint("actions", __name__)


@bp.get("/actions")
def listing(reference: str = "") -> str:
    abort(404)


@bp.get("/actions/<reference>")
def page(reference: str = "") -> str:
    abort(404)
