"""The whole loop by clicking, in a real Chromium, by several people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
SEEN_BY_OTHERS_MS = 12_000


def declare(page: Page, title: str, cell: str = "Everyone, Now: SEV1") -> str:
    """Declares by clicking; the address of the incident's page."""
    page.get_by_role("link", name="Declare incident").click()
    page.get_by_role("textbox", name="What is happening?").fill(title)
    page.get_by_role("radio", name=cell).check()
    page.get_by_role("button", name="Declare incident").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    return page.url


def write(page: Page, question: str, text: str) -> None:
    """Types into the Markdown editor of a question and waits until it says that it is saved."""
    region = page.get_by_role("region", name=question)
    region.locator(".cm-content").click()
    page.keyboard.type(text)
    expect(region.get_by_role("status")).to_contain_text("Saved", timeout=8_000)


def test_from_declaring_to_a_verified_improvement(site: Site) -> None:
    alice = site.window("alice")
    incident = declare(alice, "Checkout answers 502 for everybody")
    alice.get_by_role("textbox", name="Note").fill("Resolver pods **restart** in a loop")
    alice.get_by_role("button", name="Add note").click()
    expect(alice.get_by_role("list", name="Timeline")).to_contain_text("Resolver pods restart")
    alice.get_by_role("button", name="Mark mitigated").click()
    alice.get_by_role("button", name="Mark resolved").click()
    alice.get_by_role("region", name="Learning").get_by_role("link").first.click()

    erin = site.window("erin")
    erin.goto(alice.url)
    erin.get_by_role("link", name=re.compile("Go on writing|Begin")).first.click()
    review = erin.url.split("/edit")[0]
    _answer_everything(erin, review)

    erin.goto(f"{review}/edit/factors")
    erin.get_by_text("Add a factor").click()
    form = erin.locator("form", has=erin.get_by_role("button", name="Add factor"))
    form.get_by_role("combobox").first.select_option(label="Hard to take back")
    form.get_by_role("button", name="Add factor").click()
    expect(erin.get_by_role("list").filter(has_text="Hard to take back")).to_be_visible()

    _propose(erin, review, "Run three resolvers in every zone")
    _keep_lesson(erin, review, "Resolvers need headroom")

    erin.goto(review)
    erin.get_by_role("link", name=re.compile("^Publish")).click()
    erin.get_by_role("button", name=re.compile("^Publish")).click()
    _confirm(erin)
    expect(erin.get_by_text("version 1", exact=False).first).to_be_visible()

    bob = site.window("bob")
    bob.get_by_role("searchbox", name="Search the library").first.fill("resolver headroom")
    bob.keyboard.press("Enter")
    expect(_until_found(bob, "Resolvers need headroom")).to_be_visible()

    _to_verified(erin, "Run three resolvers in every zone")
    erin.goto("/actions?state=verified")
    erin.goto(incident)
    expect(erin.get_by_role("heading", level=1)).to_contain_text("Checkout answers 502")


def test_a_note_appears_for_whoever_watches_and_their_typing_survives(site: Site) -> None:
    alice, bob = site.window("alice"), site.window("bob")
    address = declare(alice, "Ledger is slow", "Some, Now: SEV2")
    bob.goto(address)
    unsaved = bob.get_by_role("textbox", name="Note")
    unsaved.fill("Half a thought")
    alice.get_by_role("textbox", name="Note").fill("Seen from Alice's side")
    alice.get_by_role("button", name="Add note").click()
    expect(bob.get_by_role("list", name="Timeline")).to_contain_text(
        "Seen from Alice's side", timeout=SEEN_BY_OTHERS_MS
    )
    expect(unsaved).to_have_value("Half a thought")


def test_two_people_write_one_answer_and_nothing_is_lost(site: Site) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    declare(alice, "Ledger is down")
    alice.get_by_role("button", name="Mark resolved").click()
    alice.get_by_role("region", name="Learning").get_by_role("link").first.click()
    review = alice.url
    question = "What does a reader need to know"
    for page in (alice, erin):
        page.goto(f"{review}/edit/facts")
    write(alice, question, "Alice wrote this line.")
    write(erin, question, "Erin wrote that line.")
    alice.reload()
    text = alice.get_by_role("region", name=question).locator(".cm-content")
    expect(text).to_contain_text("Alice wrote this line.")
    expect(text).to_contain_text("Erin wrote that line.")


