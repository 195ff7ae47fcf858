"""What is here of all that files may describe, in their plain form; what was applied, and drift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, func, select

from tracker.configuration.kinds import KINDS, Fields, plain
from tracker.configuration.planning import FieldChange, Standing, ThingKey, field_changes
from tracker.db.work import Look
from tracker.models.calendar import CalendarEntry, CalendarService
from tracker.models.catalogue import (
    Person,
    Service,
    ServiceDependency,
    ServiceTag,
    Team,
)
from tracker.models.configuration import ConfigApply
from tracker.models.event import AlertKey, AlertRule
from tracker.models.procedure import Procedure, ProcedureService
from tracker.models.review import FactorTerm, PolicyVersion, ReviewTemplate
from tracker.models.wording import WordingTerm
from tracker.reading.analyse.wording import categories
from tracker.reading.listing import Listed, check_limit, keyset_page

MOST_DRIFT_SHOWN = 200
MODELS: dict[str, Any] = {
    "team": Team,
    "policy": PolicyVersion,
    "review_template": ReviewTemplate,
    "factor": FactorTerm,
    "service": Service,
    "procedure": Procedure,
    "alert": AlertKey,
    "alert_rule": AlertRule,
    "calendar_entry": CalendarEntry,
    "word": WordingTerm,
}


@dataclass(frozen=True)
class Drifted:
    """A thing that is not as it was applied: ``how`` is changed, gone or released."""

    kind: str
    key: str
    how: str
    file: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Drift:
    """What was applied last, and what is different by now. ``applied`` is None when nothing was."""

    applied: ConfigApply | None
    things: tuple[Drifted, ...] = ()


@dataclass(frozen=True)
class ManagedFile:
    """A file that governs something here: how many things of which kind."""

    file: str
    kind: str
    count: int


def standing_things(look: Look) -> dict[ThingKey, Standing]:
    """Everything of every kind, by kind and key. What is closed to a circle is left out: files
    are open to whoever reads them.
    """
    slugs = _Slugs(look)
    found: dict[ThingKey, Standing] = {}
    for reader in (
        _agreed, _teams, _terms, _services, _procedures, _alerts, _rules, _entries, _words,
    ):  # fmt: skip
        found.update(reader(look, slugs))
    return found


def known_names(look: Look, standing: Mapping[ThingKey, Standing]) -> dict[str, frozenset[str]]:
    """The keys that files may point at, by kind; severities are those of the policy here."""
    names: dict[str, set[str]] = defaultdict(set)
    for kind, key in standing:
        names[kind].add(key)
    policy = standing.get(("policy", "policy"))
    if policy is not None:
        names["severity"] = {str(one["key"]) for one in policy.fields.get("severities", ())}
    names["wording_category"] = set(categories())
    active = select(Person.email).where(col(Person.active).is_(True))
    names["person"] = set(look.session.exec(active))
    return {kind: frozenset(keys) for kind, keys in names.items()}


def closed_names(look: Look) -> frozenset[ThingKey]:
    """Keys that are taken by records closed to a circle: no file can describe those."""
    procedures = select(Procedure.slug).where(col(Procedure.circle_id).is_not(None))
    entries = select(CalendarEntry.uid).where(col(CalendarEntry.circle_id).is_not(None))
    return frozenset(
        [
            *(("procedure", slug) for slug in look.session.exec(procedures)),
            *(("calendar_entry", uid) for uid in look.session.exec(entries)),
        ]
    )


def exported_things(look: Look) -> dict[ThingKey, Standing]:
    """What an export writes, so that it can be applied where nothing is yet.

    Of procedures those in use that a team owns: people are not known elsewhere. What points at
    a thing that is left out points at nothing.
    """
    here = standing_things(look)
    left_out = set(left_out_of_export(here))
    return {
        thing: replace(one, fields={**one.fields, "procedure": ""})
        if thing[0] == "alert" and ("procedure", one.fields["procedure"]) in left_out
        else one
        for thing, one in here.items()
        if thing not in left_out
    }


def left_out_of_export(here: Mapping[ThingKey, Standing]) -> list[ThingKey]:
    """Procedures that are not in use, or that a person alone owns."""
    return [
        thing
        for thing, one in here.items()
        if thing[0] == "procedure" and not (one.fields["in_use"] and one.fields["team"])
    ]


def newest_apply(look: Look) -> ConfigApply | None:
    """The apply that was last, or ``None``."""
    newest = select(ConfigApply).order_by(col(ConfigApply.id).desc()).limit(1)
    return look.session.exec(newest).first()


def applies(look: Look, *, cursor: str = "", limit: int = 50) -> Listed[ConfigApply]:
    """Every apply, newest first. Raises: NotValid."""
    look.actor.needs("read_admin")
    items, following = keyset_page(
        look,
        select(ConfigApply),
        sort=col(ConfigApply.at),
        tie=col(ConfigApply.id),
        descending=True,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(items, following)


def apply_by_number(look: Look, number: int) -> ConfigApply:
    """Raises: NotFound."""
    look.actor.needs("read_admin")
    return look.find(ConfigApply, number, what=f"Apply {number}")


def managed_files(look: Look) -> list[ManagedFile]:
    """What is governed by files, by file and kind."""
    look.actor.needs("read_admin")
    counts = sa.union_all(
        *(
            select(model.managed_by, sa.literal(kind), func.count())
            .where(model.managed_by != "")
            .group_by(model.managed_by)
            for kind, model in MODELS.items()
        )
    )
    return sorted(
        (ManagedFile(*row) for row in look.session.execute(counts)),
        key=lambda one: (one.file, one.kind),
    )


def drift(look: Look) -> Drift:
    """What differs between the last apply and now. What people added in the pages is no drift."""
    look.actor.needs("read_admin")
    applied = newest_apply(look)
    if applied is None:
        return Drift(None)
    now = standing_things(look)
    things: list[Drifted] = []
    for kind, named in applied.content.items():
        if kind not in KINDS:
            continue
        for key, kept in named.items():
            here = now.get((kind, key))
            wanted: Fields = kept["fields"]
            if here is None:
                things.append(Drifted(kind, key, "gone", kept["file"]))
            elif differing := tuple(field_changes(wanted, _comparable(here.fields, wanted))):
                things.append(Drifted(kind, key, "changed", kept["file"], differing))
            elif not here.file:
                things.append(Drifted(kind, key, "released", kept["file"]))
    return Drift(applied, tuple(things))


def _comparable(here: Fields, wanted: Fields) -> Fields:
    """What is here, of the fields that were applied: later versions may know more."""
    return {name: value for name, value in here.items() if name in wanted}


class _Slugs:
    """Teams and services with the keys that others name them by, and every link, read once."""

    def __init__(self, look: Look) -> None:
        self.teams = list(look.session.exec(select(Team).order_by(Team.slug)))
        self.services = list(look.session.exec(select(Service).order_by(Service.slug)))
        self._team = {row.key: row.slug for row in self.teams}
        self._service = {row.key: row.slug for row in self.services}
        links = sa.union_all(
            select(sa.literal("tag"), ServiceTag.service_id, ServiceTag.tag, sa.literal(0)),
            *(
                select(sa.literal(name), owner, sa.literal(""), service)
                for name, owner, service in (
                    ("needs", ServiceDependency.service_id, ServiceDependency.depends_on_id),
                    ("procedure", ProcedureService.procedure_id, ProcedureService.service_id),
                    ("entry", CalendarService.entry_id, CalendarService.service_id),
                )
            ),
        )
        self._links: dict[tuple[str, int], list[str]] = defaultdict(list)
        for name, owner_id, text, service_id in look.session.execute(links):
            self._links[name, owner_id].append(text or self._service[service_id])

    def team(self, row_id: int | None) -> str:
        return self._team.get(row_id or 0, "")

    def service(self, row_id: int | None) -> str:
        return self._service.get(row_id or 0, "")

    def linked(self, name: str, owner_id: int) -> list[str]:
        """Tags of a service, or the services that a thing names."""
        return self._links.get((name, owner_id), [])


Things = Iterable[tuple[ThingKey, Standing]]


def _thing(kind: str, key: str, fields: Fields, row: Any) -> tuple[ThingKey, Standing]:  # noqa: ANN401 - any managed row
    return (kind, key), Standing(plain(kind, fields), row.managed_by, row.key)


def _in_shape(kind: str, content: Mapping[str, Any]) -> Fields:
    """Kept content with all its fields; as it is where it does not fit today's shape."""
    given = {name: value for name, value in content.items() if name != "version"}
    try:
        fields = KINDS[kind].shape.model_validate(given).model_dump(by_alias=True)
    except ValueError:
        fields = given
    return {name: value for name, value in fields.items() if name not in ("version", "key")}


