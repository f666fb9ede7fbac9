"""Files that never end a line, a tag or a row are read at a cost that grows as their length does.

Each is read in a process that may use a minute of the processor. What grows with the length needs a second or two of
it; what grows with its square needs many minutes, and is stopped by the system.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

SECONDS = 60
SIZE = 400_000
READ = """
import sys
from index_store.errors import UnreadableFile
from ingest.readers import read_document
try:
    read_document(sys.stdin.buffer.read(), sys.argv[1])
except UnreadableFile:
    pass
"""


def run(code: str, data: bytes, *arguments: str) -> None:
    def confine() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, input=data, capture_output=True, preexec_fn=confine)
    assert done.returncode == 0, done.stderr.decode()[-2000:] or f"stopped after {SECONDS} s of the processor"


@pytest.mark.parametrize("part", ["{\\a", "<v a", "<v.", "<a "])
def test_a_tag_in_subtitles_that_is_never_closed(part: str) -> None:
    text = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + part * (SIZE // len(part))
    run(READ, text.encode(), "a.vtt")


@pytest.mark.parametrize("part", ["1it/s ", "5s/it 3", "\x1b]0;", "10%", "█"])
def test_an_output_of_one_line_without_end(part: str) -> None:
    output = {"output_type": "stream", "text": part * (SIZE // len(part))}
    run(READ, json.dumps({"cells": [{"cell_type": "code", "source": "", "outputs": [output]}]}).encode(), "a.ipynb")
