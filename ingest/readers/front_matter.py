"""Finds the front matter of a Markdown file: YAML between "---" lines or TOML between "+++" lines, at its very start.

A first line "---" alone does not make front matter (it may be a rule): what follows must be a mapping.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

_CLOSERS = {"---": ("---", "..."), "+++": ("+++",)}
_MOST_LINES = 300


class FrontMatter(NamedTuple):
    """What stands in the front matter that the reader uses; `lines` is how many lines it takes, 0 for none."""

    lines: int = 0
    title: str = ""
    description: str = ""


def read_front_matter(lines: list[str]) -> FrontMatter:
    """Read the front matter of a text, given as lines."""
    opener = lines[0].rstrip() if lines else ""
    if opener not in _CLOSERS:
        return FrontMatter()
    for at in range(1, min(len(lines), _MOST_LINES)):
        if lines[at].rstrip() in _CLOSERS[opener]:
            fields = _fields("\n".join(lines[1:at]), opener)
            if fields is None:
                return FrontMatter()
            return FrontMatter(at + 1, _text(fields, "title"), _text(fields, "description") or _text(fields, "summary"))
    return FrontMatter()


def _fields(source: str, opener: str) -> Mapping[str, Any] | None:
    """Parse; None where it is no mapping. The base loader leaves all values strings, so no value can fail."""
    if opener == "+++":
        try:
            return tomllib.loads(source)
        except (tomllib.TOMLDecodeError, RecursionError):
            return None
    import yaml

    try:
        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        found = yaml.load(source, Loader=loader)  # nosec B506 - BaseLoader makes strings, lists and mappings alone
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = next((fields[name] for name in (key, key.capitalize()) if name in fields), "")
    return " ".join(value.split()) if isinstance(value, str) else ""
