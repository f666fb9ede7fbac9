"""Makes search terms of a question, from all its content words to its longest name. Searches nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.terms import content_terms

MOST_SEARCHES = 4
_POSSESSIVE = re.compile(r"['’]s\b")
_NAME = re.compile(r"(?:\b[A-Z0-9][\w'’-]*\b(?:\s+(?=[A-Z0-9(])|(?:\s+(?:of|the|and|de|von)\s+(?=[A-Z]))|\b))+")
_ASKING = re.compile(
    r"^\W*(?:(?:can|could|would) you (?:please )?)?(?:please )?(?:tell me|explain|describe|who|what|which|when|where"
    r"|why|how|is|are|was|were|does|do|did|has|have|many|much|long|old)\b[\s,]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")


def searches(question: str) -> list[str]:
    """Give search terms for a question, from all its content words to its longest name.

    >>> searches("Who won the 2023 NBA finals?")
    ['won 2023 NBA finals', '2023 NBA finals', '2023 NBA']
    """
    rest = _POSSESSIVE.sub("", _ASKING.sub("", question))
    words = [w for w in _WORD.findall(rest) if content_terms(w)]
    names = sorted((m[0].strip() for m in _NAME.finditer(rest)), key=len, reverse=True)
    around = [w for n, w in enumerate(words) if w[:1].isupper() or w[:1].isdigit() or _follows_name(words, n)]
    if not around:  # nothing is written as a name: what stands in the middle, then either end
        names = [" ".join(part) for part in (words[1:-1], words[1:], words[:-1] if len(words) > 2 else ()) if part]
    else:
        names = [*names[:1], *(name.split()[-1] for name in names[:1] if name.split()[-1][:1].isupper())]
    queries = [" ".join(words[:12]), " ".join(around[:8]), *names]
    return list(dict.fromkeys(q for q in queries if len(q) > 1))[:MOST_SEARCHES]


def _follows_name(words: Sequence[str], n: int) -> bool:
    return n > 0 and (words[n - 1][:1].isupper() or words[n - 1][:1].isdigit())
