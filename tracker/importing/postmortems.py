"""Collections of published post-mortems: JSON Lines, one record a line, the report in
``body_markdown``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from tracker.importing.markdown_report import read_markdown
from tracker.importing.particulars import storable
from tracker.importing.report import BrokenRecord, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLAIN: Final = (
    "title",
    "url",
    "licence",
    "attribution",
    "started_at",
    "ended_at",
    "published_at",
    "severity",
)
_TAGS: Final = ("categories", "keywords", "derived_tags", "tags")
_LONGEST_ID: Final = 200


def read_postmortems(lines: Iterable[str]) -> Iterator[Report | BrokenRecord]:
    """Yield, lazily, one report or one broken record for each line that is not empty.

    Nothing is raised for a bad line, and the lines after it are read. The second record with an id
    is broken.
    """
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix("\ufeff").strip() if number == 1 else line.strip()
        if not text:
            continue
        source_id = ""
        try:
            record = _record(text)
            source_id = _source_id(record)
            if source_id in seen:
                msg = f"The id “{source_id}” stands in line {seen[source_id]} already."
                raise ValueError(msg)  # noqa: TRY301 - one way out for every broken record
            report = _report(record, source_id)
            seen[source_id] = number
        except ValueError as error:
            yield BrokenRecord(line=number, source_id=source_id, reason=str(error))
        else:
            yield report


def _record(text: str) -> dict[str, object]:
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        msg = f"The line is not JSON: {error.msg} at character {error.pos + 1}."
        raise ValueError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = "The line cannot be read as JSON: too deeply nested, or with too long a number."
        raise ValueError(msg) from error
    if not isinstance(record, dict):
        msg = "The line is JSON, but not an object with fields."
        raise ValueError(msg)  # noqa: TRY004 - for the reader it is a line that cannot be read
    return record


def _source_id(record: dict[str, object]) -> str:
    value = record.get("id")
    if not isinstance(value, str) or not value.strip():
        msg = "The record has no id."
        raise ValueError(msg)
    source_id = storable(value.strip())
    if len(source_id) > _LONGEST_ID:
        msg = f"The id is longer than {_LONGEST_ID} characters."
        raise ValueError(msg)
    return source_id


def _report(record: dict[str, object], source_id: str) -> Report:
    summary = _text(record, "summary_markdown")
    body = _text(record, "body_markdown") or summary
    if not body.strip():
        msg = "The record has no text: body_markdown is missing or empty."
        raise ValueError(msg)
    defaults: dict[str, object] = {
        name: record[name] for name in _PLAIN if record.get(name) is not None
    }
    defaults["organisation"] = _text(record, "company")
    defaults["collection"] = re.sub(
        r"^https?://(?:www\.)?github\.com/", "", _text(record, "source")
    ).strip("/")
    defaults["services"] = [_text(record, "product")] if record.get("product") else []
    defaults["tags"] = [tag for name in _TAGS for tag in _words(record, name)]
    defaults["summary"] = summary[:4_000]
    return read_markdown(body, source_id=source_id, defaults=defaults)


def _text(record: dict[str, object], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        msg = f"The field “{name}” is not a text."
        raise ValueError(msg)  # noqa: TRY004 - for the reader it is a line that cannot be read
    return value


def _words(record: dict[str, object], name: str) -> list[str]:
    value = record.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        msg = f"The field “{name}” is not a list of words."
        raise ValueError(msg)
    return value
