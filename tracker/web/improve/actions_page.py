"""The page of one action: its clocks, its effect, its moves; and editing it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.action import STRENGTH_MEANINGS
from tracker.domain.errors import Conflict, Gap, NotAllowed, NotValid
from tracker.reading.catalogue import active_people, teams
from tracker.reading.improve.actions import ActionPage, action_page
from tracker.reading.references import action_by_ref, ref
from tracker.usecases.improve.actions import EditAction, MoveAction, edit_action, move_action
from tracker.web.forms import day_of, kept_day, show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.improve.actions import bp
from tracker.web.improve.actions_forms import STEPS, EditActionForm, MoveForm, done_words, offered

# The routes here join the blueprint of the list, so that addresses are made by one name.
__all__ = ["bp"]

SAID = {
    "accept": "Accepted. Its second clock runs now.",
    "start": "Work has begun.",
    "finish": "Done. On the day for looking, somebody sees whether it helped.",
    "verify": "Verified: this is an improvement now. Thank you.",
    "find_ineffective": "Noted that it did not help. Decide what comes next.",
    "decline": "Declined, with the reason.",
    "accept_risk": "The risk is accepted until that day.",
    "reopen": "Open again.",
}


@bp.get("/actions/<reference>")
@signed_in
def page(reference: str) -> str:
    """Everything about one action."""
    with look() as reading:
        shown = action_page(reading, action_by_ref(reading, reference))
        return _page(shown, MoveForm(formdata=None))


@bp.post("/actions/<reference>/moves")
@signed_in
def move(reference: str) -> str | Response | tuple[str, int]:
    """The action moves, or the page says at the form what the move still needs."""
    form = MoveForm()
    form.validate_on_submit()
    verb = form.verb.data or ""
    try:
        with begin() as work:
            move_action(
                work,
                action_by_ref(work, reference),
                MoveAction(
                    verb=verb,
                    why=form.why.data or "",
                    evidence=form.evidence.data or "",
                    result=form.result.data or "",
                    until=day_of(form.until.data, field="until"),
                    version=_version(form.version.data),
                ),
            )
    except (NotValid, NotAllowed, Conflict) as error:
        show_gaps(form, error)
        with look() as reading:
            shown = action_page(reading, action_by_ref(reading, reference))
            return _page(shown, form, tried=verb), 409 if isinstance(error, Conflict) else 422
    flash(SAID[verb], "success")
    return redirect(url_for("actions.page", reference=reference), 303)


@bp.route("/actions/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str) -> str | Response | tuple[str, int]:
    """New values for an action; who was slower keeps their words and sees that it changed."""
    actor().needs("edit_action")
    with look() as reading:
        action = action_by_ref(reading, reference)
        shown = action_page(reading, action)
        item = shown.item
        form = EditActionForm(
            obj=action,
            data={
                "owner": item.owner.email if item.owner else "",
                "team": item.team.slug if item.team else "",
            },
        )
        _offer(reading, form)
    status = 200
    if form.is_submitted():
        form.validate()
        try:
            with begin() as work:
                edit_action(work, action_by_ref(work, reference), _edit_ask(form, shown))
            flash("Saved.", "success")
            return redirect(url_for("actions.page", reference=reference), 303)
        except NotValid as error:
            show_gaps(form, error)
            status = 422
        except Conflict as error:
            show_gaps(
                form,
                NotValid(
                    Gap(
                        "",
                        f"{error.message}. Your words are kept below: compare them with the page "
                        "as it is now, then save again.",
                    )
                ),
            )
            form.version.data = str(error.current or action.version)
            form.version.raw_data = None
            status = 409
    return render_template("actions/edit.html", form=form, reference=ref(action)), status


def _page(shown: ActionPage, form: MoveForm, *, tried: str = "") -> str:
    return render_template(
        "actions/page.html",
        shown=shown,
        item=shown.item,
        row=shown.item.row,
        form=form,
        tried=tried,
        steps=[(move.verb, STEPS[move.verb]) for move in shown.moves],
        meanings=STRENGTH_MEANINGS,
        done_words=done_words,
    )


def _edit_ask(form: EditActionForm, shown: ActionPage) -> EditAction:
    item = shown.item
    # An owner who left is not known any more; unless somebody else was chosen they stay.
    owner = form.owner.data or ""
    unchanged = item.owner is not None and owner == item.owner.email
    texts = {
        name: form[name].data or ""
        for name in (
            "title", "detail", "kind", "strength", "priority", "team", "expected_effect",
            "where_to_look", "external_url", "evidence",
        )
    }  # fmt: skip
    return EditAction(
        **texts,
        owner=None if unchanged else owner,
        due_on=kept_day(form.due_on.data, item.row.due_on, field="due_on"),
        check_on=kept_day(form.check_on.data, item.row.check_on, field="check_on"),
        version=_version(form.version.data),
    )


def _offer(reading: Look, form: EditActionForm) -> None:
    offered(
        form,
        [(one.email, one.name) for one in active_people(reading)],
        [(one.slug, one.name) for one in teams(reading)],
    )


def _version(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
