"""Who may bring records into the search index: one process at a time on this machine.

Two at once could read a record before and after a change and write it in the wrong order, and
search would keep the older words. The operating system lets go of the lock when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class IndexerLock:
    """The right to bring records into the index in ``data_dir``. Not yet held when made."""

    def __init__(self, data_dir: Path) -> None:
        # Beside the index and not in it: the index folder may be deleted at any time.
        self._path = data_dir / "indexer.lock"
        self._handle: int | None = None

    def take(self) -> bool:
        """True when this process holds it now, False when another one does."""
        if self._handle is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Another process may take it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
