"""Shows a page of a PDF as a picture that folds, with what it is called. A pure function; every text is escaped."""

from __future__ import annotations

import html


def page_html(page: int, address: str, found: int, quotes: int, *, is_open: bool) -> str:
    """Give a page on which so many of its quotes were found; one without any says so, and stays folded."""
    named = f"Page {page} as a picture"
    alt = f"Page {page}, the quote marked"
    if found < quotes:
        missing = "not every quote was found on it" if found else "the quote was not found on the picture"
        named, alt = f"{named}: {missing}", f"Page {page}: {missing}"
    state = " open" if is_open and found else ""
    return (
        f"<details class='lectern-page'{state}><summary>{named}</summary>"
        f"<img loading='lazy' alt='{alt}' src='{html.escape(address)}.png'></details>"
    )
