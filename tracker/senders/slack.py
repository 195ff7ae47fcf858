"""Slack behind the seam: calls of its Web API, and its refusals in words a person can act on."""

from __future__ import annotations

import json
import ssl
from functools import cache
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from tracker.senders.sender import Call, SendError

# A worker waits this long for one answer; it holds no request of a person meanwhile.
CALL_LIMIT_SECONDS = 10

_REINSTALL = "Install the app again and put its new token into TRACKER_SLACK_BOT_TOKEN"
_ASK_AN_ADMIN = "ask an administrator of the workspace"

# Slack's word -> what to do about it. These do not pass by themselves.
EXPLANATIONS: dict[str, str] = {
    "account_inactive": f"The Slack app was removed or its bot switched off. {_REINSTALL}.",
    "app_missing_action_metadata": "Install the app from the manifest of this version.",
    "cannot_dm_bot": "This person is a bot in Slack; nobody reads its messages.",
    "cant_archive_general": "Slack's general channel cannot be archived.",
    "channel_not_found": "The channel was deleted, or it is private and the bot is not in it. "
    "Invite the bot again, or correct the name in TRACKER_SLACK_ANNOUNCE_CHANNELS.",
    "ekm_access_denied": f"The workspace's key management blocks messages; {_ASK_AN_ADMIN}.",
    "fatal_error": "Slack could not do it and asks not to try again.",
    "invalid_auth": f"Slack does not know the bot token. {_REINSTALL}.",
    "invalid_blocks": "Slack refused the layout of the message. This is a fault of the tracker; "
    "please report it.",
    "is_archived": "The channel is archived. Unarchive it in Slack, then try again.",
    "missing_scope": "The Slack app lacks a permission. Update it from the manifest "
    "(tracker slack manifest), then install it again.",
    "msg_too_long": "Slack refused the message as too long. This is a fault of the tracker; "
    "please report it.",
    "no_permission": f"The bot's permissions do not allow this; {_ASK_AN_ADMIN}.",
    "not_allowed_token_type": "This token is not a bot token. Use the one that begins with xoxb-.",
    "not_authed": f"The bot token is missing. {_REINSTALL}.",
    "not_in_channel": "The bot is not in the channel. Invite it there, then try again.",
    "org_login_required": f"The workspace is being moved to an organisation; {_ASK_AN_ADMIN}.",
    "restricted_action": "The workspace's preferences forbid this to the bot; "
    f"{_ASK_AN_ADMIN} to allow apps to make channels and to post in them.",
    "team_access_not_granted": "The app may not act in this workspace. Install it there.",
    "token_expired": f"The bot token has expired. {_REINSTALL}.",
    "token_revoked": f"The bot token was revoked. {_REINSTALL}.",
    "too_many_members": "The channel is full; Slack lets nobody else in.",
    "user_disabled": "This person's Slack account is switched off.",
    "user_is_restricted": "This person is a guest in Slack and may not be in this channel.",
    "user_not_found": "This person is not in the Slack workspace any more.",
}
# What only another attempt can cure.
PASSING = frozenset(
    {
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "accesslimited",
    }
)
DEFAULT_WAIT_SECONDS = 30.0
FILE_HOSTS = frozenset({"files.slack.com", "slack-files.com"})


@cache
def certificates() -> ssl.SSLContext:
    """Whom we trust, read once: a client without it reads every certificate at every call."""
    return ssl.create_default_context()


