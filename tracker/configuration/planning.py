"""What differs between what the files want and what is here, thing by thing, field by field."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tracker.configuration.kinds import KINDS, Fields, Item

# What a change does. The last one changes nothing and is told all the same.
VERBS = {
    "add": "is new",
    "change": "changes",
    "adopt": "was kept in the pages and comes from a file now",
    "move": "comes from another file",
    "remove": "goes: it is not in the files any more",
    "release": "is not in the files any more; what uses it keeps it, and the pages may change it",
    "leave": "is not in the files any more and stays as it is; --prune takes it out",
}
SIGNS = {"add": "+", "change": "~", "adopt": "~", "move": "~", "remove": "-", "release": "-",
         "leave": " "}  # fmt: skip
# Of these versions are kept for what runs under them: they are never taken out.
KEPT = ("policy", "review_template", "factor", "procedure")
MOST_LINES = 40
EMPTY: tuple[Any, ...] = (None, "", [], {})
ThingKey = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """A thing as it is here. ``file`` is where it comes from; empty: the pages keep it."""

    fields: Fields
    file: str = ""
    row_id: int = 0


State = Mapping[ThingKey, Standing]


@dataclass(frozen=True)
class FieldChange:
    """A field before and after; ``None`` where it is not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What happens to one thing. ``item`` is what the file wants of it."""

    verb: str
    kind: str
    key: str
    name: str
    place: str
    fields: tuple[FieldChange, ...] = ()
    item: Item | None = None
    row_id: int = 0

    @property
    def writes(self) -> bool:
        return self.verb != "leave"


@dataclass(frozen=True)
class Plan:
    """Everything an apply would do, in the order of kinds."""

    changes: tuple[Change, ...]
    items: int = 0

    @property
    def writing(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.writes)

    def counts(self) -> dict[str, int]:
        counted = Counter(change.verb for change in self.changes)
        return {verb: counted[verb] for verb in VERBS if counted[verb]}

    def summary(self) -> dict[str, dict[str, int]]:
        """How many of each kind, by what happens to them."""
        found: dict[str, Counter[str]] = {}
        for change in self.writing:
            found.setdefault(change.kind, Counter())[change.verb] += 1
        return {kind: dict(counted) for kind, counted in found.items()}


def make_plan(
    items: Iterable[Item],
    standing: State,
    *,
    prune: bool,
    in_use: Callable[[Collection[ThingKey]], Collection[ThingKey]] = lambda keys: keys,
) -> Plan:
    """The plan. ``in_use`` says which of the things that could go are still needed."""
    wanted = {(item.kind, item.key): item for item in items}
    changes = [
        change
        for thing, item in wanted.items()
        if (change := _wanted(item, standing.get(thing))) is not None
    ]
    gone = [(thing, here) for thing, here in standing.items() if here.file and thing not in wanted]
    removable = [thing for thing, _ in gone if thing[0] not in KEPT] if prune else []
    needed = set(in_use(removable)) if removable else set()
    for thing, here in gone:
        verb = "leave"
        if prune:
            verb = "remove" if thing in removable and thing not in needed else "release"
        changes.append(
            Change(verb, *thing, _name(thing[1], here.fields), here.file, row_id=here.row_id)
        )
    order = {kind: place for place, kind in enumerate(KINDS)}
    changes.sort(key=lambda one: (order[one.kind], list(VERBS).index(one.verb)))
    return Plan(tuple(changes), len(wanted))


def _wanted(item: Item, here: Standing | None) -> Change | None:
    change = Change("add", item.kind, item.key, _name(item.key, item.fields), item.place, item=item)
    if here is None:
        return change
    differing = tuple(field_changes(here.fields, without_choices(item)))
    change = replace(change, verb="change", fields=differing, row_id=here.row_id)
    if differing:
        return change
    if not here.file:
        return replace(change, verb="adopt")
    if here.file != item.file:
        return replace(change, verb="move", fields=(FieldChange("file", here.file, item.file),))
    return None


def without_choices(item: Item) -> Fields:
    """The fields that the file decides: an owner it does not name is chosen in the pages."""
    if item.kind == "procedure" and not item.fields.get("owner"):
        return {name: value for name, value in item.fields.items() if name != "owner"}
    return item.fields


def field_changes(before: Fields, after: Fields) -> Iterator[FieldChange]:
    """The fields of ``after`` that differ, down to the smallest named part."""
    flat_before = dict(_flat(before))
    flat_after = dict(_flat(after))
    decided = set(after)
    for name in [*flat_after, *(one for one in flat_before if one not in flat_after)]:
        if name.split(".")[0] not in decided:
            continue
        old, new = flat_before.get(name), flat_after.get(name)
        if old != new and not (old in EMPTY and new in EMPTY):
            yield FieldChange(name, old, new)
    yield from _moved(before, after)


def _moved(before: Any, after: Any, path: str = "") -> Iterator[FieldChange]:  # noqa: ANN401 - JSON
    """Lists of things with keys whose order alone differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in after:
            if name in before:
                yield from _moved(before[name], after[name], f"{path}.{name}" if path else name)
    elif _keyed(before) and _keyed(after):
        old, new = ([one["key"] for one in rows] for rows in (before, after))
        if sorted(old) == sorted(new) and old != new:
            yield FieldChange(f"{path} (order)", old, new)
        known = {one["key"]: one for one in before}
        for one in after:
            if one["key"] in known:
                yield from _moved(known[one["key"]], one, f"{path}.{one['key']}")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and (value or not path):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif _keyed(value):
        for one in value:
            rest = {name: inner for name, inner in one.items() if name != "key"}
            yield from _flat(rest, f"{path}.{one['key']}")
    else:
        yield path, value


