"""Checks the sources that a reviewer names against the library: what it does not hold is no source. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from index_store.errors import InvalidInput


def known_sources(paths: Iterable[str], given: Sequence[str]) -> tuple[str, ...]:
    """Give each source as the library writes it; the end of a path is enough where it is of one document only.

    Raises:
        InvalidInput: when the library has no such document, or several.
    """
    known = sorted(set(paths))
    return tuple(dict.fromkeys(_known(name, known) for name in given))


def _known(name: str, paths: Sequence[str]) -> str:
    if name in paths:
        return name
    ends = [path for path in paths if path.endswith(f"/{name}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise InvalidInput(f"Several documents are called {name}.", hint=f"Write one of: {', '.join(ends[:3])}.")
    near = get_close_matches(name[:200], paths, n=1)
    hint = f"Do you mean {near[0]}?" if near else "The library page lists the documents with their paths."
    raise InvalidInput(f"The library has no document {name[:200]}.", hint=hint)
