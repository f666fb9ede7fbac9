"""A course's server as a whole: three roles, a provider, keys, programs; and a class of a hundred when it is killed."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
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
from tests.chat_server import fresh_copy, run, started
from tests.comet_server import CometServer
from tests.model_server import ModelServer, Reply
from tests.people import PASSWORD, agreed, make_accounts, sign_in
from tests.test_sign_in import provider, through_provider

pytestmark = pytest.mark.integration

CLASS = 100
STUDENTS = 20
ENOUGH = 30
WAIT_S = 480.0
BEGINNING = ("ReAct ", "is ", "a ", "prompting ", "method ", "[1]. ")


class Lesson:
    """Makes the model answer nobody before the whole class has asked; then some answers are short, and some long."""

    def __init__(self) -> None:
        self.asked = 0
        self.all_here = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, request: dict[str, Any]) -> Reply:
        with self._lock:
            self.asked += 1
            number = self.asked
            if self.asked == CLASS:
                self.all_here.set()
        self.all_here.wait(WAIT_S)
        pieces = (*BEGINNING, *["and "] * (number % 10) * 8, "so.")
        return Reply(text="".join(pieces), pieces=pieces, piece_delay_s=0.15)


LEAVES = {"COMET_API_KEY": "k", "LECTERN_TOOLS": "course_search read_source tag_abstract calculate"}
"""What decides of the server's settings what is told to leave it, and so what was agreed to."""


@dataclass(frozen=True)
class Course:
    """Everything around the server that is to be tried."""

    home: Path
    environment: dict[str, str]
    keys: list[str]
    comet: CometServer
    lesson: Lesson


