"""Tells of a disk without room in words, at the edges: the command line, and what programs ask."""

from __future__ import annotations

import errno

from index_store.errors import DiskFull
from index_store.manifest import MAKE_ROOM

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def no_room(failure: OSError) -> DiskFull | None:
    """Give the error to show where a disk, a quota or a limit on files was the reason; None for any other.

    >>> str(no_room(OSError(errno.ENOSPC, "No space left on device", "rows.jsonl"))).partition(" Check")[0]
    'rows.jsonl cannot be written: No space left on device.'
    """
    if failure.errno not in _NO_ROOM:
        return None
    return DiskFull(f"{failure.filename or 'A file'} cannot be written: {failure.strerror}.", hint=MAKE_ROOM)
