"""Two real windows write one review: with conflicts, with a lost connection, nothing is lost.

Every character that either typed is looked for in what is stored, and both windows must show
exactly that, without being loaded again.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from tests.browser.conftest import Site
from tests.browser.walking import begin_review, editor, question, write
from tracker.models.review import ReviewAnswer

pytestmark = pytest.mark.browser
SEEN_BY_OTHERS_MS = 15_000
SAVED_MS = 40_000
# What the server adds where two people changed the very same words.
ADDED = re.compile(
    r"\*Two people changed this passage at the same time; both are kept\.\*"
    r"|\*As \w+ wrote it:\*"
)


def stored(site: Site, key: str = "background") -> str:
    """The newest answer to the question, of the newest review."""
    with site.app.look_as_system() as look:
        query = select(ReviewAnswer).where(ReviewAnswer.question == key)
        rows = look.session.exec(query.order_by(ReviewAnswer.id)).all()  # type: ignore[arg-type]
        return rows[-1].text if rows else ""


def shown(panel: Locator) -> str:
    """The text as the window has it: CodeMirror draws only lines in view, the field has all."""
    return panel.locator("textarea[name=text]").first.input_value()


def saved(page: Page) -> None:
    expect(question(page).get_by_role("status")).to_contain_text("Saved", timeout=SAVED_MS)


def settled(site: Site, *pages: Page) -> str:
    """Both windows show what is stored; that text."""
    for page in pages:
        saved(page)
        for _ in range(60):
            if shown(question(page)) == stored(site):
                break
            page.wait_for_timeout(250)
        assert shown(question(page)) == stored(site)
    return stored(site)


def place_caret(page: Page, *keys: str) -> None:
    editor(question(page)).click()
    for key in keys:
        page.keyboard.press(key)


def test_two_windows_with_conflicts_and_a_lost_connection_account_for_every_character(
    site: Site,
) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    facts = begin_review(site, alice, "Together on one text")
    erin.goto(facts)
    write(question(alice), "The cache was cold.\n\nmiddle\n\nend")
    # Alice's words come to Erin, who has not touched the page.
    expect(editor(question(erin))).to_contain_text("The cache was cold.", timeout=SEEN_BY_OTHERS_MS)

    # Both type at the same time, in different places, key by key and without waiting.
    place_caret(alice, "Control+Home")
    place_caret(erin, "Control+End")
    hers = "abcdefghijklmnopqrstuvwxyz0123456789"
    his = hers[::-1].upper()
    for one, other in zip(hers, his, strict=True):
        alice.keyboard.type(one, delay=15)
        erin.keyboard.type(other, delay=25)
    text = settled(site, alice, erin)
    assert hers in text
    assert his in text
    assert text == f"{hers}The cache was cold.\n\nmiddle\n\nend{his}"

    # Erin loses the connection; both change the same words, and Erin writes on.
    site.provoke("ERR_INTERNET_DISCONNECTED")
    erin.context.set_offline(True)
    for page, words in ((alice, "The cache was emptied."), (erin, "The cache was never filled.")):
        place_caret(page, "Control+Home", "Shift+End")
        page.keyboard.insert_text(words)
    saved(alice)
    expect(question(erin).get_by_role("status")).to_contain_text(
        "kept in this browser", timeout=SAVED_MS
    )
    expect(erin.get_by_text("Connection lost. What you type is kept")).to_be_visible()
    place_caret(erin, "Control+End")
    erin.keyboard.insert_text("\n\nWritten in a tunnel. 🚇")
    erin.context.set_offline(False)
    text = settled(site, erin, alice)
    left = ADDED.sub("", text)
    for words in ("The cache was emptied.", "The cache was never filled.", "middle", f"end{his}",
                  "Written in a tunnel. 🚇"):  # fmt: skip
        assert left.count(words) == 1, (words, text)
        left = left.replace(words, "")
    # Nothing was lost, and nothing came that nobody typed.
    assert Counter(left) - Counter("\n" * 40) == Counter(), left


def test_the_caret_stays_where_it_is_when_the_others_words_come(site: Site) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    facts = begin_review(site, alice, "The caret stays")
    write(question(alice), "first line\n\nsecond line\n\nthird line")
    erin.goto(facts)
    place_caret(erin, "Control+Home", "ArrowDown", "ArrowDown", "End")
    place_caret(alice, "Control+Home")
    alice.keyboard.insert_text("Before everything.\n\n")
    place_caret(alice, "Control+End")
    alice.keyboard.insert_text(" and more")
    saved(alice)
    expect(editor(question(erin))).to_contain_text("Before everything.", timeout=SEEN_BY_OTHERS_MS)
    erin.keyboard.type(" goes on")
    text = settled(site, erin, alice)
    assert text == (
        "Before everything.\n\nfirst line\n\nsecond line goes on\n\nthird line and more"
    )
    # Undoing takes back one's own words, never somebody else's.
    erin.keyboard.press("Control+z")
    text = settled(site, erin, alice)
    assert "Before everything." in text
    assert "and more" in text
    assert "goes on" not in text


def test_each_sees_where_the_other_writes_and_when_they_are_gone(site: Site) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    facts = begin_review(site, alice, "Who is here")
    erin.goto(facts)
    editor(question(erin)).click()
    erin.keyboard.type("I begin")
    expect(question(alice)).to_contain_text("Erin is writing here", timeout=SEEN_BY_OTHERS_MS)
    expect(alice.get_by_text("Erin has this review open too.")).to_be_visible()
    # One who only reads is told of nobody, and nobody is told of them.
    vera = site.window("vera")
    vera.goto(facts)
    assert vera.locator("[data-together]").count() == 0


def test_a_tab_of_yesterday_is_joined_with_what_came_since(site: Site) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    facts = begin_review(site, alice, "Yesterday's tab")
    write(question(alice), "one\n\ntwo")
    erin.goto(facts)
    # Erin's tab sleeps: nothing is asked in it any more.
    erin.route("**/together", lambda route: route.abort())
    site.provoke("ERR_FAILED")
    for words in (" more", " and more"):
        place_caret(alice, "Control+Home", "End")
        alice.keyboard.insert_text(words)
        saved(alice)
        alice.wait_for_timeout(300)
    place_caret(erin, "Control+End")
    erin.keyboard.insert_text(" and three")
    saved(erin)
    assert settled(site, erin) == "one more and more\n\ntwo and three"
    assert settled(site, alice) == "one more and more\n\ntwo and three"
