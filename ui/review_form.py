"""The form of a review: what it begins with, and whether anything was written into it since. Pure.

It belongs to the turn that it was opened with. What is begun and not kept stays with that turn in its reader's browser
(`review.js`), so that opening another one loses nothing, and puts nothing of it there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.tracing.judgements import disputed_correction, judgement

Fields = tuple[str | None, str, str, str, str, str]
"""Verdict, right answer, right sources, right tags, comment, for whom it is."""
NO_FIELDS: Fields = (None, "", "", "", "", "")


def fields_of(reviews: Sequence[Mapping[str, Any]]) -> Fields:
    """Give what a form begins with: the correction that was made last, or that another reviewer's "right" disputes."""
    last = disputed_correction(reviews) or judgement(reviews)
    sources, tags = last.get("corrected_sources") or (), last.get("corrected_tags") or ()
    return None, last.get("corrected_answer") or "", "\n".join(sources), ", ".join(tags), "", ""


def begun_with(fields: Fields) -> str:
    """Give fields as the page keeps them beside the form, to tell what was written since."""
    return json.dumps([field or "" for field in fields])


def is_touched(fields: Fields, begun: str) -> bool:
    """Tell whether a form has been written into."""
    return begun_with(fields) != begun


def of_nothing() -> tuple[Any, ...]:
    """Give the turn of a form, what it begins with, and its fields, where there is no turn."""
    return "", begun_with(NO_FIELDS), *NO_FIELDS


def form_of(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give the turn of a form, what it begins with, and its fields."""
    fields = fields_of(record["reviews"])
    return record["id"], begun_with(fields), *fields
