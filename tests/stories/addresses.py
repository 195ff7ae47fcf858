"""Every address of the tracker, filled in: for records that are open, closed, or not there."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel
from werkzeug.routing import Rule

from tests.stories.hidden import Hidden
from tracker.app import App

MISSING = "900000001"
PREFIX_OF = {"incidents": "INC", "reviews": "REV", "actions": "ACT", "lessons": "LES"}
# What belongs to the whole organisation has no closed records.
OPEN_TO_ALL = {"procedures": "PRO-1", "events": "EVT-1"}


def filled(rule: Rule, hidden: Hidden | None, *, missing: bool = False) -> str | None:
    """The address of a rule for the hidden records (``None`` when it names none), or, without
    them, for what everybody may see (``None`` when that needs a record).
    """
    parts = rule.rule.removeprefix("/api/v1").split("/")
    prefix = PREFIX_OF.get(parts[1]) if len(parts) > 1 else None
    opened = OPEN_TO_ALL.get(parts[1], "") if len(parts) > 1 else ""
    if hidden is not None and opened:
        return None
    names_record = "<ref>" in rule.rule or ("<reference>" in rule.rule and prefix is not None)
    if hidden is not None and not names_record:
        return None
    known = hidden or Hidden(refs={"INC": ["INC-1"], "REV": ["REV-1"], "ACT": ["ACT-1"],
                                   "LES": ["LES-1"]}, entry=1, task=1, factor=1)  # fmt: skip
    reference = known.refs[prefix][0] if prefix else opened
    number = f"{reference[:4]}{MISSING}" if missing else reference
    slug = "search" if "/teams" in rule.rule else "checkout"
    values = {
        "ref": number, "reference": number if reference else slug, "slug": slug, "part": "story",
        "entry": known.entry, "entry_id": known.entry, "picture_id": 1,
        "task": known.task, "task_id": known.task,
        "factor": known.factor, "factor_id": known.factor, "name": "diagnosed",
        "question": "summary", "step": "page", "number": 1, "verb": "back_to_draft",
        "role": "commander", "key": "light", "email": "charlie@example.org", "person_id": 3,
        "token": 1, "token_id": 1, "delivery": 1, "delivery_id": 1, "notice_id": 1, "secret": "x",
        "run": 1, "run_id": 1, "fault": 1, "fault_id": 1,
        "evidence_id": 1, "sign_off_id": 1, "perspective_id": 1, "moment_id": 1,
        "audience": "customers",
        "source": 1, "source_id": 1, "sender": "alertmanager",
        "filename": "app.css", "change": "EVT-2", "cal": "CAL-1", "dismissal": 1,
        "dismissal_id": 1, "term": 1, "term_id": 1, "link_role": "triggered_by",
    }  # fmt: skip
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda match: str(values[match.group(1)]), rule.rule)


BODIES: dict[str, dict[str, Any]] = {
    "merge": {"into": "INC-2"}, "roles": {"person": "charlie@example.org"},
    "hand-over": {"person": "charlie@example.org"}, "severity": {"severity": "SEV4"},
    "tasks": {"title": "x"}, "timeline": {"text": "x"}, "times": {"unknown_because": "x"},
    "updates": {"text": "x"}, "visibility": {"visibility": "org"},
    "factors": {"term": "hard-rollback"}, "sections": {"text": "x"}, "restore": {"version": 1},
    "wording": {"text": "x"}, "bring-back": {}, "dismissals": {
        "question": "summary", "phrase": "forgot", "category": "blame", "why": "x"},
    "changes": {"confirmed": True},
    "answers": {"text": "x"}, "history": {"version": "1"},
    "signoffs": {"person": "charlie@example.org"}, "sign-offs": {"person": "charlie@example.org"},
    "mine": {"verdict": "approve"}, "word": {"verdict": "approve"}, "settle": {"text": "x"},
    "without": {"part": "peer", "why": "x"}, "variants": {"text": "x"},
    "meeting": {"starts_at": "2027-01-04T09:00:00Z", "guests": ["charlie@example.org"]},
    "minutes": {"notes": "x"}, "share": {},
    "depth": {"depth": "deep"}, "rest": {}, "skip": {"why": "x"}, "scope": {"template": "light"},
    "perspectives": {"people": ["charlie@example.org"]},
    "survey": {"learned": 5, "safe": 5, "will_change": 5},
    "procedures": {"procedure": "PRO-1"}, "steps": {"number": 1, "mark": "done"},
    "moments": {"entries": [1], "moment": "repair"}, "marks": {"entries": "1", "moment": "repair"},
    "evidence": {"url": "https://example.org/graph"}, "known-lessons": {
        "lesson": "LES-1", "incident": "INC-1"},
    "alike": {"incident": "INC-1", "other": "INC-2", "same": True},
    "pictures": {"name": "x.png", "content_base64": "eA=="}, "preview": {"text": "x"},
    "together": {"window": "window-1", "known": "{}"},
    "finish": {"outcome": "helped"}, "faults": {"number": 1, "note": "x"},
}  # fmt: skip
MOVES = {"incidents": "close", "reviews": "publish", "actions": "start", "lessons": "confirm",
         "procedures": "publish", "events": "mark_noise"}  # fmt: skip


def body_for(rule: Rule, method: str) -> dict[str, Any] | None:
    """A body that the verb would accept, were the record there."""
    if method == "DELETE":
        return None
    parts = [part for part in rule.rule.removeprefix("/api/v1").split("/") if part]
    last = next(part for part in reversed(parts) if not part.startswith("<"))
    if last == "moves":
        return {"verb": "reopen" if "tasks" in parts else MOVES[parts[0]]}
    if last == "finish" and "changes" in parts:
        return {"status": "failed"}
    if last == "timeline" and method == "PATCH":
        return {"text": "x"}
    return BODIES.get(last, {"title": "Mine"})


def everything(app: App) -> dict[str, list[Any]]:
    """Every row there is, but for when a token was used."""
    with Session(app.engine) as session:
        return {
            table.name: sorted(map(repr, session.execute(sa.select(table))))
            for table in SQLModel.metadata.sorted_tables
            if table.name != "api_token"
        }
