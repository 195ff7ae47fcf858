"""Files are read all at once, and everything that is wrong is told with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.configuration.folders import SERVICES, TEAMS, read, seeded, small, write
from tracker.configuration.checking import WORDS, check_things
from tracker.configuration.folder import LARGEST_FILE, FolderRead, read_folder, read_texts
from tracker.configuration.telling import KEY_WORDS

# What the tracker itself brings.
HERE = {"wording_category": frozenset({"blame", "person"})}
CASES = yaml.safe_load((Path(__file__).parent / "wrong.yaml").read_text())
WRONG = {one["name"]: one for one in CASES["wrong"]}
POINTING = {one["name"]: one for one in CASES["pointing"]}


def told(found: FolderRead) -> list[str]:
    return [str(one) for one in sorted({*found.problems, *check_things(found, HERE)})]


def test_a_whole_organisation_is_read() -> None:
    found = read(small())
    assert told(found) == []
    assert {item.kind for item in found.items} == {
        "policy", "factor", "review_template", "team", "service", "alert", "alert_rule",
        "procedure", "calendar_entry", "word",
    }  # fmt: skip
    gateway = next(item for item in found.items if item.kind == "service")
    assert gateway.place == "services.yaml:2"
    procedure = next(item for item in found.items if item.kind == "procedure")
    assert procedure.key == "gateway-down"
    assert procedure.fields["review_every"] == "90 days"
    assert procedure.fields["text"].startswith("Before anything else")


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_told_with_file_and_line(name: str) -> None:
    case = WRONG[name]
    assert case["told"] in told(read({case["file"]: case["text"]}))


@pytest.mark.parametrize("name", POINTING)
def test_a_name_that_is_nowhere_is_told_with_the_nearest_one(name: str) -> None:
    case, files = POINTING[name], small()
    assert case["before"] in files[case["file"]]
    files[case["file"]] = files[case["file"]].replace(case["before"], case["after"], 1)
    assert case["told"] in "\n".join(told(read(files)))


def test_everything_is_told_at_once() -> None:
    broken = ("unknown name", "wrong word", "backwards", "name of a file")
    files = {WRONG[name]["file"]: WRONG[name]["text"] for name in broken}
    assert len(told(read(files))) == 4


def test_names_that_are_nowhere_are_told_beside_what_else_does_not_fit() -> None:
    files = small()
    files["services.yaml"] = """\
services:
  - key: gateway
    nam: Gateway
    owner: door
    depends_on: [ledger, Not A Key, ledgre]
  - key: ledger
    name: Ledger
    owner: money
"""
    files["procedures/gateway-down.md"] = """\
---
title: Gateway is down
teem: doors
services: [gateway, ledgre]
owner: " Nobody@Example.org "
---
# Look
"""
    assert told(read(files)) == [
        "procedures/gateway-down.md:3: “teem” is not known here; did you mean “team”?",
        "procedures/gateway-down.md:4: There is no service “ledgre”; did you mean “ledger”?",
        f"procedures/gateway-down.md:5: There is no {WORDS['person']} “nobody@example.org”",
        "services.yaml:2: “name” is needed here",
        "services.yaml:3: “nam” is not known here; did you mean “name”?",
        "services.yaml:4: There is no team “door”; did you mean “doors”?",
        "services.yaml:5: There is no service “ledgre”; did you mean “ledger”?",
        f"services.yaml:5: “Not A Key” is no key: {KEY_WORDS}",
    ]


def test_a_policy_that_is_half_read_points_at_teams_and_severities_of_its_own() -> None:
    files = small()
    before = files["policy.yaml"]
    files["policy.yaml"] = (
        "colour: red\n"
        + before
        + "\nnotifications:\n  - {severities: [SEV1, SEV7], teams: [door], channels: ['#all']}\n"
    )
    found = [line.partition(": ")[2] for line in told(read(files))]
    assert "There is no severity “SEV7”; did you mean “SEV4”?" in found
    assert "There is no team “door”; did you mean “doors”?" in found
    assert not any("SEV1" in line for line in found)


def test_one_broken_file_does_not_blame_the_files_that_point_at_it() -> None:
    files = small() | {"teams.yaml": TEAMS.replace("channel:", "chanel:")}
    assert told(read(files)) == [
        "teams.yaml:5: “chanel” is not known here; did you mean “channel”?"
    ]


def test_a_thing_that_stands_twice_is_told_with_both_places() -> None:
    found = read({"teams.yaml": TEAMS, "teams/more.yaml": "teams:\n  - key: money\n    name: M\n"})
    assert told(found) == ["teams/more.yaml:2: “money” stands in teams.yaml:6 already"]


def test_names_that_only_the_database_has_are_known() -> None:
    found = read({"services.yaml": SERVICES})
    assert len(told(found)) == 2
    assert check_things(found, {"team": frozenset({"doors", "money"})}) == []
    assert check_things(found, None) == [], "offline, other names are trusted"


def test_an_empty_folder_is_a_problem_and_not_a_wish_for_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/teams.yaml").write_text("teams: []")
    (tmp_path / "README.md").write_text("Hello")
    assert told(read_folder(tmp_path))[0].startswith(".: There is nothing to read here")


def test_files_that_are_no_text_or_too_large_are_told(tmp_path: Path) -> None:
    write(tmp_path, seeded())
    (tmp_path / "teams.yaml").write_bytes(b"teams:\n  - key: a\n    name: \xff\n")
    (tmp_path / "services.yaml").write_text("x" * (LARGEST_FILE + 1))
    assert told(read_folder(tmp_path)) == [
        "services.yaml: This file has more than 4 MB",
        "teams.yaml:3: This is not UTF-8 text; save the file as UTF-8",
    ]


def test_a_link_leads_nowhere_outside_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(TEAMS)
    place = tmp_path / "place"
    write(place, seeded() | {"teams/real.yaml": TEAMS})
    (place / "services.yaml").symlink_to(outside)
    (place / "round").symlink_to(place)
    (place / "alerts.yaml").symlink_to(tmp_path / "gone.yaml")
    assert told(read_folder(place)) == [
        "alerts.yaml: This is a link out of the folder; put the file here",
        "services.yaml: This is a link out of the folder; put the file here",
    ]


def test_a_byte_order_mark_and_other_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "teams.yaml").write_bytes(b"\xef\xbb\xbf" + TEAMS.replace("\n", "\r\n").encode())
    found = read_folder(tmp_path)
    assert told(found) == []
    assert [item.key for item in found.items] == ["doors", "money"]


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["key", "name", "tier", "teams", "services", "groups",
                                       "matrix", "severities", "steps"]), inner, max_size=4),
    max_leaves=12,
), st.sampled_from(["teams.yaml", "services.yaml", "policy.yaml", "taxonomy.yaml", "alerts.yaml",
                    "review_templates/a.yaml", "calendar.yaml", "procedures/a.md"]))  # fmt: skip
def test_any_value_of_any_shape_is_read_or_told(value: object, file: str) -> None:
    text = json.dumps(value)
    found = read_texts({file: f"---\n{text}\n---\nx\n" if file.endswith(".md") else text})
    assert (
        found.items or found.problems or value in ({"teams": []}, {"services": []}, {"groups": []})
    )
    told(found)
