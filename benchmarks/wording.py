"""How good wording hints are, and how quick: on labelled sentences, and on long texts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Timing, bound, print_rows, print_title
from benchmarks.past import SEED
from benchmarks.words import Writer
from tracker.domain.wording.hints import House
from tracker.reading.analyse.prose import prose_of
from tracker.reading.analyse.wording import engine_for, shipped_lists

SENTENCES = Path(__file__).parents[2] / "shared/data/wording_dev.jsonl"
# These were read last, after the rules had been measured on them: see docs/develop/benchmarks.md.
READ_LAST = ("wd-0109", "wd-0179")
LEAST_PRECISION, LEAST_RECALL, MOST_HARD = 0.95, 0.80, 0.02
WORDS, MOST_MS, MOST_PARAGRAPH_MS = 10_000, 200, 30


@dataclass(frozen=True)
class Judged:
    """What the hints made of labelled sentences; debatable ones do not count."""

    right: int
    wrong: int
    missed: int
    hard: int
    hard_marked: int
    same_kind: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def hard_share(self) -> float:
        return self.hard_marked / max(1, self.hard)


def measure_wording(*, times: int) -> None:
    """Prints precision and recall, where the sentences are at hand, and the time it takes."""
    print_title("Wording hints")
    if SENTENCES.is_file():
        rows = [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
        _print_quality(rows)
    else:
        print(f"no labelled sentences at hand ({SENTENCES.name}): quality is not measured")
    _print_speed(times)


def judge(rows: Sequence[dict[str, Any]]) -> Judged:
    """Each sentence is a text of its own, in its context."""
    numbers = {one.key: one.number for one in shipped_lists().categories.values()}
    counts = dict.fromkeys(("right", "wrong", "missed", "hard", "hard_marked", "same_kind"), 0)
    for row in rows:
        if row.get("debatable"):
            continue
        found = [
            numbers[one.category]
            for one in engine_for(House()).find(
                prose_of(row["text"]), row["text"], context=row["context"]
            )
            if one.category != "weak_action"
        ]
        counts["hard"] += bool(row["hard_negative"])
        counts["hard_marked"] += bool(row["hard_negative"] and found)
        if row["flag"]:
            counts["right" if found else "missed"] += 1
            counts["same_kind"] += bool(set(found) & set(row["categories"]))
        else:
            counts["wrong"] += bool(found)
    return Judged(**counts)


def _print_quality(rows: Sequence[dict[str, Any]]) -> None:
    held = [row for row in rows if READ_LAST[0] <= row["id"] <= READ_LAST[1]]
    seen = [row for row in rows if row not in held]
    print_rows(
        ("sentences", "scored", "precision", "recall", "hard marked", "same kind"),
        [
            (
                name,
                str(sum(1 for row in part if not row.get("debatable"))),
                f"{judged.precision:.3f}",
                f"{judged.recall:.3f}",
                f"{judged.hard_marked}/{judged.hard}",
                f"{judged.same_kind}/{judged.right}",
            )
            for name, part in (("all", rows), ("read first", seen), ("read last", held))
            for judged in (judge(part),)
        ],
    )
    judged = judge(rows)
    print(
        "; ".join(
            (
                bound(f"precision {LEAST_PRECISION}", met=judged.precision >= LEAST_PRECISION),
                bound(f"recall {LEAST_RECALL}", met=judged.recall >= LEAST_RECALL),
                bound(f"{MOST_HARD:.0%} of hard ones", met=judged.hard_share <= MOST_HARD),
            )
        )
    )


def _print_speed(times: int) -> None:
    writer = Writer(SEED)
    paragraphs = [
        f"{writer.prose(60)} Dana should have noticed it. We forgot to tell anyone, obviously."
        for _ in range(WORDS // 70)
    ]
    whole = "\n\n".join(paragraphs)
    engine_for(House()).find(prose_of(whole), whole)
    long = _timing(lambda: engine_for(House()).find(prose_of(whole), whole), times)
    short = _timing(lambda: engine_for(House()).find(prose_of(paragraphs[0]), paragraphs[0]), times)
    print(
        f"{len(whole.split()):,} words: median {long.median_ms:.0f} ms, p95 {long.p95_ms:.0f} ms; "
        + bound(f"{MOST_MS} ms", met=long.p95_ms < MOST_MS)
    )
    print(
        f"a paragraph of {len(paragraphs[0].split())} words: median {short.median_ms:.2f} ms, "
        f"p95 {short.p95_ms:.2f} ms; "
        + bound(f"{MOST_PARAGRAPH_MS} ms", met=short.p95_ms < MOST_PARAGRAPH_MS)
    )


def _timing(run: Callable[[], object], times: int) -> Timing:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return Timing(tuple(taken))
