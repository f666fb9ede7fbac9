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

from assistant.followup import stand_alone
from assistant.refusal import REFUSAL
from assistant.selection import Passage
from assistant.terms import content_terms
from assistant.tools.arithmetic import expression_in

Answerer = Callable[[str, Sequence[Passage]], str | None]
"""Gives an answer from passages, None where they support none."""
Nearest = Callable[[str, Sequence[str]], int]
"""Gives the index of the text that is nearest to a question."""

MOST_ARTICLES = 2
MOST_PAGES = 2
_PAPER = re.compile(r"\b(\d{4}\.\d{4,5}(?:v\d+)?|(?<=arxiv:)[a-z-]+(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)\b", re.IGNORECASE)
_NAME = re.compile(r"(?:\b[A-Z0-9][\w'’-]*\b(?:\s+(?=[A-Z0-9(])|(?:\s+(?:of|the|and|de|von)\s+(?=[A-Z]))|\b))+")
_ASKING = re.compile(
    r"^\W*(?:(?:can|could|would) you (?:please )?)?(?:please )?(?:tell me|explain|describe|who|what|which|when|where"
    r"|why|how|is|are|was|were|does|do|did|has|have|many|much|long|old)\b[\s,]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")


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
    question = stand_alone(inputs["question"], inputs.get("history", ()))
    tools = {tool["name"] for tool in inputs["tools"]}
    past = [_past(step) for step in inputs["steps"]]
    for plan in (_calculation, _course, _paper, _wikipedia, _web):
        step = plan(question, tools, past, answer, nearest)
        if step is not None:
            return step
    return Conclusion("Nothing that was found supports an answer.", REFUSAL)


Plan = Call | Conclusion | None


def _calculation(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    expression = expression_in(question)
    if expression is None or "calculate" not in tools:
        return None
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
    return _supported("The course answers this.", question, "course_search", past, answer)


def _paper(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    paper = _PAPER.search(question)
    if paper is None or "arxiv" not in tools:
        return None
    if not any(step.tool == "arxiv" for step in past):
        return Call("The question names a paper: arXiv is asked for it.", "arxiv", {"id": paper[1]})
    return _supported("The paper's abstract answers this.", question, "arxiv", past, answer)


def _wikipedia(question: str, tools: set[str], past: list[_Past], answer: Answerer, nearest: Nearest) -> Plan:
    if "wikipedia" not in tools or any(s.tool == "wikipedia" and s.error for s in past):
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
    opened = [str(s.arguments.get("url")) for s in past if s.tool == "open_page"]
    listed = [a for s in past if s.tool == "web_search" for a in s.choices if a not in opened]
    if listed and len(opened) < MOST_PAGES:
        return Call("A page that was found may answer this.", "open_page", {"url": listed[0], "about": question[:300]})
    return _supported("A page answers this.", question, "open_page", past, answer)


def _supported(thought: str, question: str, tool: str, past: list[_Past], answer: Answerer) -> Conclusion | None:
    """Answer from what a tool has found, if that supports an answer."""
    passages = [p for step in past if step.tool == tool for p in step.passages]
    said = answer(question, passages) if passages else None
    return None if said is None else Conclusion(thought, said)


def searches(question: str) -> list[str]:
    """Give search terms for a question, from all its content words to its longest name.

    >>> searches("Who won the 2023 NBA finals?")
    ['won 2023 NBA finals', '2023 NBA finals', '2023 NBA']
    """
    rest = _ASKING.sub("", question)
    words = [w for w in _WORD.findall(rest) if content_terms(w)]
    names = sorted((m[0].strip() for m in _NAME.finditer(rest)), key=len, reverse=True)
    around = [w for n, w in enumerate(words) if w[:1].isupper() or w[:1].isdigit() or _follows_name(words, n)]
    queries = [" ".join(words[:12]), " ".join(around[:8]), *names[:1]]
    return list(dict.fromkeys(q for q in queries if len(q) > 1))


def _follows_name(words: Sequence[str], n: int) -> bool:
    return n > 0 and (words[n - 1][:1].isupper() or words[n - 1][:1].isdigit())


def _past(step: Mapping[str, Any]) -> _Past:
    passages = tuple(
        Passage(p["marker"], p["text"], p.get("heading", ""), p.get("cosine", 0.0), p.get("kind", "course") != "course")
        for p in step.get("passages", ())
    )
    return _Past(
        step["tool"], step["arguments"], passages, tuple(step.get("choices", ())), str(step.get("error") or "")
    )
