"""Shows the passages of a turn on the review desk: those that it cites, and all that it found, to be ticked. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from index_store.chunks import Chunk
from ui.kept_turns import citations_of
from ui.library_view import table
from ui.passages import passage_html
from ui.render import sources_html

Row = Mapping[str, Any]


def cited_html(record: Row, chunks: Mapping[str, Chunk]) -> str:
    """Give the quotes of an answer, each with its place, which opens the passage below as the chat shows it.

    Pages and cells are put there once it is opened (`review.js`), for their files are read for that.
    """
    rows = record["citations"] or []
    if not rows:
        return ""
    cells = [[html.escape(str(r.get("marker", ""))), _opens(r), html.escape(r.get("quote", ""))] for r in rows]
    passages = sources_html(citations_of(record, chunks))
    return (
        f"{table('Cited', ('', 'Place', 'Quote'), cells)}"
        f"<details id='passages' data-of='{html.escape(record['id'])}'><summary>The passages that were cited</summary>"
        f"<div>{passages}</div></details>"
    )


def _opens(row: Row) -> str:
    place = html.escape(f"{row['path']}, {row['locator']}")
    number = html.escape(str(row.get("marker", "")))
    return f"<button type='button' class='lectern-look' data-passage='{number}'>{place}</button>"


def found_html(record: Row, chunks: Mapping[str, Chunk]) -> str:
    """Give what was found in the course for a turn: each passage opens, and can be ticked as a right source."""
    rows = _distinct(record)
    if not rows:
        return ""
    cells = [[_tick(r), _passage(r, chunks.get(r.get("chunk_id", ""))), _near(r)] for r in rows]
    return table("Found, the right sources to be ticked", ("Right", "Passage", "Similarity"), cells)


def found_ids(record: Row) -> list[str]:
    """Give the ids of the chunks that were found for a turn."""
    return [row["chunk_id"] for row in _distinct(record) if row.get("chunk_id")]


def _tick(row: Row) -> str:
    path = html.escape(row["path"])
    name = html.escape(f"{row['path']} is a right source")
    return f"<input type='checkbox' data-right='{path}' aria-label='{name}'>"


def _passage(row: Row, chunk: Chunk | None) -> str:
    place = html.escape(f"{row['path']}, {row['locator']}")
    if chunk is None:
        return place
    text = "<div class='lectern-passage' tabindex='0' role='group' aria-label='Passage'>"
    return f"<details><summary>{place}</summary>{text}{passage_html(chunk.context, [])}</div></details>"


def _near(row: Row) -> str:
    near = row.get("cosine")
    return f"{near:.2f}" if isinstance(near, int | float) else ""


def _distinct(record: Row) -> Sequence[Row]:
    """Give each place in the course that was found, once, what stands first there first."""
    places: dict[tuple[str, str], Row] = {}
    for row in _all_found(record):
        known = places.get((row["path"], row["locator"]), {})
        places[row["path"], row["locator"]] = {**row, **known}
    return list(places.values())


def _all_found(record: Row) -> Iterator[Row]:
    for span in record["spans"]:
        outputs = span["outputs"]
        rows = outputs.get("sources") if span["kind"] == "tool" and isinstance(outputs, Mapping) else outputs
        if span["kind"] in ("retrieve", "tool") and isinstance(rows, list):
            yield from (row for row in rows if _is_place(row))
    yield from (row for row in (*(record["related"] or ()), *(record["citations"] or ())) if _is_place(row))


def _is_place(row: Any) -> bool:
    """Tell a place in the course from one outside, and from what a store holds that was written otherwise."""
    if not isinstance(row, Mapping) or row.get("kind", "course") != "course":
        return False
    return isinstance(row.get("path"), str) and isinstance(row.get("locator"), str)
