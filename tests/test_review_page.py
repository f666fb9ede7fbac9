"""The review desk without a browser: which turns it lists, what it counts, what a form keeps, and what trying costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from assistant.conversation import Assistant
from assistant.gate import DAY_S, OPEN, Spent
from assistant.llms import Model, choose_model
from assistant.tracing.records import Origin, Review
from assistant.tracing.spending import spent
from assistant.tracing.statistics import by_day
from assistant.tracing.store import TraceStore
from assistant.turn import Identity
from index_store.search import Searcher
from tests import turns
from tests.course import engine_over, searching, write_course
from tests.model_calls import settings_for
from tests.model_server import ModelServer, Reply
from ui.review_list import ReviewList
from ui.review_page import ReviewHandlers
from ui.review_view import groups_html

REQUEST: Any = SimpleNamespace(query_params={})
ROW = Origin("run", "u1", "batch")
ROWS = 30
STONEWARE = "How hot is stoneware fired?"


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("pottery")
    with searching(folder / "home", minilm, write_course(folder / "course")) as opened:
        yield opened


@pytest.fixture
def desk(store: TraceStore) -> ReviewHandlers:
    documents = [SimpleNamespace(path="a.md"), SimpleNamespace(path="b.md")]
    library = SimpleNamespace(traces=store, ledger=SimpleNamespace(documents=lambda: documents))
    parts: Any = SimpleNamespace(library=library, person=lambda _: None, sees_setup=lambda _: True, chunks=lambda _: {})
    return ReviewHandlers(parts)


def keep(store: TraceStore, question: str, kind: str = "ask", status: Any = "ok", **given: Any) -> str:
    begun = turns.start(question, kind=kind, **given)
    store.begin(begun)
    store.finish(begun, turns.end(at=begun.started_at + 1, status=status), [])
    return begun.trace_id


def a_class(store: TraceStore) -> None:
    """Two questions, one of them for the agent and refused, an abstract and thanks; then a file of many rows."""
    keep(store, "What is a kiln?")
    keep(store, "Who made this one?", "agent", "refused")
    keep(store, "We present FooNet.", "tag")
    keep(store, "Thanks!", "courtesy")
    for n in range(ROWS):
        keep(store, f"Row {n}", ("ask", "tag")[n % 2], ("refused", "ok")[n % 2], origin=ROW, at=turns.BEGAN + 9)


def test_the_plots_count_questions_and_not_rows_of_files_tags_or_thanks(store: TraceStore) -> None:
    a_class(store)
    days = by_day(store.engine, turns.BEGAN - 1)
    assert (sum(d.questions for d in days), sum(d.refused for d in days)) == (2, 1)


def test_the_times_of_a_day_are_none_that_no_turn_took(store: TraceStore) -> None:
    took = (0.42, 1.2, 18.1)
    for seconds in took:
        begun = turns.start()
        store.begin(begun)
        store.finish(begun, turns.end(at=begun.started_at + seconds), [])
    (day,) = by_day(store.engine, turns.BEGAN - 1)
    assert day.p95_s is not None and day.median_s is not None
    assert day.median_s < day.p95_s <= max(took) + 1e-5  # seconds since 1970 have no more digits


def test_what_the_course_lacks_is_what_people_asked(store: TraceStore, desk: ReviewHandlers, minilm: Any) -> None:
    a_class(store)
    desk._parts.library.embedder = minilm  # type: ignore[misc]
    assert [group.questions for group in desk._groups()[0]] == [("Who made this one?",)]


def test_each_question_that_could_not_be_answered_leads_to_its_turn(
    store: TraceStore, desk: ReviewHandlers, minilm: Any
) -> None:
    desk._parts.library.embedder = minilm  # type: ignore[misc]
    asked = {q: keep(store, q, status="refused") for q in ("How do I glaze a bowl?", "How is a bowl glazed?")}
    shown = groups_html(*desk._groups())
    for question, trace_id in asked.items():
        assert f"data-turn='{trace_id}'" in shown and shown.count(question) == 1


@pytest.mark.parametrize(
    ("reviews", "is_left"),
    [
        ([("Ada", "right")], 0),
        ([("Ada", "refuse")], 0),
        ([("Ada", "wrong")], 1),
        ([("Ada", "right"), ("Bo", "wrong")], 1),
    ],
)
def test_what_was_found_rightly_refused_is_nothing_that_the_course_lacks(
    store: TraceStore, desk: ReviewHandlers, minilm: Any, reviews: list[tuple[str, str]], is_left: int
) -> None:
    desk._parts.library.embedder = minilm  # type: ignore[misc]
    one = keep(store, "What is the capital of Mongolia?", status="refused")
    for who, verdict in reviews:
        store.add_review(Review(one, who, turns.BEGAN, verdict))
    groups, ids, aside = desk._groups()
    assert (len(groups), len(ids), aside) == (is_left, is_left, 1 - is_left)
    assert ("1 more was found rightly refused" in groups_html(groups, ids, aside)) != bool(is_left)


def test_the_list_says_who_found_what_where_reviewers_disagree(store: TraceStore, desk: ReviewHandlers) -> None:
    one, other = keep(store, "What is a kiln?"), keep(store, "Who made this one?")
    for trace_id, who, verdict in ((one, "Ada", "refuse"), (other, "Ada", "wrong"), (one, "Bob", "right"),
                                   (other, "Bob", "partly")):  # fmt: skip
        store.add_review(Review(trace_id, who, turns.BEGAN, verdict))
    listed, *_ = ReviewList(desk._parts).listed("Turns", "Newest first", "All", "", False, "", 1, "")
    assert "they disagree (Ada: refuse; Bob: right)" in listed and listed.count("disagree") == 1
    assert "role='alert'" in desk.to_dataset(one, REQUEST) and "Ada found that" in desk.to_dataset(one, REQUEST)


@pytest.mark.parametrize("reply", [Reply(usage=None), Reply(cut_after=2), Reply()])
async def test_trying_a_question_again_costs_what_a_turn_costs_however_it_ends(
    store: TraceStore, desk: ReviewHandlers, searcher: Searcher, minilm: Any, reply: Reply
) -> None:
    today = time.time() // DAY_S * DAY_S
    keep(store, STONEWARE, status="refused")
    with ModelServer() as server:
        server.default = reply
        about, engine = Identity("compatible", "m", "m"), engine_over(searcher, minilm, _model(server))
        parts: Any = desk._parts
        parts.library.embedder, parts.library.gate, parts.user = minilm, OPEN, lambda _: "u2"
        parts.opened = SimpleNamespace(assistant=Assistant(engine, store, about))
        told = await desk.covered(REQUEST)
        assert ("role='alert'" in told) == (reply.cut_after is not None)
        _ = [event async for event in parts.opened.assistant.ask(STONEWARE, origin=Origin("c9", "u3"))]
    assert spent(store, "u2", today) == spent(store, "u3", today) != Spent()


def _model(server: ModelServer) -> Model:
    return choose_model(settings_for(server), None)


WRITTEN = ("wrong", "It is 43.", "b.md", "", "See the slides.", "Bo")
EMPTY = (None, "", "", "", "", "")


def shown(desk: ReviewHandlers, trace_id: str) -> tuple[str, str, tuple[Any, ...]]:
    """Give whose form it is, what it begins with, and its fields."""
    *_, of, begun, verdict, answer, sources, tags, comment, assignee = desk.shown(trace_id, REQUEST)
    return of, begun, (verdict, answer, sources, tags, comment, assignee)


def test_a_form_begins_anew_with_each_turn_and_after_it_is_kept(store: TraceStore, desk: ReviewHandlers) -> None:
    one, other = keep(store, "What is a kiln?"), keep(store, "What is a glaze?")
    told, _, of, _, *fields = desk.keep(one, "Ada", *WRITTEN, REQUEST)
    corrected = (None, "It is 43.", "b.md", "", "", "")
    assert "Kept" in told and of == one and tuple(fields) == corrected
    assert shown(desk, other)[::2] == (other, EMPTY) and shown(desk, one)[::2] == (one, corrected)
    assert shown(desk, "0" * 32)[::2] == ("", EMPTY)


def test_a_form_that_cannot_be_kept_stays_as_it_is(store: TraceStore, desk: ReviewHandlers) -> None:
    told, *left = desk.keep(keep(store, "What is a kiln?"), "", *WRITTEN, REQUEST)
    assert "role='alert'" in told and left == [gr.skip()] * len(left)


def test_what_was_begun_is_left_and_told_when_the_answer_is_found_right(
    store: TraceStore, desk: ReviewHandlers
) -> None:
    one = keep(store, "What is a kiln?")
    begun = shown(desk, one)[1]
    told, *_ = desk.accept(one, "Ada", begun, *EMPTY, REQUEST)
    assert "not kept" not in told
    told, _, of, _, *fields = desk.accept(one, "Ada", begun, *WRITTEN, REQUEST)
    assert "not kept" in told and of == one and fields == [gr.skip()] * len(WRITTEN)
    assert [r["corrected_answer"] for r in desk._reader.get(one)["reviews"]] == [None, None]


def test_who_finds_right_what_another_corrected_is_told_and_sees_the_correction(
    store: TraceStore, desk: ReviewHandlers
) -> None:
    one = keep(store, "What is a kiln?")
    desk.keep(one, "Ada", *WRITTEN, REQUEST)
    _, begun, fields = shown(desk, one)
    told, _, _, _, *after = desk.accept(one, "Bob", begun, *fields, REQUEST)
    assert "Ada had corrected" in told and tuple(after) == fields
    assert "role='alert'" in desk.to_dataset(one, REQUEST)
