"""What is counted in one row, and the figures that sums of it give. Pure: no model, no file.

Tags are compared by case, white space and LaTeX marks folded; an alias counts as its name, "Full name (ABBR)" by either
part. Lenient lets optional names be, strict counts them as wrong. A hit of a search is right when its path ends with a
gold path and what a prompt would read of it holds the gold snippet, or most of its runs of five words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.datasets import Row
from assistant.evaluation.said import says
from assistant.evaluation.statistics import Measure, Share
from assistant.latex_marks import plain
from assistant.tagging_rules import NO_MODELS

Counts = dict[str, float]
READ_CHARACTERS = 1_500
RUN_WORDS = 5
MOST_RUNS = 0.6
ANSWER_CHARACTERS = 700
CUTOFFS = (1, 3, 5, 10)
_WORD = re.compile(r"[a-z0-9]+")
_TWO_NAMES = re.compile(r"(.+?) ?\((.+)\)")


def tag_counts(row: Row, got: Sequence[str]) -> Counts:
    """Count what a row's tags got right, leniently and (behind "strict_") strictly."""
    lenient, strict = _tags(row, got, strict=False), _tags(row, got, strict=True)
    return {**lenient, **{f"strict_{name}": value for name, value in strict.items()}}


def _tags(row: Row, got: Sequence[str], *, strict: bool) -> Counts:
    accepted = {_folded(form): name for name in row.tags for form in (name, *row.aliases.get(name, ())) if name != "NA"}
    let_be = set() if strict else {_folded(form) for name, more in row.optional.items() for form in (name, *more)}
    given = list(dict.fromkeys(_folded(name) for name in got))
    named = [name for name in given if name != "na"]
    right: set[str] = set()
    wrong = 0
    for name in named:
        forms = _forms(name)
        known = next((accepted[form] for form in forms if form in accepted), None)
        if known is not None:
            right.add(known)
        elif not any(form in let_be for form in forms):
            wrong += 1
    wrong += "na" in given and len(given) > 1
    none_wanted = list(row.tags) == NO_MODELS
    none_given = given == ["na"] or (none_wanted and bool(named) and not right and not wrong)
    missed = 0 if none_wanted else len(set(row.tags)) - len(right)
    exact = none_given if none_wanted else not missed and not wrong
    return {
        "tp": float(len(right)),
        "fp": float(wrong),
        "fn": float(missed),
        "exact": float(exact),
        "na_right": float(none_wanted == none_given),
    }


def _folded(name: str) -> str:
    return " ".join(plain(str(name)).text.split()).lower()


def _forms(name: str) -> list[str]:
    match = _TWO_NAMES.fullmatch(name)
    return [name] if match is None else [name, match[2], match[1]]


