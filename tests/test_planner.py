"""Quoting mode's plan: which tool comes next, and when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planner import (
    NOT_CALCULATED,
    NOT_FOUND,
    ONLY_THE_COURSE,
    Call,
    Conclusion,
    next_step,
    with_what_is_left,
)
from assistant.question_parts import without_calculation
from assistant.react_reply import read_reply
from assistant.refusal import REFUSAL
from assistant.search_terms import searches
from assistant.selection import Passage

ALL = ("course_search", "wikipedia", "web_search", "open_page", "arxiv", "calculate")


def answer(question: str, passages: Sequence[Passage]) -> str | None:
    """Answer from passages that say yes."""
    return next((f"Yes [{p.marker}]" for p in passages if p.text == "yes"), None)


def nearest(question: str, texts: Sequence[str]) -> int:
    """Choose the title with most words of the question."""
    words = set(question.lower().rstrip("?").split())
    return max(range(len(texts)), key=lambda n: len(words & set(texts[n].lower().split())))


def step(tool: str, *texts: str, choices: Sequence[str] = (), error: str = "", **arguments: Any) -> dict[str, Any]:
    passages = [{"marker": n, "text": text, "kind": "web"} for n, text in enumerate(texts, start=1)]
    return {"tool": tool, "arguments": arguments, "passages": passages, "choices": list(choices), "error": error}


def plan(question: str, *steps: dict[str, Any], tools: Sequence[str] = ALL) -> Call | Conclusion:
    inputs = {"question": question, "history": [], "tools": [{"name": t} for t in tools], "steps": list(steps)}
    return next_step(inputs, answer, nearest)


COURSE = step("course_search", "no", query="x")
Q = "Who founded the Bauhaus in Weimar?"


def test_the_course_comes_first_and_is_enough_where_it_answers() -> None:
    first = plan(Q)
    assert isinstance(first, Call) and (first.tool, first.arguments) == ("course_search", {"query": Q})
    assert plan(Q, step("course_search", "yes", query=Q)) == Conclusion("The course answers this.", "Yes [1]")


def test_what_the_course_lacks_is_searched_for_in_wikipedia_then_read() -> None:
    search = plan(Q, COURSE)
    assert isinstance(search, Call) and search.tool == "wikipedia" and "search" in search.arguments
    listed = step("wikipedia", choices=("Weimar", "Bauhaus in Weimar"), search=search.arguments["search"])
    read = plan(Q, COURSE, listed)
    assert isinstance(read, Call) and read.arguments["title"] == "Bauhaus in Weimar"
    article = step("wikipedia", "yes", title="Bauhaus in Weimar")
    assert plan(Q, COURSE, listed, article) == Conclusion("Wikipedia answers this.", "Yes [1]")


def test_fewer_words_are_searched_for_where_nothing_was_found() -> None:
    queries, steps = [], [COURSE]
    while isinstance(found := plan(Q, *steps, tools=("course_search", "wikipedia")), Call):
        queries.append(found.arguments["search"])
        steps.append(step("wikipedia", **found.arguments))
    assert queries == searches(Q) and len(queries) > 1
    assert found.answer == REFUSAL


def test_after_wikipedia_the_web_is_searched_and_a_page_read() -> None:
    done = [COURSE, step("wikipedia", error="gone", search="x")]
    search = plan(Q, *done)
    assert isinstance(search, Call) and search.tool == "web_search"
    listed = step("web_search", "no", choices=("https://a.example", "https://b.example"), query=Q)
    opened = plan(Q, *done, listed)
    assert isinstance(opened, Call) and opened.arguments["url"] == "https://a.example"
    first = step("open_page", "no", url="https://a.example")
    second = plan(Q, *done, listed, first)
    assert isinstance(second, Call) and second.arguments["url"] == "https://b.example"
    last = step("open_page", "yes", url="https://b.example")
    assert plan(Q, *done, listed, first, last) == Conclusion("A page answers this.", "Yes [1]")


def test_a_snippet_that_answers_is_enough() -> None:
    done = [COURSE, step("wikipedia", error="gone", search="x"), step("web_search", "yes", query=Q)]
    assert plan(Q, *done) == Conclusion("The web answers this.", "Yes [1]")


def test_each_part_of_a_question_is_looked_up_and_what_is_missing_is_named() -> None:
    question = "Who founded the Bauhaus? How many pots did Gropius break?"
    course = ("course_search",)
    first = plan(question, tools=course)
    assert isinstance(first, Call) and first.arguments == {"query": "Who founded the Bauhaus?"}
    done = [step("course_search", "yes", query="Who founded the Bauhaus?")]
    second = plan(question, *done, tools=course)
    assert isinstance(second, Call) and "Gropius" in second.arguments["query"]
    done.append(step("course_search", "no", **second.arguments))
    end = plan(question, *done, tools=course)
    missing = NOT_FOUND.format(part="How many pots did Gropius break")
    assert isinstance(end, Conclusion) and end.answer == f"Yes [1]\n\n{missing}"
    refused = [step("course_search", "no", **s["arguments"]) for s in done]
    assert plan(question, *refused, tools=course).answer == REFUSAL  # type: ignore[union-attr]


def test_what_is_to_be_calculated_with_what_was_found_is_left_and_named() -> None:
    question = "What is the potter's age raised to the 0.43 power?"
    first = plan(question)
    assert isinstance(first, Call) and first.arguments == {"query": "What is the potter's age?"}
    end = plan(question, step("course_search", "yes", **first.arguments))
    assert isinstance(end, Conclusion) and "raised to the 0.43 power" in end.answer and end.answer.startswith("Yes [1]")


def test_two_numbers_that_are_to_be_compared_are_left_and_named() -> None:
    asked = "By what factor did the population of Iceland grow?"
    assert without_calculation(asked) == (asked, "By what factor")
    more = with_what_is_left("It was 2, then 4. [1]", "By what factor")
    assert NOT_CALCULATED.format(calculation="By what factor") in more
    said = "It grew by a factor of two. [1]"
    assert with_what_is_left(said, "By what factor") == said


def test_what_changes_from_day_to_day_is_not_looked_up_in_an_article() -> None:
    found = plan("What is the weather in Paris today?", COURSE)
    assert isinstance(found, Call) and found.tool == "web_search"


def test_where_nothing_outside_can_be_asked_the_thought_says_so() -> None:
    end = plan(Q, COURSE, tools=("course_search", "calculate"))
    assert end == Conclusion(ONLY_THE_COURSE, REFUSAL)


def test_a_paper_that_the_course_has_is_answered_from_it_and_no_other_is() -> None:
    question = "https://arxiv.org/abs/2210.03629"
    tools = ("course_search",)
    other = step("course_search", "yes", query=question)
    assert plan(question, other, tools=tools) == Conclusion(ONLY_THE_COURSE, REFUSAL)
    inputs = {"question": question, "history": [], "tools": [{"name": "course_search"}]}
    its_own = step("course_search", "yes", "url: https://arxiv.org/abs/2210.03629", query=question)
    found = next_step({**inputs, "steps": [its_own]}, lambda q, given: f"{given[0].text} [{given[0].marker}]", nearest)
    assert found == Conclusion("The course has this paper.", "url: https://arxiv.org/abs/2210.03629 [2]")


def test_searches_leave_possessives_and_end_with_the_last_name() -> None:
    assert searches("Who is Ada Lovelace's mother?") == ["Ada Lovelace mother", "Ada Lovelace", "Lovelace"]
    assert "mount everest" in searches("how tall is mount everest in feet")


def test_a_paper_named_by_its_id_is_looked_up() -> None:
    found = plan("What does arXiv 2210.03629 propose?", COURSE)
    assert isinstance(found, Call) and (found.tool, found.arguments) == ("arxiv", {"id": "2210.03629"})


def test_a_page_that_the_user_names_is_opened_first_and_its_address_told_to_nobody_else() -> None:
    url = "http://pages.example/bees.html"
    question = f"What is the queen called, according to {url}?"
    first = plan(question)
    assert isinstance(first, Call) and (first.tool, first.arguments["url"]) == ("open_page", url)
    assert first.arguments["about"] == "What is the queen called?"
    read = step("open_page", "yes", url=url)
    assert plan(question, read) == Conclusion("The page that was named answers this.", "Yes [1]")
    lacks = step("open_page", "no", url=url)
    asked = [plan(question, lacks), plan(question, lacks, COURSE), plan(question, tools=["course_search"])]
    assert all(isinstance(call, Call) and "example" not in str(call.arguments) for call in asked)


def test_no_article_is_looked_for_by_the_number_of_a_paper() -> None:
    tools = ["course_search", "wikipedia"]
    assert isinstance(plan("Summarise arXiv 2210.03629", COURSE, tools=tools), Conclusion)


def test_arithmetic_is_calculated_and_nothing_else_is_asked() -> None:
    found = plan("What is 17 * 23?")
    assert isinstance(found, Call) and (found.tool, found.arguments) == ("calculate", {"expression": "17 * 23"})
    done = step("calculate", "17 * 23 = 391", expression="17 * 23")
    assert plan("What is 17 * 23?", done) == Conclusion("That is the result.", "17 * 23 = 391 [1]")


def test_what_cannot_be_calculated_is_told_and_not_searched_for() -> None:
    found = plan("What is 1/0?", step("calculate", error="It divides by zero.", expression="1/0"))
    assert found == Conclusion("It cannot be calculated. It divides by zero.", REFUSAL)


@pytest.mark.parametrize(
    ("question", "paper"),
    [("What is in 2310.10631v2?", "2310.10631v2"), ("Summarise arXiv:hep-th/9901001", "hep-th/9901001")],
)
def test_a_paper_is_asked_for_as_it_was_named(question: str, paper: str) -> None:
    found = plan(question, COURSE)
    assert isinstance(found, Call) and found.arguments == {"id": paper}


def test_without_tools_nothing_is_known() -> None:
    assert plan(Q, tools=()) == Conclusion("Nothing that was found supports an answer.", REFUSAL)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Who won the 2023 NBA finals?", "won 2023 NBA finals"),
        ("How long is a year on Mercury?", "year Mercury"),
        ("Can you tell me who Ada Lovelace was?", "Ada Lovelace"),
        ("What is the capital of Burkina Faso?", "capital Burkina Faso"),
    ],
)
def test_search_terms_are_the_content_of_the_question(question: str, first: str) -> None:
    assert first in searches(question)[0] or searches(question)[0] in first


@given(st.text(max_size=200))
def test_any_question_has_a_plan_that_ends_and_can_be_read(question: str) -> None:
    steps: list[dict[str, Any]] = []
    for _ in range(20):
        found = plan(question, *steps)
        reply = read_reply(str(found))
        if isinstance(found, Conclusion):
            assert reply.answer == found.answer.strip()
            return
        assert (reply.action, reply.arguments) == (found.tool, dict(found.arguments))
        steps.append(step(found.tool, "no", choices=("A", "B"), **found.arguments))
    raise AssertionError("the plan does not end")
