"""Searches the course material: the same retriever that answers without the agent."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from assistant.policy.values import RULE
from assistant.tools.apart import apart
from assistant.tools.tool import Arguments, Observation, Source, Tool
from index_store.retriever import CourseRetriever


class CourseSearchArguments(Arguments):
    """What to look for in the course."""

    query: str = Field(min_length=2, max_length=400, description="What to look for, as a question or in key words.")
    top_k: int = Field(default=6, ge=1, le=10, description="How many passages.")


class CourseSearch(Tool):
    """Searches the material of the course (lessons, notebooks, slides, transcripts, papers) and gives the passages that
    fit best. Use it first for anything that the course may teach.
    """

    name = "course_search"
    arguments = CourseSearchArguments

    def __init__(self, retriever: CourseRetriever) -> None:
        self._retriever = retriever

    async def run(self, given: Any) -> Observation:
        """Search; nothing found is an observation too."""
        rule = RULE.get()
        allows = None if rule is None else rule.allows
        hits = await apart(self._retriever.search, given.query, given.top_k, allows)
        text = "" if hits else "The course has nothing on this."
        return Observation(text, tuple(Source(hit) for hit in hits))
