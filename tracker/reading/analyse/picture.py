"""What the picture of an incident tells: read from the records, or from a published version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from tracker.db.work import Look
from tracker.domain.picture import Moment, Span, Story
from tracker.models.catalogue import Person
from tracker.models.event import ChangeLink, OperationalEvent
from tracker.models.incident import Incident, RoleAssignment, SeverityAssessment
from tracker.models.review_work import ReviewMoment
from tracker.models.table import Instant
from tracker.reading.analyse.reviews import WholeReview
from tracker.reading.references import ref

# The times of an incident that are key moments; the two of its impact are a span.
TIMES_SHOWN = ("detected", "declared", "diagnosed", "mitigated", "resolved")
WORDS_SHOWN = 160
CHANGE_WORDS = {"triggered_by": "before it", "remediated_by": "towards its end"}


def story_of(look: Look, whole: WholeReview) -> Story:
    """The story of a review as it stands. One query besides those of the whole review.

    A change is told to whoever may read the review only when its readers may know it.
    """
    return story_and_authors(look, whole)[0]


def story_and_authors(look: Look, whole: WholeReview) -> tuple[Story, dict[int, str]]:
    """The story, and who wrote the entries, by id: asked together, because a page needs both."""
    ids = [one.key for one in whole.incidents]
    end = _end(whole)
    severities: list[tuple[int, datetime, str]] = []
    joined: list[Span] = []
    changes: list[Moment] = []
    authors: dict[int, str] = {}
    wrote = {entry.author_id for entry in whole.entries if entry.author_id is not None}
    rows = look.session.execute(_rows(ids, sorted(wrote)))
    for what, incident_id, since, until, name, circle_id, role in rows:
        if what == "author":
            authors[incident_id] = name
        elif what == "severity":
            severities.append((incident_id, since, name))
        elif what == "role":
            # A role that nobody released ended with the incident.
            last = until or _not_before(since, end.get(incident_id))
            joined.append(Span(str(name).replace("_", " ").capitalize(), since, last))
        elif circle_id in (None, whole.row.circle_id):
            changes.append(Moment(since, "change", f"{name} ({CHANGE_WORDS[role]})"))
    story = Story(
        impact=_impact(whole),
        severities=_severities(whole.incidents, severities, end),
        moments=_moments(whole),
        changes=tuple(changes),
        joined=tuple(joined),
        written=tuple(entry.at for entry in whole.entries if entry.kind != "system"),
    )
    return story, authors


def frozen_story(story: Story) -> dict[str, Any]:
    """The story as a published version keeps it: the drawing may improve, the facts stand."""

    def spans(rows: Sequence[Span]) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "since": one.since.isoformat(),
                "until": one.until.isoformat() if one.until else None,
                "tone": one.tone,
            }
            for one in rows
        ]

    def moments(rows: Sequence[Moment]) -> list[dict[str, str]]:
        return [{"at": one.at.isoformat(), "kind": one.kind, "words": one.words} for one in rows]

    return {
        "impact": spans(story.impact),
        "severities": spans(story.severities),
        "moments": moments(story.moments),
        "changes": moments(story.changes),
        "joined": spans(story.joined),
        "written": [one.isoformat() for one in story.written],
    }


def kept_story(content: Mapping[str, Any]) -> Story | None:
    """The story that a published version keeps; ``None`` for one from before there were any."""
    kept = content.get("picture")
    if not isinstance(kept, Mapping):
        return None

    def spans(name: str) -> tuple[Span, ...]:
        return tuple(
            Span(
                str(one["name"]),
                datetime.fromisoformat(one["since"]),
                datetime.fromisoformat(one["until"]) if one.get("until") else None,
                str(one.get("tone", "")),
            )
            for one in kept.get(name, ())
        )

    def moments(name: str) -> tuple[Moment, ...]:
        return tuple(
            Moment(datetime.fromisoformat(one["at"]), str(one["kind"]), str(one["words"]))
            for one in kept.get(name, ())
        )

    return Story(
        impact=spans("impact"),
        severities=spans("severities"),
        moments=moments("moments"),
        changes=moments("changes"),
        joined=spans("joined"),
        written=tuple(datetime.fromisoformat(one) for one in kept.get("written", ())),
    )


def _rows(incident_ids: Sequence[int], authors: Sequence[int]) -> sa.Select[Any]:
    """Severities, roles, confirmed changes, and people by id, as rows of one shape."""
    nothing = sa.null()
    severity: Any = sa.select(
        sa.literal("severity").label("what"),
        col(SeverityAssessment.incident_id).label("incident_id"),
        col(SeverityAssessment.at).label("since"),
        sa.cast(nothing, Instant).label("until"),
        col(SeverityAssessment.severity).label("name"),
        sa.cast(nothing, sa.Integer).label("circle_id"),
        sa.literal("").label("role"),
    ).where(col(SeverityAssessment.incident_id).in_(incident_ids))
    role = sa.select(
        sa.literal("role"),
        col(RoleAssignment.incident_id),
        col(RoleAssignment.from_at),
        col(RoleAssignment.until_at),
        col(RoleAssignment.role),
        sa.cast(nothing, sa.Integer),
        sa.literal(""),
    ).where(col(RoleAssignment.incident_id).in_(incident_ids))
    change = (
        sa.select(
            sa.literal("change"),
            col(ChangeLink.incident_id),
            col(OperationalEvent.starts_at),
            col(OperationalEvent.ended_at),
            col(OperationalEvent.title),
            col(OperationalEvent.circle_id),
            col(ChangeLink.role),
        )
        .join(OperationalEvent, col(OperationalEvent.id) == col(ChangeLink.event_id))
        .where(col(ChangeLink.incident_id).in_(incident_ids), col(ChangeLink.confirmed).is_(True))
    )
    author = sa.select(
        sa.literal("author"),
        col(Person.id),
        sa.cast(nothing, Instant),
        sa.cast(nothing, Instant),
        col(Person.name),
        sa.cast(nothing, sa.Integer),
        sa.literal(""),
    ).where(col(Person.id).in_(authors))
    rows = sa.union_all(severity, role, change, author).subquery()
    return sa.select(rows).order_by(rows.c.since, rows.c.what, rows.c.name)


def _said(whole: WholeReview) -> dict[tuple[int, str], datetime]:
    return {(one.incident_id, one.name): one.at for one in whole.times if one.at is not None}


def _end(whole: WholeReview) -> dict[int, datetime]:
    """When each incident was over, where that is known."""
    said = _said(whole)
    found = {}
    for incident in whole.incidents:
        for name in ("resolved", "impact_ended", "mitigated", "closed"):
            if (incident.key, name) in said:
                found[incident.key] = said[incident.key, name]
                break
    return found


def _impact(whole: WholeReview) -> tuple[Span, ...]:
    said, end = _said(whole), _end(whole)
    several = len(whole.incidents) > 1
    return tuple(
        Span(
            f"Impact of {ref(one)}" if several else "Impact",
            since,
            _not_before(since, said.get((one.key, "impact_ended")) or end.get(one.key)),
            "impact",
        )
        for one in whole.incidents
        if (since := said.get((one.key, "impact_started"))) is not None
    )


def _severities(
    incidents: Sequence[Incident],
    rows: Sequence[tuple[int, datetime, str]],
    end: Mapping[int, datetime],
) -> tuple[Span, ...]:
    spans: list[Span] = []
    for incident in incidents:
        mine = [
            (at, name) for incident_id, at, name in rows if incident_id == incident.key and name
        ]
        if not mine and incident.severity:
            mine = [(incident.declared_at, incident.severity)]
        if not mine:
            # A near miss has no severity.
            continue
        nexts = [at for at, _ in mine[1:]]
        for (since, name), until in zip(mine, [*nexts, end.get(incident.key)], strict=True):
            spans.append(Span(name, since, _not_before(since, until), name.lower()))
    return tuple(spans)


def _moments(whole: WholeReview) -> tuple[Moment, ...]:
    several = len(whole.incidents) > 1
    refs = {one.key: ref(one) for one in whole.incidents}
    found = [
        Moment(one.at, "time", one.name.replace("_", " ").capitalize()
               + (f" ({refs[one.incident_id]})" if several else ""))
        for one in whole.times
        if one.at is not None and one.name in TIMES_SHOWN
    ]  # fmt: skip
    for entry in whole.entries:
        row: ReviewMoment | None = whole.moments.get(entry.key)
        if row is None or not (row.moment or row.hypothesis):
            continue
        text = " ".join((row.note or entry.text).split())
        words = text if len(text) <= WORDS_SHOWN else f"{text[: WORDS_SHOWN - 1]}…"
        found.append(Moment(entry.at, row.moment or row.hypothesis, words))
    return tuple(sorted(found, key=lambda one: one.at))


def _not_before(since: datetime, until: datetime | None) -> datetime | None:
    return None if until is None else max(since, until)
