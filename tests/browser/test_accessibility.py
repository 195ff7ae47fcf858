"""Every page in a real Chromium: axe, a phone's width, light and dark, and a quiet console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from tests.browser.conftest import DESK, PHONE, Site, served
from tests.conftest import _settings
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.cli.main import tracker
from tracker.models.catalogue import Person, Service, Team
from tracker.models.event import AlertRule, AlertSource, IntakePayload, OperationalEvent
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.lesson import Lesson
from tracker.models.procedure import ProcedureRun
from tracker.models.review import ImportedSource, Review, ReviewAnswer, ReviewFactor

pytestmark = pytest.mark.browser
axe = Axe()

# No pages for people: files, what programs read, and parts of a page that stands here itself.
NO_PAGES = {
    "static",
    "health.healthz",
    "health.readyz",
    "health.metrics",
    "incidents.live",
    "timeline.picture",
    "review_writing.picture",
    "review_writing.mentions",
    "calendar.feed",
    "procedures.file",
    "procedure_runs.live",
    "review_papers.markdown",
    "review_papers.json_file",
    "review_papers.pdf",
    "review_variants.markdown",
    "review_meetings.calendar",
    "review_standing.standing",
    "admin.schema",
    # Their author's alone; tests/faces/test_perspective_pages.py opens them.
    "review_perspectives.mine",
    "review_perspectives.own",
    "openapi.static",
}
BEFORE_SIGN_IN = {"login.sign_in", "login.link"}
# Further faces of a page, as queries of its address.
ALSO: dict[str, tuple[str, ...]] = {
    "incidents.listing": ("severity=SEV1", "q=nothing-is-called-so"),
    "actions.listing": ("view=board", "show=overdue", "show=to_verify", "show=mine"),
    "library.page": ("q=certificate", "q=certifcate", "q=%22half", "tag=nothing-is-called-so"),
    "reviews.start": ("incident=INC-26",),
    "actions.new": ("incident=INC-26",),
    "reviews.listing": ("q=nothing-is-called-so",),
    "lessons.listing": ("tag=nothing-is-called-so",),
    "procedures.listing": ("show=all", "show=faults", "service=booking-api"),
}


@pytest.fixture(scope="module")
def demo_site(
    tmp_path_factory: pytest.TempPathFactory, browser: Chromium
) -> Iterator[tuple[Site, list[str]]]:
    """The demo organisation with an imported report, and the address of every page."""
    data_dir = tmp_path_factory.mktemp("demo")
    told = data_dir / "told"
    told.mkdir()
    (told / "report.md").write_text(REPORT)
    for command in (["migrate"], ["seed"], ["demo"], ["import", "markdown", str(told)]):
        done = CliRunner().invoke(tracker, command, env={"TRACKER_DATA_DIR": str(data_dir)})
        assert done.exit_code == 0, done.output
    app = App(_settings(data_dir, ""), durable=False)
    _keep_a_message(app)
    with app.look_as_system() as look:
        ruth = look.session.exec(select(Person).where(Person.role == "admin")).first()
        assert ruth is not None
        emails = {"ruth": ruth.email}
    with served(app, emails, browser) as site:
        yield site, pages_of(app)


REPORT = """# A queue filled up
## Summary
Messages to https://example.org/a/very/long/address/that/does/not/break/anywhere/at/all waited.
## Timeline
| Time | What |
|---|---|
| 2026-03-04 10:00 UTC | The queue stands |
## Action items
- Alert on the age of the oldest message
"""


def _keep_a_message(app: App) -> None:
    """The demo's Alertmanager keeps none, and a page shows one."""
    with app.begin_as_system() as work:
        source = work.session.exec(select(AlertSource)).one()
        body = '{"version": "4", "status": "firing", "receiver": "' + "a-long-name-" * 40 + '"}'
        work.session.add(
            IntakePayload(source_id=source.key, delivery_id="one", at=work.now, body=body)
        )


