"""YAML with the line of every value.

Read from the parser's events, never through a loader: no object of a file is ever constructed,
nothing recurses, and what aliases would blow up to is counted before it is there. Plain scalars
mean what YAML 1.2 says, so ``no`` is a word and ``2027-01-01`` a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_VALUES = 300_000
DEEPEST = 40
Path = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True, order=True)
class Problem:
    """Something in a file that cannot be used as it is: where, and what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


@dataclass
class Lined:
    """What a text says, and on which line each of its values stands."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """The line of the value, or of the nearest one around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


class NotReadError(ValueError):
    """The text is not YAML that we read; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass
class _Anchored:
    value: Any
    values: int
    height: int


@dataclass
class _Open:
    """A list or mapping whose end has not come yet."""

    value: Any
    path: Path
    line: int
    anchor: str | None
    key: str | None = None
    values: int = 1
    height: int = 1


def read_yaml(text: str, *, first_line: int = 1) -> Lined:
    """The one document of the text; an empty text has the value ``None``.

    ``first_line`` is the line of the file that the text begins on. Keys that stand twice are
    among the problems; the first one counts.
    Raises: NotReadError.
    """
    reader = _Reader(first_line)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        lines = text.split("\n")
        shown = lines[min(line, len(lines) - 1)]
        raise NotReadError(first_line + line, _in_words(error, shown)) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") if isinstance(error.position, int) else 0
        raise NotReadError(
            first_line + line, "A character stands here that no text may contain; take it out"
        ) from error
    except yaml.YAMLError as error:
        raise NotReadError(first_line, f"This is not YAML: {error}") from error
    return reader.read


class _Reader:
    """Builds the value from events, with an own stack."""

    def __init__(self, first_line: int) -> None:
        self.read = Lined()
        self._first = first_line
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._values = 0
        self._documents = 0

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events
        line = self._first + event.start_mark.line
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise NotReadError(line, "One document in a file: begin another file here")
        elif isinstance(event, yaml.AliasEvent):
            known = self._anchors.get(str(event.anchor))
            if known is None:
                raise NotReadError(line, f"*{event.anchor} stands for itself or for nothing")
            self._put(known.value, line, known.values, known.height)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event.tag, line)
            if len(self._stack) >= DEEPEST:
                raise NotReadError(line, f"This is nested deeper than {DEEPEST} levels")
            value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            path = self._place(line)
            self._stack.append(_Open(value, path, line, event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._stack.pop()
            if done.anchor:
                self._anchors[done.anchor] = _Anchored(done.value, done.values, done.height)
            self._keep(done.value, done.values, done.height, line=done.line)

    def _scalar(self, event: Any, line: int) -> None:  # noqa: ANN401 - PyYAML's events
        self._refuse_tag(event.tag, line)
        plain = event.implicit[0] and event.tag is None
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            if plain and event.value == "<<":
                raise NotReadError(line, "“<<” is not read: write the values out")
            self._key(top, event.value, line)
            return
        value = _meaning(event.value) if plain else event.value
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)
        self._put(value, line, 1, 0)

    def _key(self, top: _Open, key: str, line: int) -> None:
        if key in top.value:
            first = self.read.lines.get((*top.path, key), line)
            self.read.problems.append((line, f"“{key}” stands on line {first} already"))
        else:
            self.read.lines[*top.path, key] = line
        top.key = key

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag not in (None, "!", _TEXT_TAG):
            shown = str(tag).removeprefix("tag:yaml.org,2002:")
            raise NotReadError(line, f"“!{shown.lstrip('!')}” is not read: write the plain value")

    def _place(self, line: int) -> Path:
        if not self._stack:
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        if top.key is None:
            raise NotReadError(line, "A name must be one plain word or text")
        return (*top.path, top.key)

    def _put(self, value: object, line: int, values: int, height: int) -> None:
        self._place(line)
        self._keep(value, values, height, line=line)

    def _keep(self, value: object, values: int, height: int, *, line: int) -> None:
        self._values += values if not isinstance(value, dict | list) else 1
        if not self._stack:
            self.read.value = value
            self.read.lines.setdefault((), line)
            return
        top = self._stack[-1]
        top.values += values
        top.height = max(top.height, height + 1)
        if top.values > MOST_VALUES:
            raise NotReadError(line, f"This file means more than {MOST_VALUES:,} values; divide it")
        if len(self._stack) + height > DEEPEST:
            raise NotReadError(line, f"This is nested deeper than {DEEPEST} levels")
        if isinstance(top.value, list):
            self.read.lines[*top.path, len(top.value)] = line
            top.value.append(value)
        else:
            assert top.key is not None  # noqa: S101 - _place has seen to it
            top.value.setdefault(top.key, value)
            top.key = None


def _meaning(text: str) -> Any:  # noqa: ANN401 - any scalar
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _in_words(error: yaml.MarkedYAMLError, line: str) -> str:
    said = " ".join(str(part) for part in (error.problem, error.context) if part)
    if "cannot start any token" in said and "\t" in line:
        return "A tab stands here; indent with spaces"
    if "mapping values are not allowed" in said:
        return "A colon does not fit here: indent this line, or put the text in quotes"
    if "could not find expected ':'" in said:
        return "A colon is missing after the name"
    if "did not find expected '-' indicator" in said or "did not find expected key" in said:
        return "This line is not indented like the ones before it"
    if "flow node" in said or "did not find expected ',' or" in said:
        return "A bracket was opened and not closed, or a comma is missing"
    if "found unexpected end of stream" in said:
        return "A quotation mark was opened and not closed"
    return f"This is not YAML: {said}"
