from flask import Blueprint, abort

bp = Blueprint("reviews", __name__)


@bp.get("/reviews")
def listing(reference: str = "") -> str:
    abort(404)


@bp.get("/reviews/<reference>")
def page(reference: str = "") -> str:
    abort(404)
