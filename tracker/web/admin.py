from flask import Blueprint, abort

bp = Blueprint("admin", __name__)


@bp.get("/admin")
def page(reference: str = "") -> str:
    abort(404)
