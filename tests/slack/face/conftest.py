"""People in Slack before the tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import Stage, on_stage


@pytest.fixture
def stage(room: SlackRoom) -> Iterator[Stage]:
    """The people of the cast are known; nothing has happened yet."""
    with on_stage(room) as one:
        yield one


@pytest.fixture
def inside(stage: Stage) -> Stage:
    """As ``stage``, in the channel of INC-1, a SEV1 that Alice declared."""
    stage.enter(stage.room.declare())
    return stage


@pytest.fixture
def strangers(room: SlackRoom) -> Iterator[Stage]:
    """Nobody in Slack is known to the tracker yet."""
    with on_stage(room, known=False) as one:
        yield one
