"""Which methods of Slack's Web API are called and which scope each takes: the one table.

The manifest, the installation and ``tracker doctor`` ask for exactly these. A test compares the
table with the calls that are really made.
"""

from __future__ import annotations

# Method -> scopes of the bot token; empty for a method that every token may call.
METHODS: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "bookmarks.add": ("bookmarks:write",),
    "bookmarks.list": ("bookmarks:read",),
    "chat.getPermalink": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.unfurl": ("links:write",),
    "chat.update": ("chat:write",),
    "conversations.archive": ("channels:manage", "groups:write"),
    "conversations.create": ("channels:manage", "groups:write"),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.invite": ("channels:manage", "groups:write"),
    "conversations.join": ("channels:join",),
    "conversations.kick": ("channels:manage", "groups:write"),
    "conversations.list": ("channels:read", "groups:read"),
    "conversations.open": ("im:write",),
    "conversations.rename": ("channels:manage", "groups:write"),
    "conversations.replies": ("channels:history", "groups:history"),
    "conversations.setTopic": ("channels:manage", "groups:write"),
    "conversations.unarchive": ("channels:manage", "groups:write"),
    "pins.add": ("pins:write",),
    "users.info": ("users:read", "users:read.email"),
    "users.lookupByEmail": ("users:read.email",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
}

# What Slack sends us takes scopes as well.
EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "link_shared": ("links:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
# Slash commands; and the pictures of messages that are kept with the timeline.
OTHER_SCOPES = ("commands", "files:read")

# What each is for, as the page says it to the administrator who is about to agree.
REASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Answer what people type after the slash commands", ("commands",)),
    (
        "Open a channel for each incident, invite people, keep its topic, archive it",
        ("channels:join", "channels:manage", "channels:read", "groups:read", "groups:write"),
    ),
    (
        "Write there: the card, which is pinned, bookmarks, updates",
        ("bookmarks:read", "bookmarks:write", "chat:write", "pins:write"),
    ),
    ("Tell people directly what waits for them", ("im:write",)),
    ("Know who is asking: name, address and time zone", ("users:read", "users:read.email")),
    (
        "Read messages put into the timeline, and conversations that become part of a record",
        ("channels:history", "files:read", "groups:history", "reactions:read"),
    ),
    ("Say in a few words where a link to the tracker leads", ("links:read", "links:write")),
)


def bot_scopes() -> list[str]:
    """Every scope the app asks for, in order, each once."""
    found = set(OTHER_SCOPES)
    for scopes in (*METHODS.values(), *EVENT_SCOPES.values()):
        found.update(scopes)
    return sorted(found)
