"""Bringing the search index up to date outside of a worker, for a command that must know."""

from __future__ import annotations

import time

from tracker.app import App
from tracker.outbox.delivering import deliver_round
from tracker.outbox.health import index_is_behind
from tracker.outbox.indexer_lock import IndexerLock
from tracker.outbox.subscribers import INDEX, SUBSCRIBERS
from tracker.outbox.worker import rebuild_index
from tracker.search.index import silent_progress

PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.1


def catch_up_index(app: App, *, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """True when everything that happened before is in the index.

    A running worker is waited for; without one the work is done here. False when patience ran out
    or something cannot be indexed just now.
    """
    until = time.monotonic() + patience_seconds
    lock = IndexerLock(app.settings.data_dir)
    while index_is_behind(app):
        if lock.take():
            try:
                return _catch_up(app)
            finally:
                lock.release()
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_AGAIN_SECONDS)
    return True


def _catch_up(app: App) -> bool:
    if not app.index.is_current():
        rebuild_index(app, progress=silent_progress)
    subscriber = next(one for one in SUBSCRIBERS if one.name == INDEX)
    while deliver_round(app, subscriber).claimed:
        pass
    return not index_is_behind(app)
