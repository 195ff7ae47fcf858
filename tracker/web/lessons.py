from flask import Blueprint, abort

bp = Blueprint("lessons", __name__)


@bp.get("/lessons")
def listing(reference: str = "") -> str:
    abort(404)


@bp.get("/lessons/<reference>")
def page(reference: str = "") -> str:
    abort(404)