def pages_of(app: App) -> list[str]:
    """The address of every page a signed-in person can GET, with a record that has content."""
    examples = _examples(app)
    found: list[str] = []
    flask_app = wsgi_for(app)
    with flask_app.test_request_context():
        for rule in flask_app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES | BEFORE_SIGN_IN:
                continue
            if rule.rule.startswith(("/api/", "/hooks/")):
                continue
            room = rule.endpoint.split(".")[0]
            choices = examples.get(rule.endpoint) or (examples[room] if rule.arguments else [{}])
            for values in choices:
                address = flask_app.url_for(rule.endpoint, **values).replace(
                    flask_app.url_for("home.page", _external=True).rstrip("/"), ""
                )
                found.append(address)
            found += [f"{found[-1]}?{query}" for query in ALSO.get(rule.endpoint, ())]
    return found


def _examples(app: App) -> dict[str, list[dict[str, Any]]]:
    """Arguments for the rooms whose pages stand for a record, and for single pages."""
    with app.look_as_system() as look:

        def first(statement: Any) -> Any:
            return look.session.exec(statement).first()

        def incident(*conditions: Any) -> str:
            return f"INC-{first(select(Incident).where(*conditions)).key}"

        entry = first(select(TimelineEntry).where(TimelineEntry.kind != "system"))
        factor = first(select(ReviewFactor))
        answer = first(select(ReviewAnswer))
        # The template "learning" has all the steps.
        learning = select(Review).where(Review.template_key == "learning")
        draft = first(select(Review).where(Review.state == "draft"))
        in_review = first(select(Review).where(Review.state == "in_review"))
        published = first(select(Review).where(col(Review.published_version) > 0))
        waived = first(select(Review).where(Review.state == "waived")) or draft
        source = first(select(ImportedSource).where(col(ImportedSource.incident_id).is_not(None)))
        open_one = incident(Incident.state == "investigating")
        alert = first(select(OperationalEvent).where(OperationalEvent.kind == "alert"))
        report = first(select(OperationalEvent).where(OperationalEvent.kind == "customer_report"))
        lone = first(
            select(OperationalEvent).where(
                OperationalEvent.kind == "alert", OperationalEvent.state == "open"
            )
        )
        refs = [
            open_one,
            incident(Incident.state == "resolved"),
            incident(Incident.kind == "near_miss"),
            f"INC-{source.incident_id}",
        ]
        return {
            "incidents.page": [{"reference": one} for one in refs],
            "incident_history.time": [{"reference": open_one, "name": "mitigated"}],
            "incident_history.original": [{"reference": refs[-1]}],
            "incident_history": [{"reference": refs[1]}],
            "incidents": [{"reference": open_one}],
            "response": [{"reference": open_one}],
            "timeline": [{"reference": f"INC-{entry.incident_id}", "entry_id": entry.key}],
            "reviews.page": [
                {"reference": f"REV-{one.key}"} for one in (draft, in_review, published, waived)
            ],
            "reviews.progress": [{"reference": f"REV-{draft.key}"}],
            "reviews.earlier": [{"reference": f"REV-{published.key}", "number": 1}],
            "reviews": [{"reference": f"REV-{published.key}"}],
            "review_editor.step": [
                {"reference": f"REV-{one.key}", "step": step}
                for one, step in (
                    (first(learning.where(col(Review.published_version) == 0)), "facts"),
                    (first(learning), "factors"),
                    (first(learning), "actions"),
                    (first(learning), "lessons"),
                )
            ],
            "review_editor.edit": [{"reference": f"REV-{draft.key}"}],
            "review_editor": [
                {"reference": f"REV-{answer.review_id}", "question": answer.question}
            ],
            "review_parts": [{"reference": f"REV-{factor.review_id}", "factor_id": factor.key}],
            "review_timeline": [{"reference": f"REV-{one.key}"} for one in (draft, published)],
            "review_likeness": [{"reference": f"REV-{draft.key}"}],
            "review_moves.move": [{"reference": f"REV-{in_review.key}", "verb": "back_to_draft"}],
            "review_moves": [{"reference": f"REV-{draft.key}"}],
            "review_signing": [{"reference": f"REV-{in_review.key}"}],
            "review_meetings": [{"reference": f"REV-{one.key}"} for one in (draft, published)],
            "review_papers": [{"reference": f"REV-{published.key}"}],
            "review_variants": [
                {"reference": f"REV-{published.key}", "audience": audience}
                for audience in ("leadership", "customers")
            ],
            "review_moves.amend": [{"reference": f"REV-{published.key}"}],
            "actions": [{"reference": f"ACT-{number}"} for number in (18, 34, 45)],
            "lessons": [{"reference": f"LES-{first(select(Lesson)).key}"}],
            "procedures": [{"reference": "PRO-2"}, {"reference": "PRO-4"}],
            "procedures.edit": [{"reference": "PRO-2"}],
            "procedure_runs": [{"reference": open_one}],
            "procedure_runs.page": [
                {"reference": f"INC-{run.incident_id}", "run_id": run.key}
                for run in look.session.exec(select(ProcedureRun))
            ],
            "catalogue.team": [{"reference": first(select(Team)).slug}],
            "catalogue.edit_team": [{"reference": first(select(Team)).slug}],
            "catalogue": [{"reference": first(select(Service)).slug}],
            "transcripts": [{"reference": open_one}],
            "events": [{"reference": f"EVT-{one.key}"} for one in (alert, report)],
            "events.promote": [{"reference": f"EVT-{lone.key}"}],
            "alerts": [{"slug": first(select(AlertRule)).slug}],
            "sources": [{"source_id": first(select(AlertSource)).key}],
            "sources.message": [
                {"source_id": one.source_id, "number": one.key}
                for one in look.session.exec(select(IntakePayload).where(IntakePayload.body != ""))
            ],
            "review_perspectives": [{"reference": f"REV-{draft.key}"}],
            "review_depth": [{"reference": f"REV-{draft.key}"}],
            "review_templates.scope": [{"reference": f"REV-{draft.key}"}],
            "review_templates": [{"key": "learning"}, {"key": "coe"}],
            "wording": [{"reference": f"REV-{answer.review_id}"}],
            "changes.page": [{"change": "EVT-16"}, {"change": "EVT-19"}],
            "changes.around": [{"reference": open_one}, {"reference": "INC-21"}],
            "calendar": [{"reference": "CAL-2"}],
            "admin.configuration_apply": [{"number": 1}],
            "admin": [{"person_id": first(select(Person)).key}],
        }


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical, one line per element."""
    options = {"resultTypes": ["violations"], "preload": False}
    found = axe.run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:4]
    ]


WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"]
)
def test_every_page_is_accessible_fits_and_stays_quiet(
    demo_site: tuple[Site, list[str]], viewport: dict[str, int], scheme: str
) -> None:
    site, addresses = demo_site
    page = site.window("ruth", viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    wrong: list[str] = []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        if answer.status >= 400:
            wrong.append(f"{address}: {answer.status}")
        wrong += [f"{address}: {one}" for one in serious(page)]
        if (beyond := page.evaluate(WIDER)) > 0:
            wrong.append(f"{address}: {beyond} px wider than the window")
    wrong += site.end_test()
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_in_is_accessible_too(demo_site: tuple[Site, list[str]], scheme: str) -> None:
    site, _ = demo_site
    page = site.stranger(viewport=PHONE, color_scheme=scheme)
    site.provoke("status of 404")
    for address in ("/sign-in", "/sign-in/link/not-a-link", "/sign-in?next=/library"):
        page.goto(address)
        assert serious(page) == []
        assert page.evaluate(WIDER) <= 0
    site.end_test()


def test_the_pages_of_an_error_are_accessible(demo_site: tuple[Site, list[str]]) -> None:
    site, _ = demo_site
    page = site.window("ruth", viewport=PHONE)
    site.provoke("status of 404")
    for address in ("/incidents/INC-99999", "/no/such/page"):
        page.goto(address)
        assert serious(page) == []
        assert page.evaluate(WIDER) <= 0
    assert site.end_test() == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_long_address_stays_inside_its_card_on_the_board(
    demo_site: tuple[Site, list[str]], viewport: dict[str, int]
) -> None:
    site, _ = demo_site
    page = site.window("ruth", viewport=viewport)
    page.goto("/actions/new")
    title = "See https://example.org/" + "a-very-long-path-that-breaks-nowhere/" * 4
    page.get_by_role("textbox", name="Title").fill(title)
    page.get_by_role("button", name="Propose", exact=True).click()
    page.goto("/actions?view=board")
    card = page.get_by_role("article").filter(has_text=title).first
    expect(card).to_be_visible()
    assert card.evaluate("card => card.scrollWidth - card.clientWidth") <= 0
    assert site.end_test() == []
