"""Several people on one page, broken connections and restarts: nobody loses a word."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site
from tests.browser.walking import (
    begin_review,
    declare,
    editor,
    question,
    resolve_and_open_review,
    write,
)

pytestmark = pytest.mark.browser
SEEN_BY_OTHERS_MS = 12_000
ANSWER = "**/answers/background"


def saved(page: Page) -> None:
    expect(question(page).get_by_role("status")).to_contain_text("Saved", timeout=40_000)


def test_a_note_appears_for_whoever_watches_and_their_typing_survives(site: Site) -> None:
    alice, bob = site.window("alice"), site.window("bob")
    bob.goto(declare(alice, "Ledger is slow", "Some, Now: SEV2"))
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
    facts = begin_review(site, alice, "Ledger is down")
    erin.goto(facts)
    write(question(alice), "Alice wrote this line.")
    write(question(erin), "Erin wrote that line.")
    alice.reload()
    expect(editor(question(alice))).to_contain_text("Alice wrote this line.")
    expect(editor(question(alice))).to_contain_text("Erin wrote that line.")


def test_two_people_change_the_same_words_and_both_texts_stay(site: Site) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    facts = begin_review(site, alice, "Search returns nothing")
    write(question(alice), "The cache was cold.")
    erin.goto(facts)
    for page, words in ((alice, "The cache was emptied."), (erin, "The cache was never filled.")):
        editor(question(page)).click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(words)
        saved(page)
    expect(question(erin).get_by_role("status")).to_contain_text("both texts are kept")
    for page in (alice, erin):
        page.reload()
        text = editor(question(page))
        expect(text).to_contain_text("Two people changed this passage at the same time")
        expect(text).to_contain_text("The cache was emptied.")
        expect(text).to_contain_text("The cache was never filled.")


def test_words_typed_while_the_server_joins_two_texts_stay(site: Site) -> None:
    alice, erin = site.window("alice"), site.window("erin")
    facts = begin_review(site, alice, "Uploads hang")
    erin.goto(facts)
    write(question(alice), "Alice began.")
    # The answer to Erin's first save is held back; she writes on meanwhile.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    erin.route(ANSWER, hold, times=1)
    editor(question(erin)).click()
    erin.keyboard.insert_text("Erin began.")
    with erin.expect_request(ANSWER):
        pass
    erin.keyboard.insert_text(" Erin went on.")
    held[0].continue_()
    saved(erin)
    erin.reload()
    for words in ("Alice began.", "Erin began. Erin went on."):
        expect(editor(question(erin))).to_contain_text(words)


def test_a_lost_connection_keeps_the_words_and_sends_them_later(site: Site) -> None:
    alice = site.window("alice")
    begin_review(site, alice, "Queue is stuck")
    site.provoke("ERR_INTERNET_DISCONNECTED")
    alice.context.set_offline(True)
    editor(question(alice)).click()
    alice.keyboard.insert_text("Written in a tunnel.")
    expect(question(alice).get_by_role("status")).to_contain_text(
        "kept in this browser", timeout=15_000
    )
    alice.context.set_offline(False)
    saved(alice)
    alice.reload()
    expect(editor(question(alice))).to_contain_text("Written in a tunnel.")


def test_a_tab_left_open_over_a_restart_goes_on_saving_and_watching(site: Site) -> None:
    alice, bob = site.window("alice"), site.window("bob")
    bob.goto(declare(alice, "Restart in the middle"))
    facts = f"{resolve_and_open_review(alice)}/edit/facts"
    alice.goto(facts)
    for what_a_stop_causes in (
        "ERR_CONNECTION_REFUSED",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY_RESPONSE",
        "htmx:",
    ):
        site.provoke(what_a_stop_causes)
    # The editor is fetched when the page stands; a server that is away could not give it.
    expect(editor(question(alice))).to_be_visible()
    site.stop()
    editor(question(alice)).click()
    alice.keyboard.insert_text("Typed while it was away.")
    expect(question(alice).get_by_role("status")).to_contain_text(
        "kept in this browser", timeout=15_000
    )
    site.start()
    saved(alice)
    expect(bob.get_by_role("region", name="Learning")).to_contain_text(
        "Review REV-", timeout=40_000
    )


def test_somebody_signed_out_while_writing_keeps_the_text_and_is_told(site: Site) -> None:
    alice = site.fresh_window("alice")
    facts = begin_review(site, alice, "Signed out in another tab")
    site.provoke("status of 403")
    other = site.tab(alice)
    other.goto("/profile")
    other.get_by_label("Your menu, Alice").click()
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("Sign in")
    other.close()
    editor(question(alice)).click()
    alice.keyboard.insert_text("Half a page of thoughts.")
    expect(question(alice).get_by_role("status")).to_contain_text("signed out", timeout=15_000)
    site.sign_in(alice, "alice")
    alice.goto(facts)
    saved(alice)
    expect(editor(question(alice))).to_contain_text("Half a page of thoughts.")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("התקלה נפתרה בשעה 14:02 by itself", "התקלה נפתרה בשעה 14:02 by itself"),
        ("Restart 🚒 of 👩‍💻 pods", "Restart 🚒 of 👩‍💻 pods"),
        ("long " * 1000, "long long long"),
        ("```\ndig +short example.org\n```", "dig +short example.org"),
        ("<script>alert(1)</script><img src=x onerror=alert(2)>", "<script>alert(1)</script>"),
    ],
    ids=["right-to-left", "emoji", "five-thousand", "code", "script"],
)
def test_a_note_is_shown_as_it_was_written(site: Site, typed: str, shown: str) -> None:
    alice = site.window("alice")
    alice.on("dialog", lambda dialog: site.trouble.append(f"dialog: {dialog.message}"))
    declare(alice, "Notes of every kind")
    alice.get_by_role("textbox", name="Note").fill(typed)
    alice.get_by_role("button", name="Add note").click()
    timeline = alice.get_by_role("list", name="Timeline")
    expect(timeline).to_contain_text(shown)
    assert alice.evaluate("document.documentElement.scrollWidth <= innerWidth")
