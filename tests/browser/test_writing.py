"""What people bring into the editor: pictures, text from Word, names, far too much, and scripts."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Site
from tests.browser.test_together import saved, shown, stored
from tests.browser.walking import begin_review, editor, question, write
from tests.pictures import huge_png, png

pytestmark = pytest.mark.browser

# As Word for Windows puts it on the clipboard, shortened.
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>
p.MsoNormal {mso-style-name:Normal; font-family:Calibri;}</style><meta name=Generator
content="Microsoft Word 15"><xml><w:WordDocument></w:WordDocument></xml></head><body lang=EN-GB>
<!--StartFragment--><h2>What we saw<o:p></o:p></h2>
<p class=MsoNormal style='margin:0'>Checkout was <b>slow</b>&nbsp;and <i>then</i> gone, see
<a href="https://graphs.example.org/d/1">the graph</a><o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·
<span>&nbsp;&nbsp;</span></span>first pool<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·
<span>&nbsp;&nbsp;</span></span>second pool<o:p></o:p></p>
<table><tr><td>Time</td><td>Errors</td></tr><tr><td>14:02</td><td>18|20</td></tr></table>
<img src="file:///C:/secret.png" alt="A drawing"><script>alert(1)</script>
<p onclick="alert(2)" style="display:none">hidden words</p><!--EndFragment--></body></html>"""


def paste(panel: Locator, **kinds: str) -> None:
    """Pastes these kinds of data, as Ctrl+V would bring them."""
    editor(panel).evaluate(
        """(element, kinds) => {
          const data = new DataTransfer();
          for (const [kind, text] of Object.entries(kinds)) data.setData(kind, text);
          const paste = { clipboardData: data, bubbles: true, cancelable: true, composed: true };
          element.dispatchEvent(new ClipboardEvent("paste", paste));
        }""",
        {kind.replace("_", "/"): text for kind, text in kinds.items()},
    )


def paste_file(panel: Locator, content: bytes, kind: str, name: str, *, drop: bool = False) -> None:
    """Pastes a file, or drops it on the text."""
    sent: dict[str, Any] = {"base64": base64.b64encode(content).decode(), "kind": kind,
                            "name": name, "drop": drop}  # fmt: skip
    editor(panel).evaluate(
        """(element, { base64, kind, name, drop }) => {
          const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type: kind }));
          const options = { bubbles: true, cancelable: true, composed: true };
          const { x, y } = element.getBoundingClientRect();
          const place = { clientX: x + 5, clientY: y + 5 };
          element.dispatchEvent(drop
            ? new DragEvent("drop", { ...options, ...place, dataTransfer: data })
            : new ClipboardEvent("paste", { ...options, clipboardData: data }));
        }""",
        sent,
    )


def open_review(site: Site, title: str) -> Page:
    alice = site.window("alice")
    alice.on("dialog", lambda dialog: site.trouble.append(f"dialog: {dialog.message}"))
    begin_review(site, alice, title)
    editor(question(alice)).click()
    return alice


def test_text_from_word_becomes_markdown_and_brings_nothing_else(site: Site) -> None:
    alice = open_review(site, "Pasted from Word")
    paste(question(alice), text_html=WORD, text_plain="What we saw ...")
    saved(alice)
    assert stored(site) == (
        "## What we saw\n\n"
        "Checkout was **slow** and _then_ gone, see [the graph](https://graphs.example.org/d/1)\n\n"
        "- first pool\n- second pool\n\n"
        "| Time | Errors |\n| --- | --- |\n| 14:02 | 18\\|20 |\n\n"
        "A drawing"
    )


def test_code_and_plain_text_are_pasted_as_they_are(site: Site) -> None:
    alice = open_review(site, "Pasted as it is")
    paste(question(alice), text_html="<span style='color:red'>if a &lt; b</span>",
          text_plain="if a < b")  # fmt: skip
    saved(alice)
    assert stored(site) == "if a < b"
    alice.keyboard.insert_text("\n\n```\n")
    paste(question(alice), text_html="<p><b>x</b></p>", text_plain="**x** = 1")
    saved(alice)
    assert stored(site).endswith("```\n**x** = 1")


