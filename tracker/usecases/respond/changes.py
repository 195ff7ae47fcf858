"""Changes come on record, are finished, and are linked by people to the incidents they touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.change import FINAL_STATUSES, status_after
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound, NotValid
from tracker.domain.event import (
    CHANGE_KINDS,
    CHANGE_STATUSES,
    LARGEST_CLOCK_SKEW,
    LINK_ROLES,
    PRODUCTION,
    Change,
)
from tracker.models.catalogue import Service
from tracker.models.event import ChangeDetail, ChangeLink, OperationalEvent
from tracker.models.incident import Incident
from tracker.reading.references import ref
from tracker.usecases.respond.timeline import add_system_entry

KEY_LIMIT = 200
ENVIRONMENT_LIMIT = 60
KIND_WORDS = {
    "deploy": "Deployment",
    "config": "Setting changed",
    "flag": "Flag changed",
    "rollback": "Rollback",
    "release": "Release",
}

NO_LONGER = {
    "triggered_by": "is no longer said to be what set it off",
    "remediated_by": "is no longer said to have helped to end it",
}


@dataclass(frozen=True, kw_only=True)
class FinishChange:
    """How a change ended; ``finished_at`` is now when it is left out."""

    status: str = "succeeded"
    finished_at: datetime | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class LinkChange:
    """What a person says about a change and an incident.

    ``confirmed`` False means: looked at, and it was not so. It is not suggested again.
    """

    role: str
    confirmed: bool = True
    note: str = ""


def record_change(work: Work, change: Change, *, source_id: int | None = None) -> OperationalEvent:
    """The change is on record once: told again with the same instance key, the same event has
    what is new. A rollback that names its target marks it.

    ``change.service`` is a slug or the sender's own name of a service; one we do not know is kept
    as a name. ``source_id`` is the source it came from, ``None`` for the API and the command line.
    Raises: NotValid. Emits: event.recorded or event.changed.
    """
    work.permit("record_change")
    _check(work, change)
    known = None
    if change.instance_key:
        # A unique index keeps sources apart; without a source nothing else would.
        work.take_turns(f"change {source_id} {change.instance_key}")
        known = _known(work, change.instance_key, source_id)
    if known is None:
        row, detail = _new(work, change, source_id)
    else:
        row, detail = known
        _tell(work, row, detail, change)
    _mark_target(work, row, detail, change.rolls_back)
    return row


def finish_change(work: Work, row: OperationalEvent, ask: FinishChange) -> OperationalEvent:
    """The change is over. Saying the same again changes nothing.

    Raises: NotAllowed when it ended another way before, NotValid, Conflict. Emits: event.changed.
    """
    work.permit("record_change")
    detail = _detail_of(work, row)
    work.expect(row, ask.version)
    gaps = Gaps()
    asks.check_choice(gaps, "status", ask.status, FINAL_STATUSES)
    _check_at(work, gaps, "finished_at", ask.finished_at)
    if not gaps.found and ask.finished_at is not None and ask.finished_at < row.starts_at:
        gaps.add("finished_at", "That is before it began")
    gaps.raise_not_valid()
    if detail.status in FINAL_STATUSES:
        if detail.status != ask.status:
            raise NotAllowed(
                f"This change has {detail.status} already",
                hint="Record what followed as a change of its own.",
                gaps=[Gap("status", f"It has {detail.status}")],
            )
        return row
    told = Change(
        instance_key=row.instance_key,
        kind=detail.change_kind,
        environment=row.environment,
        status=ask.status,
        finished_at=ask.finished_at,
    )
    _tell(work, row, detail, told)
    _mark_target(work, row, detail, "")
    return row


def link_change(
    work: Work, incident: Incident, row: OperationalEvent, ask: LinkChange
) -> ChangeLink:
    """What this person says about the change and the incident is kept, in place of what was said
    before. A confirmed link stands in the timeline.

    Where one incident has both a change that triggered it and a rollback of the same service that
    helped to end it, the first is marked as rolled back by the second, unless it is closed.
    Raises: NotValid. Emits: incident.timeline.
    """
    work.permit("link_change")
    _detail_of(work, row)
    gaps = Gaps()
    asks.check_choice(gaps, "role", ask.role, LINK_ROLES)
    asks.check_text(gaps, "note", ask.note, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    link = _link(work, incident, row, ask.role)
    stood = link is not None and link.confirmed
    if link is None:
        link = ChangeLink(incident_id=incident.key, event_id=row.key, role=ask.role, at=work.now)
    link.confirmed = ask.confirmed
    link.note = asks.clean(ask.note)
    link.at = work.now
    link.by_id = work.actor.person_id
    work.add(link)
    if ask.confirmed and not stood:
        _tell_timeline(work, incident, row, LINK_ROLES[ask.role])
        _mark_pair(work, incident)
    elif stood and not ask.confirmed:
        _tell_timeline(work, incident, row, NO_LONGER[ask.role])
    return link


def forget_change_link(work: Work, incident: Incident, row: OperationalEvent, role: str) -> None:
    """Nothing is said any more about the change and the incident; it may be suggested again.

    Raises: NotFound when nothing was said. Emits: incident.timeline.
    """
    work.permit("link_change")
    link = _link(work, incident, row, role)
    if link is None:
        raise NotFound("What was said about that change")
    if link.confirmed:
        _tell_timeline(work, incident, row, NO_LONGER[role])
    work.session.delete(link)


def _check(work: Work, change: Change) -> None:
    gaps = Gaps()
    asks.check_choice(gaps, "kind", change.kind, CHANGE_KINDS)
    asks.check_choice(gaps, "status", change.status, CHANGE_STATUSES)
    asks.check_title(gaps, "title", change.title, required=False)
    asks.check_title(gaps, "service", change.service, required=False)
    asks.check_text(gaps, "text", change.text, limit=asks.NOTE_LIMIT)
    for name, limit in (
        ("instance_key", KEY_LIMIT),
        ("revision", KEY_LIMIT),
        ("rolls_back", KEY_LIMIT),
        ("by", KEY_LIMIT),
        ("environment", ENVIRONMENT_LIMIT),
    ):
        asks.check_text(gaps, name, getattr(change, name), limit=limit)
    asks.check_link(gaps, "url", change.url)
    _check_labels(gaps, change.labels)
    _check_at(work, gaps, "started_at", change.started_at)
    _check_at(work, gaps, "finished_at", change.finished_at)
    if not gaps.found:
        first, last = change.started_at, change.finished_at
        if first is not None and last is not None and last < first:
            gaps.add("finished_at", "That is before it began")
        if change.status == "started" and last is not None:
            gaps.add("finished_at", "What has only started has not ended; say how it ended")
        if not change.title.strip() and not change.service.strip():
            gaps.add("service", "Name the service, or give a title")
    gaps.raise_not_valid()


def _check_labels(gaps: Gaps, labels: Mapping[str, str]) -> None:
    if len(labels) > asks.MANY_LIMIT:
        gaps.add("labels", f"At most {asks.MANY_LIMIT} labels")
    for name, value in labels.items():
        asks.check_text(gaps, "labels", name, limit=KEY_LIMIT)
        asks.check_text(gaps, "labels", value, limit=asks.REASON_LIMIT)


def _check_at(work: Work, gaps: Gaps, field: str, at: datetime | None) -> None:
    asks.check_instant(gaps, field, at)
    if isinstance(at, datetime) and at.tzinfo and at > work.now + LARGEST_CLOCK_SKEW:
        gaps.add(field, "That lies more than a day ahead; look at the clock it came from")


def _known(
    work: Work, instance_key: str, source_id: int | None
) -> tuple[OperationalEvent, ChangeDetail] | None:
    found = work.session.execute(
        select(OperationalEvent, ChangeDetail)
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id), isouter=True)
        .where(
            OperationalEvent.source_id == source_id,
            OperationalEvent.instance_key == instance_key,
            # Said aloud, so that the index that leaves out empty keys can serve.
            col(OperationalEvent.instance_key) != "",
        )
        # The detail is on the other side of an outer join, which PostgreSQL does not lock.
        .with_for_update(of=OperationalEvent)
    ).first()
    if found is None:
        return None
    if found[1] is None:
        message = f"{ref(found[0])} has this key and is no change; give the change one of its own"
        raise NotValid(Gap("instance_key", message))
    return found[0], found[1]


def _new(
    work: Work, change: Change, source_id: int | None
) -> tuple[OperationalEvent, ChangeDetail]:
    service = service_called(work, change.service)
    over = change.status in FINAL_STATUSES
    starts_at = change.started_at or change.finished_at or work.now
    row = work.add(
        OperationalEvent(
            kind="change",
            title=asks.clean(change.title) or _title(change, service),
            text=asks.clean(change.text),
            service_id=service.key if service else None,
            service_name=asks.clean(change.service),
            environment=asks.clean(change.environment) or PRODUCTION,
            source_id=source_id,
            instance_key=change.instance_key,
            starts_at=starts_at,
            ended_at=(change.finished_at or starts_at) if over else None,
            first_seen_at=work.now,
            last_seen_at=work.now,
            labels=dict(change.labels),
            url=change.url.strip(),
            reported_by_id=work.actor.person_id,
        )
    )
    detail = ChangeDetail(
        event_id=row.key,
        change_kind=change.kind,
        status=change.status,
        revision=asks.clean(change.revision),
        made_by=asks.clean(change.by),
    )
    work.add_all([detail])
    work.emit("event.recorded", row)
    return row, detail


def _tell(work: Work, row: OperationalEvent, detail: ChangeDetail, change: Change) -> None:
    """What the newer message says and the event did not know yet. A mere repeat changes nothing."""
    before = row.model_dump(), detail.model_dump()
    detail.status = status_after(detail.status, change.status)
    detail.revision = asks.clean(change.revision) or detail.revision
    detail.made_by = asks.clean(change.by) or detail.made_by
    row.title = asks.clean(change.title) or row.title
    row.text = asks.clean(change.text) or row.text
    row.url = change.url.strip() or row.url
    if change.labels and dict(change.labels) != row.labels:
        row.labels = {**row.labels, **change.labels}
    if row.service_id is None and change.service:
        service = service_called(work, change.service)
        row.service_id = service.key if service else None
        row.service_name = asks.clean(change.service)
    if change.started_at is not None and change.started_at < row.starts_at:
        row.starts_at = change.started_at
    if change.status in FINAL_STATUSES and detail.status == change.status:
        ended_at = change.finished_at or row.ended_at or work.now
        row.ended_at = max(ended_at, row.starts_at)
    if before != (row.model_dump(), detail.model_dump()):
        row.last_seen_at = work.now
        row.times_seen += 1
        work.session.add(detail)
        work.emit("event.changed", row)


def _title(change: Change, service: Service | None) -> str:
    what = service.name if service else asks.clean(change.service)
    where = f" in {change.environment}" if change.environment not in ("", PRODUCTION) else ""
    title = f"{KIND_WORDS[change.kind]}: {what}{where}"
    if change.revision:
        title = f"{title}, {asks.clean(change.revision)[:60]}"
    return title[: asks.TITLE_LIMIT]


def _mark_target(work: Work, row: OperationalEvent, detail: ChangeDetail, rolls_back: str) -> None:
    if detail.status in ("failed", "cancelled"):
        # A rollback that did not happen rolled nothing back.
        marked = select(ChangeDetail).where(ChangeDetail.rolled_back_by_id == row.key)
        for one in work.session.exec(marked):
            one.rolled_back_by_id = None
        return
    wanted = rolls_back.strip()
    if not wanted:
        return
    there = (
        select(ChangeDetail)
        .join(OperationalEvent, col(OperationalEvent.id) == col(ChangeDetail.event_id))
        .where(ChangeDetail.event_id != row.key, OperationalEvent.environment == row.environment)
        .order_by(col(OperationalEvent.starts_at).desc(), col(OperationalEvent.id).desc())
        .limit(1)
    )
    by_key = there.where(
        OperationalEvent.source_id == row.source_id,
        OperationalEvent.instance_key == wanted,
        col(OperationalEvent.instance_key) != "",
    )
    same_service = (
        OperationalEvent.service_id == row.service_id
        if row.service_id is not None
        else OperationalEvent.service_name == row.service_name
    )
    by_revision = there.where(ChangeDetail.revision == wanted, same_service)
    target = work.session.exec(by_key).first() or work.session.exec(by_revision).first()
    if target is not None:
        target.rolled_back_by_id = row.key


def _mark_pair(work: Work, incident: Incident) -> None:
    """Of a trigger and a rollback that were both confirmed, the first is marked.

    A closed incident marks none: everybody sees the mark, and it would tell of the incident.
    """
    if incident.circle_id is not None:
        return
    confirmed = work.session.execute(
        select(ChangeLink.role, OperationalEvent, ChangeDetail)
        .join(OperationalEvent, col(OperationalEvent.id) == col(ChangeLink.event_id))
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id))
        .where(ChangeLink.incident_id == incident.key, col(ChangeLink.confirmed).is_(True))
        .order_by(col(OperationalEvent.starts_at), col(OperationalEvent.id))
    ).all()
    for role, trigger, trigger_detail in confirmed:
        if role != "triggered_by" or trigger_detail.rolled_back_by_id is not None:
            continue
        for other, helper, helper_detail in confirmed:
            if (
                other == "remediated_by"
                and helper_detail.change_kind == "rollback"
                and helper.service_id == trigger.service_id
                and helper.key != trigger.key
            ):
                trigger_detail.rolled_back_by_id = helper.key


def service_called(look: Look, name: str) -> Service | None:
    """The service with this slug, else with this name whatever its case; ``None`` for none."""
    wanted = asks.clean(name)
    if not wanted:
        return None
    slugs = {wanted.lower(), asks.slug_of(wanted)}
    found = look.session.exec(
        select(Service).where(col(Service.slug).in_(slugs)).order_by(col(Service.id))
    ).first()
    if found is not None:
        return found
    return look.session.exec(
        select(Service).where(col(Service.name).ilike(_literally(wanted), escape="\\"))
    ).first()


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _detail_of(work: Work, row: OperationalEvent) -> ChangeDetail:
    detail = work.session.get(ChangeDetail, row.key, with_for_update=True)
    if row.kind != "change" or detail is None:
        raise NotValid(Gap("change", f"{ref(row)} is not a change"))
    return detail


def _link(work: Work, incident: Incident, row: OperationalEvent, role: str) -> ChangeLink | None:
    return work.session.exec(
        select(ChangeLink).where(
            ChangeLink.incident_id == incident.key,
            ChangeLink.event_id == row.key,
            ChangeLink.role == role,
        )
    ).first()


def _tell_timeline(work: Work, incident: Incident, row: OperationalEvent, said: str) -> None:
    add_system_entry(work, incident, f"{ref(row)} “{row.title}” {said}")
