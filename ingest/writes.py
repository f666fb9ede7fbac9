"""Stands around each write to the library: what fails is told in words, and the index is not called clean meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index_store.errors import IndexProblem, LecternError
from index_store.index import Index
from index_store.manifest import MAKE_ROOM


@contextmanager
def writing_to(index: Index, home: Path, at: str) -> Iterator[None]:
    """Write index and ledger, which agree only at the end, if they did before; `at` names what is being written.

    Raises:
        IndexProblem: naming the library, what was being written and the reason.
    """
    before, index.settled = index.settled, False
    try:
        yield
    except LecternError:
        raise
    except Exception as exc:  # the two stores raise errors of their own over a full disk, a dozen kinds of them
        reason = " ".join(str(exc).split()) or type(exc).__name__
        raise IndexProblem(
            f"The library in {home} cannot be written, at {at}: {reason[:300]}.",
            hint=f"What was finished before is kept. {MAKE_ROOM}",
        ) from exc
    index.settled |= before  # what a former run left apart stays so, unless this write has settled it
