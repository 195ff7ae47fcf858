"""Deliveries to another service, beside the worker's other work: what Slack or a mail server take
their time for holds up neither the search index nor reminders.
"""

from __future__ import annotations

import logging
import threading

from tracker.app import App
from tracker.outbox.deliveries import anything_due, wait_seconds
from tracker.outbox.delivering import deliver_round
from tracker.outbox.subscribers import SUBSCRIBERS

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 120.0
# One channel of Slack may have had enough while the others have not; Slack does not say which.
REFUSED_IN_A_ROW = 2
# A call that is on its way when the worker is told to stop may still come through.
LAST_CALL_SECONDS = 12.0


class ServiceDeliverer:
    """Makes the deliveries of one subscriber in a thread of its own, until ``stop``."""

    def __init__(self, app: App, name: str) -> None:
        self.app = app
        self.name = name
        self.delivered = 0
        self._refused = 0
        self._subscriber = next(one for one in SUBSCRIBERS if one.name == name)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Deliveries are made from now on."""
        self._thread.start()

    def stop(self) -> None:
        """No further delivery is begun; the one on its way gets a moment to end."""
        self._stop.set()
        self._thread.join(LAST_CALL_SECONDS)

    def _run(self) -> None:
        trouble = 0
        while not self._stop.is_set():
            try:
                pause = self._turn()
                trouble = 0
            except Exception:
                # The database is away, as the worker beside us will say too.
                trouble += 1
                pause = wait_seconds(min(trouble, 5))
                told = {"subscriber": self.name, "wait_seconds": pause}
                log.exception("deliverer_in_trouble", extra=told)
            if pause:
                self._stop.wait(pause)

    def _turn(self) -> float:
        """One delivery was tried; how long to wait before the next."""
        if not anything_due(self.app, [self.name]):
            return IDLE_SECONDS
        outcome = deliver_round(self.app, self._subscriber)
        self.delivered += outcome.delivered
        self._refused = self._refused + 1 if outcome.wait_seconds else 0
        if self._refused >= REFUSED_IN_A_ROW:
            # The service is away, or asks all of us to wait: that holds for every other one too.
            return min(outcome.wait_seconds, LONGEST_PAUSE_SECONDS)
        return 0.0 if outcome.claimed else IDLE_SECONDS
