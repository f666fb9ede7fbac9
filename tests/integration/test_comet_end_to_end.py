"""From a question on the command line to Comet: over loopback, with the server up, down, and without a key."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from assistant.tracing.conversations import Conversations, history_of
from assistant.tracing.records import Feedback, Origin
from assistant.ways import Way
from tests.chat_server import run
from tests.comet_server import CometServer
from ui import wiring
from ui.live import LiveTurns, follow

pytestmark = pytest.mark.integration

POTTERY = "# Glazes\n\nA celadon glaze is fired at 1280 degrees. It was first made in Zhejiang. Iron makes it green.\n"
QUESTIONS = ("At what temperature is a celadon glaze fired?", "Where was celadon first made?", "Who won in 1998?")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "glazes.md").write_text(POTTERY)
    run(tmp_path / "home", "ingest", str(tmp_path / "course"))
    return tmp_path / "home"


def environment(server: CometServer) -> dict[str, str]:
    return {"COMET_API_KEY": server.key, "COMET_URL_OVERRIDE": server.url, "COMET_WORKSPACE": "w"}


def ask(home: Path, question: str, **how: str) -> str:
    own: str = json.loads(run(home, "ask", question, "--json", **how))["trace_id"]
    return own


def wait_until_tried(home: Path) -> None:
    """Wait until what a command left behind has tried, in vain, and has let go."""
    for _ in range(600):
        with closing(sqlite3.connect(home / "traces.sqlite3")) as connection:
            found = connection.execute("SELECT attempts, claimed_by FROM outbox").fetchall()
        if all(attempts > 0 and claimed_by is None for attempts, claimed_by in found):
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"not tried yet: {found}")


def test_a_conversation_arrives_complete_by_itself(home: Path) -> None:
    with CometServer() as server:
        kept = [ask(home, question, **environment(server)) for question in QUESTIONS]
        server.wait_for(3)
        run(home, "feedback", kept[0], "down", "--comment", "too short", **environment(server))
        for _ in range(600):
            if server.feedback:
                break
            threading.Event().wait(0.05)
        assert server.feedback == [(kept[0], "user_feedback", 0)]
        assert set(server.chains) == set(kept)
        assert server.complaints == []
        chain = server.chains[kept[0]]["jsonAsset"]["file"]
        assert chain["chain_inputs"]["question"] == QUESTIONS[0]
        assert "1280 degrees" in chain["chain_outputs"]["answer"]
        assert [node["name"] for node in chain["chain_nodes"]] == [
            "search the course",
            "answer from passages",
            "chat quoting",
            "check citations",
        ]


def test_a_conversation_of_three_turns_with_an_agent_step_and_a_thumb_down_arrives_complete(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[tuple[str, Way]] = [(QUESTIONS[0], "auto"), ("What is 1280 * 2?", "agent"), (QUESTIONS[1], "course")]
    with CometServer() as server:
        for name, value in {**environment(server), "LECTERN_HOME": str(home)}.items():
            monkeypatch.setenv(name, value)
        origin = Origin("conversation-1", "visitor-1", "web")

        async def one(opened: wiring.Opened, question: str, way: Way) -> str:
            said = history_of(Conversations(opened.library.traces).turns("conversation-1", "visitor-1") if kept else [])
            live = LiveTurns(lambda: opened.assistant).start(question, said, origin, way)
            return [view.trace_id async for view in follow(live)][-1]

        kept: list[str] = []
        with wiring.open_assistant(wiring.read_environment()) as opened:
            for question, way in turns:
                kept.append(asyncio.run(one(opened, question, way)))
            opened.library.traces.give_feedback(Feedback(kept[1], "down", time.time(), user_id="visitor-1"))
        run(home, "traces", "deliver", **environment(server))
        assert server.complaints == []
        assert set(server.chains) == set(kept) and len(kept) == 3
        assert server.feedback == [(kept[1], "user_feedback", 0)]
        files = [server.chains[trace_id]["jsonAsset"]["file"] for trace_id in kept]
        assert [f["chain_inputs"]["question"] for f in files] == [question for question, _ in turns]
        assert {f["metadata"]["conversation_id"] for f in files} == {"conversation-1"}
        nodes = files[1]["chain_nodes"]
        assert [n["name"] for n in nodes] == [
            "answer with tools",
            "chat quoting",
            "calculate",
            "chat quoting",
            "check citations",
        ]
        agent, first, tool = nodes[:3]
        assert agent["parent_ids"] == [] and first["parent_ids"] == tool["parent_ids"] == [agent["id"]]
        assert tool["inputs"] == {"expression": "1280 * 2"} and "2560" in json.dumps(tool["outputs"])
        assert all(n["start_timestamp"] <= n["end_timestamp"] for n in nodes)
        assert "1280 * 2 = 2560" in files[1]["chain_outputs"]["answer"]
        assert "Zhejiang" in files[2]["chain_outputs"]["answer"]


def test_what_could_not_be_delivered_arrives_later(home: Path) -> None:
    with CometServer() as server:
        server.mode = server.alive_mode = "500"
        own = ask(home, QUESTIONS[0], **environment(server))
        wait_until_tried(home)
        run(home, "traces", "deliver", expected=1, **environment(server))
        assert server.chains == {}
        server.mode = server.alive_mode = "fine"
        run(home, "traces", "deliver", **environment(server))
        assert set(server.chains) == {own}


def test_a_refused_key_is_told_by_doctor(home: Path) -> None:
    with CometServer() as server:
        server.mode = server.alive_mode = "401"
        ask(home, QUESTIONS[0], **environment(server))
        wait_until_tried(home)
        run(home, "traces", "deliver", expected=1, **environment(server))
        findings = [
            json.loads(x) for x in run(home, "doctor", "--json", expected=3, **environment(server)).splitlines()
        ]
        (delivery,) = [f for f in findings if f["name"] == "delivery"]
        assert delivery["status"] == "broken"
        assert "paused" in delivery["found"]
        assert server.key not in json.dumps(findings)


def test_without_a_key_nothing_is_sent_and_all_can_be_reviewed(home: Path) -> None:
    with CometServer() as server:
        own = ask(home, QUESTIONS[0], COMET_URL_OVERRIDE=server.url)
        run(home, "traces", "deliver", COMET_URL_OVERRIDE=server.url)
        assert server.arrived == []
        assert json.loads(run(home, "traces", "show", own, "--json"))["answer"]
