"""Delivers traces from a face: in the background of the web app, behind a command, or now. The work is the assistant's.

A command must not wait for Comet, whose library alone takes seconds to import; so it leaves a process behind that
sends what is due and ends. Two such processes send nothing twice: each claims what it sends.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from index_store.errors import LecternError, TracesUnavailable
from ui.terminal import errors

if TYPE_CHECKING:
    from assistant.tracing.delivery import Sink, Tally, Worker
    from assistant.tracing.outbox import Queue
    from assistant.tracing.store import TraceStore
    from ui.wiring import Library

UPKEEP_S = 3_600.0
WAIT_FOR_OTHERS_S = 60.0
log = logging.getLogger(__name__)


def start_worker(library: Library) -> Worker | None:
    """Start delivering in the background, where there is somewhere to deliver to; close it at the end."""
    from assistant.tracing.delivery import Worker, make_sinks
    from assistant.tracing.outbox import Queue

    store = library.traces
    if not store.settings.sinks:
        return None
    worker = Worker(Queue(store.engine, store.owner.name), make_sinks(store.settings))
    worker.start()
    return worker


@contextmanager
def kept_up(store: TraceStore, every_s: float = UPKEEP_S) -> Iterator[None]:
    """Forget within the block, now and then, what is older than it is kept, and abort what killed processes left.

    A command does both when it starts; the web app may run for months.
    """
    over = threading.Event()

    def work() -> None:
        while not over.wait(every_s):
            try:
                store.retire()
                store.abort_orphans()
            except LecternError as exc:
                log.warning("Old traces could not be looked after for now: %s", exc)

    thread = threading.Thread(target=work, name="lectern-upkeep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5.0)


@contextmanager
def delivered_behind(library: Library) -> Iterator[None]:
    """Deliver behind a command what its turns put into the outbox, however it ends."""
    try:
        yield
    finally:
        deliver_behind(library)


def deliver_behind(library: Library) -> None:
    """Leave a process behind that delivers what is due, where there is somewhere to deliver to."""
    if not library.traces.settings.sinks:
        return
    command = [sys.executable, "-m", "ui", "traces", "deliver", "--due"]
    environment = {**library.environment.values, "LECTERN_HOME": str(library.environment.home)}
    nothing = subprocess.DEVNULL
    subprocess.Popen(  # nosec B603 - this very interpreter
        command, stdin=nothing, stdout=nothing, stderr=nothing, env=environment, start_new_session=True
    )


def delivery_problems(store: TraceStore) -> list[str]:
    """Say what keeps turns from being kept or delivered: a store that failed, a pause, items that were refused."""
    lost = store.unkept
    found = [f"Turns that could not be kept since the start: {lost}. The log says why."] if lost else []
    try:
        known = store.delivery_states()
    except TracesUnavailable as exc:  # the page is shown all the same
        return [*found, str(exc)]
    for state in known:
        if state.paused:
            found.append(f"Delivery to {state.name} is paused: {state.paused}")
        if state.dead:
            found.append(f"{state.name} refused {state.dead} items.")
    return found


def _wait_for_others(queue: Queue, sinks: Sequence[Sink], tally: Tally) -> None:
    """Wait while another process sends, as one that a command has left behind, and send what it gives back."""
    from assistant.tracing.delivery import deliver_round

    end = time.monotonic() + WAIT_FOR_OTHERS_S
    told = False
    while (theirs := queue.sent_by_others()) and time.monotonic() < end:
        if not told:
            click.echo(f"Another process is sending {theirs}; waiting for it.", err=True)
            told = True
        time.sleep(0.2)
    if told:
        more = deliver_round(queue, sinks, all_now=True)
        tally.delivered += more.delivered
        tally.problems |= more.problems


def deliver_now(library: Library, *, only_due: bool) -> bool:
    """Send what waits and say how far that came; True when nothing is left."""
    from assistant.tracing.delivery import deliver_round, make_sinks
    from assistant.tracing.outbox import Queue, dead_letters

    store = library.traces
    if not store.settings.sinks:
        errors.print("Nothing is delivered: set COMET_API_KEY (or OPIK_URL_OVERRIDE) to deliver traces.")
        return True
    queue = Queue(store.engine, store.owner.name)
    revived = 0 if only_due else queue.revive()
    sinks = make_sinks(store.settings)
    try:
        tally = deliver_round(queue, sinks, all_now=not only_due)
        if not only_due:
            _wait_for_others(queue, sinks, tally)
    finally:
        for sink in sinks:
            sink.close()
    if revived:
        click.echo(f"{revived} that had been refused were tried again.")
    click.echo(f"{tally.delivered} delivered.")
    for name, problem in tally.problems.items():
        click.secho(f"{name}: {problem}", fg="red", err=True)
    for letter in dead_letters(store.engine):
        click.secho(f"{letter['sink']} refused {letter['kind']} {letter['trace_id']}: {letter['error']}", err=True)
    left = store.delivery_states()
    waiting = sum(state.pending for state in left)
    if waiting:
        click.echo(
            f"{waiting} wait: for the sink to take them, or for another process that sends them just now.", err=True
        )
    return waiting == 0 and all(state.dead == 0 for state in left)
