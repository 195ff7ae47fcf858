"""The way from declaring to the publish gate, and the library, with scripts switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Site
from tests.browser.walking import BACKGROUND, declare, question, resolve_and_open_review

pytestmark = pytest.mark.browser


def test_the_loop_goes_by_plain_forms_up_to_the_publish_gate(site: Site) -> None:
    erin = site.window("erin", java_script_enabled=False)
    declare(erin, "Plain forms are enough")
    erin.get_by_role("textbox", name="Note").fill("Written without a script")
    erin.get_by_role("button", name="Add note").click()
    expect(erin.get_by_role("list", name="Timeline")).to_contain_text("Written without a script")
    review = resolve_and_open_review(erin)

    erin.get_by_role("link", name="Go on writing").click()
    erin.get_by_role("link", name="What happened").first.click()
    panel = question(erin, BACKGROUND)
    panel.get_by_role("textbox", name=BACKGROUND).fill("Three services in a row.")
    panel.get_by_role("button", name="Save").click()
    expect(question(erin).get_by_role("textbox", name=BACKGROUND)).to_have_value(
        "Three services in a row."
    )
    expect(question(erin)).to_contain_text("Last saved")

    erin.goto(review)
    erin.get_by_role("link", name="Publish…").click()
    gate = erin.get_by_role("main")
    expect(gate).to_contain_text("Still open")
    expect(gate).to_contain_text("What happened")
    expect(gate.get_by_role("button", name="Publish the review")).to_have_count(0)


def test_the_library_is_searched_by_a_plain_form_on_a_phone(site: Site) -> None:
    declare(site.window("alice", java_script_enabled=False), "Certificate of the gateway expired")
    alice = site.window("alice", java_script_enabled=False, viewport=PHONE)
    for _ in range(20):
        alice.goto("/library")
        main = alice.get_by_role("main")
        main.get_by_role("searchbox").fill("gateway certificate")
        main.get_by_role("button", name="Search").click()
        if main.get_by_role("link", name="Certificate of the gateway expired").count():
            break
        alice.wait_for_timeout(500)
    expect(main.get_by_role("link", name="Certificate of the gateway expired")).to_be_visible()
    expect(main.get_by_role("heading", name="1 answer")).to_be_visible()
