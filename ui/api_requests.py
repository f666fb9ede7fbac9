"""What `/api` takes, described."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.abstracts import LONGEST_ABSTRACT
from assistant.conversation import LONGEST_QUESTION
from assistant.ways import Way
from ingest.sources import FETCHED_FROM

MOST_TURNS = 1_000
MOST_ROWS = 100
MOST_SOURCES = 100
FETCHED = f"^({'|'.join(FETCHED_FROM)})."
"""No path: whoever may change the library names no folder of the server from elsewhere."""
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

    sources: list[Annotated[str, Field(pattern=FETCHED, max_length=2_000)]] = Field(
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
