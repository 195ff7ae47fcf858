"""What people press: buttons, check boxes and shortcuts, done at once and answered afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt import Ack

from tracker.senders.slack_words import mentioned_ids
from tracker.slack.afterwards import REPLY
from tracker.slack.buttons import HOME_PRESSES, pressed
from tracker.slack.desk import Body, Desk, team_of
from tracker.slack.forms import told_view
from tracker.slack.modals import Modals
from tracker.slack.people import Company, NotWelcomeError, known_company, meet
from tracker.slack.respond import shortcuts
from tracker.slack.visits import Answer, Visit


class Presses:
    """The listeners of buttons and shortcuts."""

    def __init__(self, desk: Desk, modals: Modals) -> None:
        self.desk = desk
        self.modals = modals

    def press(self, ack: Ack, body: Body) -> None:
        press = dict((body.get("actions") or [{}])[0])
        view = body.get("view") or {}
        if view.get("type") == "modal":
            ack()
            self.desk.afterwards.later(lambda: self.modals.ask_again(body, view))
            return
        press["shown_options"] = _options_shown(body, press)
        container = body.get("container") or {}
        unique = body.get("trigger_id") or f"{container.get('message_ts')} {press.get('action_ts')}"
        self._act(
            ack,
            body,
            key=f"press {team_of(body)} {unique}",
            run=lambda visit: pressed(self.desk.table, visit, press),
            home=view.get("type") == "home"
            and str(press.get("action_id")).split(":")[0] in HOME_PRESSES,
        )

    def shortcut(self, ack: Ack, body: Body) -> None:
        trigger = body.get("trigger_id") or body.get("action_ts")
        self._act(
            ack,
            body,
            key=f"shortcut {team_of(body)} {trigger}",
            run=lambda visit: shortcuts.taken(
                self.desk.table,
                replace(visit, about=shortcuts.carried(body, visit.people)),
                body,
            ),
            text=str((body.get("message") or {}).get("text") or ""),
        )

    def _act(
        self,
        ack: Ack,
        body: Body,
        *,
        key: str,
        run: Callable[[Visit], Answer | None],
        home: bool = False,
        text: str = "",
    ) -> None:
        """A press or a shortcut: done at once when the person is known, answered afterwards."""
        team_id, user_id = team_of(body), str(body["user"]["id"])
        url = str(body.get("response_url") or "")
        trigger = str(body.get("trigger_id") or "")
        others = mentioned_ids(text)
        silent = not url and not trigger

        def visit_of(company: Company) -> Visit:
            about = {REPLY: url} if url else {}
            return Visit(
                app=self.desk.app,
                actor=company.actor,
                people=company.people,
                team_id=team_id,
                user_id=user_id,
                channel_id=str((body.get("channel") or {}).get("id") or ""),
                about=about,
                key=key,
            )

        def answer(company: Company) -> Answer:
            return self.desk.safely(lambda: run(visit_of(company)) or Answer())

        def tell(found: Answer) -> None:
            if found.form is not None:
                self.desk.afterwards.open(team_id, trigger, found, url)
            elif found.replace and not _is_ephemeral(body):
                # The boxes were ticked on the card, which the outbox draws anew for everybody.
                return
            elif found.text and url:
                self.desk.afterwards.reply(url, found)
            elif found.text and trigger and not silent:
                self.desk.afterwards.show(
                    team_id, trigger, told_view("Tracker", found.text, found.blocks)
                )
            if home:
                self.desk.afterwards.draw_home(team_id, user_id)

        def meet_first() -> None:
            try:
                tell(answer(meet(self.desk.app, team_id, user_id, others)))
            except NotWelcomeError as refusal:
                tell(Answer(text=str(refusal)))

        try:
            with self.desk.turn():
                company = known_company(self.desk.app, team_id, user_id, others)
                found = answer(company) if company is not None else None
        except NotWelcomeError as refusal:
            ack()
            told = Answer(text=str(refusal))
            self.desk.afterwards.later(lambda: tell(told))
            return
        if found is None:
            ack()
            self.desk.afterwards.later(meet_first)
            return
        ack()
        self.desk.afterwards.later(lambda: tell(found))


def _is_ephemeral(body: Body) -> bool:
    return bool((body.get("container") or {}).get("is_ephemeral"))


def _options_shown(body: Body, press: Mapping[str, Any]) -> Any:  # noqa: ANN401 - Slack's options
    """Every check box of the block that was ticked in; ``None`` when Slack does not say."""
    for block in (body.get("message") or {}).get("blocks") or ():
        if block.get("block_id") == press.get("block_id"):
            for element in block.get("elements") or ():
                if element.get("action_id") == press.get("action_id"):
                    return element.get("options")
    return None
