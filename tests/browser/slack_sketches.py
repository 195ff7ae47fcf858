"""Sketches of Slack's own pages for docs/operate/slack.md: where to click, what to copy.

They are drawn, not taken: ``python -m tests.browser.slack_sketches`` writes them anew. Slack's
pages look a little different every year; what is to be done there stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "docs/images"
WIDTH, HEIGHT, SIDE = 720, 300, 190
INK, SOFT, LINE, PAPER, MARK = "#1f2933", "#6b7680", "#c9d1d9", "#ffffff", "#b4540a"


@dataclass(frozen=True)
class Row:
    """One thing on the page. ``kind``: text, field, button, box; ``note`` is ours, in orange."""

    text: str
    kind: str = "text"
    note: str = ""


@dataclass(frozen=True)
class Sketch:
    """A page: its address, the menu at its side with the chosen entry, and what stands there."""

    name: str
    about: str
    place: str
    menu: tuple[str, ...]
    chosen: str
    rows: tuple[Row, ...]


SETTINGS = ("Basic Information", "Install App", "Manage Distribution", "App Manifest")
SKETCHES = (
    Sketch(
        "slack-step-1-manifest",
        "Create New App, From a manifest, your workspace, the tab JSON: paste, Next, Create",
        "api.slack.com/apps",
        ("1  From a manifest", "2  Your workspace", "3  JSON", "4  Create"),
        "3  JSON",
        (
            Row("Create an app from a manifest"),
            Row("YAML     [ JSON ]", note="choose JSON"),
            Row(
                '{ "display_information": { "name": "Tracker", ...', "box", "paste what was printed"
            ),
            Row("Next", "button", "then Create"),
        ),
    ),
    Sketch(
        "slack-step-2-signing-secret",
        "Basic Information, App Credentials: show the signing secret and copy it (HTTP)",
        "api.slack.com/apps/your app",
        SETTINGS,
        "Basic Information",
        (
            Row("App Credentials"),
            Row("Client ID        1234567.8901", note="only for installing by OAuth"),
            Row("Client Secret    ********   Show", note="only for installing by OAuth"),
            Row("Signing Secret   ********   Show", "field", "TRACKER_SLACK_SIGNING_SECRET"),
        ),
    ),
    Sketch(
        "slack-step-3-app-token",
        "Basic Information, App-Level Tokens: generate one with connections:write (Socket Mode)",
        "api.slack.com/apps/your app",
        SETTINGS,
        "Basic Information",
        (
            Row("App-Level Tokens"),
            Row("Generate Token and Scopes", "button", "first here"),
            Row("connections:write", "field", "add this scope, then Generate"),
            Row("xapp-1-...    Copy", "field", "TRACKER_SLACK_APP_TOKEN"),
        ),
    ),
    Sketch(
        "slack-step-4-install",
        "Install App: install to the workspace, allow, copy the bot token",
        "api.slack.com/apps/your app",
        SETTINGS,
        "Install App",
        (
            Row("OAuth Tokens"),
            Row("Install to Workspace", "button", "then Allow"),
            Row("Bot User OAuth Token"),
            Row("xoxb-...    Copy", "field", "TRACKER_SLACK_BOT_TOKEN"),
        ),
    ),
)


def drawn(sketch: Sketch) -> str:
    """The sketch as SVG."""
    parts = [
        _box(0, 0, WIDTH, HEIGHT, fill=PAPER),
        _box(0, 0, WIDTH, 34, fill="#eef1f4"),
        _text(16, 22, sketch.place, colour=SOFT),
        _text(WIDTH - 16, 22, "a sketch", colour=SOFT, anchor="end"),
        *_menu(sketch.menu, sketch.chosen),
        *_rows(sketch.rows),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="Verdana, DejaVu Sans, sans-serif" '
        f'font-size="13">\n<title>{escape(sketch.about)}</title>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _menu(entries: Sequence[str], chosen: str) -> list[str]:
    parts = [f'<path d="M{SIDE} 34 V{HEIGHT}" stroke="{LINE}"/>']
    for number, entry in enumerate(entries):
        y = 66 + 34 * number
        if entry == chosen:
            parts.append(_box(8, y - 20, SIDE - 16, 30, fill="#fdf0e4", stroke=MARK))
        parts.append(_text(18, y, entry, bold=entry == chosen))
    return parts


def _rows(rows: Sequence[Row]) -> list[str]:
    parts: list[str] = []
    x = SIDE + 24
    for number, row in enumerate(rows):
        y = 70 + 56 * number
        if row.kind in ("field", "box"):
            parts.append(_box(x - 8, y - 20, 300, 32, stroke=INK))
        elif row.kind == "button":
            parts.append(_box(x - 8, y - 20, 16 + 8.2 * len(row.text), 32, fill="#1f7a4d"))
        colour = PAPER if row.kind == "button" else INK
        heading = number == 0
        parts.append(_text(x, y, row.text[:44], colour=colour, bold=heading))
        if row.note:
            parts.append(_text(x, y + 28, "\u2191 " + row.note, colour=MARK, bold=True))
    return parts


def _box(x: float, y: float, width: float, height: float, *, fill: str = PAPER,
         stroke: str = LINE) -> str:  # fmt: skip
    return (
        f'<rect x="{x}" y="{y}" width="{width:.0f}" height="{height}" rx="4" fill="{fill}" '
        f'stroke="{stroke}"/>'
    )


def _text(
    x: float, y: float, words: str, *, colour: str = INK, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}"{weight} '
        f'xml:space="preserve">{escape(words)}</text>'
    )


def main() -> None:
    """Every sketch is written."""
    for sketch in SKETCHES:
        (IMAGES / f"{sketch.name}.svg").write_text(drawn(sketch))


if __name__ == "__main__":
    main()
