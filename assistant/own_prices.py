"""Reads a course team's own prices: what its servers cost, which no list of a provider says. Estimates nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from index_store.errors import SettingsError

Prices = Mapping[str, Mapping[str, float]]
"""By model: input, output and perhaps cached, in US dollars for a million tokens."""
_HINT = (
    'Write it like: [models] and below it "qwen3:8b" = { input = 0.10, output = 0.40 }, in dollars a million tokens.'
)
_NEEDED, _KNOWN = frozenset({"input", "output"}), frozenset({"input", "output", "cached"})


def read_prices(file: Path) -> Prices:
    """Read the table `models` of a TOML file.

    Raises:
        SettingsError: naming what cannot be used, and how it is written.
    """
    try:
        models = tomllib.loads(file.read_text("utf-8-sig")).get("models")
    except OSError as exc:
        raise SettingsError(f"The prices {file} cannot be read: {exc.strerror}.", hint=_HINT) from exc
    except ValueError as exc:  # no TOML, or no UTF-8
        raise SettingsError(f"The prices {file} cannot be read: {exc}.", hint=_HINT) from exc
    if not isinstance(models, dict) or not models:
        raise SettingsError(f"The prices {file} have no table `models`.", hint=_HINT)
    for name, given in models.items():
        if not _are_prices(given):
            raise SettingsError(f"The prices {file} of {name!r} cannot be used.", hint=_HINT)
    return models


def _are_prices(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and given.keys() >= _NEEDED
        and given.keys() <= _KNOWN
        and all(isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v < 1e9 for v in given.values())
    )
