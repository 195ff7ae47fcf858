"""The search index on Whoosh: files on disk, many reading processes, one writing process.

The folder holds `current.json`, which names the index in use and the stamp of the code that built
it, that index in a folder of its own, and a lock. A rebuild writes a new folder and replaces
`current.json`, so readers have either the old index or the new one.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from whoosh.index import FileIndex, create_in, open_dir
from whoosh.util.filelock import FileLock, try_for
from whoosh.writing import IndexWriter

from tracker.search import ranking
from tracker.search.corrections import corrected_words
from tracker.search.index import (
    IndexBusyError,
    SearchDocument,
    SearchHit,
    SearchIndex,
    SearchPage,
    SearchQuery,
    silent_progress,
)
from tracker.search.query import parse
from tracker.search.synonyms import DEFAULT_SYNONYMS, Synonyms
from tracker.search.telling import telling_words
from tracker.search.whoosh_merging import bounded_merging
from tracker.search.whoosh_schema import schema, stamp, stored
from tracker.search.whoosh_segment import DamagedSegmentError, Segment, bits_of

log = logging.getLogger(__name__)

CURRENT = "current.json"
LOCK_WAIT_SECONDS = 10.0
WRITER_MEMORY_MEGABYTES = 128
PROGRESS_EVERY = 25
OPEN_ATTEMPTS = 3
VIEWS_KEPT = 16
_PREFIX = "index-"


@dataclass(frozen=True)
class _Marker:
    """What `current.json` says."""

    name: str
    stamp: str
    whole: bool


@dataclass(frozen=True)
class _Snapshot:
    """The segments of one generation, and views of them by what a person may read."""

    key: tuple[str, int]
    segments: tuple[Segment, ...]
    names: tuple[str, ...]
    live: tuple[int, ...]
    views: OrderedDict[frozenset[int] | None, ranking.View]

    def view(self, circles: frozenset[int] | None) -> ranking.View:
        """Return what members of these circles may read; the last few are kept."""
        known = self.views.get(circles)
        if known is None:
            known = ranking.View(self.segments, self.live, circles)
            self.views[circles] = known
            while len(self.views) > VIEWS_KEPT:
                self.views.popitem(last=False)
        return known


class WhooshIndex(SearchIndex):
    """A SearchIndex in a folder. A missing or broken folder reads as empty until a rebuild."""

    def __init__(self, folder: Path, *, synonyms: Synonyms = DEFAULT_SYNONYMS) -> None:
        """Touch nothing on disk yet."""
        self._folder = folder
        self._synonyms = synonyms
        self._lock = RLock()
        self._stamp = stamp()
        self._snapshot = _nothing()
        self._damaged = ""
        self._handle: FileIndex | None = None
        self._complaint = ""

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer a query; see SearchIndex."""
        try:
            return self._answer(query)
        except DamagedSegmentError as error:
            self._set_aside(error)
            return self._answer(query)

    def _answer(self, query: SearchQuery) -> SearchPage:
        with self._lock:
            view = self._latest().view(query.readable_circles)
        parsed = parse(query.text, self._synonyms)
        fix = corrected_words(view, query.text, parsed.nodes)
        answer = ranking.Answer(view, fix.nodes, fix.weights)
        sets = everything = answer.all_words()
        total = ranking.size(ranking.filtered(view, sets, query.filters))
        if total < ranking.FEW_HITS and answer.can_relax:
            most = answer.most_words()
            sets = tuple(left | right for left, right in zip(everything, most, strict=True))
            total = ranking.size(ranking.filtered(view, sets, query.filters))
        kept = ranking.filtered(view, sets, query.filters)
        last = max(query.offset, 0) + max(query.limit, 0)
        if query.sort == "newest" or not answer.is_ranked:
            places = ranking.newest(view, kept, last)
        else:
            first = everything if answer.is_short else kept
            places = ranking.best(view, answer, kept, first, last)
        return SearchPage(
            hits=tuple(_hit(view, place) for place in places[max(query.offset, 0) :]),
            total=total,
            facets=ranking.facet_counts(view, sets, query.filters),
            hint=" ".join(text for text in (parsed.hint, answer.hint) if text),
            corrected=fix.text,
            terms=answer.terms,
        )

    def similar(
        self,
        text: str,
        *,
        readable_circles: frozenset[int] | None,
        exclude: frozenset[str] = frozenset(),
        kinds: tuple[str, ...] = (),
        limit: int = 5,
    ) -> tuple[SearchHit, ...]:
        """Rank by the most telling words of the text; see SearchIndex."""
        try:
            return self._like(text, readable_circles, exclude, kinds, limit)
        except DamagedSegmentError as error:
            self._set_aside(error)
            return ()

    def _like(
        self,
        text: str,
        circles: frozenset[int] | None,
        exclude: frozenset[str],
        kinds: tuple[str, ...],
        limit: int,
    ) -> tuple[SearchHit, ...]:
        with self._lock:
            view = self._latest().view(circles)
        nodes, weights = telling_words(view, text)
        if not nodes:
            return ()
        answer = ranking.Answer(view, nodes, weights)
        kept = ranking.filtered(
            view, answer.some_words(2 if len(nodes) > 2 else 1), {"kind": kinds}
        )
        places = ranking.best(view, answer, kept, kept, max(limit, 0) + len(exclude))
        hits = [_hit(view, place) for place in places]
        return tuple(hit for hit in hits if hit.ref not in exclude)[: max(limit, 0)]

    def write(self, put: Iterable[SearchDocument], delete: Iterable[str]) -> None:
        """Write one batch in one commit; see SearchIndex."""
        newest = {document.ref: document for document in put}
        gone = {*delete, *newest}
        if not gone:
            return
        with self._writing():
            index = self._usable() or self._started()
            _put(index, newest, gone)

    def rebuild(
        self,
        documents: Iterable[SearchDocument],
        *,
        progress: Callable[[int], None] = silent_progress,
    ) -> int:
        """Build beside and swap; see SearchIndex."""
        with self._writing():
            name = _new_name()
            index = _create(self._folder / name)
            seen: set[str] = set()
            again: dict[str, SearchDocument] = {}
            try:
                # Whoosh copies a compound file into memory and maps others; this one is large.
                with _writer(index, compound=False) as writer:
                    for done, document in enumerate(documents, start=1):
                        if document.ref in seen:
                            again[document.ref] = document
                            continue
                        seen.add(document.ref)
                        writer.add_document(**stored(document))
                        if done % PROGRESS_EVERY == 0:
                            progress(done)
                _put(index, again, set(again))
            except BaseException:
                shutil.rmtree(self._folder / name, ignore_errors=True)
                raise
            self._point_to(_Marker(name, self._stamp, whole=True))
            self._sweep(name)
            progress(len(seen))
            return len(seen)

    def is_current(self) -> bool:
        """Say whether the index opens, is whole and was built by this code; see SearchIndex."""
        marker = self._marker()
        if marker is None or not marker.whole or marker.stamp != self._stamp:
            return False
        with self._lock:
            return self._latest().key[0] == marker.name

    def count(self) -> int:
        """Count every document."""
        with self._lock:
            return sum(bits.bit_count() for bits in self._latest().live)

    def _set_aside(self, error: DamagedSegmentError) -> None:
        """Read this index as empty from now on; the next rebuild has another name."""
        with self._lock:
            log.warning("search_index_damaged", extra={"reason": str(error)})
            self._damaged = self._snapshot.key[0]

    def _latest(self) -> _Snapshot:
        """Return the newest generation; unchanged segments keep all that they decoded."""
        reason = ""
        for _attempt in range(OPEN_ATTEMPTS):
            marker = self._marker()
            if marker is None or marker.stamp != self._stamp or marker.name == self._damaged:
                break
            try:
                return self._opened(marker)
            except Exception as error:  # noqa: BLE001 - a damaged file raises anything inside Whoosh
                # A swap or a merge between two reads looks the same, and is over soon.
                reason = type(error).__name__
                self._handle = None
        if reason and reason != self._complaint:
            log.warning("search_index_unreadable", extra={"reason": reason})
        self._complaint = reason
        self._snapshot = _nothing()
        return self._snapshot

    def _opened(self, marker: _Marker) -> _Snapshot:
        index = self._handle
        if index is None or marker.name != self._snapshot.key[0]:
            index = self._handle = _open(self._folder / marker.name)
        key = (marker.name, index.latest_generation())
        if key == self._snapshot.key:
            return self._snapshot
        known = dict(zip(self._snapshot.names, self._snapshot.segments, strict=True))
        reader = index.reader()
        segments: dict[str, Segment] = {}
        live: list[int] = []
        for leaf, _offset in reader.leaf_readers():
            held = leaf.segment()
            if held is None or not leaf.doc_count_all():
                continue
            name = str(held.segment_id())
            segments[name] = known.get(name) or Segment(leaf)
            live.append(bits_of(leaf.all_doc_ids(), leaf.doc_count_all()))
        self._snapshot = _Snapshot(
            (marker.name, reader.generation() or 0),
            tuple(segments.values()),
            tuple(segments),
            tuple(live),
            OrderedDict(),
        )
        return self._snapshot

    def _marker(self) -> _Marker | None:
        try:
            held = json.loads((self._folder / CURRENT).read_bytes())
            name = str(held["index"])
            if not name.startswith(_PREFIX) or Path(name).name != name:
                return None
            return _Marker(name, str(held["stamp"]), whole=held["whole"] is True)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None

    def _point_to(self, marker: _Marker) -> None:
        beside = self._folder / f"{CURRENT}.new"
        held = {"index": marker.name, "stamp": marker.stamp, "whole": marker.whole}
        beside.write_text(json.dumps(held), encoding="utf-8")
        beside.replace(self._folder / CURRENT)

    def _usable(self) -> FileIndex | None:
        """Return the index to write to, or None when a new one must be begun."""
        marker = self._marker()
        if marker is None or marker.stamp != self._stamp:
            return None
        try:
            index = _open(self._folder / marker.name)
            index.reader().close()
        except Exception as error:  # noqa: BLE001 - a damaged file can raise anything inside Whoosh
            log.warning("search_index_unreadable", extra={"reason": type(error).__name__})
            return None
        return index

    def _started(self) -> FileIndex:
        """Begin an index that is searched at once but not called current, because only a rebuild
        fills it.
        """
        name = _new_name()
        index = _create(self._folder / name)
        self._point_to(_Marker(name, self._stamp, whole=False))
        self._sweep(name)
        return index

    def _sweep(self, keep: str) -> None:
        for path in self._folder.glob(f"{_PREFIX}*"):
            if path.name != keep:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(self._folder / "write.lock"))
        if not try_for(lock.acquire, timeout=LOCK_WAIT_SECONDS, delay=0.05):
            msg = "Another process is writing the search index."
            raise IndexBusyError(msg)
        try:
            yield
        finally:
            lock.release()


