"""The agent: its loop, its limits and its end, with quoting mode and with a scripted model over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from assistant.agent_ending import NOT_SHOWN, UNFINISHED
from assistant.agent_run import AgentLimits
from assistant.events import Thought, Token, ToolStep
from assistant.link_guard import LEFT_OUT
from assistant.planner import NOT_OF_YOURS
from assistant.query_engine import Outcome
from assistant.refusal import REFUSAL
from assistant.tools.open_page import OpenPage, OpenPageArguments
from assistant.tools.reach import Reach
from assistant.tools.tag_abstract import TagAbstract
from assistant.tools.tool import Observation, outside_source
from assistant.tools.wikipedia import WikipediaArguments
from index_store.errors import ModelOverloaded, ModelProblem, ModelReplyBroken, ToolFailed
from index_store.search import Searcher
from ingest.fetch import Fetcher
from tests.agents import Canned, CutOff, act, agent_over, answer, calls, outcome, page, run, said, thoughts
from tests.course import searching, write_course
from tests.model_server import ModelServer, Reply, failing
from ui.outside import FetchedPages

STONEWARE = "How hot is stoneware fired?"
SEARCH = act("course_search", query="stoneware temperature")
ABSTRACT = (
    "We present PotteryNet, a neural network that predicts how a glaze looks after firing. In this paper we compare it"
    " with BERT and GPT-4 on a data set of 3,000 glazes, and show that it outperforms both baselines by four points."
    " Our experiments suggest that a model of moderate size is enough where the recipe of the glaze is known."
)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("pottery")
    with searching(folder / "home", minilm, write_course(folder / "course")) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as double:
        yield double


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


@pytest.mark.parametrize("with_model", [False, True])
def test_a_pasted_abstract_is_tagged_in_every_mode(
    searcher: Any, minilm: Any, server: ModelServer, with_model: bool
) -> None:
    server.script('["PotteryNet", "BERT", "GPT-4", "Invented"]')
    steps = run(agent_over(searcher, minilm, server if with_model else None), ABSTRACT)
    assert outcome(steps).tags == ("PotteryNet", "BERT", "GPT-4")
    assert outcome(steps).text == '["PotteryNet", "BERT", "GPT-4"]'
    assert [c.tool for c in calls(steps)] == ["tag_abstract"]
    assert len(server.chats) == with_model  # the tagger's own prompt; no step of the loop is asked for
    assert outcome(steps).by_rules != with_model


def test_an_abstract_that_cannot_be_tagged_ends_the_turn_with_the_reason(
    searcher: Any, minilm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> Any:
        raise ModelProblem("The kiln is cold.")

    monkeypatch.setattr(TagAbstract, "run", fails)
    end = outcome(run(agent_over(searcher, minilm), ABSTRACT))
    assert not end.found and end.text.startswith("The abstract could not be tagged. ") and "kiln is cold" in end.text
    beside = outcome(run(agent_over(searcher, minilm), f"{ABSTRACT}\n\nTag it, and also tell me: {STONEWARE}"))
    assert "1,260" in beside.text


def test_a_wish_before_a_tagged_abstract_is_named_as_not_answered(searcher: Any, minilm: Any) -> None:
    end = outcome(run(agent_over(searcher, minilm), f"Which datasets are used? {ABSTRACT}"))
    assert end.tags and any("“Which datasets are used?” was not answered" in note for note in end.notes)


def test_a_wish_beside_an_abstract_is_answered_by_the_course_below_the_tags(searcher: Any, minilm: Any) -> None:
    steps = run(agent_over(searcher, minilm), f"{ABSTRACT}\n\nTag it, shorten it, and also tell me: {STONEWARE}")
    end = outcome(steps)
    assert [c.tool for c in calls(steps)] == ["tag_abstract", "course_search"]
    assert "PotteryNet" not in calls(steps)[1].arguments["query"]
    assert end.tags == ("PotteryNet", "BERT", "GPT-4") and "1,260" in end.text and end.citations
    assert said(steps) == end.text and end.text.startswith('["PotteryNet", "BERT", "GPT-4"]\n\n')
    assert [note for note in end.notes if "“shorten it” was not answered" in note]


@pytest.mark.parametrize("wish", ["and translate it into French", "and tell me who won the 2023 NBA finals"])
def test_a_wish_that_cannot_be_met_is_named_below_the_tags(searcher: Any, minilm: Any, wish: str) -> None:
    steps = run(agent_over(searcher, minilm), f"Tag this {wish}: {ABSTRACT}")
    end = outcome(steps)
    assert end.found and end.tags == ("PotteryNet", "BERT", "GPT-4") and not end.citations
    assert any(f"“{wish.removeprefix('and ')}” was not answered" in note for note in end.notes)


def test_a_model_reads_the_wish_beside_an_abstract_that_was_tagged(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script('["PotteryNet"]', answer("PotteryNet predicts how a glaze looks [1]."))
    steps = run(agent_over(searcher, minilm, server), f"Tag this and summarise it: {ABSTRACT}")
    assert "Tag this and summarise it" in server.chats[-1].body["messages"][-1]["content"]
    end = outcome(steps)
    assert end.text == '["PotteryNet"]\n\nPotteryNet predicts how a glaze looks [1].' == said(steps)
    assert end.tags == ("PotteryNet",) and [c.kind for c in end.citations] == ["message"] and not end.notes


def test_an_abstract_that_was_pasted_before_is_tagged_again(searcher: Any, minilm: Any) -> None:
    history = [{"role": "user", "content": f"Summarise this: {ABSTRACT}"}, {"role": "assistant", "content": "No."}]
    steps = run(agent_over(searcher, minilm), "Then tag it, please.", history)
    assert outcome(steps).tags == ("PotteryNet", "BERT", "GPT-4")


@pytest.mark.parametrize("asked", ["Who proposed it?", "Which of them is the biggest?", "Explain the abstract."])
def test_quoting_mode_searches_nothing_for_a_follow_up_on_a_pasted_text(searcher: Any, minilm: Any, asked: str) -> None:
    history = [{"role": "user", "content": ABSTRACT}, {"role": "assistant", "content": '["PotteryNet"]'}]
    steps = run(agent_over(searcher, minilm), asked, history)
    assert (calls(steps), outcome(steps).text) == ([], NOT_OF_YOURS)


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


def test_a_tool_that_fails_is_an_observation_and_rests_after_three_failures(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    now = [0.0]
    broken = Canned("look", ToolFailed("The site is down.", hint="Go on."))
    agent = agent_over(searcher, minilm, server, [broken], clock=lambda: now[0])
    for _ in range(4):
        server.script(act("look"), answer(REFUSAL))
        steps = run(agent, STONEWARE)
    assert broken.calls == 3
    assert "left alone for 60 seconds" in str(calls(steps)[0].error)
    assert "- look:" not in server.chats[-1].body["messages"][0]["content"]  # and the model is not offered it
    now[0] = 61.0
    server.script(act("look"), answer(REFUSAL))
    run(agent, STONEWARE)
    assert broken.calls == 4


def test_a_tool_that_takes_too_long_is_left(
    searcher: Any, minilm: Any, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Canned("look", page("late"), wait_s=60)
    monkeypatch.setattr(Canned, "timeout_s", 0.05)
    server.script(act("look"), answer(REFUSAL))
    steps = run(agent_over(searcher, minilm, server, [slow]), STONEWARE)
    assert "did not answer in time" in str(calls(steps)[0].error)


def test_a_fault_of_ours_in_a_tool_ends_the_turn_as_what_it_is(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(act("look"), answer("Hot [1]."))
    with pytest.raises(ZeroDivisionError, match="ours"):
        run(agent_over(searcher, minilm, server, [Canned("look", ZeroDivisionError("ours"))]), STONEWARE)


LIMITS = [
    (AgentLimits(steps=2), "limit of 2 steps"),
    (AgentLimits(tokens=30), "limit of 30 tokens"),
]


@pytest.mark.parametrize(("limits", "told"), LIMITS)
def test_a_limit_ends_the_turn_with_the_best_answer_so_far(
    searcher: Any, minilm: Any, server: ModelServer, limits: AgentLimits, told: str
) -> None:
    server.script(SEARCH, *(act("course_search", query=f"stoneware {n}") for n in range(9)))
    steps = run(agent_over(searcher, minilm, server, limits=limits), STONEWARE)
    end = outcome(steps)
    assert told in end.limit
    assert end.found and "1,260 degrees" in end.text and end.citations
    assert said(steps) == end.text
    assert len(server.chats) == 2


def test_at_a_limit_each_part_of_a_question_is_answered_from_what_was_found(searcher: Any, minilm: Any) -> None:
    both = f"{STONEWARE} Who was the first potter on the Moon?"
    end = outcome(run(agent_over(searcher, minilm, limits=AgentLimits(steps=2)), both))
    assert "2 steps" in end.limit and end.found and "1,260 degrees" in end.text


def test_the_limit_of_the_price_holds_where_the_price_is_known(
    searcher: Any, minilm: Any, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant import usage

    monkeypatch.setattr(usage.Call, "price_usd", property(lambda self: 0.3))
    server.script(SEARCH, *(act("course_search", query=f"stoneware {n}") for n in range(9)))
    end = outcome(run(agent_over(searcher, minilm, server, limits=AgentLimits(price_usd=0.5)), STONEWARE))
    assert "$0.5" in end.limit and len(server.chats) == 2


def test_the_limit_of_seconds_ends_a_turn_whose_model_is_silent(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(SEARCH, Reply(hang=True))
    end = outcome(run(agent_over(searcher, minilm, server, limits=AgentLimits(seconds=1.0)), STONEWARE))
    assert "limit of 1 seconds" in end.limit
    assert end.found and "1,260 degrees" in end.text


def test_a_limit_before_anything_was_found_is_not_laid_to_the_course(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(Reply(hang=True))
    end = outcome(run(agent_over(searcher, minilm, server, limits=AgentLimits(seconds=0.3)), STONEWARE))
    assert (end.found, end.text) == (False, UNFINISHED) and end.limit


def test_the_first_step_does_not_wait_for_a_host_that_drops_packets(searcher: Any, minilm: Any) -> None:
    class Dropping(Reach):
        async def look(self, hosts: Sequence[Any]) -> None:
            await asyncio.Event().wait()

    async def first() -> Any:
        steps = agent_over(searcher, minilm, reach=Dropping()).stream(STONEWARE)
        try:
            return await asyncio.wait_for(anext(steps), 5)
        finally:
            await steps.aclose()

    assert isinstance(asyncio.run(first()), Thought)


def test_a_tool_of_a_host_that_cannot_be_reached_is_named_under_the_refusal(searcher: Any, minilm: Any) -> None:
    tool = Canned("wikipedia", page("late"))
    tool.host = ("wiki.example", 443)
    end = outcome(run(agent_over(searcher, minilm, None, [tool], reach=CutOff()), "Who was the first potter on Mars?"))
    assert (end.found, end.text) == (False, REFUSAL)
    assert end.notes == ("Wikipedia could not be asked: there is no connection from here.",) and tool.calls == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [("1/0", "divides by zero"), ("12 * (3 + 4", "has a bracket that is not closed"), ("3 + 4)", "is not open")],
)
def test_what_has_no_value_is_said_to_have_none(searcher: Any, minilm: Any, asked: str, told: str) -> None:
    end = outcome(run(agent_over(searcher, minilm), asked))
    assert not end.found and told in end.text and end.notes == ()


def test_a_page_that_was_named_and_could_not_be_read_is_named_below_the_end(searcher: Any, minilm: Any) -> None:
    address = "https://nosuch.example/a_(b)"
    for asked, answered in ((f"{STONEWARE} {address}", True), (f"Summarise this page: {address}", False)):
        pages = Canned("open_page", ToolFailed("https://nosuch.example: the name could not be resolved."))
        pages.arguments = OpenPageArguments
        steps = run(agent_over(searcher, minilm, None, [pages]), asked)
        end = outcome(steps)
        assert end.found is answered and pages.calls == 1
        assert end.notes == (f"{address} was not read. https://nosuch.example: the name could not be resolved.",)
        shown = str([(step.arguments, step.error) for step in calls(steps)])
        assert address in shown and LEFT_OUT not in shown  # it is the user's own, and so is its host


def test_a_page_on_the_users_own_machine_is_refused_by_the_guard_and_named(searcher: Any, minilm: Any) -> None:
    for address in ("http://127.0.0.1:8000/x", "http://[::1]:8000/x", "http://localhost:8000/x"):
        pages = OpenPage(FetchedPages(Fetcher), minilm)
        end = outcome(run(agent_over(searcher, minilm, None, [pages]), f"What does {address} say about stoneware?"))
        assert any(address in note and "not fetched" in note for note in end.notes), end.notes


def test_pages_beyond_those_that_are_opened_are_named(searcher: Any, minilm: Any) -> None:
    pages = Canned("open_page", page("Nothing of the kind."))
    pages.arguments = OpenPageArguments
    asked = "What do kiln.com/a, kiln.com/b and kiln.com/c say about stoneware?"
    steps = run(agent_over(searcher, minilm, None, [pages]), asked)
    assert [c.arguments["url"] for c in calls(steps)[:2]] == ["https://kiln.com/a", "https://kiln.com/b"]
    assert "query" not in calls(steps)[0].arguments and "kiln.com" not in str(calls(steps)[2:])
    assert any(note.startswith("https://kiln.com/c was not read:") for note in outcome(steps).notes)


def test_a_page_that_was_named_where_none_can_be_opened_is_told(searcher: Any, minilm: Any) -> None:
    pages = Canned("open_page", page("x"))
    box = agent_over(searcher, minilm, None, [pages], allowed={"course_search"})
    end = outcome(run(box, "Summarise this page: https://pages.example/a"))
    assert not end.found and pages.calls == 0
    assert end.notes[0] == "https://pages.example/a was not opened: switched off here."


def test_what_was_switched_off_is_not_laid_to_the_course(searcher: Any, minilm: Any) -> None:
    no_search = outcome(run(agent_over(searcher, minilm, allowed={"calculate"}), STONEWARE))
    assert not no_search.found and "was not searched" in no_search.text
    no_sums = outcome(run(agent_over(searcher, minilm, allowed={"course_search"}), "17 * 23"))
    assert not no_sums.found and "nothing here can calculate it" in no_sums.text


def test_who_was_asked_in_vain_is_named_under_the_refusal(searcher: Any, minilm: Any) -> None:
    wiki = Canned("wikipedia", page("A teapot is a pot for tea."))
    wiki.arguments = WikipediaArguments
    end = outcome(run(agent_over(searcher, minilm, None, [wiki]), "Who was the first potter on Mars?"))
    assert (end.found, end.notes) == (False, ("Wikipedia had no answer either.",)) and wiki.calls > 0


class Meanings(Canned):
    """A wiki in which a name has two meanings, with an article for each."""

    async def run(self, given: Any) -> Observation:
        if given.title is None:
            return Observation("Articles:\n- Slip", choices=("Slip",))
        if given.title == "Slip":
            return Observation("Several.", choices=("Slip (sailing)", "Slip (clothing)"))
        source = outside_source("wikipedia", "http://wiki.example/s", f"{given.title} (Wikipedia)", SLIP, cosine=0.6)
        return Observation("", (source,))


SLIP = "A slip is a place beside a pier where a boat is moored."


def test_of_several_meanings_the_one_that_was_read_is_named_with_the_others(searcher: Any, minilm: Any) -> None:
    wiki = Meanings("wikipedia", Observation())
    wiki.arguments = WikipediaArguments
    end = outcome(run(agent_over(searcher, minilm, None, [wiki]), "Where is a boat moored in a slip?"))
    assert end.found and len(end.notes) == 1
    assert "this is about Slip (sailing). Others: Slip (clothing)." in end.notes[0]


@pytest.mark.parametrize("wish", ["Summarise this abstract:", "Please translate into German:", "Rewrite my paragraph:"])
def test_quoting_mode_writes_nothing_about_a_text_of_the_user(searcher: Any, minilm: Any, wish: str) -> None:
    text = "Stoneware is fired at 1,260 degrees. We show that glazes melt evenly, and that kilns cool slowly. " * 2
    end = outcome(run(agent_over(searcher, minilm), f"{wish} {text}"))
    assert (end.found, end.text) == (False, NOT_OF_YOURS)


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


def test_a_sentence_that_cites_nothing_and_stands_nowhere_is_named(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    supported = "Stoneware is fired at 1,260 degrees [1]."
    server.script(SEARCH, answer(f"{supported} Ada Lovelace built the first kiln."))
    end = outcome(run(agent_over(searcher, minilm, server), STONEWARE))
    assert end.notes == ("No source is given for: “Ada Lovelace built the first kiln.”.",)
    server.script(SEARCH, answer(supported))
    assert outcome(run(agent_over(searcher, minilm, server), STONEWARE)).notes == ()


def test_names_that_a_model_made_up_are_told_with_the_tags(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.default = Reply(text='["PotFormer", "ClayNet"]')
    pasted = "Abstract: We present PotFormer, a transformer for pots. It outperforms all earlier models by two points."
    end = outcome(run(agent_over(searcher, minilm, server), pasted))
    assert end.tags == ("PotFormer",) and len(end.notes) == 1 and "ClayNet" in end.notes[0]


@pytest.mark.parametrize("reply", [Reply(text=SEARCH, piece_delay_s=0.05), Reply(hang=True)])
def test_stopping_ends_the_turn_at_once_while_the_model_speaks(
    searcher: Any, minilm: Any, server: ModelServer, reply: Reply
) -> None:
    server.script(reply)
    assert _stopped_when(lambda: bool(server.chats), agent_over(searcher, minilm, server)) < 1.0
    assert server.hung_up.wait(5)


def test_stopping_ends_the_turn_at_once_while_a_tool_runs(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(act("look"))
    slow = Canned("look", page("late"), wait_s=60)
    assert _stopped_when(lambda: slow.calls == 1, agent_over(searcher, minilm, server, [slow])) < 1.0


def _stopped_when(begun: Callable[[], bool], agent: Any) -> float:
    """Stop a turn once that has begun; give how long it took. The bound is the product's promise: within a second."""

    async def turn() -> float:
        async def read() -> None:
            async for _ in agent.stream(STONEWARE):
                pass

        task = asyncio.create_task(read())
        while not begun():
            assert not task.done(), "the turn ended before it could be stopped"
            await asyncio.sleep(0.005)
        told = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - told

    return asyncio.run(turn())


@pytest.mark.parametrize(
    ("reply", "error"), [(failing(500), ModelOverloaded), (Reply(text=SEARCH, cut_after=2), ModelReplyBroken)]
)
def test_a_model_that_fails_is_told_as_what_it_is(
    searcher: Any, minilm: Any, server: ModelServer, reply: Reply, error: type[Exception]
) -> None:
    server.default = reply
    with pytest.raises(error):
        run(agent_over(searcher, minilm, server), STONEWARE)


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
    assert isinstance(steps[steps.index(next(s for s in steps if isinstance(s, Token))) - 1], Thought)


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
