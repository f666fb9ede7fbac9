"""Shows the review desk: turns in a list, one as a tree, unanswered questions, agreement. Pure functions."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from assistant.evaluation.agreement import Agreement
from assistant.tracing.records import is_proposal
from assistant.unanswered import Group
from ui.library_view import table

Row = Mapping[str, Any]
HEAD = ["Question", "Status", "Vote", "Review", "Support", "Seconds", "Model", "Asked (UTC)"]
SHOWN_QUESTION = 110
LONGEST_JSON = 4_000


def list_html(rows: Sequence[Row], reviews: Mapping[str, Row]) -> str:
    """Give the list, with the latest review of a turn by its id; a turn opens by the button that its question is."""
    if not rows:
        return "<p class='lectern-note'>No turn fits.</p>"
    lines = [(row, _line(row, reviews.get(row["id"], {}))) for row in rows]
    cells = [[_opener(row), *(html.escape(cell) for cell in line)] for row, line in lines]
    return table("Turns", HEAD, cells)


def _opener(row: Row) -> str:
    question = html.escape(_short(row["question"]) or "(no text)")
    return f"<button type='button' class='lectern-open' data-turn='{html.escape(row['id'])}'>{question}</button>"


def _line(row: Row, review: Row) -> list[str]:
    to = f"for {review['assignee']}" if review.get("assignee") else ""
    return [
        row["status"] + (", left out" if row["left_out"] else ""),
        row["vote"] or "",
        _reviewed(review, to),
        "" if row["support"] is None else f"{row['support']:.2f}",
        _seconds(row),
        row["model"],
        _time(row["started_at"]),
    ]


def _reviewed(review: Row, to: str) -> str:
    if review and is_proposal(review):
        return "proposal"
    found = f"they disagree ({review['disagree']})" if review.get("disagree") else review.get("verdict")
    return ", ".join(part for part in (found, to) if part) or ("seen" if review else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_QUESTION else line[: SHOWN_QUESTION - 1] + "…"


def turn_html(record: Row, deliveries: Sequence[Row], links: Mapping[str, str], leaves: Row | None = None) -> str:
    """Give a turn whole: what was said, the facts, its steps as a tree, votes, reviews, and what was delivered.

    `leaves` is what is sent of it, redacted; None where nothing is.
    """
    said = record["answer"] or record["error"] or ""
    return "".join(
        (
            f"<h3>{html.escape(_short(record['question']))}</h3>",
            f"<div class='lectern-said'>{html.escape(record['question'])}</div>"
            if len(record["question"]) > 110
            else "",
            f"<div class='lectern-said'>{html.escape(said)}</div>",
            _facts(record, deliveries, links),
            _cited(record),
            f"<details open><summary>Steps</summary>{tree_html(record)}</details>",
            _folded("Variables of the prompt", record["template_variables"]),
            _folded("What is sent of it, redacted", leaves),
            _people(record),
        )
    )


def _facts(record: Row, deliveries: Sequence[Row], links: Mapping[str, str]) -> str:
    prompt = f"{record['template']} v{record['template_version']}" if record["template"] else "none"
    known = [n for n in (record["input_tokens"], record["output_tokens"]) if n is not None]
    tokens = f"{record['input_tokens'] or 0:,} in, {record['output_tokens'] or 0:,} out" if known else "not reported"
    price = "unknown" if record["price_usd"] is None else f"${record['price_usd']:.6f}"
    facts = {
        "Status": record["status"] + (f": {record['error']}" if record["error"] else ""),
        "Asked": f"{_time(record['started_at'])} UTC, {_seconds(record)} s",
        "Answered by": f"{record['mode']} mode, {record['model']}",
        "Prompt": f"{prompt} {record['template_hash'] or ''}",
        "Tokens": tokens,
        "Price": price,
        "Support": "no source" if record["support"] is None else f"{record['support']:.2f}",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
    return f"<dl class='lectern-facts'>{rows}<dt>Delivered</dt><dd>{_delivered(deliveries, links)}</dd></dl>"


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


def _cited(record: Row) -> str:
    rows = record["citations"] or record["related"] or []
    if not rows:
        return ""
    name = "Cited" if record["citations"] else "Nearest passages"
    cells = [
        [
            html.escape(str(r.get("marker", ""))),
            html.escape(f"{r['path']}, {r['locator']}"),
            html.escape(r.get("quote", "")),
        ]
        for r in rows
    ]
    return table(name, ("", "Place", "Quote"), cells)


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
    return f"{html.escape(span['kind'])}: {html.escape(span['name'])} <small>{_took(span)}{_fault(span)}</small>"


def _took(span: Row) -> str:
    if span["ended_at"] is None:
        return "open"
    took = span["ended_at"] - span["started_at"]
    return f"{took * 1000:.0f} ms" if took < 1 else f"{took:.2f} s"


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
        f"{_time(f['created_at'])}: {f['vote'] or 'taken back'} {f['reason'] or ''} {f['comment']}"
        for f in record["feedback"]
    ]
    for review in record["reviews"]:
        right = [review["corrected_answer"], *(review["corrected_sources"] or []), *(review["corrected_tags"] or [])]
        said = "; ".join(str(part) for part in (review["verdict"], *right, review["comment"]) if part)
        to = f", for {review['assignee']}" if review["assignee"] else ""
        proposed = " (a proposal)" if is_proposal(review) else ""
        lines.append(f"{_time(review['created_at'])}: {review['reviewer']}{proposed}{to}: {said}")
    items = "".join(f"<li>{html.escape(' '.join(line.split()))}</li>" for line in lines)
    return f"<h4>Feedback and reviews</h4><ul>{items}</ul>" if items else ""


def groups_html(groups: Sequence[Group], turns: Sequence[str], aside: int = 0) -> str:
    """Give the questions that could not be answered, grouped by meaning, each as what opens its turn.

    `turns` are the ids of their turns; `aside` is how many more were found rightly refused.
    """
    told = f"<p class='lectern-note'>{aside:,} more {'was' if aside == 1 else 'were'} found rightly refused.</p>"
    if not groups:
        return "<p class='lectern-note'>No question was refused.</p>" if not aside else told
    rows = [[str(len(group.questions)), _openers(group, turns)] for group in groups]
    return table("What the course could not answer", ("Asked", "Question"), rows) + (told if aside else "")


def _openers(group: Group, turns: Sequence[str]) -> str:
    """Give each wording of a group once, the one nearest to the others first."""
    of = {question: turns[n] for question, n in zip(group.questions, group.members, strict=True)}
    first = {group.question: of[group.question]}
    buttons = [
        f"<button type='button' class='lectern-open' data-turn='{html.escape(turn)}'>{html.escape(question)}</button>"
        for question, turn in {**first, **of}.items()
    ]
    others = f"<br><small>{' · '.join(buttons[1:])}</small>" if len(buttons) > 1 else ""
    return f"<strong>{buttons[0]}</strong>{others}"


def covered_html(covered: Sequence[tuple[str, bool]]) -> str:
    """Say which of the questions the course answers now."""
    rows = [
        [html.escape(q), f"<span class='lectern-{'done' if now else 'failed'}'>{_covered(now)}</span>"]
        for q, now in covered
    ]
    return table("Covered now?", ("Question", "Now"), rows) if rows else ""


def _covered(now: bool) -> str:
    return "answered" if now else "still not"


def agreement_html(found: Sequence[Agreement]) -> str:
    """Give how far each pair of reviewers agrees."""
    if not found:
        return "<p class='lectern-note'>No turn was judged by two reviewers yet.</p>"
    rows = [
        [
            html.escape(" and ".join(a.reviewers)),
            str(a.turns),
            f"{a.same} ({a.same / a.turns:.0%})",
            "not defined: both gave one verdict only" if a.kappa is None else f"{a.kappa:.2f}",
        ]
        for a in found
    ]
    return table("Agreement beyond chance", ("Reviewers", "Turns both judged", "Same verdict", "Cohen's kappa"), rows)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _seconds(row: Row) -> str:
    return "" if row["ended_at"] is None else f"{row['ended_at'] - row['started_at']:.2f}"
