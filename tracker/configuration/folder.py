"""The files of a folder as texts, and the things they describe.

A folder comes from elsewhere - a checkout, a request - and is believed nothing: not its sizes,
not its links, not its letters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tracker.configuration.kinds import KINDS, HalfRead, Item, Kind, kind_of_path, plain
from tracker.configuration.lined_yaml import Lined, NotReadError, Problem, read_yaml
from tracker.configuration.telling import nearest, shown, told

LARGEST_FILE = 4_000_000  # bytes
LARGEST_FOLDER = 32_000_000  # bytes
MOST_FILES = 5_000
ENDINGS = (".yaml", ".yml", ".md")
_NAME = re.compile(r"(?=.{1,250}$)[\w.@+ -]+(?:/[\w.@+ -]+)*")
# Markdown that explains the folder, and no procedure.
EXPLAINING = ("readme.md", "contributing.md", "changelog.md", "codeowners.md")


@dataclass
class FolderRead:
    """What the files say. ``named`` also has what could not be read whole, by kind and key.

    ``half`` are the files of which something does not fit: there are no items of them.
    """

    items: list[Item] = field(default_factory=list)
    half: list[HalfRead] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: set[tuple[str, str]] = field(default_factory=set)
    files: list[str] = field(default_factory=list)


def read_folder(place: Path) -> FolderRead:
    """The things below the folder, and everything that cannot be read.

    Hidden files and folders are not looked at; a link may lead to a file of the folder only.
    """
    read = FolderRead()
    texts: dict[str, str] = {}
    total = 0
    for path in _files(place):
        name = path.relative_to(place).as_posix()
        if len(texts) >= MOST_FILES:
            read.problems.append(
                Problem(name, 0, f"There are more than {MOST_FILES:,} files here; is it the place?")
            )
            break
        text = _text_of(path, place, name, read.problems)
        if text is None:
            continue
        total += len(text)
        if total > LARGEST_FOLDER:
            read.problems.append(
                Problem(name, 0, f"The files are more than {LARGEST_FOLDER // 1_000_000} MB")
            )
            break
        texts[name] = text
    return read_texts(texts, read)


def read_texts(texts: Mapping[str, str], read: FolderRead | None = None) -> FolderRead:
    """The things that the texts describe, by the names of their files.

    Nothing to read at all is a problem of its own: an empty folder must not mean “nothing is
    wanted any more”.
    """
    read = read or FolderRead()
    for name in sorted(texts):
        if not _NAME.fullmatch(name) or ".." in name.split("/"):
            read.problems.append(
                Problem(
                    shown(name), 0, "Name files with letters, digits, ., -, _ and /, at most 250"
                )
            )
            continue
        kind = kind_of_path(name)
        if kind is None:
            _note_unknown(name, read)
            continue
        read.files.append(name)
        _read_text(kind, name, texts[name], read)
    _note_twice(read)
    if not read.files and not read.problems:
        names = ", ".join(dict.fromkeys(kind.file or f"{kind.folder}/" for kind in KINDS.values()))
        read.problems.append(Problem(".", 0, f"There is nothing to read here; looked for: {names}"))
    read.problems.sort()
    return read


def _files(place: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(ENDINGS):
                yield Path(folder) / name


def _text_of(path: Path, place: Path, name: str, problems: list[Problem]) -> str | None:
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(place.resolve()):
            problems.append(Problem(name, 0, "This is a link out of the folder; put the file here"))
            return None
        if not path.is_file():
            problems.append(Problem(name, 0, "This is no file that can be read"))
            return None
        if path.stat().st_size > LARGEST_FILE:
            problems.append(
                Problem(name, 0, f"This file has more than {LARGEST_FILE // 1_000_000} MB")
            )
            return None
        content = path.read_bytes()
    except OSError as error:
        problems.append(Problem(name, 0, f"This cannot be read: {error.strerror}"))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems.append(Problem(name, line, "This is not UTF-8 text; save the file as UTF-8"))
        return None


def _note_unknown(name: str, read: FolderRead) -> None:
    if name.rpartition("/")[2].lower() in EXPLAINING or (name.endswith(".md") and "/" not in name):
        return
    known = [kind.file for kind in KINDS.values() if kind.file]
    folders = [kind.folder for kind in KINDS.values() if kind.folder]
    first, _, rest = name.partition("/")
    if rest and first in folders:
        wanted = "Markdown (.md)" if first == "procedures" else "YAML (.yaml)"
        read.problems.append(Problem(name, 0, f"The files of {first}/ are {wanted}"))
        return
    hint = nearest(first, folders) if rest else nearest(name, known)
    places = ", ".join([*known, *(f"{one}/" for one in folders)])
    read.problems.append(
        Problem(name, 0, f"No kind of thing has this name{hint or f'; there are: {places}'}")
    )


def _read_text(kind: Kind, name: str, text: str, read: FolderRead) -> None:
    try:
        lined = _procedure_of(name, text) if kind.name == "procedure" else read_yaml(text)
    except NotReadError as error:
        read.problems.append(Problem(name, error.line, error.message))
        return
    read.problems += [Problem(name, line, message) for line, message in lined.problems]
    if lined.value is None:
        read.problems.append(Problem(name, 0, "This file is empty: write into it or remove it"))
        return
    body = ""
    given = lined.value
    if kind.name == "procedure" and isinstance(given, dict):
        body = str(given.get("text", ""))
        given = {key: value for key, value in given.items() if key != "text"}
    read.named |= _named(kind, given)
    try:
        content = kind.shape.model_validate(given).model_dump(by_alias=True)
    except ValidationError as error:
        read.problems += [Problem(name, *one) for one in told(error, kind.shape, lined)]
        wrong = frozenset(one["loc"] for one in error.errors(include_url=False))
        read.half.append(HalfRead(kind, name, lined, wrong))
        return
    if kind.name == "procedure":
        # What is in a file is wanted in use.
        content |= {"text": body, "in_use": True}
    for key, fields, path in kind.found(content):
        read.items.append(Item(kind.name, key, plain(kind.name, fields), name, lined, path))


def _procedure_of(name: str, text: str) -> Lined:
    """The front matter with the Markdown below it as ``text``. Raises: NotReadError."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != "---":
        raise NotReadError(1, "A procedure begins with front matter: --- on its first line")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if not end:
        raise NotReadError(1, "The front matter has no end: --- on a line of its own")
    lined = read_yaml("\n".join(lines[1:end]) + "\n", first_line=2)
    body = "\n".join(lines[end + 1 :]).strip("\n").rstrip()
    if lined.value is None:
        lined.value = {}
    if isinstance(lined.value, dict):
        if not lined.value.get("slug"):
            lined.value["slug"] = name.rpartition("/")[2].removesuffix(".md")
            lined.lines["slug",] = 1
        lined.value["text"] = body
        lined.lines["text",] = end + 2
    if "\x00" in body:
        raise NotReadError(end + 2, "A NUL character stands in the text; take it out")
    return lined


def _named(kind: Kind, given: Any) -> set[tuple[str, str]]:  # noqa: ANN401 - whatever the file has
    """What the file names, even where the rest of it does not fit."""
    if not isinstance(given, dict):
        return set()
    if kind.name == "procedure":
        return {(kind.name, str(given.get("slug")))}
    if isinstance(given.get("key"), str):
        return {(kind.name, given["key"])}
    if kind.name == "policy" and isinstance(given.get("severities"), list):
        return {("severity", key) for key in _keys(given["severities"])}
    lists = [one for one in given.values() if isinstance(one, list)]
    return {(kind.name, key) for rows in lists for key in _keys(rows)}


def _keys(rows: list[Any]) -> Iterator[str]:
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("key"), str):
            yield row["key"]


def _note_twice(read: FolderRead) -> None:
    first: dict[tuple[str, str], Item] = {}
    for item in read.items:
        known = first.setdefault((item.kind, item.key), item)
        if known is not item:
            read.problems.append(
                Problem(item.file, item.line, f"{shown(item.key)} stands in {known.place} already")
            )
