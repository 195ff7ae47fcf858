"""The kinds of things that files describe: where each stands, and what it points at.

A thing in its plain form is a mapping of fields, the same whether it was read from a file or
from the database: that is what is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.configuration import shapes
from tracker.configuration.lined_yaml import Lined, Path
from tracker.domain.asks import tags_of

NOT_OF_IT = ("slug", "validated_by")
Fields = dict[str, Any]
Found = tuple[str, Fields, Path]  # key, fields, where in the file
Reference = tuple[Path, str, str]  # where in the thing, the kind, the key
Pointers = tuple[tuple[Path, str], ...]
EACH = "*"  # on a way: every one of a list, or every value of a mapping


@dataclass(frozen=True)
class Kind:
    """One kind. ``file`` is where export writes; ``folder`` may hold more files of the kind."""

    name: str
    plural: str
    file: str
    folder: str
    shape: type[shapes.Shape]
    about: str
    found: Callable[[Fields], Iterator[Found]]
    pointers: Pointers = ()


@dataclass(frozen=True)
class HalfRead:
    """A file of which something does not fit; what it points at can be looked up all the same.

    ``wrong`` are the places in it that are told already.
    """

    kind: Kind
    file: str
    lined: Lined = field(repr=False)
    wrong: frozenset[Path]

    def references(self) -> Iterator[Reference]:
        """What its things point at, where a key can stand there at all."""
        for way, kind in self.kind.pointers:
            for path, key in _followed(self.lined.value, way):
                if not any(path[:end] in self.wrong for end in range(1, len(path) + 1)):
                    yield path, kind, key.lower() if kind == "person" else key


@dataclass(frozen=True)
class Item:
    """A thing as a file describes it."""

    kind: str
    key: str
    fields: Fields
    file: str
    lined: Lined = field(default_factory=Lined, repr=False, compare=False)
    path: Path = ()

    @property
    def line(self) -> int:
        return self.lined.line_of(self.path)

    def line_of(self, *inside: str | int) -> int:
        return self.lined.line_of((*self.path, *inside))

    def line_of_reference(self, inside: Path, key: str) -> int:
        """The line on which the key stands; in lists it may stand elsewhere than in ``fields``."""
        value: Any = self.lined.value
        try:
            for part in (*self.path, *inside[:-1]):
                value = value[part]
        except (KeyError, IndexError, TypeError):
            return self.line_of(*inside)
        if isinstance(value, list) and key in value:
            return self.line_of(*inside[:-1], value.index(key))
        return self.line_of(*inside)

    def references(self) -> Iterator[Reference]:
        """What the thing points at."""
        for way, kind in KINDS[self.kind].pointers:
            for path, key in _followed(self.fields, way[len(self.path) :]):
                yield path, kind, key

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def plain(kind: str, fields: Mapping[str, Any]) -> Fields:
    """The fields in their plain form: each set in its order, texts as they are kept."""
    form = dict(fields)
    if kind == "service":
        form["tags"] = sorted(tags_of(form["tags"]))
    for name in ("depends_on", "services", "group_by"):
        if kind in ("service", "procedure", "calendar_entry", "alert_rule") and name in form:
            form[name] = sorted(dict.fromkeys(form[name]))
    return form


def _listed(name: str, key: str = "key") -> Callable[[Fields], Iterator[Found]]:
    def found(content: Fields) -> Iterator[Found]:
        for number, one in enumerate(content[name]):
            yield one[key], {n: v for n, v in one.items() if n != key}, (name, number)

    return found


def _whole(key: str) -> Callable[[Fields], Iterator[Found]]:
    def found(content: Fields) -> Iterator[Found]:
        yield (
            content.get("key", key),
            {n: v for n, v in content.items() if n not in ("version", "key")},
            (),
        )

    return found


def _terms(content: Fields) -> Iterator[Found]:
    for number, group in enumerate(content["groups"]):
        for place, term in enumerate(group["terms"]):
            yield (
                term["key"],
                {
                    "group": group["key"],
                    "group_name": group["name"],
                    "name": term["name"],
                    "meaning": term["meaning"],
                    "examples": term["examples"],
                },
                ("groups", number, "terms", place),
            )


def _words(content: Fields) -> Iterator[Found]:
    for number, one in enumerate(content["words"]):
        yield f"{one['verdict']} {one['phrase']}", dict(one), ("words", number)


def _procedure(content: Fields) -> Iterator[Found]:
    yield content["slug"], {n: v for n, v in content.items() if n not in NOT_OF_IT}, ()


# Where files point at things: the way to the key, and the kind of what has it.
_OF_POLICY: Pointers = (
    (("reviews", EACH, "template"), "review_template"),
    (("notifications", EACH, "teams", EACH), "team"),
    (("notifications", EACH, "severities", EACH), "severity"),
)
_OF_SERVICES: Pointers = (
    (("services", EACH, "owner"), "team"),
    (("services", EACH, "depends_on", EACH), "service"),
)
_OF_PROCEDURE: Pointers = (
    (("team",), "team"),
    (("services", EACH), "service"),
    (("owner",), "person"),
)
_OF_ALERTS: Pointers = (
    (("alerts", EACH, "service"), "service"),
    (("alerts", EACH, "owner"), "team"),
    (("alerts", EACH, "procedure"), "procedure"),
    (("alerts", EACH, "severity"), "severity"),
)
_OF_RULES: Pointers = ((("rules", EACH, "severity"), "severity"),)
_OF_CALENDAR: Pointers = (
    (("entries", EACH, "team"), "team"),
    (("entries", EACH, "services", EACH), "service"),
)
_OF_WORDS: Pointers = ((("words", EACH, "category"), "wording_category"),)


def _followed(value: object, way: Path, been: Path = ()) -> Iterator[tuple[Path, str]]:
    """(where, key) of what stands at the end of the way; what has another form has none."""
    if not way:
        if isinstance(value, str) and value.strip():
            yield been, value.strip()
        return
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items() if way[0] == EACH else [(way[0], value.get(way[0]))]
    elif isinstance(value, list) and way[0] == EACH:
        inner = enumerate(value)
    for name, one in inner:
        yield from _followed(one, way[1:], (*been, name))


# In the order in which they are written: what is pointed at comes first.
KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind(
            "review_template", "review templates", "", "review_templates", shapes.TemplateFile,
            "The steps and questions of a review.", _whole(""),
        ),
        Kind(
            "team", "teams", "teams.yaml", "teams", shapes.TeamsFile,
            "Teams and how to reach them.", _listed("teams"),
        ),
        Kind(
            "policy", "policy", "policy.yaml", "", shapes.PolicyFile,
            "Severities, clocks, roles, review rules, notifications.", _whole("policy"),
            _OF_POLICY,
        ),
        Kind(
            "factor", "contributing factors", "taxonomy.yaml", "", shapes.TaxonomyFile,
            "The contributing factors that reviews name.", _terms,
        ),
        Kind(
            "service", "services", "services.yaml", "services", shapes.ServicesFile,
            "Services, their owners and what they depend on.", _listed("services"), _OF_SERVICES,
        ),
        Kind(
            "procedure", "procedures", "", "procedures", shapes.Procedure,
            "Runbooks and playbooks; this describes their front matter.", _procedure,
            _OF_PROCEDURE,
        ),
        Kind(
            "alert", "alerts", "alerts.yaml", "alerts", shapes.AlertsFile,
            "The alert catalogue: whose an alert is and what to do.", _listed("alerts"), _OF_ALERTS,
        ),
        Kind(
            "alert_rule", "alert rules", "alert_rules.yaml", "alert_rules", shapes.AlertRulesFile,
            "When an alert declares an incident by itself.", _listed("rules"), _OF_RULES,
        ),
        Kind(
            "calendar_entry", "calendar entries", "calendar.yaml", "calendar", shapes.CalendarFile,
            "Planned work, freezes, business events.", _listed("entries"), _OF_CALENDAR,
        ),
        Kind(
            "word", "words", "words.yaml", "words", shapes.WordsFile,
            "Words that wording hints allow here, or mark besides the others.", _words, _OF_WORDS,
        ),
    )
}  # fmt: skip


def kind_of_path(path: str) -> Kind | None:
    """The kind that a file of this name holds, by its name or its first folder."""
    first, _, rest = path.partition("/")
    markdown = path.endswith(".md")
    for kind in KINDS.values():
        if not rest and kind.file and path in (kind.file, kind.file.removesuffix("yaml") + "yml"):
            return kind
        if rest and kind.folder == first and markdown == (kind.name == "procedure"):
            return kind
    return None


def place_of(kind: Kind, key: str) -> str:
    """The file that a thing is written to when none says otherwise."""
    ending = "md" if kind.name == "procedure" else "yaml"
    return kind.file or f"{kind.folder}/{key}.{ending}"
