"""A course's server as a whole: three roles, a provider, keys, programs; and a class of a hundred when it is killed."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from assistant.accounts.accounts import Accounts
from assistant.accounts.keys import Keys
from assistant.accounts.people import Role
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.store import TraceStore
from tests.chat_server import run, started
from tests.comet_server import CometServer
from tests.model_server import ModelServer, Reply
from tests.people import make_accounts, sign_in
from tests.test_sign_in import provider, through_provider
from ui.server_settings import ServerSettings

pytestmark = pytest.mark.integration

CLASS = 100
STUDENTS = 20
PIECES = tuple(["ReAct ", "is ", "a ", "prompting ", "method ", "[1]. "] + ["and "] * 30 + ["so."])


@dataclass(frozen=True)
class Course:
    """Everything around the server that is to be tried."""

    home: Path
    environment: dict[str, str]
    keys: list[str]
    comet: CometServer


@pytest.fixture(scope="module")
def course(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    home = tmp_path_factory.mktemp("course") / "home"
    shutil.copytree(web_home, home)
    make_accounts(home)
    store = TraceStore(home)
    accounts, keys = Accounts(store), list[str]()
    for n in range(STUDENTS):
        made = accounts.add(f"student {n}", Role.STUDENT)
        accounts.agree(made.id, ServerSettings().consent_hash)
        keys.append(Keys(accounts).add(made, "test"))
    store.close()
    with provider() as issuer, CometServer() as comet, ModelServer() as model:
        model.default = Reply(text="".join(PIECES), pieces=PIECES, piece_delay_s=0.12)
        yield Course(
            home,
            {
                "LECTERN_ACCOUNTS": "1",
                "LECTERN_LIMITS": "turns_a_minute=none turns_at_once=8",
                "OPENAI_BASE_URL": model.url,
                "LECTERN_MODEL": "paced",
                "OPENAI_API_KEY": "sk-test",
                "COMET_API_KEY": comet.key,
                "COMET_URL_OVERRIDE": comet.url,
                "LECTERN_OIDC_ISSUER": issuer,
                "LECTERN_OIDC_CLIENT_ID": "lectern",
                "LECTERN_OIDC_CLIENT_SECRET": "secret of the provider",
                "LECTERN_OIDC_CLAIM": "groups",
                "LECTERN_OIDC_ROLES": "reviewer=staff admin=lecturer",
            },
            keys,
            comet,
        )


async def chat(address: str, key: str, n: int, finished: list[str]) -> None:
    """Ask one question as a program does; a turn counts as acknowledged once its last piece has come."""
    async with openai.AsyncOpenAI(base_url=f"{address}v1", api_key=key, max_retries=0, timeout=120.0) as client:
        await asyncio.sleep(n * 0.05)
        messages: Any = [{"role": "user", "content": f"What is ReAct, asked for the {n}th time?"}]
        try:
            stream = await client.chat.completions.create(model="lectern", messages=messages, stream=True)
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].finish_reason:
                    finished.append(chunk.id.removeprefix("chatcmpl-"))
        except (openai.APIError, httpx.TransportError):
            return  # the server is gone: this turn was never acknowledged


async def a_class(address: str, keys: list[str], enough: int, kill: Any) -> list[str]:
    """Let a class of a hundred ask; kill the server when so many answers have come whole."""
    finished: list[str] = []
    chats = [asyncio.create_task(chat(address, keys[n % len(keys)], n, finished)) for n in range(CLASS)]
    while len(finished) < enough and not all(task.done() for task in chats):
        await asyncio.sleep(0.02)
    kill()
    await asyncio.gather(*chats, return_exceptions=False)
    return finished


def test_a_class_of_a_hundred_and_a_kill_in_the_middle_lose_nothing_that_was_acknowledged(course: Course) -> None:
    with started(course.home, **course.environment) as (address, process):
        finished = asyncio.run(a_class(address, course.keys, 30, process.kill))
    assert 30 <= len(finished) < CLASS, len(finished)
    with started(course.home, **course.environment):
        reader_store = TraceStore(course.home)
        with closing(reader_store):
            reader = TraceReader(reader_store.engine)
            kept = {row["id"]: row["status"] for row in reader.find(Filter(), limit=1000)}
            assert {kept.get(trace) for trace in finished} == {"ok"}
            assert set(kept.values()) <= {"ok", "aborted"}
            assert "aborted" in kept.values()  # it was killed in the middle of others
            until = time.monotonic() + 120
            while set(kept) - set(course.comet.chains) and time.monotonic() < until:
                time.sleep(0.2)
    assert set(kept) <= set(course.comet.chains)
    assert course.comet.complaints == []


def test_three_roles_a_provider_keys_and_programs_at_one_server(course: Course) -> None:
    with started(course.home, **course.environment) as (address, _):
        for name, pages in (("student", 4), ("reviewer", 5), ("admin", 5)):
            with closing(sign_in(address, name).client) as client:
                shown = [client.get(f"/{at}").status_code for at in ("", "tags", "library", "review", "help")]
                assert shown.count(200) == pages, name
        with closing(through_provider(address, "tutor").client) as client:
            assert "Tina Tutor</strong>, reviewer" in client.get("/account").text
        key = run(course.home, "accounts", "key", "student", "--scope", "search", "--scope", "tag").strip()
        asked: Any = [{"role": "user", "content": "What is ReAct?"}]
        with openai.OpenAI(base_url=f"{address}v1", api_key=key, max_retries=0) as client:
            with pytest.raises(openai.PermissionDeniedError):
                client.chat.completions.create(model="lectern", messages=asked)
            run(course.home, "accounts", "revoke", key.split("_")[1])
            with pytest.raises(openai.AuthenticationError):
                client.models.list()
        assert asyncio.run(passages(address, course.keys[0]))


async def passages(address: str, key: str) -> Any:
    """Search the course as a program with a model does."""
    headers = {"authorization": f"Bearer {key}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(f"{address}mcp", http_client=http)) as client,
    ):
        found = await client.call_tool("search_course", {"question": "What is ReAct?"})
    assert not found.is_error
    return found.structured_content
