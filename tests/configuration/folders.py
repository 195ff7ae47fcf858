"""A small organisation as files: what tests of the configuration begin with."""

from __future__ import annotations

from pathlib import Path

from tracker.assets import folder
from tracker.configuration.folder import FolderRead, read_texts

TEAMS = """\
teams:
  - key: doors
    name: Doors
    contact: doors@example.org
    channel: "#doors"
  - key: money
    name: Money
"""
SERVICES = """\
services:
  - key: gateway
    name: Gateway
    owner: doors
    tier: 1
    tags: [mqtt, tls]
    depends_on: [ledger]
  - key: ledger
    name: Ledger
    owner: money
    kind: managed
    escalation: |
      The hotline of the provider.
      Contract 12.
    status_url: https://status.example.org
"""
ALERTS = """\
alerts:
  - key: GatewayDown
    about: No controller answers.
    service: gateway
    owner: doors
    procedure: gateway-down
    severity: SEV2
"""
RULES = """\
rules:
  - key: gateway
    alert: Gateway*
    labels: {environment: production}
    severity: SEV2
    minutes_firing: 5
    group_by: [region]
"""
PROCEDURE = """\
---
title: Gateway is down
team: doors
review_every: 3 months
services: [gateway]
---

Before anything else, look at the board.

1. Restart the gateway.
2. Look whether controllers come back.
"""
CALENDAR = """\
entries:
  - key: autumn-freeze
    kind: freeze
    title: No releases
    starts_at: 2026-11-20T00:00:00Z
    ends_at: 2026-11-30T02:00:00+02:00
    team: money
    services: [ledger, gateway]
"""


WORDS = """\
words:
  - phrase: Master  node
    verdict: allow
    category: person
    why: It is what the product calls it.
  - phrase: operator mistake
    verdict: add
    category: blame
    why: We say what made it likely instead.
"""


def small() -> dict[str, str]:
    """Every kind of thing, in files."""
    return {
        **seeded(),
        "teams.yaml": TEAMS,
        "services.yaml": SERVICES,
        "alerts.yaml": ALERTS,
        "alert_rules.yaml": RULES,
        "procedures/gateway-down.md": PROCEDURE,
        "calendar.yaml": CALENDAR,
        "words.yaml": WORDS,
        "README.md": "What this folder is for.",
    }


def seeded() -> dict[str, str]:
    """The policy, taxonomy and templates that the tracker brings."""
    seed = folder("seed")
    names = ["policy.yaml", "taxonomy.yaml"]
    names += [f"review_templates/{one.name}" for one in (seed / "review_templates").glob("*.yaml")]
    return {name: (seed / name).read_text() for name in names}


def read(files: dict[str, str]) -> FolderRead:
    """The files as they are read."""
    return read_texts(files)


def write(place: Path, files: dict[str, str]) -> Path:
    """The folder with these files."""
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    return place
