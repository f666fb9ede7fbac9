"""Shows the names that were found in an abstract: pure functions. Every text passes `html.escape`."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence

from assistant.tagged import Tagged, TaggedAbstract
from ui.live_tag_files import TaggedFile
from ui.page_errors import told_html
from ui.progress_view import bar_html, left, rate, rows_over_html

Spans = Sequence[Sequence[int]]
Named = tuple[str, Tagged]
"""A result, and what found it."""


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
    """Give each abstract with its names marked, how they were found, and what there is to tell."""
    each, told = _each(text, found), f"{html.escape(how)}{_cost(found)}"
    if len(each) == 1:
        return f"<p class='lectern-note'>{_count(each[0])} · {told}</p>{_passage(text, each[0])}{_notes(found.notes)}"
    shown = (
        f"{_heading(n, len(each))}<p class='lectern-note'>{_count(one)}</p>{_passage(text, one)}{_notes(one.notes)}"
        for n, one in enumerate(each, start=1)
    )
    return f"<p class='lectern-note'>{told}</p>{_notes(found.of_all)}{''.join(shown)}"


def tags_json(found: Tagged) -> str:
    """Give the JSON list that the exercise asks for; of several abstracts a list of lists, one a line."""
    return _json(found, indent=0)


def compared_html(text: str, left: Named, right: Named) -> str:
    """Give each abstract with all names, and below it two results side by side; what only one has is marked as such."""
    pairs = list(zip(_each(text, left[1]), _each(text, right[1]), strict=True))
    names = [({_same(t) for t in ours.tags}, {_same(t) for t in theirs.tags}) for ours, theirs in pairs]
    differ = any(ours != theirs for ours, theirs in names)
    verdict = "Both found the same names."
    if differ:
        both, only_left, only_right = (
            sum(map(len, found))
            for found in ([a & b for a, b in names], [a - b for a, b in names], [b - a for a, b in names])
        )
        verdict = f"In both: {both}. Only left: {only_left}. Only right: {only_right}."
    several = len(pairs) > 1
    shown = (
        f"{_heading(n, len(pairs)) if several else ''}{_side_by_side(text, (left, ours), (right, theirs))}"
        for n, (ours, theirs) in enumerate(pairs, start=1)
    )
    costs = "".join(f"<p class='lectern-note'>{html.escape(name)}{_cost(found)}</p>" for name, found in (left, right))
    notes = list(dict.fromkeys((*left[1].of_all, *right[1].of_all)))
    return (
        f"<p><strong>{html.escape(verdict)}</strong></p>{costs if several else ''}{_notes(notes)}"
        f"<p class='lectern-note'>{'Each' if several else 'The'} abstract, with the names of both{_legend(differ)}</p>"
        f"{''.join(shown)}"
    )


def half_compared_html(text: str, left: Named, right: tuple[str, str]) -> str:
    """Give one result, and beside it in the other's place why that is missing (HTML that is safe)."""
    (name, found), (other, told) = left, right
    each = _each(text, found)
    ours = (
        f"<h3>{html.escape(name)}</h3>{_once(found)}{''.join(_list_of(one, set(map(_same, one.tags))) for one in each)}"
    )
    sides = f"<section>{ours}</section><section><h3>{html.escape(other)}</h3>{told}</section>"
    return (
        f"<p><strong>Only the first came to an end.</strong></p>{_notes(found.of_all)}"
        "<p class='lectern-note'>The abstract, with the names of the first</p>"
        f"{''.join(_passage(text, one) for one in each)}"
        f"<div class='lectern-sides'>{sides}</div>"
    )


def compared_json(left: Named, right: Named) -> str:
    """Give the lists of both as one JSON object, each under the name of its version."""
    names = [left[0], right[0]] if left[0] != right[0] else [f"{left[0]} (left)", f"{right[0]} (right)"]
    pairs = zip(names, (left[1], right[1]), strict=True)
    shown = (f" {json.dumps(name, ensure_ascii=False)}: {_json(found, indent=2)}" for name, found in pairs)
    return "{\n" + ",\n".join(shown) + "\n}"


