"""Puts the values of a trace into the rows of its tables: redacted, and of a kind and length that any database holds.

Writes nothing. Names are cut to the width of their columns: PostgreSQL refuses what is longer, and the turn with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.tracing.records import End, Span, Start
from assistant.tracing.redaction import Redaction, storable
from assistant.tracing.spending import characters_of, countable


class Rows:
    """Makes rows with what is to be hidden replaced."""

    def __init__(self, redact: Redaction) -> None:
        self._redact = redact

    def begun(self, start: Start, owner: str) -> dict[str, Any]:
        """Give the row of a turn that begins; `owner` is the process that runs it."""
        said = self._redact.text(start.question)
        return {
            "id": start.trace_id,
            "conversation_id": start.origin.conversation_id or start.trace_id,
            "kind": start.kind,
            "face": start.origin.face,
            "owner": owner,
            "status": "running",
            "started_at": start.started_at,
            "question": said,
            "search_text": said.casefold(),
            "mode": start.mode,
            "provider": storable(start.provider)[:120],
            "model": storable(start.model)[:200],
            "index_fingerprint": storable(start.index_fingerprint)[:200],
        }

    def said(self, text: str) -> dict[str, Any]:
        """Give what changes in the row of a turn that goes on: what was said by now."""
        return {"answer": self._redact.text(text)}

    def ended(self, start: Start, end: End, steps: Sequence[Span] = ()) -> dict[str, Any]:
        """Give what changes in it when it is over."""
        sent, said = characters_of(steps) if end.input_tokens is None else (None, None)
        answer = self._redact.text(end.answer)
        prompt, trial = end.prompt, start.origin.trial
        return {
            "status": end.status,
            "answer": answer,
            "search_text": f"{self._redact.text(start.question)}\n{answer}".casefold(),
            "ended_at": end.ended_at,
            "citations": self._redact.value([dict(c) for c in end.citations]),
            "related": self._redact.value([dict(r) for r in end.related]),
            "tags": self._redact.value(list(end.tags)),
            "support": max((float(c["score"]) for c in end.citations if "score" in c), default=None),
            "evaluation": None if trial is None else self._redact.value(trial.judged(end)),
            "searched": None if end.searched is None else self._redact.text(end.searched),
            "template": prompt and prompt.name,
            "template_version": prompt and prompt.version,
            "template_hash": prompt and prompt.hash,
            "template_variables": prompt and self._redact.value(dict(prompt.variables)),
            "input_tokens": countable(end.input_tokens),
            "output_tokens": countable(end.output_tokens),
            "embedding_tokens": countable(end.embedding_tokens),
            "tokens_from": end.tokens_from,
            "price_usd": end.price_usd,
            "sent_characters": sent,
            "said_characters": said,
            "error": None if end.error is None else self._redact.text(end.error),
            "error_type": end.error_type and end.error_type[:120],
        }

    def step(self, trace_id: str, position: int, span: Span) -> dict[str, Any]:
        """Give the row of a span."""
        return {
            "trace_id": trace_id,
            "id": span.id,
            "parent_id": span.parent_id,
            "position": position,
            "kind": span.kind,
            "name": storable(span.name)[:200],
            "started_at": span.started_at,
            "ended_at": span.ended_at,
            "status": span.status,
            "error": None if span.error is None else self._redact.text(span.error),
            "inputs": self._redact.value(span.inputs),
            "outputs": self._redact.value(span.outputs),
            "attributes": self._redact.value(span.attributes),
        }
