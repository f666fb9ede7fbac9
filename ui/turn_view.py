"""What the chat shows of one turn while it goes on: the steps of the agent, the reply, the sources. Asks nobody."""

from __future__ import annotations

import math
from typing import Any

from assistant.events import (
    BELOW_TAGS,
    Answer,
    Event,
    Failure,
    Queued,
    Refusal,
    Restricted,
    Thought,
    Token,
    ToolStep,
    TurnStarted,
    Withdrawn,
)
from ui.render import answer_markdown, neutral, notes_markdown, related_html, sources_html, step_title

Message = dict[str, Any]
NO_SOURCES = "<p class='lectern-note'>The passages that an answer stands on are shown here.</p>"
NOT_ASKED = "<p class='lectern-note'>This question was not asked: nothing was looked up for it.</p>"
LONGEST_OBSERVATION = 700
"""Characters of an observation that a folded step shows."""


class TurnView:
    """The messages of one turn while it goes on: the question, the steps, and the reply, which is always the last."""

    def __init__(self, question: str) -> None:
        self._question: Message = {"role": "user", "content": neutral(question)}
        self._steps: dict[str, Message] = {}
        self._reply: Message = {"role": "assistant", "content": "…"}
        self._thought = ""
        self._notice = ""
        self.trace_id = ""
        self.said = ""
        self.sources = ""
        self.stopped = False

    @property
    def messages(self) -> list[Message]:
        """All messages to show."""
        return [self._question, *self._steps.values(), self._reply]

    def take(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case Queued():
                self._reply["content"] = f"Others are before you: about {math.ceil(event.seconds)} s …"
            case TurnStarted():
                self.trace_id = event.trace_id
                self._reply["content"] = "…"
            case Restricted():
                self._notice = notice_markdown(event.text)
                self._say("")
            case Thought():
                self._thought = event.text
            case ToolStep():
                self._steps[event.id] = step_message(event, self._thought)
            case Token() | Withdrawn():
                self._say(self.said + event.text if isinstance(event, Token) else "")
            case Answer() | Refusal() | Failure():
                self.said = event.partial if isinstance(event, Failure) else event.text
                content, self.sources = ending(event)
                self._reply["content"] = self._notice + content

    def fail(self, message: str, hint: str) -> None:
        """Show that the question could not be taken."""
        self._reply["content"], self.sources = neutral(f"{message} {hint}".strip()), NOT_ASKED

    def _say(self, text: str) -> None:
        self.said = text
        self._reply["content"] = self._notice + (answer_markdown(text) or "…")


def notice_markdown(text: str) -> str:
    """Give what stands above a reply that a rule of the course holds for."""
    return f"*{neutral(text)}*\n\n" if text else ""


def step_message(step: ToolStep, thought: str) -> Message:
    """Give a step as a message that folds: open with a spinner while it runs, then with its time."""
    about: Message = {"title": step_title(step), "status": "pending" if step.status == "running" else "done"}
    if step.seconds is not None:
        about["duration"] = max(round(step.seconds, 4), 0.0001)  # Gradio shows no time that is 0
    found = step.error or step.observation
    cut = found if len(found) <= LONGEST_OBSERVATION else f"{found[:LONGEST_OBSERVATION].rsplit(' ', 1)[0]} …"
    parts = [neutral(part) for part in (thought, cut) if part]
    return {"role": "assistant", "content": "\n\n".join(parts) or "…", "metadata": about}


def ending(event: Answer | Refusal | Failure) -> tuple[str, str]:
    """Give what is shown of a turn's end: the reply, and the sources panel."""
    match event:
        case Answer():
            text = answer_markdown(event.text, event.trace_id) if event.tags is None else tags_markdown(event)
            panel = sources_html(event.citations)
            return f"{text}{notes_markdown(event)}", panel or NO_SOURCES
        case Refusal():
            return f"{event.text}{notes_markdown(event)}", related_html(event.related) or NO_SOURCES
        case Failure():
            told_so = f"**{neutral(event.message)}** {neutral(event.hint)}"
            said = answer_markdown(event.partial, event.trace_id, {c.marker for c in event.citations})
            return f"{said}\n\n{told_so}".strip(), sources_html(event.citations) or NO_SOURCES


def tags_markdown(event: Answer) -> str:
    """Give the tags of an abstract as the JSON list that the exercise asks for, how they were found, and what else
    was answered.
    """
    listed, _, more = event.text.partition(BELOW_TAGS)
    listed = listed.replace("`", "")
    how = "found by rules: a heuristic" if event.by_rules else "found by the language model"
    told = f"```json\n{listed}\n```\n\nNames of models in the abstract, {how}."
    return f"{told}\n\n{answer_markdown(more, event.trace_id)}" if more else told


def is_step(message: Message) -> bool:
    """Tell a step of the agent from what was said."""
    return bool((message.get("metadata") or {}).get("title"))
