from flask import Blueprint, abort

bp = Blueprint("home", __name__)


@bp.get("/")
def page(reference: str = "") -> str:
    abort(404)
