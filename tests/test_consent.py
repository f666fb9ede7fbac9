"""The text to agree to says where turns go, as the server is set up, and names no address."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.consent import what_leaves
from ui.environment import Environment

INSIDE = {"LECTERN_ACCOUNTS": "1", "LECTERN_TOOLS": "course_search"}
COMET = {"COMET_API_KEY": "k", "COMET_URL_OVERRIDE": "https://comet.example/api"}
ELSEWHERE = {"OPENAI_BASE_URL": "https://models.example:9/v1", "LECTERN_MODEL": "m"}


def consent(home: Path, **values: str) -> str:
    return Environment(home, INSIDE | values).server.consent


def test_where_nothing_leaves_nothing_is_said_to_leave(tmp_path: Path) -> None:
    for values in ({}, {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, {"OPENAI_BASE_URL": "http://localhost:11434/v1"}):
        text = consent(tmp_path, **values)
        assert "sent to" not in text and "left this server" not in text and "go to" not in text
        assert "kept on this server" in text and "pseudonym" in text and "delete" in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (COMET, "is sent to Comet, e-mail addresses"),
        ({**COMET, "LECTERN_REDACT": "0"}, "is sent to Comet, for"),
        ({"OPIK_URL_OVERRIDE": "http://127.0.0.1:5173/api"}, "is sent to Opik"),
        ({**COMET, "OPIK_API_KEY": "k"}, "to Comet and to Opik"),
        ({**COMET, "LECTERN_TRACE_SAMPLE": "0.5"}, "A part of the turns"),
        (COMET, "delete it from Comet"),
        (ELSEWHERE, "a language model on another server"),
        ({"OPENAI_API_KEY": "sk-x"}, "sent to OpenAI for an answer"),
        ({"LECTERN_EMBEDDING": "openai:text-embedding-3-small"}, "sent to OpenAI to find"),
        ({**ELSEWHERE, "LECTERN_EMBEDDING": "compatible:e5"}, "sent to another server to find"),
        ({"LECTERN_TOOLS": "course_search,wikipedia"}, "go to the sites"),
        ({"LECTERN_TRACE_DAYS": "180"}, "After 180 days"),
    ],
)
def test_what_leaves_and_how_long_it_stays_is_said(tmp_path: Path, values: dict[str, str], said: str) -> None:
    assert said not in consent(tmp_path)
    text = consent(tmp_path, **values)
    assert said in text
    assert "example" not in text and "127.0.0.1" not in text
    if what_leaves(Environment(tmp_path, INSIDE | values)):
        assert "What has left this server before stays there" in text


def test_another_way_out_is_agreed_to_anew_and_a_text_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    assert (
        Environment(tmp_path, INSIDE).server.consent_hash != Environment(tmp_path, INSIDE | COMET).server.consent_hash
    )
    own = tmp_path / "consent.txt"
    own.write_text("Ours.", "utf-8")
    assert consent(tmp_path, **COMET, LECTERN_CONSENT=str(own)) == "Ours."


def test_without_accounts_nobody_agrees_and_no_other_setting_is_looked_at(tmp_path: Path) -> None:
    assert Environment(tmp_path, {"LECTERN_TRACE_DAYS": "-1"}).server.consent == ""
