"""Reads a model's replies in ReAct form: a thought, then an action with its input, or the answer. Runs nothing.

    Thought: I should look this up.            Thought: I can answer now.
    Action: course_search                      Answer: Few-shot prompts show examples [1].
    Action Input: {"query": "few-shot"}

Form: Yao et al., "ReAct: Synergizing Reasoning and Acting in Language Models" (2022, arXiv 2210.03629). A label counts
where a line begins with it. What a model writes behind an action (an observation that it made up, further steps) is
not read, and a stream can be closed there. An answer is taken whole: it may be about ReAct and show such labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LABEL = re.compile(
    r"^[ \t]{0,8}(?P<mark>[*_]{0,3})(?P<name>Thought|Action Input|Action|Observation|(?:Final )?Answer)"
    r"(?:(?P=mark):|:(?P=mark))[ \t]*",
    re.MULTILINE,
)
_WAITS = re.compile(r"\s*\Z")
_NAME = re.compile(r"[`*\"'\s]*([A-Za-z_][\w.-]{0,60})[`*\"'\s]*(?:\n|\Z)")
LONGEST_REPLY = 40_000
"""Characters of one reply that are read: a model that goes on and on is cut off."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply says; either `action` with its arguments is there, or `answer`."""

    thought: str = ""
    action: str = ""
    arguments: Mapping[str, Any] | None = None
    answer: str | None = None


class MalformedReply(ValueError):
    """A reply that is of no use; the message tells the model what to write instead."""


class ReplyReader:
    """Reads a reply while it arrives; however it is split, the pieces of the answer join to the same text."""

    def __init__(self) -> None:
        self.text = ""
        self._answer_from: int | None = None

    def feed(self, piece: str) -> str:
        """Take the next piece; give what it adds to the answer, empty before the answer begins."""
        at = len(self.text)
        self.text += piece
        if self._answer_from is None:
            self._answer_from = _answer_start(self.text)
            return "" if self._answer_from is None else self.text[self._answer_from :]
        return self.text[at:]

    @property
    def is_over(self) -> bool:
        """Tell whether what a model may rightly say in one reply has been said: what follows it would be made up."""
        if len(self.text) > LONGEST_REPLY:
            return True
        return self._answer_from is None and _made_up_from(self.text) is not None


def read_reply(text: str) -> Reply:
    """Read a whole reply.

    Raises:
        MalformedReply: when it is empty, its answer is empty, or its action cannot be read.
    """
    if not text.strip():
        raise MalformedReply("Your reply was empty.")
    start = _answer_start(text)
    if start is not None:
        return Reply(thought=_sections(text[:start]).get("Thought", ""), answer=text[start:].strip())
    parts = _sections(text[: _made_up_from(text)])
    if "Action" in parts:
        return Reply(parts.get("Thought", ""), _tool_name(parts["Action"]), _arguments(parts.get("Action Input", "")))
    if "Answer" in parts:
        raise MalformedReply("There was nothing behind `Answer:`.")
    if "Action Input" in parts:
        raise MalformedReply("There was an action input, but no line `Action:` with the name of a tool.")
    if "Thought" in parts or "Observation" in _sections(text):
        raise MalformedReply("There was neither an action nor an answer.")
    return Reply(answer=text.strip())  # a model that answers without the form has answered


def _answer_start(text: str) -> int | None:
    """Give where the answer's own text begins; None while there is none, or an action comes first."""
    for match in _LABEL.finditer(text):
        name = match["name"]
        if name.endswith("Answer"):
            start = _WAITS.match(text, match.end())
            return None if start else match.end() + _leading_space(text[match.end() :])
        if name != "Thought":
            return None
    return None


def _leading_space(text: str) -> int:
    return len(text) - len(text.lstrip())


def _made_up_from(text: str) -> int | None:
    """Give where the reply goes on after what it may say: at an observation, or at the label behind an action input."""
    seen: set[str] = set()
    for match in _LABEL.finditer(text):
        name = match["name"]
        if name == "Observation" or name in seen or "Action Input" in seen:
            return match.start()
        if name == "Answer" and "Action" in seen:
            return match.start()
        seen.add(name)
    return None


def _sections(text: str) -> dict[str, str]:
    """Give what stands behind each label, the first of a name counting; what stands before all is a thought."""
    labels = list(_LABEL.finditer(text))
    found: dict[str, str] = {}
    before = text[: labels[0].start()].strip() if labels else ""
    if before and labels:
        found["Thought"] = before
    for n, match in enumerate(labels):
        end = labels[n + 1].start() if n + 1 < len(labels) else len(text)
        name = "Answer" if match["name"].endswith("Answer") else match["name"]
        said = text[match.end() : end].strip()
        found[name] = f"{found['Thought']}\n{said}" if name == "Thought" and "Thought" in found else said
    return found


def _tool_name(said: str) -> str:
    match = _NAME.match(said + "\n")
    if match is None:
        raise MalformedReply(f"`Action:` must be followed by the name of one tool alone, not by {said[:80]!r}.")
    return match[1]


def _arguments(said: str) -> dict[str, Any]:
    begins = said.find("{")
    if begins < 0:
        raise MalformedReply('`Action Input:` must be followed by a JSON object, such as {"query": "few-shot"}.')
    try:
        found, _ = json.JSONDecoder().raw_decode(said, begins)
    except (ValueError, RecursionError):
        found = _lenient(said[begins:])
    if not isinstance(found, dict):
        raise MalformedReply("`Action Input:` must be a JSON object.")
    return {str(key): value for key, value in found.items()}


def _lenient(said: str) -> Any:
    """Read JSON as small models write it: single quotes, trailing commas, comments."""
    import dirtyjson

    try:
        return dict(dirtyjson.loads(said))
    except Exception as exc:  # whatever that parser stumbles over, the input is no JSON
        raise MalformedReply(f"The action input is no valid JSON: {exc}.") from exc