def test_a_lost_connection_keeps_the_words_and_sends_them_later(site: Site) -> None:
    alice = site.window("alice")
    declare(alice, "Queue is stuck")
    alice.get_by_role("button", name="Mark resolved").click()
    alice.get_by_role("region", name="Learning").get_by_role("link").first.click()
    alice.goto(f"{alice.url}/edit/facts")
    region = alice.get_by_role("region", name="What does a reader need to know")
    alice.context.set_offline(True)
    region.locator(".cm-content").click()
    alice.keyboard.type("Written in a tunnel.")
    expect(region.get_by_role("status")).to_contain_text("kept in this browser", timeout=15_000)
    alice.context.set_offline(False)
    expect(region.get_by_role("status")).to_contain_text("Saved", timeout=40_000)
    alice.reload()
    expect(region.locator(".cm-content")).to_contain_text("Written in a tunnel.")
    site.trouble[:] = [one for one in site.trouble if "ERR_INTERNET_DISCONNECTED" not in one]


def _answer_everything(page: Page, review: str) -> None:
    for step in ("facts", "factors", "actions", "lessons"):
        page.goto(f"{review}/edit/{step}")
        for region in page.get_by_role("region").all():
            if region.get_by_role("radio", name="No", exact=True).count():
                region.get_by_role("radio", name="No", exact=True).check()
                region.get_by_role("textbox", name="Because").fill("Searched, found none.")
                expect(region.get_by_role("status")).to_contain_text("Saved", timeout=8_000)
            elif region.get_by_text("open", exact=True).count():
                _write_or_say_why(page, region)


def _write_or_say_why(page: Page, region: Locator) -> None:
    editor = region.locator(".cm-content").first
    if editor.count() and editor.is_visible():
        editor.click()
        page.keyboard.type("What we know about it.")
    else:
        region.locator("summary", has_text="Give the reason").or_(
            region.locator("summary", has_text="Say why")
        ).click()
        region.locator('[name="because"]').fill("Nobody wrote it down.")
    expect(region.get_by_role("status")).to_contain_text("Saved", timeout=8_000)


def _propose(page: Page, review: str, title: str) -> None:
    page.goto(f"{review}/edit/actions")
    page.get_by_text("Propose an action").first.click()
    form = page.locator("form", has=page.get_by_role("button", name=re.compile("^Propose")))
    form.get_by_role("textbox").first.fill(title)
    form.get_by_role("button", name=re.compile("^Propose")).click()
    expect(page.get_by_role("link", name=title)).to_be_visible()


def _keep_lesson(page: Page, review: str, title: str) -> None:
    page.goto(f"{review}/edit/lessons")
    page.get_by_text(re.compile("(Keep|Draft|Write) a lesson")).first.click()
    form = page.locator(
        "form", has=page.get_by_role("button", name=re.compile("(Keep|Draft|Add).*lesson"))
    )
    form.locator('[name="title"]').fill(title)
    for name in ("situation", "insight", "recommendation"):
        field = form.locator(f'[name="{name}"]')
        if field.is_visible():
            field.fill(f"{name.capitalize()} of few resolvers.")
        else:
            form.locator(f'.editor-host:near([name="{name}"]) .cm-content').first.click()
            page.keyboard.type(f"{name.capitalize()} of few resolvers.")
    form.get_by_role("button", name=re.compile("lesson")).click()
    expect(page.get_by_role("link", name=title)).to_be_visible()


def _to_verified(page: Page, title: str) -> None:
    page.goto("/actions")
    page.get_by_role("link", name=title).click()
    page.get_by_role("button", name=re.compile("^Accept")).first.click()
    page.get_by_text("It is done").click()
    done = page.get_by_role("button", name=re.compile("done", re.IGNORECASE))
    form = page.locator("form", has=done)
    _fill_text(page, form.first, "https://example.org/change/41")
    form.first.get_by_role("button").last.click()
    expect(page.get_by_text("Done", exact=False).first).to_be_visible()
    page.get_by_text(re.compile("It worked")).first.click()
    form = page.locator("form", has=page.locator('[name="result"]')).first
    _fill_text(page, form, "No 502 for three weeks.")
    form.get_by_role("button").last.click()
    expect(page.get_by_text("Verified", exact=False).first).to_be_visible()


def _fill_text(page: Page, form: object, text: str) -> None:
    editor = form.locator(".cm-content")  # type: ignore[attr-defined]
    if editor.count():
        editor.first.click()
        page.keyboard.type(text)
    else:
        form.locator("textarea, input[type=text]").first.fill(text)  # type: ignore[attr-defined]


def _confirm(page: Page) -> None:
    dialog = page.get_by_role("dialog")
    if dialog.count() and dialog.is_visible():
        dialog.get_by_role("button").last.click()


def _until_found(page: Page, title: str) -> object:
    for _ in range(10):
        found = page.get_by_role("link", name=title)
        if found.count():
            return found.first
        page.wait_for_timeout(500)
        page.reload()
    return page.get_by_role("link", name=title).first
