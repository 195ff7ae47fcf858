"""The facts on the first page of a review that leaves the tracker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

from tracker.db.work import Look
from tracker.domain.review import Template
from tracker.domain.sign_off import APPROVE, PART_NAMES, WAIVED
from tracker.models.review import Review, ReviewVersion
from tracker.reading.analyse.review_document import Document, as_markdown, document
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.analyse.sign_offs import signatures_of
from tracker.reading.links import links_of_incidents, people_by_id, visibilities
from tracker.reading.references import page_path, ref

# The spans a reader asks for first, each between two of the times.
SPANS = (
    ("Impact lasted", "impact_started", "impact_ended"),
    ("Noticed after", "impact_started", "detected"),
    ("Eased after", "impact_started", "mitigated"),
)


@dataclass(frozen=True)
class Cover:
    """What stands before the first chapter: taken from the published version where it keeps it."""

    ref: str
    title: str
    state: str
    number: int
    published_at: datetime | None
    published_by: str
    why: str
    owner: str
    facilitator: str
    signed_by: tuple[str, ...]
    incidents: tuple[Mapping[str, Any], ...]
    services: tuple[str, ...]
    teams: tuple[str, ...]
    visibility: str
    url: str
    spans: tuple[tuple[str, str], ...] = field(default=())

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def day(self) -> date | None:
        return self.published_at.date() if self.published_at else None


def told_with_cover(
    look: Look, review: Review, row: ReviewVersion, template: Template, *, base_url: str
) -> tuple[Cover, Document]:
    """The document of a version and its cover; ``row`` without an id is the working copy."""
    told = document(row, template)
    incidents = incidents_of(look, review)
    links = links_of_incidents(look, [one.key for one in incidents])
    people = people_by_id(look, [review.owner_id, review.facilitator_id, row.published_by_id])
    published = row.id is not None
    signatures = signatures_of(look, review)

    def name(person_id: int | None) -> str:
        person = people.get(person_id or 0)
        return person.name if person else ""

    cover = Cover(
        ref=ref(review),
        title=told.title,
        state=review.state,
        number=row.number,
        published_at=row.published_at if published else None,
        published_by=name(row.published_by_id),
        why=row.why if row.number > 1 else "",
        owner=name(review.owner_id),
        facilitator=name(review.facilitator_id),
        signed_by=tuple(
            f"{one.name} ({PART_NAMES.get(one.part, one.part).lower()})"
            for one in signatures
            if one.verdict == APPROVE
        )
        + tuple(
            f"without a {PART_NAMES.get(one.part, one.part).lower()}: {one.text}"
            for one in signatures
            if one.verdict == WAIVED
        ),
        incidents=tuple(told.incidents),
        services=_names(one.name for links in links.values() for one in links.services),
        teams=_names(one.name for links in links.values() for one in links.teams),
        visibility=visibilities(look, [review.circle_id])[review.circle_id],
        url=f"{base_url.rstrip('/')}{page_path(ref(review))}",
        spans=tuple(_spans(told.incidents)),
    )
    return cover, told


def markdown_file(cover: Cover, told: Document) -> str:
    """The review as one file: front matter that programs read, then the text."""
    text = as_markdown(told, cover.ref, draft=cover.is_draft)
    return f"---\n{front_matter(cover)}---\n\n{text}"


def front_matter(cover: Cover) -> str:
    """What is told beside the text, as YAML. What is not known is left out."""
    first = cover.incidents[0] if cover.incidents else {}
    times = {
        name: known
        for name in ("impact_started", "detected", "declared", "mitigated", "resolved")
        if (known := (first.get("times", {}).get(name) or {}).get("at"))
    }
    given: dict[str, Any] = {
        "title": cover.title,
        "ref": cover.ref,
        "version": cover.number,
        "state": "draft" if cover.is_draft else cover.state,
        "published_on": cover.day.isoformat() if cover.day else None,
        "severity": first.get("severity"),
        "incidents": [one["ref"] for one in cover.incidents],
        "services": list(cover.services),
        "teams": list(cover.teams),
        "started_at": times.pop("impact_started", None),
        **{f"{name}_at": at for name, at in times.items()},
        "owner": cover.owner,
        "facilitator": cover.facilitator,
        "signed_by": list(cover.signed_by),
        "visibility": cover.visibility,
        "url": cover.url,
    }
    kept = {name: value for name, value in given.items() if value not in (None, "", [])}
    text: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)
    return text


def span_of(seconds: float) -> str:
    """A length of time in two units: ``1 h 25 min``."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def _spans(incidents: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The spans of each incident; with its reference where there are several."""
    found = []
    for incident in incidents:
        times = incident.get("times", {})
        for label, start, end in SPANS:
            first, last = (_at(times.get(name)) for name in (start, end))
            if first is None or last is None or last < first:
                continue
            named = f"{label} ({incident['ref']})" if len(incidents) > 1 else label
            found.append((named, span_of((last - first).total_seconds())))
    return found


def _at(time: Mapping[str, Any] | None) -> datetime | None:
    kept = (time or {}).get("at")
    return datetime.fromisoformat(kept) if kept else None


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
