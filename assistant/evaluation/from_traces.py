"""Makes labelled rows of logged turns that somebody has reviewed, and adds them to a dataset. Judges nothing itself.

What a reviewer corrected is what is right; what was found right, or got a thumb up, is right as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from assistant.evaluation.corrections import Asked, asked_by
from assistant.evaluation.datasets import Kind, read_dataset, row_from
from assistant.evaluation.gold_passages import passage_for
from assistant.evaluation.metrics import answer_counts, is_as_asked
from assistant.evaluation.replay import said_before, way_of
from assistant.evaluation.row_files import read_objects
from assistant.evaluation.said import NEGATIONS
from assistant.followup import stand_alone
from assistant.tracing.judgements import REFUSE, RIGHT, disputing, found_by, judgement, verdict_of
from assistant.tracing.queries import Filter, TraceReader
from index_store.errors import InvalidInput

FOLDER = "datasets"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,60}")
Passages = Callable[[str], Sequence[str]]


def reviewed_row(reader: TraceReader, trace_id: str, passages: Passages = lambda _: ()) -> tuple[Kind, dict[str, Any]]:
    """Give the kind of dataset and the row that a reviewed turn of the store makes; `passages` as for `row_of`.

    Raises:
        InvalidInput: as `row_of`, or when there is no such turn.
    """
    trace = reader.get(trace_id)
    turns = reader.each(Filter(conversation=trace["conversation_id"]))  # read only where it is asked for
    return row_of(trace, turns, passages)


def row_of(
    trace: Mapping[str, Any], turns: Iterable[Mapping[str, Any]] = (), passages: Passages = lambda _: ()
) -> tuple[Kind, dict[str, Any]]:
    """Give the kind of dataset and the row that a reviewed trace makes; `turns` are those of its conversation.

    The row is asked as the turn was: in its way, after the same turns where the question leans on them. `passages`
    gives the texts of a document by its path, to find there what a reviewer wrote.

    Raises:
        InvalidInput: when nobody has said what would be right, reviewers disagree, or the answer that was found wrong
            would pass.
    """
    review = judgement(trace["reviews"])
    if against := disputing(trace["reviews"]):
        raise InvalidInput(
            f"The reviewers disagree: {', and '.join(map(found_by, against))}.",
            hint="Whoever comes round keeps a review: with the right answer and sources, or that it is right.",
        )
    verdict = verdict_of(review)
    votes = [f["vote"] for f in trace["feedback"] if f["vote"]]
    as_it_was = verdict in RIGHT or (not review and votes[-1:] == ["up"])
    if trace["kind"] == "tag" or trace["tags"]:
        tags = review.get("corrected_tags") or (trace["tags"] if as_it_was else None)
        if not tags:
            raise NothingRight("the right tags, or NA where there are none")
        return "tags", {"id": trace["id"], "abstract": _abstract(trace), "tags": list(tags)}
    if trace["kind"] == "courtesy" and not (review.get("corrected_answer") or review.get("corrected_sources")):
        raise InvalidInput(
            f"Trace {trace['id']} asks nothing: a greeting or thanks is no question of the course.",
            hint="If it is one after all, keep a review with the right sources or the right answer.",
        )
    row: dict[str, Any] = {"id": trace["id"], "question": trace["searched"] or trace["question"]}
    history, way = said_before(trace, turns), way_of(trace)
    leans = stand_alone(row["question"], history) != row["question"]  # else what was said before stays out of the file
    row |= ({"history": history} if leans else {}) | ({"way": way} if way != "course" else {})
    if verdict == REFUSE or (as_it_was and trace["status"] == "refused"):
        return "answers", {**row, "gold": [], "answer": "", "keywords": [], "refuse": True}
    if as_it_was or (review.get("corrected_sources") and not (verdict or review.get("corrected_answer"))):
        return "answers", row | _as_it_was(trace, review)  # who names the sources alone finds nothing wrong
    return "answers", _checked(trace, row | _as_corrected(trace, review, row["question"], passages))


def _as_it_was(trace: Mapping[str, Any], review: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a row asks for whose turn was right: its words, and its sources or those of the review.

    Raises:
        InvalidInput: when there is nothing in it that could be looked for.
    """
    cited: dict[str, list[str]] = {}
    for citation in trace["citations"] or ():
        cited.setdefault(citation["path"], []).append(citation["quote"])
    right = review.get("corrected_sources") or list(cited)
    gold = [{"path": path, "snippet": quote} for path in right for quote in dict.fromkeys(cited.get(path, [""]))]
    answer = review.get("corrected_answer") or (trace["answer"] if review.get("verdict") or not review else "")
    keywords = _keywords(answer)
    if not gold and not (review.get("corrected_answer") and keywords):
        raise InvalidInput(
            "The answer was found right, and it cites no source of the course: a test row would ask for nothing.",
            hint="Name the right sources, or write the right answer with a number, a name or a word that it must have.",
        )
    return {**({"gold": gold} if gold else {}), "answer": answer, "keywords": keywords}