def _nothing() -> _Snapshot:
    return _Snapshot(("", -1), (), (), (), OrderedDict())


def _hit(view: ranking.View, place: ranking.Place) -> SearchHit:
    segment = view.segments[place.segment]
    kind, title = segment.kind_and_title(place.number)
    return SearchHit(
        ref=segment.refs[place.number], kind=kind, title=title, score=round(place.score, 6)
    )


@contextmanager
def _writer(index: FileIndex, *, compound: bool = True) -> Iterator[IndexWriter]:
    writer = index.writer(limitmb=WRITER_MEMORY_MEGABYTES, compound=compound)
    try:
        yield writer
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=bounded_merging)


def _put(index: FileIndex, documents: dict[str, SearchDocument], gone: set[str]) -> None:
    """Take out every ref of `gone` and add the documents, in one commit."""
    if not gone:
        return
    with _writer(index) as writer:
        # Read under the writer's lock, so document numbers are the ones the writer means.
        reader = index.reader()
        try:
            for ref in sorted(gone):
                if ("ref", ref) in reader:
                    for number in reader.postings("ref", ref).all_ids():
                        writer.delete_document(number)
        finally:
            reader.close()
        for document in documents.values():
            writer.add_document(**stored(document))


def _open(folder: Path) -> FileIndex:
    # The schema is given, so that Whoosh does not unpickle the one in the folder.
    return open_dir(str(folder), schema=schema())


def _create(folder: Path) -> FileIndex:
    folder.mkdir(parents=True)
    return create_in(str(folder), schema())


def _new_name() -> str:
    return f"{_PREFIX}{secrets.token_hex(6)}"
