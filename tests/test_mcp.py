"""The course's tools under the official MCP client: over HTTP with keys, and of a process of its own over its pipes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from assistant.accounts.people import Action, Person, Role
from tests.api_server import TOOLS, Keys, Served, served_api
from tests.conftest import REPOSITORY

KILN = "How hot is stoneware fired?"
ABSTRACT = "We compare Llama 2 with GPT-4 and our model, PotLM, on forty tasks of clay."


@asynccontextmanager
async def over_http(served: Served, key: str, mode: str = "auto") -> AsyncIterator[Client]:
    headers = {"authorization": f"Bearer {key}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(f"{served.address}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def over_pipes(home: Path, log: Path, mode: str) -> AsyncIterator[Client]:
    values = {**os.environ, "LECTERN_HOME": str(home), "LECTERN_TOOLS": TOOLS, "PYTHONPATH": str(REPOSITORY)}
    program = StdioServerParameters(command=sys.executable, args=["-m", "ui", "mcp"], env=values, cwd=str(REPOSITORY))
    with log.open("w") as errlog:
        async with Client(stdio_client(program, errlog=errlog), mode=mode) as client:
            yield client


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
    return result.structured_content


async def check_tools(client: Client) -> None:
    """Use each tool as a program would."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"search_course", "ask_course", "tag_abstract"}
    for tool in tools.values():
        assert (
            tool.description
            and "\n  " not in tool.description
            and tool.output_schema
            and "ctx" not in tool.input_schema["properties"]
        )
    assert tools["search_course"].input_schema["properties"]["top_k"]["maximum"] == 50
    found = await called(client, "search_course", question=KILN, top_k=2)
    assert len(found["hits"]) == 2 and found["hits"][0]["path"] == "kilns.md"
    answer = await called(client, "ask_course", question=KILN)
    assert answer["found"] and answer["citations"][0]["path"] == "kilns.md"
    assert "1,260 degrees" in answer["citations"][0]["quote"] and answer["mode"] == "quotes only, no language model"
    tags = await called(client, "tag_abstract", abstract=ABSTRACT)
    assert tags["tags"] == ["Llama 2", "GPT-4", "PotLM"]


TAKES: dict[str, tuple[Action, dict[str, Any]]] = {
    "search_course": (Action.SEARCH, {"question": KILN}),
    "ask_course": (Action.ASK, {"question": KILN}),
    "tag_abstract": (Action.TAG, {"abstract": ABSTRACT}),
}
"""What each tool takes, and is called with."""
# "legacy" begins with a handshake, as programs of before 2026 do; "auto" asks without one.


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_tools_work_over_http_and_the_turns_are_the_caller_s(guarded: Served, mode: str) -> None:
    async with over_http(guarded, "ben", mode) as client:
        await check_tools(client)
    headers = {"authorization": "Bearer ben"}
    listed = httpx.get(f"{guarded.address}/api/traces?limit=2", headers=headers).json()["traces"]
    assert [(t["kind"], t["face"]) for t in listed] == [("tag", "api"), ("ask", "api")]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_tools_work_over_the_pipes_of_a_process(api_home: Path, tmp_path: Path, mode: str) -> None:
    log = tmp_path / "stderr.log"
    async with over_pipes(api_home, log, mode) as client:
        await check_tools(client)
    assert log.read_text() == "Answers come from: quotes only, no language model\n"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search_course", {"question": KILN, "top_k": 51}, "top_k"),
        ("ask_course", {"question": "???"}, "no letter or digit"),
        ("ask_course", {}, "ask_course: question is missing. The tool's input schema says what it takes."),
        ("tag_abstract", {"abstract": " "}, "abstract"),
        ("remove_everything", {}, "remove_everything"),
    ],
)
async def test_what_a_tool_cannot_do_is_told_to_the_model(
    guarded: Served, tool: str, arguments: dict[str, Any], said: str
) -> None:
    async with over_http(guarded, "ben") as client:
        result = await client.call_tool(tool, arguments)
    told = result.content[0].text  # type: ignore[union-attr]
    assert result.is_error and said in told and "validation error" not in told and "pydantic" not in told


async def test_a_question_without_an_answer_is_not_found(guarded: Served) -> None:
    async with over_http(guarded, "ben") as client:
        answer = await called(client, "ask_course", question="Who won the chess championship of Atlantis?")
    assert not answer["found"] and answer["citations"] == []


@pytest.mark.parametrize("key", ["", "nobody"])
def test_without_a_key_there_are_no_tools(guarded: Served, key: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"accept": "application/json, text/event-stream", **({"authorization": f"Bearer {key}"} if key else {})}
    answer = httpx.post(f"{guarded.address}/mcp", json=body, headers=headers)
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_nothing_waits_for_news_that_never_come(guarded: Served, method: str) -> None:
    headers = {"authorization": "Bearer ben", "accept": "text/event-stream"}
    answer = httpx.request(method, f"{guarded.address}/mcp", headers=headers, timeout=5)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("scope", Action)
async def test_a_key_may_do_what_its_scopes_name(guarded: Served, keys: Keys, scope: Action) -> None:
    keys.people["narrow"] = Person("id-narrow", Role.ADMIN, "narrow", frozenset({scope}))
    async with over_http(guarded, "narrow") as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == set(TAKES)
        for tool, (action, arguments) in TAKES.items():
            result = await client.call_tool(tool, arguments)
            refused = result.is_error and "scopes" in result.content[0].text  # type: ignore[union-attr]
            assert refused == (scope is not action), tool


def test_where_no_key_is_asked_for_the_server_answers_to_no_other_name(api_home: Path) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    with served_api(api_home) as served:
        address = f"{served.address}/mcp"
        assert httpx.post(address, json=body, headers=accept).status_code == 200
        assert httpx.post(address, json=body, headers={**accept, "host": "evil.example"}).status_code == 421
        assert httpx.post(address, json=body, headers={**accept, "origin": "http://evil.example"}).status_code == 403
