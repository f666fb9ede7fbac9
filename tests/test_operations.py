"""What an operator sees of a real server: readiness, figures, and a log that holds nothing of what was said."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from assistant.llms import choose_model
from assistant.tracing.store import TraceStore
from index_store.errors import SettingsError, TracesUnavailable
from tests import turns
from tests.chat_server import run
from tests.model_calls import settings_for
from tests.model_server import ModelServer, failing
from tests.people import course_server, sign_in
from ui.bounded_heads import LARGEST_HEAD
from ui.operations import Figures, Operations
from ui.server_settings import Limits, ServerSettings, check_reach, read_limits, read_log, read_public_url, read_roles

SECRET = "zanzibar marmalade"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operated")


@pytest.fixture(scope="module")
def address(web_home: Path, folder: Path) -> Iterator[str]:
    limits = "turns_a_minute=3 upload_bytes=5000"
    with course_server(web_home, folder, LECTERN_LOG="json", LECTERN_LIMITS=limits) as found:
        yield found


@pytest.fixture(scope="module")
def keys(folder: Path, address: str) -> dict[str, str]:
    home = folder / "home"
    return {name: run(home, "accounts", "key", name).strip() for name in ("student", "admin")}


def ask(address: str, key: str, question: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.post(f"{address}api/ask", json={"question": question}, headers=headers, timeout=60.0)


def figures(address: str, key: str) -> dict[str, float]:
    answer = httpx.get(f"{address}metrics", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_server_that_can_answer_is_ready(address: str) -> None:
    ready = httpx.get(f"{address}readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"index": "ok", "database": "ok", "model": "ok"}}


def test_a_server_whose_model_is_gone_is_alive_and_not_ready(web_home: Path, tmp_path: Path) -> None:
    gone = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "LECTERN_MODEL": "m", "OPENAI_API_KEY": "sk-planted"}
    with course_server(web_home, tmp_path, **gone) as address:
        assert httpx.get(f"{address}healthz").status_code == 200
        ready = httpx.get(f"{address}readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"index": "ok", "database": "ok", "model": "failing"}
        assert "sk-planted" not in ready.text + (tmp_path / "ui.log").read_text()


async def test_readiness_asks_for_a_token_rarely_and_again_until_it_gets_one() -> None:
    now = 0.0
    with ModelServer() as server:
        server.models = ["m"]
        model = choose_model(settings_for(server), None)
        parts: Any = SimpleNamespace(opened=SimpleNamespace(model=model), library=None)
        operations = Operations(parts, Figures(parts), clock=lambda: now)

        async def tried() -> tuple[bool, int]:
            return await operations._model_answers(), len(server.chats)

        server.script(failing(400, "no weights"), failing(400, "no weights"))  # listed, and cannot answer
        assert await tried() == (False, 2)
        now += 16
        assert await tried() == (True, 3)
        now += 16
        assert await tried() == (True, 3)
        now += 601
        assert await tried() == (True, 4)


async def test_first_probes_at_once_ask_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, open_door = 0, asyncio.Event()

    async def slow(model: Any, **_: Any) -> None:
        nonlocal asked
        asked += 1
        await open_door.wait()

    monkeypatch.setattr("assistant.llms.preflight", slow)
    parts: Any = SimpleNamespace(opened=SimpleNamespace(model=SimpleNamespace(mode="server")), library=None)
    operations = Operations(parts, Figures(parts))
    first = asyncio.create_task(operations._model_answers())
    while not asked:
        await asyncio.sleep(0)
    others = asyncio.gather(*(operations._model_answers() for _ in range(7)))
    assert await asyncio.wait_for(others, 20) == [False] * 7
    open_door.set()
    assert await first and await operations._model_answers() and asked == 1


def test_a_server_that_could_not_keep_a_turn_is_ready_again_once_it_can(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    with closing(store):
        parts: Any = SimpleNamespace(library=SimpleNamespace(traces=store, index=None), opened=None)
        operations = Operations(parts, Figures(parts))
        for table in ("traces", "alembic_version"):
            refuse = f"CREATE TRIGGER no_{table} BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
            store.write(lambda connection, refuse=refuse: connection.execute(text(refuse)))
        assert operations._sound("database", operations._database)
        with pytest.raises(TracesUnavailable):
            store.finish(turns.start(), turns.end(), [])
        assert not operations._sound("database", operations._database)
        for table in ("traces", "alembic_version"):
            store.write(lambda connection, table=table: connection.execute(text(f"DROP TRIGGER no_{table}")))
        assert operations._sound("database", operations._database)


def test_a_head_without_end_is_not_read_on(address: str) -> None:
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    for line in (b"x-filler: " + b"x" * 1_000 + b"\r\n", b"x" * 1_000):  # many headers, or one without end
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n" + (b"" if line[-1:] == b"\n" else b"x: "))
            sent, told = 0, b""
            with suppress(OSError):
                while sent < 50 * LARGEST_HEAD:
                    client.sendall(line)
                    sent += len(line)
            with suppress(OSError):
                told = client.recv(1_000)
            assert sent < 50 * LARGEST_HEAD
            assert told[:12] in (b"HTTP/1.1 400", b"")  # what was on its way may have swept the answer away
    long = {"x-long": "x" * (LARGEST_HEAD // 2)}
    with httpx.Client(base_url=address) as client:
        for _ in range(4):  # each request of a connection begins anew
            assert client.get("healthz", headers=long).status_code == 200


def test_turns_are_counted_and_logged_without_a_word_of_them(address: str, folder: Path, keys: dict[str, str]) -> None:
    before = figures(address, keys["admin"])
    answer = ask(address, keys["student"], f"What is ReAct, {SECRET}?")
    assert answer.status_code == 200
    after = figures(address, keys["admin"])
    counted = {name: after[name] - before.get(name, 0.0) for name in after if after[name] != before.get(name)}
    (turn,) = [name for name in counted if name.startswith("lectern_turns_total")]
    assert turn.startswith("lectern_turns_total ask quoting")
    assert counted[turn] == 1.0
    assert counted["lectern_requests_total POST 200"] == 1.0
    assert after["lectern_turns_running"] == 0.0

    logged = (folder / "ui.log").read_text()
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    ended = [line for line in lines if line["message"] == "turn ended"]
    assert [line["trace_id"] for line in ended if line["trace_id"] == answer.json()["trace_id"]]
    asked = [line for line in lines if line["message"] == "request" and line["path"] == "/api/ask"]
    assert (asked[-1]["method"], asked[-1]["status"]) == ("POST", 200)
    for word in ("zanzibar", "ReAct", "Bearer", keys["student"], "student"):
        assert word not in logged


def test_figures_are_for_whom_runs_the_server(address: str, keys: dict[str, str]) -> None:
    assert httpx.get(f"{address}metrics").status_code == 401
    denied = httpx.get(f"{address}metrics", headers={"authorization": f"Bearer {keys['student']}"})
    assert denied.status_code == 403


def test_who_asks_too_often_is_told_when_to_ask_again(address: str, keys: dict[str, str]) -> None:
    answers = [ask(address, keys["admin"], "What is ReAct?") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "within a minute" in answers[-1].text


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(address: str) -> None:
    with closing(sign_in(address, "admin").client) as client:
        small = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 1000)})
        assert small.status_code == 200
        large = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 6000)})
        assert large.status_code == 413
        assert "5,000 bytes" in large.text
        unsaid = client.post("/gradio_api/upload", content=(b"x" for _ in range(3)))
        assert unsaid.status_code == 413


def test_limits_are_read_as_they_are_written() -> None:
    read = read_limits("turns_a_minute=5, usd_a_day=0.25 all_at_once=none")
    assert (read.turns_a_minute, read.usd_a_day, read.all_at_once) == (5, 0.25, None)
    assert read_limits(None) == Limits()


@pytest.mark.parametrize(
    "text", ["turns=5", "turns_a_minute=0", "turns_a_minute=x", "queue=none", "usd_a_day=nan", "a"]
)
def test_a_limit_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        read_limits(text)


@pytest.mark.parametrize(
    "text", ["course.example", "ftp://course.example", "https://", "https://a:b@c.example", "https://[1"]
)
def test_a_public_address_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="LECTERN_PUBLIC_URL"):
        read_public_url(text)


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", None), ("127.0.0.1", "https://course.example/lectern")])
def test_what_others_reach_is_not_started_without_accounts(host: str, shown: str | None) -> None:
    with pytest.raises(SettingsError, match="course.example|0.0.0.0"):
        check_reach(host, ServerSettings(public_url=shown))
    check_reach(host, ServerSettings(public_url=shown, accounts=True))
    check_reach("localhost", ServerSettings(public_url="http://127.0.0.1:8080/lectern"))


def test_other_settings_that_are_none_are_named() -> None:
    with pytest.raises(SettingsError, match="LECTERN_LOG"):
        read_log("xml")
    for roles in ("boss=x", "admin", "student=all"):
        with pytest.raises(SettingsError, match="LECTERN_OIDC_ROLES"):
            read_roles(roles)
