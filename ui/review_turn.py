"""Shows one turn of the review desk: what was said, around what, the facts, and its steps as a tree. Pure functions."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from assistant.tracing.conversation_reader import Around
from assistant.tracing.records import INPUT_TOKENS, OUTPUT_TOKENS, PRICE_USD, is_proposal
from index_store.chunks import Chunk
from ui.one_line import SHOWN_QUESTION, one_line
from ui.review_list_view import seconds_of
from ui.review_passages import cited_html, found_html
from ui.times import time_html

Row = Mapping[str, Any]
LONGEST_JSON = 4_000
SHOWN_ANSWER = 140
STEPPING = (
    "<p class='lectern-links'><button type='button' class='lectern-again' data-step='-1'>Previous turn</button>"
    "<button type='button' class='lectern-again' data-step='1'>Next turn</button>"
    "<span role='status' id='stepped'></span></p>"
)


def around_html(around: Around) -> str:
    """Name the conversation of a turn, and give the turns before and after it, each of which opens."""
    own, title = html.escape(around.conversation), html.escape(one_line(around.title) or "(no text)")
    if not around.before and not around.after:
        return "<p class='lectern-note'>The only turn of its conversation.</p>"
    named = f"<button type='button' class='lectern-look' data-conversation='{own}'>{title}</button>"
    total = around.earlier + 1 + around.later
    place = f"Turn {around.earlier + 1:,} of {total:,} in the conversation {named}"
    more = (around.earlier - len(around.before), around.later - len(around.after))
    told = [f"<li class='lectern-note'>{count:,} more</li>" if count else "" for count in more]
    here = "<li aria-current='true'>This turn</li>"
    items = "".join((told[0], *map(_neighbour, around.before), here, *map(_neighbour, around.after), told[1]))
    return f"<div class='lectern-around'><p>{place}</p><ul>{items}</ul></div>"


def _neighbour(row: Row) -> str:
    own, question = html.escape(row["id"]), html.escape(one_line(row["question"]) or "(no text)")
    told = [one_line(row["answer"], SHOWN_ANSWER) or row["status"], *(["left out"] if row["left_out"] else [])]
    opener = f"<button type='button' class='lectern-look' data-turn='{own}'>{question}</button>"
    return f"<li>{opener}<small>{html.escape(' · '.join(told))}</small></li>"


def turn_html(
    record: Row,
    deliveries: Sequence[Row],
    links: Mapping[str, str],
    leaves: Row | None = None,
    around: Around | None = None,
    chunks: Mapping[str, Chunk] = MappingProxyType({}),
) -> str:
    """Give a turn whole: what was said, the facts, its steps as a tree, votes, reviews, and what was delivered.

    `leaves` is what is sent of it, redacted; None where nothing is. `chunks` are the passages that it cites or found,
    by id, as far as the library still holds them.
    """
    said = record["answer"] or record["error"] or ""
    return "".join(
        (
            STEPPING,
            f"<h3 tabindex='-1' data-of='{html.escape(record['id'])}'>{html.escape(one_line(record['question']))}</h3>",
            around_html(around) if around else "",
            f"<div class='lectern-said'>{html.escape(record['question'])}</div>"
            if len(record["question"]) > SHOWN_QUESTION
            else "",
            _rewritten(record),
            f"<div class='lectern-said'>{html.escape(said)}</div>",
            _facts(record, deliveries, links),
            cited_html(record, chunks),
            found_html(record, chunks),
            f"<details open><summary>Steps</summary>{tree_html(record)}</details>",
            _folded("Variables of the prompt", record["template_variables"]),
            _folded("What is sent of it, redacted", leaves),
            _people(record),
        )
    )


def _rewritten(record: Row) -> str:
    """Say what was searched in place of the question, as a follow-up stands for more than its words."""
    if not record["searched"] or record["searched"] == record["question"]:
        return ""
    return f"<p class='lectern-rewritten'>Searched as: <strong>{html.escape(record['searched'])}</strong></p>"


def _facts(record: Row, deliveries: Sequence[Row], links: Mapping[str, str]) -> str:
    prompt = f"{record['template']} v{record['template_version']}" if record["template"] else "none"
    known = [n for n in (record["input_tokens"], record["output_tokens"]) if n is not None]
    tokens = f"{record['input_tokens'] or 0:,} in, {record['output_tokens'] or 0:,} out" if known else "not reported"
    price = "unknown" if record["price_usd"] is None else f"${record['price_usd']:.6f}"
    asked = f"{time_html(record['started_at'], to_second=True)}, {seconds_of(record)} s"
    status = html.escape(record["status"] + (f": {record['error']}" if record["error"] else ""))
    facts = {
        "Answered by": f"{record['mode']} mode, {record['model']}",
        "Prompt": f"{prompt} {record['template_hash'] or ''}",
        "Tokens": tokens,
        "Price": price,
        "Support": "no source" if record["support"] is None else f"{record['support']:.2f}",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
    first = f"<dt>Status</dt><dd>{status}</dd><dt>Asked</dt><dd>{asked}</dd>"
    return f"<dl class='lectern-facts'>{first}{rows}<dt>Delivered</dt><dd>{_delivered(deliveries, links)}</dd></dl>"


def _delivered(deliveries: Sequence[Row], links: Mapping[str, str]) -> str:
    if not deliveries:
        return "nothing leaves"
    parts = []
    for row in deliveries:
        text = html.escape(
            f"{row['sink']}: {row['kind']} {row['state']}" + (f" ({row['error']})" if row["error"] else "")
        )
        link = links.get(row["sink"], "") if row["kind"] == "trace" and row["state"] == "delivered" else ""
        href = f"<a href='{html.escape(link)}' target='_blank' rel='noopener noreferrer'>{text}</a>"
        parts.append(href if link else text)
    return "; ".join(parts)


def tree_html(record: Row) -> str:
    """Give the steps of a turn as nested lists, each with its time, and what went in and came out folded."""
    children: dict[str | None, list[Row]] = {}
    known = {span["id"] for span in record["spans"]}
    for span in record["spans"]:
        parent = span["parent_id"] if span["parent_id"] in known else None
        children.setdefault(parent, []).append(span)
    return _branch(children, None) or "<p class='lectern-note'>No step was kept.</p>"


def _branch(children: Mapping[str | None, Sequence[Row]], parent: str | None) -> str:
    items = "".join(
        f"<li><details><summary>{_headline(span)}</summary>{_shown(span)}</details>{_branch(children, span['id'])}</li>"
        for span in children.get(parent, ())
    )
    return f"<ul class='lectern-tree'>{items}</ul>" if items else ""


def _headline(span: Row) -> str:
    about = f"{_took(span)}{_spent(span)}{_fault(span)}"
    return f"{html.escape(span['kind'])}: {html.escape(span['name'])} <small>{about}</small>"


def _took(span: Row) -> str:
    if span["ended_at"] is None:
        return "open"
    took = span["ended_at"] - span["started_at"]
    return f"{took * 1000:.0f} ms" if took < 1 else f"{took:.2f} s"


def _spent(span: Row) -> str:
    """Give the tokens and the price of a step, where they are known."""
    about = span["attributes"] if isinstance(span["attributes"], Mapping) else {}
    counted = ((about.get(INPUT_TOKENS), "in"), (about.get(OUTPUT_TOKENS), "out"))
    tokens = ", ".join(f"{count:,} {way}" for count, way in counted if isinstance(count, int))
    price = about.get(PRICE_USD)
    cost = f"${price:.6f}" if isinstance(price, int | float) else ""
    return "".join(f", {part}" for part in (tokens and f"{tokens} tokens", cost) if part)


def _fault(span: Row) -> str:
    return (
        ""
        if span["status"] == "ok"
        else f" <b class='lectern-error'>{html.escape(span['error'] or span['status'])}</b>"
    )


def _shown(span: Row) -> str:
    parts = [(name, span[name]) for name in ("inputs", "outputs", "attributes") if span[name]]
    return "".join(f"<p>{name}</p><pre tabindex='0'>{html.escape(_json(value))}</pre>" for name, value in parts)


def _folded(name: str, given: Any) -> str:
    if not given:
        return ""
    return f"<details><summary>{name}</summary><pre tabindex='0'>{html.escape(_json(given))}</pre></details>"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text if len(text) <= LONGEST_JSON else text[:LONGEST_JSON] + " …"


def _people(record: Row) -> str:
    lines = [
        (f["created_at"], f"{f['vote'] or 'taken back'} {f['reason'] or ''} {f['comment']}") for f in record["feedback"]
    ]
    for review in record["reviews"]:
        right = [review["corrected_answer"], *(review["corrected_sources"] or []), *(review["corrected_tags"] or [])]
        said = "; ".join(str(part) for part in (review["verdict"], *right, review["comment"]) if part)
        to = f", for {review['assignee']}" if review["assignee"] else ""
        proposed = " (a proposal)" if is_proposal(review) else ""
        lines.append((review["created_at"], f"{review['reviewer']}{proposed}{to}: {said}"))
    items = "".join(
        f"<li>{time_html(at, to_second=True)}: {html.escape(' '.join(line.split()))}</li>" for at, line in lines
    )
    return f"<h4>Feedback and reviews</h4><ul>{items}</ul>" if items else ""
