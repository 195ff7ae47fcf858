"""What is in the library, for whom, and what it costs to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select

from tests.conftest import Cast
from tests.faces.procedure_story import a_procedure
from tests.outbox.conftest import Declare
from tracker.app import App
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson
from tracker.outbox.delivering import deliver_round
from tracker.outbox.subscribers import SUBSCRIBERS
from tracker.outbox.worker import rebuild_index
from tracker.reading.health import library_size
from tracker.reading.references import event_by_ref, procedure_by_ref, ref
from tracker.reading.share.library import all_documents, documents, gone, library_page, similar
from tracker.search.index import SearchQuery, silent_progress
from tracker.usecases.improve.procedures import MoveProcedure, move_procedure
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.events import MoveEvent, RecordEvent, move_event, record_event
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson


def index_all(app: App) -> None:
    for subscriber in SUBSCRIBERS:
        while deliver_round(app, subscriber).claimed:
            pass


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that ran inside the block."""
    statements: list[str] = []

    def note(*args: object) -> None:
        if not str(args[2]).startswith("begin"):
            statements.append(str(args[2]))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", note)


def a_lesson(app: App, cast: Cast, *, incidents: tuple[str, ...] = (), publish: bool) -> Lesson:
    with app.begin(cast.erin) as work:
        lesson = draft_lesson(
            work,
            DraftLesson(
                title="Certificates run out on holidays",
                situation="A certificate without an owner.",
                insight="Nobody looks at the calendar.",
                recommendation="Renew by machine.",
                owner=cast.email("erin"),
                team="payments",
                tags=("tls",),
                applies_to=(("tech", "x509"),),
                incidents=incidents,
            ),
        )
        if publish:
            move_lesson(work, lesson, MoveLesson(verb="publish"))
    return lesson


def test_a_draft_is_not_in_the_library_and_a_published_lesson_is(app: App, cast: Cast) -> None:
    draft = a_lesson(app, cast, publish=False)
    with app.look_as_system() as look:
        found = documents(look, "lesson", [draft.key, 99])
        assert found == []
        assert gone("lesson", [draft.key, 99], found) == ["LES-1", "LES-99"]
    with app.begin(cast.erin) as work:
        move_lesson(work, work.get(Lesson, draft.key), MoveLesson(verb="publish"))
    with app.look_as_system() as look:
        (found_now,) = documents(look, "lesson", [draft.key])
    assert (found_now.tags, found_now.teams) == (("tls",), ("payments",))
    assert "Renew by machine." in found_now.body
    assert "x509" in found_now.body


def test_a_procedure_in_use_is_in_the_library_and_a_retired_one_is_not(
    app: App, cast: Cast
) -> None:
    reference = a_procedure(app, cast)
    index_all(app)
    assert app.index.count() == 0, "a draft is not"
    for verb, found in (("publish", ["PRO-1"]), ("retire", [])):
        with app.begin(cast.erin) as work:
            row = procedure_by_ref(work, reference)
            move_procedure(work, row, MoveProcedure(verb=verb, why="Because"))
        index_all(app)
        with app.look(cast.vera) as look:
            page = library_page(look, app.index, SearchQuery(text="drain pool"))
            assert [hit.ref for hit in page.hits] == found
            assert library_size(look) == app.index.count() == len(found)
    with app.look_as_system() as look:
        assert list(all_documents(look)) == []


