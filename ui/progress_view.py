"""Shows how far long work is, an ingest or a file of rows: a bar, and words with the rate and the time left."""

from __future__ import annotations

import html

ESTIMATED_AFTER_S = 1.0
"""Before that, what is left would be guessed from too little."""
MINUTES_FROM_S = 90


def bar_html(share: float, label: str, *said: str) -> str:
    """Give a bar that is full by a share of 0 to 1, and what there is to say beside it."""
    words = html.escape(" · ".join(part for part in said if part))
    return (
        f"<p role='status'><progress max='1' value='{min(max(share, 0.0), 1.0):.4f}' aria-label='{html.escape(label)}'>"
        f"</progress> {words}</p>"
    )


def rows_over_html(problem: str, done: int, count: int, said: str, results: str) -> str:
    """Give how work on rows ended, the problem first (HTML that is safe), and what was done; nothing of no row."""
    ended = "Done" if done == count else "Ended" if problem else "Cancelled"
    told = bar_html(done / max(count, 1), "Rows done", f"{ended}: {said}") + results
    return problem + (told if done or not problem else "")


def rate(done: int, seconds: float, what: str) -> str:
    """Say how fast it goes; nothing before that can be told.

    >>> rate(90, 3.0, "chunks"), rate(1, 10.0, "rows"), rate(0, 3.0, "chunks")
    ('30 chunks/s', '6 rows/min', '')
    """
    if not done or seconds < ESTIMATED_AFTER_S:
        return ""
    a_second = done / seconds
    return f"{a_second:,.0f} {what}/s" if a_second >= 1 else f"{a_second * 60:,.0f} {what}/min"


def left(share: float, seconds: float) -> str:
    """Say how long it will still take, by what it took so far.

    >>> left(0.5, 60), left(0.25, 60), left(0.0, 60), left(1.0, 60)
    ('about 60 s left', 'about 3 min left', '', '')
    """
    if not 0.0 < share < 1.0 or seconds < ESTIMATED_AFTER_S:
        return ""
    wait = seconds * (1.0 - share) / share
    return f"about {wait:.0f} s left" if wait < MINUTES_FROM_S else f"about {wait / 60:.0f} min left"
