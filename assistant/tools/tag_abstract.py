"""Tags an abstract that the user pasted, as `lectern tag` does: with the model where there is one, else by rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import Field

from assistant.tagging import Tagger
from assistant.tools.tool import Arguments, Observation, Tool, outside_source


class TagAbstractArguments(Arguments):
    """The abstract."""

    abstract: str = Field(min_length=2, max_length=20_000, description="The abstract, word for word as it was pasted.")


class TagAbstract(Tool):
    """Finds the names of machine-learning models in an abstract that the user pasted, as a JSON list; ["NA"] if it
    names none.
    """

    name = "tag_abstract"
    arguments = TagAbstractArguments
    timeout_s = 90.0  # a model may be asked, twice
    answers = True

    def __init__(self, open_tagger: Callable[[], Tagger]) -> None:
        self._open_tagger = open_tagger  # gives the same tagger each time

    async def run(self, given: Any) -> Observation:
        """Tag it.

        Raises:
            ModelProblem: when the model could not be asked, or gave no list of names.
        """
        tagger = self._open_tagger()
        tags, notes = await tagger.names_in(given.abstract)
        source = outside_source("message", "your message", "The abstract you pasted", given.abstract, cosine=1.0)
        listed = json.dumps(list(tags), ensure_ascii=False)
        return Observation(listed, (source,), tags=tags, by_rules=tagger.uses_rules, notes=notes)
