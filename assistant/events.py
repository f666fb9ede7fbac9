"""What a turn gives, step by step: typed events that the faces render. No rendering and no input or output here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.tools.tool import Offer, SourceKind
from index_store.chunks import Hit

BELOW_TAGS = "\n\n"
"""Between the tags of an abstract and the answer to what else was wanted, in the text of one answer."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker and the passage it points to; `quote` is verbatim in the source, `score` is its chunk's cosine."""

    marker: int
    path: str
    locator: str
    locator_parts: dict[str, Any]
    quote: str
    score: float
    title: str
    context: str  # what the prompt read of the passage; `quote` stands in it
    chunk_id: str
    kind: SourceKind = "course"
    fetched_at: str = ""  # ISO 8601, UTC; empty for the course


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and price of one turn; None where it was not reported or has no known price, never 0 for unknown."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    embedding_tokens: int | None = None
    price_usd: float | None = None
    source: str = "none"  # "server", "tokenizer" or "none": where the counts came from


@dataclass(frozen=True, slots=True)
class Queued:
    """Others are before this turn; `seconds` is how long it is likely to wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The turn has begun; `trace_id` is a uuid4 in hex."""

    trace_id: str
    question: str


@dataclass(frozen=True, slots=True)
class Restricted:
    """A rule of the course holds for this turn: `text` tells the reader in a line what, until when and why."""

    text: str
    mode: Literal["normal", "hints", "closed"]
    assignments: tuple[str, ...]
    until: float | None = None  # seconds since 1970; None: without end


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A follow-up was turned into a question that stands alone, and that is what was searched."""

    question: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages that were found, best first."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Thought:
    """What the agent means to do next, as the model put it."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStep:
    """A call of a tool: told once when it begins (`status` "running") and once when it is over, under the same id."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    status: Literal["running", "done", "failed"]
    observation: str = ""  # what the model reads of it
    sources: tuple[tuple[str, str], ...] = ()  # title and path of each source that it brought
    error: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """The next piece of the answer's text, markers whole."""

    text: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What has been said so far stands on no source: it is no answer, and another one is looked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The finished answer: its text with markers, and what they point to."""

    trace_id: str
    text: str
    citations: tuple[Citation, ...]
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    tags: tuple[str, ...] | None = None  # where an abstract was tagged
    by_rules: bool = False  # the tags: a heuristic, no model
    limit: str = ""  # which limit ended the turn early
    offers: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = ()  # sentences of ours about it: what it does not show, what was left out


@dataclass(frozen=True, slots=True)
class Refusal:
    """The material does not support an answer; `related` are the nearest passages, offered as such."""

    trace_id: str
    text: str
    related: tuple[Hit, ...]
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    limit: str = ""
    offers: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = ()  # sentences of ours: who could not be asked


@dataclass(frozen=True, slots=True)
class Failure:
    """The turn ended in an error; `partial` is what had been said by then, `kind` the name of the error's class.

    `citations` is what the markers of `partial` point to.
    """

    trace_id: str
    message: str
    hint: str
    partial: str = ""
    seconds: float = 0.0
    kind: str = ""
    citations: tuple[Citation, ...] = ()


Event = (
    Queued
    | TurnStarted
    | Restricted
    | Rewritten
    | Retrieved
    | Thought
    | ToolStep
    | Token
    | Withdrawn
    | Answer
    | Refusal
    | Failure
)
