"""Turns under way on the server: followed by whoever looks on, stopped, never ended by a page that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from assistant.conversation import Assistant
from assistant.events import Answer, Failure, Thought, Token, ToolStep, TurnStarted, Withdrawn
from assistant.tracing.records import Origin
from index_store.errors import InvalidInput, LimitReached
from ui import live
from ui.live import LiveTurn, LiveTurns, follow
from ui.turn_view import TurnView, ending

ORIGIN = Origin("c", "u1", "web")


class Told:
    """An assistant that gives fixed events, waits where it is told to, and keeps how it ended."""

    def __init__(self, *events: object) -> None:
        self.events = events
        self.asked: list[tuple[str, list[dict[str, str]]]] = []
        self.ended = 0

    async def ask(
        self, question: str, history: list[dict[str, str]], origin: Origin, way: str = "auto"
    ) -> AsyncGenerator[object, None]:
        self.asked.append((question, history))
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, asyncio.Event):
                    await event.wait()
                    continue
                yield event
        finally:
            self.ended += 1


def live_turns(told: Told) -> LiveTurns:
    return LiveTurns(lambda: cast(Assistant, told))


def shown(view: TurnView) -> list[str]:
    return [message["content"] for message in view.messages]


async def to_the_end(turn: LiveTurn) -> list[str]:
    views = [shown(view) async for view in follow(turn)]
    return views[-1]


async def test_a_turn_is_shown_to_its_end_and_then_nothing_of_it_stays() -> None:
    told = Told(TurnStarted("t", "q"), Token("It is. "), Token("[1]"), Answer("t", "It is. [1]", ()))
    live = live_turns(told)
    turn = live.start("q <b>", [], ORIGIN, "auto")
    assert await to_the_end(turn) == ["q &lt;b>", "It is. [&#91;1&#93;](turns/t#source-1)"]
    assert len(live) == 0 and told.ended == 1


async def test_many_follow_one_turn_and_one_that_comes_late_sees_all_of_it() -> None:
    more = asyncio.Event()
    live = live_turns(Told(TurnStarted("t", "q"), Token("So "), more, Answer("t", "So it is.", ())))
    turn = live.start("q", [], ORIGIN, "auto")
    early = asyncio.create_task(to_the_end(turn))
    while shown(turn.view)[-1] != "So ":
        await asyncio.sleep(0)
    late = asyncio.create_task(to_the_end(turn))
    more.set()
    assert await early == await late == ["q", "So it is."]


async def test_a_reader_who_goes_away_ends_nothing() -> None:
    more = asyncio.Event()
    told = Told(TurnStarted("t", "q"), Token("So "), more, Answer("t", "So it is.", ()))
    live = live_turns(told)
    turn = live.start("q", [], ORIGIN, "auto")
    reader = asyncio.create_task(to_the_end(turn))
    while turn.view.said == "":
        await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader])
    assert live.of("c") is turn and told.ended == 0
    more.set()
    assert (await to_the_end(turn))[-1] == "So it is."


async def test_stop_ends_the_turn_and_keeps_what_was_said() -> None:
    told = Told(TurnStarted("t", "q"), Token("So far"), asyncio.Event())
    live = live_turns(told)
    turn = live.start("q", [], ORIGIN, "auto")
    while turn.view.said == "":
        await asyncio.sleep(0)
    assert await live.stop("c")
    assert told.ended == 1
    assert (await to_the_end(turn))[-1] == "So far"
    assert not await live.stop("c")


async def test_a_turn_that_was_over_before_its_page_came_is_still_seen() -> None:
    live = live_turns(Told(InvalidInput("No <b>.", hint="Ask more.")))
    turn = live.start("?", [], ORIGIN, "auto")
    assert turn.task is not None
    await turn.task
    late = live.of("c")
    assert late is turn and (await to_the_end(late))[-1] == "No &lt;b>. Ask more."
    assert live.start("again", [], ORIGIN, "auto") is not turn
    await live.close()  # at once: what was to run has not begun
    assert len(live) == 0
    await live.discard("c")
    assert live.of("c") is None


async def test_a_turn_whose_conversation_is_deleted_ends_and_says_that_it_is_gone() -> None:
    told = Told(TurnStarted("t", "q"), Token("It is."), asyncio.Event())
    live = live_turns(told)
    turn = live.start("q", [], ORIGIN, "auto")
    following = asyncio.create_task(to_the_end(turn))
    while not turn.view.said:
        await asyncio.sleep(0)
    await live.discard("c")
    await following
    assert turn.gone and turn.over and told.ended == 1 and live.of("c") is None
    assert live.start("again", [], ORIGIN, "auto") is not turn
    await live.close()


async def test_a_second_question_in_the_same_conversation_does_not_begin_another_turn() -> None:
    told = Told(TurnStarted("t", "q"), asyncio.Event())
    live = live_turns(told)
    first = live.start("q", [], ORIGIN, "auto")
    await asyncio.sleep(0)
    assert live.start("q", [], ORIGIN, "auto") is first  # a double click
    with pytest.raises(InvalidInput, match="still being answered"):
        live.start("again", [], ORIGIN, "auto")
    assert live.start("q", [], Origin("other", "u1", "web"), "auto") is not first
    await live.close()
    assert len(live) == 0 and told.ended == len(told.asked) == 2


async def test_what_a_turn_that_never_began_has_changed_is_taken_back() -> None:
    kept_out = LimitReached("No more today.", retry_after_s=60)
    for events, times in (([kept_out], 1), ([TurnStarted("t", "q"), RuntimeError("late")], 0)):
        taken_back: list[str] = []
        turn = live_turns(Told(*events)).start("q", [], ORIGIN, "auto", lambda kept=taken_back: kept.append("x"))
        await to_the_end(turn)
        assert len(taken_back) == times


async def test_what_a_limit_kept_out_stays_in_its_conversation_until_it_is_asked_again() -> None:
    told = Told(LimitReached("No more today.", retry_after_s=60, hint="Come back."))
    live = live_turns(told)
    for question in ("first", "second"):
        await to_the_end(live.start(question, [], ORIGIN, "auto"))
    assert [shown(turn.view) for turn in live.unheard("c", "u1")] == [
        ["first", "No more today. Come back."],
        ["second", "No more today. Come back."],
    ]
    assert not live.unheard("c", "somebody else") and not live.unheard("other", "u1")
    told.events = (TurnStarted("t", "first"), Answer("t", "It is.", ()))
    await to_the_end(live.start("first", [], ORIGIN, "auto"))
    assert [turn.question for turn in live.unheard("c", "u1")] == ["second"]
    await live.discard("c")
    assert not live.unheard("c", "u1")


async def test_what_was_stopped_while_it_waited_says_so_and_stays_to_be_asked_again() -> None:
    live = live_turns(Told(asyncio.Event()))
    live.start("q", [], ORIGIN, "auto")
    await live.stop("c")
    assert [shown(turn.view) for turn in live.unheard("c", "u1")] == [["q", "Stopped before it was asked."]]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (InvalidInput("No <b>.", hint="Ask more."), "No &lt;b>. Ask more."),
        (RuntimeError("secret path"), "Something went wrong here. Try again; the log of the server says what it was."),
    ],
)
async def test_a_fault_is_told_and_does_not_leave_the_page_waiting(fault: Exception, told: str) -> None:
    live = live_turns(Told(fault))
    assert await to_the_end(live.start("?", [], ORIGIN, "auto")) == ["?", told]
    assert len(live) == 0


async def test_a_page_is_not_told_more_often_than_it_can_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [Token(f"{n} ") for n in range(400)]
    turn = live_turns(Told(TurnStarted("t", "q"), *tokens, Answer("t", "done", ()))).start("q", [], ORIGIN, "auto")
    views = [shown(view)[-1] async for view in follow(turn)]
    assert len(views) < 20
    assert views[-1] == "done"


async def test_steps_of_the_agent_are_shown_before_the_answer() -> None:
    running = ToolStep("1", "wikipedia", {"search": "<b>kilns"}, "running")
    done = ToolStep("1", "wikipedia", {"search": "<b>kilns"}, "done", "![x](https://evil.example) found", seconds=0.25)
    view = TurnView("q")
    for event in (TurnStarted("t", "q"), Thought("Look it up."), running):
        view.take(event)
    assert view.messages[1]["metadata"]["status"] == "pending"
    for event in (done, Token("Hot. [1]"), Answer("t", "Hot. [1]", ())):
        view.take(cast(Any, event))
    step = view.messages[1]
    assert step["metadata"] == {"title": "Looked in Wikipedia: &lt;b>kilns", "status": "done", "duration": 0.25}
    assert step["content"] == "Look it up.\n\n[x](https://evil.example) found"
    assert [m["role"] for m in view.messages] == ["user", "assistant", "assistant"]


def test_what_was_withdrawn_is_not_shown_as_the_answer() -> None:
    view = TurnView("q")
    for event in (TurnStarted("t", "q"), Token("Guess."), Withdrawn()):
        view.take(event)
    assert view.messages[-1]["content"] == "…"


@pytest.mark.parametrize("partial", ["", "So far <b>"])
def test_a_failure_keeps_what_came_and_says_what_to_do(partial: str) -> None:
    said, sources = ending(Failure("t", "The server is gone.", "Start it.", partial))
    assert said.endswith("**The server is gone.** Start it.")
    assert said.startswith(partial.replace("<", "&lt;"))
    assert sources


def test_what_is_said_is_noted_while_a_turn_goes_on_for_a_kill_leaves_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "NOTED_EVERY_S", 0.01)
    noted: list[tuple[str, str]] = []

    async def run() -> None:
        was_noted, loop = asyncio.Event(), asyncio.get_running_loop()

        def note(trace_id: str, said: str) -> bool:
            noted.append((trace_id, said))
            loop.call_soon_threadsafe(was_noted.set)
            return True

        told = Told(TurnStarted("t1", "q"), Token("So "), Token("far"), was_noted, Answer("t1", "So far.", ()))
        turns = LiveTurns(lambda: cast(Assistant, told), note)
        turn = turns.start("q", (), ORIGIN, "auto")
        assert turn.task is not None
        await asyncio.wait_for(turn.task, 10)

    asyncio.run(run())
    assert noted == [("t1", "So far")]