def _agreed(look: Look, _slugs: _Slugs) -> Things:
    """The policy and the templates, in their newest versions."""
    newest = select(func.max(PolicyVersion.version)).scalar_subquery()
    newest_of = (
        select(ReviewTemplate.template_key, func.max(ReviewTemplate.version).label("version"))
        .group_by(ReviewTemplate.template_key)
        .subquery()
    )
    policy = sa.select(
        *(sa.literal("policy").label("kind"), sa.literal("policy").label("key")),
        *(col(PolicyVersion.id), col(PolicyVersion.managed_by), col(PolicyVersion.content)),
    ).where(col(PolicyVersion.version) == newest)
    templates = sa.select(
        *(sa.literal("review_template"), col(ReviewTemplate.template_key)),
        *(col(ReviewTemplate.id), col(ReviewTemplate.managed_by), col(ReviewTemplate.content)),
    ).join(
        newest_of,
        sa.and_(
            newest_of.c.template_key == ReviewTemplate.template_key,
            newest_of.c.version == ReviewTemplate.version,
        ),
    )
    # Two questions in one: a page that needs all of it has few to ask.
    rows = look.session.execute(sa.union_all(policy, templates)).all()
    for kind, key, row_id, file, content in sorted(rows, key=lambda row: (row[0], row[1])):
        yield (kind, key), Standing(plain(kind, _in_shape(kind, content)), file, row_id)


