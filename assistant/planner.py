"""Quoting mode's plan for the agent: plain rules that say which tool is next, or give the answer. Calls nothing.

The course comes first. What it does not answer is looked up in Wikipedia, then on the web, as far as these tools are
on; each time the same judge as without the agent says whether what was found supports an answer. Nothing of it is a
language model: the thoughts are fixed sentences that say what is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.composition import said_once
from assistant.passages import named_pages, without_addresses
from assistant.question_parts import COMPARES, left_to_ask, without_calculation
from assistant.refusal import REFUSAL
from assistant.search_terms import searches
from assistant.selection import Passage
from assistant.terms import content_terms, stem
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.word_sums import is_on_that_sum, is_word_sum

Answerer = Callable[[str, Sequence[Passage]], str | None]
"""Gives an answer from passages, None where they support none."""
Nearest = Callable[[str, Sequence[str]], int]
"""Gives the index of the text that is nearest to a question."""

NOT_FOUND = "Nothing that was found says: “{part}”."
NOT_CALCULATED = "“{calculation}” was not calculated: without a language model, ask for that with the number itself."
NOT_OF_YOURS = (
    "Without a language model nothing can be written about a text of yours: "
    "names of models are found in it, and questions about the course are answered with quotes."
)
NO_CALCULATOR = "This is arithmetic, and `calculate` cannot be used here."
ONLY_THE_COURSE = "The course does not answer this, and nothing outside it can be asked here (see: lectern doctor)."
MOST_ARTICLES = 2
MOST_PAGES = 2
_OUTSIDE = frozenset({"wikipedia", "web_search", "arxiv"})
_PAGE_WORDS = """
page website site link article text content summarise summarize summary read open describe main point sentence short
brief overview gist
"""
_OF_A_PAGE = frozenset(map(stem, _PAGE_WORDS.split()))
"""What asks for a page itself, and for nothing that other sources could answer."""
_PASSING = re.compile(  # of the day: no article says it
    r"\b(?:today|tonight|yesterday|tomorrow|right now|weather|news|stock price|exchange rate)\b", re.IGNORECASE
)
_COMPARED = re.compile(r"\b(?:factor|times|ratio|percent|years (?:older|younger))\b|\d ?%|fold\b", re.IGNORECASE)
_PAPER = re.compile(r"\b(\d{4}\.\d{4,5}(?:v\d+)?|(?<=arxiv:)[a-z-]+(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call, and why."""

    thought: str
    tool: str
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        said = json.dumps(dict(self.arguments), ensure_ascii=False)
        return f"Thought: {self.thought}\nAction: {self.tool}\nAction Input: {said}"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The answer, or the refusal sentence, and why."""

    thought: str
    answer: str

    def __str__(self) -> str:
        return f"Thought: {self.thought}\nAnswer: {self.answer}"


@dataclass(frozen=True, slots=True)
class _Past:
    """A step that was made, as the prompt's data tell it."""

    tool: str
    arguments: Mapping[str, Any]
    passages: tuple[Passage, ...]
    choices: tuple[str, ...]
    error: str


def next_step(inputs: Mapping[str, Any], answer: Answerer, nearest: Nearest) -> Call | Conclusion:
    """Plan the next step from what the prompt carries as data: question, history, tools, and the steps so far."""
    tools = {tool["name"] for tool in inputs["tools"]}
    past = [_past(step) for step in inputs["steps"]]
    tagged = any(step.tool == "tag_abstract" for step in past)
    parts = left_to_ask(inputs["question"], inputs.get("history", ()), tagged=tagged)
    said: list[tuple[str, Conclusion]] = []
    for part, question in parts:
        step = _step_for(question, tools, past if len(parts) == 1 else None, past, answer, nearest)
        if isinstance(step, Call):
            return step
        said.append((part, step))
    return _together(said)


Plan = Call | Conclusion | None


