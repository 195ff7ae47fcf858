"""The catalogue, and incidents with everything that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.past import (
    CIRCLES,
    LONG_TIMELINE,
    ME,
    OPEN_INCIDENTS,
    PEOPLE,
    SERVICES,
    TAGS,
    TEAMS,
    Past,
    Table,
)
from tracker.models.catalogue import (
    Circle,
    CircleMember,
    CircleTeam,
    Person,
    Service,
    Team,
    TeamMember,
)
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
    IncidentTime,
    RoleAssignment,
    SeverityAssessment,
    StatusUpdate,
    Task,
    TimelineEntry,
)
from tracker.models.journal import Notice, OutboxEvent, StateMove

SEVERITIES, SEVERITY_SHARE = ("SEV1", "SEV2", "SEV3", "SEV4"), (2, 8, 40, 50)
# A list shows fifty rows; these many incidents share the service and the team with this number.
FULL_PAGE, SHARED = 60, 7


class IncidentRows:
    """Rows in an order that keeps all references."""

    def __init__(self, past: Past) -> None:
        self.past = past

    def tables(self) -> Iterator[Table]:
        """Each table with its rows."""
        yield from self._catalogue()
        yield Incident, self._incidents()
        yield from self._links()
        yield IncidentTime, self._times()
        yield SeverityAssessment, self._assessments()
        yield TimelineEntry, self._entries()
        yield StateMove, self._moves()
        yield OutboxEvent, self._events()
        yield from self._response()

    def _catalogue(self) -> Iterator[Table]:
        chance = self.past.chance
        yield (
            Team,
            [{"id": n, "slug": f"team-{n}", "name": f"Team {n}"} for n in range(1, TEAMS + 1)],
        )
        yield (
            Person,
            [
                {
                    "id": n,
                    "email": f"person{n}@example.org",
                    "name": f"Person {n}",
                    "role": "editor",
                    "created_at": self.past.now,
                }
                for n in range(1, PEOPLE + 1)
            ],
        )
        yield (
            TeamMember,
            [{"team_id": (n % TEAMS) + 1, "person_id": n} for n in range(1, PEOPLE + 1)],
        )
        yield (
            Service,
            [
                {
                    "id": n,
                    "slug": f"service-{n}",
                    "name": f"Service {n}",
                    "owner_team_id": (n % TEAMS) + 1,
                }
                for n in range(1, SERVICES + 1)
            ],
        )
        yield (
            Circle,
            [
                {
                    "id": n,
                    "visibility": chance.choice(("team", "private")),
                    "created_at": self.past.now,
                }
                for n in range(1, CIRCLES + 1)
            ],
        )
        yield (
            CircleTeam,
            [{"circle_id": n, "team_id": (n % TEAMS) + 1} for n in range(1, CIRCLES + 1, 2)],
        )
        yield (
            CircleMember,
            [
                {"circle_id": n, "person_id": person}
                for n in range(1, CIRCLES + 1)
                for person in sorted({ME + (n % 4), chance.randint(5, PEOPLE), 5 + n})
            ],
        )

    def _incidents(self) -> Iterator[dict[str, Any]]:
        chance, count = self.past.chance, self.past.size.incidents
        for number in range(1, count + 1):
            at = self.past.declared[number - 1]
            newest = number > count - OPEN_INCIDENTS
            yield {
                "id": number,
                "circle_id": self.past.circle[number - 1],
                "created_at": at,
                "updated_at": at + timedelta(hours=3),
                "title": self.past.writer.title(),
                "summary": self.past.notes.draw(),
                "impact_text": self.past.notes.draw(),
                "kind": "near_miss" if not newest and number % 10 == 0 else "incident",
                "state": chance.choice(("declared", "investigating", "mitigated"))
                if newest
                else ("resolved" if number % 50 == 0 else "closed"),
                "severity": chance.choices(SEVERITIES, SEVERITY_SHARE)[0],
                "impact": "some",
                "urgency": "soon",
                "declared_at": at,
                "declared_by_id": chance.randint(1, PEOPLE),
            }

    def _links(self) -> Iterator[Table]:
        """The newest incidents share a service, a team and a tag, so that a list narrowed to one
        of them fills its first page in a small organisation too.
        """
        chance, count = self.past.chance, self.past.size.incidents
        numbers = range(1, count + 1)
        newest = count - FULL_PAGE
        yield (
            IncidentService,
            (
                {"incident_id": number, "service_id": service}
                for number in numbers
                for service in {
                    SHARED if number > newest else chance.randint(1, SERVICES),
                    chance.randint(1, SERVICES),
                }
            ),
        )
        yield (
            IncidentTeam,
            (
                {
                    "incident_id": number,
                    "team_id": SHARED if number > newest else chance.randint(1, TEAMS),
                }
                for number in numbers
            ),
        )
        yield (
            IncidentTag,
            (
                {"incident_id": number, "tag": tag}
                for number in numbers
                for tag in {
                    TAGS[0] if number > newest else chance.choice(TAGS),
                    *chance.sample(TAGS, chance.randint(0, 2)),
                }
            ),
        )

    def _times(self) -> Iterator[dict[str, Any]]:
        for number, at in enumerate(self.past.declared, start=1):
            for name, minutes in (
                ("impact_started", -12),
                ("detected", -4),
                ("declared", 0),
                ("mitigated", 55),
                ("resolved", 90),
            ):
                yield {
                    "incident_id": number,
                    "name": name,
                    "at": at + timedelta(minutes=minutes),
                    "source": "staff",
                    "recorded_at": at + timedelta(minutes=max(minutes, 0)),
                }

    def _assessments(self) -> Iterator[dict[str, Any]]:
        for number, at in enumerate(self.past.declared, start=1):
            yield {
                "incident_id": number,
                "severity": "SEV3",
                "impact": "some",
                "urgency": "soon",
                "at": at,
            }

    def _entries(self) -> Iterator[dict[str, Any]]:
        chance, count = self.past.chance, self.past.size.incidents
        each = (self.past.size.entries - LONG_TIMELINE) // (count - 1)
        for number, at in enumerate(self.past.declared, start=1):
            for place in range(LONG_TIMELINE if number == count else each):
                when = at + timedelta(seconds=place * 45 + chance.randint(0, 40))
                yield {
                    "incident_id": number,
                    "at": when,
                    "recorded_at": when,
                    "kind": "system" if place % 8 == 0 else "note",
                    "author_id": chance.randint(1, PEOPLE),
                    "text": self.past.notes.draw(),
                }

    def _moves(self) -> Iterator[dict[str, Any]]:
        for number, at in enumerate(self.past.declared, start=1):
            for verb, before, after in (
                ("investigate", "declared", "investigating"),
                ("mitigate", "investigating", "mitigated"),
                ("resolve", "mitigated", "resolved"),
            ):
                yield {
                    "record_kind": "incident",
                    "record_id": number,
                    "verb": verb,
                    "from_state": before,
                    "to_state": after,
                    "at": at,
                    "actor_id": 2,
                    "actor_name": "Person 2",
                }

    def _events(self) -> Iterator[dict[str, Any]]:
        for number, at in enumerate(self.past.declared, start=1):
            for name in ("incident.declared", "incident.changed"):
                yield {
                    "name": name,
                    "record_kind": "incident",
                    "record_id": number,
                    "incident_id": number,
                    "at": at,
                }

    def _response(self) -> Iterator[Table]:
        """What only the incident that is looked at has, and what waits for the person."""
        last, at = self.past.size.incidents, self.past.declared[-1]
        yield (
            RoleAssignment,
            [
                {"incident_id": last, "role": role, "person_id": person, "from_at": at}
                for person, role in ((2, "commander"), (3, "communications"), (4, "scribe"))
            ],
        )
        yield (
            Task,
            [
                {
                    "incident_id": last,
                    "title": self.past.writer.title(),
                    "owner_id": n,
                    "created_at": at,
                }
                for n in range(1, 9)
            ],
        )
        yield (
            StatusUpdate,
            [
                {"incident_id": last, "at": at, "author_id": 3, "text": self.past.notes.draw()}
                for _ in range(6)
            ],
        )
        yield (
            Notice,
            [
                {
                    "person_id": ME,
                    "kind": "review_due",
                    "record_kind": "incident",
                    "record_id": last - n,
                    "text": self.past.writer.title(),
                    "once": f"bench-{n}",
                    "at": self.past.now,
                }
                for n in range(6)
            ],
        )
