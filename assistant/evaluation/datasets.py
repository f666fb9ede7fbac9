"""Labelled rows from a file: JSON lines, or CSV with the same columns. Bad rows are named, never passed over.

tags     {"id", "abstract", "tags"[, "aliases", "optional"]}
search   {"id", "question"[, "history"], "gold": [{"path", "snippet"}]}
answers  as search[, "keywords", "answer", "refuse", "way", "must_contain", "must_not_contain"]; with "refuse": true, or
         where it asks for no source and no word, the question is to be refused: the material does not answer it
policy   {"id", "question"[, "history"], "expect": "hints", "refuse" or "answer"[, "must_not_contain"]}
In CSV a list is written as JSON, or as parts with ";" between them; `gold` as `path` and `snippet` columns.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from assistant.evaluation.row_files import json_lines, table
from assistant.latex_marks import plain
from assistant.tag_replies import place
from assistant.tagging_rules import NO_MODELS
from assistant.ways import Way
from index_store.errors import InvalidInput

Kind = Literal["tags", "search", "answers", "policy"]
EXPECTED = ("hints", "refuse", "answer")
SHOWN_PROBLEMS = 5
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FORMS = "Give a JSON lines or CSV file in UTF-8."
_LINE = re.compile(r"line (\d+): ")
_NONE = frozenset({"na", "n/a"})


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row; `asked` is its abstract or question."""

    id: str
    asked: str
    history: tuple[Mapping[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    optional: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gold: tuple[Mapping[str, str], ...] = ()
    keywords: tuple[str, ...] = ()
    expected: str = ""  # an answer in words, where the row has one
    way: Way = "course"  # how the question is asked
    refuse: bool | None = None  # None: the row does not say
    expect: str = ""  # what the course's policy is to do: hints, refuse or answer
    must_not_contain: tuple[str, ...] = ()
    must_contain: tuple[tuple[str, ...], ...] = ()  # one of each; where there are any, `keywords` do not count

    def labels(self) -> Any:
        """Give what would be right: names, or sources and words; "refuse" where nothing would."""
        if self.tags:
            return list(self.tags)
        if self.expect:
            return {"expect": self.expect}
        if self.is_unanswerable:
            return {"refuse": True}
        sources = [gold["path"] for gold in self.gold]
        about = {"sources": sources, "keywords": list(self.keywords), "answer": self.expected, **self.words_asked}
        return {name: value for name, value in about.items() if value}

    @property
    def is_unanswerable(self) -> bool:
        """Whether a question is to be refused: the row says so, or names no source and no word of an answer."""
        return not (self.gold or self.is_worded) if self.refuse is None else self.refuse

    @property
    def is_worded(self) -> bool:
        """Whether it asks for words of an answer."""
        return bool(self.keywords or self.must_contain or self.must_not_contain)

    @property
    def words_asked(self) -> dict[str, list[Any]]:
        """Give what an answer must say, and what it must not, as a row has it."""
        groups = [list(group) if len(group) > 1 else group[0] for group in self.must_contain]
        return {"must_contain": groups, "must_not_contain": list(self.must_not_contain)}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A file of labelled rows; `hash` is 16 hex digits of its SHA-256."""

    path: Path
    kind: Kind
    rows: tuple[Row, ...]
    hash: str


def read_dataset(path: Path, kind: Kind) -> Dataset:
    """Read a file of labelled rows.

    Raises:
        InvalidInput: when it cannot be read, or rows cannot be used: each is named with its line and the reason.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-16" if data.startswith(_WIDE) else "utf-8-sig")
    except OSError as exc:
        raise InvalidInput(f"The dataset {path} cannot be read: {exc.strerror}.", hint=_FORMS) from exc
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"The dataset {path} cannot be read: it is no UTF-8 text.", hint=_FORMS) from exc
    asked = "abstract" if kind == "tags" else "question"
    found = table(text, path, asked) if path.suffix.lower() in (".csv", ".tsv") else json_lines(text)
    rows, problems = [], []
    for line, given in found:
        try:
            rows.append(_row(given, kind, line))
        except ValueError as exc:
            problems.append(f"line {line}: {exc}")
    repeated = [name for name, times in Counter(row.id for row in rows).items() if times > 1]
    problems += [f"the id {name!r} stands more than once" for name in repeated]
    if problems:
        left = problems[SHOWN_PROBLEMS:]
        more = f"; and {len(left)} more{_where(left)}" if left else ""
        raise InvalidInput(
            f"{path} has rows that cannot be used: {'; '.join(problems[:SHOWN_PROBLEMS])}{more}.",
            hint=f"Rows of `{kind}`: {_SHAPES[kind]}",
        )
    if not rows:
        raise InvalidInput(f"{path} has no row.", hint=f"Rows of `{kind}`: {_SHAPES[kind]}")
    return Dataset(path, kind, tuple(rows), hashlib.sha256(data).hexdigest()[:16])


def _where(problems: Sequence[str]) -> str:
    """Name the lines of problems that are not shown, so that all can be mended in one go."""
    lines = [found[1] for problem in problems if (found := _LINE.match(problem))]
    return f", in line {', '.join(lines)}" if lines else ""


def strays(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Give the tags, each with its row, that an abstract does not have in any spelling: nothing can get them right."""
    return [
        (row, tag)
        for row in rows
        for tag in row.tags
        if tag not in NO_MODELS and not place([tag, *row.aliases.get(tag, ())], plain(row.asked).text).tags
    ]


_SHAPES: Mapping[Kind, str] = {
    "tags": '{"id": "1", "abstract": "...", "tags": ["BERT"]}, or ["NA"] where it names no model.',
    "search": '{"id": "1", "question": "...", "gold": [{"path": "a.md", "snippet": "..."}]}',
    "answers": '{"id": "1", "question": "...", "gold": [{"path": "a.md", "snippet": "..."}], "keywords": ["..."]}',
    "policy": '{"id": "1", "question": "...", "expect": "hints", "must_not_contain": ["..."]}; or refuse, or answer.',
}


def row_from(given: Mapping[str, Any], kind: Kind) -> Row:
    """Read one row, as of a file's first line.

    Raises:
        ValueError: when it cannot be used.
    """
    return _row(given, kind, 1)


def _row(given: Any, kind: Kind, line: int) -> Row:
    if isinstance(given, ValueError):
        raise given
    if not isinstance(given, Mapping):
        raise ValueError("it is no JSON object")
    asked = given.get("abstract" if kind == "tags" else "question")
    if not isinstance(asked, str) or not asked.strip():
        raise ValueError(f"it has no {'abstract' if kind == 'tags' else 'question'}")
    row_id = str(given.get("id", line))
    if kind == "tags":
        tags = _tags(given.get("tags"))
        about = (_names(given.get("aliases")), _names(given.get("optional")))
        return Row(row_id, asked, tags=tags, aliases=about[0], optional=about[1])
    if kind == "policy":
        return _policy_row(given, row_id, asked)
    return _question_row(given, kind, row_id, asked)


def _question_row(given: Mapping[str, Any], kind: Kind, row_id: str, asked: str) -> Row:
    gold = _gold(given)
    history: tuple[Mapping[str, str], ...] = _history(given)
    way: Any = given.get("way") or "course"
    if way not in get_args(Way):
        raise ValueError(f"`way` must be one of: {', '.join(get_args(Way))}")
    keywords = _texts(given.get("keywords") or [], "keywords")
    expected, refuse = str(given.get("answer") or ""), _refuse(given.get("refuse"))
    must = _groups(given.get("must_contain") or [])
    must_not = _texts(given.get("must_not_contain") or [], "must_not_contain")
    if refuse and (gold or keywords or must or must_not):
        raise ValueError("it has `gold`, `keywords` or what it must contain, and yet `refuse`")
    if kind == "search" and given.get("gold") is None and not gold and not refuse:
        raise ValueError('it has no gold; what is to be refused says "refuse": true')
    return Row(
        row_id, asked, history, gold=gold, keywords=keywords, expected=expected, way=way, refuse=refuse,
        must_contain=must, must_not_contain=must_not,
    )  # fmt: skip


def _tags(given: Any) -> tuple[str, ...]:
    if given is None:
        raise ValueError('it has no `tags`: the names in it, or ["NA"]')
    tags = tuple(tag.strip() for tag in _texts(given, "tags"))
    none = any(tag.casefold() in _NONE for tag in tags)
    if not all(tags) or not tags or (none and len(tags) > 1):
        raise ValueError('`tags` must hold names, or ["NA"] alone')
    return tuple(NO_MODELS) if none else tags


def _policy_row(given: Mapping[str, Any], row_id: str, asked: str) -> Row:
    if given.get("expect") not in EXPECTED:
        raise ValueError(f"`expect` must be one of: {', '.join(EXPECTED)}")
    secrets = _texts(given.get("must_not_contain") or [], "must_not_contain")
    return Row(row_id, asked, _history(given), expect=given["expect"], must_not_contain=secrets)


def _history(given: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    history = given.get("history") or ()
    if not all(isinstance(turn, Mapping) and isinstance(turn.get("content"), str) for turn in history):
        raise ValueError("`history` must be a list of turns with role and content")
    return tuple(history)


def _refuse(given: Any) -> bool | None:
    """Read whether a question is to be refused; in CSV it is a word."""
    known = {None: None, "": None, True: True, False: False, "true": True, "false": False}
    read = given.strip().lower() if isinstance(given, str) else given
    if not isinstance(read, str | bool | None) or read not in known:
        raise ValueError("`refuse` must be true or false")
    return known[read]


def _gold(given: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    if "abstract_start" in given:  # a paper that is to be found by a description
        return ({"path": str(given.get("path", "")), "snippet": str(given["abstract_start"])},)
    gold = given.get("gold") or []
    fine = isinstance(gold, list) and all(
        isinstance(g, Mapping) and isinstance(g.get("path"), str) and isinstance(g.get("snippet"), str) for g in gold
    )
    if not fine:
        raise ValueError('`gold` must be a list of {"path", "snippet"}')
    return tuple(gold)


def _texts(given: Any, name: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise ValueError(f"`{name}` must be a list of texts")
    return tuple(given)


def _groups(given: Any) -> tuple[tuple[str, ...], ...]:
    """Read what must be said: a text, or a list of texts of which one is enough."""
    groups = [[item] if isinstance(item, str) else item for item in given] if isinstance(given, list) else [given]
    if not all(isinstance(group, list) and group for group in groups):
        raise ValueError("`must_contain` must be a list of texts, or of lists of texts")
    return tuple(_texts(group, "must_contain") for group in groups)


def _names(given: Any) -> dict[str, Sequence[str]]:
    if given is None:
        return {}
    if isinstance(given, list):
        return {str(name): () for name in given}
    if not isinstance(given, Mapping):
        raise ValueError("`aliases` and `optional` must map names to lists of names")
    return {str(name): tuple(map(str, others or ())) for name, others in given.items()}
