"""The texts of a review for each audience: generated from one record, or as somebody wrote them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.variant import AUDIENCES, COLLEAGUE, people_as_roles, without_inner_references
from tracker.models.catalogue import Person
from tracker.models.incident import RoleAssignment
from tracker.models.review import Review, ReviewIncident, ReviewVersion
from tracker.models.review_work import ReviewVariant
from tracker.reading.analyse.review_cover import SPANS, span_of
from tracker.reading.analyse.review_document import Document, Passage, as_markdown, document
from tracker.reading.analyse.reviews import version, whole_review, working_version
from tracker.reading.policies import template
from tracker.reading.references import ref

# What the outer audiences read, under headings of their own: (heading, questions).
LEADERSHIP = (
    ("What happened", ("summary", "what_happened", "almost_happened")),
    ("What it meant", ("impact",)),
    ("What came together", ("factors",)),
    ("What helped", ("went_well", "lucky", "what_saved_us")),
    ("What we change", ("actions", "would_help")),
    ("What others can use", ("lessons",)),
)
CUSTOMERS = (
    ("What happened", ("summary", "what_happened")),
    ("What it meant for you", ("impact",)),
    ("What we change", ("actions",)),
)


@dataclass(frozen=True)
class Variant:
    """What an audience reads. ``written`` is the row of a text that somebody wrote instead.

    ``from_draft``: nothing is published yet, so that the working copy is told.
    """

    audience: str
    text: str
    generated: str
    written: ReviewVariant | None
    from_draft: bool

    @property
    def version(self) -> int:
        """The version of the written text; 0 while it is the generated one."""
        return self.written.version if self.written else 0


def variant_of(look: Look, review: Review, audience: str) -> Variant:
    """The text for this audience. Raises: NotFound for an audience there is not."""
    if audience not in AUDIENCES:
        raise NotFound(f"The audience “{audience[:40]}”")
    row = (
        version(look, review, review.published_version)
        if review.published_version
        else working_version(look, whole_review(look, review))
    )
    generated = _generated(look, review, row, audience)
    written = written_variant(look, review, audience)
    return Variant(
        audience=audience,
        text=written.text if written else generated,
        generated=generated,
        written=written,
        from_draft=row.id is None,
    )


def written_variant(look: Look, review: Review, audience: str) -> ReviewVariant | None:
    """The text that somebody wrote for this audience."""
    return look.session.exec(
        select(ReviewVariant).where(
            ReviewVariant.review_id == review.key, ReviewVariant.audience == audience
        )
    ).first()


def _generated(look: Look, review: Review, row: ReviewVersion, audience: str) -> str:
    key, number = row.content.get("template", [review.template_key, review.template_version])
    told = document(row, template(look, key, number))
    if audience == "engineers":
        return as_markdown(told, ref(review), draft=row.id is None)
    roles = _roles(look, review)
    plan = LEADERSHIP if audience == "leadership" else CUSTOMERS
    parts = [f"# {told.title.removeprefix('Review: ')}"]
    if audience == "leadership":
        parts.append(_in_numbers(told))
    for heading, questions in plan:
        text = "\n\n".join(_told(told, questions, audience))
        if text.strip():
            parts.append(f"## {heading}\n\n{text}")
    text = people_as_roles("\n\n".join(part for part in parts if part), roles)
    return f"{without_inner_references(text) if audience == 'customers' else text}\n"


def _in_numbers(told: Document) -> str:
    lines = []
    for incident in told.incidents:
        times = incident.get("times", {})
        found = []
        for label, start, end in SPANS:
            first, last = ((times.get(name) or {}).get("at") for name in (start, end))
            if first and last and first <= last:
                length = datetime.fromisoformat(last) - datetime.fromisoformat(first)
                found.append(f"{label.lower()} {span_of(length.total_seconds())}")
        severity = incident.get("severity") or "near miss"
        lines.append(f"- {incident['ref']} ({severity}){': ' if found else ''}{', '.join(found)}")
    return "\n".join(lines)


def _told(told: Document, questions: Iterable[str], audience: str) -> list[str]:
    wanted = set(questions)
    found = []
    for chapter in told.chapters:
        for passage in chapter.passages:
            if passage.key in wanted or (passage.rows and passage.kind in wanted):
                found += _passage(passage, audience)
    return found


def _passage(passage: Passage, audience: str) -> list[str]:
    rows: list[str] = []
    for row in passage.rows:
        if passage.kind == "factors":
            note = f": {row['note']}" if row.get("note") else ""
            rows.append(f"- {row['name']}{note}".replace("\n", "\n  "))
        elif passage.kind == "actions" and _is_told(row, audience):
            state = f" ({row['state'].replace('_', ' ')})" if audience == "leadership" else ""
            rows.append(f"- {row['title']}{state}")
        elif passage.kind == "lessons":
            insight = f": {row['insight']}" if row.get("insight") else ""
            rows.append(f"- {row['title']}{insight}".replace("\n", "\n  "))
    # A reason for having no action is for those who decided; customers read what changes.
    because = passage.because if audience == "leadership" else ""
    return [part for part in ("\n".join(rows), passage.text, because) if part.strip()]


def _is_told(row: dict[str, Any], audience: str) -> bool:
    return audience == "leadership" or row.get("state") not in ("declined", "risk_accepted")


def _roles(look: Look, review: Review) -> dict[str, str]:
    """What each person in the tracker is called outside: by full name, and by first name where it
    means one person alone who had a part in this review or its incidents.
    """
    rows = look.session.execute(
        sa.select(col(Person.id), col(Person.name), col(RoleAssignment.role)).outerjoin(
            RoleAssignment,
            (col(RoleAssignment.person_id) == col(Person.id))
            & col(RoleAssignment.incident_id).in_(
                sa.select(col(ReviewIncident.incident_id)).where(
                    col(ReviewIncident.review_id) == review.key
                )
            ),
        )
    ).all()
    names: dict[int, str] = {person_id: name for person_id, name, _ in rows}
    parts: dict[int, str] = {}
    for person_id, _, role in rows:
        if role:
            parts.setdefault(person_id, f"the {role.replace('_', ' ')}")
    if review.facilitator_id:
        parts.setdefault(review.facilitator_id, "the facilitator")
    if review.owner_id:
        parts.setdefault(review.owner_id, "the owner of the review")
    firsts = Counter(name.split()[0] for name in names.values() if name.split())
    roles: dict[str, str] = {}
    for person_id, name in names.items():
        called = parts.get(person_id, COLLEAGUE)
        roles[name] = called
        first = name.split()[0] if name.split() else ""
        # Short first names that are words of their own (Will, Mark) stay, unless the person was
        # in it: better a name too few replaced than a text that reads like nonsense.
        if first and firsts[first] == 1 and (person_id in parts or len(first) > 4):
            roles.setdefault(first, called)
    return roles
