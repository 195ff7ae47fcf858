"""Where everything is installed nothing may skip: with TRACKER_TEST_NOTHING_SKIPS a skip fails."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

NOTHING_SKIPS = os.environ.get("TRACKER_TEST_NOTHING_SKIPS", "") not in ("", "0")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that skips where nothing may is told as failed, with the reason it gave."""
    report = yield
    _fail_a_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips while it is read."""
    report = yield
    _fail_a_skip(report)
    return report


def _fail_a_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not NOTHING_SKIPS or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"TRACKER_TEST_NOTHING_SKIPS is set, and this would skip: {reason}"
