"""Writes a conversation as a file to keep: Markdown to read, JSON to use. Pure functions of its turns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from assistant.tracing.content import cited_without_contexts
from ui.kept_turns import INTERRUPTED

Record = Mapping[str, Any]
LONGEST_NAME = 60
"""Characters of a file's name."""


def file_name(title: str, records: Sequence[Record], kind: str) -> str:
    """Name the file after the conversation and the day it began.

    >>> file_name("What is ReAct / RAG?", [{"started_at": 0.0}], "md")
    'What is ReAct RAG 1970-01-01.md'
    """
    words = " ".join(re.findall(r"\w[\w'’-]*", title))[:LONGEST_NAME].strip() or "Conversation"
    day = f" {datetime.fromtimestamp(records[0]['started_at'], UTC):%Y-%m-%d}" if records else ""
    return f"{words}{day}.{kind}"


def to_markdown(title: str, records: Sequence[Record]) -> str:
    """Give a conversation as Markdown, each answer with the quotes it stands on."""
    parts = [f"# {' '.join(title.split())}"]
    for record in records:
        parts.append(f"## {' '.join(record['question'].split())}")
        parts.append(f"*{_time(record['started_at'])}, {_answered_by(record)}*")
        parts.append(record["answer"] or f"*{_why_not(record)}*")
        parts += [_cited(row) for row in record["citations"] or []]
    return "\n\n".join(parts) + "\n"


def to_json(title: str, records: Sequence[Record]) -> str:
    """Give a conversation as a JSON object with a row for each turn."""
    turns = [
        {
            "trace_id": r["id"],
            "asked_at": _time(r["started_at"]),
            "question": r["question"],
            "answer": r["answer"],
            "status": r["status"],
            "model": r["model"],
            "citations": cited_without_contexts(r),
            "vote": r["vote"],
        }
        for r in records
    ]
    return json.dumps({"title": title, "turns": turns}, ensure_ascii=False, indent=2) + "\n"


def _cited(row: Record) -> str:
    quote = " ".join(str(row["quote"]).split())
    return f"> [{row['marker']}] {quote}\n>\n> {row['path']}, {row['locator']}".rstrip(", ")


def _why_not(record: Record) -> str:
    return INTERRUPTED if record["status"] == "aborted" else str(record["error"] or record["status"])


def _answered_by(record: Record) -> str:
    return "quotes only, no language model" if record["mode"] == "quoting" else str(record["model"])


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
