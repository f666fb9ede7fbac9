"""Our model client and the agent against LiteLLM's proxy: a server of the OpenAI protocol that others wrote."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from pydantic import SecretStr

from assistant.llms import choose_model, complete, preflight
from assistant.settings import AssistantSettings
from assistant.usage import metered
from index_store.errors import ModelProblem, ModelUnknown
from tests.chat_server import run
from tests.integration.conftest import KEY

pytestmark = pytest.mark.integration
ASKED = [ChatMessage(role="user", content="Hi")]


def settings(url: str, model: str = "plain", key: str = KEY) -> AssistantSettings:
    return AssistantSettings(base_url=url, model=model, api_key=SecretStr(key), max_retries=0)


def said(given: AssistantSettings) -> tuple[str, Any]:
    with metered() as meter:
        text = asyncio.run(complete(choose_model(given, None), ASKED))
    return text, meter.usage()


def test_an_answer_streams_with_its_usage(litellm: str) -> None:
    text, usage = said(settings(litellm))
    assert text == "Hello from behind the proxy."
    assert usage.input_tokens and usage.output_tokens and usage.source == "server"


def test_the_models_are_listed(litellm: str) -> None:
    assert set(asyncio.run(preflight(choose_model(settings(litellm), None)))) == {"mocked", "plain"}


def test_a_wrong_key_and_an_unknown_model_are_told_as_what_they_are(litellm: str) -> None:
    with pytest.raises(ModelProblem, match="No connected db"):  # it looks unknown keys up in a data base
        said(settings(litellm, key="sk-wrong"))
    with pytest.raises(ModelUnknown):
        said(settings(litellm, model="no-such-model"))


def test_the_agent_answers_through_it(litellm: str, tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    run(tmp_path / "home", "ingest", str(tmp_path / "course"))
    how = {"OPENAI_BASE_URL": litellm, "OPENAI_API_KEY": KEY, "LECTERN_MODEL": "mocked"}
    # The mock answers at once, without having looked anything up: such a text is no answer.
    row = json.loads(run(tmp_path / "home", "ask", "--agent", "How hot is stoneware fired?", "--json", **how))
    assert not row["found"]
    row = json.loads(run(tmp_path / "home", "ask", "--course", "How hot is stoneware fired?", "--json", **how))
    assert row["found"] and row["citations"][0]["path"] == "kilns.md"
