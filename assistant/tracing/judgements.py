"""Says which of the reviews of a turn stands, and whether its reviewers agree. Pure: reads no store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.tracing.records import is_proposal

REFUSE = "refuse"
"""The verdict on what should not have been answered."""
RIGHT = frozenset({"right", "correct", "ok", "good"})
_CORRECTIONS = ("corrected_answer", "corrected_sources", "corrected_tags")


def judgement(reviews: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Give the last review that says what was right: one that only comments or assigns takes nothing back.

    What a reviewer found stands over what was proposed, before it or since.
    """
    return max(enumerate(_judged(reviews)), key=lambda r: (not is_proposal(r[1]), r[0]), default=(0, {}))[1]


def disputing(reviews: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give the last judgement of each reviewer, oldest first, where they do not agree whether it was right; else none.

    Neither stands over the other: a bare "right" must not take somebody's work away without a word, nor the other way.
    """
    latest: dict[Any, Mapping[str, Any]] = {}
    for review in _judged(reviews):
        if not is_proposal(review):
            latest.pop(review.get("reviewer"), None)
            latest[review.get("reviewer")] = review
    return list(latest.values()) if len(set(map(_side, latest.values()))) > 1 else []


def disputed_correction(reviews: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Give the correction of a reviewer that another one disagrees with, who judged it last; or None."""
    against = disputing(reviews)
    return next((r for r in reversed(against[:-1]) if _corrects(r) and not _corrects(against[-1])), None)


def refuses_rightly(review: Mapping[str, Any]) -> bool:
    """Tell whether a refused turn was rightly refused, by its last review; not while reviewers disagree on it."""
    is_settled = not is_proposal(review) and not review.get("disagree") if review else False
    return is_settled and _side(review) in ("right", REFUSE)


def told_dispute(reviews: Sequence[Mapping[str, Any]]) -> str:
    """Say in short who found what where reviewers disagree, "" where they do not."""
    return "; ".join(f"{r['reviewer']}: {r.get('verdict') or 'corrected'}" for r in disputing(reviews))


def _side(review: Mapping[str, Any]) -> str:
    verdict = verdict_of(review)
    return "refuse" if verdict == REFUSE else "right" if verdict in RIGHT and not _corrects(review) else "wrong"


def found_by(review: Mapping[str, Any]) -> str:
    """Say who found what."""
    told = {REFUSE: "found that it should have been refused", "right": "found it right as it was"}
    what = told.get(_side(review)) or ("corrected it" if _corrects(review) else "found it wrong")
    return f"{review['reviewer']} {what}"


def _judged(reviews: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [r for r in reviews if r.get("verdict") or _corrects(r)]


def _corrects(review: Mapping[str, Any]) -> bool:
    return any(review.get(name) for name in _CORRECTIONS)


def verdict_of(review: Mapping[str, Any]) -> str:
    """Give the verdict of a review in small letters, "" where it has none."""
    return str(review.get("verdict") or "").lower()
