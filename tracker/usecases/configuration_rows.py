"""The rows that things of files become. Only the applying of a configuration calls this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import SQLModel, col, select

from tracker.configuration.kinds import Item
from tracker.configuration.planning import Change
from tracker.db.work import Work
from tracker.models.calendar import CalendarEntry, CalendarService
from tracker.models.catalogue import Person, Service, ServiceDependency, ServiceTag, Team
from tracker.models.event import AlertKey, AlertRule
from tracker.models.procedure import Procedure
from tracker.models.review import FactorTerm
from tracker.models.table import Row
from tracker.models.wording import WordingTerm
from tracker.reading.configuration import MODELS
from tracker.usecases.calendar import warn_of_clashes
from tracker.usecases.improve.procedures import WriteProcedure, keep_from_file
from tracker.usecases.policy import newest_policy, newest_template, put_policy, put_template

_AT_ONCE = 500


def write_changes(work: Work, changes: Sequence[Change]) -> None:
    """Everything is as its file says and known to come from there. Emits: procedure.drafted or
    procedure.changed.
    """
    writing = _Writing(work)
    kinds: dict[str, list[Change]] = {}
    for change in changes:
        kinds.setdefault(change.kind, []).append(change)
    for kind, ones in kinds.items():
        writing.write(kind, ones)


class _Writing:
    """One apply. Ids are looked up once, because there may be thousands of things."""

    def __init__(self, work: Work) -> None:
        self.work = work
        session = work.session
        self.teams: dict[str, int] = dict(session.execute(select(Team.slug, Team.id)).all())
        self.services: dict[str, int] = dict(
            session.execute(select(Service.slug, Service.id)).all()
        )
        self._writers: dict[str, Callable[[list[Item]], None]] = {
            "policy": self._policies,
            "review_template": self._templates,
            "factor": self._terms,
            "team": self._teams,
            "service": self._services,
            "procedure": self._procedures,
            "alert": self._alerts,
            "alert_rule": self._rules,
            "calendar_entry": self._entries,
            "word": self._words,
        }

    def write(self, kind: str, changes: Sequence[Change]) -> None:
        """The things of one kind; what only comes from another file is marked so."""
        differing = [one.item for one in changes if one.verb in ("add", "change") and one.item]
        if differing:
            self._writers[kind](differing)
        files = {
            one.row_id: one.item.file
            for one in changes
            if one.verb in ("adopt", "move") and one.item
        }
        for row in self._rows(MODELS[kind], "id", files):
            row.managed_by = files[row.key]
            self.work.session.add(row)
        self.work.session.flush()

    def _rows(self, model: Any, column: str, values: Iterable[Any]) -> list[Any]:  # noqa: ANN401 - any table
        wanted = list(values)
        found: list[Any] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            found += self.work.session.exec(select(model).where(getattr(model, column).in_(some)))
        return found

    def _each(
        self,
        model: Any,  # noqa: ANN401 - any table
        column: str,
        items: list[Item],
        fill: Callable[[Any, Item], None],
    ) -> dict[str, Any]:
        """The rows by key, filled, stored together."""
        rows = {
            getattr(row, column): row
            for row in self._rows(model, column, [item.key for item in items])
        }
        for item in items:
            row = rows.setdefault(item.key, model(**{column: item.key}))
            fill(row, item)
            row.managed_by = item.file
            self.work.session.add(row)
        self.work.session.flush()
        return rows

    def _link(self, owner: Any, ids: Iterable[int], links: Iterable[SQLModel]) -> None:  # noqa: ANN401 - a column
        """The link rows of these owners are the given ones and no others."""
        wanted = list(ids)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            self.work.session.execute(delete(owner.class_).where(owner.in_(some)))
        self.work.add_all(links)

    def _policies(self, items: list[Item]) -> None:
        for item in items:
            if not put_policy(self.work, item.fields, managed_by=item.file):
                self._mark(newest_policy(self.work), item)

    def _templates(self, items: list[Item]) -> None:
        for item in items:
            content = {"key": item.key, **item.fields}
            if not put_template(self.work, content, managed_by=item.file):
                self._mark(newest_template(self.work, item.key), item)

    def _mark(self, row: Row | None, item: Item) -> None:
        assert row is not None  # noqa: S101 - what did not differ is there
        setattr(row, "managed_by", item.file)  # noqa: B010 - one of two tables
        self.work.session.add(row)

    def _terms(self, items: list[Item]) -> None:
        places = {item.key: place for place, item in enumerate(items)}
        newest = select(FactorTerm.position).order_by(col(FactorTerm.position).desc()).limit(1)
        following = (self.work.session.exec(newest).first() or 0) + 1

        def fill(row: FactorTerm, item: Item) -> None:
            fields = item.fields
            row.group_key, row.group_name = fields["group"], fields["group_name"]
            row.name, row.meaning = fields["name"], fields["meaning"]
            row.examples = fields["examples"]
            if row.id is None:
                row.position = following + places[item.key]

        self._each(FactorTerm, "term", items, fill)

    def _teams(self, items: list[Item]) -> None:
        def fill(row: Team, item: Item) -> None:
            for name in ("name", "contact", "channel", "about"):
                setattr(row, name, item.fields[name])

        rows = self._each(Team, "slug", items, fill)
        self.teams |= {slug: row.key for slug, row in rows.items()}

    def _services(self, items: list[Item]) -> None:
        def fill(row: Service, item: Item) -> None:
            for name in ("name", "about", "tier", "kind", "escalation", "status_url"):
                setattr(row, name, item.fields[name])
            row.owner_team_id = self._team(item.fields["owner"])

        rows = self._each(Service, "slug", items, fill)
        self.services |= {slug: row.key for slug, row in rows.items()}
        ids = [row.key for row in rows.values()]
        self._link(
            ServiceTag.service_id,
            ids,
            [
                ServiceTag(service_id=rows[item.key].key, tag=tag)
                for item in items
                for tag in item.fields["tags"]
            ],
        )
        self._link(
            ServiceDependency.service_id,
            ids,
            [
                ServiceDependency(service_id=rows[item.key].key, depends_on_id=self.services[other])
                for item in items
                for other in item.fields["depends_on"]
            ],
        )

    def _procedures(self, items: list[Item]) -> None:
        for item in items:
            fields = item.fields
            keep_from_file(
                self.work,
                WriteProcedure(
                    title=fields["title"],
                    text=fields["text"],
                    kind=fields["kind"],
                    slug=item.key,
                    owner=fields["owner"] or self._owner_of(item.key),
                    team=fields["team"],
                    escalation=fields["escalation"],
                    review_every_days=int(fields["review_every"].split()[0]),
                    services=tuple(fields["services"]),
                ),
                managed_by=item.file,
            )

    def _owner_of(self, slug: str) -> str:
        """The address of the owner that was chosen in the pages."""
        chosen = (
            select(Person.email)
            .join(Procedure, col(Procedure.owner_id) == Person.id)
            .where(Procedure.slug == slug, col(Person.active).is_(True))
        )
        return self.work.session.exec(chosen).first() or ""

    def _alerts(self, items: list[Item]) -> None:
        found = select(Procedure.slug, Procedure.id).where(col(Procedure.circle_id).is_(None))
        procedures: dict[str, int] = dict(self.work.session.execute(found).all())

        def fill(row: AlertKey, item: Item) -> None:
            fields = item.fields
            row.about, row.severity = fields["about"], fields["severity"]
            row.service_id = self._service(fields["service"])
            row.owner_team_id = self._team(fields["owner"])
            row.procedure_id = procedures.get(fields["procedure"])

        self._each(AlertKey, "alert_key", items, fill)

    def _rules(self, items: list[Item]) -> None:
        def fill(row: AlertRule, item: Item) -> None:
            row.key_pattern = item.fields["alert"]
            for name in ("labels", "severity", "minutes_firing", "group_by", "title", "active"):
                setattr(row, name, item.fields[name])

        self._each(AlertRule, "slug", items, fill)

    def _entries(self, items: list[Item]) -> None:
        def fill(row: CalendarEntry, item: Item) -> None:
            fields = item.fields
            row.kind, row.title, row.text = fields["kind"], fields["title"], fields["text"]
            row.starts_at = datetime.fromisoformat(fields["starts_at"])
            row.ends_at = datetime.fromisoformat(fields["ends_at"])
            row.team_id = self._team(fields["team"])
            row.cancelled_at = None
            if row.id is None:
                row.created_at = row.updated_at = self.work.now

        rows = self._each(CalendarEntry, "uid", items, fill)
        self._link(
            CalendarService.entry_id,
            [row.key for row in rows.values()],
            [
                CalendarService(entry_id=rows[item.key].key, service_id=self.services[slug])
                for item in items
                for slug in item.fields["services"]
            ],
        )
        for row in rows.values():
            warn_of_clashes(self.work, row)

    def _words(self, items: list[Item]) -> None:
        phrases = [item.fields["phrase"] for item in items]
        rows = {
            (row.verdict, row.phrase): row for row in self._rows(WordingTerm, "phrase", phrases)
        }
        for item in items:
            fields = item.fields
            thing = (fields["verdict"], fields["phrase"])
            row = rows.get(thing) or WordingTerm(verdict=thing[0], phrase=thing[1])
            row.category, row.why = fields["category"], fields["why"]
            row.at, row.by_id = self.work.now, self.work.actor.person_id
            row.managed_by = item.file
            self.work.session.add(row)
        self.work.session.flush()

    def _team(self, slug: str) -> int | None:
        return self.teams[slug] if slug else None

    def _service(self, slug: str) -> int | None:
        return self.services[slug] if slug else None
