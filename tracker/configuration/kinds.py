"""The kinds of things that files describe: where each stands, and what it points at.

A thing in its plain form is a mapping of fields, the same whether it was read from a file or
from the database: that is what is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.configuration import shapes
from tracker.configuration.lined_yaml import Lined, Path
from tracker.domain.asks import tags_of

NOT_OF_IT = ("slug", "validated_by")
Fields = dict[str, Any]
Found = tuple[str, Fields, Path]  # key, fields, where in the file
Reference = tuple[Path, str, str]  # where in the thing, the kind, the key


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
    references: Callable[[Fields], Iterator[Reference]] = lambda _fields: iter(())


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


def _one(fields: Fields, name: str, kind: str) -> Iterator[Reference]:
    if fields.get(name):
        yield (name,), kind, fields[name]


def _several(fields: Fields, name: str, kind: str) -> Iterator[Reference]:
    for number, key in enumerate(fields.get(name, ())):
        yield (name, number), kind, key


def _of_policy(fields: Fields) -> Iterator[Reference]:
    severities = {one["key"] for one in fields["severities"]}
    for name, rule in fields["reviews"].items():
        yield ("reviews", name, "template"), "review_template", rule["template"]
    for number, one in enumerate(fields["notifications"]):
        for place, team in enumerate(one["teams"]):
            yield ("notifications", number, "teams", place), "team", team
        for place, severity in enumerate(one["severities"]):
            if severity not in severities:
                yield ("notifications", number, "severities", place), "severity", severity


def _of_service(fields: Fields) -> Iterator[Reference]:
    yield from _one(fields, "owner", "team")
    yield from _several(fields, "depends_on", "service")


def _of_alert(fields: Fields) -> Iterator[Reference]:
    yield from _one(fields, "service", "service")
    yield from _one(fields, "owner", "team")
    yield from _one(fields, "procedure", "procedure")
    yield from _one(fields, "severity", "severity")


def _of_rule(fields: Fields) -> Iterator[Reference]:
    yield from _one(fields, "severity", "severity")


def _of_team_and_services(fields: Fields) -> Iterator[Reference]:
    yield from _one(fields, "team", "team")
    yield from _several(fields, "services", "service")


def _of_word(fields: Fields) -> Iterator[Reference]:
    yield from _one(fields, "category", "wording_category")


def _of_procedure(fields: Fields) -> Iterator[Reference]:
    yield from _of_team_and_services(fields)
    yield from _one(fields, "owner", "person")


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
            _of_policy,
        ),
        Kind(
            "factor", "contributing factors", "taxonomy.yaml", "", shapes.TaxonomyFile,
            "The contributing factors that reviews name.", _terms,
        ),
        Kind(
            "service", "services", "services.yaml", "services", shapes.ServicesFile,
            "Services, their owners and what they depend on.", _listed("services"), _of_service,
        ),
        Kind(
            "procedure", "procedures", "", "procedures", shapes.Procedure,
            "Runbooks and playbooks; this describes their front matter.", _procedure,
            _of_procedure,
        ),
        Kind(
            "alert", "alerts", "alerts.yaml", "alerts", shapes.AlertsFile,
            "The alert catalogue: whose an alert is and what to do.", _listed("alerts"), _of_alert,
        ),
        Kind(
            "alert_rule", "alert rules", "alert_rules.yaml", "alert_rules", shapes.AlertRulesFile,
            "When an alert declares an incident by itself.", _listed("rules"), _of_rule,
        ),
        Kind(
            "calendar_entry", "calendar entries", "calendar.yaml", "calendar", shapes.CalendarFile,
            "Planned work, freezes, business events.", _listed("entries"), _of_team_and_services,
        ),
        Kind(
            "word", "words", "words.yaml", "words", shapes.WordsFile,
            "Words that wording hints allow here, or mark besides the others.", _words, _of_word,
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
