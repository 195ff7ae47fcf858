"""Every engine that fits the SearchIndex protocol is listed here once, and all contract tests run
on it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.search.records import PUBLIC, SECRET
from tracker.search.index import SearchIndex
from tracker.search.whoosh_index import WhooshIndex

ENGINES: dict[str, Callable[[Path], SearchIndex]] = {"whoosh": WhooshIndex}


@pytest.fixture(params=sorted(ENGINES))
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], SearchIndex]:
    """Open an index by name: the same name opens the same index, as another process would."""
    engine = ENGINES[request.param]
    return lambda name: engine(tmp_path / name)


@pytest.fixture
def index(open_index: Callable[[str], SearchIndex]) -> SearchIndex:
    return open_index("index")


@pytest.fixture
def filled(index: SearchIndex) -> SearchIndex:
    index.rebuild([*PUBLIC, SECRET])
    return index
