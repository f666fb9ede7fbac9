"""Shows a time: its words are of UTC, and a page's script writes those of its reader's zone (`times.js`). Pure."""

from __future__ import annotations

import html
from datetime import UTC, datetime


def time_html(at: float | str, to_second: bool = False) -> str:
    """Give a time for people and for programs: of s since 1970, or of ISO 8601, which is of UTC where it names no zone.

    >>> time_html("2026-11-27 09:30:12")
    "<time datetime='2026-11-27T09:30:12Z'>2026-11-27 09:30 UTC</time>"
    >>> time_html(60, to_second=True)
    "<time datetime='1970-01-01T00:01:00Z'>1970-01-01 00:01:00 UTC</time>"
    """
    try:
        known = _utc(at)
    except ValueError:  # of a store that was written otherwise
        return html.escape(str(at))
    words = f"{known:%Y-%m-%d %H:%M:%S}" if to_second else f"{known:%Y-%m-%d %H:%M}"
    return f"<time datetime='{known:%Y-%m-%dT%H:%M:%SZ}'>{words} UTC</time>"


def day_html(at: float) -> str:
    """Give the day of a time, in s since 1970.

    >>> day_html(0)
    "<time datetime='1970-01-01T00:00:00Z'>1970-01-01 UTC</time>"
    """
    known = _utc(at)
    return f"<time datetime='{known:%Y-%m-%dT%H:%M:%SZ}'>{known:%Y-%m-%d} UTC</time>"


def _utc(at: float | str) -> datetime:
    if not isinstance(at, str):
        return datetime.fromtimestamp(at, UTC)
    known = datetime.fromisoformat(at)
    return known.astimezone(UTC) if known.tzinfo else known.replace(tzinfo=UTC)
