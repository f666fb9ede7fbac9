"""What tests of language models share: quick settings for the server double, a question, a key."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from assistant.settings import AssistantSettings
from tests.model_server import ModelServer

KEY = "sk-test-0123456789"
ASK = [ChatMessage(role=MessageRole.USER, content="Hi")]


def settings_for(server: ModelServer, **more: Any) -> AssistantSettings:
    """Give settings with the double's address, short waits and the model name `m`."""
    quick = {"request_timeout_s": 5.0, "deadline_s": 10.0, "backoff_s": 0.01, "model": "m"}
    return AssistantSettings(base_url=server.url, **(quick | more))
