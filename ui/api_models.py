"""What `/api` takes and gives, described; the rows are those of the command line's `--json`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.abstracts import LONGEST_ABSTRACT
from assistant.conversation import LONGEST_QUESTION
from assistant.ways import Way

MOST_TURNS = 1_000
MOST_ROWS = 100
MOST_SOURCES = 100
TraceId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
Abstract = Annotated[str, Field(min_length=1, max_length=LONGEST_ABSTRACT)]


class Given(BaseModel):
    """Base of what is taken: nothing undeclared is let in."""

    model_config = ConfigDict(extra="forbid")


class Said(Given):
    """A turn before the question."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=100_000)


class Question(Given):
    """A question to answer."""

    question: Text = Field(examples=["What is few-shot prompting?"])
    history: list[Said] = Field([], max_length=MOST_TURNS, description="The turns before it, oldest first.")
    way: Way = Field("auto", description="`course`: from the course alone; `agent`: with tools.")


class Search(Given):
    """A question to find passages for."""

    question: Text = Field(examples=["few-shot examples"])
    history: list[Said] = Field([], max_length=MOST_TURNS)
    top_k: int = Field(10, ge=1, le=100)


class AbstractToTag(Given):
    """An abstract."""

    abstract: Abstract = Field(examples=["We compare Llama 2 with GPT-4 and our model, CourseLM."])


class RowToTag(AbstractToTag):
    """An abstract among several; its `id` comes back with it."""

    id: str | int


class RowsToTag(Given):
    """Several abstracts."""

    rows: list[RowToTag] = Field(min_length=1, max_length=MOST_ROWS)


class Sources(Given):
    """What to ingest: web addresses or arXiv ids. Files are uploaded."""

    sources: list[Annotated[str, Field(pattern="^(https?://|arxiv:).", max_length=2_000)]] = Field(
        min_length=1, max_length=MOST_SOURCES, examples=[["arxiv:2210.03629"]]
    )


class Vote(Given):
    """What was thought of an answer; null takes it back."""

    vote: Literal["up", "down"] | None
    reason: str | None = Field(None, max_length=32, examples=["wrong source"])
    comment: str = Field("", max_length=10_000)


class Judgement(Given):
    """What a reviewer found; at least one field is given."""

    verdict: Literal["right", "partly", "wrong", "refuse"] | None = None
    corrected_answer: str | None = Field(None, max_length=100_000)
    corrected_sources: list[str] | None = Field(None, max_length=100)
    corrected_tags: list[str] | None = Field(None, max_length=500)
    comment: str = Field("", max_length=10_000)
    assignee: str | None = Field(None, max_length=200)


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
    policy: Held | None = None
    steps: list[Step] | None = None


class Tagged(BaseModel):
    """Names of models, `["NA"]` for none, with their places as [start, end) in characters."""

    tags: list[str]
    spans: list[list[int]]
    trace_id: str
    abstracts: list[dict[str, Any]] | None = None
    dropped: int | None = None
    notes: list[str] | None = None


class TaggedRow(BaseModel):
    """What was found in one of several abstracts, or what was wrong with it."""

    id: str | int
    tags: list[str] | None = None
    spans: list[list[int]] | None = None
    trace_id: str | None = None
    abstracts: list[dict[str, Any]] | None = None
    dropped: int | None = None
    notes: list[str] | None = None
    error: str | None = None


class TaggedRows(BaseModel):
    """A result for each abstract, in order."""

    rows: list[TaggedRow]


class Document(BaseModel):
    """A document of the library; where it lies on the server only admins see whole."""

    id: str
    path: str
    title: str
    source: str
    status: str
    chunks: int


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
    files_left: int


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
