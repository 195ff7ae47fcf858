"""What becomes of an imported report, and that a second import changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from tests.conftest import Cast
from tests.exchange.conftest import AT, report_of
from tracker.app import App
from tracker.domain.errors import NotPermitted
from tracker.importing.report import (
    ActionItem,
    FactorItem,
    LessonItem,
    Report,
    ReportSource,
    TimelineItem,
)
from tracker.models.action import Action
from tracker.models.incident import Incident, IncidentService, TimelineEntry
from tracker.models.journal import AuditEntry, Delivery
from tracker.models.lesson import Lesson
from tracker.models.review import ImportedSource, Review, ReviewFactor
from tracker.reading.analyse.reviews import versions, whole_review
from tracker.usecases.respond.times import current_times
from tracker.usecases.share.imported_rows import NO_ADVICE
from tracker.usecases.share.imports import (
    ImportOutcome,
    import_reports,
)


def test_a_report_becomes_a_closed_incident_with_a_published_review(app: App, cast: Cast) -> None:
    outcome = _import(app, report_of())
    assert outcome.result == "imported"
    assert outcome.found["entries"] == 3
    with app.look(cast.vera) as look:
        incident = look.get(Incident, outcome.incident_id)
        assert (incident.state, incident.severity) == ("closed", "SEV2")
        assert incident.recorded_afterwards
        assert incident.declared_at == AT
        times = current_times(look, incident.key)
        assert times["resolved"].at == AT.replace(hour=10)
        assert times["resolved"].source == "import"
        assert times["engaged"].at is None
        assert times["engaged"].unknown_because == "Not stated in the imported report"
        linked = look.session.exec(select(IncidentService)).all()
        assert len(linked) == 1, "only the service that the catalogue knows"

        review = look.session.exec(select(Review)).one()
        whole = whole_review(look, review)
        assert review.state == "published"
        assert whole.answers["went_well"].text == "The graph showed it at once."
        assert whole.answers["other_notes"].text == "## Thanks\n\nTo everybody who helped."
        frozen = versions(look, review)[0].content
        assert frozen == whole.frozen()


def test_a_factor_gets_a_term_only_when_the_text_names_one(sqlite_app: App) -> None:
    _import(sqlite_app, report_of())
    with sqlite_app.look_as_system() as look:
        assert [row.term for row in look.session.exec(select(ReviewFactor))] == ["no-signal"]
        review = look.session.exec(select(Review)).one()
        kept = whole_review(look, review).answers["factors"].text
        assert kept == "The moon was in the wrong house."


def test_advice_becomes_the_recommendation_and_its_absence_is_said(sqlite_app: App) -> None:
    _import(sqlite_app, report_of())
    with sqlite_app.look_as_system() as look:
        first, second = look.session.exec(select(Lesson)).all()
        assert first.state == "published"
        assert first.recommendation == "Alert on its age."
        assert second.recommendation == NO_ADVICE
        assert first.situation == "The mail queue was full."


def test_actions_are_proposed_unless_the_report_says_done(sqlite_app: App) -> None:
    _import(sqlite_app, report_of())
    with sqlite_app.look_as_system() as look:
        first, second = look.session.exec(select(Action)).all()
        assert (first.state, first.kind, first.due_on) == ("proposed", "detect", None)
        assert second.state == "done"
        assert second.evidence


def test_an_entry_without_a_time_stands_after_the_one_before_it(sqlite_app: App) -> None:
    outcome = _import(sqlite_app, report_of())
    with sqlite_app.look_as_system() as look:
        entries = look.session.exec(
            select(TimelineEntry)
            .where(TimelineEntry.incident_id == outcome.incident_id)
            .order_by(TimelineEntry.at, TimelineEntry.id)  # type: ignore[arg-type]
        ).all()
    assert [entry.text for entry in entries][:3] == [
        "First bounce",
        "Somebody looks",
        "Queue emptied",
    ]
    assert [entry.at_text for entry in entries][:3] == ["", "a little later", ""]


def test_contradicting_times_are_unknown_with_what_the_report_says(sqlite_app: App) -> None:
    outcome = _import(sqlite_app, report_of(mitigated_at=AT - timedelta(days=1)))
    with sqlite_app.look_as_system() as look:
        times = current_times(look, outcome.incident_id)
    assert times["mitigated"].at is None
    assert "2024-03-03 09:00" in times["mitigated"].unknown_because
    assert times["resolved"].at is not None


def test_a_start_known_by_its_day_only_is_not_an_instant(sqlite_app: App) -> None:
    midnight = AT.replace(hour=0)
    outcome = _import(
        sqlite_app, report_of(started_at=midnight, started_precision="day", detected_at=None)
    )
    with sqlite_app.look_as_system() as look:
        times = current_times(look, outcome.incident_id)
        assert times["impact_started"].at is None
        assert "2024-03-04" in times["impact_started"].unknown_because
        assert look.get(Incident, outcome.incident_id).declared_at == midnight


def test_a_second_import_changes_nothing(app: App) -> None:
    reports = [report_of("one"), report_of("two")]
    with app.begin_as_system() as work:
        first = list(import_reports(work, reports))
    before = _counts(app)
    with app.begin_as_system() as work:
        second = list(import_reports(work, reports))
    assert [one.result for one in first] == ["imported", "imported"]
    assert [one.result for one in second] == ["unchanged", "unchanged"]
    assert [one.incident_id for one in second] == [one.incident_id for one in first]
    assert _counts(app) == before


def test_a_report_that_changed_at_the_source_is_kept_as_it_is_here(sqlite_app: App) -> None:
    first = report_of()
    _import(sqlite_app, first)
    changed = replace(first, source=replace(first.source, original_markdown="# New"), title="New")
    outcome = _import(sqlite_app, changed)
    assert outcome.result == "changed at the source"
    with sqlite_app.look_as_system() as look:
        assert look.get(Incident, outcome.incident_id).title == first.title


def test_a_report_that_cannot_be_stored_is_undone_alone(app: App) -> None:
    with app.begin_as_system() as work:
        other = work.add(Incident(title="There first", declared_at=AT))

        def reports() -> Iterator[Report]:
            yield report_of("a")
            # Somebody else stores the same one after the import looked what is known.
            work.add(
                ImportedSource(
                    incident_id=other.key,
                    collection="own/reports",
                    source_id="taken",
                    imported_at=AT,
                )
            )
            yield report_of("taken")
            yield report_of("b")

        outcomes = list(import_reports(work, reports()))
    assert [one.result for one in outcomes] == ["imported", "broken", "imported"]
    assert "refused" in outcomes[1].why
    with app.look_as_system() as look:
        assert len(look.session.exec(select(Review)).all()) == 2
        incidents = select(func.count()).where(AuditEntry.record_kind == "incident")
        assert look.session.exec(incidents).one() == 3, "what was undone is not in the audit"


def test_only_admins_import(sqlite_app: App, sqlite_cast: Cast) -> None:
    with pytest.raises(NotPermitted), sqlite_app.begin(sqlite_cast.erin) as work:
        next(import_reports(work, [report_of()]))


def test_every_record_is_audited_and_marked_for_the_index(sqlite_app: App) -> None:
    _import(sqlite_app, report_of())
    with sqlite_app.look_as_system() as look:
        audited = set(look.session.exec(select(AuditEntry.record_kind)))
        assert {"incident", "review", "action", "lesson"} <= audited
        indexed = select(func.count()).where(Delivery.subscriber == "index")
        assert look.session.exec(indexed).one() == 1 + 1 + 2 + 2


texts = st.text(max_size=400)
instants = st.none() | st.datetimes(timezones=st.just(AT.tzinfo))  # type: ignore[arg-type]
any_report = st.builds(
    Report,
    title=texts,
    source=st.builds(
        ReportSource,
        source_id=st.text(min_size=1),
        collection=texts,
        url=texts,
        licence=texts,
        attribution=texts,
        original_markdown=texts,
    ),
    organisation=texts,
    started_at=instants,
    ended_at=instants,
    detected_at=instants,
    declared_at=instants,
    mitigated_at=instants,
    resolved_at=instants,
    started_precision=st.sampled_from(["instant", "day", None]),
    severity_text=texts,
    tags=st.lists(texts).map(tuple),
    services=st.lists(texts).map(tuple),
    summary=texts,
    impact=texts,
    went_badly=texts,
    timeline=st.lists(st.builds(TimelineItem, at=instants, at_text=texts, text=texts)).map(tuple),
    factors=st.lists(st.builds(FactorItem, title=texts, text=texts)).map(tuple),
    lessons=st.lists(st.builds(LessonItem, title=texts, text=texts)).map(tuple),
    actions=st.lists(
        st.builds(
            ActionItem,
            title=texts,
            detail=texts,
            owner_text=texts,
            external_url=texts,
            done=st.booleans(),
        )
    ).map(tuple),
    other_sections=st.lists(st.tuples(texts, texts)).map(tuple),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(report=any_report)
def test_whatever_a_reader_hands_over_is_imported(app: App, report: Report) -> None:
    outcome = _import(app, report)
    assert outcome.result in ("imported", "unchanged", "changed at the source"), outcome.why
    with app.look_as_system() as look:
        source = look.session.exec(
            select(ImportedSource).where(ImportedSource.incident_id == outcome.incident_id)
        ).one()
        assert len(source.source_id) <= 200


def _import(app: App, report: Report) -> ImportOutcome:
    with app.begin_as_system() as work:
        return next(import_reports(work, [report]))


def _counts(app: App) -> list[int]:
    with app.look_as_system() as look:
        return [
            look.session.exec(select(func.count()).select_from(model)).one()
            for model in (Incident, Review, Action, Lesson, TimelineEntry, ImportedSource)
        ]
