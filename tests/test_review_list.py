"""The list of the review desk without a browser: turns and conversations, their pages, and the address of a view."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr
import pytest

from assistant.tracing.records import Origin
from assistant.tracing.store import TraceStore
from tests import turns
from ui.review_list import A_PAGE, CONVERSATIONS, FILTERS, ORDERS, ReviewList, View, view_of

ROW = Origin("run", "u1", "batch")
ROWS = 30


@pytest.fixture
def desk(store: TraceStore) -> ReviewList:
    parts: Any = SimpleNamespace(library=SimpleNamespace(traces=store))
    return ReviewList(parts)


def keep(store: TraceStore, question: str, kind: str = "ask", status: Any = "ok", **given: Any) -> None:
    begun = turns.start(question, kind=kind, **given)
    store.begin(begun)
    store.finish(begun, turns.end(at=begun.started_at + 1, status=status), [])


def a_class(store: TraceStore) -> None:
    """Two questions, one of them for the agent and refused, an abstract and thanks; then a file of many rows."""
    keep(store, "What is a kiln?")
    keep(store, "Who made this one?", "agent", "refused")
    keep(store, "We present FooNet.", "tag")
    keep(store, "Thanks!", "courtesy")
    for n in range(ROWS):
        keep(store, f"Row {n}", ("ask", "tag")[n % 2], ("refused", "ok")[n % 2], origin=ROW, at=turns.BEGAN + 9)


def seen(desk: ReviewList, view: View, page: Any = 1, before: View | None = None) -> tuple[str, str, Any, Any, str]:
    """Give the list, what is said above it, the number of the page, the conversation, and the view's address."""
    last = (before or view).address()
    shown = desk.listed(view.by, view.order, view.show, view.text, view.rows, view.conversation, page, last)
    return shown[0], shown[1], shown[2], shown[3], shown[4]


@pytest.mark.parametrize(
    ("show", "listed"),
    [("All", ["kiln", "Who made", "FooNet", "Thanks"]), ("Questions", ["kiln", "Who made"]), ("Refused", ["Who made"]),
     ("Abstracts", ["FooNet"])],
)  # fmt: skip
def test_a_list_has_what_people_asked_and_the_rows_of_a_file_when_they_are_wanted(
    store: TraceStore, desk: ReviewList, show: str, listed: list[str]
) -> None:
    a_class(store)
    shown, count, *_ = seen(desk, View(show=show))
    assert shown.count("data-turn=") == len(listed) and all(text in shown for text in listed)
    assert f"{len(listed)} turn" in count and "of files and evaluations" in count
    rows, count, *_ = seen(desk, View(show=show, text="row", rows=True))
    assert "Row 1" in rows and "kiln" not in rows and "not shown" not in count


@pytest.mark.parametrize("page", [0, -3, None, 99])
def test_a_page_that_is_not_there_is_the_nearest_one(store: TraceStore, desk: ReviewList, page: Any) -> None:
    keep(store, "What is a kiln?")
    for by in ("Turns", CONVERSATIONS):
        _, count, moved, *_ = seen(desk, View(by=by), page)
        assert "page 1 of 1" in count and moved == 1


def test_a_long_list_has_buttons_to_the_pages_beside_and_another_view_begins_at_its_first(
    store: TraceStore, desk: ReviewList
) -> None:
    a_class(store)
    every, file = View(rows=True), View(rows=True, text="row")
    _, count, moved, *_ = seen(desk, every, 2)
    assert "data-way='-1'" in count and "data-way='1'" not in count and moved == gr.skip()
    shown, count, moved, _, address = seen(desk, file, 2, every)
    assert moved == 1 and shown.count("data-turn=") == A_PAGE and address == file.address()


def test_conversations_are_listed_and_one_of_them_opens_whole_in_the_order_it_was_said(
    store: TraceStore, desk: ReviewList
) -> None:
    a_class(store)
    talks = View(by=CONVERSATIONS, show="Refused")
    shown, count, *_ = seen(desk, talks)
    assert "1 conversation," in count and "data-conversation='c1'" in shown and "4, 1 of them fit" in shown
    inside = View(by=CONVERSATIONS, show="Refused", conversation="c1")
    shown, count, *_ = seen(desk, inside, 1, talks)
    assert "4 turns," in count and "data-conversation=''" in shown and shown.count("data-turn=") == 4
    _, count, _, left, address = seen(desk, View(by=CONVERSATIONS, conversation="c1"), 1, inside)
    assert "1 conversation," in count and left == "" and address == View(by=CONVERSATIONS).address()


@pytest.mark.parametrize("show", FILTERS)
def test_the_address_of_a_view_gives_it_back(show: str) -> None:
    for order in ORDERS:
        view = View(CONVERSATIONS, order, show, "kiln & glaze", True, "c1")
        assert view_of(dict(parse_qsl(view.address(3)))) == (view, 3)
    assert View().address() == ""


@pytest.mark.parametrize("page", ["", "-1", "x", "9" * 40, "²"])
def test_an_address_that_names_what_there_is_not_is_the_usual_view(page: str) -> None:
    assert view_of({"by": "Users", "order": "Best", "show": "<b>", "page": page, "turn": "1"}) == (View(), 1)


def test_bounds_are_told_where_they_are_used(desk: ReviewList) -> None:
    assert "10 s" in seen(desk, View(show="Slow"))[1] and "$0.01" in seen(desk, View(order="Worst first"))[1]
    assert "10 s" not in seen(desk, View())[1]


def test_an_address_sets_what_it_names_and_leaves_alone_what_somebody_may_have_chosen_already(desk: ReviewList) -> None:
    *boxes, address = desk.load(SimpleNamespace(query_params={}))  # type: ignore[arg-type]
    assert boxes == [gr.skip()] * len(boxes) and address == ""
    by, order, show, *_ = desk.load(SimpleNamespace(query_params={"show": "Refused"}))  # type: ignore[arg-type]
    assert (by, order, show) == (gr.skip(), gr.skip(), "Refused")
