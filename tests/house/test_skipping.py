"""A skip is told with its reason, and fails where nothing may skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = "import pytest\ndef test_one() -> None:\n    pytest.skip('no moon tonight')\n"
FILE = "import pytest\npytest.skip('no moon tonight', allow_module_level=True)\n"


@pytest.mark.parametrize("text", [TEST, FILE], ids=["test", "file"])
@pytest.mark.parametrize(("nothing_skips", "fails"), [("", False), ("1", True)])
def test_a_skip_fails_where_nothing_may_skip(
    tmp_path: Path, text: str, nothing_skips: str, *, fails: bool
) -> None:
    (tmp_path / "test_moon.py").write_text(text)
    words = ["-m", "pytest", "-q", "-rs", "-p", "tests.skipping", "--rootdir", str(tmp_path)]
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, *words, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "TRACKER_TEST_NOTHING_SKIPS": nothing_skips, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no moon tonight" in done.stdout
    assert ("would skip" in done.stdout) is fails
    assert (done.returncode in (1, 2)) is fails
