"""Checks the names that somebody says an abstract has, before they become a correction or a row of a data set. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.latex_marks import plain
from assistant.tag_replies import excerpt, place
from assistant.tagging_rules import NO_MODELS
from index_store.errors import InvalidInput


def checked_names(names: Iterable[str]) -> tuple[str, ...]:
    """Give the names that somebody says an abstract has, each once; NO_MODELS stands alone.

    Raises:
        InvalidInput: when there is none, or "NA" stands beside a name.
    """
    given = tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
    if not given:
        raise InvalidInput("No name was given.", hint="Write the names with commas between them, or NA for none.")
    if len(given) > 1 and NO_MODELS[0] in given:
        raise InvalidInput(f"{NO_MODELS[0]} stands for no name, and there are others beside it.", hint="Leave one out.")
    return given


def check_in_abstract(names: Iterable[str], abstract: str) -> None:
    """Refuse names that an abstract does not have: a tag is a piece of it, and a test with another could not be met.

    Raises:
        InvalidInput: naming them.
    """
    strays = place([plain(name).text for name in names if name not in NO_MODELS], plain(abstract).text).dropped
    if strays:
        shown = ", ".join(excerpt(name) for name in strays)
        raise InvalidInput(
            f"The text does not have: {shown}.", hint="A tag is copied from the text as it stands there."
        )
