"""What the agent says below an answer or a refusal: who was asked in vain, what was not read, meant or met."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.link_guard import LEFT_OUT
from assistant.planner import NOT_OF_YOURS
from assistant.refusal import REFUSAL
from assistant.tools.open_page import OpenPage, OpenPageArguments
from assistant.tools.tool import Observation, outside_source
from assistant.tools.wikipedia import WikipediaArguments
from index_store.errors import ToolFailed
from ingest.fetch import Fetcher
from tests.agents import (
    SEARCH,
    STONEWARE,
    Canned,
    CutOff,
    act,
    agent_over,
    answer,
    calls,
    outcome,
    page,
    run,
)
from tests.model_server import ModelServer
from ui.outside import FetchedPages


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


def test_a_sentence_that_cites_nothing_and_stands_nowhere_is_named(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    supported = "Stoneware is fired at 1,260 degrees [1]."
    server.script(SEARCH, answer(f"{supported} Ada Lovelace built the first kiln."))
    end = outcome(run(agent_over(searcher, minilm, server), STONEWARE))
    assert end.notes == ("No source is given for: “Ada Lovelace built the first kiln.”.",)
    server.script(SEARCH, answer(supported))
    assert outcome(run(agent_over(searcher, minilm, server), STONEWARE)).notes == ()


def test_a_source_that_speaks_of_other_things_than_the_sentence_is_named(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(SEARCH, answer("The Denver Nuggets won the finals [1]."))
    end = outcome(run(agent_over(searcher, minilm, server), STONEWARE))
    told = "The source that is named speaks of other things than: “The Denver Nuggets won the finals”."
    assert end.citations and end.notes == (told,)


def test_a_rounded_result_is_a_number_of_its_source(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(act("calculate", expression="387758 / 141042"), answer("It is a factor of about 2.75 [1]."))
    assert outcome(run(agent_over(searcher, minilm, server), "By what factor did it grow?")).notes == ()
    server.script(act("calculate", expression="387758 / 141042"), answer("It is a factor of about 2.85 [1]."))
    end = outcome(run(agent_over(searcher, minilm, server), "By what factor did it grow?"))
    assert end.notes == ("No source that is cited has: 2.85.",)
