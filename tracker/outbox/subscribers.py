"""Who hears of events, and what each does about them. Every handler bears a second time.

The names are those of SUBSCRIPTIONS in domain/events.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlmodel import select

from tracker.app import App
from tracker.db.work import Work
from tracker.domain.events import INDEXED_KINDS
from tracker.models.action import Action
from tracker.models.journal import AuditEntry
from tracker.models.review import Review
from tracker.outbox.deliveries import Item
from tracker.outbox.mail_deliveries import send_mail
from tracker.outbox.slack_deliveries import tell_slack
from tracker.reading.references import ref
from tracker.reading.share.library import documents, gone
from tracker.reading.share.library_texts import filed_under
from tracker.search.index import SearchDocument
from tracker.usecases.improve.outcomes import mark_recurred, tell_of_result
from tracker.usecases.notices import notify

INDEX = "index"
SLACK = "slack"
MAIL = "mail"


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """A handler of deliveries. ``batch``: how many it takes at once.

    ``in_order``: it must hear of one incident's events in their order, one after the other.
    """

    name: str
    deliver: Callable[[App, Sequence[Item]], None]
    batch: int
    in_order: bool


def index_records(app: App, items: Sequence[Item]) -> None:
    """Search has every record as it stands now, each written once however often it changed.

    Raises: IndexBusyError when somebody else writes the index for long.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    for item in items:
        if item.record_kind in INDEXED_KINDS:
            wanted[item.record_kind].add(item.record_id)
    changed = {item.record_id for item in items if item.name == "incident.changed"}
    put: list[SearchDocument] = []
    delete: list[str] = []
    with app.look_as_system() as look:
        # Services, teams, tags and the severity of an incident are facets of what came of it too.
        for kind, ids in (filed_under(look, changed) if changed else {}).items():
            wanted[kind] |= ids
        for kind, ids in wanted.items():
            found = documents(look, kind, ids)
            put += found
            delete += gone(kind, ids, found)
    app.index.write(put, delete)


def tell_people(app: App, items: Sequence[Item]) -> None:
    """Who was newly given an action or a review knows of it; nobody hears of their own doing.

    What came of an action is told to the people of its review, and a published review marks
    the verified actions whose factor was met again.
    """
    for item in items:
        with app.begin_as_system() as work:
            if item.record_kind == "action":
                _tell_of_action(work, item)
            elif item.record_kind == "review":
                _tell_of_review(work, item)


def _tell_of_action(work: Work, item: Item) -> None:
    row = work.session.get(Action, item.record_id)
    if row is None:
        return
    if item.name == "action.moved":
        tell_of_result(work, row)
        return
    new = _newly_named(work, item, ("owner_id",))
    text = f"You own {ref(row)} “{row.title}” now"
    people = [one for one in new if one == row.owner_id]
    notify(work, people, row, kind="action_owner", text=text, once=_once(item))


def _tell_of_review(work: Work, item: Item) -> None:
    row = work.session.get(Review, item.record_id)
    if row is None:
        return
    if item.name == "review.moved":
        mark_recurred(work, row)
        return
    new = _newly_named(work, item, ("facilitator_id", "owner_id"))
    for person_id, part in ((row.facilitator_id, "facilitate"), (row.owner_id, "own")):
        if person_id in new:
            text = f"You {part} {ref(row)} “{row.title}”"
            notify(work, [person_id], row, kind="review_owner", text=text, once=_once(item))


def _newly_named(work: Work, item: Item, fields: tuple[str, ...]) -> set[int]:
    """People whom the change behind this event put into one of the fields, but for its author.

    The audit knows both: the change and who made it stand there with the instant of the event.
    """
    entries = work.session.exec(
        select(AuditEntry).where(
            AuditEntry.record_kind == item.record_kind,
            AuditEntry.record_id == item.record_id,
            AuditEntry.at == item.at,
        )
    )
    return {
        entry.change[field][1]
        for entry in entries
        for field in fields
        if field in entry.change and entry.change[field][1] not in (None, entry.actor_id)
    }


def _once(item: Item) -> str:
    return f"delivery {item.delivery_id}"


SUBSCRIBERS = (
    Subscriber(name=INDEX, deliver=index_records, batch=200, in_order=False),
    Subscriber(name="notices", deliver=tell_people, batch=50, in_order=True),
    # One at a time: each may take several calls, and Slack decides how long they take.
    Subscriber(name=SLACK, deliver=tell_slack, batch=1, in_order=True),
    Subscriber(name=MAIL, deliver=send_mail, batch=1, in_order=False),
)
