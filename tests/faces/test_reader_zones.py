"""Times on pages, each in the zone of its reader."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tracker.app import App


def _takes_zone(browser: Browser, zone: str) -> None:
    browser.post("/profile/time-zone", {"time_zone": zone}, page="/profile")


def test_two_readers_of_one_page_each_see_their_own_time(
    app: App, cast: Cast, browser: Callable[[str], Browser]
) -> None:
    declare(app, cast)
    alice, bob = browser("alice"), browser("bob")
    _takes_zone(alice, "Asia/Kolkata")
    _takes_zone(bob, "America/St_Johns")
    path = "/incidents/INC-1/times"
    alice.post(f"{path}/detected", {"at": "2026-06-01T14:20", "source": "staff"})
    assert "1 Jun 2026, 14:20 IST" in alice.get(path).text
    read_by_bob = bob.get(path)
    assert "1 Jun 2026, 06:20 NDT" in read_by_bob.text
    written = read_by_bob.response.text
    assert 'datetime="2026-06-01T08:50:00Z" title="2026-06-01 08:50:00 UTC"' in written
    assert "times in America/St_Johns" in bob.get("/incidents/INC-1").text


def test_a_zone_that_is_none_is_not_taken(cast: Cast, browser: Callable[[str], Browser]) -> None:
    alice = browser("alice")
    _takes_zone(alice, "Moon/Base")
    assert "Times are in UTC" in alice.get("/").text