def _each(text: str, found: Tagged) -> Sequence[TaggedAbstract]:
    """Give the abstracts of a paste, mostly the whole of it."""
    own = tuple(note for note in found.notes if note not in found.of_all)
    return found.abstracts or (TaggedAbstract(0, len(text), found.tags, found.spans, own),)


def _side_by_side(text: str, left: tuple[Named, TaggedAbstract], right: tuple[Named, TaggedAbstract]) -> str:
    ours, theirs = ({_same(tag) for tag in one.tags} for _, one in (left, right))
    sides = ((left, theirs), (right, ours))
    kinds = {
        (int(span[0]), int(span[1])): "" if _same(tag) in other else "lectern-only"
        for (_, one), other in sides
        for tag, span in zip(one.tags, one.spans, strict=False)
    }
    columns = (
        f"<section><h3>{html.escape(name)}</h3>{_once(found)}{_list_of(one, other)}</section>"
        for ((name, found), one), other in sides
    )
    return f"{_passage(text, left[1], kinds)}<div class='lectern-sides'>{''.join(columns)}</div>"


def _passage(text: str, one: TaggedAbstract, kinds: Mapping[tuple[int, int], str] | None = None) -> str:
    """Give the text of an abstract with its names marked, whose places are those in the paste."""
    places = {(int(s[0]), int(s[1])): "" for s in one.spans} if kinds is None else kinds
    here = {(start - one.start, end - one.start): kind for (start, end), kind in places.items()}
    return f"<div class='lectern-passage lectern-abstract'>{_marked(text[one.start : one.end], here)}</div>"


def _heading(n: int, count: int) -> str:
    return f"<h3>Abstract {n} of {count}</h3>"


def _count(one: TaggedAbstract) -> str:
    if not one.spans:
        return "No model is named." if one.tags else "Its names are not known."
    return f"{len(one.spans)} name{'' if len(one.spans) == 1 else 's'}"


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f"<ul class='lectern-note'>{items}</ul>" if items else ""


def _legend(differ: bool) -> str:
    return "; <mark class='lectern-name lectern-only'>so</mark> where one alone found it" if differ else ""


def _list_of(one: TaggedAbstract, other: set[str]) -> str:
    names = [
        f"<li class='{'' if _same(tag) in other else 'lectern-only'}'>{html.escape(tag)}"
        f"{'' if _same(tag) in other else ' (only here)'}</li>"
        for tag in one.tags
    ]
    return f"<ul>{''.join(names)}</ul>{_notes(one.notes)}"


def _json(found: Tagged, indent: int) -> str:
    """Write one list of names, of several abstracts a list of lists."""
    lists = [json.dumps(tags, ensure_ascii=False) for tags in [one.tags for one in found.abstracts] or [found.tags]]
    return "[" + f",\n{' ' * indent} ".join(lists) + "]" if found.abstracts else lists[0]


def _same(tag: str) -> str:
    return " ".join(tag.casefold().split())


def _once(found: Tagged) -> str:
    """Give what a result cost, where it is not that of several abstracts together."""
    return "" if found.abstracts else f"<p class='lectern-note'>{_cost(found).removeprefix(' · ')}</p>"


def _cost(found: Tagged) -> str:
    usage, parts = found.usage, [f"{found.seconds:.2f} s"]
    if usage.input_tokens is not None or usage.output_tokens is not None:
        parts.append(f"{usage.input_tokens or 0} tokens in, {usage.output_tokens or 0} out")
    if usage.price_usd is not None:
        parts.append(f"${usage.price_usd:.6f}")
    return " · " + html.escape(", ".join(parts))


def file_html(job: TaggedFile) -> str:
    """Give how far a file is: a bar, and words; then with the rate and the time left, at its end with its results."""
    problem = "" if job.problem is None else told_html(job.problem, job.sees_setup)
    done, failed, count = len(job.done), sum("error" in row for row in job.done), len(job.rows)
    said = f"{done:,} of {count:,} rows" + (f", {failed:,} with an error" if failed else "")
    share = done / max(count, 1)
    if job.over:
        return rows_over_html(problem, done, count, said, results_html(job.place) if job.place else "")
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
