"""Asks a server, and says what came of it: the answer, or the error in words; and what its store kept of the turn."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from assistant.tracing.queries import TraceReader
from tests.api_server import Served

QUESTION = "How hot is stoneware fired?"
ANSWER = "Stoneware is fired at 1,260 degrees Celsius for nine hours. [1]"


@dataclass(frozen=True)
class Said:
    """What a client was told: an answer, or an error with its kind and the next step."""

    status: int
    answer: str = ""
    error: str = ""
    hint: str = ""
    kind: str = ""

    @property
    def answered(self) -> bool:
        return self.status == 200 and bool(self.answer) and not self.error


def ask(address: str, question: str = QUESTION, *, key: str = "any", **body: Any) -> Said:
    """Ask over plain HTTP and wait for the end."""
    headers = {"authorization": f"Bearer {key}"}
    url = f"{address.rstrip('/')}/api/ask"
    answer = httpx.post(url, json={"question": question, "way": "course", **body}, headers=headers, timeout=None)
    row = answer.json()
    failed = row.get("error", {})
    told = {"error": failed.get("message", ""), "hint": failed.get("hint", ""), "kind": failed.get("type", "")}
    return Said(answer.status_code, row.get("answer", ""), **told)


def stream(address: str, question: str = QUESTION, *, key: str = "any") -> tuple[str, list[str], dict[str, Any]]:
    """Ask as OpenAI's client does; give the id of the turn, the pieces that came, and the error if one ended it."""
    headers, body = {"authorization": f"Bearer {key}"}, {"model": "lectern", "stream": True}
    asked = {**body, "messages": [{"role": "user", "content": question}]}
    url = f"{address.rstrip('/')}/v1/chat/completions"
    trace, pieces, error = "", list[str](), dict[str, Any]()
    with httpx.stream("POST", url, json=asked, headers=headers, timeout=None) as lines:
        for line in lines.iter_lines():
            if not line.startswith("data: {"):
                continue
            row = json.loads(line.removeprefix("data: "))
            error = row.get("error", error)
            trace = row.get("id", trace).removeprefix("chatcmpl-")
            pieces += [c["delta"]["content"] for c in row.get("choices", ()) if c["delta"].get("content")]
    return trace, pieces, error


def latest(served: Served) -> dict[str, Any]:
    """Give what the store kept of the newest turn."""
    reader = TraceReader(served.parts.library.traces.engine)
    return dict(reader.get(reader.find(limit=1)[0]["id"]))


def until(holds: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it does not in time.
    """
    end = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"it does not hold within {within_s:g} s")
        time.sleep(0.02)
