"""Keeps one turn: its row when it begins, its spans and its end when it is over. The turn goes on if that fails.

An answer that cannot be kept is still an answer: the failure is logged, and the store counts it for the page to show.
So tracing never takes an answer from anybody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assistant.events import Citation, Usage
from assistant.tracing.capture import Recording
from assistant.tracing.records import End, Span, Start, Status
from assistant.usage import Meter
from index_store.chunks import Hit
from index_store.errors import LecternError, TraceProblem

CITED_WITHIN_S = 3.0
"""What an answer that broke off cites is looked up so long: it is kept without rather than not at all."""
LONGEST_CONTEXT = 4000
"""Characters that are kept of a passage from outside; the quotes in it are kept whatever their length."""
log = logging.getLogger(__name__)
TURNS = logging.getLogger("lectern.turns")
"""Where each turn tells of its end: ids and figures, nothing of what was said."""


class Traces(Protocol):
    """Where turns are kept; see `tracing.store`."""

    def begin(self, start: Start) -> None:
        """Write a turn that begins."""

    def finish(self, start: Start, end: End, steps: Sequence[Span]) -> None:
        """Write how it ended, whole if its beginning was not written."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What answers, as a trace names it."""

    mode: str = ""
    provider: str = ""
    model: str = ""
    index_fingerprint: str = ""


class Turn:
    """One turn from its beginning to its end; `said` is what has been said so far, `citing` gives what that cites.

    `alone` says that nobody else waits for this event loop: then it is kept without a thread beside it.
    """

    def __init__(self, traces: Traces | None, start: Start, *, alone: bool = False) -> None:
        self._traces = traces
        self._alone = alone
        self.start = start
        self._began = time.monotonic()
        self.meter = Meter()
        self.recording = Recording(self.now)
        self.said = ""
        self.citing: Callable[[str], tuple[Citation, ...]] | None = None
        self.citations: tuple[Citation, ...] = ()
        self.searched: str | None = None
        self.is_over = False

    @property
    def seconds(self) -> float:
        """How long the turn has taken so far."""
        return time.monotonic() - self._began

    def now(self) -> float:
        """Give the time (s since 1970) as it has gone on since the beginning, though the clock may be set meanwhile."""
        return self.start.started_at + self.seconds

    async def begin(self) -> None:
        """Keep that the turn has begun, before anything is done for it."""
        if self._traces is not None:
            await self._keep(self._traces.begin, self.start)

    async def end(
        self,
        status: Status,
        *,
        citations: Sequence[Citation] = (),
        related: Sequence[Hit] = (),
        tags: Sequence[str] = (),
        failure: BaseException | None = None,
    ) -> None:
        """Keep how the turn ended; only the first end counts."""
        if self.is_over:
            return
        self.is_over = True
        self.citations = tuple(citations) or (await self._cited() if status in ("stopped", "error") else ())
        usage = self.meter.usage()
        self._tell(status, usage, failure)
        if self._traces is None:
            return
        end = End(
            status=status,
            answer=self.said,
            ended_at=self.now(),
            citations=_kept(self.citations),
            related=tuple(_related(h) for h in related),
            tags=tuple(tags),
            searched=self.searched,
            prompt=self.recording.prompt,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            embedding_tokens=usage.embedding_tokens,
            tokens_from=usage.source,
            price_usd=usage.price_usd,
            error=None if failure is None else str(failure),
            error_type=None if failure is None else type(failure).__name__,
        )
        await self._keep(self._traces.finish, self.start, end, self.recording.close(status))

    async def _cited(self) -> tuple[Citation, ...]:
        """Give what an answer that broke off cites by then; one that cannot be looked up is none."""
        if self.citing is None or not self.said.strip():
            return ()
        try:
            async with asyncio.timeout(CITED_WITHIN_S):
                return await asyncio.to_thread(self.citing, self.said)
        except (LecternError, TimeoutError) as exc:
            log.warning("What turn %s cites is not known: %s", self.start.trace_id, exc or "it took too long")
            return ()

    def _tell(self, status: Status, usage: Usage, failure: BaseException | None) -> None:
        about = {
            "trace_id": self.start.trace_id,
            "kind": self.start.kind,
            "face": self.start.origin.face,
            "mode": self.start.mode,
            "model": self.start.model,
            "status": status,
            "seconds": round(self.seconds, 3),
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "price_usd": usage.price_usd,
            "error_type": None if failure is None else type(failure).__name__,
        }
        TURNS.info("turn ended", extra=about)

    async def _keep(self, write: Any, *what: Any) -> None:
        try:
            if self._alone:
                write(*what)
            else:  # shielded: a reader who goes away in the middle must not take the record with it
                await asyncio.shield(asyncio.to_thread(write, *what))
        except TraceProblem as exc:
            log.warning("Turn %s could not be kept: %s", self.start.trace_id, exc)
        except Exception:  # the edge of tracing: a fault of ours in keeping an answer must not take it away
            log.exception("Turn %s could not be kept", self.start.trace_id)


def _kept(citations: Sequence[Citation]) -> tuple[dict[str, Any], ...]:
    """Give citations as rows; what the library does not hold keeps its context, once for each source of an answer."""
    rows, contexts = [], list[tuple[int, str]]()
    for citation in citations:
        row = _citation(citation)
        known = any(marker == citation.marker and citation.quote in text for marker, text in contexts)
        if citation.kind != "course" and not known:
            row["context"] = _around(citation.quote, citation.context)
            contexts.append((citation.marker, row["context"]))
        rows.append(row)
    return tuple(rows)


def _around(quote: str, context: str) -> str:
    """Cut a long context to what stands around the quote."""
    if len(context) <= LONGEST_CONTEXT:
        return context
    room = max(0, LONGEST_CONTEXT - len(quote)) // 2
    start = max(0, context.find(quote) - room)
    cut = context[start : start + max(LONGEST_CONTEXT, len(quote))]
    return cut if quote in cut else quote


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "marker": citation.marker,
        "path": citation.path,
        "locator": citation.locator,
        "quote": citation.quote,
        "score": citation.score,
        "title": citation.title,
        "chunk_id": citation.chunk_id,
        "kind": citation.kind,
        "fetched_at": citation.fetched_at,
    }


def _related(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    about = {"path": chunk.path, "locator": str(chunk.locator), "title": chunk.title}
    return {**about, "cosine": hit.cosine, "chunk_id": chunk.id}
