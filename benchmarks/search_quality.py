"""How well search ranks: nDCG@10 and recall@10 over judged queries, by kind of query.

Usage: python benchmarks/search_quality.py REPORTS.jsonl QUERIES.jsonl

REPORTS has one object a line with id, title, body_markdown and derived_tags; QUERIES one object a
line with query, kind and relevant {id: grade}. Queries of the kind "similar" are texts and go to
`similar`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import log2
from pathlib import Path
from statistics import mean, median
from typing import Any

from tracker.search.excerpt import plain_text
from tracker.search.index import SearchDocument, SearchQuery
from tracker.search.whoosh_index import WhooshIndex

DEPTH = 10


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Each line of the file as an object."""
    with path.open(encoding="utf-8") as held:
        for line in held:
            yield json.loads(line)


def ndcg(found: Sequence[str], relevant: Mapping[str, int]) -> float:
    """How much of the best possible order was reached, 0 to 1. Source: Järvelin and Kekäläinen
    2002.
    """
    ideal = sorted(relevant.values(), reverse=True)[:DEPTH]
    return _gain([relevant.get(ref, 0) for ref in found[:DEPTH]]) / _gain(ideal)


def recall(found: Sequence[str], relevant: Mapping[str, int]) -> float:
    """How many of the relevant records are among the first ten, 0 to 1."""
    return len(set(found[:DEPTH]) & set(relevant)) / len(relevant)


def main(reports: Path, queries: Path) -> None:
    """Index the reports, ask each query both for hits and for its time, and print a table."""
    names: dict[str, str] = {}
    documents: list[SearchDocument] = []
    for number, report in enumerate(lines(reports), start=1):
        names[f"REV-{number}"] = report["id"]
        documents.append(
            SearchDocument(
                ref=f"REV-{number}",
                kind="review",
                title=report["title"],
                body=plain_text(report["body_markdown"]),
                tags=tuple(report["derived_tags"]),
            )
        )
    judged: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        index = WhooshIndex(Path(folder))
        index.rebuild(documents)
        for query in lines(queries):
            began = time.perf_counter()
            if query["kind"] == "similar":
                hits = index.similar(query["query"], readable_circles=None, limit=DEPTH)
            else:
                hits = index.search(SearchQuery(text=query["query"], limit=DEPTH)).hits
            took = (time.perf_counter() - began) * 1000
            found = [names[hit.ref] for hit in hits]
            judged[query["kind"]].append(
                (ndcg(found, query["relevant"]), recall(found, query["relevant"]), took)
            )
    everything = [one for several in judged.values() for one in several]
    print(f"{'kind':<10} {'queries':>7} {'nDCG@10':>8} {'recall@10':>9} {'median ms':>9}")
    for kind, several in [*sorted(judged.items()), ("all", everything)]:
        gains, recalls, times = zip(*several, strict=True)
        print(
            f"{kind:<10} {len(several):>7} {mean(gains):>8.3f} {mean(recalls):>9.3f} "
            f"{median(times):>9.1f}"
        )


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
