"""The page of one procedure: its life cycle, validation, faults, versions, and editing it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.errors import Conflict, DomainError, Gap, NotAllowed, NotValid
from tracker.domain.procedure import OUTCOME_WORDS, Step
from tracker.importing.procedures import parts_of, written_procedure
from tracker.models.procedure import Procedure
from tracker.reading.improve.procedures import (
    FaultItem,
    as_file,
    open_faults,
    procedure_items,
    procedure_page,
    procedure_versions,
    version_difference,
    version_of,
)
from tracker.reading.references import procedure_by_ref, ref
from tracker.usecases.improve.procedure_faults import ReportFault, mend_fault, report_fault
from tracker.usecases.improve.procedures import (
    EditProcedure,
    MoveProcedure,
    edit_procedure,
    move_procedure,
    validate_procedure,
)
from tracker.web.forms import show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.improve.procedures import CONCERN_WORDS, bp
from tracker.web.improve.procedures_forms import (
    EditProcedureForm,
    FaultForm,
    ProcedureMoveForm,
    given,
    offer,
)

# The routes here join the blueprint of the list, so that addresses are made by one name.
__all__ = ["bp"]

Answer = str | Response | tuple[str, int]
REFUSED = (NotValid, NotAllowed, Conflict)


@dataclass(frozen=True)
class MoveWords:
    """How a verb of the life cycle is offered: its button, what it means, what is said after."""

    button: str
    meaning: str
    said: str
    question: str = ""


MOVES = {
    "publish": MoveWords(
        "Publish", "It is offered in incidents, and its owner is asked from time to time.",
        "In use. It is offered in the incidents of its services.",
    ),
    "retire": MoveWords(
        "Retire", "It is no longer offered. Its page and its runs stay.", "Retired.",
        "Why is it no longer of use?",
    ),
    "restore": MoveWords(
        "Bring it back", "It becomes a draft again.", "A draft again. Publish it when it holds.",
        "Why is it of use again?",
    ),
}  # fmt: skip
DONE = {"publish": "Published", "retire": "Retired", "restore": "Brought back"}


@bp.get("/procedures/<reference>")
@signed_in
def page(reference: str) -> Answer:
    """The procedure with its steps, faults and runs."""
    return _show(reference)


@bp.post("/procedures/<reference>/moves")
@signed_in
def move(reference: str) -> Answer:
    """The procedure moves, or the page says what the move still needs."""
    form = ProcedureMoveForm()
    form.validate_on_submit()
    verb = form.verb.data or ""
    ask = MoveProcedure(verb=verb, why=form.why.data or "", version=_number(form.version.data))
    try:
        with begin() as work:
            move_procedure(work, procedure_by_ref(work, reference), ask)
    except REFUSED as error:
        show_gaps(form, error)
        return _show(reference, move_form=form, tried=verb, status=_status(error))
    flash(MOVES[verb].said, "success")
    return _to_page(reference)


@bp.post("/procedures/<reference>/validations")
@signed_in
def validate(reference: str) -> Answer:
    """A second person says that this version holds."""
    form = ProcedureMoveForm()
    form.validate_on_submit()
    try:
        with begin() as work:
            procedure = procedure_by_ref(work, reference)
            validate_procedure(work, procedure, version=_number(form.version.data))
    except REFUSED as error:
        show_gaps(form, error)
        return _show(reference, move_form=form, tried="validate", status=_status(error))
    flash("Validated. Thank you for going through it.", "success")
    return _to_page(reference)


@bp.post("/procedures/<reference>/faults")
@signed_in
def report(reference: str) -> Answer:
    """A step is wrong: its owner is told."""
    form = FaultForm()
    form.validate_on_submit()
    ask = ReportFault(number=_number(form.number.data) or 0, note=form.note.data or "")
    try:
        with begin() as work:
            report_fault(work, procedure_by_ref(work, reference), ask)
    except REFUSED as error:
        show_gaps(form, error)
        return _show(reference, fault_form=form, status=_status(error))
    flash("Noted. Whoever looks after this procedure is told.", "success")
    return _to_page(reference, anchor="faults")


@bp.post("/procedures/<reference>/faults/<int:fault_id>/mended")
@signed_in
def mend(reference: str, fault_id: int) -> Answer:
    """The version that stands now has it right."""
    with begin() as work:
        mend_fault(work, procedure_by_ref(work, reference), fault_id)
    flash("Marked as mended in this version.", "success")
    return _to_page(reference, anchor="faults")


@bp.route("/procedures/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str) -> Answer:
    """New values; who was slower keeps their words and sees that it changed."""
    actor().needs("edit_procedure")
    with look() as reading:
        procedure = procedure_by_ref(reading, reference)
        form, faults = _edit_form(reading, procedure)
    status = 200
    preview = None
    if form.is_submitted():
        form.validate()
        if request.form.get("preview"):
            preview = parts_of(form.text.data or "")
        else:
            refused = _save(reference, form, owner=form.owner.object_data or "")
            if refused is None:
                flash("Saved.", "success")
                return _to_page(reference)
            status = refused
    return render_template(
        "procedures/edit.html",
        form=form,
        reference=ref(procedure),
        procedure=procedure,
        faults=faults,
        preview=preview,
    ), status


@bp.get("/procedures/<reference>/versions")
@signed_in
def versions(reference: str) -> str:
    """What it said before, and what is different between two versions."""
    with look() as reading:
        procedure = procedure_by_ref(reading, reference)
        known = procedure_versions(reading, procedure)
        newest = procedure.text_version
        new = version_of(reading, procedure, _number(request.args.get("to")) or newest)
        earlier = _number(request.args.get("from")) or max(new.number - 1, 1)
        old = version_of(reading, procedure, earlier)
        return render_template(
            "procedures/versions.html",
            procedure=procedure,
            reference=ref(procedure),
            versions=known,
            old=old,
            new=new,
            lines=version_difference(old, new),
        )


@bp.get("/procedures/<reference>/file")
@signed_in
def file(reference: str) -> Response:
    """The procedure as a Markdown file with front matter."""
    with look() as reading:
        procedure = procedure_by_ref(reading, reference)
        text = written_procedure(as_file(reading, procedure))
    return Response(
        text,
        mimetype="text/markdown",
        headers={"Content-Disposition": f'attachment; filename="{procedure.slug}.md"'},
    )


def _edit_form(reading: Look, procedure: Procedure) -> tuple[EditProcedureForm, list[FaultItem]]:
    item = procedure_items(reading, [procedure])[0]
    form = EditProcedureForm(
        obj=procedure,
        data={
            "owner": item.owner.email if item.owner else "",
            "team": item.team.slug if item.team else "",
            "services": [one.slug for one in item.services],
        },
    )
    offer(reading, form)
    faults = open_faults(reading, procedure) if item.open_faults else []
    form.mends.choices = [
        (str(one.row.key), f"Step {one.row.number}: {one.row.note[:120]}") for one in faults
    ]
    return form, faults


def _save(reference: str, form: EditProcedureForm, *, owner: str) -> int | None:
    """``None`` when the edit is stored, else the status of the answer; the form has the gaps."""
    fields = given(form)
    if owner and fields["owner"] == owner:
        # An owner who left stays until somebody else is chosen.
        fields["owner"] = None
    try:
        with begin() as work:
            edit_procedure(
                work,
                procedure_by_ref(work, reference),
                EditProcedure(
                    **fields,
                    why=form.why.data or "",
                    mends=tuple(int(one) for one in form.mends.data or () if _number(one)),
                    version=_number(str(form.version.data or "")),
                ),
            )
    except Conflict as error:
        sentence = (
            f"{error.message}. Your words are kept below: compare them with the page as it is "
            "now, then save again."
        )
        show_gaps(form, NotValid(Gap("", sentence)))
        form.version.data = str(error.current)
        form.version.raw_data = None
        return 409
    except (NotValid, NotAllowed) as error:
        show_gaps(form, error)
        return 422
    return None


def _show(
    reference: str,
    *,
    move_form: ProcedureMoveForm | None = None,
    fault_form: FaultForm | None = None,
    tried: str = "",
    status: int = 200,
) -> tuple[str, int]:
    with look() as reading:
        procedure = procedure_by_ref(reading, reference)
        shown = procedure_page(reading, procedure)
    fault = fault_form or FaultForm(formdata=None)
    fault.number.choices = [
        (str(part.number), f"{part.number}. {part.title[:80]}")
        for part in shown.parts
        if isinstance(part, Step)
    ]
    return render_template(
        "procedures/page.html",
        shown=shown,
        item=shown.item,
        row=procedure,
        form=move_form or ProcedureMoveForm(formdata=None),
        fault=fault,
        fault_failed=fault_form is not None,
        tried=tried,
        moves=[(one.verb, MOVES[one.verb]) for one in shown.moves],
        done_words=DONE,
        concern_words=CONCERN_WORDS,
        outcome_words=OUTCOME_WORDS,
    ), status


def _to_page(reference: str, *, anchor: str | None = None) -> Response:
    return redirect(url_for("procedures.page", reference=reference, _anchor=anchor), 303)


def _status(error: DomainError) -> int:
    return 409 if isinstance(error, Conflict) else 422


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
