"""Reads a model's reply to a tagging prompt: the one list of names in it, then each name's place in the abstract.

Read narrowly: a JSON list of strings, alone, in a fence or with prose around it, also in single quotes. Whatever else a
model may say is a fault that it can be told of, and nothing is guessed from it. Calls no model; needs no heavy import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assistant.flowing_text import flowing
from assistant.tagging_rules import NO_MODELS, Tag
from index_store.errors import TagParseError

LONGEST_REPLY = 100_000
"""Characters: no list of the names in one abstract is longer."""
DEEPEST = 8
"""Brackets within brackets: what is deeper is no list of names, and would cost the interpreter its stack."""
MOST_NAMES = 300
_NONE = frozenset({*(word.casefold() for word in NO_MODELS), "n/a", "none"})
_SHOWN = 160
_BEGINS = re.compile(r"\[(?:\s*[\"'\[{]|\])")
"""A list of names begins so; other brackets ("[see below]", "[1]", "[ ]") are prose."""
_TOKEN = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\\\n]*'")
_STEP = re.compile(rf"{_TOKEN.pattern}|[\[\]\"']")
_DASH = "[-\u2010-\u2013\u2212]"


@dataclass(frozen=True, slots=True)
class Placed:
    """Names with their places in the abstract, in its order; `dropped` are those that do not stand in it."""

    tags: tuple[Tag, ...]
    dropped: tuple[str, ...]
    error: str = ""  # what was wrong with the model's reply, where it could not be read


def parse_tags(reply: str) -> list[str]:
    r"""Read the names from a reply, each once; an empty list where it says that there are none.

    >>> parse_tags("Here you are:\n```json\n['GPT-4', 'BERT']\n```")
    ['GPT-4', 'BERT']
    >>> parse_tags('["NA"]')
    []

    Raises:
        TagParseError: when it holds no list, several different ones, or one that is not of strings.
    """
    if not reply.strip():
        raise _fault("it is empty", reply)
    if len(reply) > LONGEST_REPLY:
        raise _fault(f"it has {len(reply):,} characters", reply)
    readings = [_names(one, reply) for one in _lists(reply)]
    if not readings:
        raise _fault("it holds no JSON list", reply)
    if any(set(one) != set(readings[0]) for one in readings):
        raise _fault(f"it holds {len(readings)} different lists, and only one can be the answer", reply)
    return readings[0]


def place(names: Iterable[str], abstract: str) -> Placed:
    """Find each name in the abstract, where it first stands whole; it becomes the abstract's own spelling.

    Letters in the other case, another kind of dash and another kind of space are the same name, and so is one that a
    line end parts; half a word is not.
    A place of its own comes before one within a longer name ("LLaMA" in "LLaMA-Adapter"). Of names that only repeat
    another one, the first stays.
    """
    found: set[Tag] = set()
    taken: list[tuple[int, int]] = []
    dropped: list[str] = []
    given = sorted(dict.fromkeys(names), key=len, reverse=True)
    flow = flowing(abstract, {name.casefold() for name in given})
    for name in given:
        spans = _occurrences(name, abstract) or [flow.place(*span) for span in _occurrences(name, flow.text)]
        if not spans:
            dropped.append(name)
            continue
        free = (s for s in spans if not any(begin <= s[0] and s[1] <= end for begin, end in taken))
        start, end = next(free, spans[0])
        found.add(Tag(start, end, abstract[start:end]))
        taken += spans
    once: dict[str, Tag] = {}
    for tag in sorted(found):
        once.setdefault(" ".join(tag.name.casefold().split()), tag)
    return Placed(tuple(once.values()), tuple(dropped))


def _occurrences(name: str, text: str) -> list[tuple[int, int]]:
    if not any(c.isalnum() for c in name):  # a stray comma or bracket stands in every abstract
        return []
    words = [re.sub(rf"\\?{_DASH}", lambda _: _DASH, re.escape(word)) for word in name.split()]
    pattern = r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)"
    exact = [m.span() for m in re.finditer(pattern, text)]
    return exact or [m.span() for m in re.finditer(pattern, text, re.IGNORECASE)]


def _lists(reply: str) -> Iterator[list[Any]]:
    """Give the outermost lists of a reply.

    Raises:
        TagParseError: when one begins that cannot be read to its end: nothing is picked out of the inside of it.
    """
    at = 0
    while (match := _BEGINS.search(reply, at)) is not None:
        at = _closing(reply, match.start())
        piece = _TOKEN.sub(lambda token: _in_double_quotes(token[0]), reply[match.start() : at])
        try:
            value = json.loads(piece)
        except ValueError as exc:
            raise _fault("its list is no valid JSON", reply) from exc
        yield value


def _closing(reply: str, begin: int) -> int:
    """Give the place after the bracket that closes the one at `begin`; brackets within strings do not count."""
    depth = 0
    for match in _STEP.finditer(reply, begin):
        if match[0] in ("'", '"'):
            break  # one that closes nothing
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if depth > DEEPEST:
            raise _fault("its list is nested too deeply", reply)
        if depth == 0:
            return match.end()
    raise _fault("its list is cut off: a closing bracket or a quotation mark is missing", reply)


def _in_double_quotes(token: str) -> str:
    return token if token[0] == '"' else json.dumps(token[1:-1])


def _names(value: list[Any], reply: str) -> list[str]:
    """Flatten a list by one level and check that it holds strings; the mark for "none" is not a name."""
    flat = [inner for item in value for inner in (item if isinstance(item, list) else [item])]
    wrong = next((item for item in flat if not isinstance(item, str)), None)
    if wrong is not None or None in flat:
        raise _fault(f"its list holds {json.dumps(wrong)[:40]}, which is no string", reply)
    if any(ord(c) < 32 for item in flat for c in item):  # "\\textsc" without a second backslash is a tab and "extsc"
        raise _fault("a string in its list holds a control character, as a lone backslash makes one", reply)
    if len(flat) > MOST_NAMES:
        raise _fault(f"its list holds {len(flat)} names", reply)
    names = (" ".join(item.split()) for item in flat)
    return list(dict.fromkeys(name for name in names if name and name.casefold() not in _NONE))


def _fault(reason: str, reply: str) -> TagParseError:
    shown = f" It says: {excerpt(reply)}" if reply.strip() else ""
    return TagParseError(f"The reply is no list of names: {reason}.{shown}", reason=reason, reply=reply)


def excerpt(said: str) -> str:
    """Shorten what a model said to one line that any terminal may show."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(said.split()))
    return f"{line[:_SHOWN]}{'...' if len(line) > _SHOWN else ''}"
