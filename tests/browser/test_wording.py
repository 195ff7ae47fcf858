"""Wording hints in the editor: underlined while one writes, never in the way of the words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Site
from tests.browser.walking import begin_review, declare, editor, question

pytestmark = pytest.mark.browser
SOON_MS = 5_000
FIRST = "Dana should have noticed the lag."
SECOND = "A calm second paragraph."


def marks(page: Page, count: int) -> None:
    expect(question(page).locator(".cm-wording")).to_have_count(count, timeout=SOON_MS)


@pytest.fixture
def writing(site: Site, request: pytest.FixtureRequest) -> Page:
    """A page with an empty answer."""
    page = site.window("alice")
    begin_review(site, page, f"Lag of {request.node.name[5:40]}")
    editor(question(page)).click()
    return page


def test_words_are_underlined_and_the_question_stands_below_them(writing: Page) -> None:
    page = writing
    page.keyboard.type(f"{SECOND}\n\n{FIRST}")
    marks(page, 1)
    mark = question(page).locator(".cm-wording")
    expect(mark).to_have_text("should have noticed")
    expect(question(page).get_by_text("1 hint on wording")).to_be_visible()
    card = question(page).get_by_role("note")
    expect(card).to_have_count(0)
    mark.click()
    expect(card).to_contain_text("What did people see and know at that moment")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    # The keyboard alone brings it too.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(card).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.type("So ")
    expect(card).to_have_count(0)
    marks(page, 1)
    expect(editor(question(page))).to_contain_text(f"So {FIRST}")


def test_a_place_is_right_after_signs_of_two_units(writing: Page) -> None:
    writing.keyboard.insert_text("🎉🎉 At noon we forgot the 🗝 of the queue.")
    marks(writing, 1)
    expect(question(writing).locator(".cm-wording")).to_have_text("forgot")


def test_only_the_changed_paragraph_is_sent(writing: Page) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/wording"):
            sent.append(request.post_data or "")

    writing.keyboard.insert_text(f"{FIRST}\n\n{SECOND}")
    marks(writing, 1)
    writing.on("request", note)
    writing.keyboard.type(" We forgot it.")
    marks(writing, 2)
    assert sent
    assert all("calm" in one and "Dana" not in one for one in sent)


def test_nobody_waits_for_an_answer(site: Site, writing: Page) -> None:
    site.provoke("/wording")
    writing.route(re.compile(r"/wording$"), lambda route: route.abort())
    writing.keyboard.type(FIRST)
    expect(editor(question(writing))).to_have_text(FIRST)
    expect(question(writing).get_by_role("status")).to_contain_text("Saved", timeout=20_000)
    marks(writing, 0)


def test_a_hint_is_put_aside_in_its_place(writing: Page) -> None:
    page = writing
    page.keyboard.insert_text("We forgot it. They ignored it. We forgot it again.")
    marks(page, 3)
    expect(question(page).get_by_role("status")).to_contain_text("Saved", timeout=20_000)
    question(page).locator(".cm-wording").first.click()
    card = question(page).get_by_role("note")
    card.get_by_text("It does not fit here").click()
    card.get_by_label("Why does the hint not fit here?").fill("The name of a queue")
    card.get_by_role("button", name="Put aside").click()
    marks(page, 1)
    page.reload()
    marks(page, 1)
    question(page).get_by_role("link", name=re.compile("on wording")).click()
    expect(page.get_by_text("The name of a queue")).to_be_visible()


def test_without_scripts_the_hints_are_a_list(site: Site, writing: Page) -> None:
    writing.keyboard.insert_text(FIRST)
    expect(question(writing).get_by_role("status")).to_contain_text("Saved", timeout=20_000)
    address = writing.url.split("/edit/")[0]
    plain = site.window("bob", java_script_enabled=False)
    plain.goto(f"{address}/edit/facts")
    plain.get_by_role("link", name=re.compile("^Hints on wording")).first.click()
    expect(plain.get_by_role("mark")).to_have_text("should have noticed")


def test_a_note_for_the_timeline_has_its_questions_below_it(site: Site) -> None:
    page = site.window("alice")
    declare(page, "Lag of the notes")
    note = page.get_by_role("textbox", name="Note")
    form = page.locator("form", has=note)
    hints = form.locator(".note-hints li")
    note.press_sequentially("Dana should have noticed the lag. We")
    expect(hints).to_have_count(1, timeout=SOON_MS)
    expect(hints).to_contain_text("What did people see and know at that moment")
    expect(form.get_by_role("status")).to_have_text("1 hint on wording")
    expect(note).to_be_focused()
    note.press_sequentially(" forgot it.")
    expect(hints).to_have_count(2, timeout=SOON_MS)
    note.fill("The lag grew from 14:02 on.")
    expect(hints).to_have_count(0, timeout=SOON_MS)
    expect(form.get_by_role("status")).to_be_empty()
    # They are questions: what one wants to say is noted as it is.
    note.fill("We forgot it.")
    form.get_by_role("button", name="Add note").click()
    timeline = page.get_by_role("list", name="Timeline")
    expect(timeline).to_contain_text("We forgot it.")
    expect(page.get_by_text("A thought on the wording")).to_have_count(0)
    timeline.get_by_role("listitem").filter(has_text="We forgot it.").get_by_role(
        "link", name=re.compile("^Edit")
    ).click()
    expect(page.locator(".cm-wording")).to_have_text("forgot", timeout=SOON_MS)


def test_without_scripts_the_questions_about_a_note_come_once_it_is_added(site: Site) -> None:
    page = site.window("alice", java_script_enabled=False)
    declare(page, "Lag without scripts")
    page.get_by_role("textbox", name="Note").fill("We forgot it.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("list", name="Timeline")).to_contain_text("We forgot it.")
    expect(page.get_by_text("A thought on the wording, “forgot”")).to_be_visible()
