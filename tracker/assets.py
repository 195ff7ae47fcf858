"""Where the files beside the code are: in the wheel's bundle, or one level up in a checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``templates``, ``migrations`` or ``seed``.

    Raises: FileNotFoundError when the installation lacks it.
    """
    for candidate in (_HERE / "bundled" / name, _HERE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation")


def static_folder() -> Path:
    """The built scripts and styles, with ``manifest.json``."""
    return _HERE / "web" / "static" / "dist"
