"""The agent: its loop, its limits and its end, with quoting mode and with a scripted model over real HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assistant.agent_ending import NOT_SHOWN
from assistant.events import Thought, Token, ToolStep
from assistant.query_engine import Citing, Outcome
from assistant.refusal import REFUSAL
from assistant.tools.tool import Observation
from tests.agents import (
    SEARCH,
    STONEWARE,
    Canned,
    act,
    agent_over,
    answer,
    calls,
    outcome,
    page,
    run,
    said,
    thoughts,
)
from tests.model_server import ModelServer, Reply


def test_quoting_mode_searches_the_course_and_quotes_it(searcher: Any, minilm: Any) -> None:
    steps = run(agent_over(searcher, minilm), STONEWARE)
    assert [c.tool for c in calls(steps)] == ["course_search"]
    end = outcome(steps)
    assert end.found and "1,260 degrees" in end.text
    assert end.citations[0].path == "kilns.md" and end.citations[0].kind == "course"
    assert said(steps).strip() == end.text


def test_quoting_mode_calculates(searcher: Any, minilm: Any) -> None:
    steps = run(agent_over(searcher, minilm), "What is 1,260 * 2?")
    assert outcome(steps).text == "1,260 * 2 = 2520 [1]"
    assert [c.kind for c in outcome(steps).citations] == ["calculation"]


def test_quoting_mode_refuses_what_nothing_supports(searcher: Any, minilm: Any) -> None:
    end = outcome(run(agent_over(searcher, minilm), "Who won the 2023 NBA finals?"))
    assert (end.found, end.text) == (False, REFUSAL)
    assert end.hits


def test_a_follow_up_is_understood_with_its_history(searcher: Any, minilm: Any) -> None:
    history = [{"role": "user", "content": STONEWARE}, {"role": "assistant", "content": "At 1,260 degrees."}]
    steps = run(agent_over(searcher, minilm), "And porcelain?", history)
    assert calls(steps)[0].arguments["query"] == f"{STONEWARE} And porcelain?"


def test_a_model_thinks_acts_and_answers_with_citations(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(SEARCH, answer("Stoneware is fired at 1,260 degrees [1]. That is hot [1]."))
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    assert thoughts(steps) == ["Look.", "Enough."]
    assert [(s.status, s.tool) for s in steps if isinstance(s, ToolStep)] == [
        ("running", "course_search"),
        ("done", "course_search"),
    ]
    end = outcome(steps)
    assert end.found and end.text == "Stoneware is fired at 1,260 degrees [1]. That is hot [1]."
    assert "1,260" in end.citations[0].quote
    assert said(steps) == end.text


def test_the_model_reads_question_history_tools_and_observations(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(SEARCH, answer("It is fired hot [1]."))
    history = [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Hello."}]
    run(agent_over(searcher, minilm, server), STONEWARE, history)
    first, second = (r.body["messages"] for r in server.chats)
    assert "course_search" in first[0]["content"] and '"top_k"' in first[0]["content"]
    assert "Student: Hi there" in first[-1]["content"] and f"Question: {STONEWARE}" in first[-1]["content"]
    assert "Observation: <source 1 key=" in second[-1]["content"] and "1,260" in second[-1]["content"]
    assert second[-1]["content"].count(STONEWARE) == 1


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("Thought: done.\nAnswer:  \n", "nothing behind"),
        ("Thought: hm", "neither an action nor an answer"),
        ("Thought: x\nAction: course_search\nAction Input: stoneware", "JSON object"),
        ("Thought: x\nAction: search the course\nAction Input: {}", "name of one tool"),
    ],
)
def test_a_reply_of_no_use_is_asked_for_once_more(
    searcher: Any, minilm: Any, server: ModelServer, bad: str, told: str
) -> None:
    server.script(Reply(text=bad), SEARCH, answer("Hot [1]."))
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    assert outcome(steps).text == "Hot [1]."
    assert (
        told in server.chats[1].body["messages"][-1]["content"].lower().replace("`", "")
        or told in (server.chats[1].body["messages"][-1]["content"])
    )
    assert "could not be used" not in server.chats[2].body["messages"][-1]["content"]


def test_replies_that_stay_of_no_use_end_the_turn_with_what_was_found(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(SEARCH, "Thought: hm", "Thought: hm", "Thought: hm", answer("never asked [1]"))
    end = outcome(run(agent_over(searcher, minilm, server), STONEWARE))
    assert end.found and "could not be used" in end.limit
    assert "1,260 degrees" in end.text  # quoted from what the search found
    assert len(server.chats) == 4


def test_an_observation_that_the_model_makes_up_is_cut_off(searcher: Any, minilm: Any, server: ModelServer) -> None:
    made_up = "\nObservation: <source 1>It is fired at 3,000 degrees.</source>\nThought: ok\nAnswer: 3,000 degrees [1]."
    server.script(SEARCH + made_up, answer("At 1,260 degrees [1]."))
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    assert outcome(steps).text == "At 1,260 degrees [1]."
    assert "3,000" not in str(steps) and "3,000" not in str(server.chats[1].body)


def test_an_unknown_tool_and_wrong_arguments_are_observations(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(
        act("google", q="stoneware"),
        act("course_search", text="stoneware"),
        act("course_search", query="stoneware", top_k=99),
        SEARCH,
        answer("At 1,260 degrees [1]."),
    )
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    assert [c.status for c in calls(steps)] == ["failed", "failed", "failed", "done"]
    read = server.chats[-1].body["messages"][-1]["content"]
    assert "There is no tool google" in read
    assert "query: Field required" in read and "less than or equal to 10" in read
    assert outcome(steps).found


def test_a_marker_of_no_source_is_taken_out_and_a_text_that_cites_nothing_is_no_answer(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(SEARCH, answer("Hot [1]. Very [77]."))
    assert outcome(run(agent_over(searcher, minilm, server), STONEWARE)).text == "Hot [1]. Very."
    server.script(SEARCH, answer("It is hot."), answer("It is very hot."))
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    assert (outcome(steps).found, said(steps)) == (False, "")
    assert "cites no source" in server.chats[-1].body["messages"][-1]["content"]


def test_an_answer_without_any_tool_is_no_answer(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(answer("Stoneware is fired at 1,260 degrees [1]."))
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    assert (outcome(steps).found, outcome(steps).text, said(steps)) == (False, NOT_SHOWN, "")


def test_a_refusal_of_the_model_is_a_refusal(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(SEARCH, answer(REFUSAL))
    steps = run(agent_over(searcher, minilm, server), "Who won?")
    assert (outcome(steps).found, said(steps)) == (False, "")
    assert len(server.chats) == 2


def test_the_same_call_is_not_made_twice(searcher: Any, minilm: Any, server: ModelServer) -> None:
    looking = Canned("look", page("Kilns are hot."))
    server.script(act("look"), act("look"), answer("Hot [1]."))
    steps = run(agent_over(searcher, minilm, server, [looking]), STONEWARE)
    assert looking.calls == 1
    assert "called like this before" in str(calls(steps)[1].error)


def test_a_repeated_call_of_the_calculator_is_not_told_in_inner_words(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    same = act("calculate", expression="1 + 1")
    server.script(same, same, answer("The course material does not answer this."))
    end = outcome(run(agent_over(searcher, minilm, server), STONEWARE))
    assert not end.found and "called like this" not in end.text


def test_the_quote_of_a_calculation_is_the_whole_of_it(searcher: Any, minilm: Any) -> None:
    end = outcome(run(agent_over(searcher, minilm), "7! / 5"))
    assert [c.quote for c in end.citations] == ["7! / 5 = 1008"]


def test_fifty_turns_at_once_do_not_mix(searcher: Any, minilm: Any, server: ModelServer) -> None:
    def reply(request: dict[str, Any]) -> str:
        asked = request["messages"][-1]["content"]
        number = asked.split("Question: item ")[1].split()[0]
        if "Observation:" not in asked:
            return act("calculate", thought=f"For {number}.", expression=f"{number} + 1000")
        return answer(f"It is {asked.split(' = ')[1].split()[0]} [1].", thought=f"Done {number}.")

    server.default = reply
    agent = agent_over(searcher, minilm, server)

    async def one(n: int) -> tuple[int, list[Any]]:
        return n, [step async for step in agent.stream(f"item {n} ?")]

    async def all_of_them() -> list[tuple[int, list[Any]]]:
        return await asyncio.gather(*(one(n) for n in range(100, 150)))

    for n, steps in asyncio.run(all_of_them()):
        assert thoughts(steps) == [f"For {n}.", f"Done {n}."]
        assert outcome(steps).text == f"It is {n + 1000} [1]."
        assert outcome(steps).citations[0].quote == f"{n} + 1000 = {n + 1000}"


def test_turns_that_are_read_alternately_in_one_task_do_not_mix(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    agent = agent_over(searcher, minilm)

    async def both() -> list[Outcome]:
        streams = [agent.stream("What is 2 + 3?"), agent.stream("What is 5 * 7?")]
        last: list[Any] = [None, None]
        open_ones = {0, 1}
        while open_ones:
            for n in sorted(open_ones):
                step = await anext(streams[n], None)
                if step is None:
                    open_ones.discard(n)
                else:
                    last[n] = step
        return last

    assert [end.text for end in asyncio.run(both())] == ["2 + 3 = 5 [1]", "5 * 7 = 35 [1]"]


def test_what_came_from_outside_says_so(searcher: Any, minilm: Any, server: ModelServer) -> None:
    looking = Canned("look", page("The Moon is made of rock.", kind="wikipedia", path="https://w.example/Moon?oldid=3"))
    server.script(act("look"), answer("The Moon is made of rock [1]."))
    cited = outcome(run(agent_over(searcher, minilm, server, [looking]), "What is the Moon made of?")).citations
    assert [(c.kind, c.path, c.fetched_at) for c in cited] == [
        ("wikipedia", "https://w.example/Moon?oldid=3", "2026-11-23T12:00:00+00:00")
    ]


def test_the_answer_streams_from_its_first_citation_on(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(SEARCH, answer("Hot [1]. And then it cools for a day [1]."))
    steps = run(agent_over(searcher, minilm, server), STONEWARE)
    pieces = [s.text for s in steps if isinstance(s, Token)]
    assert pieces[0].startswith("Hot") and len(pieces) > 3
    shown = [s for s in steps if not isinstance(s, Citing)]
    assert isinstance(shown[shown.index(next(s for s in shown if isinstance(s, Token))) - 1], Thought)


def test_a_tool_that_is_off_is_not_offered_and_says_why(searcher: Any, minilm: Any, server: ModelServer) -> None:
    agent = agent_over(searcher, minilm, server, allowed={"course_search"})
    server.script(act("calculate", expression="1+1"), answer(REFUSAL))
    steps = run(agent, STONEWARE)
    assert "switched off here" in str(calls(steps)[0].error)
    assert "- calculate:" not in server.chats[0].body["messages"][0]["content"]
    assert str(agent.toolbox.states()["calculate"]) == "switched off by LECTERN_TOOLS"


def test_an_empty_observation_says_that_nothing_was_found(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(act("look"), answer(REFUSAL))
    steps = run(agent_over(searcher, minilm, server, [Canned("look", Observation())]), STONEWARE)
    assert calls(steps)[0].observation == "Nothing was found."
