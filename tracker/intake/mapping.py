"""A mapping in configuration: JMESPath expressions that say where our fields are in any JSON.

An expression can only read: it has no loops without end, no files and no addresses. A mapping is
checked when it is saved, so that a message never meets a broken one.

    each: "alerts[]"             # optional: one thing for each of these
    when: "state != 'test'"      # optional: everything else is ignored
    makes: alert                 # alert, change or notice
    fields:
      title: "monitor.name"
      status: "state"
    words:
      status: {DOWN: firing, UP: resolved}
    labels: {region: "monitor.region"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

from tracker import assets
from tracker.domain.errors import Gap, NotValid
from tracker.domain.event import Received
from tracker.intake.fields import Delivery, Fields, as_text
from tracker.intake.parsers.generic import gathered, tell
from tracker.intake.refusals import NotUnderstood

MADE: Final = ("alert", "change", "notice")
FIELDS: Final = (
    "alert_key",
    "by",
    "ended_at",
    "environment",
    "finished_at",
    "group_key",
    "key",
    "kind",
    "procedure_url",
    "revision",
    "rolls_back",
    "service",
    "severity",
    "started_at",
    "starts_at",
    "status",
    "text",
    "title",
    "url",
    "vendor",
)
LONGEST_EXPRESSION: Final = 1_000
_PARTS: Final = frozenset(
    {"title", "each", "when", "makes", "fields", "words", "labels", "delivery_id"}
)


@dataclass(frozen=True)
class FieldMapping:
    """A mapping that was checked: every expression in it can be read."""

    fields: Mapping[str, Any]
    title: str = ""
    makes: str = "alert"
    each: Any = None
    when: Any = None
    delivery_id: Any = None
    labels: Any = None
    named_labels: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def understand(self, delivery: Delivery) -> Received:
        """What the body holds, by this mapping.

        Raises: NotUnderstood, naming the field of ours that could not be filled.
        """
        body = delivery.body
        pieces = [body] if self.each is None else _found(self.each, body, "each")
        if not isinstance(pieces, list):
            raise NotUnderstood(422, "The mapping's 'each' found no list in the body.")
        made = [
            tell(self._fields(piece, n, delivery), self.makes)
            for n, piece in enumerate(pieces)
            if self.when is None or _is_true(_found(self.when, piece, "when"))
        ]
        if not made:
            return Received(ignored="the mapping takes nothing from this message")
        received = gathered(made)
        if self.delivery_id is None:
            return received
        number = as_text(_found(self.delivery_id, body, "delivery_id"))[:120]
        return Received(
            alerts=received.alerts,
            changes=received.changes,
            notices=received.notices,
            delivery_id=number,
        )

    def _fields(self, piece: object, n: int, delivery: Delivery) -> Fields:
        values: dict[str, object] = {}
        for name, expression in self.fields.items():
            found = _found(expression, piece, name)
            words = self.words.get(name)
            values[name] = words.get(as_text(found), found) if words else found
        labels: dict[str, object] = {}
        if self.labels is not None:
            found = _found(self.labels, piece, "labels")
            labels |= found if isinstance(found, dict) else {}
        for name, expression in self.named_labels.items():
            labels[name] = _found(expression, piece, f"labels.{name}")
        values["labels"] = labels
        return Fields(values, f"mapped[{n}]" if self.each is not None else "mapped", delivery.now)


def read_mapping(given: object) -> FieldMapping:
    """The mapping, checked in full.

    Raises: NotValid with a gap for each part that is wrong.
    """
    if not isinstance(given, dict):
        raise NotValid(Gap("mapping", "A mapping is an object with 'fields'."))
    gaps: list[Gap] = [
        Gap(f"mapping.{name}", f"Unknown; a mapping has {', '.join(sorted(_PARTS))}.")
        for name in given
        if name not in _PARTS
    ]

    def compiled(text: object, place: str) -> Any:  # noqa: ANN401 - what jmespath compiles to
        if text is None:
            return None
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_EXPRESSION:
            gaps.append(Gap(place, "A JMESPath expression was expected, as text."))
            return None
        try:
            return jmespath.compile(text)
        except JMESPathError as error:
            reason = str(error).splitlines()[0]
            gaps.append(Gap(place, f"This is no JMESPath expression: {reason}"))
            return None

    makes = given.get("makes", "alert")
    if makes not in MADE:
        gaps.append(Gap("mapping.makes", f"One of {', '.join(MADE)} was expected."))
    fields = given.get("fields")
    if not isinstance(fields, dict) or "title" not in fields:
        gaps.append(Gap("mapping.fields", "At least 'title' is needed here."))
        fields = fields if isinstance(fields, dict) else {}
    gaps += [
        Gap(f"mapping.fields.{name}", f"Unknown; our fields are {', '.join(FIELDS)}.")
        for name in fields
        if name not in FIELDS
    ]
    labels = given.get("labels")
    named = labels if isinstance(labels, dict) else {}
    mapping = FieldMapping(
        title=as_text(given.get("title")),
        makes=str(makes),
        each=compiled(given.get("each"), "mapping.each"),
        when=compiled(given.get("when"), "mapping.when"),
        delivery_id=compiled(given.get("delivery_id"), "mapping.delivery_id"),
        fields={name: compiled(text, f"mapping.fields.{name}") for name, text in fields.items()},
        labels=None if named else compiled(labels, "mapping.labels"),
        named_labels={
            str(name): compiled(text, f"mapping.labels.{name}") for name, text in named.items()
        },
        words=_words(given.get("words"), gaps),
    )
    if gaps:
        raise NotValid(*gaps)
    return mapping


def _words(given: object, gaps: list[Gap]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if given is None:
        return found
    if not isinstance(given, dict):
        gaps.append(Gap("mapping.words", "An object was expected: field, then word and meaning."))
        return found
    for name, words in given.items():
        if name in FIELDS and isinstance(words, dict):
            found[name] = {as_text(theirs): as_text(ours) for theirs, ours in words.items()}
        else:
            gaps.append(
                Gap(f"mapping.words.{name}", "A field with words and meanings was expected.")
            )
    return found


def _found(expression: Any, value: object, name: str) -> object:  # noqa: ANN401 - as above
    try:
        found: object = expression.search(value)
    except (JMESPathError, TypeError, ValueError, ArithmeticError) as error:
        reason = str(error).splitlines()[0] if str(error) else "the expression fails"
        raise NotUnderstood(
            422, f"The mapping of {name!r} does not fit this message: {reason[:200]}"
        ) from error
    return found


def _is_true(found: object) -> bool:
    # JMESPath's own truth: zero is true, and what is empty is not.
    return found is not None and (found == 0 or bool(found)) and found is not False


@lru_cache(maxsize=1)
def ready_made() -> Mapping[str, FieldMapping]:
    """The mappings that come with the tracker, by the sender's name."""
    found = assets.seed_data("intake_mappings.yaml")
    return {name: read_mapping(given) for name, given in found.items()}
