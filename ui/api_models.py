"""What `/api` gives, described; the rows are those of the command line's `--json`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """What went wrong, and the next step."""

    message: str
    hint: str
    type: str


class ProblemBody(BaseModel):
    """The body of every error of `/api`."""

    error: Problem


class FoundHit(BaseModel):
    """A passage; `text` is what a prompt reads of it."""

    rank: int
    score: float
    cosine: float
    path: str
    locator: str
    locator_parts: dict[str, Any]
    title: str
    text: str


class Hits(BaseModel):
    """Passages, best first."""

    hits: list[FoundHit]


class Cited(BaseModel):
    """What a marker `[n]` points to; `quote` stands in the source word for word."""

    marker: int
    path: str
    locator: str
    locator_parts: dict[str, Any]
    quote: str
    score: float
    title: str
    kind: str = "course"
    fetched_at: str = ""


class Step(BaseModel):
    """A call of a tool."""

    tool: str
    arguments: dict[str, Any]
    status: str
    sources: list[str]
    seconds: float
    error: str | None = None


class Held(BaseModel):
    """A rule of the course that held for a turn: "hints, not solutions"; `until` in seconds since 1970."""

    text: str
    mode: str
    assignments: list[str]
    until: float | None


class Answered(BaseModel):
    """An answer with its sources, or (`found` false) the sentence that the course does not answer the question."""

    found: bool
    answer: str
    citations: list[Cited]
    trace_id: str
    seconds: float
    tags: list[str] | None = None
    limit: str | None = None
    notes: list[str] | None = None
    policy: Held | None = None
    steps: list[Step] | None = None


class Tagged(BaseModel):
    """Names of models, `["NA"]` for none, with places as [start, end); by "rules" (a heuristic) or "model"."""

    tags: list[str]
    spans: list[list[int]]
    by: str
    trace_id: str
    abstracts: list[dict[str, Any]] | None = None
    dropped: int | None = None
    notes: list[str] | None = None


class TaggedRow(BaseModel):
    """What was found in one of several abstracts, or what was wrong with it."""

    id: str | int
    tags: list[str] | None = None
    spans: list[list[int]] | None = None
    by: str | None = None
    trace_id: str | None = None
    abstracts: list[dict[str, Any]] | None = None
    dropped: int | None = None
    notes: list[str] | None = None
    error: str | None = None


class TaggedRows(BaseModel):
    """A result for each abstract, in order."""

    rows: list[TaggedRow]


class Document(BaseModel):
    """A document of the library, `added` in UTC; where it lies on the server only admins see whole."""

    id: str
    path: str
    title: str
    source: str
    status: str
    chunks: int
    added: str


class Documents(BaseModel):
    """A page of the documents; `total` is how many there are."""

    documents: list[Document]
    total: int


class DocumentWhole(Document):
    """A document with its receipt: what became of it when it was ingested."""

    receipt: dict[str, Any]


class Ingested(BaseModel):
    """What became of each file; `counts` by status."""

    receipts: list[dict[str, Any]]
    counts: dict[str, int]
    chunks: int
    embedded: int
    seconds: float


class Removed(BaseModel):
    """The certificate: what went, and what is left of it, counted afterwards."""

    documents: int
    chunks: int
    vectors: int
    files: int
    chunks_left: int
    vectors_left: int
    files_left: int
    vectors_shared: int
    turns: int | None


class TraceLine(BaseModel):
    """A turn in a list; times are seconds since 1970, what nobody reported is null."""

    id: str
    conversation_id: str
    kind: str
    face: str
    status: str
    started_at: float
    ended_at: float | None
    mode: str
    model: str
    question: str
    answer: str
    tags: list[str] | None
    input_tokens: int | None
    output_tokens: int | None
    price_usd: float | None
    support: float | None
    vote: str | None


class Traces(BaseModel):
    """A page of turns, the newest first; `total` is how many there are."""

    traces: list[TraceLine]
    total: int


class TraceWhole(BaseModel):
    """A turn whole: beside what a list has its sources, spans, votes and reviews."""

    model_config = ConfigDict(extra="allow")
    id: str
    conversation_id: str
    user_id: str | None
    status: str
    question: str
    answer: str
    citations: list[dict[str, Any]] | None
    spans: list[dict[str, Any]]
    feedback: list[dict[str, Any]]
    reviews: list[dict[str, Any]]


class Kept(BaseModel):
    """The trace that something was kept for."""

    trace_id: str


class Deleted(BaseModel):
    """How many turns went, and how many of them had been delivered to Comet or Opik before."""

    deleted: int
    delivered: int
