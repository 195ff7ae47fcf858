"""What people type: answered at once when they are known, a moment later when they are new."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from slack_bolt import Ack

from tracker.senders.slack_text import SECTION_LIMIT
from tracker.senders.slack_words import mentioned_ids
from tracker.slack.afterwards import ANSWER_BLOCKS_LIMIT
from tracker.slack.desk import Body, Desk
from tracker.slack.people import Company, NotWelcomeError, known_company, meet
from tracker.slack.share import finding
from tracker.slack.visits import Answer, Visit


class Commands:
    """The listeners of the two commands."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def command(self, ack: Ack, body: Body) -> None:
        text = str(body.get("text") or "")
        self._typed(ack, body, lambda visit: self.desk.table.run_typed(visit, text), text)

    def lessons(self, ack: Ack, body: Body) -> None:
        text = str(body.get("text") or "")

        def look_up(visit: Visit) -> Answer:
            with visit.look() as look:
                return finding.lessons(look, visit, text)

        self._typed(ack, body, look_up, text)

    def _typed(self, ack: Ack, body: Body, run: Callable[[Visit], Answer], text: str) -> None:
        team_id, user_id = str(body["team_id"]), str(body["user_id"])
        trigger = str(body.get("trigger_id") or "")
        mentioned = mentioned_ids(text)

        def visit_of(company: Company) -> Visit:
            return Visit(
                app=self.desk.app,
                actor=company.actor,
                people=company.people,
                team_id=team_id,
                user_id=user_id,
                channel_id=str(body.get("channel_id") or ""),
                key=f"command {team_id} {trigger or body.get('ssl_check', '')}",
            )

        def answer_of(company: Company) -> Answer:
            return self.desk.safely(lambda: run(visit_of(company)))

        url = str(body.get("response_url") or "")
        try:
            with self.desk.turn():
                company = known_company(self.desk.app, team_id, user_id, mentioned)
                answer = answer_of(company) if company is not None else None
        except NotWelcomeError as refusal:
            ack(str(refusal))
            return
        if answer is None:
            # Slack has to be asked who that is; the answer comes a moment later.
            ack()
            self.desk.afterwards.later(
                lambda: self._answer_late(team_id, user_id, mentioned, answer_of, url, trigger)
            )
            return
        if answer.form is not None:
            ack()
            self.desk.afterwards.later(
                lambda: self.desk.afterwards.open(team_id, trigger, answer, url)
            )
            return
        ack(**_ephemeral(answer))

    def _answer_late(
        self,
        team_id: str,
        user_id: str,
        others: Iterable[str],
        answer_of: Callable[[Company], Answer],
        url: str,
        trigger: str,
    ) -> None:
        try:
            company = meet(self.desk.app, team_id, user_id, others)
        except NotWelcomeError as refusal:
            self.desk.afterwards.reply(url, Answer(text=str(refusal)))
            return
        answer = answer_of(company)
        if answer.form is not None:
            self.desk.afterwards.open(team_id, trigger, answer, url)
        else:
            self.desk.afterwards.reply(url, answer)


def _ephemeral(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": answer.text[:SECTION_LIMIT],
        "response_type": "ephemeral",
    }
    if answer.blocks:
        found["blocks"] = [dict(one) for one in answer.blocks[:ANSWER_BLOCKS_LIMIT]]
    return found
