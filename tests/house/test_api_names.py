"""Two shapes of the API with one name would be one shape in its document: the last one wins."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

API = Path(__file__).parents[2] / "tracker" / "api"


def test_no_two_shapes_that_the_document_names_have_one_name() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(API.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            # What only reads the path has no name in the document.
            if isinstance(node, ast.ClassDef) and not node.name.endswith("Path"):
                found[node.name].add(str(path.relative_to(API)))
    assert {name: sorted(files) for name, files in found.items() if len(files) > 1} == {}
