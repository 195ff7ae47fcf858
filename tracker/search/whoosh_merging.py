"""Which segments a commit merges, so that neither commits nor queries grow slow."""

from __future__ import annotations

from collections.abc import Sequence

from whoosh.codec.base import Segment as WhooshSegment
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

MANY_SMALL = 8
SMALL_DOCUMENTS = 30
MOST_MERGED = 60
MANY_SEGMENTS = 32
MOST_MERGED_WHEN_MANY = 400


def bounded_merging(
    writer: SegmentWriter, segments: Sequence[WhooshSegment]
) -> list[WhooshSegment]:
    """Merge the smallest segments into the one being written, and return those left alone.

    Whoosh's own policy now and then merges nearly everything, which stops the writer for seconds.
    This one rewrites at most MOST_MERGED documents, or MOST_MERGED_WHEN_MANY when segments have
    become many.
    """
    ordered = sorted(segments, key=_live)
    small = [segment for segment in ordered if _live(segment) <= SMALL_DOCUMENTS]
    if len(ordered) >= MANY_SEGMENTS:
        budget = MOST_MERGED_WHEN_MANY
    elif len(small) >= MANY_SMALL:
        budget = MOST_MERGED
    else:
        budget = 0
    merged: list[WhooshSegment] = []
    for segment in ordered:
        if _live(segment) > budget:
            break
        budget -= _live(segment)
        merged.append(segment)
    for segment in merged:
        if _live(segment):
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
    return [segment for segment in segments if segment not in merged]


def _live(segment: WhooshSegment) -> int:
    return int(segment.doc_count_all() - segment.deleted_count())
