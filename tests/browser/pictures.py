"""The pictures of the documentation, taken anew: ``python -m tests.browser.pictures [FOLDER]``.

The demo organisation is loaded into a folder of its own and served; nothing else is touched.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright
from sqlmodel import col, select

from tests.browser.conftest import PHONE, Site, served
from tracker.app import App
from tracker.cli.main import tracker
from tracker.models.action import Action
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.reading.references import ref
from tracker.settings import Settings

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
# A picture of more would slow the pages that show it.
MOST_BYTES = 250_000


@dataclass(frozen=True)
class Picture:
    """One file: which page, how it is looked at, and what is done before it is taken."""

    name: str
    address: str
    phone: bool = False
    scheme: str = "light"


def pictures(app: App) -> list[Picture]:
    """What is shown, with records of the demo that have something to tell."""
    with app.look_as_system() as look:
        going_on = look.session.exec(
            select(Incident).where(Incident.state == "investigating")
        ).first()
        draft = look.session.exec(
            select(Review).where(Review.template_key == "learning", Review.state == "draft")
        ).first()
        published = look.session.exec(
            select(Review)
            .where(Review.template_key == "learning", col(Review.published_version) > 0)
            .order_by(col(Review.id).desc())
        ).first()
        lesson = look.session.exec(select(Lesson).where(Lesson.state == "published")).first()
        assert going_on and draft and published and lesson
        incident, editor = ref(going_on), ref(draft)
        return [
            Picture("home", "/"),
            Picture("incidents", "/incidents"),
            Picture("incident", f"/incidents/{incident}"),
            Picture("declare", "/incidents/new"),
            Picture("review-editor", f"/reviews/{editor}/edit/factors"),
            Picture("review", f"/reviews/{ref(published)}"),
            Picture("actions", "/actions?view=board"),
            Picture("lesson", f"/lessons/{ref(lesson)}"),
            Picture("library", "/library?q=rollback"),
            Picture("phone-dark", f"/incidents/{incident}", phone=True, scheme="dark"),
        ]


def take(site: Site, folder: Path) -> None:
    """Every picture is in the folder, none of them larger than it may be."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in pictures(site.app):
        page = site.window(
            "somebody",
            viewport=PHONE if one.phone else SIZE,
            color_scheme=one.scheme,
            reduced_motion="reduce",
        )
        page.goto(one.address)
        _settled(page)
        target = folder / f"{one.name}.png"
        page.screenshot(path=target, animations="disabled")
        page.context.close()
        size = target.stat().st_size
        if size > MOST_BYTES:
            sys.exit(f"{target.name} has {size:,} bytes, more than {MOST_BYTES:,}")
        sys.stderr.write(f"  {size // 1000:>4} kB  {target.name}\n")
    if trouble := site.end_test():
        sys.exit("The pages were in trouble: " + "; ".join(trouble))


def _settled(page: Page) -> None:
    """Fonts and editors are there, and the cursor is in no field."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_timeout(300)


def main() -> None:
    """Loads the demo, serves it, takes the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("There is no Chromium on this machine; on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as data_dir, sync_playwright() as playwright:
        for command in ("migrate", "seed", "demo"):
            done = CliRunner().invoke(tracker, [command], env={"TRACKER_DATA_DIR": data_dir})
            if done.exit_code:
                sys.exit(done.output)
        app = App(Settings(data_dir=Path(data_dir)))
        with app.look_as_system() as look:
            # Somebody who has something to do sees a page that is worth a picture.
            person = look.session.exec(
                select(Person)
                .join(Action, col(Action.owner_id) == Person.id)
                .where(Action.state == "in_progress")
            ).first()
            assert person is not None
            emails = {"somebody": person.email}
        browser: Browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        with served(app, emails, browser) as site:
            take(site, folder)
        browser.close()


if __name__ == "__main__":
    main()
