"""Gives a text on one line, for a list that has room for the beginning of it."""

from __future__ import annotations

SHOWN_QUESTION = 110


def one_line(text: str, most: int = SHOWN_QUESTION) -> str:
    """Give a text on one line, cut to so many characters where it is long.

    >>> one_line("What is\\na kiln?"), one_line("What is a kiln?", 8)
    ('What is a kiln?', 'What is…')
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
