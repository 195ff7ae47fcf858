"""The desk behind every listener: who is there, what may be done, and a word for every failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tracker.app import App
from tracker.db.turns import Turns
from tracker.domain.errors import DomainError
from tracker.slack.afterwards import Afterwards
from tracker.slack.verbs import VerbTable
from tracker.slack.visits import Answer, in_words

log = logging.getLogger(__name__)

Body = Mapping[str, Any]
# While one waits for the disk, one computes. More at once would not be quicker: they would take
# the interpreter from one another at every statement, most of all from the one whose turn it is
# to write, and the last of twenty would wait twice as long.
ANSWERED_AT_ONCE = 2


class Desk:
    """What all listeners share."""

    def __init__(self, app: App, table: VerbTable) -> None:
        self.app = app
        self.table = table
        self.afterwards = Afterwards(app)
        self._turns = Turns(ANSWERED_AT_ONCE)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Two are answered at a time, the others wait in line. Slack is not asked in here."""
        with self._turns.take():
            yield

    def safely(self, run: Callable[[], Answer]) -> Answer:
        """The answer, or in words why there is none. Nothing was stored then."""
        try:
            return run()
        except DomainError as error:
            return Answer(text=in_words(error))
        except Exception:
            log.exception("slack_request_failed")
            return Answer(text=self.afterwards.apology)


def team_of(body: Body) -> str:
    team = body.get("team") or {}
    return str(team.get("id") or (body.get("user") or {}).get("team_id") or "")
