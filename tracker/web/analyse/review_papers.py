"""A review on paper: a page made for printing, a PDF, and the file for other tools."""

from __future__ import annotations

import json

from flask import Blueprint, Response, render_template, request

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.review import Review, ReviewVersion
from tracker.reading.analyse.review_cover import Cover, markdown_file, told_with_cover
from tracker.reading.analyse.review_document import Document
from tracker.reading.analyse.reviews import version, whole_review, working_version
from tracker.reading.policies import template
from tracker.reading.references import ref, review_by_ref
from tracker.web.gate import look, signed_in, tracker
from tracker.web.times import show_times_in

bp = Blueprint("review_papers", __name__)


@bp.get("/reviews/<reference>/print")
@signed_in
def printed(reference: str) -> str:
    """The review as a document for paper; without ``version`` the newest, or the draft."""
    with look() as reader:
        review, row = wanted_version(reader, reference)
        cover, told = _told(reader, review, row)
        show_times_in(reader.policy.zone.key)
        return render_template(
            "reviews/print.html",
            review=review,
            reference=ref(review),
            cover=cover,
            told=told,
            shown=row,
        )


@bp.get("/reviews/<reference>/export.pdf")
@signed_in
def pdf(reference: str) -> Response:
    """The same as a file."""
    # Loaded here: the library takes a moment, and few requests need it.
    from tracker.reading.analyse.pdf_pictures import pictures_of_document  # noqa: PLC0415
    from tracker.reading.analyse.review_pdf import review_pdf  # noqa: PLC0415

    with look() as reader:
        review, row = wanted_version(reader, reference)
        cover, told = _told(reader, review, row)
        content = review_pdf(
            cover,
            told,
            printed_at=reader.now,
            zone=reader.policy.zone.key,
            pictures=pictures_of_document(reader, review, told),
        )
    return _download(content, file_name(review, row, "pdf"), "application/pdf")


@bp.get("/reviews/<reference>/export.md")
@signed_in
def markdown(reference: str) -> Response:
    """The same as Markdown with front matter."""
    with look() as reader:
        review, row = wanted_version(reader, reference)
        text = markdown_file(*_told(reader, review, row))
    return _download(text, file_name(review, row, "md"), "text/markdown; charset=utf-8")


@bp.get("/reviews/<reference>/export.json")
@signed_in
def json_file(reference: str) -> Response:
    """The same as data: what a published version froze."""
    with look() as reader:
        review, row = wanted_version(reader, reference)
        body = {
            "ref": ref(review),
            "version": row.number,
            "published_at": row.published_at.isoformat() if row.id is not None else None,
            "why": row.why,
            **row.content,
        }
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    return _download(text, file_name(review, row, "json"), "application/json")


def wanted_version(reader: Look, reference: str) -> tuple[Review, ReviewVersion]:
    """The version in the address bar, else the newest one, else the working copy.

    Raises: NotFound.
    """
    review = review_by_ref(reader, reference)
    asked = request.args.get("version", "")
    if asked in ("", "draft"):
        if review.published_version and not asked:
            return review, version(reader, review, review.published_version)
        return review, working_version(reader, whole_review(reader, review))
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 7):
        raise NotFound("That version")
    return review, version(reader, review, int(asked))


def file_name(review: Review, row: ReviewVersion, ending: str) -> str:
    """``REV-3-v2.pdf``, or ``REV-3-draft.pdf`` for the working copy."""
    number = f"v{row.number}" if row.id is not None else "draft"
    return f"{ref(review)}-{number}.{ending}"


def _told(reader: Look, review: Review, row: ReviewVersion) -> tuple[Cover, Document]:
    key, number = row.content.get("template", [review.template_key, review.template_version])
    base_url = tracker().settings.base_url
    return told_with_cover(reader, review, row, template(reader, key, number), base_url=base_url)


def _download(content: str | bytes, name: str, kind: str) -> Response:
    return Response(
        content,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
