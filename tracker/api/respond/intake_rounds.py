"""Messages that come at the same moment are stored in one transaction, each answered after it.

A commit waits for the disk. Whoever comes first writes; who comes meanwhile waits and is written
together with all the others that wait, by the first of them. It gives those that are being read at
this moment, and as many as there were a moment ago, some milliseconds to come along; a message
that is alone waits for nobody. Whoever is stored is called by name and answers at once: were they
to queue for a lock, the next round would take it first, and the answers would wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import DataError, SQLAlchemyError

from tracker.app import App
from tracker.domain.errors import DomainError
from tracker.usecases.respond.alerts import INTAKE, Message, Taken, take_in

MOST_TOGETHER = 64
WAIT_SECONDS = 20.0
COME_ALONG_SECONDS = 0.02


class BusyError(Exception):
    """The message could not be stored in time. Its sender should come again."""


@dataclass(eq=False)
class _Waiting:
    message: Message
    taken: Taken | None = None
    error: Exception = field(default_factory=BusyError)
    # Set when it is stored or refused, and when the next round is its to lead.
    called: threading.Event = field(default_factory=threading.Event)
    leads: bool = False


class IntakeRounds:
    """The queue of one process before the database."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._waiting: list[_Waiting] = []
        self._door = threading.Lock()
        # True while somebody stores a round or was called to store the next one.
        self._led = False
        # Who is being read, and has not come to give its message yet.
        self._coming: set[int] = set()
        self._came = threading.Condition(self._door)
        # So many were under way when the last round was over: in a rush they are back at once.
        self._expected = 1

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Around the whole of a request: until it gives its message, a round waits a little."""
        with self._door:
            self._coming.add(threading.get_ident())
        try:
            yield
        finally:
            with self._door:
                self._has_come()

    def _has_come(self) -> None:
        self._coming.discard(threading.get_ident())
        if self._all_came():
            self._came.notify_all()

    def _all_came(self) -> bool:
        return not self._coming and len(self._waiting) >= self._expected

    def give(self, message: Message) -> Taken:
        """What became of the message, which is committed by then.

        Raises: BusyError, DomainError, SQLAlchemyError; nothing is stored then.
        """
        mine = _Waiting(message)
        with self._door:
            self._waiting.append(mine)
            self._has_come()
            mine.leads = not self._led
            self._led = True
        if not mine.leads and not mine.called.wait(WAIT_SECONDS):
            self._withdraw(mine)
            # Somebody is writing it at this moment; the database itself gives up after a while.
            mine.called.wait(WAIT_SECONDS)
        if mine.leads:
            self._lead()
        if mine.taken is None:
            raise mine.error
        return mine.taken

    def _withdraw(self, mine: _Waiting) -> None:
        """Raises: BusyError when nobody has begun to store it; nobody will."""
        with self._door:
            if mine in self._waiting and not mine.leads:
                self._waiting.remove(mine)
                raise BusyError

    def _lead(self) -> None:
        """The round of all who wait now is stored; the first who came meanwhile leads the next."""
        together: list[_Waiting] = []
        try:
            with self._door:
                self._came.wait_for(self._all_came, COME_ALONG_SECONDS)
                together = self._waiting[:MOST_TOGETHER]
                del self._waiting[:MOST_TOGETHER]
            self._store(together)
        finally:
            with self._door:
                under_way = len(together) + len(self._waiting) + len(self._coming)
                self._expected = min(under_way, MOST_TOGETHER)
                self._led = bool(self._waiting)
                if self._led:
                    self._waiting[0].leads = True
                    self._waiting[0].called.set()
            # Whatever happened here, nobody waits for ever: an error nobody foresaw is a busy one.
            for one in together:
                one.called.set()

    def _store(self, together: Sequence[_Waiting]) -> None:
        try:
            with self._app.begin(INTAKE) as work:
                answers = take_in(work, [one.message for one in together])
            for one, taken in zip(together, answers, strict=True):
                one.taken = taken
        except (DomainError, DataError) as error:
            if len(together) == 1:
                together[0].error = error
                return
            # One of them cannot be stored; the others are not to pay for it.
            for one in together:
                self._store([one])
        except SQLAlchemyError as error:
            for one in together:
                one.error = error
