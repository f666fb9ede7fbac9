"""The assistant's settings: what they refuse, and that they stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.settings import DEADLINE_S, REQUEST_TIMEOUT_S, AssistantSettings
from index_store.errors import SettingsError
from ui.environment import Environment


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


def test_the_longest_silence_of_a_model_can_be_set(tmp_path: Path) -> None:
    usual, longer = Environment(tmp_path, {}), Environment(tmp_path, {"LECTERN_MODEL_TIMEOUT": "600"})
    assert (usual.assistant.request_timeout_s, usual.assistant.deadline_s) == (REQUEST_TIMEOUT_S, DEADLINE_S)
    assert longer.assistant.request_timeout_s == 600
    assert longer.assistant.deadline_s > 600  # a silence of that length must fit into a reply


@pytest.mark.parametrize("text", ["0", "-1", "nan", "soon", "86401"])
def test_a_silence_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="LECTERN_MODEL_TIMEOUT"):
        _ = Environment(tmp_path, {"LECTERN_MODEL_TIMEOUT": text}).assistant


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        AssistantSettings().model = "x"  # type: ignore[misc]