def _step_for(
    question: str,
    tools: set[str],
    own: list[_Past] | None,
    past: Sequence[_Past],
    answer: Answerer,
    nearest: Nearest,
) -> Call | Conclusion:
    """Plan for one question; the steps that were made for it are `own`, or where there are others too, found again.

    A plan gives the same step for the same past, so walking it again tells whose a step was.
    """
    wanted, calculation = (question, "") if expression_in(question) else without_calculation(question)
    done = [] if own is None else own
    while True:
        step = _planned(wanted, tools, done, answer, nearest)
        made = None if isinstance(step, Conclusion) or own is not None else _made(step, past, done)
        if made is None:
            break
        done.append(made)
    if calculation and isinstance(step, Conclusion) and step.answer != REFUSAL:
        return Conclusion(step.thought, with_what_is_left(step.answer, calculation))
    return step


def with_what_is_left(answer: str, calculation: str) -> str:
    """Give an answer with the calculation named that was asked for with it, "" for none."""
    if not calculation or (COMPARES.fullmatch(calculation) and not _leaves_a_comparison(answer)):
        return answer
    return f"{answer}\n\n{NOT_CALCULATED.format(calculation=calculation)}"


def _leaves_a_comparison(answer: str) -> bool:
    """Tell whether an answer names two numbers and does not compare them; what compares words asks for no numbers."""
    numbers = set(re.findall(r"\d[\d.,]*", re.sub(r"\[\d+\]", " ", answer)))
    return len(numbers) > 1 and not _COMPARED.search(answer)


def _planned(
    question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest
) -> Call | Conclusion:
    given = named_pages(question)
    question = without_addresses(question, given) or question
    named = _named_pages(question, given[:MOST_PAGES], tools, past, answer)
    if named is not None:
        return named
    for plan in (_calculation, _course, _paper, _in_words, _wikipedia, _web):
        step = plan(question, tools, past, answer, nearest)
        if step is not None:
            return step
    looked = tools & _OUTSIDE or not any(s.tool == "course_search" for s in past)
    return Conclusion("Nothing that was found supports an answer." if looked else ONLY_THE_COURSE, REFUSAL)


def _named_pages(
    question: str, given: Sequence[str], tools: set[str], past: list[_Past], answer: Answerer
) -> Call | Conclusion | None:
    """Open the pages that the user names, before all else: that is what they want to be read."""
    if not given or "open_page" not in tools:
        return None
    left = [address for address in given if address not in _opened(past)]
    if left:
        why = "The question names a page: it is opened."
        return Call(why, "open_page", {"url": left[0], "about": question[:300]})
    found = _supported("The page that was named answers this.", question, "open_page", past, answer)
    if found is None and all(term in _OF_A_PAGE for term in content_terms(question)):
        return Conclusion("The question is about the page, and nothing of it supports an answer.", REFUSAL)
    return found


def _made(call: Call, past: Sequence[_Past], done: Sequence[_Past]) -> _Past | None:
    return next(
        (s for s in past if s not in done and (s.tool, dict(s.arguments)) == (call.tool, dict(call.arguments))), None
    )


def _together(said: Sequence[tuple[str, Conclusion]]) -> Conclusion:
    """Join the answers to the parts of a question; what no part says is named."""
    if not said:
        return Conclusion("Nothing beside the tags is asked for.", REFUSAL)
    if len(said) == 1:
        return said[0][1]
    answers = said_once([c.answer for _, c in said if c.answer != REFUSAL])
    if not answers:
        return said[0][1]
    missing = [NOT_FOUND.format(part=part.strip(" ,?")) for part, c in said if c.answer == REFUSAL]
    return Conclusion(" ".join(dict.fromkeys(c.thought for _, c in said)), "\n\n".join([*answers, *missing]))


