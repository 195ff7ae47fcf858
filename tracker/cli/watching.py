"""A child process that is started again when it ends by itself."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

log = logging.getLogger(__name__)

# Waits between starts; the last one stays. A child that lived long enough begins anew.
WAITS_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
LIVED_LONG_SECONDS = 60.0
LOOP_AFTER = 4
PATIENCE_SECONDS = 15.0


class WatchedChild:
    """A program that runs as long as this process wants it to."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)

    @property
    def pid(self) -> int:
        """The process id of the child, 0 while there is none."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else 0

    def start(self) -> None:
        """The child runs, and is watched from now on."""
        self._launch()
        self._watcher.start()

    def stop(self) -> None:
        """The child has ended: asked to first, made to after PATIENCE_SECONDS."""
        with self._lock:
            self._ending.set()
            child = self._child
        if child is None:
            return
        child.terminate()
        try:
            child.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("worker_did_not_end", extra={"pid": child.pid})
            child.kill()
            child.wait()

    def _launch(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ending.is_set():
                return None
            self._child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words
            return self._child

    def _watch(self) -> None:
        ends = 0
        child = self._child
        while child is not None:
            started = time.monotonic()
            code = child.wait()
            if self._ending.is_set():
                return
            ends = 0 if time.monotonic() - started >= LIVED_LONG_SECONDS else ends + 1
            wait = WAITS_SECONDS[min(max(ends - 1, 0), len(WAITS_SECONDS) - 1)]
            event = "worker_ends_again_and_again" if ends >= LOOP_AFTER else "worker_ended"
            level = logging.ERROR if ends >= LOOP_AFTER else logging.WARNING
            ids = {"pid": child.pid, "exit_code": code, "ends": ends, "wait_seconds": wait}
            log.log(level, event, extra=ids)
            if self._ending.wait(wait):
                return
            child = self._launch()