def test_five_megabytes_are_not_taken_and_not_lost_and_that_is_said(site: Site) -> None:
    alice = open_review(site, "Far too much")
    much = "0123456789 words of a log\n" * 200_000
    paste(question(alice), text_plain=much)
    status = question(alice).get_by_role("status")
    expect(status).to_contain_text("200,000 fit", timeout=20_000)
    expect(status).to_contain_text("Not saved")
    assert len(shown(question(alice))) == len(much)
    assert stored(site) != much
    # Whoever takes the rest out again goes on.
    alice.keyboard.press("Control+a")
    alice.keyboard.insert_text("A link to the log instead.")
    saved(alice)
    assert stored(site) == "A link to the log instead."


@pytest.mark.parametrize("drop", [False, True], ids=["pasted", "dropped"])
def test_a_picture_is_kept_shown_and_seen_by_the_other(site: Site, *, drop: bool) -> None:
    alice = open_review(site, "With a picture")
    paste_file(question(alice), png(30, 20), "image/png", "graph.png", drop=drop)
    expect(editor(question(alice))).to_contain_text("![graph](/reviews/")
    saved(alice)
    question(alice).get_by_role("button", name="Preview").click()
    picture = question(alice).get_by_role("img", name="graph")
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.naturalWidth") == 30
    address = stored(site).split("(")[1].rstrip(")")
    answer = alice.request.get(address)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "image/png"
    assert "inline" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("content", "kind", "name", "told"),
    [
        (b"<script>alert(1)</script>", "image/png", "graph.png", "no picture we can show"),
        (huge_png(50_000, 50_000), "image/png", "huge.png", "too many for a page"),
        (png(2, 2) + b"\x00" * 3_100_000, "image/png", "large.png", "3 MB fit"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml", "drawing.svg", "PNG, JPEG, GIF or WebP"),
        (b"%PDF-1.7", "application/pdf", "paper.pdf", "PNG, JPEG, GIF or WebP"),
    ],
    ids=["no-picture", "many-pixels", "many-bytes", "svg", "pdf"],
)
def test_what_cannot_be_a_picture_is_refused_in_words_and_the_text_stays(
    site: Site, content: bytes, kind: str, name: str, told: str
) -> None:
    alice = open_review(site, "No picture")
    site.provoke("status of 422")
    write(question(alice), "Words before.")
    paste_file(question(alice), content, kind, name)
    expect(question(alice).get_by_role("status")).to_contain_text(told)
    alice.wait_for_timeout(2_000)
    assert shown(question(alice)).strip() == "Words before."


def test_a_script_in_markdown_is_shown_and_never_runs(site: Site) -> None:
    alice = open_review(site, "Scripts in Markdown")
    hostile = (
        "<script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) "
        "![y](data:text/html;base64,PHNjcmlwdD4=) <svg/onload=alert(4)>"
    )
    alice.keyboard.insert_text(hostile)
    saved(alice)
    question(alice).get_by_role("button", name="Preview").click()
    shown_text = question(alice).get_by_role("region", name="Preview")
    expect(shown_text).to_contain_text("<script>alert(1)</script>")
    assert shown_text.locator("script, svg, [onerror], a[href^=javascript]").count() == 0
    assert stored(site) == hostile


def test_names_are_offered_and_taken_with_the_keyboard_alone(site: Site) -> None:
    alice = open_review(site, "Names of things")
    alice.keyboard.type("Ask @bo")
    expect(alice.get_by_role("option").first).to_contain_text("Bob")
    alice.wait_for_timeout(120)
    alice.keyboard.press("Enter")
    alice.keyboard.type("about @check")
    expect(alice.get_by_role("option").first).to_contain_text("Checkout")
    alice.wait_for_timeout(120)
    alice.keyboard.press("Enter")
    alice.keyboard.type("and #inc-1")
    expect(alice.get_by_role("option").first).to_contain_text("INC-1")
    alice.wait_for_timeout(120)
    alice.keyboard.press("Enter")
    saved(alice)
    assert stored(site) == (
        "Ask @Bob about [Checkout](/services/checkout) and [INC-1](/incidents/INC-1)"
    )


def test_on_a_phone_the_editor_fits_and_saves(site: Site) -> None:
    facts = begin_review(site, site.window("alice"), "On a phone")
    phone = site.window("alice", viewport=PHONE, is_mobile=True, has_touch=True)
    phone.goto(facts)
    editor(question(phone)).tap()
    phone.keyboard.insert_text("Written on the train.")
    saved(phone)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
