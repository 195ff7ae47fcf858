"""The list of procedures, writing a new one, and bringing one in from a file."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from tracker.domain.errors import Gap, NotValid
from tracker.domain.procedure import Part
from tracker.importing.procedures import ProcedureText, parts_of, read_procedure
from tracker.reading.catalogue import services, teams
from tracker.reading.improve.procedure_figures import time_to_mitigate
from tracker.reading.improve.procedures import (
    SORTS,
    ProcedureFilter,
    list_procedures,
    procedure_counts,
)
from tracker.reading.references import ref
from tracker.usecases.improve.procedures import WriteProcedure, write_procedure
from tracker.web.forms import chosen, show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.improve.procedures_forms import (
    LARGEST_FILE,
    ImportForm,
    NewProcedureForm,
    form_of,
    given,
    offer,
)

bp = Blueprint("procedures", __name__)

VIEWS = {
    "living": ("All but retired", ProcedureFilter(state=("living",))),
    "mine": ("Mine", ProcedureFilter(state=("living",), mine=True)),
    "stale": ("To be looked at", ProcedureFilter(state=("living",), stale=True)),
    "never": ("Never validated", ProcedureFilter(state=("living",), never_validated=True)),
    "faults": ("With faults", ProcedureFilter(state=("living",), with_faults=True)),
    "gaps": ("Nobody owns it", ProcedureFilter(state=("living",), without_owner=True)),
    "all": ("Everything", ProcedureFilter()),
}
CONCERN_WORDS = {
    "never_validated": "never validated",
    "changed": "changed since it was validated",
    "stale": "due to be looked at",
}


@bp.get("/procedures")
@signed_in
def listing() -> str:
    """Procedures; view, filters, sort and page live in the address."""
    view = request.args.get("show", "living")
    view = view if view in VIEWS else "living"
    sort = request.args.get("sort", "title")
    asked = replace(
        VIEWS[view][1],
        service=chosen(request.args, "service"),
        team=chosen(request.args, "team"),
        title=request.args.get("title", "").replace("\x00", "")[:200],
    )
    with look() as reading:
        return render_template(
            "procedures/listing.html",
            view=view,
            views=VIEWS,
            asked=asked,
            counts=procedure_counts(reading, {name: one for name, (_, one) in VIEWS.items()}),
            found=list_procedures(
                reading,
                asked,
                sort=sort if sort in SORTS else "title",
                cursor=request.args.get("cursor", ""),
            ),
            sort=sort,
            services=[(one.slug, one.name) for one in services(reading)],
            teams=[(one.slug, one.name) for one in teams(reading)],
            figure=time_to_mitigate(reading, service=asked.service[0] if asked.service else ""),
            concern_words=CONCERN_WORDS,
        )


@bp.get("/procedures/new")
@signed_in
def new() -> str:
    """The form for a new procedure; ?service= and ?title= fill it."""
    actor().needs("edit_procedure")
    form = NewProcedureForm(
        formdata=None,
        data={
            "title": request.args.get("title", ""),
            "services": list(chosen(request.args, "service")),
        },
    )
    return _new_page(form)


@bp.post("/procedures/new")
@signed_in
def write() -> str | Response | tuple[str, int]:
    """The procedure is a draft, or the form is shown again: as a preview, or with its gaps."""
    actor().needs("edit_procedure")
    form = NewProcedureForm()
    form.validate_on_submit()
    if request.form.get("preview"):
        return _new_page(form, preview=parts_of(form.text.data or ""))
    try:
        with begin() as work:
            ask = WriteProcedure(**given(form), slug=(form.slug.data or "").strip())
            reference = ref(write_procedure(work, ask))
    except NotValid as error:
        show_gaps(form, error)
        return _new_page(form), 422
    flash("Kept as a draft. Ask somebody else to go through it, then publish it.", "success")
    return redirect(url_for("procedures.page", reference=reference), 303)


@bp.route("/procedures/import", methods=["GET", "POST"])
@signed_in
def bring() -> str | tuple[str, int]:
    """A Markdown file fills the form of a new procedure; nothing is kept before it is saved."""
    actor().needs("edit_procedure")
    form = ImportForm()
    if form.is_submitted():
        form.validate()
        try:
            return _filled(read_procedure(_text_given(form)))
        except ValueError as error:
            show_gaps(form, NotValid(Gap("text", str(error))))
        except NotValid as error:
            show_gaps(form, error)
        return render_template("procedures/import.html", form=form), 422
    return render_template("procedures/import.html", form=form)


def _filled(read: ProcedureText) -> str:
    notes = []
    if read.unknown:
        notes.append(f"Not taken over, because it means nothing here: {', '.join(read.unknown)}.")
    if read.validated_by:
        notes.append(
            f"The file says that {read.validated_by} validated it. Ask them to say so on its page."
        )
    form = form_of(read)
    with look() as reading:
        known = {one.slug for one in services(reading)}
    strange = [slug for slug in read.services if slug not in known]
    if strange:
        notes.append(f"Services that are not in the catalogue: {', '.join(strange)}.")
        form.services.data = [slug for slug in read.services if slug in known]
    return _new_page(form, preview=parts_of(read.text), notes=notes)


def _text_given(form: ImportForm) -> str:
    """The pasted text, or that of the file. Raises: NotValid."""
    file: FileStorage | None = form.file.data
    if file is None or not file.filename:
        if not (form.text.data or "").strip():
            raise NotValid(Gap("text", "Paste a text, or choose a file"))
        return str(form.text.data)
    content: bytes = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise NotValid(Gap("file", "This file is larger than a procedure can be"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotValid(Gap("file", "This is not a text in UTF-8")) from error


def _new_page(
    form: NewProcedureForm,
    *,
    preview: tuple[Part, ...] | None = None,
    notes: list[str] | None = None,
) -> str:
    with look() as reading:
        offer(reading, form)
    return render_template("procedures/new.html", form=form, preview=preview, notes=notes or [])
