"""Links to the tracker, told in a few words to those who may read what they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.models.table import Record
from tracker.reading.references import parse_ref
from tracker.senders.slack_blocks import context, section
from tracker.senders.slack_text import escape, fit, link, when
from tracker.slack.visits import Visit, channel_of

LINKS_TOLD = 5
_PAGE = re.compile(
    r"/(?:incidents|reviews|actions|lessons)/((?:INC|REV|ACT|LES)-\d{1,9})\b", re.IGNORECASE
)


def unfurls(look: Look, visit: Visit, links: Iterable[str]) -> dict[str, Any]:
    """Link -> what Slack shows under it, for those that everybody in the channel may read.

    Whoever posts a link sees more than others may: a closed record is told only in its own
    channel.
    """
    inside = channel_of(look, visit.team_id, visit.channel_id)
    own = inside.incident_id if inside is not None else 0
    told: dict[str, Any] = {}
    for url in dict.fromkeys(links):
        found = _PAGE.search(url) if url.startswith(visit.base_url + "/") else None
        if found is None or len(told) >= LINKS_TOLD:
            continue
        row = _readable(look, found[1])
        if row is None or (row.circle_id is not None and not _is(row, own)):
            continue
        told[url] = {"blocks": _blocks(row, found[1].upper(), url)}
    return told


def _readable(look: Look, reference: str) -> Record | None:
    try:
        model, row_id = parse_ref(reference)
        return look.get(model, row_id)
    except NotFound:
        return None


def _is(row: Record, incident_id: int) -> bool:
    return isinstance(row, Incident) and row.key == incident_id


def _blocks(row: Record, reference: str, url: str) -> list[Mapping[str, Any]]:
    title, text, small = reference, "", ""
    if isinstance(row, Incident):
        title, text = f"{reference} {row.title}", row.summary
        small = (
            f"{escape(row.severity or row.kind)} · {escape(row.state)} · {when(row.declared_at)}"
        )
    elif isinstance(row, Review):
        title = f"{reference} {row.title}"
        small = f"Review · {escape(row.state.replace('_', ' '))}"
    elif isinstance(row, Action):
        title, text = f"{reference} {row.title}", row.detail
        due = f" · due {row.due_on:%Y-%m-%d}" if row.due_on else ""
        small = f"Action · {escape(row.state.replace('_', ' '))}{due}"
    elif isinstance(row, Lesson):
        title, text = f"{reference} {row.title}", row.insight
        small = f"Lesson · {escape(row.state.replace('_', ' '))}"
    words = f"*{link(url, title)}*" + (f"\n{fit(text, 400)}" if text.strip() else "")
    return [section(words).to_dict(), context(small).to_dict()]
