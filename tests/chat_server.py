"""The web app in a process of its own, and a real browser to look at it with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY
from tests.needs import browser_path


def fresh_copy(home: Path, to: Path) -> Path:
    """Copy a home that other tests share, without their turns: these are nobody's here, and never delivered."""
    return Path(shutil.copytree(home, to, ignore=shutil.ignore_patterns("traces*", "running", "*.lock")))


def run(
    home: Path, *arguments: str, expected: int = 0, merged: bool = False, cwd: Path = REPOSITORY, **environment: str
) -> str:
    """Run a command of ours over a home; give what it wrote to standard output, and with `merged` to the other too."""
    values = {**os.environ, "LECTERN_HOME": str(home), "PYTHONPATH": str(REPOSITORY), **environment}
    command = [sys.executable, "-m", "ui", *arguments]
    done = subprocess.run(command, cwd=cwd, env=values, capture_output=True, text=True, timeout=300)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr if merged else done.stdout


@contextmanager
def served(home: Path, **environment: str) -> Iterator[str]:
    """Run the web app on a free port until the end of the block; give its address."""
    with started(home, **environment) as (address, _):
        yield address


@contextmanager
def started(
    home: Path, module: Sequence[str] = ("ui",), port: int = 0, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the web app as `served` does; give its process too, which may be killed within the block.

    `module` is what runs it in place of `ui`, with arguments of its own; `port` 0 takes any that is free.
    """
    values = {**os.environ, "LECTERN_HOME": str(home), "PYTHONUNBUFFERED": "1", **environment}
    run_by = ("tests.late_pages",) if module == ("ui",) and "LATE_PAGES_S" in os.environ else module
    command = [sys.executable, "-m", *run_by, "ui", "--port", str(port)]
    with (home.parent / "ui.log").open("w+") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=values, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout is not None
        try:
            address = next((m[0] for line in process.stdout if (m := re.search(r"http://[\d.:]+/", line))), None)
            log.seek(0)
            assert address is not None, log.read()
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield address, process
        finally:
            process.terminate()  # nothing, where it has ended
            process.wait(30)
            process.stdout.close()


@contextmanager
def browser() -> Iterator[Any]:
    """Run a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield opened
        opened.close()
