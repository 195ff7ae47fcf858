"""What is exported and applied to an empty database is exported again word for word."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tests.configuration.folders import PROCEDURE, read, small
from tests.conftest import Cast
from tracker.app import App
from tracker.configuration.folder import read_texts
from tracker.configuration.planning import Standing
from tracker.configuration.writing import written_files
from tracker.models.procedure import Procedure
from tracker.reading.configuration import exported_things
from tracker.usecases.configuration import ApplyConfiguration, apply_configuration
from tracker.usecases.improve.procedures import WriteProcedure, write_procedure

SCHEMAS = "https://tracker.example.org/schemas"
# Words as people and machines write them: marks of YAML, other scripts, numbers that are texts.
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t")
TEXTS = st.text(LETTERS, max_size=60) | st.sampled_from(
    ["no", "null", "~", "1.5", "0x1f", "2027-01-01", "a: b", "- x", "# x", "'", '"', "%", "@x",
     "two\nlines", "  indented\nless", "trailing \nblank", "\n\n\nfar", "é\u0301", "\u2028", "|",
     ">-", "<<"]
)  # fmt: skip
LINES = TEXTS.map(lambda text: " ".join(text.split())[:100])
NAMES = LINES.filter(bool)
EARLY = datetime(2024, 1, 1, tzinfo=UTC)
KEYS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12).filter(
    lambda key: key not in ("new", "vendors", "gaps")
)


@st.composite
def organisations(draw: st.DrawFn) -> dict[tuple[str, str], dict[str, Any]]:
    """Teams, services, alerts, rules, procedures and planned work that point at each other."""
    teams = draw(st.lists(KEYS, min_size=1, max_size=3, unique=True))
    services = draw(st.lists(KEYS, max_size=4, unique=True))
    some = st.lists(st.sampled_from(services), max_size=3, unique=True) if services else st.just([])
    team = st.sampled_from([*teams, ""])
    things: dict[tuple[str, str], dict[str, Any]] = {}
    for key in teams:
        things["team", key] = draw(st.fixed_dictionaries(
            {"name": NAMES, "contact": LINES, "channel": LINES, "about": TEXTS}
        ))  # fmt: skip
    for key in services:
        things["service", key] = draw(st.fixed_dictionaries({
            "name": NAMES, "about": TEXTS, "owner": team, "tier": st.integers(1, 4),
            "kind": st.sampled_from(["self", "managed", "vendor"]),
            "tags": st.lists(NAMES.map(lambda tag: tag[:40].strip()).filter(bool), max_size=3),
            "depends_on": some.map(lambda keys, own=key: [one for one in keys if one != own]),
            "escalation": TEXTS, "status_url": st.sampled_from(["", "https://status.example.org"]),
        }))  # fmt: skip
    procedures = draw(st.lists(KEYS, max_size=2, unique=True))
    for key in procedures:
        things["procedure", key] = draw(st.fixed_dictionaries({
            "title": NAMES, "kind": st.sampled_from(["runbook", "playbook"]),
            "team": st.sampled_from(teams), "escalation": TEXTS,
            "review_every": st.integers(1, 3000).map(lambda days: f"{days} days"),
            "services": some, "owner": st.just(""),
            "text": LINES.map(lambda line: f"{line}\n\n1. Look: {line or 'there'}"),
        }))  # fmt: skip
    for key in draw(st.lists(NAMES, max_size=3, unique=True)):
        things["alert", key] = draw(st.fixed_dictionaries({
            "about": TEXTS, "service": st.sampled_from([*services, ""]), "owner": team,
            "procedure": st.sampled_from([*procedures, ""]),
            "severity": st.sampled_from(["SEV1", "SEV3", ""]),
        }))  # fmt: skip
    for key in draw(st.lists(KEYS, max_size=2, unique=True)):
        things["alert_rule", key] = draw(st.fixed_dictionaries({
            "alert": LINES, "labels": st.dictionaries(NAMES, LINES, max_size=2),
            "severity": st.sampled_from(["SEV1", "SEV2"]), "minutes_firing": st.integers(0, 100),
            "group_by": st.lists(NAMES, max_size=2, unique=True), "title": LINES,
            "active": st.booleans(),
        }))  # fmt: skip
    for key in draw(st.lists(KEYS, max_size=2, unique=True)):
        begins = draw(st.integers(0, 3_000_000).map(lambda m: EARLY + timedelta(minutes=m)))
        things["calendar_entry", key] = draw(st.fixed_dictionaries({
            "kind": st.sampled_from(["maintenance", "freeze"]), "title": NAMES, "text": TEXTS,
            "starts_at": st.just(begins.isoformat()),
            "ends_at": st.just((begins + timedelta(hours=1)).isoformat()),
            "team": team, "services": some,
        }))  # fmt: skip
    phrases = st.text("aäbcß Zé'-", min_size=1, max_size=20).map(
        lambda text: " ".join(text.split()).casefold()
    )
    for phrase in draw(
        st.lists(phrases.filter(lambda one: any(map(str.isalpha, one))), max_size=2, unique=True)
    ):
        why = draw(NAMES)
        word = {"phrase": phrase, "verdict": "add", "category": "blame", "why": why}
        things["word", f"add {phrase}"] = word
    return things


def files_of(app: App) -> dict[str, str]:
    with app.look_as_system() as look:
        return written_files(exported_things(look), schemas=SCHEMAS)


def apply(app: App, files: dict[str, str]) -> None:
    found = read_texts(files)
    assert found.problems == []
    with app.begin_as_system() as work:
        apply_configuration(work, ApplyConfiguration(read=found))


def test_a_whole_organisation_goes_round(app: App, make_app: Callable[[str], App]) -> None:
    apply(app, small() | {"procedures/deep/other.md": PROCEDURE.replace("Gateway is", "It is")})
    written = files_of(app)
    assert "procedures/deep/other.md" in written
    assert written["teams.yaml"].startswith(
        f"# yaml-language-server: $schema={SCHEMAS}/team.json\nteams:\n"
    )
    again = make_app("sqlite")
    apply(again, written)
    assert files_of(again) == written


def test_an_export_of_what_was_seeded_applies_as_no_new_version(sqlite_app: App) -> None:
    written = files_of(sqlite_app)
    apply(sqlite_app, written)
    with sqlite_app.look_as_system() as look:
        assert look.policy.version == 1
    assert files_of(sqlite_app) == written


def test_a_procedure_that_only_a_person_owns_or_nobody_uses_is_left_out(
    app: App, cast: Cast, make_app: Callable[[str], App]
) -> None:
    apply(app, small())
    with app.begin_as_system() as work:
        procedure = work.session.exec(select(Procedure)).one()
        procedure.team_id, procedure.owner_id = None, cast.alice.person_id
        work.session.add(procedure)
        write_procedure(work, WriteProcedure(title="A draft", text="1. Look", team="doors"))
    written = files_of(app)
    assert not [name for name in written if name.startswith("procedures/")]
    assert "procedure:" not in written["alerts.yaml"]
    other = make_app("sqlite")
    apply(other, written)
    assert files_of(other) == written


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(organisations())
def test_any_organisation_goes_round(
    make_app: Callable[[str], App], things: dict[tuple[str, str], dict[str, Any]]
) -> None:
    written = written_files(
        {thing: Standing(fields) for thing, fields in things.items()}, schemas=SCHEMAS
    )
    first, second = make_app("sqlite"), make_app("sqlite")
    apply(first, written)
    exported = files_of(first)
    apply(second, exported)
    assert files_of(second) == exported
    wanted = {(item.kind, item.key): item.fields for item in read(written).items}
    assert set(wanted) == set(things)
    with second.look_as_system() as look:
        here = exported_things(look)
        assert {thing: here[thing].fields for thing in wanted} == wanted