class _StayHere(HTTPRedirectHandler):
    """Follows no redirect: it would carry the token to wherever it points."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        """No other request is made."""


_NO_REDIRECTS = build_opener(_StayHere)


class SlackSender:
    """Calls Slack with one workspace's bot token. It repeats nothing: the outbox does that."""

    def __init__(
        self, token: str, *, api_url: str, limit_seconds: float = CALL_LIMIT_SECONDS
    ) -> None:
        self._client = WebClient(
            token=token,
            base_url=api_url,
            timeout=max(1, round(limit_seconds)),
            retry_handlers=[],
            ssl=certificates(),
        )

    def send(self, call: Call) -> dict[str, Any]:
        """Slack's answer. Raises: SendError."""
        try:
            # As a form, because not every method takes JSON.
            answer = self._client.api_call(call.method, data=_as_form(call.arguments))
        except SlackApiError as error:
            raise explained(call, error) from error
        except (SlackClientError, URLError, OSError, ValueError) as error:
            # ValueError: an answer that is not JSON, from a proxy between us and Slack.
            raise _told(error) from error
        data = answer.data if isinstance(answer.data, dict) else {}
        granted = _header(answer.headers, "x-oauth-scopes")
        if call.method == "auth.test" and granted:
            # Slack says in a header what the token may do.
            return {**data, "granted_scopes": [one.strip() for one in granted.split(",")]}
        return data

    def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        """The file. Only Slack's own hosts get the token: an address in a message is not trusted.

        Raises: SendError, also for a file that is larger.
        """
        own = urlsplit(self._client.base_url)
        there = urlsplit(url)
        is_slacks = there.scheme == "https" and there.hostname in FILE_HOSTS
        if not is_slacks and (there.scheme, there.netloc) != (own.scheme, own.netloc):
            raise SendError("The file is not kept by Slack", permanent=True, code="foreign_file")
        request = Request(url, headers={"Authorization": f"Bearer {self._client.token}"})  # noqa: S310 - checked above
        try:
            with _NO_REDIRECTS.open(request, timeout=CALL_LIMIT_SECONDS) as answer:
                content: bytes = answer.read(limit_bytes + 1)
                mime = str(answer.headers.get("Content-Type") or "")
        except HTTPError as error:
            gone = error.code in (301, 302, 303, 401, 403, 404, 410)
            raise SendError(
                f"Slack does not hand out the file ({error.code})", permanent=gone, code="no_file"
            ) from error
        except OSError as error:
            raise _told(error) from error
        if len(content) > limit_bytes:
            raise SendError("The file is too large to be kept", permanent=True, code="too_large")
        if mime.startswith("text/html"):
            # Without the scope Slack sends its sign-in page in the place of the file.
            raise SendError(
                "Slack does not hand out files: " + EXPLANATIONS["missing_scope"],
                permanent=True,
                code="missing_scope",
            )
        return content


def _told(error: Exception) -> SendError:
    return SendError(
        f"Slack did not answer ({type(error).__name__}); it is tried again",
        permanent=False,
        code="unreachable",
    )


def _as_form(arguments: dict[str, Any]) -> dict[str, str]:
    return {
        name: value
        if isinstance(value, str)
        else ",".join(value)
        if isinstance(value, tuple)
        else json.dumps(value)
        for name, value in arguments.items()
        if value is not None
    }


def explained(call: Call, error: SlackApiError) -> SendError:
    """The refusal, with what a person can do about it."""
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error") or f"http_{status}")
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return SendError(
            "Slack asks us to wait before saying more",
            permanent=False,
            retry_after=_retry_after(getattr(response, "headers", {})),
            code="ratelimited",
        )
    if status >= 500 or code in PASSING:
        return SendError(
            f"Slack is in trouble itself ({code}); it is tried again", permanent=False, code=code
        )
    told = EXPLANATIONS.get(code, f"Slack refused it: {code}.")
    if code == "missing_scope" and data.get("needed"):
        told += f" Missing: {data['needed']}."
    messages = (data.get("response_metadata") or {}).get("messages") or []
    if code in ("invalid_blocks", "invalid_arguments") and messages:
        told += f" Slack says: {'; '.join(str(one) for one in messages)[:200]}."
    return SendError(f"{told} ({call.method}: {code})", permanent=True, code=code)


def _retry_after(headers: Any) -> float:  # noqa: ANN401 - the headers of any HTTP client
    try:
        return max(1.0, float(_header(headers, "retry-after")))
    except ValueError:
        return DEFAULT_WAIT_SECONDS


def _header(headers: Any, wanted: str) -> str:  # noqa: ANN401 - the headers of any HTTP client
    for name, value in dict(headers or {}).items():
        if str(name).lower() == wanted:
            return str(value[0] if isinstance(value, list) and value else value)
    return ""
