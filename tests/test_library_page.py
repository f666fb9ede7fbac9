"""What the library page takes in and shows, without a browser: its handlers over the real parts of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from pydantic import ValidationError

from tests.course import write_course
from tests.library import ingest
from ui import doctor, wiring
from ui.api_requests import Sources
from ui.library_page import LibraryHandlers
from ui.parts import Parts, parts_of
from ui.visitors import visitors_of

REQUEST: Any = SimpleNamespace(cookies={}, headers={})
NO_ADDRESS = ["/proc/self/task", "~/none", "../secret", "file:///etc/passwd", "ftp://host/a", "http:/etc", "arxiv:"]


@pytest.fixture
def parts(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    ingest(clean_environment, minilm, write_course(tmp_path / "course"))
    with wiring.open_library(wiring.read_environment()) as library:
        yield parts_of(wiring.assistant_of(library), visitors_of(clean_environment))


async def added(parts: Parts, address: str) -> list[tuple[str, str]]:
    return [shown async for shown in LibraryHandlers(parts).add(None, None, address, REQUEST)]


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_the_page_reads_no_folder_of_the_server(parts: Parts, address: str) -> None:
    before = [d.id for d in parts.library.ledger.documents()]
    with pytest.raises(gr.Error) as caught:
        asyncio.run(added(parts, address))
    told = str(caught.value.message)
    assert address in told and "no web address and no arXiv id" in told and "lectern ingest PATH" in told
    assert [d.id for d in parts.library.ledger.documents()] == before
    with pytest.raises(ValidationError):
        Sources(sources=[address])


def test_a_real_folder_that_the_server_can_read_stays_where_it_is(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "exam.md").write_text("# Exam\n\nThe answers of the exam are all forty-two.\n")
    with pytest.raises(gr.Error, match="no web address"):
        asyncio.run(added(parts, f" {tmp_path / 'secret'} "))
    assert not any(d.path == "exam.md" for d in parts.library.ledger.documents())


def test_what_could_not_be_read_is_counted_apart(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    assert parts.material() == "4 documents in the library"
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "broken.pdf").write_bytes(b"no pdf")
    ingest(parts.library.environment.home, minilm, tmp_path / "more")
    assert parts.material() == "4 documents in the library, 1 could not be read"
    does = LibraryHandlers(parts)
    assert "Documents 1 to 5 of 5, 1 could not be read" in does.documents("", 1)[0]
    assert "4 documents; 4 were never cited" in does.course_map()
    index = next(f for f in doctor.examine() if f.name == "index")
    assert index.found.startswith("4 documents, ") and index.found.endswith("sound; 1 could not be read")
