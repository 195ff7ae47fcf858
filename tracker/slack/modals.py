"""What people fill in: done once, refused at the field, told where it was asked for."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack

from tracker.domain.errors import DomainError, NotFound
from tracker.senders.slack_words import mentioned_ids
from tracker.slack.afterwards import REPLY
from tracker.slack.desk import Body, Desk, team_of
from tracker.slack.forms import Form, about_of, given_in, suggestions, told_view, view_of
from tracker.slack.people import NotWelcomeError, known_company, meet
from tracker.slack.visits import Visit, in_words

log = logging.getLogger(__name__)


class Modals:
    """The listener of submitted forms, and of fields that ask again."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def submitted(self, ack: Ack, body: Body) -> None:
        view = body["view"]
        given, about = given_in(view), about_of(view)
        chosen = [
            one
            for value in given.values()
            for one in ((value,) if isinstance(value, str) else value)
        ]
        ids = [one for one in chosen if re.fullmatch(r"[UW][A-Z0-9]{2,30}", one)]
        others = (*ids, *mentioned_ids(*[one for one in chosen if "<@" in one]))
        team_id, user_id = team_of(body), str(body["user"]["id"])
        try:
            with self.desk.turn():
                known = known_company(self.desk.app, team_id, user_id, others)
            company = known or meet(self.desk.app, team_id, user_id, others)
        except NotWelcomeError as refusal:
            ack(response_action="update", view=told_view("Not done", str(refusal)))
            return
        visit = Visit(
            app=self.desk.app,
            actor=company.actor,
            people=company.people,
            team_id=team_id,
            user_id=user_id,
            channel_id=about.get("channel", ""),
            incident_ref=about.get("incident", ""),
            about=about,
            key=f"view {team_id} {view['id']}",
        )
        name = str(view.get("callback_id", "")).removeprefix("verb ")
        try:
            with self.desk.turn():
                answer = self.desk.table.act(visit, self.desk.table.named(name), given)
        except DomainError as error:
            ack(**_refused(view, error))
            return
        except Exception:
            log.exception("slack_form_failed", extra={"verb": name})
            ack(response_action="update", view=told_view("Not done", self.desk.afterwards.apology))
            return
        if answer.confirm or not about.get(REPLY):
            shown = told_view("Done", answer.text, answer.blocks)
            ack(response_action="update", view=shown)
        else:
            ack()
            self.desk.afterwards.later(lambda: self.desk.afterwards.reply(about[REPLY], answer))

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
        team_id, user_id = team_of(body), str(body["user"]["id"])
        try:
            company = known_company(self.desk.app, team_id, user_id)
        except NotWelcomeError:
            return None
        if company is None:
            return None
        about = about_of(view)
        visit = Visit(
            app=self.desk.app,
            actor=company.actor,
            people=company.people,
            team_id=team_id,
            user_id=user_id,
            channel_id=about.get("channel", ""),
            incident_ref=about.get("incident", ""),
            about=about,
            key="",
        )
        name = str(view.get("callback_id", "")).removeprefix("verb ")
        try:
            with visit.look() as look:
                table = self.desk.table
                return table.ask(look, visit, table.named(name), given_in(view)).form
        except DomainError:
            return None


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
