"""Says that a question and what was found for it are in two languages: without a language model nothing translates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from index_store.chunks import Hit

ASK_IN = "What was found is in {it}, and the question seems not to be: quoting mode does not translate, so ask in {it}."
UNSURE = (
    "What was found is in {it}, and the question seems not to be: quoting mode does not translate, so this may be"
    " beside the point; ask in {it} to be sure."
)
LOOKED_AT = 300
"""Characters: a few lines show their language."""


def language_notes(question: str, hits: Sequence[Hit], *, found: bool) -> tuple[str, ...]:
    """Say that none of the passages is in the language of a question, where both show theirs.

    Of the passages and not of all the material: a course may have several languages, and these are what was compared.
    """
    from assistant.languages import NAMED, language_of  # its words are looked through at the first question

    asked, there = language_of(question[:LOOKED_AT]), Counter[str]()
    if asked is None:
        return ()
    for hit in hits:
        language = language_of(hit.chunk.context[:LOOKED_AT])
        if language == asked:
            return ()
        there.update(() if language is None else (language,))
    mostly = max(there, key=there.__getitem__, default="")
    return ((UNSURE if found else ASK_IN).format(it=mostly),) if mostly in NAMED else ()
