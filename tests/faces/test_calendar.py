"""The calendar on pages, for programs, as a feed and from other calendars."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.program import program_of
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.test_change_pages import changed
from tests.importing.test_ics import calendar
from tracker.app import App
from tracker.db.work import Work
from tracker.domain.errors import NotAllowed, NotValid
from tracker.importing.ics import EntryDraft
from tracker.models.calendar import CalendarEntry
from tracker.models.catalogue import Person
from tracker.models.journal import Notice
from tracker.reading.references import ref
from tracker.usecases.calendar import (
    MOST_TOLD,
    EntryAsk,
    add_calendar_entry,
    cancel_calendar_entry,
    edit_calendar_entry,
    import_calendar,
)

Open = Callable[[str], Browser]


def plan(app: App, cast: Cast, name: str = "alice", **given: object) -> CalendarEntry:
    """A maintenance of checkout on Monday from ten to twelve, with whatever else is given."""
    ask = {
        "kind": "maintenance",
        "title": "New disks",
        "starts_at": MONDAY + timedelta(hours=1),
        "ends_at": MONDAY + timedelta(hours=3),
        "services": ("checkout",),
        **given,
    }
    with app.begin(getattr(cast, name)) as work:
        return add_calendar_entry(work, EntryAsk(**ask))  # type: ignore[arg-type]


def notices(app: App) -> list[tuple[int, str]]:
    with app.look_as_system() as look:
        rows = look.session.exec(select(Notice).order_by("id"))
        return [(row.person_id, row.text) for row in rows if row.kind == "calendar_clash"]


def test_both_owners_are_told_of_a_clash_once(app: App, cast: Cast, clock: HandClock) -> None:
    work_on = plan(app, cast)
    assert notices(app) == []
    freeze = plan(app, cast, "charlie", kind="freeze", title="Sale", services=())
    told = notices(app)
    assert [person for person, _ in told] == [cast.charlie.person_id, cast.alice.person_id]
    assert "CAL-2 “Sale” clashes with CAL-1 “New disks”" in told[0][1]
    with app.begin(cast.alice) as work:
        row = work.get(CalendarEntry, work_on.key)
        later = EntryAsk(
            kind="maintenance", title="Newer disks", services=("checkout",),
            starts_at=row.starts_at, ends_at=row.ends_at + timedelta(hours=1),
        )  # fmt: skip
        edit_calendar_entry(work, row, later)
    assert notices(app) == told
    with app.begin(cast.charlie) as work:
        cancel_calendar_entry(work, work.get(CalendarEntry, freeze.key))
    plan(app, cast, "bob", kind="game_day", title="Pull the plug", services=("ledger",))
    assert notices(app) == told


def test_what_is_past_is_warned_of_no_more(app: App, cast: Cast, clock: HandClock) -> None:
    clock.forward(days=3)
    plan(app, cast)
    plan(app, cast, "charlie", kind="freeze")
    assert notices(app) == []


def test_every_gap_of_a_plan_is_told_at_once(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid) as refused:
        plan(app, cast, kind="party", title="", starts_at=None, services=("nope",), team="nobody")
    assert {gap.field for gap in refused.value.gaps} == {
        "kind", "title", "starts_at", "services", "team",
    }  # fmt: skip
    for ends_at in (MONDAY, MONDAY + timedelta(days=500)):
        with pytest.raises(NotValid) as refused:
            plan(app, cast, ends_at=ends_at)
        assert [gap.field for gap in refused.value.gaps] == ["ends_at"]


def test_a_plan_from_files_is_changed_there(app: App, cast: Cast, browser: Open) -> None:
    row = plan(app, cast)
    with app.begin_as_system() as work:
        work.get(CalendarEntry, row.key).managed_by = "calendar/2026.yaml"

    def cancel(work: Work) -> object:
        return cancel_calendar_entry(work, work.get(CalendarEntry, row.key))

    with pytest.raises(NotAllowed, match=r"calendar/2026\.yaml"), app.begin(cast.ada) as work:
        cancel(work)
    page = browser("alice").get("/calendar/CAL-1")
    assert "calendar/2026.yaml" in page.text
    assert "/calendar/CAL-1/edit" not in page.links()


def test_a_person_plans_moves_and_cancels_on_pages(browser: Open) -> None:
    alice = browser("alice")
    assert "Nothing is planned this month" in alice.get("/calendar?month=2026-06").text
    form = alice.get("/calendar/new").form("/calendar/new")
    page = alice.post(
        "/calendar/new",
        {**form, "kind": "freeze", "title": "Summer sale", "services": ["checkout"],
         "starts_at": "2026-06-05T10:00", "ends_at": "2026-06-08T10:00", "text": "**Nothing** new"},
    )  # fmt: skip
    assert page.response.request.path == "/calendar/CAL-1"
    for words in ("Summer sale", "Freeze", "Checkout", "5 Jun 2026, 10:00 UTC", "Nothing new"):
        assert words in page.text
    path = "/calendar/CAL-1/edit"
    fields = alice.get(path).form(path)
    page = alice.post(path, {**fields, "title": "Longer sale", "ends_at": "2026-07-02T10:00"})
    assert "Longer sale" in page.text
    assert "Somebody changed this" in alice.post(path, fields, status=409).text
    fields = alice.get(path).form(path)
    alice.post(path, {**fields, "ends_at": "2026-06-01T10:00"}, status=422)
    for month, there in (("2026-05", False), ("2026-06", True), ("2026-07", True)):
        assert ("Longer sale" in alice.get(f"/calendar?month={month}").text) is there
    assert "Nothing like that" in alice.get("/calendar?month=2026-06&kind=holiday").text
    assert "Longer sale" in alice.get("/calendar?month=2026-06&service=checkout").text
    page = alice.post("/calendar/CAL-1/cancel")
    assert "cancelled" in page.text


def test_clashes_stand_on_the_entry_and_in_the_month(app: App, cast: Cast, browser: Open) -> None:
    plan(app, cast)
    plan(app, cast, "charlie", kind="freeze", title="Sale")
    alice = browser("alice")
    assert "This clashes with Sale" in alice.get("/calendar/CAL-1").text
    assert "Clashes with Sale" in alice.get("/calendar?month=2026-06").text
    assert "clashes with CAL-2" in alice.get("/").text


def test_a_freeze_is_told_while_declaring_and_on_changes_made_in_it(
    app: App, cast: Cast, browser: Open, clock: HandClock
) -> None:
    plan(app, cast, kind="freeze", title="Summer sale", services=())
    alice = browser("alice")
    assert "Summer sale" not in alice.get("/incidents/new").text
    clock.forward(hours=2)
    assert "On just now: Summer sale (a freeze)" in alice.get("/incidents/new").text
    changed(app, cast, started_at=clock.now, finished_at=None, status="started")
    changed(app, cast, started_at=clock.now, finished_at=None, environment="staging")
    changed(app, cast)
    assert "begun during the freeze Summer sale" in alice.get("/changes/EVT-1").text
    for other in ("EVT-2", "EVT-3"):
        assert "freeze" not in alice.get(f"/changes/{other}").text
    assert program_of(app, cast, "alice").get("/changes/EVT-1")["freezes"] == ["CAL-1"]


def test_programs_plan_read_change_and_cancel(app: App, cast: Cast) -> None:
    alice = program_of(app, cast, "alice")
    at = {"starts_at": "2026-06-02T10:00:00Z", "ends_at": "2026-06-02T11:00:00Z"}
    made = alice.post(
        "/calendar", {"kind": "maintenance", "title": "x", "services": ["ledger"], **at}
    )
    assert (made["ref"], made["owner"]["email"]) == ("CAL-1", "alice@example.org")
    other = alice.post("/calendar", {"kind": "freeze", "title": "y", **at})
    assert other["clashes"] == ["CAL-1"]
    moved = alice.patch("/calendar/CAL-1", {"title": "z"}, If_Match='W/"1"')
    assert (moved["title"], moved["version"], moved["services"][0]["slug"]) == ("z", 2, "ledger")
    assert moved["owner"]["email"] == "alice@example.org"
    alice.patch("/calendar/CAL-1", {"title": "w"}, status=409, If_Match='W/"1"')
    listed = alice.get("/calendar", kind="freeze", service="ledger")["items"]
    assert [one["ref"] for one in listed] == ["CAL-2"]
    assert alice.get("/calendar", since="2026-06-03T00:00:00Z")["items"] == []
    assert alice.delete("/calendar/CAL-2")["cancelled"] is True
    assert alice.get("/calendar/CAL-1")["clashes"] == []
    alice.post("/calendar", {"kind": "freeze", "title": "", **at}, status=422)
    alice.get("/calendar/CAL-9", status=404)
    vera = program_of(app, cast, "vera")
    vera.post("/calendar", {"kind": "freeze", "title": "y", **at}, status=403)


def _feed(browser: Browser) -> str:
    page = browser.get("/calendar")
    (address,) = [
        one.get("value", "")
        for one in page.document.iter("{http://www.w3.org/1999/xhtml}input")
        if one.get("id") == "feed"
    ]
    return address[address.index("/calendar/feed/") :]


def test_the_feed_is_read_by_other_programs_and_ends_with_the_sign_ins(
    app: App, cast: Cast, browser: Open, stranger: Browser
) -> None:
    plan(app, cast, title="Füße, und Hände; " * 5)
    plan(app, cast, kind="freeze", title="Sale")
    with app.begin(cast.alice) as work:
        cancel_calendar_entry(work, work.get(CalendarEntry, 2))
    path = _feed(browser("vera"))
    answer = stranger.client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    events = {str(one["SUMMARY"]): one for one in Calendar.from_ical(answer.data).walk("VEVENT")}
    disks = events["Maintenance: " + ("Füße, und Hände; " * 5).strip()]
    assert disks["DTSTART"].dt == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    assert str(disks["DESCRIPTION"]) == "Checkout"
    assert str(events["Freeze: Sale"]["STATUS"]) == "CANCELLED"
    assert stranger.client.get(path.replace(".ics", "x.ics")).status_code == 404
    with app.begin_as_system() as work:
        person = work.session.get(Person, cast.vera.person_id)
        assert person is not None
        person.session_epoch += 1
    assert stranger.client.get(path).status_code == 404


def brought(person: Browser, *events: str, kind: str = "holiday") -> str:
    file = (io.BytesIO(calendar(*events).encode()), "team.ics")
    return str(person.post("/calendar/import", {"file": file, "kind": kind}).text)


def test_an_event_that_repeats_comes_with_each_time_and_what_is_off_is_cancelled(
    app: App, cast: Cast, browser: Open
) -> None:
    alice = browser("alice")
    weekly = "UID:w\nSUMMARY:Disks\nDTSTART;TZID=Europe/Paris:20260525T090000\nRRULE:FREQ=WEEKLY"
    other = "UID:o\nSUMMARY:Sale\nDTSTART:20260701T080000Z"
    assert "6 added, 0 changed, 0 as they were" in brought(alice, f"{weekly};COUNT=5", other)
    told = brought(alice, f"{weekly};COUNT=5", other)
    assert "0 added, 0 changed, 6 as they were" in told
    assert "cancelled" not in told.partition("as they were.")[2][:60]
    # Shorter by one, with another taken out; what lies behind us stays as it was.
    shorter = f"{weekly};COUNT=4\nEXDATE;TZID=Europe/Paris:20260525T090000,20260608T090000"
    told = brought(alice, shorter)
    assert "2 as they were. 2 that no longer take place were cancelled" in told
    with app.look_as_system() as look:
        rows = look.session.exec(select(CalendarEntry).order_by("starts_at")).all()
    assert [(f"{row.starts_at:%m-%d %H:%M}", row.cancelled_at is not None) for row in rows] == [
        ("05-25 07:00", False),
        ("06-01 07:00", False),
        ("06-08 07:00", True),
        ("06-15 07:00", False),
        ("06-22 07:00", True),
        ("07-01 08:00", False),
    ]
    # Back in the rule, it takes place again.
    assert "1 changed" in brought(alice, f"{weekly};COUNT=4")


def test_a_calendar_is_brought_in_and_again_without_doubling(
    app: App, cast: Cast, browser: Open
) -> None:
    alice = browser("alice")

    def bring(*events: str, kind: str = "holiday") -> str:
        return brought(alice, *events, kind=kind)

    day = (
        "UID:easter\nSUMMARY:Easter Monday\nDTSTART;VALUE=DATE:20260406\nDTEND;VALUE=DATE:20260407"
    )
    work = "UID:w\nSUMMARY:Disks\nDTSTART:20260408T080000Z\nCATEGORIES:Maintenance"
    assert "2 added, 0 changed, 0 as they were" in bring(day, work)
    assert "0 added, 0 changed, 2 as they were" in bring(day, work)
    moved = work.replace("0408", "0409")
    assert "0 added, 1 changed, 1 as they were" in bring(day, moved)
    with app.look_as_system() as look:
        rows = look.session.exec(select(CalendarEntry).order_by("id")).all()
    assert [(row.kind, row.title, ref(row)) for row in rows] == [
        ("holiday", "Easter Monday", "CAL-1"),
        ("maintenance", "Disks", "CAL-2"),
    ]
    file = (io.BytesIO(b"\xff\xfe"), "team.ics")
    assert "not UTF-8" in alice.post("/calendar/import", {"file": file, "kind": "holiday"}).text
    assert "Choose a file first" in alice.post("/calendar/import", {"kind": "holiday"}).text
    empty = alice.post("/calendar/new", {"title": "", "kind": "freeze"}, status=422).text
    assert "Say when it begins" in empty
    assert "Say when it ends" in empty
    assert "must be one of" in bring(day, kind="party")


def test_the_pages_ask_the_database_seldom(app: App, cast: Cast, browser: Open) -> None:
    for number in range(30):
        plan(app, cast, ("alice", "bob")[number % 2], title=f"Work {number}")
    alice = browser("alice")
    for path in ("/calendar?month=2026-06", "/calendar/CAL-1", "/incidents/new"):
        alice.client.get(path)
        with count_queries(app) as statements:
            alice.client.get(path)
        assert len(statements) <= MOST_PER_PAGE, path


def test_a_calendar_in_which_everything_clashes_ends_in_few_messages(app: App, cast: Cast) -> None:
    drafts = tuple(
        EntryDraft(
            uid=f"{number}@elsewhere",
            title=f"Plan {number}",
            text="",
            starts_at=MONDAY + timedelta(days=1),
            ends_at=MONDAY + timedelta(days=2),
            cancelled=False,
            categories=("maintenance" if number % 2 else "freeze",),
        )
        for number in range(24)
    )
    with app.begin(cast.alice) as work:
        assert import_calendar(work, drafts, kind="freeze").added == len(drafts)
    # Twelve freezes and twelve maintenances are 144 pairs.
    assert len(notices(app)) == MOST_TOLD
