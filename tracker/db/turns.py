"""Turns in the order of asking.

Python's own locks are taken by whoever comes at the right moment: a thread that has just finished
and begins its next request is awake, and passes those that wait. Of twenty people at once the
unlucky one then waits many times as long as the others.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Some places, and a line before them that nobody jumps. Not to be taken twice by a thread."""

    def __init__(self, places: int = 1) -> None:
        self._free = places
        self._line: deque[threading.Lock] = deque()
        self._guard = threading.Lock()

    @contextmanager
    def take(self, *, patience: float = -1) -> Iterator[bool]:
        """It is this thread's turn: True; or False, after so many seconds in the line."""
        taken = self._take(patience)
        try:
            yield taken
        finally:
            if taken:
                self._give()

    def _take(self, patience: float) -> bool:
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            # Held from the beginning; whoever gives the turn lets go of it.
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        if mine.acquire(timeout=patience):
            return True
        with self._guard:
            if mine in self._line:
                self._line.remove(mine)
                return False
        # It was given at the last moment.
        return True

    def _give(self) -> None:
        with self._guard:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1
