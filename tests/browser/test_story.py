"""The whole loop by clicking, in a real Chromium, by several people."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.walking import declare, editor, resolve_and_open_review

pytestmark = pytest.mark.browser

ACTION = "Run three resolvers in every zone"
LESSON = "Resolvers need headroom"


def test_from_declaring_to_a_verified_improvement(site: Site) -> None:
    alice = site.window("alice")
    incident = declare(alice, "Checkout answers 502 for everybody")
    alice.get_by_role("textbox", name="Note").fill("Resolver pods **restart** in a loop")
    alice.get_by_role("button", name="Add note").click()
    expect(alice.get_by_role("list", name="Timeline")).to_contain_text("Resolver pods restart")
    alice.get_by_role("button", name="Mark mitigated").click()
    review = resolve_and_open_review(alice)

    erin = site.window("erin")
    erin.goto(review)
    erin.get_by_role("link", name="Go on writing").click()
    add_factor(erin, review)
    propose_action(erin, review)
    draft_lesson(erin, review)
    answer_everything(erin, review)
    decide_without_waiting(erin, review)

    erin.goto(review)
    erin.get_by_role("link", name="Publish…").click()
    erin.get_by_role("button", name="Publish the review").click()
    expect(erin.get_by_text("version 1, published")).to_be_visible()

    bob = site.window("bob")
    bob.get_by_role("searchbox", name="Search the library").fill("resolver headroom")
    bob.keyboard.press("Enter")
    expect(until_found(bob, LESSON)).to_be_visible()

    verify_action(erin)
    erin.goto("/actions")
    erin.get_by_role("link", name="Verified improvements").click()
    expect(erin.get_by_role("link", name=ACTION)).to_be_visible()
    erin.goto(incident)
    learning = erin.get_by_role("region", name="Learning")
    expect(learning.get_by_role("listitem").filter(has_text=ACTION)).to_contain_text("Verified")


def decide_without_waiting(page: Page, review: str) -> None:
    page.goto(review)
    page.get_by_role("link", name="has not rested").click()
    page.get_by_text("Decide without waiting", exact=True).first.click()
    page.get_by_role("textbox", name="Why").fill("It can happen again tonight")
    page.get_by_role("button", name="Decide without waiting").click()
    expect(page.get_by_text("It can happen again tonight")).to_be_visible()


def add_factor(page: Page, review: str) -> None:
    page.goto(f"{review}/edit/factors")
    page.get_by_role("combobox", name="Factor", exact=True).select_option(label="Hard to take back")
    page.get_by_role("button", name="Add the factor").click()
    expect(page.get_by_role("button", name="Remove the factor Hard to take back")).to_be_visible()


def propose_action(page: Page, review: str) -> None:
    page.goto(f"{review}/edit/actions")
    page.get_by_text("Propose an action", exact=True).click()
    page.get_by_role("textbox", name="What changes? Begin with a verb").fill(ACTION)
    page.get_by_role("combobox", name="Kind").select_option(label="Prevent: let it not come back")
    page.get_by_role("combobox", name="Owner").select_option(label="Bob")
    page.get_by_role("textbox", name="What do we expect to see afterwards, and where?").fill(
        "No 502 when one resolver restarts."
    )
    page.get_by_role("button", name="Propose the action").click()
    expect(page.get_by_role("link", name=ACTION)).to_be_visible()


def draft_lesson(page: Page, review: str) -> None:
    page.goto(f"{review}/edit/lessons")
    page.get_by_text("Draft a lesson", exact=True).click()
    page.get_by_role("textbox", name="The lesson in one line").fill(LESSON)
    for label, text in (
        ("In which situation does it help?", "A zone with few resolvers."),
        ("What did you understand?", "One restart takes away half of them."),
        ("What would you suggest?", "Keep three, so that two can go."),
    ):
        page.get_by_role("textbox", name=label).fill(text)
    page.get_by_role("button", name="Draft the lesson").click()
    expect(page.get_by_role("link", name=LESSON)).to_be_visible()


def answer_everything(page: Page, review: str) -> None:
    """Walks the steps by "Next" and answers whatever is still said to be open."""
    page.goto(f"{review}/edit/facts")
    while True:
        panels = page.get_by_role("region").filter(has=page.locator(".panel-note"))
        still_open = [
            panel
            for panel in panels.all()
            if panel.locator(".panel-note").inner_text().startswith("open")
        ]
        for panel in still_open:
            answer(panel)
        for panel in still_open:
            expect(panel.get_by_role("status")).to_contain_text("Saved", timeout=10_000)
        onward = page.get_by_role("link", name="Next: ")
        if not onward.count():
            break
        onward.click()
        page.wait_for_load_state()


def answer(panel: Locator) -> None:
    if panel.get_by_role("radio", name="No", exact=True).count():
        panel.get_by_role("radio", name="No", exact=True).check()
        panel.get_by_role("textbox").fill("Searched, found none.")
    elif (writing := editor(panel)).count() and writing.is_visible():
        writing.click()
        panel.page.keyboard.insert_text("What we know about it.")
    else:
        panel.locator("summary", has_text="Give the reason").click()
        panel.get_by_role("textbox", name="Give the reason instead").fill("Nobody wrote it down.")


def verify_action(page: Page) -> None:
    page.goto("/actions")
    page.get_by_role("link", name=ACTION).click()
    page.get_by_role("button", name="Accept it").click()
    page.get_by_role("button", name="Start work").click()
    # The next step that usually follows stands open.
    page.get_by_role("textbox", name="What shows that it is done?").fill(
        "https://example.org/change/41"
    )
    page.get_by_role("button", name="It is done").click()
    page.get_by_role("textbox", name="What did you see when you looked?").fill(
        "No 502 for three weeks."
    )
    page.get_by_role("button", name="It worked").click()
    expect(page.get_by_role("region", name="Verified")).to_contain_text("No 502 for three weeks.")


def until_found(page: Page, title: str) -> Locator:
    """The worker indexes within seconds; a person would press reload."""
    found = page.get_by_role("link", name=title)
    for _ in range(20):
        if found.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    return found.first
