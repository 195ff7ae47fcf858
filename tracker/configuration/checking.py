"""Checks across files and against what is here: every name that is pointed at must be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.configuration.folder import FolderRead
from tracker.configuration.kinds import Item
from tracker.configuration.lined_yaml import Problem
from tracker.configuration.telling import nearest, shown
from tracker.domain.calendar import LONGEST
from tracker.domain.policy import policy_from
from tracker.domain.review import template_from

Known = Mapping[str, frozenset[str]]
NEAR_MISS = "near_miss"
# These stand in addresses, where another page has the name.
TAKEN = {"team": ("new",), "service": ("new", "vendors", "gaps")}
WORDS = {"review_template": "review template", "person": "person with an account here"}


def check_things(read: FolderRead, known: Known | None) -> list[Problem]:
    """Everything that does not fit together, of all files at once.

    ``known`` are the keys of what is here, by kind; ``None``: names that the files do not have
    are taken on trust.
    """
    problems: list[Problem] = []
    names = _names(read, known)
    for item in read.items:
        own = _OWN.get(item.kind)
        if own is not None:
            problems += own(item)
        if item.key in TAKEN.get(item.kind, ()):
            problems.append(
                Problem(item.file, item.line, f"{shown(item.key)} is the name of a page already")
            )
    if names is not None:
        problems += _unknown(read, names)
    return problems


def _unknown(read: FolderRead, names: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    """The names that are nowhere, also those in files of which something else does not fit."""
    pointed = [
        (item.file, item.line_of_reference(inside, key), kind, key)
        for item in read.items
        for inside, kind, key in item.references()
    ]
    pointed += [
        (half.file, half.lined.line_of(path), kind, key)
        for half in read.half
        for path, kind, key in half.references()
    ]
    for file, line, kind, key in pointed:
        known = names.get(kind, frozenset())
        if key not in known:
            word = WORDS.get(kind, kind.replace("_", " "))
            hint = nearest(key, known)
            yield Problem(file, line, f"There is no {word} {shown(key)}{hint}")


def _names(read: FolderRead, known: Known | None) -> dict[str, frozenset[str]] | None:
    if known is None:
        return None
    names = {kind: set(keys) for kind, keys in known.items()}
    policy = next((item for item in read.items if item.kind == "policy"), None)
    if policy is not None:
        names["severity"] = {one["key"] for one in policy.fields["severities"]}
    elif any(kind == "severity" for kind, _ in read.named):
        names["severity"] = set()
    for item in read.items:
        names.setdefault(item.kind, set()).add(item.key)
    for kind, key in read.named:
        names.setdefault(kind, set()).add(key)
    return {kind: frozenset(keys) for kind, keys in names.items()}


def _policy(item: Item) -> Iterator[Problem]:
    def problem(message: str, *inside: str | int) -> Problem:
        return Problem(item.file, item.line_of(*inside), message)

    fields = item.fields
    before = False
    for name in ("severities", "impact", "urgency", "roles"):
        for key in _twice(one["key"] for one in fields[name]):
            before = True
            yield problem(f"{shown(key)} stands twice in {name}", name)
    for key in _twice(one["key"] for one in fields["actions"]["priorities"]):
        yield problem(f"{shown(key)} stands twice in priorities", "actions", "priorities")
    severities = [one["key"] for one in fields["severities"]]
    impacts = [one["key"] for one in fields["impact"]]
    urgencies = [one["key"] for one in fields["urgency"]]
    for impact in impacts:
        cells = fields["matrix"].get(impact, {})
        for urgency in urgencies:
            cell = cells.get(urgency)
            if cell is None:
                before = True
                yield problem(f"The matrix has no severity for {impact} and {urgency}", "matrix",
                              impact)  # fmt: skip
            elif cell not in severities:
                before = True
                hint = nearest(cell, severities)
                message = f"There is no severity {shown(cell)}{hint}"
                yield problem(message, "matrix", impact, urgency)
        for urgency in set(cells) - set(urgencies):
            hint = nearest(urgency, urgencies)
            yield problem(f"There is no urgency {shown(urgency)}{hint}", "matrix", impact, urgency)
    for impact in set(fields["matrix"]) - set(impacts):
        hint = nearest(impact, impacts)
        yield problem(f"There is no impact {shown(impact)}{hint}", "matrix", impact)
    for name, allowed in (
        ("update_minutes", severities),
        ("reviews", [*severities, NEAR_MISS]),
    ):
        for key in set(fields[name]) - set(allowed):
            hint = nearest(key, allowed)
            yield problem(f"There is no severity {shown(key)}{hint}", name, key)
    zone = fields["calendar"]["zone"]
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        before = True
        yield problem(f"{shown(zone)} is no time zone; write one like Europe/London", "calendar",
                      "zone")  # fmt: skip
    if not before:
        try:
            policy_from({**fields, "version": 1})
        except ValueError as error:
            yield problem(str(error))


def _template(item: Item) -> Iterator[Problem]:
    keys: dict[str, int] = {}
    for number, step in enumerate(item.fields["steps"]):
        for place, question in enumerate(step["questions"]):
            line = item.line_of("steps", number, "questions", place)
            first = keys.setdefault(question["key"], line)
            if first != line:
                yield Problem(
                    item.file, line, f"{shown(question['key'])} stands on line {first} already"
                )
    if not keys:
        return
    try:
        template_from({**item.fields, "key": item.key, "version": 1})
    except ValueError as error:
        if "stands twice" not in str(error):
            yield Problem(item.file, item.line, str(error))


def _service(item: Item) -> Iterator[Problem]:
    if item.key in item.fields["depends_on"]:
        yield Problem(item.file, item.line_of("depends_on"), "A service does not depend on itself")


def _word(item: Item) -> Iterator[Problem]:
    if item.fields["verdict"] == "add" and not item.fields["category"]:
        yield Problem(item.file, item.line, "What is added needs its category")


def _entry(item: Item) -> Iterator[Problem]:
    # Both are UTC in one form, so that their texts are in the order of time.
    begins, ends = item.fields["starts_at"], item.fields["ends_at"]
    if ends <= begins:
        yield Problem(item.file, item.line_of("ends_at"), "It must end after it begins")
    elif datetime.fromisoformat(ends) - datetime.fromisoformat(begins) > LONGEST:
        yield Problem(item.file, item.line_of("ends_at"), f"At most {LONGEST.days} days")


def _twice(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


_OWN: dict[str, Callable[[Item], Iterator[Problem]]] = {
    "policy": _policy,
    "review_template": _template,
    "service": _service,
    "calendar_entry": _entry,
    "word": _word,
}
