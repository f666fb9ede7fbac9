"""Shows logged turns in a terminal: a list, and one as a tree of its steps with their times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text
from rich.tree import Tree

from ui.one_line import one_line
from ui.terminal import console, printable, readable

_STYLE = {"ok": "green", "refused": "yellow", "error": "red", "aborted": "red", "stopped": "yellow"}
_VOTES = {"up": "+1", "down": "-1"}
SHOWN_QUESTION = 90
Row = Mapping[str, Any]


def print_list(rows: Sequence[Row], count: int) -> None:
    """Print a line for each turn."""
    for row in rows:
        line = Text(f"{row['id'][:8]}  {_time(row['started_at'])}  ")
        line.append(f"{row['status']:<8}", style=_STYLE.get(row["status"], ""))
        line.append(f" {_VOTES.get(row['vote'] or '', '  ')}  {printable(one_line(row['question'], SHOWN_QUESTION))}")
        console.print(line, soft_wrap=True)
    if not rows:
        console.print("No turn is logged that fits. `lectern ask` and the chat log every turn.")
    else:
        console.print(f"{len(rows)} of {count} turns; `lectern traces show ID` shows one.", style="dim")


def print_trace(record: Row) -> None:
    """Print a turn whole."""
    console.print(Text(f"{record['id']}", style="bold"))
    _pair("asked", f"{_time(record['started_at'])}, {record['face']}, conversation {record['conversation_id'][:8]}")
    ended = "" if record["ended_at"] is None else f" after {_seconds(record['started_at'], record['ended_at'])}"
    _pair("status", f"{record['status']}{ended}")
    _pair("answered by", f"{record['mode']} mode, {record['model']}")
    _pair("prompt", _prompt(record))
    _pair("usage", _usage(record))
    console.print(Text(f"\n{readable(record['question'])}", style="bold"), soft_wrap=True)
    if record["searched"]:
        console.print(Text(f"searched for: {readable(record['searched'])}", style="dim"), soft_wrap=True)
    console.print(Text(f"\n{readable(record['answer'])}"), soft_wrap=True)
    if record["error"]:
        kind = "" if record["error_type"] is None else f"{record['error_type']}: "
        console.print(Text(f"\n{kind}{readable(record['error'])}", style="red"), soft_wrap=True)
    for citation in record["citations"] or []:
        place = f"[{citation['marker']}] {printable(citation['path'])}  ({printable(citation['locator'])})"
        console.print(Text(place, style="dim"), soft_wrap=True)
    console.print()
    console.print(_tree(record), soft_wrap=True)
    for said in record["feedback"]:
        _pair("feedback", f"{_time(said['created_at'])} {said['vote'] or 'taken back'} {readable(said['comment'])}")
    for review in record["reviews"]:
        _pair("review", f"{_time(review['created_at'])} {printable(review['reviewer'])}: {_review(review)}")


def _tree(record: Row) -> Tree:
    root = Tree(Text(f"{record['kind']} {_seconds(record['started_at'], record['ended_at'])}", style="bold"))
    branches: dict[str | None, Tree] = {None: root}
    for span in record["spans"]:
        line = Text(f"{span['kind']}: {printable(span['name'])} {_seconds(span['started_at'], span['ended_at'])}")
        if span["status"] != "ok":
            line.append(f" {span['status']} {readable(span['error'] or '')}", style=_STYLE.get(span["status"], ""))
        branches[span["id"]] = branches.get(span["parent_id"], root).add(line)
    return root


def _pair(name: str, value: str) -> None:
    if value:
        console.print(Text(f"{name:<12} {value}"), soft_wrap=True)


def _prompt(record: Row) -> str:
    if record["template"] is None:
        return ""
    return f"{record['template']}.v{record['template_version']} ({record['template_hash']})"


def _usage(record: Row) -> str:
    if record["input_tokens"] is None and record["output_tokens"] is None:
        return "not reported" if record["mode"] != "quoting" else ""
    price = "price unknown" if record["price_usd"] is None else f"${record['price_usd']:.6f}"
    given, made = (
        "an unknown number of" if n is None else n for n in (record["input_tokens"], record["output_tokens"])
    )
    return f"{given} tokens in, {made} out, {price}"


def _review(review: Row) -> str:
    sources, tags = review["corrected_sources"] or [], review["corrected_tags"] or []
    parts = [review["verdict"], review["corrected_answer"], *sources, *tags, review["comment"]]
    parts.append(f"for {review['assignee']}" if review["assignee"] else None)
    return "; ".join(readable(part) for part in parts if part)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _seconds(start: float, end: float | None) -> str:
    if end is None:
        return "(open)"
    took = end - start
    return f"{took * 1000:.0f} ms" if took < 1 else f"{took:.2f} s"