@dataclass
class Heard:
    """What the class has been told: the answers that came whole, by trace, and the turns that were begun."""

    finished: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def course(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    home = tmp_path_factory.mktemp("course") / "home"
    fresh_copy(web_home, home)
    make_accounts(home, **LEAVES)
    store = TraceStore(home)
    accounts, keys = Accounts(store), list[str]()
    for n in range(STUDENTS):
        made = accounts.add(f"student {n}", Role.STUDENT)
        accounts.agree(made.id, agreed(home, **LEAVES))
        keys.append(Keys(accounts).add(made, "test"))
    store.close()
    lesson = Lesson()
    with provider() as issuer, CometServer() as comet, ModelServer() as model:
        model.default = lesson
        yield Course(
            home,
            {
                "LECTERN_ACCOUNTS": "1",
                "LECTERN_TOOLS": LEAVES["LECTERN_TOOLS"],
                "LECTERN_LIMITS": "turns_a_minute=none turns_at_once=8",
                "OPENAI_BASE_URL": model.url,
                "LECTERN_MODEL": "paced",
                "LECTERN_MODEL_TIMEOUT": f"{WAIT_S}",  # it is silent until all have asked
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
            lesson,
        )


async def chat(address: str, key: str, n: int, heard: Heard) -> None:
    """Ask one question as a program does; a turn counts as acknowledged once its last piece has come."""
    async with openai.AsyncOpenAI(base_url=f"{address}v1", api_key=key, max_retries=0, timeout=WAIT_S) as client:
        messages: Any = [{"role": "user", "content": f"What is ReAct, asked for the {n}th time?"}]
        try:
            stream = await client.chat.completions.create(model="lectern", messages=messages, stream=True)
            async for chunk in stream:
                trace = chunk.id.removeprefix("chatcmpl-")
                heard.begun.add(trace)
                if chunk.choices and chunk.choices[0].finish_reason:
                    heard.finished[trace] = chunk.lectern["answer"]  # type: ignore[attr-defined]  # an extension
        except (openai.APIError, httpx.TransportError):
            return  # the server is gone: this turn was never acknowledged


async def a_class(address: str, keys: list[str], kill: Any) -> Heard:
    """Let a class of a hundred ask at once; kill the server when enough answers have come whole."""
    heard = Heard()
    chats = [asyncio.create_task(chat(address, keys[n % len(keys)], n, heard)) for n in range(CLASS)]
    while len(heard.finished) < ENOUGH and not all(task.done() for task in chats):
        await asyncio.sleep(0.02)
    kill()
    await asyncio.gather(*chats)
    return heard


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


def try_everybody(address: str, course: Course) -> str:
    """Come as each role, from the provider, and as programs; give a key that was revoked meanwhile."""
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
        assert client.embeddings.create(model="lectern-embedding", input=["ReAct"]).data[0].embedding
        run(course.home, "accounts", "revoke", key.split("_")[1])
        with pytest.raises(openai.AuthenticationError):
            client.models.list()
    assert asyncio.run(passages(address, course.keys[0]))
    return key


def delivered(course: Course, wanted: set[str]) -> None:
    """Wait until all of some turns have been delivered."""
    until = time.monotonic() + WAIT_S
    while wanted - set(course.comet.chains) and time.monotonic() < until:
        time.sleep(0.2)
    assert wanted <= set(course.comet.chains)


def test_a_class_of_a_hundred_and_a_kill_in_the_middle_lose_nothing_that_was_acknowledged(course: Course) -> None:
    with started(course.home, **course.environment) as (address, process):
        revoked = try_everybody(address, course)
        with closing(sign_in(address, "student").client) as client:
            session = {"lectern_session": client.cookies["lectern_session"]}
        heard = asyncio.run(a_class(address, course.keys, process.kill))
    assert course.lesson.asked == CLASS  # all of them were under way before the first was answered
    assert ENOUGH <= len(heard.finished) < CLASS
    assert len(heard.begun) == CLASS
    with started(course.home, **course.environment) as (address, _), closing(TraceStore(course.home)) as store:
        reader = TraceReader(store.engine)
        kept = {row["id"]: row for row in reader.find(Filter(), limit=1000)}
        assert heard.begun <= set(kept)
        others = [name for name, row in kept.items() if row["status"] not in ("ok", "aborted")]
        told = [(kept[name]["status"], kept[name]["question"], reader.get(name)["error"]) for name in others]
        assert told == []  # it was killed in the middle of those that are not whole
        assert "aborted" in {row["status"] for row in kept.values()}
        for trace, answer in heard.finished.items():
            assert (kept[trace]["status"], kept[trace]["answer"]) == ("ok", answer)
        delivered(course, set(kept))
        for trace, answer in heard.finished.items():
            assert json.dumps(answer)[1:-1] in json.dumps(course.comet.chains[trace])
        assert course.comet.complaints == []
        with httpx.Client(base_url=address, cookies=session) as client:  # a kill signs nobody out, and lets nobody in
            assert client.get("/account").status_code == 200
            answer = client.get("/v1/models", headers={"authorization": f"Bearer {revoked}"})
            assert answer.status_code == 401


def test_one_who_floods_waits_for_themselves_and_ten_others_are_answered(course: Course) -> None:
    course.lesson.all_here.set()
    limits = {"LECTERN_LIMITS": "turns_a_minute=none turns_at_once=2 all_at_once=4"}
    order: list[str] = []

    async def one(address: str, key: str, name: str) -> None:
        async with openai.AsyncOpenAI(base_url=f"{address}v1", api_key=key, max_retries=0, timeout=WAIT_S) as client:
            asked: Any = [{"role": "user", "content": "What is ReAct?"}]
            try:
                await client.chat.completions.create(model="lectern", messages=asked)
                order.append(name)
            except openai.RateLimitError as exc:
                assert int(exc.response.headers["retry-after"]) >= 1
                order.append("refused")

    async def all_of_them(address: str) -> None:
        flood = [asyncio.create_task(one(address, course.keys[0], "flood")) for _ in range(60)]
        while order.count("refused") < 60 - 2 - 10:  # so many have a place, and so many may wait
            assert all(task.result() is None for task in flood if task.done())
            await asyncio.sleep(0.05)
        others = [asyncio.create_task(one(address, course.keys[n], f"student {n}")) for n in range(1, 11)]
        await asyncio.gather(*flood, *others)

    with started(course.home, **course.environment | limits) as (address, _):
        asyncio.run(all_of_them(address))
    answered = [name for name in order if name != "refused"]
    assert sorted(set(answered) - {"flood"}) == sorted(f"student {n}" for n in range(1, 11))
    assert answered.count("flood") == 12
    last = max(answered.index(f"student {n}") for n in range(1, 11))
    assert answered[: last + 1].count("flood") < 12  # what the others asked later was answered before the flood's last


def test_a_turn_under_way_is_finished_or_marked_when_the_server_is_stopped(course: Course) -> None:
    course.lesson.all_here.set()
    heard = Heard()
    with started(course.home, **course.environment) as (address, process):

        async def asked_and_stopped() -> None:
            asking = asyncio.create_task(chat(address, course.keys[0], 1, heard))
            while not heard.begun:
                await asyncio.sleep(0.02)
            process.terminate()
            await asking

        asyncio.run(asked_and_stopped())
        assert process.wait(60) is not None
    (trace,) = heard.begun
    with closing(TraceStore(course.home)) as store:
        kept = TraceReader(store.engine).get(trace)
    assert kept["status"] in ("ok", "stopped")
    assert kept["ended_at"] is not None
    assert kept["answer"].startswith("ReAct is")
    if trace in heard.finished:
        assert kept["answer"] == heard.finished[trace]
    assert PASSWORD not in (course.home.parent / "ui.log").read_text()