def test_a_near_miss_is_a_kind_of_its_own(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        report_near_miss(
            work,
            ReportNearMiss(
                title="Nearly dropped the ledger",
                almost_happened="The wrong volume",
                what_saved_us="A typed confirmation",
            ),
        )
    index_all(app)
    with app.look(cast.vera) as look:
        page = library_page(look, app.index, SearchQuery(text="volume"))
    assert [hit.kind for hit in page.hits] == ["near_miss"]
    assert page.facets["kind"][0].value == "near_miss"


def test_an_archived_lesson_leaves_the_library(app: App, cast: Cast) -> None:
    lesson = a_lesson(app, cast, publish=True)
    index_all(app)
    assert app.index.count() == 1
    with app.begin(cast.erin) as work:
        row = work.get(Lesson, lesson.key)
        move_lesson(work, row, MoveLesson(verb="archive", why="We use no certificates any more"))
    index_all(app)
    assert app.index.count() == 0


def test_an_incident_is_found_by_its_timeline(app: App, cast: Cast, declare: Declare) -> None:
    incident = declare("Checkout answers 502")
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        add_timeline_entry(work, row, AddEntry(text="The **resolver** pods were restarted"))
    index_all(app)
    with app.look(cast.bob) as look:
        page = library_page(look, app.index, SearchQuery(text="resolvers"))
    (hit,) = page.hits
    assert (hit.ref, hit.kind, hit.state, hit.source_id) == (
        ref(incident),
        "incident",
        "declared",
        "",
    )
    assert ("resolver", True) in hit.excerpt
    assert "**" not in hit.excerpt_text


def test_an_open_lesson_borrows_nothing_from_an_incident_its_readers_may_not_see(
    app: App, cast: Cast
) -> None:
    lesson = a_lesson(app, cast, publish=True)
    with app.begin(cast.alice) as work:
        hidden = declare_incident(
            work,
            DeclareIncident(
                title="Ledger lost entries",
                impact="everyone",
                urgency="now",
                services=("ledger",),
                tags=("audit",),
                visibility="private",
                members=(cast.email("alice"),),
            ),
        )
    with app.begin_as_system() as work:
        work.session.execute(
            sa.text("insert into lesson_incident (lesson_id, incident_id) values (:l, :i)"),
            {"l": lesson.key, "i": hidden.key},
        )
    with app.look_as_system() as look:
        (document,) = documents(look, "lesson", [lesson.key])
    assert document.circle is None
    assert (document.services, document.tags, document.severity) == ((), ("tls",), "")
    index_all(app)
    stranger = cast.charlie
    with app.look(stranger) as look:
        query = SearchQuery(text="ledger", readable_circles=stranger.circles)
        page = library_page(look, app.index, query)
    assert (page.hits, page.total) == ((), 0)


def test_a_hit_that_was_hidden_after_it_was_indexed_is_left_out(
    app: App, cast: Cast, declare: Declare
) -> None:
    incident = declare("Ledger lost entries")
    index_all(app)
    with app.begin(cast.alice) as work:
        other = declare_incident(
            work,
            DeclareIncident(
                title="Another",
                impact="everyone",
                urgency="now",
                visibility="private",
                members=(cast.email("alice"),),
            ),
        )
        work.get(Incident, incident.key).circle_id = other.circle_id
    with app.look(cast.charlie) as look:
        page = library_page(look, app.index, SearchQuery(text="ledger"))
        assert page.hits == ()
        assert similar(look, app.index, "ledger lost entries") == ()
    with app.look(cast.alice) as look:
        assert len(library_page(look, app.index, SearchQuery(text="ledger")).hits) == 1


def test_a_rebuild_gives_what_deliveries_gave(app: App, cast: Cast, declare: Declare) -> None:
    for number in range(7):
        incident = declare(f"Outage {number}")
        a_lesson(app, cast, incidents=(ref(incident),), publish=number % 2 == 0)
    index_all(app)
    with app.look_as_system() as look:
        delivered = app.index.search(SearchQuery(text="", limit=50, readable_circles=None))
        assert library_size(look) == app.index.count() == 11
    assert rebuild_index(app, progress=silent_progress) == 11
    assert app.index.search(SearchQuery(text="", limit=50, readable_circles=None)) == delivered
    with app.look_as_system() as look:
        assert len({one.ref for one in all_documents(look, batch=2)}) == 11


def test_reading_costs_the_same_number_of_queries_for_one_and_for_many(
    app: App, cast: Cast, declare: Declare
) -> None:
    for number in range(8):
        incident = declare(f"Outage {number}")
        a_lesson(app, cast, incidents=(ref(incident),), publish=True)
    index_all(app)
    with app.look_as_system() as look:
        ids = [row_id for row_id in look.session.exec(select(Incident.id)) if row_id]
        with counted(app.engine) as one:
            documents(look, "incident", ids[:1])
        with counted(app.engine) as many:
            documents(look, "incident", ids)
    assert len(one) == len(many) <= 4
    with app.look(cast.bob) as look, counted(app.engine) as page:
        found = library_page(look, app.index, SearchQuery(text="", limit=50))
    assert len(found.hits) == 16
    assert len(page) <= 7


def test_events_that_people_wrote_and_alerts_of_incidents_are_in_the_library(
    app: App, cast: Cast
) -> None:
    with app.begin(cast.alice) as work:
        for kind in ("alert", "observation"):
            record_event(work, RecordEvent(title=f"Quokka {kind}", kind=kind, service="checkout"))
        declare_incident(work, DeclareIncident(title="Other", severity="SEV3"))
    with app.look(cast.vera) as look:
        index_all(app)
        found = library_page(look, app.index, SearchQuery(text="quokka"))
        assert [(hit.ref, hit.kind) for hit in found.hits] == [("EVT-2", "event")]
    with app.begin(cast.alice) as work:
        move_event(work, event_by_ref(work, "EVT-1"), MoveEvent(verb="link", incident="INC-1"))
        noise = MoveEvent(verb="mark_noise", why="A test")
        move_event(work, event_by_ref(work, "EVT-2"), noise)
    index_all(app)
    with app.look(cast.vera) as look:
        found = library_page(look, app.index, SearchQuery(text="quokka"))
        assert [hit.ref for hit in found.hits] == ["EVT-1"]
        assert found.hits[0].services == ("checkout",)
        assert library_size(look) == app.index.count() == 2


@pytest.mark.parametrize("typed", ["INC-1", "inc 1", "Inc1", " #inc-1 "])
def test_a_reference_finds_its_record_first(sqlite_app: App, sqlite_cast: Cast, typed: str) -> None:
    app, cast = sqlite_app, sqlite_cast
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Certificate expired", severity="SEV2"))
        declare_incident(work, DeclareIncident(title="Follows INC-1, inc 1", severity="SEV2"))
    index_all(app)
    query = SearchQuery(text=typed, readable_circles=cast.alice.circles)
    with app.look(cast.alice) as look:
        page = library_page(look, app.index, query)
    refs = [hit.ref for hit in page.hits]
    assert refs[0] == "INC-1"
    assert len(set(refs)) == len(refs) == page.total


def test_a_reference_to_what_is_closed_or_not_there_finds_nothing(
    sqlite_app: App, sqlite_cast: Cast
) -> None:
    app, cast = sqlite_app, sqlite_cast
    with app.begin(cast.alice) as work:
        ask = DeclareIncident(title="Behind a door", severity="SEV2", visibility="private")
        declare_incident(work, ask)
    index_all(app)
    for typed in ("INC-1", "INC-999999999", "ACT-1", "CAL-1", "XYZ-1"):
        query = SearchQuery(text=typed, readable_circles=cast.charlie.circles)
        with app.look(cast.charlie) as look:
            assert library_page(look, app.index, query).total == 0, typed
