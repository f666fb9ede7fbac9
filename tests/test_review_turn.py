"""One turn of the review desk as HTML: its conversation, what it was searched as, its steps, its passages."""

from __future__ import annotations

import html
from typing import Any

import pytest

from assistant.tracing.conversation_reader import ConversationReader
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import INPUT_TOKENS, OUTPUT_TOKENS, PRICE_USD
from assistant.tracing.store import TraceStore
from index_store.chunks import Chunk
from index_store.locators import Locator
from tests import turns
from ui.review_turn import around_html, tree_html, turn_html

FOUND = {"chunk_id": "k1", "path": "kilns.md", "locator": "lines 3-9", "title": "Kilns", "score": 0.9, "cosine": 0.71}
OTHER = {"chunk_id": "k2", "path": "<b>.md", "locator": "lines 1-2", "title": "", "score": 0.4, "cosine": 0.33}
WEB = {"number": 3, "kind": "web", "path": "https://x.example/", "locator": "", "title": "X"}


@pytest.fixture
def chunk() -> Chunk:
    text = "A kiln is hot, & it glows."
    return Chunk(text, text, 0, Locator(lines=(3, 9)), "/s", "kilns.md", "Kilns", "prose", "", 1)


def keep(store: TraceStore, question: str, at: float = 0, spans: Any = (), **given: Any) -> str:
    begun = turns.start(question, at=turns.BEGAN + at)
    store.begin(begun)
    store.finish(begun, turns.end(f"About {question}", at=begun.started_at + 1, **given), list(spans))
    return begun.trace_id


def shown(store: TraceStore, trace_id: str, **given: Any) -> str:
    record = TraceReader(store.engine).get(trace_id)
    return turn_html(record, [], {}, None, ConversationReader(store.engine).around(record), **given)


def test_a_follow_up_says_what_it_was_searched_as_and_what_stands_around_it(store: TraceStore) -> None:
    before = keep(store, "What is a <i>kiln</i>?")
    own = keep(store, "How hot is it?", 10, searched="How hot is a kiln?")
    after = keep(store, "Why?", 20)
    page = shown(store, own)
    assert "Searched as: <strong>How hot is a kiln?</strong>" in page
    assert "Turn 2 of 3" in page and "data-conversation='c1'" in page and "<i>" not in page
    assert page.index(f"data-turn='{before}'") < page.index("This turn") < page.index(f"data-turn='{after}'")
    assert "About Why?" in page
    assert "Searched as" not in shown(store, before)


def test_a_turn_alone_says_so(store: TraceStore) -> None:
    assert "only turn" in shown(store, keep(store, "What is a kiln?"))


def test_turns_that_are_not_shown_around_one_are_counted(store: TraceStore) -> None:
    ids = [keep(store, f"Turn {n}", n) for n in range(12)]
    record = TraceReader(store.engine).get(ids[6])
    page = around_html(ConversationReader(store.engine).around(record, 2))
    assert "4 more" in page and "3 more" in page and page.count("data-turn=") == 4


def test_a_step_says_its_tokens_and_price_where_they_are_known(store: TraceStore) -> None:
    steps = turns.steps(3)
    steps[2].attributes |= {INPUT_TOKENS: 1234, OUTPUT_TOKENS: 56, PRICE_USD: 0.0125}
    record = TraceReader(store.engine).get(keep(store, "What is a kiln?", spans=steps))
    tree = tree_html(record)
    assert "1,234 in, 56 out tokens, $0.012500" in tree
    assert tree.count("tokens,") == 1


def test_what_was_found_can_be_ticked_and_opened_and_what_is_not_of_the_course_cannot(
    store: TraceStore, chunk: Chunk
) -> None:
    steps = turns.steps(2)
    steps[0].kind, steps[0].outputs = "retrieve", [FOUND, OTHER, FOUND, "torn"]
    steps[1].kind, steps[1].outputs = "tool", {"sources": [WEB, {"number": 1, **OTHER}]}
    page = shown(store, keep(store, "What is a kiln?", spans=steps, citations=()), chunks={"k1": chunk})
    assert (
        page.count("data-right=") == 2
        and "data-right='&lt;b&gt;.md'" in page
        and "x.example" not in page.split("Steps")[0]
    )
    assert (
        "<summary>kilns.md, lines 3-9</summary><div class='lectern-passage'" in page
        and html.escape(chunk.context) in page
    )
    assert "0.71" in page


def test_a_cited_place_opens_its_passage_with_the_quote_marked(store: TraceStore, chunk: Chunk) -> None:
    cited = {
        "marker": 1,
        "path": "kilns.md",
        "locator": "lines 3-9",
        "quote": chunk.context[:9],
        "score": 0.7,
        "chunk_id": "k1",
    }
    page = shown(store, keep(store, "What is a kiln?", citations=(cited,)), chunks={"k1": chunk})
    assert "data-passage='1'" in page and "id='source-1'" in page and f"<mark>{chunk.context[:9]}</mark>" in page
    assert "<img" not in page
