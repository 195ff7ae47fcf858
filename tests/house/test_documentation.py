"""The documentation says what is so, and names everything it must."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.generated import PAGES, ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("seed/**/*.md")])


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text() == PAGES[name](), "run: make docs"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    reasons = (ROOT / "docs/develop/dependencies.md").read_text()
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["test"],
        *project["dependency-groups"]["build"],
    ]
    for requirement in wanted:
        name = re.split(r"[\[<>=~! ]", requirement)[0]
        assert f"`{name}`" in reasons, f"docs/develop/dependencies.md does not name {name}"


def test_the_readme_names_its_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make run" in readme
    assert "make test" in readme


def test_every_decision_record_has_its_five_parts() -> None:
    for path in sorted((ROOT / "docs/adr").glob("[0-9]*.md")):
        text = path.read_text().lower()
        for part in ("context", "decision", "alternatives", "consequences", "change our mind"):
            assert part in text, f"{path.name} has no part “{part}”"
