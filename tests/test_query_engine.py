"""From a question to a checked answer: over a real small library, in quoting mode and with a server of models."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from llama_index.core.schema import QueryBundle

from assistant.events import Retrieved, Rewritten, Token
from assistant.llms import choose_model
from assistant.query_engine import Citing, CourseQueryEngine, Outcome, Step
from assistant.refusal import REFUSAL
from index_store.errors import ModelOverloaded, ModelReplyBroken
from index_store.search import Searcher
from tests.course import FILES, engine_over, outcome_of, searching, steps_of
from tests.model_calls import settings_for
from tests.model_server import ModelServer, Reply, failing
from ui.rows import hits_row

STONEWARE = "How hot is stoneware fired?"
HISTORY = [
    {"role": "user", "content": STONEWARE},
    {"role": "assistant", "content": "At 1,260 degrees."},
]


def ask(engine: CourseQueryEngine, question: str, history: Any = ()) -> list[Step]:
    return asyncio.run(steps_of(engine, question, history))


def served(searcher: Searcher, minilm: Any, server: ModelServer, **more: Any) -> CourseQueryEngine:
    return engine_over(searcher, minilm, choose_model(settings_for(server, **more), None))


def text_of(steps: list[Step]) -> str:
    return "".join(s.text for s in steps if isinstance(s, Token))


def test_quoting_mode_answers_from_the_library_with_a_citation_to_the_right_file(searcher: Any, minilm: Any) -> None:
    outcome = outcome_of(ask(engine_over(searcher, minilm), STONEWARE))
    assert outcome.found and "1,260 degrees" in outcome.text
    first = outcome.citations[0]
    assert (first.path, first.marker) == ("kilns.md", 1)
    assert first.quote in first.context and "Firing" in first.locator


@pytest.mark.parametrize(
    "question", [STONEWARE, "Why does pottery crack?", "What colour is a celadon glaze?", "What is late work worth?"]
)
def test_every_quote_stands_in_the_lines_of_the_file_that_its_locator_names(
    searcher: Any, minilm: Any, question: str
) -> None:
    citations = outcome_of(ask(engine_over(searcher, minilm), question)).citations
    assert citations
    for citation in citations:
        first, last = citation.locator_parts["lines"]
        lines = FILES[citation.path].split("\n")[first - 1 : last]
        assert citation.quote in "\n".join(lines)


def test_the_steps_come_in_order_and_the_tokens_join_to_the_answer(searcher: Any, minilm: Any) -> None:
    steps = ask(engine_over(searcher, minilm), "And porcelain?", HISTORY)
    kinds = [type(s) for s in steps]
    assert kinds[:3] == [Rewritten, Retrieved, Citing] and kinds[-1] is Outcome
    assert set(kinds[3:-1]) == {Token}
    assert text_of(steps).strip() == outcome_of(steps).text


def test_what_the_course_does_not_hold_is_refused_in_one_sentence_with_related_passages(
    searcher: Any, minilm: Any
) -> None:
    steps = ask(engine_over(searcher, minilm), "Who won the world cup in 1998?")
    outcome = outcome_of(steps)
    assert (outcome.found, outcome.text, outcome.citations) == (False, REFUSAL, ())
    assert outcome.hits and text_of(steps) == ""


def test_without_any_hit_no_model_is_called(tmp_path: Any, minilm: Any, server: ModelServer) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "blank.md").write_text("\n", encoding="utf-8")
    with searching(tmp_path / "h", minilm, tmp_path / "course") as empty:
        outcome = outcome_of(ask(served(empty, minilm, server), STONEWARE))
    assert (outcome.found, outcome.text, outcome.hits) == (False, REFUSAL, ())
    assert server.requests == []


def test_the_text_of_a_search_row_is_the_very_string_that_the_prompt_gets(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script("At 1,260 degrees [1].")
    outcome = outcome_of(ask(served(searcher, minilm, server), STONEWARE))
    prompt = server.chats[0].body["messages"][-1]["content"]
    rows = hits_row(searcher, {"question": STONEWARE, "history": []}, len(outcome.hits))["hits"]
    assert [row["rank"] for row in rows] == list(range(1, len(outcome.hits) + 1))
    for row, hit in zip(rows, outcome.hits, strict=True):
        assert re.search(rf"<passage {row['rank']} key=\w+>\n.*\n+{re.escape(row['text'])}\n</passage", prompt)
        assert hit.chunk.text in row["text"]
        assert len(row["text"]) <= 1_500


def test_a_model_answer_gets_its_markers_renumbered_and_its_quotes_from_the_source(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(lambda body: f"Stoneware needs 1,260 degrees [{marker_of(body, 'Stoneware is fired')}].")
    outcome = outcome_of(ask(served(searcher, minilm, server), STONEWARE))
    assert outcome.text == "Stoneware needs 1,260 degrees [1]."
    (citation,) = outcome.citations
    assert citation.quote == "Stoneware is fired at 1,260 degrees Celsius for nine hours."


def marker_of(body: dict[str, Any], sentence: str) -> int:
    """Find the number of the first passage in a prompt that holds a sentence."""
    passages = re.findall(r"<passage (\d+) key=\w+>(.*?)</passage", body["messages"][-1]["content"], re.DOTALL)
    return next(int(n) for n, text in passages if sentence in text)


def test_markers_that_lead_nowhere_are_removed(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(
        Reply(
            pieces=("Clay is fired [", "99", "] at heat [1", ", 42]."),
        )
    )
    steps = ask(served(searcher, minilm, server), STONEWARE)
    assert outcome_of(steps).text == "Clay is fired at heat [1]."
    assert "[99" not in text_of(steps) and "42" not in text_of(steps)


def test_an_answer_whose_markers_all_lead_nowhere_is_no_answer(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script("Bake it at will [77].")
    assert outcome_of(ask(served(searcher, minilm, server), STONEWARE)).text == REFUSAL


def test_an_answer_without_any_marker_is_no_answer(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script("Stoneware is fired at 1,260 degrees, trust me.")
    outcome = outcome_of(ask(served(searcher, minilm, server), STONEWARE))
    assert (outcome.found, outcome.text, outcome.citations) == (False, REFUSAL, ())
    assert outcome.hits


def test_an_invented_quote_is_replaced_by_what_stands_in_the_source(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script('The text says "Stoneware melts at 9,999 degrees on Sundays" [1].')
    outcome = outcome_of(ask(served(searcher, minilm, server), STONEWARE))
    sources = "".join(FILES.values())
    assert outcome.citations
    for citation in outcome.citations:
        assert citation.quote in sources and "9,999" not in citation.quote


@pytest.mark.parametrize("pieces", [(REFUSAL,), tuple(REFUSAL), (f" {REFUSAL}\n",)])
def test_a_refusal_by_the_model_is_never_streamed_as_an_answer(
    searcher: Any, minilm: Any, server: ModelServer, pieces: tuple[str, ...]
) -> None:
    server.script(Reply(pieces=pieces))
    steps = ask(served(searcher, minilm, server), STONEWARE)
    assert text_of(steps) == ""
    outcome = outcome_of(steps)
    assert (outcome.found, outcome.text) == (False, REFUSAL)
    assert outcome.hits


def test_words_that_begin_like_the_refusal_are_streamed_whole(searcher: Any, minilm: Any, server: ModelServer) -> None:
    said = f"{REFUSAL[:12]} says 1,260 degrees [1]."
    server.script(Reply(pieces=tuple(said)))
    steps = ask(served(searcher, minilm, server), STONEWARE)
    assert text_of(steps) == said and outcome_of(steps).found


def test_a_follow_up_is_rewritten_by_the_model_and_then_searched(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script("How hot is porcelain\n fired?", "At 1,300 degrees [1].")
    steps = ask(served(searcher, minilm, server), "And that other one?", HISTORY)
    assert steps[0] == Rewritten("How hot is porcelain fired?")
    first, second = (request.body["messages"][-1]["content"] for request in server.chats)
    assert "And that other one?" in first and STONEWARE in first
    assert "Question: How hot is porcelain fired?" in second
    assert outcome_of(steps).found


def test_a_cut_stream_is_an_error_after_the_words_that_came(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.default = Reply(text="Stoneware is fired hot [1].", cut_after=3)
    said: list[str] = []

    async def listen() -> None:
        async for step in served(searcher, minilm, server).stream(STONEWARE):
            said.extend([step.text] if isinstance(step, Token) else [])

    with pytest.raises(ModelReplyBroken):
        asyncio.run(listen())
    assert "".join(said).startswith("Stoneware is")


@pytest.mark.parametrize("status", [429, 500])
def test_a_busy_or_broken_server_is_tried_again_and_then_an_error(
    searcher: Any, minilm: Any, server: ModelServer, status: int
) -> None:
    server.script(failing(status), "At 1,260 degrees [1].")
    assert outcome_of(ask(served(searcher, minilm, server), STONEWARE)).found
    server.default = failing(status)
    with pytest.raises(ModelOverloaded):
        ask(served(searcher, minilm, server, max_retries=1), STONEWARE)
    assert len(server.chats) == 4


def test_it_is_a_query_engine_of_llama_index(searcher: Any, minilm: Any) -> None:
    response = engine_over(searcher, minilm).query(QueryBundle(STONEWARE))
    assert "1,260" in str(response)
    assert response.source_nodes[0].node.metadata["path"] == "kilns.md"
    assert response.metadata["citations"][0].quote in FILES["kilns.md"]