def _as_corrected(
    trace: Mapping[str, Any], review: Mapping[str, Any], question: str, passages: Passages
) -> dict[str, Any]:
    """Give what a row asks for whose turn was not right: what the review says, and nothing of that turn.

    Raises:
        InvalidInput: when the review does not say what would have been right.
    """
    right, sources = review.get("corrected_answer") or "", review.get("corrected_sources") or ()
    if not right and not sources:
        raise NothingRight("the right answer, the right sources, or that it should have been refused")
    answered = trace["status"] != "refused"
    is_wrong = verdict_of(review) != "partly"
    asked = asked_by(question, right, trace["answer"] if answered else "", is_wrong=is_wrong) if right else Asked()
    quotes = [citation["quote"] for citation in trace["citations"] or ()]
    gold = [
        {"path": path, "snippet": passage_for(right, passages(path), asked.must_contain, quotes)} for path in sources
    ]
    known = [phrase for group in asked.must_contain for phrase in group if group != NEGATIONS]
    words = {"must_contain": [list(group) for group in asked.must_contain],
             "must_not_contain": list(asked.must_not_contain)}  # fmt: skip
    about = {"answer": right, "keywords": known, **{name: value for name, value in words.items() if value}}
    return {**({"gold": gold} if gold else {}), **about}


def _checked(trace: Mapping[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Give a row that the answer which was found wrong does not pass, and what was written as right does.

    Raises:
        InvalidInput: when it would, or this does not: such a row would guard nothing.
    """
    row = row_from(given, "answers")
    counts = answer_counts(row, trace["status"] != "refused", trace["answer"], trace["citations"] or ())
    right = given["answer"]
    if not is_as_asked(counts):
        if not right or not row.is_worded or answer_counts(row, True, right, ())["hit"]:
            return given
        raise InvalidInput(
            "The answer that was written as the right one would fail a test row of this.",
            hint="Write it in a short sentence of its own, without what was wrong.",
        )
    what = "what was written as the right answer is all in it" if right else "it cites the right sources already"
    raise InvalidInput(
        f"The answer that was found wrong would pass a test row of this: {what}.",
        hint="Write the right answer with a number, a name or a word that the wrong one does not have.",
    )


def _abstract(trace: Mapping[str, Any]) -> str:
    """Give the abstract that was tagged: in a message to the agent a wish may stand around it."""
    calls = [s for s in trace["spans"] if (s["kind"], s["name"]) == ("tool", "tag_abstract")]
    done = [s["inputs"]["abstract"] for s in calls if s.get("status") != "error"]  # one that failed may have had none
    return str(done[-1] if done else trace["question"])


def _keywords(answer: str) -> list[str]:
    """Give words that a right answer will hold: its numbers and names; the whole answer where it is short."""
    plain = re.sub(r"\s*\[\d+\]", "", answer).strip()
    if plain and len(plain.split()) <= 4:
        return [plain.rstrip(".")]
    found = re.findall(r"\b(?:\d[\d.,]*\d|[A-Z][\w-]*[A-Z0-9][\w-]*)\b", plain)
    return list(dict.fromkeys(found))[:3]


class NothingRight(InvalidInput):
    """A turn of which nobody has said yet what would have been right."""

    def __init__(self, what: str) -> None:
        super().__init__("Nobody has said yet what would have been right.", hint=f"Keep a review that says {what}.")


def add_row(home: Path, name: str, kind: Kind, row: Mapping[str, Any]) -> tuple[Path, bool]:
    """Add a row to a dataset under a home; give the file, and whether the row took the place of an earlier one.

    Raises:
        InvalidInput: when the name is none, or the dataset holds rows of another kind.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} is no name for a dataset.", hint="Use letters, digits, - and _.")
    file = home / FOLDER / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):  # two reviewers may add at once
        return file, _added(file, kind, row)


def _added(file: Path, kind: Kind, row: Mapping[str, Any]) -> bool:
    """Write a dataset anew with one row more, all or nothing; give whether it took the place of an earlier one."""
    rows: dict[str, Mapping[str, Any]] = {}
    if file.exists():
        read_dataset(file, kind)  # tells when it is of another kind
        rows = {str(old["id"]): old for old in read_objects(file)}
    replaced = str(row["id"]) in rows
    rows[str(row["id"])] = row
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows.values()), "utf-8")
    part.replace(file)
    return replaced


def datasets_in(home: Path) -> list[tuple[Path, int]]:
    """Give the datasets under a home with how many rows each has."""
    folder = home / FOLDER
    files = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    return [(file, len(read_objects(file))) for file in files]
