"""Imported reports: one report becomes a closed incident with its published review.

Nobody's later work is overwritten: a report that is known stays as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import DomainError
from tracker.domain.imported import storable
from tracker.importing.report import Report, ReportSource
from tracker.usecases.policy import require_policy
from tracker.usecases.share.imported_facts import clip, title_of
from tracker.usecases.share.imported_rows import ReportRows, Shelf

CHECKPOINT_EVERY = 50
# Their rows share their round trips.
TOGETHER = 10

Result = Literal["imported", "unchanged", "changed at the source", "broken"]


@dataclass(frozen=True, kw_only=True)
class ImportOutcome:
    """What became of one report, and how much of it was recognised."""

    result: Result
    collection: str
    source_id: str
    title: str
    incident_id: int = 0
    why: str = ""
    found: Counter[str] = field(default_factory=Counter)


def import_reports(work: Work, reports: Iterable[Report]) -> Iterator[ImportOutcome]:
    """One outcome for each report, in order. Every fifty are committed.

    Afterwards a report is a closed incident with a published review, or was known already. One
    that cannot be stored is undone alone and comes back ``broken`` with the reason.
    Raises: NotPermitted, NotAllowed without a policy.
    Emits: incident.declared, review.moved, action.proposed, lesson.moved.
    """
    work.permit("import_records")
    require_policy(work)
    shelf = Shelf(work)
    together: list[_Job] = []
    since_commit = 0
    for report in reports:
        together.append(_Job(report))
        if len(together) == TOGETHER:
            yield from _import_together(work, shelf, together)
            since_commit += TOGETHER
            together = []
        if since_commit >= CHECKPOINT_EVERY:
            work.checkpoint()
            since_commit = 0
    yield from _import_together(work, shelf, together)


class _Job:
    """A report, what it is known by, and what became of it."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.key = (clip(report.source.collection, 60), _id_that_fits(report.source.source_id))
        self.digest = _digest_of(report)
        self.result: Result = "broken"
        self.why = ""
        self.incident_id = 0
        self.found: Counter[str] = Counter()

    def outcome(self) -> ImportOutcome:
        return ImportOutcome(
            result=self.result,
            collection=self.key[0],
            source_id=self.key[1],
            title=title_of(self.report),
            incident_id=self.incident_id,
            why=self.why,
            found=self.found,
        )


def _import_together(work: Work, shelf: Shelf, jobs: list[_Job]) -> Iterator[ImportOutcome]:
    """Rows of several reports go to the database together; when it refuses, one by one."""
    new: dict[tuple[str, str], _Job] = {}
    for job in jobs:
        if job.key not in shelf.known:
            new.setdefault(job.key, job)
    if new and not _store(work, shelf, list(new.values())):
        for job in new.values():
            _store(work, shelf, [job])
    for job in jobs:
        if job is not new.get(job.key) and job.key in shelf.known:
            digest, job.incident_id = shelf.known[job.key]
            job.result = "unchanged" if digest == job.digest else "changed at the source"
            if digest != job.digest:
                job.why = "It has changed at the source and is kept here as it is."
        yield job.outcome()


def _store(work: Work, shelf: Shelf, jobs: list[_Job]) -> bool:
    """True when all of them are stored; else none is, and a single one knows why."""
    try:
        with work.savepoint():
            made = [
                ReportRows(work, shelf, job.report, key=job.key, digest=job.digest) for job in jobs
            ]
            work.add_all(row for one in made for row in one.first_rows())
            work.add_all(row for one in made for row in one.second_rows())
            work.add_all(row for one in made for row in one.third_rows())
            for one in made:
                one.tell()
    except OperationalError:
        # The database itself is in trouble: going on would only repeat it.
        raise
    except (SQLAlchemyError, DomainError, ValueError) as error:
        jobs[0].why = _plain_reason(error)
        return False
    for job, one in zip(jobs, made, strict=True):
        job.result, job.why = "imported", ""
        job.incident_id, job.found = one.incident.key, one.found
        shelf.known[job.key] = (job.digest, one.incident.key)
    return True


def _id_that_fits(source_id: str) -> str:
    """The id as it is; one that is too long keeps its beginning and a digest of the whole."""
    name = storable(source_id)
    if len(name) <= asks.TITLE_LIMIT:
        return name
    return f"{name[:150]}…{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _digest_of(report: Report) -> str:
    """Over what the source says, not over how this version of the tracker reads it."""
    source: ReportSource = report.source
    parts = (source.original_markdown, source.url, source.licence, source.attribution)
    return hashlib.sha256("\x1f".join(map(storable, parts)).encode()).hexdigest()


def _plain_reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        return "; ".join(gap.message for gap in error.gaps) or error.message
    if isinstance(error, SQLAlchemyError):
        return "The database refused it: " + str(getattr(error, "orig", error)).split("\n")[0][:200]
    return str(error)[:200]
