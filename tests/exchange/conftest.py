"""Small reports of our own, and the demo loaded once for each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.conftest import MONDAY, HandClock, _settings
from tracker.app import App
from tracker.assets import folder
from tracker.cli.main import tracker
from tracker.configuration.folder import read_folder
from tracker.importing.procedures import read_procedure
from tracker.importing.report import (
    ActionItem,
    FactorItem,
    LessonItem,
    Report,
    ReportSource,
    TimelineItem,
)
from tracker.usecases.demo.loading import DemoOutcome, load_demo

AT = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


def report_of(source_id: str = "one", **changes: Any) -> Report:
    """A report that says something in every section."""
    told: dict[str, Any] = {
        "title": "Mail stood still for an hour",
        "source": ReportSource(
            source_id=source_id,
            collection="own/reports",
            url="https://example.org/one",
            licence="CC0",
            attribution="Our own example",
            original_markdown="# Mail stood still\n\nThe queue was full.",
        ),
        "organisation": "Example Post",
        "started_at": AT,
        "started_precision": "instant",
        "detected_at": AT.replace(minute=10),
        "mitigated_at": AT.replace(minute=40),
        "resolved_at": AT.replace(hour=10),
        "severity_text": "Severity: SEV-2",
        "tags": ("Mail", "queue"),
        "services": ("ledger", "not in the catalogue"),
        "summary": "The mail queue was full. Nothing left it for an hour.",
        "impact": "4,000 mails were late.",
        "went_well": "The graph showed it at once.",
        "timeline": (
            TimelineItem(at=AT, at_text="09:00", text="First bounce"),
            TimelineItem(at=None, at_text="a little later", text="Somebody looks"),
            TimelineItem(at=AT.replace(minute=40), at_text="09:40", text="Queue emptied"),
        ),
        "factors": (
            FactorItem(title="No alert", text="There was no alert on the length of the queue."),
            FactorItem(title="Odd", text="The moon was in the wrong house."),
        ),
        "lessons": (
            LessonItem(title="Watch queues", text="A queue fills quietly. Alert on its age."),
            LessonItem(title="Quiet", text="Full queues are quiet."),
        ),
        "actions": (
            ActionItem(
                title="Alert on queue age", detail="Alert on queue age (Kim)", kind="detect"
            ),
            ActionItem(title="Empty the queue", detail="Empty the queue", done=True),
        ),
        "other_sections": (("Thanks", "To everybody who helped."),),
    }
    return Report(**{**told, **changes})


@dataclass(frozen=True)
class Demo:
    """A tracker with the demo in it, for looking only."""

    app: App
    clock: HandClock
    outcome: DemoOutcome


@pytest.fixture(scope="module")
def loaded_demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on SQLite, loaded once for all tests of a file."""
    data_dir = tmp_path_factory.mktemp("demo")
    (data_dir / "tracker.sqlite3").write_bytes(sqlite_template.read_bytes())
    clock = HandClock(MONDAY)
    app = App(_settings(data_dir, ""), clock=clock, durable=False)
    yield Demo(app, clock, _loader()(app, clock))
    app.close()


@pytest.fixture
def demo() -> Callable[[App, HandClock], DemoOutcome]:
    """Loads the demo into an App that goes by this clock."""
    return _loader()


def _loader() -> Callable[[App, HandClock], DemoOutcome]:
    def load(app: App, clock: HandClock) -> DemoOutcome:
        place = folder("seed") / "demo"
        clock.now = clock.now.replace(second=0, microsecond=0)
        return load_demo(
            app,
            clock,
            organisation=_yaml(place / "organisation.yaml"),
            incidents=[_yaml(path) for path in sorted((place / "incidents").glob("*.yaml"))],
            procedures=[
                read_procedure(path.read_text(encoding="utf-8"))
                for path in sorted((place / "procedures").glob("*.md"))
            ],
            configuration=read_folder(place / "policy"),
        )

    return load


def _yaml(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@dataclass(frozen=True)
class Shell:
    """The command line in the environment of one App."""

    environment: dict[str, str]

    def run(self, *words: object) -> Result:
        """What ``tracker WORDS`` printed, and its exit code."""
        return CliRunner().invoke(
            tracker, [str(word) for word in words], env=self.environment, catch_exceptions=False
        )


def shell_of(app: App) -> Shell:
    """A shell whose settings lead to this App's database."""
    given = app.settings
    return Shell(
        {
            "TRACKER_DATA_DIR": str(given.data_dir),
            "TRACKER_DATABASE_URL": given.database_url,
            "TRACKER_SECRET_KEY": given.secret_key,
        }
    )


def written(app: App, place: Path) -> Path:
    """The folder, with an export of this App in it."""
    result = shell_of(app).run("export", place)
    assert result.exit_code == 0, result.output
    return place


def brought_in(app: App, place: Path) -> None:
    """The export in this folder is in the App's database."""
    result = shell_of(app).run("import", "export", place)
    assert result.exit_code == 0, result.output


def files_of(place: Path) -> dict[str, str]:
    """The text of every file below the folder, by its path."""
    return {
        path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }
