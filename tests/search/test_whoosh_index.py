"""The files of the Whoosh index: several processes, broken folders, old stamps, bounded merging."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from whoosh.util.filelock import FileLock

from tracker.search import whoosh_index
from tracker.search.index import IndexBusyError, SearchDocument, SearchQuery
from tracker.search.whoosh_index import WhooshIndex


def document(number: int, word: str = "turbine") -> SearchDocument:
    return SearchDocument(
        ref=f"INC-{number}",
        kind="incident",
        title=f"Incident {number}",
        body=f"{word} {number} stopped",
        tags=("even" if number % 2 == 0 else "odd",),
    )


def total(index: WhooshIndex, text: str = "") -> int:
    return index.search(SearchQuery(text=text)).total


def read_until_told(
    folder: Path, ready: Event, stop: Event, answers: Queue[list[tuple[int, int]]]
) -> None:
    """Search as another process does, and note the total and what the facet adds up to."""
    index = WhooshIndex(folder)
    seen: list[tuple[int, int]] = []
    assert index.is_current()
    ready.set()
    while not stop.is_set():
        page = index.search(SearchQuery(text="turbine", limit=5))
        seen.append((page.total, sum(one.count for one in page.facets["tag"])))
    page = index.search(SearchQuery(text="turbine"))
    seen.append((page.total, sum(one.count for one in page.facets["tag"])))
    answers.put(seen)


def test_another_process_reads_whole_generations_while_this_one_writes_and_rebuilds(
    tmp_path: Path,
) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild(document(n) for n in range(10))
    spawn = multiprocessing.get_context("spawn")
    ready, stop, answers = spawn.Event(), spawn.Event(), spawn.Queue()
    reader = spawn.Process(target=read_until_told, args=(tmp_path, ready, stop, answers))
    reader.start()
    assert ready.wait(timeout=60)
    allowed = {10}
    try:
        for size in range(11, 31):
            index.write([document(n) for n in range(size)], [])
            allowed.add(size)
        index.rebuild(document(n) for n in range(40))
        allowed.add(40)
        index.write([], ["INC-0"])
        allowed.add(39)
    finally:
        stop.set()
    seen = answers.get(timeout=60)
    reader.join(timeout=60)
    assert reader.exitcode == 0
    assert seen[-1] == (39, 39)
    assert len({found for found, _ in seen}) > 2
    # A batch replaces documents: a reader has all of it or nothing of it, never a document less.
    assert {found for found, _ in seen} <= allowed
    assert all(found == counted for found, counted in seen)


def test_threads_of_one_process_share_an_index(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild(document(n) for n in range(30))
    wrong: list[int] = []

    def read() -> None:
        for _ in range(40):
            found = total(index, '"turbine 7" OR turb* OR incident')
            if found < 30:
                wrong.append(found)

    threads = [Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30, 40):
        index.write([document(number)], [])
    for thread in threads:
        thread.join()
    assert wrong == []
    assert total(index) == 40


@pytest.mark.parametrize(
    "marker",
    [
        b"",
        b"\x00\xff not json",
        b"[]",
        b"{}",
        b'{"index": 3, "stamp": [], "whole": true}',
        b'{"index": "../../etc", "stamp": "x", "whole": true}',
        b'{"index": "index-gone", "stamp": "x", "whole": true}',
        b"[" * 100_000,
    ],
)
def test_a_garbage_marker_reads_as_empty_and_a_rebuild_mends_it(
    tmp_path: Path, marker: bytes
) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild([document(1)])
    (tmp_path / "current.json").write_bytes(marker)
    for opened in (index, WhooshIndex(tmp_path)):
        assert total(opened) == 0
        assert opened.count() == 0
        assert not opened.is_current()
    assert index.rebuild([document(1), document(2)]) == 2
    assert index.is_current()
    assert total(index) == 2


@pytest.mark.parametrize("damage", ["emptied", "garbage", "removed", "folder removed"])
def test_a_broken_index_reads_as_empty_and_can_be_written_again(
    tmp_path: Path, damage: str
) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild([document(1)])
    name = json.loads((tmp_path / "current.json").read_text())["index"]
    for path in list((tmp_path / name).iterdir()):
        if damage == "emptied":
            path.write_bytes(b"")
        elif damage == "garbage":
            path.write_bytes(b"\x13" * 5_000)
        elif damage == "removed":
            path.unlink()
    if damage == "folder removed":
        shutil.rmtree(tmp_path / name)
    opened = WhooshIndex(tmp_path)
    assert total(opened, "turbine") == 0
    assert not opened.is_current()
    opened.write([document(2)], [])
    assert total(opened, "turbine") == 1
    assert not opened.is_current()


def test_damage_found_only_while_searching_reads_as_empty_too(tmp_path: Path) -> None:
    whole = WhooshIndex(tmp_path / "whole")
    whole.rebuild(document(n) for n in range(50))
    answered = 0
    chance = Random(1)  # noqa: S311 - it makes damage, not secrets
    for attempt in range(40):
        folder = tmp_path / str(attempt)
        shutil.copytree(tmp_path / "whole", folder)
        for path in folder.glob("index-*/*"):
            held = bytearray(path.read_bytes())
            for _ in range(4 if held else 0):
                held[chance.randrange(len(held))] = chance.randrange(256)
            path.write_bytes(held)
        index = WhooshIndex(folder)
        for text in ("", "turbine", "turbnie", '"turbine 7"', "stop*"):
            answered += total(index, text) > 0
        index.similar("turbine stopped", readable_circles=None)
        index.rebuild([document(1)])
        assert index.is_current()
        assert total(index, "turbine") == 1
    assert answered < 200


def test_an_index_of_another_code_version_is_not_current_and_reads_as_empty(
    tmp_path: Path,
) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild([document(1)])
    held = json.loads((tmp_path / "current.json").read_text())
    (tmp_path / "current.json").write_text(json.dumps({**held, "stamp": "of last year"}))
    opened = WhooshIndex(tmp_path)
    assert not opened.is_current()
    assert total(opened) == 0
    opened.rebuild([document(1)])
    assert opened.is_current()


def test_a_folder_that_is_a_file_reads_as_empty(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder")
    index = WhooshIndex(tmp_path / "index")
    assert total(index) == 0
    assert not index.is_current()


def test_a_rebuild_leaves_only_the_index_in_use(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path)
    (tmp_path / "index-left-by-a-crash").mkdir()
    (tmp_path / "other").mkdir()
    for _ in range(3):
        index.rebuild([document(1)])
    assert len(list(tmp_path.glob("index-*"))) == 1
    assert (tmp_path / "other").is_dir()


def test_a_second_writer_is_told_that_the_index_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild([document(1)])
    monkeypatch.setattr(whoosh_index, "LOCK_WAIT_SECONDS", 0.05)
    held = FileLock(str(tmp_path / "write.lock"))
    assert held.acquire()
    try:
        with pytest.raises(IndexBusyError):
            index.write([document(2)], [])
        with pytest.raises(IndexBusyError):
            index.rebuild([document(2)])
        assert total(index) == 1
    finally:
        held.release()
    index.write([document(2)], [])
    assert total(index) == 2


def test_many_small_writes_leave_few_segments_and_lose_nothing(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path)
    for number in range(40):
        index.write([document(number), document(0, f"word{number}")], [])
    name = json.loads((tmp_path / "current.json").read_text())["index"]
    segments = {path.name.split(".")[0] for path in (tmp_path / name).glob("MAIN_*.seg")}
    assert 0 < len(segments) <= 10
    assert index.count() == 40
    assert total(index, "word39") == 1
    assert total(index, '"word38"') == 0
