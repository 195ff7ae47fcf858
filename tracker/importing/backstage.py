"""Backstage catalogues: ``catalog-info.yaml`` in, drafts of teams and services out.

A Component or a Resource is a service, a Group a team. An API is what its providers are: who
consumes it depends on them, and it is a service of its own where nobody provides it. A System gives
its name as a tag and its owner to parts without one. People and Domains are counted and left alone.

Source: the descriptor format of Backstage, https://backstage.io/docs/features/software-catalog.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from tracker.domain.asks import TAG_LIMIT, TITLE_LIMIT, clean, slug_of, tags_of

SERVICE_KINDS = ("component", "resource", "api")
LEFT_ALONE = ("user", "domain", "location", "template")
LONGEST_TEXT = 10_000_000
LONGEST_ABOUT = 2_000


@dataclass(frozen=True)
class Place:
    """Where something stands: a file and a line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Trouble:
    """Something that could not be read or used, and where it stands."""

    place: Place
    message: str


@dataclass(frozen=True)
class TeamDraft:
    slug: str
    name: str
    about: str
    contact: str
    place: Place


@dataclass(frozen=True)
class ServiceDraft:
    """A service. ``owner`` and ``depends_on`` are slugs; an owner may be unknown here."""

    slug: str
    name: str
    about: str
    owner: str
    tags: tuple[str, ...]
    depends_on: tuple[str, ...]
    status_url: str
    place: Place


@dataclass(frozen=True)
class Catalogue:
    """What was read, by slug and in the order of the files."""

    teams: tuple[TeamDraft, ...]
    services: tuple[ServiceDraft, ...]
    troubles: tuple[Trouble, ...]
    # How many entities of other kinds there are, which an import leaves alone.
    left_alone: Mapping[str, int]


@dataclass(frozen=True)
class _Entity:
    kind: str
    ref: str
    slug: str
    place: Place
    metadata: dict[str, Any]
    spec: dict[str, Any]


@dataclass
class _Reading:
    entities: list[_Entity] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def of(self, *kinds: str) -> Iterator[_Entity]:
        return (one for one in self.entities if one.kind in kinds)


def read_backstage(files: Iterable[tuple[str, str]]) -> Catalogue:
    """The catalogue in these (name, text) files. What cannot be read is a trouble with its line,
    and the rest is read all the same. Documents that are not of Backstage are passed over.
    """
    reading = _Reading()
    for name, text in files:
        _read_file(reading, name, text)
    known = _without_doubles(reading)
    providers = _providers(reading)
    systems = {one.ref: one for one in reading.of("system")}
    return Catalogue(
        teams=tuple(_team(one) for one in reading.of("group") if known[one.ref] is one),
        services=tuple(
            _service(reading, one, known, providers, systems)
            for one in reading.of(*SERVICE_KINDS)
            if known[one.ref] is one and one.ref not in providers
        ),
        troubles=tuple(reading.troubles),
        left_alone=dict(reading.others),
    )


def _read_file(reading: _Reading, name: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        reading.troubles.append(Trouble(Place(name, 1), "This file is too large for a catalogue"))
        return
    try:
        loader = yaml.SafeLoader(text)
    except yaml.YAMLError as error:
        reading.troubles.append(Trouble(Place(name, 1), _words_of(error)))
        return
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None  # noqa: S101 - check_node has seen it
            place = Place(name, node.start_mark.line + 1)
            try:
                document = loader.construct_document(node)
            except (yaml.YAMLError, ValueError, RecursionError) as error:
                reading.troubles.append(Trouble(_place_of(error, place), _words_of(error)))
            else:
                _read_document(reading, document, node, place)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # What follows a broken document cannot be told apart from it.
        reading.troubles.append(Trouble(_place_of(error, Place(name, 1)), _words_of(error)))
    finally:
        loader.dispose()


def _read_document(reading: _Reading, document: object, node: yaml.Node, place: Place) -> None:
    if not isinstance(document, dict):
        return
    version = document.get("apiVersion")
    if not isinstance(version, str) or "backstage.io/" not in version:
        return
    kind = str(document.get("kind") or "").lower()
    if kind in LEFT_ALONE:
        reading.others[kind] += 1
        return
    if kind not in (*SERVICE_KINDS, "group", "system"):
        said = f"“{str(document.get('kind') or '')[:40]}” is no kind that is known here"
        reading.troubles.append(Trouble(_line_of(node, "kind", place), said))
        return
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str | int) or not clean(str(name)):
        said = "metadata.name is needed"
        reading.troubles.append(Trouble(_line_of(node, "metadata", place), said))
        return
    spec = document.get("spec")
    if spec is not None and not isinstance(spec, dict):
        said = "spec must hold names and values"
        reading.troubles.append(Trouble(_line_of(node, "spec", place), said))
        return
    assert isinstance(metadata, dict)  # noqa: S101 - it has a name
    namespace = _text(metadata.get("namespace")).lower() or "default"
    plain = clean(str(name)).lower()
    reading.entities.append(
        _Entity(
            kind=kind,
            ref=f"{kind}:{namespace}/{plain}",
            slug=_slug(namespace, plain),
            place=place,
            metadata=metadata,
            spec=spec or {},
        )
    )


