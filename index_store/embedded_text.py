"""What of a text the embedding model gets to read: its words, without addresses and marks of layout.

An address costs up to forty word pieces and says nothing to a sentence embedding, nor do the bars of a table; without
them a quarter fewer word pieces of Markdown are embedded, and what is left speaks for itself. The stored text, the
lexical half and the prompt keep everything.
"""

from __future__ import annotations

import re

_LINK_TARGET = re.compile(r"\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_ADDRESS = re.compile(r"https?://[^\s)>\]|\"'<`]+")
_MARKS = re.compile(r"[|`*#\[\]]+|[-=_~]{3,}")


def embedded_text(heading: str, text: str) -> str:
    """Put a heading before the words of a text.

    >>> embedded_text("Papers", "| **ReAct** ([Paper](https://arxiv.org/abs/2210.03629)) |")
    'Papers\\nReAct ( Paper )'
    """
    words = words_in(text)
    return f"{heading}\n{words}" if heading else words


def words_in(text: str) -> str:
    """Take addresses and marks of layout out of a text; one that is nothing else stays as it is."""
    found = _MARKS.sub(" ", _ADDRESS.sub(" ", _LINK_TARGET.sub("]", text)))
    lines = (" ".join(line.split()) for line in found.splitlines())
    return "\n".join(line for line in lines if line) or text
