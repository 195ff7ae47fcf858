"""The names of an organisation's catalogue in a text: what is a name is not judged as words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

_BEGIN = re.compile(r"(?<![\w@/-])\w+")
# In the middle of a word, also of one with a hyphen or a path in it.
_GOES_ON = re.compile(r"\w|[-/]\w")


class Names:
    """Names as the catalogue writes them, found quickly however many there are.

    They are names letter for letter: "the search" is no "Search". One in lower case may begin a
    sentence. One in lower case that is a word for people ("admin") stays that word.
    """

    def __init__(self, names: Iterable[str], *, people: frozenset[str]) -> None:
        by_first: dict[str, set[str]] = defaultdict(set)
        for name in names:
            plain = " ".join(name.split())
            for one in (plain, plain[:1].upper() + plain[1:]):
                first = _BEGIN.match(one)
                if first and plain not in people:
                    by_first[first.group()].add(one)
        self._by_first = {
            first: sorted(some, key=len, reverse=True) for first, some in by_first.items()
        }

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a name begins and ends; of two that begin together the longer one."""
        after = 0
        for match in _BEGIN.finditer(text) if self._by_first else ():
            start = match.start()
            if start < after:
                continue
            for name in self._by_first.get(match.group(), ()):
                end = start + len(name)
                if text.startswith(name, start) and not _GOES_ON.match(text, end):
                    yield start, end
                    after = end
                    break
