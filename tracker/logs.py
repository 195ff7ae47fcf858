"""Logs: one JSON object a line on standard error, with a constant event name and ids.

A record is told as ``log.info("delivery_parked", extra={"delivery": 12})``. Names, tokens and free
text do not belong in a log; ids do.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

# Everything a LogRecord has by itself; what is left over is what the caller gave as ``extra``.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: at, level, event, logger, the ids, and where it broke."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without any line end inside."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if request := _request_id.get():
            line["request_id"] = request
        line.update({name: value for name, value in vars(record).items() if name not in _OWN})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def set_up_logs(level: str = "INFO") -> None:
    """Every logger of the process writes JSON lines to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Migrations tell every step at INFO; the command says what happened in one sentence.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # In a rush the server would warn at every request that others wait: a line for each, when
    # there is least time for it.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


@contextmanager
def request_logged_as(request_id: str) -> Iterator[None]:
    """Inside the block, every line of this thread or task carries the request's id."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)
