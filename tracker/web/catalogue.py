from flask import Blueprint, abort

bp = Blueprint("catalogue", __name__)


@bp.get("/catalogue")
def listing(reference: str = "") -> str:
    abort(404)


@bp.get("/catalogue/<reference>")
def page(reference: str = "") -> str:
    abort(404)
