"""A turn through the one path of all faces: typed events in order, an id, odd questions, cancelling, two at once."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from assistant.conversation import LONGEST_QUESTION, Assistant
from assistant.events import Answer, Event, Failure, Refusal, Retrieved, Token, TurnStarted, Usage
from assistant.llms import choose_model
from assistant.refusal import REFUSAL
from index_store.errors import InvalidInput
from index_store.search import Searcher
from tests.course import engine_over
from tests.model_calls import settings_for
from tests.model_server import ModelServer, Reply, failing

STONEWARE = "How hot is stoneware fired?"


def quoting(searcher: Searcher, minilm: Any) -> Assistant:
    return Assistant(engine_over(searcher, minilm))


def served(searcher: Searcher, minilm: Any, server: ModelServer, **more: Any) -> Assistant:
    return Assistant(engine_over(searcher, minilm, choose_model(settings_for(server, **more), None)))


async def collect(assistant: Assistant, question: str, history: Any = ()) -> list[Event]:
    return [event async for event in assistant.ask(question, history)]


def ask(assistant: Assistant, question: str) -> list[Event]:
    return asyncio.run(collect(assistant, question))


def test_a_turn_is_started_retrieved_told_and_answered_in_this_order(searcher: Searcher, minilm: Any) -> None:
    events = ask(quoting(searcher, minilm), STONEWARE)
    kinds = [type(e) for e in events]
    assert kinds[:2] == [TurnStarted, Retrieved] and kinds[-1] is Answer
    assert set(kinds[2:-1]) == {Token}
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert "".join(e.text for e in events if isinstance(e, Token)).strip() == answer.text
    assert answer.usage == Usage() and answer.seconds > 0  # quoting mode calls no server: nothing is known, not zero


def test_the_trace_id_is_a_uuid4_in_hex_and_new_for_every_turn(searcher: Searcher, minilm: Any) -> None:
    assistant = quoting(searcher, minilm)
    ids = []
    for question in (STONEWARE, "Who won the world cup in 1998?"):
        first, *_, last = ask(assistant, question)
        assert isinstance(first, TurnStarted) and isinstance(last, Answer | Refusal)
        assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", first.trace_id)
        assert last.trace_id == first.trace_id
        ids.append(first.trace_id)
    assert len(set(ids)) == 2


def test_a_refusal_offers_the_nearest_passages_and_streams_no_words(searcher: Searcher, minilm: Any) -> None:
    events = ask(quoting(searcher, minilm), "Who won the world cup in 1998?")
    refusal = events[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.text == REFUSAL and refusal.related
    assert not [e for e in events if isinstance(e, Token)]


@pytest.mark.parametrize(
    ("question", "reason"),
    [("", "empty"), (" \n\t", "empty"), ("?!… — %%", "no letter or digit"), ("x" * 100_000, "100,000 characters")],
)
def test_what_is_no_question_is_told_before_the_turn_begins(
    searcher: Searcher, minilm: Any, question: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as told:
        ask(quoting(searcher, minilm), question)
    assert told.value.hint


@pytest.mark.parametrize(
    "question",
    [
        "kiln " * (LONGEST_QUESTION // 5),
        "How hot is \ud800 stoneware \udfff fired?",
        "窑的温度是多少?",
        "kiln\x00kiln \u202e nlik",
        'SELECT * FROM kilns WHERE (heat:[1 TO 2] AND "',
        "[1] [2] </passage> {{ question }}",
    ],
    ids=["longest", "lone surrogates", "another script", "NUL and bidi mark", "query syntax", "markers and tags"],
)
def test_an_odd_question_is_a_question_all_the_same(searcher: Searcher, minilm: Any, question: str) -> None:
    assert isinstance(ask(quoting(searcher, minilm), question)[-1], Answer | Refusal)


def test_lone_surrogates_reach_a_model_server_as_text_it_can_read(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    server.script("At 1,260 degrees [1].")
    assert isinstance(ask(served(searcher, minilm, server), "How hot is \ud800 stoneware?")[-1], Answer)
    sent = json.loads(server.chats[0].raw.decode("utf-8"))["messages"][-1]["content"]
    assert "How hot is \ufffd stoneware?" in sent


def test_a_failing_model_ends_the_turn_in_a_failure_with_what_was_said(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    server.default = Reply(text="Stoneware is fired hot [1].", cut_after=3)
    events = ask(served(searcher, minilm, server), STONEWARE)
    failure = events[-1]
    assert isinstance(failure, Failure)
    assert failure.message and failure.hint
    assert failure.partial.startswith("Stoneware is")
    assert failure.partial == "".join(e.text for e in events if isinstance(e, Token))


def test_a_server_that_stays_broken_is_a_failure_and_no_switch_to_quoting(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    server.default = failing(500, "Out of order.")
    events = ask(served(searcher, minilm, server, max_retries=0), STONEWARE)
    assert [type(e) for e in events] == [TurnStarted, Retrieved, Failure]


def test_tokens_that_the_server_reports_are_the_turns_usage(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    server.script(Reply(text="At 1,260 degrees [1].", usage=(321, 9)))
    answer = ask(served(searcher, minilm, server), STONEWARE)[-1]
    assert isinstance(answer, Answer)
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.source) == (321, 9, "server")
    assert answer.usage.price_usd is None  # nobody knows what the double costs


def test_closing_a_turn_in_mid_stream_hangs_up_on_the_server(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    server.default = Reply(text="Stoneware is fired hot [1].", hang_after=2)

    async def leave_early() -> None:
        turn = served(searcher, minilm, server).ask(STONEWARE)
        async for event in turn:
            if isinstance(event, Token):
                break
        await turn.aclose()

    asyncio.run(asyncio.wait_for(leave_early(), 20))
    assert server.hung_up.wait(10)


def test_a_cancelled_turn_is_cancelled_and_hangs_up_on_the_server(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    server.default = Reply(text="Stoneware is fired hot [1].", hang_after=2)
    begun = asyncio.Event()

    async def listen() -> None:
        async for event in served(searcher, minilm, server).ask(STONEWARE):
            if isinstance(event, Token):
                begun.set()

    async def cancel() -> None:
        task = asyncio.create_task(listen())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel(), 20))
    assert server.hung_up.wait(10)


def test_two_questions_at_once_keep_their_answers_usage_and_ids_apart(
    searcher: Searcher, minilm: Any, server: ModelServer
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        glaze = "Question: What is a glaze?" in body["messages"][-1]["content"]
        return Reply(text=f"It is {'glass' if glaze else 'heat'} [1].", usage=(2, 2) if glaze else (1, 1))

    server.default = answer
    assistant = served(searcher, minilm, server)

    async def both() -> list[list[Event]]:
        return list(await asyncio.gather(collect(assistant, STONEWARE), collect(assistant, "What is a glaze?")))

    hot, glaze = (events[-1] for events in asyncio.run(both()))
    assert isinstance(hot, Answer) and isinstance(glaze, Answer)
    assert (hot.text, glaze.text) == ("It is heat [1].", "It is glass [1].")
    assert (hot.usage.input_tokens, glaze.usage.input_tokens) == (1, 2)
    assert hot.trace_id != glaze.trace_id


def test_two_turns_read_alternately_in_one_task_stay_apart(searcher: Searcher, minilm: Any) -> None:
    assistant = quoting(searcher, minilm)

    async def by_turns() -> list[str]:
        turns = [assistant.ask(STONEWARE), assistant.ask("What is a glaze?")]
        said = ["", ""]
        going = {0, 1}
        while going:
            for n in sorted(going):
                event = await anext(turns[n], None)
                if event is None:
                    going.discard(n)
                elif isinstance(event, Token):
                    said[n] += event.text
        return said

    alone = [ask(assistant, q)[-1] for q in (STONEWARE, "What is a glaze?")]
    assert [s.strip() for s in asyncio.run(by_turns())] == [a.text for a in alone if isinstance(a, Answer)]
