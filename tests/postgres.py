"""A real PostgreSQL for tests: a cluster in a temporary folder, on a free port of loopback, ended at the end.

The server refuses to run as root, so then it runs as the user that Debian's package makes for it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Give the folder of PostgreSQL's programs, None where it is not installed."""
    installed = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]) if p.parts[-3].isdigit() else 0)
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server until the end of the block; give the address of its database."""
    where = folder / "data"
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    port = _free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(folder / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr

    found = programs()
    assert found is not None
    for program in ("initdb", "pg_ctl"):
        (folder / program).symlink_to(found / program)
    run("initdb", "-D", str(where), "-U", "lectern", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    run("pg_ctl", "-D", str(where), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://lectern@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(where), "-w", "-m", "immediate", "stop")


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """Run a server in a folder of its own; pytest's folders are closed to the user that it runs as."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder, postgres(Path(folder)) as address:
        yield address


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
