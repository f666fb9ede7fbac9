"""Says what mends a tool of the agent that is off, for `lectern doctor` and the help page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # slow to import
    from assistant.toolbox import Off

_CUT_OFF = "Let this machine reach that host, or name in LECTERN_TOOLS only the tools that are to be on: the rest work."
_NEARER = {
    "wikipedia": "Set LECTERN_WIKIPEDIA_API_URL to a MediaWiki within reach.",
    "web_search": "Set LECTERN_SEARXNG_URL to a SearXNG within reach.",
}


def hint_for(name: str, off: Off, *, is_cut_off: bool) -> str:
    """Give the line that mends it; `is_cut_off` tells that it lacks nothing but a connection."""
    if off.setting:
        return f"Name it in {off.setting}, if it is wanted."
    return f"{_NEARER.get(name, '')} {_CUT_OFF}".strip() if is_cut_off else ""
