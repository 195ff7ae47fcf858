"""What people fill in: done once, refused at the field, told where it was asked for."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt import Ack

from tracker.domain.errors import DomainError, NotFound
from tracker.senders.slack_words import mentioned_ids
from tracker.slack.afterwards import REPLY
from tracker.slack.desk import Body, Desk, team_of
from tracker.slack.forms import Form, about_of, filled, given_in, suggestions, told_view, view_of
from tracker.slack.people import Company, NotWelcomeError, known_company, meet
from tracker.slack.visits import Answer, Visit, in_words

log = logging.getLogger(__name__)

ASKING = "Slack is being asked who you named. What came of it shows here in a moment."


class Modals:
    """The listener of submitted forms, and of fields that ask again."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def submitted(self, ack: Ack, body: Body) -> None:
        view, others = body["view"], _people_in(given_in(body["view"]))
        try:
            with self.desk.turn():
                company = known_company(
                    self.desk.app, team_of(body), str(body["user"]["id"]), others
                )
        except NotWelcomeError as refusal:
            ack(response_action="update", view=told_view("Not done", str(refusal)))
            return
        if company is None:
            # Slack has to be asked who that is; the outcome takes this view's place a moment later.
            ack(response_action="update", view=told_view("One moment", ASKING))
            self.desk.afterwards.later(lambda: self._submitted_late(body, others))
            return
        visit = self._visit(body, company)
        try:
            answer = self._act(visit, view)
        except DomainError as error:
            ack(**_refused(view, error))
            return
        except Exception:
            log.exception("slack_form_failed", extra={"verb": _verb_of(view)})
            ack(response_action="update", view=told_view("Not done", self.desk.afterwards.apology))
            return
        url = visit.about.get(REPLY)
        if answer.confirm or not url:
            shown = told_view("Done", answer.text, answer.blocks)
            ack(response_action="update", view=shown)
        else:
            ack()
            self.desk.afterwards.later(lambda: self.desk.afterwards.reply(url, answer))

    def _submitted_late(self, body: Body, others: Iterable[str]) -> None:
        """Done once Slack said who that is; what was refused comes back as it was filled in."""
        view, team_id = body["view"], team_of(body)
        title, form = "Not done", None
        try:
            company = meet(self.desk.app, team_id, str(body["user"]["id"]), others)
            visit = self._visit(body, company)
            try:
                title, answer = "Done", self._act(visit, view)
            except DomainError as error:
                title, answer = "Not done", Answer(text=in_words(error))
                form = self._form_for(visit, view)
        except NotWelcomeError as refusal:
            answer = Answer(text=str(refusal))
        except Exception:
            log.exception("slack_form_failed", extra={"verb": _verb_of(view)})
            title, answer = "Not done", Answer(text=self.desk.afterwards.apology)
        shown = told_view(title, answer.text, answer.blocks)
        if form is not None:
            intro = (*shown["blocks"], *form.intro)
            shown = view_of(replace(filled(form, given_in(view)), intro=intro))
        url = about_of(view).get(REPLY)
        seen = self.desk.afterwards.slack(
            team_id,
            "outcome_not_shown",
            lambda client: client.views_update(view_id=view["id"], view=shown),
        )
        if not seen and url:
            self.desk.afterwards.reply(url, answer)

    def _act(self, visit: Visit, view: Mapping[str, Any]) -> Answer:
        with self.desk.turn():
            table = self.desk.table
            return table.act(visit, table.named(_verb_of(view)), given_in(view))

    def _visit(self, body: Body, company: Company) -> Visit:
        view = body.get("view") or {}
        about = about_of(view)
        return Visit(
            app=self.desk.app,
            actor=company.actor,
            people=company.people,
            team_id=team_of(body),
            user_id=str(body["user"]["id"]),
            channel_id=about.get("channel", ""),
            incident_ref=about.get("incident", ""),
            about=about,
            key=f"view {team_of(body)} {view.get('id', '')}",
        )

    def ask_again(self, body: Body, view: Mapping[str, Any]) -> None:
        """The same form with what fits the words typed so far: incidents that resemble this one."""
        form = self._form_now(body, view)
        if form is not None:
            self.desk.afterwards.slack(
                team_of(body),
                "form_not_renewed",
                lambda client: client.views_update(
                    view_id=view["id"], hash=view.get("hash"), view=view_of(form)
                ),
            )

    def suggested(self, ack: Ack, body: Body) -> None:
        """What a long list offers for the words typed so far, of what this person may see."""
        with self.desk.turn():
            form = self._form_now(body, body.get("view") or {})
        fields = form.fields if form is not None else ()
        one = next((one for one in fields if one.name == body.get("block_id")), None)
        typed = str(body.get("value") or "")
        ack(options=suggestions(one, typed) if one is not None else [])

    def _form_now(self, body: Body, view: Mapping[str, Any]) -> Form | None:
        """The form as this person would be asked it now; ``None`` when nobody may be asked it."""
        try:
            company = known_company(self.desk.app, team_of(body), str(body["user"]["id"]))
        except NotWelcomeError:
            return None
        return self._form_for(self._visit(body, company), view) if company is not None else None

    def _form_for(self, visit: Visit, view: Mapping[str, Any]) -> Form | None:
        """The view's form made anew; what it carried along, it carries on."""
        try:
            with visit.look() as look:
                table = self.desk.table
                form = table.ask(look, visit, table.named(_verb_of(view)), given_in(view)).form
        except DomainError:
            return None
        return form and replace(form, about={**form.about, **about_of(view)})


def _verb_of(view: Mapping[str, Any]) -> str:
    return str(view.get("callback_id", "")).removeprefix("verb ")


def _people_in(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The Slack ids of everybody chosen in a field, or mentioned in one."""
    chosen = [
        one for value in given.values() for one in ((value,) if isinstance(value, str) else value)
    ]
    ids = [one for one in chosen if re.fullmatch(r"[UW][A-Z0-9]{2,30}", one)]
    return (*ids, *mentioned_ids(*[one for one in chosen if "<@" in one]))


def _refused(view: Mapping[str, Any], error: DomainError) -> dict[str, Any]:
    """Each gap at its field; what has no field stands at the first, or in the form's place."""
    names = [block["block_id"] for block in view.get("blocks", ()) if block["type"] == "input"]
    if not names:
        return {"response_action": "update", "view": told_view("Not done", in_words(error))}
    errors: dict[str, str] = {}
    for gap in error.gaps:
        name = gap.field if gap.field in names else names[0]
        errors[name] = f"{errors[name]} {gap.message}" if name in errors else gap.message
    if not errors:
        hint = f" {error.hint}" if error.hint else ""
        errors[names[0]] = f"{error.message}.{hint}"
    if isinstance(error, NotFound):
        errors = {names[0]: f"{error.message}. {error.hint}"}
    return {
        "response_action": "errors",
        "errors": {name: text[:150] for name, text in errors.items()},
    }
