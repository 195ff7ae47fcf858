"""Senders at the door: what is taken, what is refused with a reason, and what is stored of it."""

from __future__ import annotations

import gzip
import json
import logging

import pytest
from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.hook_sender import Sender, alertmanager, events
from tests.stories.addresses import everything
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.models.event import IntakePayload


def test_an_alert_with_its_key_is_taken_and_told_its_reference(app: App, cast: Cast) -> None:
    sender = Sender(app)
    answer = sender.send()
    assert answer.status_code == 202
    assert answer.get_json() == {
        "ok": True, "refs": ["EVT-1"], "incidents": [], "repeated": False
    }  # fmt: skip
    (event,) = events(app)
    assert (event.title, event.alert_key) == ("Checkout answers 502", "HighErrorRate")
    assert sender.source().last_received_at == MONDAY


def test_the_key_may_stand_in_the_address_and_the_source_need_not(app: App, cast: Cast) -> None:
    sender = Sender(app)
    Sender(app, name="other")
    for path in (f"{sender.path}?key={sender.key}", f"/hooks/alertmanager?key={sender.key}",
                 f"/hooks/alertmanager/?key={sender.key}"):  # fmt: skip
        assert sender.send(path=path, key="").status_code == 202, path
    (event,) = events(app)
    assert (event.source_id, event.times_seen) == (sender.id, 3)


@pytest.mark.parametrize("sender", ["nobody", "Alertmanager", "..", "x" * 300])
def test_a_sender_that_nobody_is_called_is_not_found(sqlite_app: App, sender: str) -> None:
    answer = wsgi_for(sqlite_app).test_client().post(f"/hooks/{sender}", json={})
    assert answer.status_code == 404
    assert answer.is_json


def _deep() -> bytes:
    return b'{"alerts": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"


REFUSED: dict[str, tuple[int, bytes, dict[str, str], str]] = {
    "no JSON": (400, b"alerts: x", {}, "not JSON"),
    "empty": (400, b"", {}, "empty"),
    "half of it": (400, b'{"alerts": [', {}, "not JSON"),
    "a form": (415, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, "JSON"),
    "twice the same name": (400, b'{"alerts": [], "alerts": []}', {}, "alerts"),
    "no number": (400, b'{"alerts": NaN}', {}, "NaN"),
    "a NUL": (400, json.dumps(alertmanager(x="\0")).encode(), {}, "NUL"),
    "half a character": (400, b'{"alerts": [], "x": "\\ud800"}', {}, "surrogate"),
    "too deep": (400, _deep(), {}, "deep"),
    "20 MB": (413, b" " * 20_000_000, {}, "too large"),
    "a gzip bomb": (413, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}, "large"),
    "broken gzip": (400, b"\x1f\x8bxx", {"Content-Encoding": "gzip"}, ""),
    "another encoding": (415, b"x", {"Content-Encoding": "br"}, ""),
    "another shape": (422, b'{"alerts": {}}', {}, "alerts"),
    "a list of words": (422, b'{"alerts": ["x"]}', {}, "alerts[0]"),
    "a clock far ahead": (422, json.dumps(alertmanager("2036-06-01T00:00:00Z")).encode(), {},
                          "ahead of our clock"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_refused_with_the_reason_and_nothing_is_stored(
    sqlite_app: App, sqlite_cast: Cast, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, body, headers, words = REFUSED[name]
    sender = Sender(sqlite_app)
    before = everything(sqlite_app)
    with caplog.at_level(logging.WARNING, logger="tracker.api.respond.hooks"):
        answer = sender.send(body, headers=headers)
    assert answer.status_code == status, answer.text
    told = answer.get_json()
    assert (told["ok"], told["status"]) == (False, status)
    assert words in told["message"]
    (record,) = [one for one in caplog.records if one.message == "hook.refused"]
    assert record.__dict__["reason"]
    after = everything(sqlite_app)
    del before["alert_source"], after["alert_source"]
    assert after == before
    if name != "20 MB":
        assert words in sender.source().last_trouble
    assert sender.send().status_code == 202
    assert sender.source().last_trouble == ""


def test_labels_of_ten_thousand_characters_are_kept_and_longer_ones_cut(
    app: App, cast: Cast
) -> None:
    sender = Sender(app)
    assert sender.send(alertmanager(long="x" * 10_000, longer="y" * 30_000)).status_code == 202
    labels = events(app)[0].labels
    assert len(labels["long"]) == 10_000
    assert len(labels["longer"]) < 10_200


def test_messages_are_kept_as_long_as_the_source_says(
    app: App, cast: Cast, clock: HandClock
) -> None:
    kept, unkept = Sender(app, raw_days=2), Sender(app, name="never", raw_days=0)
    kept.send()
    unkept.send()
    with app.begin_as_system() as work:
        rows = {one.source_id: one for one in work.session.exec(select(IntakePayload))}
        assert "HighErrorRate" in rows[kept.id].body
        assert "Bearer" not in str(rows[kept.id].headers)
        assert rows[unkept.id].body == ""
    from tracker.usecases.respond.payloads import forget_payloads

    clock.forward(days=2, seconds=1)
    with app.begin_as_system() as work:
        assert forget_payloads(work) == 1
    clock.forward(days=90)
    with app.begin_as_system() as work:
        forget_payloads(work)
        assert list(work.session.exec(select(IntakePayload))) == []


def test_what_was_mapped_by_the_source_is_an_alert(sqlite_app: App, sqlite_cast: Cast) -> None:
    fields = {"title": "monitor.name", "key": "monitor.id", "status": "state",
              "service": "monitor.of"}  # fmt: skip
    mapping = {"makes": "alert", "fields": fields}
    sender = Sender(sqlite_app, "generic", mapping=mapping)
    body = {"monitor": {"name": "Disk full", "id": "m1", "of": "ledger"}, "state": "firing"}
    assert sender.send(body).status_code == 202
    (event,) = events(sqlite_app)
    assert (event.title, event.service_id is not None) == ("Disk full", True)


def test_the_door_is_for_posting_only(sqlite_app: App) -> None:
    client = wsgi_for(sqlite_app).test_client()
    answer = client.get("/hooks/alertmanager")
    assert (answer.status_code, answer.is_json) == (405, True)
