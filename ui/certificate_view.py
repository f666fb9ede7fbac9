"""Shows what went with a removal, and the proof that nothing is left of it. Pure functions."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ui.library_commands import counted
from ui.library_view import full_name
from ui.removal import Certificate, Left


def certificate_html(went: Certificate, what: str, each: Sequence[Left] = ()) -> str:
    """Give the proof of a removal, and of `each` document where there were several."""
    sound = went.nothing_left
    left = _left(went.chunks_left, went.vectors_left, went.files_left)
    note = "" if went.files else " Files outside Lectern stay where they are."
    note += _shared(went.vectors_shared) + _still_quoted(went.turns)
    went_away = (
        f"{counted(went.documents, 'document')} with {counted(went.chunks, 'chunk')}, "
        f"{counted(went.vectors, 'vector')} and {counted(went.files, 'uploaded file')} went; {left}.{note}"
    )
    kind = "done" if sound else "failed"
    below = f"<ul class='lectern-went'>{''.join(map(_left_html, each))}</ul>" if each else ""
    return (
        f"<div role='status'><p class='lectern-{kind}'><strong>Removed {html.escape(what)}.</strong> {went_away}</p>"
        f"{below}</div>"
    )


def _left(chunks: int, vectors: int, files: int) -> str:
    parts = ((chunks, "chunk"), (vectors, "vector"), (files, "file"))
    return f"{', '.join(counted(count, noun) for count, noun in parts)} left"


def _left_html(one: Left) -> str:
    kind = "failed" if one.chunks or one.vectors or one.files else "done"
    left = _left(one.chunks, one.vectors, one.files)
    return f"<li class='lectern-{kind}'>{html.escape(full_name(one.document))}: {left}</li>"


def _shared(vectors: int) -> str:
    return f" {counted(vectors, 'vector')} of the same text in another document stay." if vectors else ""


def _still_quoted(turns: int | None) -> str:
    if turns is None:
        return " Whether kept turns still quote it is not known: the trace store cannot be read."
    if not turns:
        return ""
    quote, they = ("quotes", "It goes") if turns == 1 else ("quote", "They go")
    return (
        f" {counted(turns, 'kept turn')} still {quote} it, and the prompts of turns keep the passages that they were "
        f"given, here and where turns are delivered to. {they} when whoever asked deletes the conversation, "
        "or with: lectern traces forget."
    )
