"""Made-up turns for the tests of tracing."""

from __future__ import annotations

import uuid
from typing import Any

from assistant.tracing.records import End, Origin, Prompt, Span, Start

BEGAN = 1_790_000_000.0


def start(question: str = "What is ReAct?", *, at: float = BEGAN, origin: Origin | None = None, **given: Any) -> Start:
    known = {"mode": "quoting", "provider": "lectern", "model": "quoting", "index_fingerprint": "minilm, v2"}
    return Start(
        trace_id=uuid.uuid4().hex,
        question=question,
        origin=origin or Origin("c1", "u1", "web"),
        started_at=at,
        **{"kind": "ask", **known, **given},
    )


def end(answer: str = "It thinks and acts. [1]", *, at: float = BEGAN + 2, **given: Any) -> End:
    citation = {"marker": 1, "path": "05-react.md", "locator": "lines 8-11", "quote": "It thinks.", "score": 0.7}
    prompt = Prompt("answer", 1, "a9538b4dd7ece48f", {"question": "What is ReAct?", "passages": []})
    known: dict[str, Any] = {"status": "ok", "citations": (citation,), "prompt": prompt}
    return End(answer=answer, ended_at=at, **{**known, **given})


def steps(count: int = 8, at: float = BEGAN) -> list[Span]:
    """A tree: retrieve, then synthesize with the rest below it."""
    found: list[Span] = []
    for n in range(count):
        parent = found[1].id if n > 1 else None
        kind: Any = ("retrieve", "synthesize", "model")[min(n, 2)]
        span = Span(f"{n:016x}", parent, kind, f"step {n}", at + n / 10, {"n": n}, {"text": "said " * 50})
        span.ended_at, span.status = at + n / 10 + 0.05, "ok"
        span.attributes = {"gen_ai.request.model": "quoting"}
        found.append(span)
    return found
