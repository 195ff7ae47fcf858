"""Plays Slack towards the tracker: signed commands, modal submissions, clicks and events."""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from slack_sdk.signature import SignatureVerifier

from tests.slack.gate import Body, Gate, Recorded

FORM = "application/x-www-form-urlencoded"
APP_ID = "A000000001"


class Driver:
    """Everything a person in Slack can do. Answers are (status, JSON or text)."""

    def __init__(self, app_url: str, gate: Gate, *, signing_secret: str) -> None:
        self.url = app_url
        self.gate = gate
        self._verifier = SignatureVerifier(signing_secret)
        me = gate.asked("auth.test")
        self.team, self.bot_user = str(me["team_id"]), str(me["user_id"])
        self.last_seconds = 0.0
        self.replies: queue.Queue[Body] = queue.Queue()
        driver = self

        class Inbox(BaseHTTPRequestHandler):
            """The receiving end of response_url."""

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                driver.replies.put(json.loads(raw))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._inbox = ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
        threading.Thread(target=self._inbox.serve_forever, daemon=True).start()
        self.response_url = f"http://127.0.0.1:{self._inbox.server_port}/r"

    def stop(self) -> None:
        """Nothing is received any more."""
        self._inbox.shutdown()
        self._inbox.server_close()

    # What is there

    def user(self, email: str) -> str:
        """The Slack id of the person with this address."""
        return str(self.gate.asked("users.lookupByEmail", email=email)["user"]["id"])

    def channels(self) -> dict[str, Body]:
        """Every channel by its name."""
        kinds = "public_channel,private_channel"
        found = self.gate.asked("conversations.list", limit=900, types=kinds)["channels"]
        return {one["name"]: one for one in found}

    def channel(self, name: str) -> Body:
        """The channel with this name, or whose name begins so."""
        found = self.channels()
        return found.get(name) or next(one for key, one in found.items() if key.startswith(name))

    def messages(self, channel_id: str) -> list[Body]:
        """What stands in the channel, oldest first."""
        found = self.gate.asked("conversations.history", channel=channel_id, limit=200)["messages"]
        return sorted(found, key=lambda one: float(one["ts"]))

    # What people do

    def command(
        self, command: str, text: str = "", *, user: str, channel: str = "", **headers: str
    ) -> tuple[int, Any]:
        """The person types a command. ``channel`` is an id; without one it is #general."""
        name = "x"
        if not channel:
            there = self.channel("general")
            channel, name = there["id"], "general"
        fields = {
            "token": "x",
            "team_id": self.team,
            "team_domain": "rig",
            "channel_id": channel,
            "channel_name": name,
            "user_id": user,
            "user_name": user,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "response_url": self.response_url,
            "trigger_id": self.trigger(),
        }
        return self.post(urlencode(fields), **headers)

    def interact(self, payload: Body, **headers: str) -> tuple[int, Any]:
        """Any interactive payload."""
        return self.post(urlencode({"payload": json.dumps(payload)}), **headers)

    def last_view(self) -> Body:
        """The view that was opened or updated last, as Slack would send it back."""
        kinds = ("views.open", "views.push", "views.update")
        calls: list[Recorded] = [
            one for one in self.gate.calls if one.method in kinds and one.reply.get("ok")
        ]
        last = calls[-1]
        view: Body = last.body["view"]
        made = last.reply["view"]
        return {**view, "id": made["id"], "hash": made.get("hash")}

    def submit(
        self, user: str, values: dict[str, Any], *, view: Body | None = None
    ) -> tuple[int, Any]:
        """The person fills in the open modal. ``values``: block id -> text, or the whole element
        as Slack would send it.
        """
        shown = dict(view or self.last_view())
        state: dict[str, Any] = {}
        for block in shown["blocks"]:
            if block["type"] != "input":
                continue
            element = block["element"]
            given = values.get(block["block_id"])
            state[block["block_id"]] = {
                element["action_id"]: {**given, "type": element["type"]}
                if isinstance(given, dict)
                else {"type": element["type"], "value": given}
            }
        unknown = set(values) - set(state)
        assert not unknown, f"the open view has no input blocks {unknown}"
        shown["state"] = {"values": state}
        payload = {"type": "view_submission", "trigger_id": self.trigger(), "view": shown}
        return self.interact({**self._who(user), **payload, "response_urls": []})

    def enter(self, user: str, block_id: str, value: str) -> tuple[int, Any]:
        """The person types into a field of the open modal that asks again, and presses Enter."""
        view = self.last_view()
        block = next(one for one in view["blocks"] if one.get("block_id") == block_id)
        element = block["element"]
        given = {"type": element["type"], "value": value}
        view["state"] = {"values": {block_id: {element["action_id"]: given}}}
        action = {**given, "action_id": element["action_id"], "block_id": block_id}
        payload = {"type": "block_actions", "trigger_id": self.trigger(), "view": view}
        container = {"type": "view", "view_id": view["id"]}
        return self.interact(
            {**self._who(user), **payload, "container": container, "actions": [action]}
        )

    def click(
        self,
        user: str,
        message: Body,
        channel_id: str,
        action_id: str,
        *,
        chosen: Body | None = None,
        action_ts: str = "",
        ephemeral: bool = False,
    ) -> tuple[int, Any]:
        """The person presses a button, or ticks boxes (``chosen``: what the element sends).

        ``ephemeral``: in a message that only this person sees.
        """
        element = next(
            {**one, "block_id": block.get("block_id", "")}
            for block in message["blocks"]
            for one in [*(block.get("elements") or []), block.get("accessory") or {}]
            if one.get("action_id") == action_id
        )
        element.update(chosen or {}, action_ts=action_ts or f"{time.time():.6f}")
        container: Body = {"type": "message", "message_ts": message["ts"], "channel_id": channel_id}
        if ephemeral:
            container["is_ephemeral"] = True
        return self.interact(
            {
                **self._who(user),
                "type": "block_actions",
                "trigger_id": self.trigger(),
                "response_url": self.response_url,
                "channel": {"id": channel_id, "name": "x"},
                "message": message,
                "container": container,
                "actions": [element],
            }
        )

    def shortcut(
        self, user: str, callback_id: str, *, message: Body | None = None, channel_id: str = ""
    ) -> tuple[int, Any]:
        """The person uses a shortcut, on a message where one is given."""
        payload: Body = {
            **self._who(user),
            "type": "message_action" if message else "shortcut",
            "callback_id": callback_id,
            "trigger_id": self.trigger(),
            "action_ts": f"{time.time():.6f}",
        }
        if message is not None:
            payload |= {
                "message": message,
                "message_ts": message["ts"],
                "channel": {"id": channel_id, "name": "x"},
                "response_url": self.response_url,
            }
        return self.interact(payload)

    def event(
        self, event: Body, *, event_id: str = "", retry: int = 0, **headers: str
    ) -> tuple[int, Any]:
        """Something happens in Slack. ``retry``: Slack sends it again for the n-th time."""
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        body = {
            "token": "x",
            "team_id": self.team,
            "api_app_id": APP_ID,
            "type": "event_callback",
            "event_id": event_id or f"Ev{time.time_ns()}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": self.team, "user_id": self.bot_user, "is_bot": True}],
            "event": {"event_ts": f"{time.time():.6f}", **event},
        }
        return self.post(json.dumps(body), content_type="application/json", **headers)

    def post(
        self,
        body: str,
        *,
        content_type: str = FORM,
        timestamp: float | None = None,
        signature: str = "",
        **headers: str,
    ) -> tuple[int, Any]:
        """A request as Slack signs it, or with another signature or age."""
        at = str(int(timestamp or time.time()))
        signed = signature or self._verifier.generate_signature(timestamp=at, body=body) or ""
        request = Request(
            self.url,
            data=body.encode(),
            headers={
                "Content-Type": content_type,
                "X-Slack-Request-Timestamp": at,
                "X-Slack-Signature": signed,
                **headers,
            },
        )
        began = time.monotonic()
        try:
            with urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except HTTPError as error:
            status, text = error.code, error.read().decode()
        self.last_seconds = time.monotonic() - began
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text

    def trigger(self) -> str:
        """A trigger id that the emulator takes for views.open."""
        return str(self.gate.asked("views.generateTriggerId")["trigger_id"])

    def _who(self, user: str) -> Body:
        return {
            "team": {"id": self.team, "domain": "rig"},
            "user": {"id": user, "team_id": self.team, "username": user},
            "api_app_id": APP_ID,
            "token": "x",
            "is_enterprise_install": False,
        }