def _terms(look: Look, _slugs: _Slugs) -> Things:
    for row in look.session.exec(select(FactorTerm).order_by(col(FactorTerm.position))):
        fields = {
            "group": row.group_key, "group_name": row.group_name, "name": row.name,
            "meaning": row.meaning, "examples": list(row.examples),
        }  # fmt: skip
        yield _thing("factor", row.term, fields, row)


def _teams(_look: Look, slugs: _Slugs) -> Things:
    for row in slugs.teams:
        fields = {
            "name": row.name, "contact": row.contact, "channel": row.channel, "about": row.about,
        }  # fmt: skip
        yield _thing("team", row.slug, fields, row)


def _services(_look: Look, slugs: _Slugs) -> Things:
    for row in slugs.services:
        fields = {
            "name": row.name, "about": row.about, "owner": slugs.team(row.owner_team_id),
            "tier": row.tier, "kind": row.kind, "tags": slugs.linked("tag", row.key),
            "depends_on": slugs.linked("needs", row.key), "escalation": row.escalation,
            "status_url": row.status_url,
        }  # fmt: skip
        yield _thing("service", row.slug, fields, row)


def _procedures(look: Look, slugs: _Slugs) -> Things:
    rows = look.session.execute(
        select(Procedure, Person.email)
        .outerjoin(Person, col(Person.id) == Procedure.owner_id)
        .where(col(Procedure.circle_id).is_(None))
        .order_by(Procedure.slug)
    )
    for row, email in rows:
        fields = {
            "title": row.title, "kind": row.kind, "team": slugs.team(row.team_id),
            "escalation": row.escalation, "review_every": f"{row.review_every_days} days",
            "services": slugs.linked("procedure", row.key), "owner": email or "", "text": row.text,
            "in_use": row.state == "current",
        }  # fmt: skip
        yield _thing("procedure", row.slug, fields, row)


def _alerts(look: Look, slugs: _Slugs) -> Things:
    rows = look.session.execute(
        select(AlertKey, Procedure.slug)
        .outerjoin(
            Procedure,
            sa.and_(col(Procedure.id) == AlertKey.procedure_id, col(Procedure.circle_id).is_(None)),
        )
        .order_by(AlertKey.alert_key)
    )
    for row, procedure in rows:
        fields = {
            "about": row.about, "service": slugs.service(row.service_id),
            "owner": slugs.team(row.owner_team_id), "procedure": procedure or "",
            "severity": row.severity,
        }  # fmt: skip
        yield _thing("alert", row.alert_key, fields, row)


def _rules(look: Look, _slugs: _Slugs) -> Things:
    for row in look.session.exec(select(AlertRule).order_by(AlertRule.slug)):
        fields = {
            "alert": row.key_pattern, "labels": dict(row.labels), "severity": row.severity,
            "minutes_firing": row.minutes_firing, "group_by": list(row.group_by),
            "title": row.title, "active": row.active,
        }  # fmt: skip
        yield _thing("alert_rule", row.slug, fields, row)


def _entries(look: Look, slugs: _Slugs) -> Things:
    rows = look.session.exec(
        select(CalendarEntry)
        .where(col(CalendarEntry.circle_id).is_(None), col(CalendarEntry.cancelled_at).is_(None))
        .order_by(CalendarEntry.uid)
    )
    for row in rows:
        fields = {
            "kind": row.kind, "title": row.title, "text": row.text,
            "starts_at": _zulu(row.starts_at), "ends_at": _zulu(row.ends_at),
            "team": slugs.team(row.team_id), "services": slugs.linked("entry", row.key),
        }  # fmt: skip
        yield _thing("calendar_entry", row.uid, fields, row)


def _words(look: Look, _slugs: _Slugs) -> Things:
    for row in look.session.exec(select(WordingTerm).order_by(WordingTerm.phrase)):
        fields = {
            "phrase": row.phrase, "verdict": row.verdict, "category": row.category, "why": row.why,
        }  # fmt: skip
        yield _thing("word", f"{row.verdict} {row.phrase}", fields, row)


def _zulu(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
