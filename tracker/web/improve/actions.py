"""The list and the board of actions, and proposing a new one."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.action import KINDS, PRIORITIES, STRENGTH_MEANINGS, STRENGTHS
from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.domain.lifecycle import ACTION, words
from tracker.reading.catalogue import active_people, teams
from tracker.reading.improve.actions import (
    BOARD_DEPTH,
    SORTS,
    ActionFilter,
    action_board,
    action_counts,
    list_actions,
)
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.web.forms import chosen, day_of, show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.improve.actions_forms import ActionForm, offered

bp = Blueprint("actions", __name__)

VIEWS = {
    "open": ("All open", ActionFilter(state=("open",))),
    "mine": ("Mine", ActionFilter(state=("open",), mine=True)),
    "overdue": ("Overdue", ActionFilter(overdue=True)),
    "to_verify": ("To verify", ActionFilter(to_verify=True)),
    "verified": ("Verified improvements", ActionFilter(state=("verified",))),
    "all": ("Everything", ActionFilter()),
}


@bp.get("/actions")
@signed_in
def listing() -> str:
    """Actions as a table or a board; view, filters, sort and page live in the address."""
    view = request.args.get("show", "open")
    view = view if view in VIEWS else "open"
    sort = request.args.get("sort", "due" if view in ("open", "mine", "overdue") else "newest")
    asked = _filter_from(request.args, VIEWS[view][1])
    with look() as reading:
        counts = action_counts(reading, {name: one for name, (_, one) in VIEWS.items()})
        named = [(team.slug, team.name) for team in teams(reading)]
        shown = {
            "view": view,
            "views": VIEWS,
            "counts": counts,
            "asked": asked,
            "teams": named,
            "kinds": _named(KINDS),
            "strengths": _named(STRENGTHS),
            "priorities": _named(PRIORITIES),
            "states": _named(ACTION.states),
            "meanings": STRENGTH_MEANINGS,
        }
        if request.args.get("view") == "board":
            # A board shows every column, so the narrowing to open states is left to the columns.
            every = request.args.getlist("state")
            narrowed = asked if any(every) else replace(asked, state=())
            board = action_board(reading, narrowed)
            return render_template("actions/board.html", board=board, depth=BOARD_DEPTH, **shown)
        found = list_actions(
            reading,
            asked,
            sort=sort if sort in SORTS else "newest",
            cursor=request.args.get("cursor", ""),
        )
        return render_template("actions/listing.html", found=found, sort=sort, **shown)


@bp.get("/actions/new")
@signed_in
def new() -> str:
    """The form for a new action; ?review= or ?incident= say where it comes from."""
    actor().needs("propose_action")
    form = ActionForm(
        formdata=None,
        data={name: request.args.get(name, "") for name in ("review", "incident", "title")},
    )
    return _new_page(form)


@bp.post("/actions/new")
@signed_in
def propose() -> str | Response | tuple[str, int]:
    """The action is proposed, or the form is shown again with what it still needs."""
    form = ActionForm()
    with look() as reading:
        _offer(reading, form)
    form.validate_on_submit()
    try:
        with begin() as work:
            action = propose_action(work, _ask_from(form))
            reference = ref(action)
    except (NotValid, NotFound) as error:
        show_gaps(form, error)
        return _new_page(form), 422
    flash("Proposed. It waits for somebody to accept it.", "success")
    return redirect(url_for("actions.page", reference=reference), 303)


def _named(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(one, words(one)[:1].upper() + words(one)[1:]) for one in values]


def _ask_from(form: ActionForm) -> ProposeAction:
    texts = {
        name: form[name].data or ""
        for name in (
            "title", "detail", "kind", "strength", "owner", "team", "expected_effect",
            "where_to_look", "external_url", "review", "incident",
        )
    }  # fmt: skip
    return ProposeAction(
        **texts,
        priority=form.priority.data or "",
        due_on=day_of(form.due_on.data, field="due_on"),
        check_on=day_of(form.check_on.data, field="check_on"),
    )


def _new_page(form: ActionForm) -> str:
    with look() as reading:
        _offer(reading, form)
        review = incident = None
        try:
            review = review_by_ref(reading, form.review.data) if form.review.data else None
            incident = incident_by_ref(reading, form.incident.data) if form.incident.data else None
        except NotFound as error:
            gap = Gap("", error.message)
            if gap.message not in form.form_errors:
                show_gaps(form, NotValid(gap))
        clocks = {
            priority: reading.policy.action_clocks(priority, reading.now) for priority in PRIORITIES
        }
        return render_template(
            "actions/new.html", form=form, review=review, incident=incident, clocks=clocks
        )


def _offer(reading: Look, form: ActionForm) -> None:
    offered(
        form,
        [(one.email, one.name) for one in active_people(reading)],
        [(one.slug, one.name) for one in teams(reading)],
    )


def _filter_from(args: MultiDict[str, str], view: ActionFilter) -> ActionFilter:
    state = chosen(args, "state")
    return replace(
        view,
        state=state or view.state,
        kind=chosen(args, "kind"),
        strength=chosen(args, "strength"),
        priority=chosen(args, "priority"),
        team=chosen(args, "team"),
        review=args.get("review", ""),
        incident=args.get("incident", ""),
    )