def _calculation(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    expression = expression_in(question)
    if expression is None:
        return None
    if "calculate" not in tools:  # digits of the course are no result
        return Conclusion(NO_CALCULATOR, REFUSAL)
    done = next((step for step in past if step.tool == "calculate"), None)
    if done is None:
        return Call("This is arithmetic: it is calculated.", "calculate", {"expression": expression})
    if done.error or not done.passages:
        return Conclusion(f"It cannot be calculated. {done.error}".strip(), REFUSAL)
    result = done.passages[0]
    return Conclusion("That is the result.", f"{result.text} [{result.marker}]")


def _course(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    if "course_search" not in tools:
        return None
    if not any(step.tool == "course_search" for step in past):
        return Call("The course comes first.", "course_search", {"query": question[:400]})
    paper = _PAPER.search(question)
    if paper is None:
        found = _supported("The course answers this.", question, "course_search", past, answer)
        if found is not None and is_word_sum(question) and not is_on_that_sum(question, found.answer):
            return None
        return found
    named = [p for s in past if s.tool == "course_search" for p in s.passages if paper[1] in p.text]
    said = answer(f"What is {named[0].heading or 'this paper'} about?", named) if named else None
    return None if said is None else Conclusion("The course has this paper.", said)


def _paper(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    paper = _PAPER.search(question)
    if paper is None or "arxiv" not in tools:
        return None
    if not any(step.tool == "arxiv" for step in past):
        return Call("The question names a paper: arXiv is asked for it.", "arxiv", {"id": paper[1]})
    return _supported("The paper's abstract answers this.", question, "arxiv", past, answer)


def _in_words(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    return Conclusion("This is a calculation in words: no source has it.", REFUSAL) if is_word_sum(question) else None


def _wikipedia(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    if "wikipedia" not in tools or _PASSING.search(question) or any(s.tool == "wikipedia" and s.error for s in past):
        return None
    if _PAPER.search(question):  # no article is called by the number of a paper
        return None
    steps = [step for step in past if step.tool == "wikipedia"]
    found = _supported("Wikipedia answers this.", question, "wikipedia", past, answer)
    if found is not None:
        return found
    read = [str(s.arguments["title"]) for s in steps if s.arguments.get("title")]
    titles = [t for s in steps for t in s.choices if t not in read]
    if titles and len(read) < MOST_ARTICLES:
        title = titles[nearest(question, titles)]
        return Call(f"The article “{title}” may answer this.", "wikipedia", {"title": title, "about": question[:300]})
    asked = [str(s.arguments.get("search")) for s in steps]
    for query in searches(question):
        if query not in asked and not titles:
            why = "Fewer words may find more." if asked else "The course does not answer this: Wikipedia is searched."
            return Call(why, "wikipedia", {"search": query})
    return None


def _web(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    if "web_search" not in tools or any(s.tool == "web_search" and s.error for s in past):
        return None
    if not any(step.tool == "web_search" for step in past):
        return Call("Nothing so far answers this: the web is searched.", "web_search", {"query": question[:300]})
    found = _supported("The web answers this.", question, "web_search", past, answer)
    if found is not None or "open_page" not in tools:
        return found
    opened = _opened(past)
    listed = [a for s in past if s.tool == "web_search" for a in s.choices if a not in opened]
    if listed and len(opened) < MOST_PAGES:
        return Call("A page that was found may answer this.", "open_page", {"url": listed[0], "about": question[:300]})
    return _supported("A page answers this.", question, "open_page", past, answer)


def _opened(past: Sequence[_Past]) -> list[str]:
    return [str(step.arguments.get("url")) for step in past if step.tool == "open_page"]


def _supported(thought: str, question: str, tool: str, past: list[_Past], answer: Answerer) -> Conclusion | None:
    """Answer from what a tool has found, if that supports an answer."""
    passages = [p for step in past if step.tool == tool for p in step.passages]
    said = answer(question, passages) if passages else None
    return None if said is None else Conclusion(thought, said)


def _past(step: Mapping[str, Any]) -> _Past:
    passages = tuple(
        Passage(p["marker"], p["text"], p.get("heading", ""), p.get("cosine", 0.0), p.get("kind", "course") != "course")
        for p in step.get("passages", ())
    )
    return _Past(
        step["tool"], step["arguments"], passages, tuple(step.get("choices", ())), str(step.get("error") or "")
    )
