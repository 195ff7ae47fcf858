"""What Slack sends, taken in: verified, answered at once from our own data, done once.

Whatever needs Slack itself within the moment - a form, the home tab, an answer that came too late
for the acknowledgement - is done afterwards, in threads of its own, so that nobody waits for it.
Everything that must not be lost is a delivery of the outbox and not done here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from slack_bolt import Ack
from slack_bolt import App as BoltApp
from slack_bolt.authorization import AuthorizeResult

from tracker.app import App
from tracker.domain.errors import DomainError, NotFound
from tracker.senders.slack_text import SECTION_LIMIT
from tracker.senders.slack_words import mentioned_ids
from tracker.slack import (
    declaring,
    finding,
    following,
    moving,
    responding,
    reviewing,
    roles,
    shortcuts,
    tasks,
)
from tracker.slack.afterwards import ANSWER_BLOCKS_LIMIT, REPLY, Afterwards
from tracker.slack.buttons import HOME_PRESSES, pressed
from tracker.slack.events import joined, marked, unmarked
from tracker.slack.forms import about_of, given_in, told_view, view_of
from tracker.slack.people import (
    Company,
    NotWelcomeError,
    bot_token,
    known_company,
    meet,
)
from tracker.slack.unfurl import unfurls
from tracker.slack.verbs import ANYWHERE, Verb, VerbTable
from tracker.slack.visits import Answer, Visit, in_words

log = logging.getLogger(__name__)

Body = Mapping[str, Any]


def verb_table() -> VerbTable:
    """Every verb, in the order in which the help shows them."""
    table = VerbTable()
    for room in (
        declaring,
        finding,
        responding,
        roles,
        tasks,
        moving,
        following,
        reviewing,
        shortcuts,
    ):
        table.add(room.VERBS)
    table.add([Verb(name="help", does="this list", place=ANYWHERE, show=_help_of(table))])
    return table


def _help_of(table: VerbTable) -> Callable[..., Answer]:
    return lambda _look, visit, _words: table.help(visit)


class SlackFace:
    """The face: one for each App, built at the first request, calling nobody while it is built."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.table = verb_table()
        self.afterwards = Afterwards(app)

    @cached_property
    def bolt(self) -> BoltApp:
        """Slack's own framework with our listeners."""
        settings = self.app.settings
        bolt = BoltApp(
            # A listener here only asks our database; the request waits for exactly that.
            process_before_response=True,
            signing_secret=settings.slack_signing_secret or "none: Socket Mode only",
            token_verification_enabled=False,
            authorize=_authorized_by(self.app),
            user_facing_authorize_error_message=(
                "The tracker is not installed in this workspace. "
                f"Somebody who may can do so at {settings.base_url}/slack/install"
            ),
        )
        bolt.command(f"/{settings.slack_command}")(self._command)
        bolt.command(f"/{settings.slack_lessons_command}")(self._lessons)
        bolt.view(re.compile(".*"))(self._submitted)
        bolt.action(re.compile(".*"))(self._pressed)
        bolt.shortcut(re.compile(".*"))(self._shortcut)
        bolt.event("app_home_opened")(self._home_opened)
        bolt.event("reaction_added")(self._reaction_added)
        bolt.event("reaction_removed")(self._reaction_removed)
        bolt.event("member_joined_channel")(self._joined)
        bolt.event("link_shared")(self._link_shared)
        return bolt

    def close(self) -> None:
        """Nothing more is begun; what was begun is finished."""
        self.afterwards.close()

    # --- what people type ---------------------------------------------------------------------

    def _command(self, ack: Ack, body: Body) -> None:
        text = str(body.get("text") or "")
        self._typed(ack, body, lambda visit: self.table.run_typed(visit, text), text)

    def _lessons(self, ack: Ack, body: Body) -> None:
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
                app=self.app,
                actor=company.actor,
                people=company.people,
                team_id=team_id,
                user_id=user_id,
                channel_id=str(body.get("channel_id") or ""),
                key=f"command {team_id} {trigger or body.get('ssl_check', '')}",
            )

        def answer_of(company: Company) -> Answer:
            return self._safely(lambda: run(visit_of(company)))

        url = str(body.get("response_url") or "")
        try:
            company = known_company(self.app, team_id, user_id, mentioned)
        except NotWelcomeError as refusal:
            ack(str(refusal))
            return
        if company is None:
            # Slack has to be asked who that is; the answer comes a moment later.
            ack()
            self.afterwards.later(
                lambda: self._answer_late(team_id, user_id, mentioned, answer_of, url, trigger)
            )
            return
        answer = answer_of(company)
        if answer.form is not None:
            ack()
            self.afterwards.later(lambda: self.afterwards.open(team_id, trigger, answer, url))
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
            company = meet(self.app, team_id, user_id, others)
        except NotWelcomeError as refusal:
            self.afterwards.reply(url, Answer(text=str(refusal)))
            return
        answer = answer_of(company)
        if answer.form is not None:
            self.afterwards.open(team_id, trigger, answer, url)
        else:
            self.afterwards.reply(url, answer)

    # --- what people fill in ------------------------------------------------------------------

    def _submitted(self, ack: Ack, body: Body) -> None:
        view = body["view"]
        given, about = given_in(view), about_of(view)
        chosen = [
            one
            for value in given.values()
            for one in ((value,) if isinstance(value, str) else value)
        ]
        ids = [one for one in chosen if re.fullmatch(r"[UW][A-Z0-9]{2,30}", one)]
        others = (*ids, *mentioned_ids(*[one for one in chosen if "<@" in one]))
        team_id, user_id = _team_of(body), str(body["user"]["id"])
        try:
            company = known_company(self.app, team_id, user_id, others) or meet(
                self.app, team_id, user_id, others
            )
        except NotWelcomeError as refusal:
            ack(response_action="update", view=told_view("Not done", str(refusal)))
            return
        visit = Visit(
            app=self.app,
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
            answer = self.table.act(visit, self.table.named(name), given)
        except DomainError as error:
            ack(**_refused(view, error))
            return
        except Exception:
            log.exception("slack_form_failed", extra={"verb": name})
            ack(response_action="update", view=told_view("Not done", self.afterwards.apology))
            return
        if answer.confirm or not about.get(REPLY):
            shown = told_view("Done", answer.text, answer.blocks)
            ack(response_action="update", view=shown)
        else:
            ack()
            self.afterwards.later(lambda: self.afterwards.reply(about[REPLY], answer))

    # --- what people press --------------------------------------------------------------------

    def _pressed(self, ack: Ack, body: Body) -> None:
        press = dict((body.get("actions") or [{}])[0])
        view = body.get("view") or {}
        if view.get("type") == "modal":
            ack()
            self.afterwards.later(lambda: self._ask_again(body, view))
            return
        press["shown_options"] = _options_shown(body, press)
        container = body.get("container") or {}
        unique = body.get("trigger_id") or f"{container.get('message_ts')} {press.get('action_ts')}"
        self._act(
            ack,
            body,
            key=f"press {_team_of(body)} {unique}",
            run=lambda visit: pressed(self.table, visit, press),
            home=view.get("type") == "home"
            and str(press.get("action_id")).split(":")[0] in HOME_PRESSES,
        )

    def _shortcut(self, ack: Ack, body: Body) -> None:
        trigger = body.get("trigger_id") or body.get("action_ts")
        self._act(
            ack,
            body,
            key=f"shortcut {_team_of(body)} {trigger}",
            run=lambda visit: shortcuts.taken(
                self.table,
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
        team_id, user_id = _team_of(body), str(body["user"]["id"])
        url = str(body.get("response_url") or "")
        trigger = str(body.get("trigger_id") or "")
        others = mentioned_ids(text)
        silent = not url and not trigger

        def visit_of(company: Company) -> Visit:
            about = {REPLY: url} if url else {}
            return Visit(
                app=self.app,
                actor=company.actor,
                people=company.people,
                team_id=team_id,
                user_id=user_id,
                channel_id=str((body.get("channel") or {}).get("id") or ""),
                about=about,
                key=key,
            )

        def answer(company: Company) -> Answer:
            return self._safely(lambda: run(visit_of(company)) or Answer())

        def tell(found: Answer) -> None:
            if found.form is not None:
                self.afterwards.open(team_id, trigger, found, url)
            elif found.replace and not _is_ephemeral(body):
                # The boxes were ticked on the card, which the outbox draws anew for everybody.
                return
            elif found.text and url:
                self.afterwards.reply(url, found)
            elif found.text and trigger and not silent:
                self.afterwards.show(
                    team_id, trigger, told_view("Tracker", found.text, found.blocks)
                )
            if home:
                self.afterwards.draw_home(team_id, user_id)

        def meet_first() -> None:
            try:
                tell(answer(meet(self.app, team_id, user_id, others)))
            except NotWelcomeError as refusal:
                tell(Answer(text=str(refusal)))

        try:
            company = known_company(self.app, team_id, user_id, others)
        except NotWelcomeError as refusal:
            ack()
            told = Answer(text=str(refusal))
            self.afterwards.later(lambda: tell(told))
            return
        if company is None:
            ack()
            self.afterwards.later(meet_first)
            return
        found = answer(company)
        ack()
        self.afterwards.later(lambda: tell(found))

    def _ask_again(self, body: Body, view: Mapping[str, Any]) -> None:
        """The same form with what fits the words typed so far: incidents that resemble this one."""
        team_id, user_id = _team_of(body), str(body["user"]["id"])
        try:
            company = known_company(self.app, team_id, user_id)
        except NotWelcomeError:
            return
        if company is None:
            return
        about = about_of(view)
        visit = Visit(
            app=self.app,
            actor=company.actor,
            people=company.people,
            team_id=team_id,
            user_id=user_id,
            channel_id=about.get("channel", ""),
            about=about,
            key="",
        )
        name = str(view.get("callback_id", "")).removeprefix("verb ")
        try:
            with visit.look() as look:
                form = self.table.ask(look, visit, self.table.named(name), given_in(view)).form
        except DomainError:
            return
        if form is not None:
            self.afterwards.slack(
                team_id,
                "form_not_renewed",
                lambda client: client.views_update(
                    view_id=view["id"], hash=view.get("hash"), view=view_of(form)
                ),
            )

    # --- what happens in Slack ----------------------------------------------------------------

    def _reaction_added(self, body: Body, event: Body) -> None:
        self._marked(body, event, marked)

    def _reaction_removed(self, body: Body, event: Body) -> None:
        self._marked(body, event, unmarked)

    def _marked(
        self, body: Body, event: Body, effect: Callable[[Visit, Body], Answer | None]
    ) -> None:
        if event.get("reaction") != self.app.settings.slack_timeline_reaction:
            return
        item = event.get("item") or {}
        visit = self._visit_of_event(body, event, str(item.get("channel") or ""))
        if visit is None or item.get("type") != "message":
            return
        told = self._safely(lambda: effect(visit, item) or Answer())
        if told.text:
            self._tell_alone(visit, told)

    def _joined(self, body: Body, event: Body) -> None:
        visit = self._visit_of_event(body, event, str(event.get("channel") or ""))
        told = self._safely(lambda: joined(visit) or Answer()) if visit is not None else Answer()
        if visit is not None and told.blocks:
            self._tell_alone(visit, told)

    def _tell_alone(self, visit: Visit, told: Answer) -> None:
        """Words in the channel that only this person sees."""
        self.afterwards.later(
            lambda: self.afterwards.slack(
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

    def _link_shared(self, body: Body, event: Body) -> None:
        visit = self._visit_of_event(body, event, str(event.get("channel") or ""))
        if visit is None:
            return
        links = [str(one.get("url") or "") for one in event.get("links") or ()]
        with visit.look() as look:
            told = unfurls(look, visit, links)
        if told:
            self.afterwards.later(
                lambda: self.afterwards.slack(
                    visit.team_id,
                    "link_not_unfurled",
                    lambda client: client.chat_unfurl(
                        channel=visit.channel_id, ts=str(event.get("message_ts")), unfurls=told
                    ),
                )
            )

    def _home_opened(self, body: Body, event: Body) -> None:
        if event.get("tab") in (None, "home"):
            team_id, user_id = str(body["team_id"]), str(event["user"])
            self.afterwards.later(lambda: self.afterwards.draw_home(team_id, user_id))

    def _visit_of_event(self, body: Body, event: Body, channel_id: str) -> Visit | None:
        """The visit of somebody who did something in a channel; ``None`` for apps and strangers."""
        team_id, user_id = str(body["team_id"]), str(event.get("user") or "")
        bots = {str(one.get("user_id")) for one in body.get("authorizations") or ()}
        if not user_id or user_id in bots:
            return None
        try:
            company = known_company(self.app, team_id, user_id) or meet(self.app, team_id, user_id)
        except NotWelcomeError as refusal:
            log.info("slack_event_passed_over", extra={"reason": str(refusal)})
            return None
        return Visit(
            app=self.app,
            actor=company.actor,
            people=company.people,
            team_id=team_id,
            user_id=user_id,
            channel_id=channel_id,
            key=f"event {team_id} {body.get('event_id')}",
        )

    # --- in any case ----------------------------------------------------------

    def _safely(self, run: Callable[[], Answer]) -> Answer:
        """The answer, or in words why there is none. Nothing was stored then."""
        try:
            return run()
        except DomainError as error:
            return Answer(text=in_words(error))
        except Exception:
            log.exception("slack_request_failed")
            return Answer(text=self.afterwards.apology)


def _authorized_by(app: App) -> Callable[..., AuthorizeResult]:
    """Who may speak: workspaces that the app is installed in. Slack itself is not asked."""

    def authorize(
        enterprise_id: str | None, team_id: str | None, user_id: str | None
    ) -> AuthorizeResult | None:
        token = bot_token(app, team_id or "")
        if not token:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=token
        )

    return authorize  # type: ignore[return-value]


def _team_of(body: Body) -> str:
    team = body.get("team") or {}
    return str(team.get("id") or (body.get("user") or {}).get("team_id") or "")


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


def _ephemeral(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": answer.text[:SECTION_LIMIT],
        "response_type": "in_channel" if answer.in_channel else "ephemeral",
    }
    if answer.blocks:
        found["blocks"] = [dict(one) for one in answer.blocks[:ANSWER_BLOCKS_LIMIT]]
    return found


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
