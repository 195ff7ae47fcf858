from flask import Blueprint, abort

bp = Blueprint("library", __name__)


@bp.get("/library")
def page(reference: str = "") -> str:
    abort(404)
