"""Settings that make no sense are refused when they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from index_store.errors import SettingsError
from index_store.settings import StoreSettings, shown_address


@pytest.mark.parametrize("choice", ["", "mini", "minilm:x", "openai", "openai:", "compatible: x", "OpenAI:x", ":x"])
def test_an_unknown_embedding_is_refused(tmp_path: Path, choice: str) -> None:
    with pytest.raises(SettingsError, match="LECTERN_EMBEDDING"):
        StoreSettings(tmp_path, choice)


@pytest.mark.parametrize(
    "values",
    [
        {"top_k": 0},
        {"max_retries": -1},
        {"embedding_timeout_s": 0},
        {"base_url": "localhost:11434"},
        {"base_url": "http://x:y"},
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        StoreSettings(tmp_path, **values)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:hunter2@127.0.0.1:9/v1/?token=t0k#x", "http://127.0.0.1:9/v1"),
        ("https://host/v1", "https://host/v1"),
        ("http://[::1", "(no address)"),
        ("", ""),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown: str) -> None:
    assert shown_address(address) == shown