def _keyed(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "key" in one for one in value)
    )


def _name(key: str, fields: Fields) -> str:
    name = fields.get("name") or fields.get("title") or fields.get("why") or ""
    return str(name) if name != key else ""


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan as people read it, a line at a time."""
    kind = ""
    for change in plan.changes:
        if change.kind != kind:
            kind = change.kind
            yield KINDS[kind].plural.capitalize()
        named = f" “{change.name}”" if change.name else ""
        yield f"  {SIGNS[change.verb]} {change.key}{named} {_doing(change)}  ({change.place})"
        if change.verb == "change":
            yield from field_lines(change.fields)
    if plan.changes:
        yield ""
    counts = plan.counts()
    words = {
        "add": "to add", "change": "to change", "adopt": "to take over", "move": "to move",
        "remove": "to remove", "release": "to release", "leave": "left alone",
    }  # fmt: skip
    told = ", ".join(f"{count:,} {words[verb]}" for verb, count in counts.items())
    if not plan.writing:
        left = f" {counts['leave']:,} left alone." if counts.get("leave") else ""
        yield f"Nothing differs: {plan.items:,} things are as the files say.{left}"
    else:
        yield f"{told}."


def change_data(change: Change) -> dict[str, object]:
    """A change as programs read it."""
    return {
        "verb": change.verb,
        "kind": change.kind,
        "key": change.key,
        "name": change.name,
        "place": change.place,
        "fields": [
            {"field": one.name, "before": one.before, "after": one.after} for one in change.fields
        ],
    }


def _doing(change: Change) -> str:
    if change.verb == "move" and change.fields:
        return f"comes from another file: it was {change.fields[0].before}"
    return VERBS[change.verb]


def field_lines(fields: Iterable[FieldChange]) -> Iterator[str]:
    """Before and after of each field; of long texts the lines that differ."""
    for one in fields:
        yield from _field_lines(one)


def _field_lines(one: FieldChange) -> Iterator[str]:
    before, after = one.before, one.after
    if isinstance(before, list) and isinstance(after, list) and not one.name.endswith("(order)"):
        parts = [f"+ {_short(new)}" for new in after if new not in before]
        parts += [f"- {_short(old)}" for old in before if old not in after]
        yield f"      {one.name}: {', '.join(parts) or 'another order'}"
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield f"      {one.name}:"
        lines = list(
            difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
        )[2:]
        for line in lines[:MOST_LINES]:
            yield f"        {line}"
        if len(lines) > MOST_LINES:
            yield f"        … and {len(lines) - MOST_LINES} more lines"
    else:
        yield f"      {one.name}: {_short(before)} -> {_short(after)}"


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    if value in ("", [], {}):
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {_short(inner)}" for name, inner in value.items())
    text = str(value).replace("\n", " ")
    return f"{text[:99]}…" if len(text) > 100 else text
