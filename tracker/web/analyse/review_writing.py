"""What helps while somebody writes: pictures, a preview, names, what the others do meanwhile."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask import Response as FlaskResponse
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from tracker.domain.attachment import LARGEST_BYTES
from tracker.domain.errors import Gap, NotValid
from tracker.models.review import Review, ReviewAnswer
from tracker.models.review_work import Attachment
from tracker.reading.analyse.attachments import picture_by_id
from tracker.reading.analyse.presence import Somebody, newer_answers, people_there
from tracker.reading.mentions import incidents_like, people_and_services
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.attachments import AttachPicture, attach_picture
from tracker.usecases.analyse.presence import Whereabouts, check_whereabouts, note_presence
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.markdown import render
from tracker.web.site import wants_json

bp = Blueprint("review_writing", __name__)

MOST_QUESTIONS = 200
LONGEST_PREVIEW = 400_000


@bp.post("/reviews/<reference>/pictures")
@signed_in
def attach(reference: str) -> Any:  # noqa: ANN401 - JSON or a redirect
    """Keeps a picture with the review; the answer has the Markdown that shows it."""
    with begin() as work:
        review = review_by_ref(work, reference)
        row = attach_picture(work, review, picture_of(request.files.get("picture")))
        markdown = picture_markdown(review, row)
    if wants_json():
        return {"markdown": markdown, "name": row.name, "width": row.width, "height": row.height}
    flash(f"The picture is kept. Show it in a text with {markdown}", "success")
    return redirect(url_for("review_timeline.page", reference=reference, _anchor="evidence"), 303)


@bp.get("/reviews/<reference>/pictures/<int:picture_id>")
@signed_in
def picture(reference: str, picture_id: int) -> Response:
    """A picture kept with a review, for whoever may read the review."""
    with look() as reader:
        row = picture_by_id(reader, review_by_ref(reader, reference), picture_id)
    answer = FlaskResponse(row.content, mimetype=row.mime)
    # It never changes, and who may see it may change: only their own browser keeps it.
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers.set("Content-Disposition", "inline", filename=row.name)
    return answer


@bp.post("/reviews/<reference>/preview")
@signed_in
def preview(reference: str) -> str:
    """The text as readers will see it."""
    with look() as reader:
        review_by_ref(reader, reference)
    return render(request.form.get("text", "")[:LONGEST_PREVIEW]) or "Nothing is written yet."


@bp.get("/mentions")
@signed_in
def mentions() -> dict[str, Any]:
    """Suggestions for what follows an @ (people and services) or a # (incidents)."""
    words = request.args.get("q", "")[:100]
    with look() as reader:
        is_incident = request.args.get("mark") == "#"
        found = (incidents_like if is_incident else people_and_services)(reader, words)
    return {
        "items": [
            {"kind": one.kind, "name": one.name, "about": one.about, "link": one.link}
            for one in found
        ]
    }


@bp.post("/reviews/<reference>/together")
@signed_in
def together(reference: str) -> dict[str, Any]:
    """Who else is writing where, and the answers that are newer than the ones at hand.

    Notes where this window is, when that is news; most of the time nothing is written.
    """
    here = Whereabouts(
        window=request.form.get("window", "")[:60],
        question=request.form.get("question", "")[:60],
        writing=request.form.get("writing") == "yes",
    )
    check_whereabouts(here)
    known = _known(request.form.get("known", "{}"))
    mine = actor().person_id
    with look() as reader:
        review = review_by_ref(reader, reference)
        there = people_there(reader, review)
        newer = newer_answers(reader, review, known)
    if actor().may("answer_question") and not _is_noted(there, mine, here):
        with begin() as work:
            note_presence(work, review_by_ref(work, reference), here)
    return {
        "people": [
            {"name": one.name, "question": one.question, "writing": one.writing}
            for one in there
            if one.person_id != mine
        ],
        "answers": {row.question: _answer(row) for row in newer},
    }


def picture_of(given: FileStorage | None) -> AttachPicture:
    """The picture that was sent; one byte more than fits is read, and no more.

    Raises: NotValid when none was sent.
    """
    if given is None:
        raise NotValid(Gap("picture", "Choose a picture"))
    return AttachPicture(name=given.filename or "", content=given.stream.read(LARGEST_BYTES + 1))


def picture_markdown(review: Review, row: Attachment) -> str:
    """What shows the picture in a text."""
    alt = row.name.rsplit(".", 1)[0]
    return f"![{alt}](/reviews/{ref(review)}/pictures/{row.key})"


def _known(text: str) -> dict[str, int]:
    """Question -> the version at hand; what is no such thing is left out. Raises: NotValid."""
    try:
        given = json.loads(text[:20_000])
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise NotValid(Gap("known", "Must be a JSON object of versions by question"))
    versions = {
        key: value
        for key, value in given.items()
        if type(value) is int and 0 <= value < 2**31 and len(key) <= 60
    }
    return dict(list(versions.items())[:MOST_QUESTIONS])


def _is_noted(there: list[Somebody], mine: int | None, here: Whereabouts) -> bool:
    return any(
        (one.person_id, one.window, one.question, one.writing)
        == (mine, here.window, here.question, here.writing)
        and one.fresh
        for one in there
    )


def _answer(row: ReviewAnswer) -> dict[str, Any]:
    return {
        "version": row.version,
        "text": row.text,
        "choice": row.choice,
        "because": row.because,
        "by_me": row.updated_by_id == actor().person_id,
    }
