"""The chat page without a browser: what the next turn is told of those before it, and how a turn's end reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from assistant.conversation import Assistant
from assistant.events import Answer, Failure, Refusal, Thought, Token, ToolStep, TurnStarted, Withdrawn
from assistant.refusal import REFUSAL
from assistant.tracing.records import Origin
from index_store.errors import InvalidInput
from ui.chat import Session, turn
from ui.turn_view import Message, ending

TAGGED = "What does `<b>` do? **[1]**"


class Told:
    """An assistant that gives fixed events and keeps what it was asked."""

    def __init__(self, *events: object) -> None:
        self.events = events
        self.asked: list[tuple[str, list[dict[str, str]]]] = []

    async def ask(
        self, question: str, history: list[dict[str, str]], origin: Origin, way: str = "auto"
    ) -> AsyncGenerator[object, None]:
        self.asked.append((question, history))
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


def run(told: Told, question: str, shown: list[Message], session: Session) -> tuple[list[Message], str]:
    async def last() -> Any:
        steps = turn(cast(Assistant, told), question, shown, Origin("c", None, "web"), session)
        return [step async for step in steps][-1]

    messages, sources = asyncio.run(last())
    return messages, sources


def test_the_next_turn_is_told_what_was_said_and_not_what_was_shown() -> None:
    answer = "It is bold: `<b>`. [1]"
    told = Told(TurnStarted("t", TAGGED), Token(answer), Answer("t", answer, ()))
    session = Session("c")
    messages, _ = run(told, TAGGED, [], session)
    assert "<b>" not in "".join(m["content"] for m in messages)
    run(told, "And `<i>`?", messages, session)
    assert told.asked[1] == (
        "And `<i>`?",
        [{"role": "user", "content": TAGGED}, {"role": "assistant", "content": answer}],
    )
    assert session.traces == {1: "t", 3: "t"}


def test_a_conversation_that_gradio_hands_over_in_parts_is_joined() -> None:
    told = Told(Refusal("t", REFUSAL, ()))
    shown = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
    run(told, "c", shown, Session("c"))
    assert told.asked[0][1] == [{"role": "user", "content": "ab"}]


def test_a_question_that_cannot_be_used_is_answered_with_what_to_do() -> None:
    messages, sources = run(Told(InvalidInput("No <b>.", hint="Ask more.")), "?", [], Session("c"))
    assert messages[-1]["content"] == "No &lt;b>. Ask more."
    assert sources


@pytest.mark.parametrize("partial", ["", "So far <b>"])
def test_a_failure_keeps_what_came_and_says_what_to_do(partial: str) -> None:
    said, sources = ending(Failure("t", "The server is gone.", "Start it.", partial))
    assert said.endswith("**The server is gone.** Start it.")
    assert said.startswith(partial.replace("<", "&lt;"))
    assert sources


def test_steps_of_the_agent_are_shown_and_not_told_to_the_next_turn() -> None:
    running = ToolStep("1", "wikipedia", {"search": "<b>kilns"}, "running")
    done = ToolStep("1", "wikipedia", {"search": "<b>kilns"}, "done", "![x](https://evil.example) found", seconds=0.25)
    events = [TurnStarted("t", "q"), Thought("Look it up."), running, done, Token("Hot. [1]")]
    told = Told(*events, Answer("t", "Hot. [1]", ()))
    session = Session("c")
    messages, _ = run(told, "q", [], session)
    assert [m["role"] for m in messages] == ["user", "assistant", "assistant"]
    step = messages[1]
    assert step["metadata"] == {"title": "Looked in Wikipedia: &lt;b>kilns", "status": "done", "duration": 0.25}
    assert step["content"] == "Look it up.\n\n[x](https://evil.example) found"
    assert session.traces[2] == "t"
    run(told, "And then?", messages, session)
    assert told.asked[1][1] == [{"role": "user", "content": "q"}, {"role": "assistant", "content": "Hot. [1]"}]


def test_what_was_withdrawn_is_not_shown_as_the_answer() -> None:
    told = Told(TurnStarted("t", "q"), Token("Guess."), Withdrawn(), Token("True [1]."), Answer("t", "True [1].", ()))
    messages, _ = run(told, "q", [], Session("c"))
    assert messages[-1]["content"] == "True **[1]**."
