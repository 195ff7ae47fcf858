"""The app's manifest: everything Slack has to know about it, made from the settings. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tracker.senders.slack_scopes import EVENT_SCOPES, bot_scopes

EVENTS_PATH = "/slack/events"
REDIRECT_PATH = "/slack/oauth_redirect"
# What a shortcut is called when it comes back, where it stands, and what people read.
SHORTCUTS = (
    ("declare_incident", "global", "Declare incident", "Say that something is wrong, now"),
    ("report_near_miss", "global", "Report near miss", "Something nearly went wrong"),
    ("declare_from_message", "message", "Declare from this", "Declare with this message's words"),
    ("add_to_timeline", "message", "Add to timeline", "Keep this message with the incident"),
    ("make_action", "message", "Make it an action", "Follow-up work from this message"),
    ("keep_lesson", "message", "Keep as lesson", "Draft a lesson from this message"),
)


def manifest(
    *,
    base_url: str,
    command: str,
    lessons_command: str,
    socket_mode: bool = False,
    oauth: bool = False,
) -> dict[str, Any]:
    """The manifest as Slack's page "From a manifest" takes it.

    With ``socket_mode`` no address is named: Slack is called, and calls nobody. ``oauth`` names
    the address that Slack comes back to after an installation.
    """
    base = base_url.rstrip("/")
    listening = {} if socket_mode else {"url": base + EVENTS_PATH}
    asked = {} if socket_mode else {"request_url": base + EVENTS_PATH}
    offered = {} if socket_mode else {"message_menu_options_url": base + EVENTS_PATH}
    document: dict[str, Any] = {
        "display_information": {
            "name": "Tracker",
            "description": "Incidents, reviews without blame, and the lessons of them",
            "background_color": "#1f2933",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "tracker", "always_online": True},
            "shortcuts": [
                {"name": name, "type": kind, "callback_id": key, "description": about}
                for key, kind, name, about in SHORTCUTS
            ],
            "slash_commands": [
                {
                    "command": f"/{command}",
                    "description": "Declare and run incidents; help shows what is possible here",
                    "usage_hint": "declare | status | update | note | help",
                    "should_escape": True,
                    **listening,
                },
                {
                    "command": f"/{lessons_command}",
                    "description": "Search what was learned",
                    "usage_hint": "words to search for",
                    "should_escape": True,
                    **listening,
                },
            ],
            "unfurl_domains": [urlsplit(base).hostname or base],
        },
        "oauth_config": {"scopes": {"bot": bot_scopes()}},
        "settings": {
            "event_subscriptions": {"bot_events": sorted(EVENT_SCOPES), **asked},
            "interactivity": {"is_enabled": True, **asked, **offered},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": False,
        },
    }
    if oauth:
        document["oauth_config"]["redirect_urls"] = [base + REDIRECT_PATH]
    return document
