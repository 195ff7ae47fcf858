"""What is done after the acknowledgement: forms opened, the home tab drawn, late answers given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from slack_sdk.webhook import WebhookClient

from tracker.app import App
from tracker.senders.slack import certificates
from tracker.senders.slack_text import SECTION_LIMIT
from tracker.slack.forms import told_view, view_of
from tracker.slack.home import home_view
from tracker.slack.people import (
    ANSWER_LIMIT_SECONDS,
    SLACK_FAULTS,
    NotWelcomeError,
    client_of,
    known_company,
    meet,
)
from tracker.slack.visits import Answer, Visit

log = logging.getLogger(__name__)

THREADS = 16
ANSWER_BLOCKS_LIMIT = 50
# What a form carries along so that its outcome can be told where it was asked for.
REPLY = "reply"


class Afterwards:
    """Calls to Slack that somebody waits for, in threads of their own: one try, two seconds.

    None of them may be lost for good: a form can be typed instead, a page shows the same.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="slack-afterwards")

    def close(self) -> None:
        """What was begun is finished, nothing more is begun."""
        self._threads.shutdown(wait=True)

    @property
    def apology(self) -> str:
        return (
            "Something went wrong on our side and nothing was stored. It is in the log. "
            f"Please use the pages meanwhile: {self.app.settings.base_url}"
        )

    def later(self, task: Callable[[], object]) -> None:
        def guarded() -> None:
            try:
                task()
            except Exception:
                log.exception("slack_afterwards_failed")

        self._threads.submit(guarded)

    def open(self, team_id: str, trigger: str, answer: Answer, url: str) -> None:
        if answer.form is None:
            return
        about = {**answer.form.about, **({REPLY: url} if url else {})}
        view = view_of(replace(answer.form, about=about))
        opened = self.slack(
            team_id,
            "form_not_opened",
            lambda client: client.views_open(trigger_id=trigger, view=view),
        )
        if not opened and url:
            self.reply(url, Answer(text=answer.instead))

    def show(self, team_id: str, trigger: str, view: Mapping[str, Any]) -> None:
        self.slack(
            team_id,
            "words_not_shown",
            lambda client: client.views_open(trigger_id=trigger, view=dict(view)),
        )

    def draw_home(self, team_id: str, user_id: str) -> None:
        try:
            company = known_company(self.app, team_id, user_id) or meet(self.app, team_id, user_id)
        except NotWelcomeError as refusal:
            blocks = told_view("Tracker", str(refusal))["blocks"]
            view: dict[str, Any] = {"type": "home", "blocks": blocks}
        else:
            visit = Visit(
                app=self.app,
                actor=company.actor,
                people=company.people,
                team_id=team_id,
                user_id=user_id,
                key="",
            )
            with visit.look() as look:
                view = home_view(look, visit)
        self.slack(
            team_id,
            "home_not_drawn",
            lambda client: client.views_publish(user_id=user_id, view=view),
        )

    def slack(self, team_id: str, failed: str, call: Callable[[Any], object]) -> bool:
        """True when Slack did it within two seconds; else it is in the log."""
        try:
            call(client_of(self.app, team_id))
        except SLACK_FAULTS as fault:
            log.warning(failed, extra={"reason": type(fault).__name__})
            return False
        return True

    def reply(self, url: str, answer: Answer) -> None:
        """The answer by the address that Slack gave for it; within half an hour, five times."""
        try:
            WebhookClient(
                url, timeout=ANSWER_LIMIT_SECONDS, retry_handlers=[], ssl=certificates()
            ).send(
                text=answer.text[:SECTION_LIMIT],
                blocks=[dict(one) for one in answer.blocks[:ANSWER_BLOCKS_LIMIT]] or None,
                response_type="ephemeral",
                replace_original=answer.replace,
            )
        except SLACK_FAULTS as fault:
            log.warning("slack_answer_not_taken", extra={"reason": type(fault).__name__})
