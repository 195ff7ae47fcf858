"""What happens in Slack by itself: reactions, people who join, links, the home tab opened."""

from __future__ import annotations

import logging
from collections.abc import Callable

from tracker.slack.desk import Body, Desk
from tracker.slack.people import NotWelcomeError, known_company, meet
from tracker.slack.respond.reactions import joined, marked, unmarked
from tracker.slack.share.unfurl import unfurls
from tracker.slack.visits import Answer, Visit

log = logging.getLogger(__name__)


class Happenings:
    """The listeners of events."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def reaction_added(self, body: Body, event: Body) -> None:
        self._marked(body, event, marked)

    def reaction_removed(self, body: Body, event: Body) -> None:
        self._marked(body, event, unmarked)

    def _marked(
        self, body: Body, event: Body, effect: Callable[[Visit, Body], Answer | None]
    ) -> None:
        if event.get("reaction") != self.desk.app.settings.slack_timeline_reaction:
            return
        item = event.get("item") or {}
        visit = self._visit_of_event(body, event, str(item.get("channel") or ""))
        if visit is None or item.get("type") != "message":
            return
        told = self.desk.safely(lambda: effect(visit, item) or Answer())
        if told.text:
            self._tell_alone(visit, told)

    def joined(self, body: Body, event: Body) -> None:
        visit = self._visit_of_event(body, event, str(event.get("channel") or ""))
        told = (
            self.desk.safely(lambda: joined(visit) or Answer()) if visit is not None else Answer()
        )
        if visit is not None and told.blocks:
            self._tell_alone(visit, told)

    def _tell_alone(self, visit: Visit, told: Answer) -> None:
        """Words in the channel that only this person sees."""
        self.desk.afterwards.later(
            lambda: self.desk.afterwards.slack(
                visit.team_id,
                "words_not_shown",
                lambda client: client.chat_postEphemeral(
                    channel=visit.channel_id,
                    user=visit.user_id,
                    text=told.text,
                    blocks=list(told.blocks) or None,
                ),
            )
        )

    def link_shared(self, body: Body, event: Body) -> None:
        visit = self._visit_of_event(body, event, str(event.get("channel") or ""))
        if visit is None:
            return
        links = [str(one.get("url") or "") for one in event.get("links") or ()]
        with visit.look() as look:
            told = unfurls(look, visit, links)
        if told:
            self.desk.afterwards.later(
                lambda: self.desk.afterwards.slack(
                    visit.team_id,
                    "link_not_unfurled",
                    lambda client: client.chat_unfurl(
                        channel=visit.channel_id, ts=str(event.get("message_ts")), unfurls=told
                    ),
                )
            )

    def home_opened(self, body: Body, event: Body) -> None:
        if event.get("tab") in (None, "home"):
            team_id, user_id = str(body["team_id"]), str(event["user"])
            self.desk.afterwards.later(lambda: self.desk.afterwards.draw_home(team_id, user_id))

    def _visit_of_event(self, body: Body, event: Body, channel_id: str) -> Visit | None:
        """The visit of somebody who did something in a channel; ``None`` for apps and strangers."""
        team_id, user_id = str(body["team_id"]), str(event.get("user") or "")
        bots = {str(one.get("user_id")) for one in body.get("authorizations") or ()}
        if not user_id or user_id in bots:
            return None
        try:
            company = known_company(self.desk.app, team_id, user_id) or meet(
                self.desk.app, team_id, user_id
            )
        except NotWelcomeError as refusal:
            log.info("slack_event_passed_over", extra={"reason": str(refusal)})
            return None
        return Visit(
            app=self.desk.app,
            actor=company.actor,
            people=company.people,
            team_id=team_id,
            user_id=user_id,
            channel_id=channel_id,
            key=f"event {team_id} {body.get('event_id')}",
        )
