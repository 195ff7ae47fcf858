"""Every verb is offered by each face, or the table says why not."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

from tracker.domain.people import LEAST_ROLE

ROOT = Path(__file__).parents[2]
FACES = ("web", "api", "cli", "slack")
TABLE: dict[str, dict[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "faces.yaml").read_text()
)
CELLS = [(verb, face) for verb in TABLE for face in FACES]


@cache
def _used(face: str) -> frozenset[str]:
    """Names and attributes that the code of a face uses; importing alone is no use."""
    names: set[str] = set()
    for path in sorted((ROOT / "tracker" / face).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
    return frozenset(names)


def test_the_table_lists_exactly_the_verbs_there_are() -> None:
    assert set(TABLE) == set(LEAST_ROLE)


@pytest.mark.parametrize(("verb", "face"), CELLS, ids=[" ".join(cell) for cell in CELLS])
def test_a_face_offers_the_verb_or_the_table_says_why_not(verb: str, face: str) -> None:
    answer, _, more = TABLE[verb][face].partition(": ")
    if answer == "no":
        assert len(more) > 10, "a no needs its reason"
        assert verb not in _used(face), f"{face} does offer {verb}: say yes"
        return
    assert answer == "yes"
    functions = more.split(", ") if more else [verb]
    missing = [name for name in functions if name not in _used(face)]
    assert not missing, f"{face} does not offer {verb}"