def _f1(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give F1; 1 where nothing was to be found and nothing was given, for then all is right."""
    return np.where(right + wrong == 0, 1.0, 2 * right / (2 * right + wrong))


def _tag_measures(before: str, after: str) -> dict[str, Measure]:
    return {
        f"F1{after}": lambda s: _f1(s[f"{before}tp"], s[f"{before}fp"] + s[f"{before}fn"]),
        f"precision{after}": lambda s: s[f"{before}tp"] / (s[f"{before}tp"] + s[f"{before}fp"]),
        f"recall{after}": lambda s: s[f"{before}tp"] / (s[f"{before}tp"] + s[f"{before}fn"]),
        f"exact set{after}": Share(f"{before}exact"),
        f"NA accuracy{after}": Share(f"{before}na_right"),
    }


TAG_MEASURES: Mapping[str, Measure] = {**_tag_measures("", ""), **_tag_measures("strict_", " (strict)")}


def row_scores(counts: Mapping[str, float]) -> Counts:
    """Give the figures of one row's tags: F1 (1 where nothing was to be found and nothing was), exact, NA accuracy."""
    all_of = 2 * counts["tp"] + counts["fp"] + counts["fn"]
    f1 = 2 * counts["tp"] / all_of if all_of else 1.0
    return {"f1": f1, "exact": counts["exact"], "na_accuracy": counts["na_right"]}


def answer_scores(counts: Mapping[str, float]) -> Counts:
    """Give the figures of one row's answer: those that its row can have."""
    if counts["unanswerable"]:
        return {"honest": counts["honest"]}
    words = ("hit",) if counts["worded"] else ()
    sources = ("cited", "quoted") if counts["sourced"] else ()
    return {name: counts[name] for name in (*words, *sources, "refused")}


def search_counts(row: Row, hits: Sequence[Mapping[str, Any]]) -> Counts:
    """Count where the gold passages stand among a search's hits, each {"path", "text"}, best first."""
    right = [any(is_right(hit["path"], hit["text"], gold) for gold in row.gold) for hit in hits]
    first = next((rank for rank, fine in enumerate(right, start=1) if fine), None)
    counts = {f"recall@{k}": float(first is not None and first <= k) for k in CUTOFFS}
    counts["reciprocal_rank"] = 0.0 if first is None or first > max(CUTOFFS) else 1.0 / first
    gains = [_first_time(row, hits, n) for n in range(min(10, len(hits)))]
    best = sum(
        1 / math.log2(n + 2) for n in range(int(sum(gains)))
    )  # any one gold passage is enough: the rest is order
    gained = sum(g / math.log2(n + 2) for n, g in enumerate(gains))
    return {**counts, "ndcg": gained / best if best else 0.0}


def _first_time(row: Row, hits: Sequence[Mapping[str, Any]], n: int) -> float:
    """Tell whether a hit shows a gold passage that no better hit has shown."""
    for gold in row.gold:
        earlier = any(is_right(h["path"], h["text"], gold) for h in hits[:n])
        if not earlier and is_right(hits[n]["path"], hits[n]["text"], gold):
            return 1.0
    return 0.0


SEARCH_MEASURES: Mapping[str, Measure] = {
    **{f"R@{k}": Share(f"recall@{k}") for k in CUTOFFS},
    "MRR@10": lambda s: s["reciprocal_rank"] / s["n"],
    "nDCG@10": lambda s: s["ndcg"] / s["n"],
}


_NOTHING: Mapping[str, float] = dict.fromkeys(
    ("answerable", "unanswerable", "worded", "sourced", "hit", "cited", "quoted", "refused", "honest")
    + ("citations", "right_citations"),
    0.0,
)
ANSWER_BASES = {
    "hit": "worded",
    **dict.fromkeys(("cited", "citation recall"), "sourced"),
    "refused": "answerable",
    "citation precision": "citations",
    "honest": "unanswerable",
    "judge (1 to 5)": "judged",
}
"""What each figure is a share of, where that is not all rows."""


_MARKER = re.compile(r"\[\d+\]")


def answer_counts(row: Row, found: bool, answer: str, citations: Sequence[Mapping[str, Any]]) -> Counts:
    """Count what an answer got right: its words, its sources, their quotes; or that it rightly refused.

    Words count in rows that have `keywords`, sources in rows that have `gold`, refusals in all.
    """
    if row.is_unanswerable:
        return {**_NOTHING, "unanswerable": 1.0, "honest": float(not found)}
    right = [any(_quotes(c, gold) for gold in row.gold) for c in citations]
    paths = [any(_ends(str(c["path"]), g["path"]) for g in row.gold) for c in citations]
    return {
        **_NOTHING,
        "answerable": 1.0,
        "worded": float(row.is_worded),
        "sourced": float(bool(row.gold)),
        "hit": float(found and _says_what_is_asked(row, answer)),
        "cited": float(any(paths)),
        "quoted": float(any(right)),
        "refused": float(not found),
        "citations": float(len(citations) if row.gold else 0),
        "right_citations": float(sum(right)),
    }


def _says_what_is_asked(row: Row, answer: str) -> bool:
    """Tell whether an answer has one of the keywords; or, where the row is stricter, all that it must say."""
    said = _MARKER.sub("", answer)  # a number that is looked for is no marker
    if row.must_contain or row.must_not_contain:
        has_all = all(any(says(said, phrase) for phrase in group) for group in row.must_contain)
        return has_all and not any(says(said, phrase) for phrase in row.must_not_contain)
    text = _MARKER.sub("", answer[:ANSWER_CHARACTERS].lower())
    return any(word.lower() in text for word in row.keywords)


def is_as_asked(counts: Mapping[str, float]) -> bool:
    """Tell whether an answer is all that its row asks for: it refuses, or has the words and one of the sources."""
    if counts.get("unanswerable"):
        return bool(counts.get("honest"))
    words = counts.get("worded", 1.0) and not counts.get("hit")
    sources = counts.get("sourced") and not counts.get("cited")
    return not (words or sources or counts.get("refused"))


ANSWER_MEASURES: Mapping[str, Measure] = {
    "hit": Share("hit", "worded"),
    "cited": Share("cited", "sourced"),
    "citation recall": Share("quoted", "sourced"),
    "citation precision": lambda s: s["right_citations"] / s["citations"],
    "refused": Share("refused", "answerable"),
    "honest": Share("honest", "unanswerable"),
    "balanced": lambda s: (1 - s["refused"] / s["answerable"] + s["honest"] / s["unanswerable"]) / 2,
}
JUDGE_MEASURES: Mapping[str, Measure] = {"judge (1 to 5)": lambda s: s["judge"] / s["judged"]}


def is_right(path: str, text: str, gold: Mapping[str, str]) -> bool:
    """Tell whether a passage is the one that was wanted."""
    return _ends(path, gold["path"]) and holds(text, gold["snippet"])


def holds(text: str, snippet: str) -> bool:
    """Tell whether what a prompt would read of a text holds a snippet, or most of its runs of words."""
    text = text[:READ_CHARACTERS]
    if " ".join(_words(snippet)) in " ".join(_words(text)):
        return True
    wanted = _runs(snippet)
    return len(wanted & _runs(text)) >= MOST_RUNS * len(wanted)


def _quotes(citation: Mapping[str, Any], gold: Mapping[str, str]) -> bool:
    """Tell whether a citation's quote is of a gold passage: they share a run of words.

    Of a snippet that is too short for that, or empty, the whole must stand in the quote, and the path must be its own.
    """
    quote, snippet = _words(str(citation.get("quote") or "")), _words(gold["snippet"])
    if len(snippet) < RUN_WORDS:
        return _ends(str(citation["path"]), gold["path"]) and f" {' '.join(snippet)} " in f" {' '.join(quote)}  "
    return bool(_runs(" ".join(quote)) & _runs(gold["snippet"]))


def _ends(path: str, wanted: str) -> bool:
    return f"/{path}".replace("\\", "/").endswith(f"/{wanted.lstrip('/')}")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[n : n + RUN_WORDS]) for n in range(max(1, len(words) - RUN_WORDS + 1))}


def mean(values: Sequence[float | None]) -> float | None:
    """Give the mean of what is known, None where nothing is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
