"""Shows the names that were found in an abstract: pure functions. Every text passes `html.escape`."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence

from assistant.tagged import Tagged
from ui.live_tag_files import TaggedFile
from ui.page_errors import told_html
from ui.progress_view import bar_html, left, rate

Spans = Sequence[Sequence[int]]


def highlighted(text: str, spans: Spans) -> str:
    """Escape a text and mark the spans in it, [start, end) in characters; what overlaps an earlier one is left out."""
    return _marked(text, {(int(s[0]), int(s[1])): "" for s in spans})


def _marked(text: str, spans: Mapping[tuple[int, int], str]) -> str:
    """Mark spans, each with its kind."""
    parts, done = [], 0
    for (start, end), kind in sorted(spans.items()):
        if start < done or end <= start:
            continue
        parts.append(html.escape(text[done:start]))
        parts.append(f"<mark class='lectern-name {kind}'>{html.escape(text[start:end])}</mark>")
        done = end
    return "".join(parts) + html.escape(text[done:])


def tagged_html(text: str, found: Tagged, how: str) -> str:
    """Give an abstract with its names marked, how they were found, and what there is to tell."""
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in found.notes)
    count = len(found.spans)
    said = "No model is named." if not count else f"{count} name{'' if count == 1 else 's'}"
    return (
        f"<p class='lectern-note'>{html.escape(said)} · {html.escape(how)}{_cost(found)}</p>"
        f"<div class='lectern-passage lectern-abstract'>{highlighted(text, found.spans)}</div>"
        + (f"<ul class='lectern-note'>{notes}</ul>" if notes else "")
    )


def tags_json(found: Tagged) -> str:
    """Give the JSON list that the exercise asks for; of several abstracts a list each, on lines of their own."""
    return "\n".join(json.dumps(tags, ensure_ascii=False) for tags in _tags(found))


def compared_html(text: str, left: tuple[str, Tagged], right: tuple[str, Tagged]) -> str:
    """Give the text with all names, and below it two results side by side; what only one has is marked as such."""
    ours, theirs = ({_same(tag) for tag in found.tags} for _, found in (left, right))
    if ours == theirs:
        verdict = "Both found the same names."
    else:
        both, left_only, right_only = len(ours & theirs), len(ours - theirs), len(theirs - ours)
        verdict = f"In both: {both}. Only left: {left_only}. Only right: {right_only}."
    columns = "".join(_column(name, found, other) for (name, found), other in ((left, theirs), (right, ours)))
    named = {
        (int(span[0]), int(span[1])): "" if _same(tag) in other else "lectern-only"
        for (_, found), other in ((left, theirs), (right, ours))
        for tag, span in zip(found.tags, found.spans, strict=False)
    }
    return (
        f"<p><strong>{html.escape(verdict)}</strong></p>"
        f"<p class='lectern-note'>The abstract, with the names of both{_legend(ours != theirs)}</p>"
        f"<div class='lectern-passage lectern-abstract'>{_marked(text, named)}</div>"
        f"<div class='lectern-sides'>{columns}</div>"
    )


def half_compared_html(text: str, left: tuple[str, Tagged], right: tuple[str, str]) -> str:
    """Give one result, and beside it in the other's place why that is missing (HTML that is safe)."""
    (name, found), (other, told) = left, right
    ours = _column(name, found, {_same(tag) for tag in found.tags})
    theirs = f"<section><h3>{html.escape(other)}</h3>{told}</section>"
    return (
        "<p><strong>Only the first came to an end.</strong></p>"
        "<p class='lectern-note'>The abstract, with the names of the first</p>"
        f"<div class='lectern-passage lectern-abstract'>{highlighted(text, found.spans)}</div>"
        f"<div class='lectern-sides'>{ours}{theirs}</div>"
    )


def compared_json(left: tuple[str, Tagged], right: tuple[str, Tagged]) -> str:
    """Give the lists of both as one JSON object, each under the name of its version."""
    names = [left[0], right[0]] if left[0] != right[0] else [f"{left[0]} (left)", f"{right[0]} (right)"]
    pairs = zip(names, (left[1], right[1]), strict=True)
    return json.dumps({name: _lists(found) for name, found in pairs}, ensure_ascii=False, indent=1)


def _legend(differ: bool) -> str:
    return "; <mark class='lectern-name lectern-only'>so</mark> where one alone found it" if differ else ""


def _column(name: str, found: Tagged, other: set[str]) -> str:
    names = [
        f"<li class='{'' if _same(tag) in other else 'lectern-only'}'>{html.escape(tag)}"
        f"{'' if _same(tag) in other else ' (only here)'}</li>"
        for tag in found.tags
    ]
    return (
        f"<section><h3>{html.escape(name)}</h3><p class='lectern-note'>{_cost(found).removeprefix(' · ')}</p>"
        f"<ul>{''.join(names)}</ul></section>"
    )


def _tags(found: Tagged) -> Sequence[Sequence[str]]:
    return [one.tags for one in found.abstracts] or [found.tags]


def _lists(found: Tagged) -> Sequence[object]:
    """Give one list of names, of several abstracts a list of lists."""
    lists = _tags(found)
    return lists if len(lists) > 1 else lists[0]


def _same(tag: str) -> str:
    return " ".join(tag.casefold().split())


def _cost(found: Tagged) -> str:
    usage, parts = found.usage, [f"{found.seconds:.2f} s"]
    if usage.input_tokens is not None or usage.output_tokens is not None:
        parts.append(f"{usage.input_tokens or 0} tokens in, {usage.output_tokens or 0} out")
    if usage.price_usd is not None:
        parts.append(f"${usage.price_usd:.6f}")
    return " · " + html.escape(", ".join(parts))


def file_html(job: TaggedFile) -> str:
    """Give how far a file is: a bar, and words; then with the rate and the time left, at its end with its results."""
    if job.problem is not None:
        return told_html(job.problem, job.sees_setup)
    done, failed, count = len(job.done), sum("error" in row for row in job.done), len(job.rows)
    said = f"{done:,} of {count:,} rows" + (f", {failed:,} with an error" if failed else "")
    share = done / max(count, 1)
    if job.over:
        ended = "Done" if done == count else "Cancelled"
        return bar_html(share, "Rows done", f"{ended}: {said}") + (results_html(job.place) if job.place else "")
    if job.stopping:
        return f"<p role='status'>Cancelling at {said}: the row that is being tagged is finished first …</p>"
    if job.waits:
        return f"<p role='status'>{count:,} rows were read. They wait for a place …</p>"
    return bar_html(share, "Rows done", said, rate(done, job.seconds, "rows"), left(share, job.seconds))


def results_html(place: str) -> str:
    """Give the ways to fetch the results of a file, which lie in a place of their user's."""
    links = "".join(
        f"<a class='lectern-button' href='results/{html.escape(place)}/{name}' download>Results as {kind}</a>"
        for name, kind in (("tags.jsonl", "JSON lines"), ("tags.csv", "CSV"))
    )
    return f"<p class='lectern-links'>{links}</p>"
