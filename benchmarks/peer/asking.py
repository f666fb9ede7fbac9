"""What all peers share: reading questions, asking them one by one, and saying what was found. Imports nothing of ours.

A peer is called as `PYTHON PEER.py FOLDER QUESTIONS.jsonl EMBEDDINGS_URL STORE [more]` and writes one JSON line:
{"versions", "contestants": [{"name", "chunks", "seconds", "peak_mb", "query_ms", "hits": {id: [{"path", "text"}]}}]}.
"""

from __future__ import annotations

import importlib.metadata
import json
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TOP_K = 10
Hit = dict[str, str]


def questions(file: str) -> list[dict[str, str]]:
    """Read rows of {"id", "question"}."""
    return [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]


def contestant(name: str, rows: Sequence[dict[str, str]], search: Callable[[str], list[Hit]], **more: Any) -> Any:
    """Ask all questions, the first one twice, and give what was found and how long each took."""
    if rows:
        search(rows[0]["question"])
    times, hits = [], {}
    for row in rows:
        start = time.perf_counter()
        hits[row["id"]] = search(row["question"])
        times.append((time.perf_counter() - start) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"name": name, **more, "peak_mb": peak, "query_ms": times, "hits": hits}


def hit(path: str | Path, folder: str, text: str) -> Hit:
    """Give a hit as it is judged: its file within the folder that was ingested."""
    found = Path(path)
    inside = found.is_absolute() and found.is_relative_to(Path(folder).resolve())
    return {"path": str(found.relative_to(Path(folder).resolve()) if inside else found), "text": text}


def done(contestants: Sequence[Any], packages: Sequence[str]) -> None:
    """Write the one line."""
    known = {name: importlib.metadata.version(name) for name in packages}
    print(json.dumps({"versions": known, "contestants": list(contestants)}))
