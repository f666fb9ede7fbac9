"""Delivers what the outbox holds: one worker, in a thread of its own, off every turn's path. Knows no wire format.

At least once, with a stable id: an item is marked as delivered after the sink has taken it, so a kill between the two
sends it again under the same id. What is wrong with a sink, `outbox.states` tells `lectern doctor` and the page.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.tracing.outbox import Item, Queue
from assistant.tracing.settings import TraceSettings
from index_store.errors import DeliveryProblem, SinkDenied, SinkRefused, SinkUnavailable, TraceProblem

AT_A_TIME = 8
"""Items claimed at once: each may take twenty seconds, and all must be sent before their claim runs out."""
POLL_S = 5.0
"""How often a worker looks for what other processes have put into the outbox."""
SOONEST_S = 0.5
log = logging.getLogger(__name__)


class Sink(Protocol):
    """Where traces go. Each method either returns (it has arrived) or raises one of the three delivery errors."""

    name: str

    def send_trace(self, record: dict[str, Any]) -> None:
        """Send a trace."""

    def send_feedback(self, item: dict[str, Any]) -> None:
        """Send a vote on a trace that was sent before."""

    def abandon(self) -> None:
        """Cut a request that is under way, from another thread."""

    def close(self) -> None:
        """Close connections."""


@dataclass(slots=True)
class Tally:
    """What one round did."""

    delivered: int = 0
    dead: int = 0
    problems: dict[str, str] = field(default_factory=dict)  # by sink, what holds it up


def make_sinks(settings: TraceSettings) -> list[Sink]:
    """Make the sinks that the settings name; the libraries behind them are imported with the first item."""
    from assistant.tracing.comet import CometSink
    from assistant.tracing.opik import OpikSink

    makers: Mapping[str, Callable[[TraceSettings], Sink]] = {"comet": CometSink, "opik": OpikSink}
    return [makers[name](settings) for name in settings.sinks]


def deliver_round(
    queue: Queue, sinks: Sequence[Sink], *, all_now: bool = False, stop: threading.Event | None = None
) -> Tally:
    """Send what is due (with `all_now` the rest too), oldest first, until nothing is or a sink cannot take more."""
    tally = Tally()
    for sink in sinks:
        while not (stop is not None and stop.is_set()):
            items = queue.claim(sink.name, AT_A_TIME, even_if_not_due=all_now)
            if not items or not _send_all(queue, sink, items, tally, stop):
                break
    return tally


def _send_all(queue: Queue, sink: Sink, items: list[Item], tally: Tally, stop: threading.Event | None) -> bool:
    """Send claimed items; False when the sink is to be left alone."""
    for n, item in enumerate(items):
        if stop is not None and stop.is_set():
            queue.release(items[n:])
            return False
        if not queue.holds(item):
            continue
        try:
            _send(sink, item)
        except SinkRefused as exc:
            queue.dead(item, str(exc))
            tally.dead += 1
        except (SinkDenied, SinkUnavailable) as exc:
            if isinstance(exc, SinkDenied):
                queue.pause(item, str(exc))
            else:
                queue.later(item, str(exc), exc.retry_after_s)
            tally.problems[sink.name] = str(exc)
            queue.release(items[n + 1 :])
            return False
        else:
            queue.delivered(item)
            tally.delivered += 1
    return True


def _send(sink: Sink, item: Item) -> None:
    try:
        (sink.send_trace if item.kind == "trace" else sink.send_feedback)(item.payload)
    except DeliveryProblem:
        raise
    except Exception as exc:  # the edge of a worker: what a bug makes of one item must not hold up all others
        log.exception("%s %s could not be put into the words of %s", item.kind, item.trace_id, sink.name)
        raise SinkRefused(f"It could not be sent: {type(exc).__name__}: {exc}") from exc


class Worker:
    """Delivers in the background for as long as the program runs."""

    def __init__(self, queue: Queue, sinks: Sequence[Sink], *, poll_s: float = POLL_S) -> None:
        self._queue = queue
        self._sinks = sinks
        self._poll_s = poll_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lectern-delivery", daemon=True)

    def start(self) -> None:
        """Begin; a pause from an earlier run ends, for the key may be another one by now."""
        self._thread.start()

    def close(self, wait_s: float = 2.0) -> None:
        """Stop after the item that is under way, or cut it off: then it stays in the outbox."""
        self._stop.set()
        self._thread.join(wait_s)
        if self._thread.is_alive():
            for sink in self._sinks:
                sink.abandon()
            self._thread.join(wait_s)
        for sink in self._sinks:
            sink.close()

    def _run(self) -> None:
        resumed = False
        while not self._stop.is_set():
            try:
                if not resumed:
                    for sink in self._sinks:
                        self._queue.resume(sink.name)
                    resumed = True
                tally = deliver_round(self._queue, self._sinks, stop=self._stop)
                for name, problem in tally.problems.items():
                    log.warning("Traces are not delivered to %s for now: %s", name, problem)
            except TraceProblem as exc:
                log.warning("The outbox cannot be read or written for now: %s", exc)
            except Exception:  # the edge of the worker: what a row that was tampered with makes must not end it
                log.exception("The delivery stumbled; it goes on")
            self._stop.wait(self._poll_s)
