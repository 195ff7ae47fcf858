"""Key moments and evidence stay in view while one writes, on a wide page and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Site
from tests.browser.walking import begin_review, editor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_what_happened_is_seen_beside_what_one_writes(site: Site, phone: bool) -> None:  # noqa: FBT001
    page = site.window("alice", **({"viewport": PHONE} if phone else {}))
    review = begin_review(site, page, f"Lag at hand {phone}").removesuffix("/edit/facts")
    add_evidence(page, review)
    page.goto(f"{review}/edit/factors")
    page.get_by_text("At hand", exact=True).click()
    link = page.get_by_role("link", name="The graph")
    expect(link).to_be_visible()
    last = page.locator("#q-dead_ends")
    editor(last).click()
    page.keyboard.insert_text("It grew from 14:02 on.")
    expect(last.get_by_role("status")).to_contain_text("Saved", timeout=20_000)
    # Neither scrolled away nor closed, and a link keeps the text where it is.
    expect(link).to_be_in_viewport()
    expect(editor(last)).to_be_in_viewport()
    expect(link).to_have_attribute("target", "_blank")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "nothing stands out of the page"


def add_evidence(page: Page, review: str) -> None:
    page.goto(f"{review}/timeline")
    form = page.get_by_role("region", name="Evidence")
    form.get_by_role("textbox", name="What does it show?").fill("The graph")
    form.get_by_role("textbox", name="Link").fill("https://graphs.example.org/1")
    form.get_by_role("button", name="Add the evidence").click()
    expect(form.get_by_role("link", name="The graph")).to_be_visible()
