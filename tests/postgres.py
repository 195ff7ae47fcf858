"""A PostgreSQL server for the tests: the one named, or Debian's own binaries started privately."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scratch import fastest_place


class NoPostgresError(RuntimeError):
    """There is none on this machine; the text says what was looked for."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a running server, without a database name.

    ``TRACKER_TEST_POSTGRES_URL`` wins; else initdb and postgres from /usr/lib/postgresql are
    started in a folder with a short path, because that of a socket may have 107 bytes at most.
    Raises: NoPostgresError.
    """
    named = os.environ.get("TRACKER_TEST_POSTGRES_URL")
    if named:
        yield named.rsplit("/", 1)[0]
        return
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        raise NoPostgresError("no PostgreSQL: set TRACKER_TEST_POSTGRES_URL or install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir=fastest_place()))
    as_owner = _as_owner(folder)
    tools = binaries[-1].parent
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _run(*as_owner, tools / "initdb", "-D", folder / "data", "-U", "postgres", "--auth=trust",
         "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")  # fmt: skip
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off "
        "-c full_page_writes=off -c synchronous_commit=off -c max_connections=200"
    )
    _run(*as_owner, tools / "pg_ctl", "-D", folder / "data", "-w", "-s", "-l", folder / "log",
         "-o", options, "start")  # fmt: skip
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        _run(*as_owner, tools / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _as_owner(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the packaged user."""
    if os.geteuid() != 0:
        return []
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError as error:
        raise NoPostgresError("running as root and there is no user 'postgres'") from error
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


def _run(*command: object) -> None:
    subprocess.run(  # noqa: S603 - our own words
        [str(word) for word in command],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/tmp",  # noqa: S108
    )
