"""Tags an abstract that the user pasted; see `assistant.tagging_rules`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from assistant.tagging_rules import NO_MODELS, tag
from assistant.tools.tool import Arguments, Observation, Tool, outside_source


class TagAbstractArguments(Arguments):
    """The abstract."""

    abstract: str = Field(min_length=20, max_length=20_000, description="The abstract, word for word as it was pasted.")


class TagAbstract(Tool):
    """Finds the names of machine-learning models in an abstract that the user pasted, as a JSON list; ["NA"] if it
    names none.
    """

    name = "tag_abstract"
    arguments = TagAbstractArguments
    answers = True

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = tuple(names)

    async def run(self, given: Any) -> Observation:
        """Tag it by the rules."""
        found = tag(given.abstract, self._names)
        tags = tuple(t.name for t in found) or tuple(NO_MODELS)
        source = outside_source("message", "your message", "The abstract you pasted", given.abstract, cosine=1.0)
        return Observation(json.dumps(list(tags), ensure_ascii=False), (source,), tags=tags)