def _without_doubles(reading: _Reading) -> dict[str, _Entity]:
    """The first entity of each reference and slug; a trouble for every other one."""
    known: dict[str, _Entity] = {}
    by_slug: dict[tuple[bool, str], _Entity] = {}
    for one in reading.entities:
        if one.kind == "system":
            known.setdefault(one.ref, one)
            continue
        first = by_slug.setdefault((one.kind == "group", one.slug), one)
        if first is not one:
            said = f"“{one.slug}” stands in {first.place} already; the first one counts"
            if {first.kind, one.kind} & {"api"} and first.kind != one.kind:
                # A component and its API often have one name; they are one thing to us.
                known[one.ref] = first
                continue
            reading.troubles.append(Trouble(one.place, said))
        known.setdefault(one.ref, first)
    return known


def _providers(reading: _Reading) -> dict[str, list[str]]:
    """For each API that somebody provides, the references of those who do."""
    found: dict[str, list[str]] = {}
    for one in reading.of("component"):
        for wanted in _names(one.spec.get("providesApis")):
            found.setdefault(_reference(wanted, "api"), []).append(one.ref)
    return found


def _team(one: _Entity) -> TeamDraft:
    profile = one.spec.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    name = _text(profile.get("displayName")) or _title(one)
    return TeamDraft(
        slug=one.slug,
        name=name[:TITLE_LIMIT],
        about=_about(one),
        contact=_text(profile.get("email"))[:TITLE_LIMIT],
        place=one.place,
    )


def _service(
    reading: _Reading,
    one: _Entity,
    known: Mapping[str, _Entity],
    providers: Mapping[str, list[str]],
    systems: Mapping[str, _Entity],
) -> ServiceDraft:
    system = systems.get(_reference(_text(one.spec.get("system")), "system"))
    owner = _text(one.spec.get("owner")) or (_text(system.spec.get("owner")) if system else "")
    wanted = [_reference(name, "component") for name in _names(one.spec.get("dependsOn"))]
    wanted += [_reference(name, "api") for name in _names(one.spec.get("consumesApis"))]
    used: dict[str, None] = {}
    for reference in wanted:
        targets = [target for target in providers.get(reference, [reference]) if target in known]
        if not targets:
            said = f"It depends on “{reference[:80]}”, which is in none of these files"
            reading.troubles.append(Trouble(one.place, said))
        used.update((known[target].slug, None) for target in targets)
    used.pop(one.slug, None)
    tags = [*_names(one.metadata.get("tags")), _text(one.spec.get("type"))]
    if system is not None:
        tags.append(system.slug)
    return ServiceDraft(
        slug=one.slug,
        name=_title(one),
        about=_about(one),
        owner=_owner(owner),
        tags=tuple(tag for tag in tags_of(tags) if len(tag) <= TAG_LIMIT),
        depends_on=tuple(used),
        status_url=_status_url(one),
        place=one.place,
    )


def _owner(text: str) -> str:
    """The slug of the owning team; a person as owner is kept as written, for no team is it."""
    if not text:
        return ""
    reference = _reference(text, "group")
    kind, _, rest = reference.partition(":")
    namespace, _, name = rest.partition("/")
    return _slug(namespace, name) if kind == "group" else reference


def _reference(text: str, kind: str) -> str:
    """``[kind:][namespace/]name`` in full and in small letters."""
    before, colon, rest = text.strip().lower().rpartition(":")
    namespace, slash, name = rest.rpartition("/")
    return f"{before if colon else kind}:{namespace if slash else 'default'}/{name}"


def _slug(namespace: str, name: str) -> str:
    return slug_of(name if namespace == "default" else f"{namespace}-{name}")


def _title(one: _Entity) -> str:
    return (_text(one.metadata.get("title")) or _text(one.metadata.get("name")))[:TITLE_LIMIT]


def _about(one: _Entity) -> str:
    return clean(one.metadata.get("description")).replace("\x00", "")[:LONGEST_ABOUT]


def _status_url(one: _Entity) -> str:
    links = one.metadata.get("links")
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict):
            continue
        url, title = _text(link.get("url")), _text(link.get("title")).lower()
        if "status" in title and url.startswith(("https://", "http://")):
            return url[:2_000]
    return ""


def _names(value: object) -> list[str]:
    return [_text(one) for one in value if _text(one)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """One line of text; numbers as they are written, anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(clean(str(value)).replace("\x00", "").split())


def _line_of(node: yaml.Node, key: str, place: Place) -> Place:
    """Where a key of the document stands; the document itself when it has none."""
    if isinstance(node, yaml.MappingNode):
        for name, _ in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == key:
                return replace(place, line=name.start_mark.line + 1)
    return place


def _place_of(error: Exception, place: Place) -> Place:
    mark = getattr(error, "problem_mark", None)
    return place if mark is None else replace(place, line=mark.line + 1)


def _words_of(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "This is nested too deeply to be read"
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"This is not readable as YAML: {problem}"[:300]
