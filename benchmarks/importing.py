"""Importing generated reports through the verb that people's imports go through."""

from __future__ import annotations

import time

from benchmarks.figures import bound, print_title
from benchmarks.past import SEED, TAGS
from benchmarks.words import Writer
from tracker.app import App
from tracker.importing.markdown_report import read_markdown
from tracker.usecases.share.imports import import_reports

LEAST_A_SECOND = 100


def measure_importing(app: App, *, reports: int) -> None:
    """Prints reports a second, without the index: reading and storing together, and each alone."""
    print_title("Import of generated reports, without the index")
    texts = [_report(Writer(SEED + number), number) for number in range(reports)]
    size = sum(map(len, texts)) / len(texts)
    began = time.perf_counter()
    read = [read_markdown(text, source_id=f"made-up-{n}") for n, text in enumerate(texts)]
    middle = time.perf_counter()
    with app.begin_as_system() as work:
        results = [outcome.result for outcome in import_reports(work, read)]
    ended = time.perf_counter()
    imported = results.count("imported")
    rate = imported / (ended - began)
    print(
        f"{imported:,} of {reports:,} reports of {size:,.0f} characters: {rate:.0f} a second "
        f"(reading alone {reports / (middle - began):.0f}, storing alone "
        f"{imported / (ended - middle):.0f}); "
        + bound(f"{LEAST_A_SECOND} a second", met=rate >= LEAST_A_SECOND)
    )


def _report(writer: Writer, number: int) -> str:
    chance = writer.chance
    timeline = "\n".join(
        f"- {9 + minute // 60:02d}:{minute % 60:02d} UTC: {writer.prose(15)}"
        for minute in range(0, 12 * 7, 7)
    )
    lists = {
        heading: "\n".join(f"- {writer.prose(words)}" for _ in range(count))
        for heading, count, words in (
            ("Contributing factors", 3, 25),
            ("Lessons learned", 2, 30),
            ("Action items", 4, 12),
        )
    }
    front = (
        f"---\ntitle: {writer.title()}\n"
        f"started_at: 2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}T09:00:00Z\n"
        f"severity: SEV{number % 4 + 1}\ntags: [{', '.join(chance.sample(TAGS, 3))}]\n---"
    )
    return "\n\n".join(
        [
            front,
            f"## Summary\n\n{writer.prose(80)}",
            f"## Impact\n\n{writer.prose(50)}",
            f"## Timeline\n\n{timeline}",
            *(f"## {heading}\n\n{text}" for heading, text in lists.items()),
            f"## What went well\n\n{writer.prose(40)}",
        ]
    )
