"""The assistant's settings: what they refuse, and that they stay as they are."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.settings import AssistantSettings
from index_store.errors import (
    SettingsError,
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "localhost:11434"},
        {"base_url": "ftp://host/v1"},
        {"base_url": "http://host:99999999/v1"},
        {"base_url": ""},
        {"deadline_s": 0},
        {"max_retries": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        AssistantSettings(**wrong)


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        AssistantSettings().model = "x"  # type: ignore[misc]
