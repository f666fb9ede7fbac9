"""Makes labelled rows of logged turns that somebody has reviewed, and adds them to a dataset. Judges nothing itself.

What a reviewer corrected is what is right; what was found right, or got a thumb up, is right as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from assistant.evaluation.datasets import Kind, read_dataset
from assistant.evaluation.replay import said_before, way_of
from assistant.evaluation.row_files import read_objects
from assistant.followup import stand_alone
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import is_proposal
from index_store.errors import InvalidInput

FOLDER = "datasets"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,60}")
REFUSE = "refuse"
"""The verdict on what should not have been answered."""
_RIGHT = frozenset({"right", "correct", "ok", "good"})
_CORRECTIONS = ("corrected_answer", "corrected_sources", "corrected_tags")


def reviewed_row(reader: TraceReader, trace_id: str) -> tuple[Kind, dict[str, Any]]:
    """Give the kind of dataset and the row that a reviewed turn of the store makes.

    Raises:
        InvalidInput: as `row_of`, or when there is no such turn.
    """
    trace = reader.get(trace_id)
    return row_of(trace, reader.each(Filter(conversation=trace["conversation_id"])))  # read only where it is asked for


def row_of(trace: Mapping[str, Any], turns: Iterable[Mapping[str, Any]] = ()) -> tuple[Kind, dict[str, Any]]:
    """Give the kind of dataset and the row that a reviewed trace makes; `turns` are those of its conversation.

    The row is asked as the turn was: in its way, after the same turns where the question leans on them.

    Raises:
        InvalidInput: when nobody has said what would be right.
    """
    review = judgement(trace["reviews"])
    if (disputed := disputed_correction(trace["reviews"])) is not None:
        raise InvalidInput(
            f"{disputed['reviewer']} corrected it, and {review['reviewer']} found it right as it was.",
            hint="Whoever comes round keeps a review: with the right answer and sources, or that it is right.",
        )
    verdict = _verdict(review)
    votes = [f["vote"] for f in trace["feedback"] if f["vote"]]
    as_it_was = verdict in _RIGHT or (not review and votes[-1:] == ["up"])
    if trace["kind"] == "tag" or trace["tags"]:
        tags = review.get("corrected_tags") or (trace["tags"] if as_it_was else None)
        if not tags:
            raise _unknown(trace, "--tag NAME for each name, or --tag NA")
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
        return "answers", {**row, "gold": [], "answer": "", "keywords": []}
    gold = _gold(trace, review, as_it_was)
    answer = review.get("corrected_answer") or (trace["answer"] if as_it_was else "")
    keywords = _keywords(answer)
    if not gold and not (review.get("corrected_answer") and keywords):
        raise _unknown(trace, "--source PATH (and --answer TEXT), or --verdict right or refuse")
    sources = {"gold": gold} if gold else {}  # an empty gold would say that it must be refused
    return "answers", {**row, **sources, "answer": answer, "keywords": keywords}


def judgement(reviews: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Give the last review that says what was right: one that only comments or assigns takes nothing back.

    What a reviewer found stands over what was proposed, before it or since.
    """
    return max(enumerate(_judged(reviews)), key=lambda r: (not is_proposal(r[1]), r[0]), default=(0, {}))[1]


def disputed_correction(reviews: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Give the correction of a reviewer that another one disagrees with, who found right last what was said; or None.

    Neither stands over the other: a bare "right" must not take somebody's work away without a word.
    """
    last = judgement(reviews)
    if _verdict(last) not in _RIGHT or is_proposal(last) or _corrects(last):
        return None
    latest = {r.get("reviewer"): r for r in _judged(reviews) if not is_proposal(r)}
    return next((r for who, r in latest.items() if who != last.get("reviewer") and _corrects(r)), None)


def _judged(reviews: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [r for r in reviews if r.get("verdict") or _corrects(r)]


def _corrects(review: Mapping[str, Any]) -> bool:
    return any(review.get(name) for name in _CORRECTIONS)


def _verdict(review: Mapping[str, Any]) -> str:
    return str(review.get("verdict") or "").lower()


def _gold(trace: Mapping[str, Any], review: Mapping[str, Any], as_it_was: bool) -> list[dict[str, str]]:
    """Give the right sources: those of the review, each with the quote that the answer took from it, if it did."""
    cited: dict[str, list[str]] = {}
    for citation in trace["citations"] or ():
        cited.setdefault(citation["path"], []).append(citation["quote"])
    right = review.get("corrected_sources") or (list(cited) if as_it_was else [])
    return [{"path": path, "snippet": quote} for path in right for quote in dict.fromkeys(cited.get(path, [""]))]


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


def _unknown(trace: Mapping[str, Any], how: str) -> InvalidInput:
    return InvalidInput(
        f"Nobody has said yet what would have been right in trace {trace['id']}.",
        hint=f"Keep a review with the right sources, or: lectern traces correct {trace['id'][:8]} {how}",
    )


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
