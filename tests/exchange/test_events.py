"""Operational events in an export: all that is known of them, and nothing of how it came."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import MONDAY, Cast, cast_for
from tests.exchange.conftest import brought_in, files_of, shell_of, written
from tracker.app import App
from tracker.domain.event import Alert, Change, Received
from tracker.domain.people import Actor
from tracker.reading.references import event_by_ref, incident_by_ref, ref
from tracker.reading.respond.events import EventFilter, event_page, list_events
from tracker.reading.share.exchange import exported_columns, exported_tables
from tracker.usecases.respond.alert_sources import (
    AddSource,
    RotateSecrets,
    add_source,
    key_hashes,
    rotate_source,
    signing_secrets,
    source_named,
)
from tracker.usecases.respond.alerts import INTAKE, Message, take_in
from tracker.usecases.respond.changes import LinkChange, link_change, record_change
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.events import (
    MoveEvent,
    PromoteEvent,
    RecordEvent,
    move_event,
    promote_event,
    record_event,
)

SIGNING = "plainwords-that-sign"
RAW = "plainwords-of-the-message"
FIRING = Alert(
    instance_key="abc 1",
    alert_key="HighErrorRate",
    title="Checkout answers 502",
    starts_at=MONDAY - timedelta(minutes=3),
    severity="critical",
    service="checkout",
    labels={"pod": "a", "cluster": "eu"},
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def told(database: str, make_app: Callable[[str], App]) -> tuple[App, Cast]:
    """EVT-1 fired three times and became INC-1; EVT-2 is noise; EVT-3 was rolled back by EVT-4;
    EVT-5 belongs to INC-2, which only Alice and Bob's team may read.
    """
    app = make_app(database)
    cast = cast_for(app)
    key = app.settings.kept_secret_key()
    with app.begin_as_system() as work:
        row, _ = add_source(
            work,
            AddSource(sender="pagerduty", name="prod", signing_secret=SIGNING),
            secret_key=key,
        )
        rotate_source(work, row, RotateSecrets(), secret_key=key)
        add_source(work, AddSource(sender="alertmanager", name="prod"), secret_key=key)
        source = source_named(work, "alertmanager", "prod").key
    for alert in (FIRING, FIRING, FIRING, noisy()):
        received = Received(alerts=(alert,))
        with app.begin(INTAKE) as work:
            take_in(work, [Message(source_id=source, received=received, raw_days=7, body=RAW)])
    with app.begin(cast.alice) as work:
        promote_event(work, event_by_ref(work, "EVT-1"), PromoteEvent(severity="SEV2"))
        noise = MoveEvent(verb="mark_noise", why="The disk is emptied at night")
        move_event(work, event_by_ref(work, "EVT-2"), noise)
        deploy = Change(instance_key="d 1", service="checkout", revision="a1", by="ci")
        row = record_change(work, deploy)
        back = Change(instance_key="d 2", service="checkout", kind="rollback", rolls_back="d 1")
        record_change(work, back)
        said = LinkChange(role="triggered_by", note="The new pool")
        link_change(work, incident_by_ref(work, "INC-1"), row, said)
        asked = DeclareIncident(title="Behind doors", severity="SEV3", visibility="private")
        declare_incident(work, asked)
        record_event(work, RecordEvent(title="A customer called", kind="customer_report"))
    with app.begin(cast.alice) as work:
        move_event(work, event_by_ref(work, "EVT-5"), MoveEvent(verb="link", incident="INC-2"))
    return app, cast


def noisy() -> Alert:
    return Alert(instance_key="abc 2", alert_key="DiskFull", title="Disk at 91 %")


def test_events_come_back_with_all_that_is_known_of_them(
    told: tuple[App, Cast], database: str, make_app: Callable[[str], App], tmp_path: Path
) -> None:
    first, cast = told
    second = make_app(database)
    before = written(first, tmp_path / "before")
    brought_in(second, tmp_path / "before")
    assert files_of(before) == files_of(written(second, tmp_path / "after"))
    for actor in (cast.alice, cast.charlie, cast.ada):
        assert seen_by(second, actor) == seen_by(first, actor)
    with second.look(cast.alice) as look:
        page = event_page(look, event_by_ref(look, "EVT-1"))
        assert (page.item.row.times_seen, page.item.row.alert_key) == (3, "HighErrorRate")
        assert page.item.row.labels == FIRING.labels
        assert page.promoted is not None
        assert page.promoted.ref == "INC-1"
        noise = event_page(look, event_by_ref(look, "EVT-2"))
        assert [move.why for move in noise.journal] == ["The disk is emptied at night"]


def test_who_may_not_read_an_incident_does_not_learn_of_it_from_its_event_after_an_import(
    told: tuple[App, Cast], database: str, make_app: Callable[[str], App], tmp_path: Path
) -> None:
    first, cast = told
    second = make_app(database)
    brought_in(second, written(first, tmp_path / "out"))
    linked = {}
    for name, actor in (("alice", cast.alice), ("charlie", cast.charlie)):
        with second.look(actor) as look:
            page = event_page(look, event_by_ref(look, "EVT-5"))
            linked[name] = ([one.ref for one in page.incidents], page.item.row.state)
    assert linked["alice"][0] == ["INC-2"]
    assert linked["charlie"] == ([], "open")


def test_neither_secrets_nor_messages_as_they_came_leave_with_an_export(
    told: tuple[App, Cast], database: str, make_app: Callable[[str], App], tmp_path: Path
) -> None:
    first, _ = told
    second = make_app(database)
    key = first.settings.kept_secret_key()
    with first.look_as_system() as look:
        signed = source_named(look, "pagerduty", "prod")
        keyed = source_named(look, "alertmanager", "prod")
        now = look.now
        secret = [signed.signing_secret_encrypted, signed.signing_secret_before_encrypted]
        secret += [signed.key_hash, signed.key_hash_before, keyed.key_hash]
    assert signing_secrets(signed, now, secret_key=key), "there is something to leave out"
    place = written(first, tmp_path / "out")
    whole = "".join(files_of(place).values())
    assert "HighErrorRate" in whole
    for one in (RAW, SIGNING, *filter(None, secret)):
        assert one not in whole
    assert "data/intake_payload.jsonl" not in files_of(place)
    brought_in(second, place)
    with second.look_as_system() as look:
        for sender in ("pagerduty", "alertmanager"):
            row = source_named(look, sender, "prod")
            assert row.active
            assert key_hashes(row, look.now) == []
            assert signing_secrets(row, look.now, secret_key=key) == []
            assert row.before_until is None
    assert shell_of(second).run("source", "list").stdout.count("needs a new secret") == 2
    assert shell_of(second).run("source", "rotate", "alertmanager", "prod").exit_code == 0
    assert shell_of(second).run("source", "list").stdout.count("needs a new secret") == 1


def test_no_column_of_an_export_holds_what_proves_somebody() -> None:
    secret = re.compile(r"hash|secret|encrypted|token|password")
    found = {
        f"{table.name}.{column.name}"
        for table in exported_tables()
        for column in exported_columns(table)
        if secret.search(column.name)
    }
    assert found == set()


def test_the_page_of_an_incident_names_its_events(told: tuple[App, Cast], tmp_path: Path) -> None:
    pages = files_of(written(told[0], tmp_path / "out"))
    assert (
        "## Events\n\n- **2026-06-01 08:57 UTC** EVT-1 Checkout answers 502 (alert, linked, "
        "HighErrorRate, seen 3 times)\n" in pages["incidents/INC-1.md"]
    )
    assert "EVT-5 A customer called (customer report, open)" in pages["incidents/INC-2.md"]


def seen_by(app: App, actor: Actor) -> list[str]:
    """What this person sees of all events and of what hangs on them."""
    with app.look(actor) as look:
        pages = [
            event_page(look, item.row)
            for item in list_events(look, EventFilter(), sort="oldest").items
        ]
        return [
            json.dumps(
                {
                    "event": page.item.row.model_dump(mode="json"),
                    "service": page.item.service_name,
                    "incidents": [(ref(one.row), one.promoted) for one in page.incidents],
                    "journal": [move.model_dump(mode="json") for move in page.journal],
                    "source": page.source.name if page.source else "",
                    "reporter": page.reporter.name if page.reporter else "",
                },
                sort_keys=True,
            )
            for page in pages
        ]
