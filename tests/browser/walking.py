"""Steps that several tests take through the pages, as a person would take them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from tests.browser.conftest import Site
from tracker.db.access import actor_of
from tracker.models.catalogue import Person
from tracker.models.review import ReviewIncident
from tracker.reading.references import ref_of
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

BACKGROUND = "What does a reader need to know about the system to follow the story?"


def declare(page: Page, title: str, cell: str = "Everyone, Now: SEV1") -> str:
    """Declares by clicking; the address of the incident's page."""
    page.get_by_role("link", name="Declare incident").click()
    page.get_by_role("textbox", name="What is happening?").fill(title)
    page.get_by_role("radio", name=cell).check()
    page.get_by_role("button", name="Declare incident").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    return page.url


def resolve_and_open_review(page: Page) -> str:
    """On an incident's page: resolves it and opens its review, whose address it returns."""
    page.get_by_role("button", name="Mark resolved").click()
    page.get_by_role("region", name="Learning").get_by_role("link", name="Review REV-").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review:")
    return page.url.removesuffix("/progress")


def begin_review(site: Site, page: Page, title: str) -> str:
    """The first step of a new review, shown by the page; the steps before it are not walked."""
    with site.app.look_as_system() as look:
        alice = look.session.exec(select(Person).where(Person.email == site.emails["alice"])).one()
        actor = actor_of(look.session, alice)
    with site.app.begin(actor) as work:
        incident = declare_incident(work, DeclareIncident(title=title, severity="SEV1"))
        move_incident(work, incident, MoveIncident(verb="resolve"))
        review_id = work.session.exec(
            select(ReviewIncident.review_id).where(ReviewIncident.incident_id == incident.id)
        ).one()
    facts = f"{site.address}/reviews/{ref_of('review', review_id)}/edit/facts"
    page.goto(facts)
    return facts


def question(page: Page, prompt: str = BACKGROUND) -> Locator:
    """The panel of a question in the review editor."""
    return page.get_by_role("region", name=prompt)


def editor(panel: Locator) -> Locator:
    """The Markdown editor of a question, which a script lays over its text area."""
    return panel.locator(".cm-content").first


def write(panel: Locator, text: str) -> None:
    """Types at the end of the question's text and waits until it says that it is saved."""
    editor(panel).click()
    panel.page.keyboard.press("Control+End")
    panel.page.keyboard.insert_text(text)
    expect(panel.get_by_role("status")).to_contain_text("Saved", timeout=10_000)
