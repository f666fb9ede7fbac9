"""A client for a model's server: what it loads is loaded before the time begins that the server has."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.model_server import ModelServer

# The clock of the loop jumps ahead by an hour whenever a part of the openai client is loaded, as on a machine that is
# busy with other things.
SLOW_TO_LOAD = """
import asyncio, sys
from assistant.endpoint import Endpoint
from assistant.settings import AssistantSettings

class Clock(asyncio.SelectorEventLoop):
    ahead = 0.0
    def time(self):
        return super().time() + self.ahead

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("openai.resources"):
            Clock.ahead += 3600
            seen.append(name)

seen = []
sys.meta_path.insert(0, Slow())
endpoint = Endpoint(AssistantSettings(base_url=sys.argv[1]), "m")
with asyncio.Runner(loop_factory=Clock) as runner:
    print(runner.run(use(endpoint)), file=sys.stdout)
assert seen, "nothing was loaded by this: it tries nothing"
"""
CALL = """
async def use(endpoint):
    from assistant.chat_calls import ChatCall, Dialect
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    return [text async for text in ChatCall(endpoint, Dialect(), asked).pieces()]
"""
LIST = """
async def use(endpoint):
    from assistant.preflight import try_endpoint
    return await try_endpoint(endpoint, asks=False)
"""


@pytest.mark.parametrize(("use", "told"), [(CALL, "double."), (LIST, "double-hello")], ids=["a reply", "its models"])
def test_what_a_client_loads_takes_none_of_the_server_s_time(use: str, told: str) -> None:
    with ModelServer() as server:
        command = [sys.executable, "-c", use + SLOW_TO_LOAD, server.url]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=REPOSITORY, env=dict(os.environ), timeout=300
        )
    assert done.returncode == 0 and told in done.stdout, done.stderr
