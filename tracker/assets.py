"""Where the files beside the code are: in the wheel's bundle, or one level up in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).resolve().parent
# Ten times as quick where libyaml is there, as it is in every wheel of PyYAML.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def folder(name: str) -> Path:
    """The folder ``templates``, ``migrations`` or ``seed``.

    Raises: FileNotFoundError when the installation lacks it.
    """
    for candidate in (_HERE / "bundled" / name, _HERE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation")


def seed_data(name: str) -> Any:  # noqa: ANN401 - what YAML holds
    """What a YAML file of the folder ``seed`` says.

    Raises: FileNotFoundError, yaml.YAMLError.
    """
    text = (folder("seed") / name).read_text(encoding="utf-8")
    return yaml.load(text, _LOADER)  # noqa: S506 - one of the two safe loaders


def static_folder() -> Path:
    """The built scripts and styles, with ``manifest.json``."""
    return _HERE / "web" / "static" / "dist"
