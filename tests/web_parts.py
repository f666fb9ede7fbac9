"""What the pages of a server share, for tests of their handlers without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from assistant.gate import TurnLimits
from tests.course import write_course
from tests.library import ingest
from ui import wiring
from ui.parts import Parts, parts_of
from ui.visitors import COOKIE, visitors_of


@contextmanager
def opened_parts(home: Path, minilm: Any, folder: Path, limits: TurnLimits | None = None) -> Iterator[Parts]:
    """The parts of a server whose library holds the course of `write_course`, which is put into a folder."""
    ingest(home, minilm, write_course(folder / "course"))
    with wiring.open_library(wiring.read_environment()) as library:
        library.limits = limits
        yield parts_of(wiring.assistant_of(library), visitors_of(home))


def visitor(parts: Parts) -> Any:
    """A request of a browser that was never here before."""
    return SimpleNamespace(cookies={COOKIE: parts.visitors.new()}, headers={})
