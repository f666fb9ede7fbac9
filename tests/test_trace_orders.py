"""Orders of turns, and conversations as reviewers see them: which come first, what their lines say, what is around."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.tracing.conversation_reader import ConversationReader
from assistant.tracing.conversations import Conversations
from assistant.tracing.orders import DEAR_USD, SLOW_S, WEAK_SUPPORT, Order
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import Feedback, Origin, Review
from assistant.tracing.store import TraceStore
from tests import turns

ORDERS: tuple[Order, ...] = ("worst", "dearest")
NAMES = ("good", "weak", "slow", "dear", "refused", "failed", "down", "down, but right")


def keep(store: TraceStore, question: str, at: float = 0, *, talk: str = "c1", support: float = 0.8, seconds: float = 1,
         face: Any = "web", **given: Any) -> str:  # fmt: skip
    begun = turns.start(question, at=turns.BEGAN + 100 * at, origin=Origin(talk, "u1", face))
    cited = {"marker": 1, "path": "a.md", "locator": "lines 1-2", "quote": "It is.", "score": support}
    store.begin(begun)
    end = turns.end(f"About {question}", at=begun.started_at + seconds, **{"citations": (cited,), **given})
    store.finish(begun, end, [])
    return begun.trace_id


def voted_down(store: TraceStore, trace_id: str) -> str:
    store.give_feedback(Feedback(trace_id, "down", turns.BEGAN))
    return trace_id


def found(store: TraceStore, trace_id: str, verdict: str | None, reviewer: str = "Ada") -> None:
    store.add_review(Review(trace_id, reviewer, turns.BEGAN, verdict, comment="Seen."))


@pytest.fixture
def one_of_each(store: TraceStore) -> TraceStore:
    keep(store, "good", 9)
    keep(store, "weak", 8, support=WEAK_SUPPORT / 2)
    keep(store, "slow", 1, seconds=2 * SLOW_S)
    keep(store, "dear", 2, price_usd=2 * DEAR_USD)
    keep(store, "refused", 3, status="refused", citations=())
    keep(store, "failed", 4, status="error", citations=())
    voted_down(store, keep(store, "down", 5))
    found(store, voted_down(store, keep(store, "down, but right", 10)), "right")
    return store


@pytest.mark.parametrize(
    ("order", "first"),
    [("newest", ("down, but right", "good")), ("weakest", ("weak",)), ("slowest", ("slow",)), ("dearest", ("dear",)),
     ("worst", ("down", "failed", "refused", "weak", "dear", "slow", "good", "down, but right"))],
)  # fmt: skip
def test_each_order_begins_with_what_it_is_named_for(
    one_of_each: TraceStore, order: Order, first: tuple[str, ...]
) -> None:
    listed = [row["question"] for row in TraceReader(one_of_each.engine).find(order=order)]
    assert tuple(listed[: len(first)]) == first and sorted(listed) == sorted(NAMES)


def test_among_turns_that_are_alike_the_weakest_is_the_worst(store: TraceStore) -> None:
    for at, support in enumerate((0.6, 0.5, 0.7)):
        keep(store, str(support), at, support=support)
    assert [row["question"] for row in TraceReader(store.engine).find(order="worst")] == ["0.5", "0.6", "0.7"]


@pytest.mark.parametrize(
    ("said", "sinks"),
    [((("right", "Ada"),), True), ((("right", "Ada"), (None, "Bob")), True),
     ((("right", "Ada"), ("wrong", "Bob")), False), ((("wrong", "Ada"), ("right", "Bob")), False),
     ((("wrong", "Ada"), ("right", "Ada")), True), ((("right", "visitor 1"),), False)],
)  # fmt: skip
def test_what_its_reviewers_found_right_last_sinks(store: TraceStore, said: Any, sinks: bool) -> None:
    judged = voted_down(store, keep(store, "judged", 1))
    keep(store, "good")
    for verdict, who in said:
        found(store, judged, verdict, who)
    first = TraceReader(store.engine).find(order="worst")[0]["question"]
    assert first == ("good" if sinks else "judged")


@pytest.fixture
def talks(store: TraceStore) -> TraceStore:
    """A conversation of three turns, one of them refused and one voted down, a titled one, and a file of rows."""
    keep(store, "What is a kiln?", 1, talk="pots")
    keep(store, "And how hot?", 2, talk="pots", status="refused", citations=())
    voted_down(store, keep(store, "Why?", 3, talk="pots", price_usd=0.25))
    keep(store, "What is wax?", 0, talk="bees")
    Conversations(store).rename("bees", "u1", "On bees")
    for n in range(30):
        keep(store, f"Row {n}", 50 + n, talk="file", face="batch")
    return store


def test_conversations_are_listed_with_what_their_turns_were(talks: TraceStore) -> None:
    page = ConversationReader(talks.engine).page(Filter(rows=False), 20, 1)
    pots, bees = page.rows
    assert (pots.id, pots.title, pots.turns, pots.fit, pots.status) == ("pots", "What is a kiln?", 3, 3, "refused")
    assert (pots.down, pots.price_usd, pots.last_at) == (1, 0.25, turns.BEGAN + 300)
    assert (bees.title, bees.turns, bees.status, bees.down, page.total) == ("On bees", 1, "ok", 0, 2)


def test_a_conversation_is_found_by_each_of_its_turns_and_paged(talks: TraceStore) -> None:
    reader = ConversationReader(talks.engine)
    (refused,) = reader.page(Filter(status="refused"), 20, 1).rows
    assert (refused.id, refused.turns, refused.fit) == ("pots", 3, 1)
    pages = [reader.page(Filter(), 2, number) for number in (1, 2, 9)]
    assert [[c.id for c in page.rows] for page in pages] == [["file", "pots"], ["bees"], ["bees"]]
    assert [(page.total, page.number) for page in pages] == [(3, 1), (3, 2), (3, 2)]
    assert [reader.page(Filter(), 1, 1, order).rows[0].id for order in ORDERS] == ["pots", "pots"]
    nothing = reader.page(Filter(text="nobody said that"), 20, 3)
    assert (list(nothing.rows), nothing.total, nothing.number) == ([], 0, 1)


def test_around_a_turn_are_its_conversation_and_the_turns_next_to_it(talks: TraceStore) -> None:
    reader, by = ConversationReader(talks.engine), TraceReader(talks.engine)
    (asked,) = by.find(Filter(text="how hot"))
    around = reader.around(by.get(asked["id"]))
    assert (around.title, around.earlier, around.later) == ("What is a kiln?", 1, 1)
    assert [row["question"] for row in (*around.before, *around.after)] == ["What is a kiln?", "Why?"]
    (row,) = by.find(Filter(text="row 10"))
    around = reader.around(by.get(row["id"]), 2)
    assert [r["question"] for r in (*around.before, *around.after)] == ["Row 8", "Row 9", "Row 11", "Row 12"]
    assert (around.earlier, around.later) == (10, 19)
    assert reader.title("bees") == "On bees" and reader.title("none") == ""
