"""The values of a trace: the turn itself, its spans, what people said of it. No database, no network here.

Attribute names follow the conventions of OpenTelemetry for generative AI (`gen_ai.*`); what is ours is `lectern.*`.
Times are seconds since 1970 in UTC. Whatever was not reported is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SpanKind = Literal["rewrite", "retrieve", "synthesize", "model", "tool", "tag", "judge", "agent", "step"]
Status = Literal["running", "ok", "refused", "stopped", "error", "aborted"]
Kind = Literal["ask", "agent", "tag", "courtesy"]
"""What a turn is: a question, one for the agent, an abstract, or a greeting, thanks and the like, which ask nothing."""
QUESTIONS: tuple[Kind, ...] = ("ask", "agent")
Face = Literal["web", "tags", "terminal", "batch", "api"]
Vote = Literal["up", "down"]

MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
PROVIDER = "gen_ai.provider.name"
OPERATION = "gen_ai.operation.name"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
TOOL_NAME = "gen_ai.tool.name"
CONVERSATION = "gen_ai.conversation.id"
PRICE_USD = "lectern.price_usd"
TOKENS_FROM = "lectern.tokens_from"
TEMPLATE = "lectern.prompt.template"
TEMPLATE_VERSION = "lectern.prompt.version"
TEMPLATE_HASH = "lectern.prompt.hash"
ERROR_TYPE = "error.type"


@dataclass(frozen=True, slots=True)
class Trial:
    """The labelled row that a turn is measured on; `score` counts what its end got right."""

    run: str
    row: str
    expected: Mapping[str, Any]  # of JSON
    score: Callable[[End], Mapping[str, float]]

    def judged(self, end: End) -> dict[str, Any]:
        """Give what a trace keeps of it: run, row, expected, actual, score."""
        actual: dict[str, Any] = {"tags": list(end.tags)} if end.tags else {"answer": end.answer}
        score = dict(self.score(end)) if end.status in ("ok", "refused") else {}
        return {"run": self.run, "row": self.row, "expected": dict(self.expected), "actual": actual, "score": score}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a turn comes from: which conversation, whose (a pseudonym), through which face."""

    conversation_id: str | None = None  # None: a conversation of this one turn
    user_id: str | None = None
    face: Face = "terminal"
    trial: Trial | None = None


@dataclass(slots=True)
class Span:
    """One step of a turn; `parent_id` is None for a step right under the turn."""

    id: str  # 16 hex digits
    parent_id: str | None
    kind: SpanKind
    name: str
    started_at: float
    inputs: Any = None  # of JSON
    outputs: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    ended_at: float | None = None
    status: Status = "running"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """The prompt template that a turn's answer came from, and what it was filled with."""

    name: str
    version: int
    hash: str
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of a turn when it begins."""

    trace_id: str  # uuid4 in hex
    kind: Kind
    question: str
    origin: Origin
    started_at: float
    mode: str
    provider: str
    model: str
    index_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """What is known of a turn when it is over; of one that stopped or failed, `answer` is what had been said."""

    status: Status
    answer: str
    ended_at: float
    citations: tuple[Mapping[str, Any], ...] = ()
    related: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    searched: str | None = None  # the question that stands alone, where it is another one
    prompt: Prompt | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    embedding_tokens: int | None = None
    tokens_from: str = "none"
    price_usd: float | None = None
    error: str | None = None
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thought of an answer; `vote` None takes an earlier one back. The latest of a user counts."""

    trace_id: str
    vote: Vote | None
    created_at: float
    comment: str = ""
    user_id: str | None = None
    reason: str | None = None  # what was wrong, in a word or two: "wrong source"


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer found, and what would have been right; each review is kept, the latest counts.

    What is PROPOSED_BY somebody who is no reviewer is kept too, and counts where no reviewer has judged.
    """

    trace_id: str
    reviewer: str
    created_at: float
    verdict: str | None = None
    corrected_answer: str | None = None
    corrected_sources: tuple[str, ...] | None = None
    corrected_tags: tuple[str, ...] | None = None
    comment: str = ""
    assignee: str | None = None


PROPOSED_BY = "visitor "
"""What the reviewer's name begins with where it is no reviewer's, but who asked corrects what they were told."""


def is_proposal(review: Mapping[str, Any]) -> bool:
    """Tell whether a review is what somebody proposes who is no reviewer."""
    return str(review.get("reviewer") or "").startswith(PROPOSED_BY)
