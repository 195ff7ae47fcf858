"""The command that gives wording hints for Markdown files, for editors, hooks and pipelines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tracker import __version__
from tracker.cli.opening import opened, print_data
from tracker.domain.asks import TEXT_LIMIT
from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.domain.wording.finding import CONTEXTS, LEVELS, Finding, Lines
from tracker.domain.wording.hints import House
from tracker.reading.analyse.wording import categories, findings_in, house_of

STANDARD_INPUT = "-"
FOUND = 1
# Headings as people write them, and what stands below. The first that fits counts.
_SECTIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "actions",
        re.compile(r"action|follow[- ]?up|next steps|to-?dos?\b|remediation items", re.IGNORECASE),
    ),
    ("known_later", re.compile(r"known later|hindsight", re.IGNORECASE)),
    ("timeline", re.compile(r"time ?line|chronology|sequence of events", re.IGNORECASE)),
    ("impact", re.compile(r"impact|affected", re.IGNORECASE)),
    ("factors", re.compile(r"cause|factor|went wrong|went well|lucky|lessons", re.IGNORECASE)),
)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVEL = {"info": "none", "hint": "note", "suggest": "note"}


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "sarif")),
    default="text",
    show_default=True,
    help="How the findings are told.",
)
@click.option(
    "--context",
    type=click.Choice(("auto", *CONTEXTS)),
    default="auto",
    show_default=True,
    help="What the text is; auto goes by the headings.",
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="hint",
    show_default=True,
    help="The least level told; info shows doubtful ones too.",
)
@click.option("--strict", is_flag=True, help=f"End with exit code {FOUND} when anything is found.")
@click.option(
    "--own-words",
    is_flag=True,
    help="Use what the organisation allows and adds (asks the database).",
)
def lint(
    *, files: tuple[str, ...], form: str, context: str, level: str, strict: bool, own_words: bool
) -> None:
    """Give wording hints for Markdown files; - reads the standard input.

    A hint is a question, never an error: without --strict the command succeeds whatever it finds.
    """
    house = House()
    if own_words:
        with opened() as app, app.look_as_system() as look:
            house = house_of(look)
    texts = [(name, _text_of(name)) for name in files]
    found = [
        (name, finding)
        for name, text in texts
        for finding in _findings(house, text, context=context, level=level)
    ]
    if form == "json":
        print_data({"findings": [_as_data(name, one) for name, one in found]})
    elif form == "sarif":
        print_data(_as_sarif(found))
    else:
        for name, one in found:
            words = " ".join(one.text.split())
            click.echo(f"{name}:{one.line}:{one.column}: {one.category}: “{words}”")
            click.echo(f"    {one.question}")
        click.echo(f"{len(found)} {'hint' if len(found) == 1 else 'hints'}", err=True)
    if strict and found:
        raise click.exceptions.Exit(FOUND)


def _text_of(name: str) -> str:
    """The file's text. Raises: NotFound, NotValid for what is no text or too long for one."""
    try:
        raw = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except IsADirectoryError as error:
        raise NotValid(Gap("file", f"{name} is a folder; name the files in it")) from error
    except OSError as error:
        raise NotFound(f"The file {name}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotValid(Gap("file", f"{name} is not UTF-8 text")) from error
    if len(text) > TEXT_LIMIT * 10:
        raise NotValid(Gap("file", f"{name} is longer than any report: {len(text):,} characters"))
    return text


def _findings(house: House, text: str, *, context: str, level: str) -> Iterator[Finding]:
    """The findings of a file; with ``auto`` each section is read as what its heading says."""
    if context != "auto":
        yield from findings_in(house, text, context, level)
        return
    lines = Lines(text)
    contexts = list(_sections(text))
    if len(contexts) == 1:
        yield from findings_in(house, text, contexts[0][2], level)
        return
    for start, end, kind in contexts:
        for one in findings_in(house, text[start:end], kind, level):
            line, column = lines.locate(start + one.start)
            yield Finding(
                category=one.category,
                level=one.level,
                start=start + one.start,
                end=start + one.end,
                line=line,
                column=column,
                text=one.text,
                question=one.question,
            )


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, context) of each run of the text below one heading; together the whole."""
    fences = [match.span() for match in _FENCE.finditer(text)]
    start, kind = 0, "narrative"
    for match in _HEADING.finditer(text):
        if any(first <= match.start() < last for first, last in fences):
            continue
        if match.start() > start:
            yield start, match.start(), kind
        start, kind = match.start(), _context_below(match.group(1))
    yield start, len(text), kind


def _context_below(heading: str) -> str:
    return next((kind for kind, words in _SECTIONS if words.search(heading)), "narrative")


def _as_data(name: str, one: Finding) -> dict[str, Any]:
    return {
        "file": name,
        "line": one.line,
        "column": one.column,
        "text": one.text,
        "category": one.category,
        "hint": one.question,
    }


def _as_sarif(found: list[tuple[str, Finding]]) -> dict[str, Any]:
    """SARIF 2.1.0, as code review tools read it. Source: OASIS, SARIF version 2.1.0."""
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "tracker lint",
                        "version": __version__,
                        "rules": [
                            {
                                "id": one.key,
                                "name": one.name,
                                "shortDescription": {"text": one.about},
                                "help": {"text": one.question},
                                "defaultConfiguration": {"level": "note"},
                            }
                            for one in categories().values()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(name, one) for name, one in found],
            }
        ],
    }


def _sarif_result(name: str, one: Finding) -> dict[str, Any]:
    region = {
        "startLine": one.line,
        "startColumn": one.column,
        "charOffset": one.start,
        "charLength": one.end - one.start,
        "snippet": {"text": one.text},
    }
    return {
        "ruleId": one.category,
        "level": _SARIF_LEVEL[one.level],
        "message": {"text": f"“{' '.join(one.text.split())}”: {one.question}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": Path(name).as_posix()},
                    "region": region,
                }
            }
        ],
    }
