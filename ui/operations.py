"""What an operator asks a server: is it ready, and what are its figures.

Turns tell of their end in the log; the figures count what is logged there, so that the two agree.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from assistant.accounts.people import Action, authorize
from assistant.tracing.database import reading
from assistant.turn import TURNS
from index_store.errors import AccessProblem, LecternError
from ui.guard import status_of
from ui.logs import REQUESTS
from ui.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.llms import Model

READY_FOR_S = 15.0
"""A model server is asked for its models no more often than this,"""
ANSWERS_FOR_S = 600.0
"""and for a token no more often than this, as long as it gives one."""
LONGEST_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
_WRITES = text("UPDATE alembic_version SET version_num = version_num")  # changes nothing, and is written to the disk
log = logging.getLogger(__name__)


class Figures(logging.Handler):
    """Counts turns as their ends are logged, and requests."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(logging.INFO)
        self.registry = CollectorRegistry()
        self._parts = parts
        common: dict[str, Any] = {"namespace": "lectern", "registry": self.registry}
        self._turns = Counter("turns", "Turns that ended", ["kind", "mode", "status"], **common)
        self._seconds = Histogram("turn_seconds", "How long turns took", ["kind"], buckets=LONGEST_S, **common)
        self._tokens = Counter("tokens", "Tokens that were reported", ["direction"], **common)
        self._price = Counter("price_usd", "Known price of turns in US dollars", **common)
        self._requests = Counter("requests", "Requests over HTTP", ["method", "status"], **common)
        self.registry.register(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Count a turn that ended."""
        about = record.__dict__
        self._turns.labels(about["kind"], about["mode"], about["status"]).inc()
        self._seconds.labels(about["kind"]).observe(about["seconds"])
        self._tokens.labels("input").inc(about["input_tokens"] or 0)
        self._tokens.labels("output").inc(about["output_tokens"] or 0)
        self._price.inc(about["price_usd"] or 0.0)

    def requested(self, method: str, status: int) -> None:
        """Count a request; methods that HTTP does not have are one."""
        known = method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        self._requests.labels(method if known else "other", str(status)).inc()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give what is so right now."""
        library = self._parts.library
        running = max(library.gate.running, len(self._parts.live))  # the gate counts where there are limits
        yield GaugeMetricFamily("lectern_turns_running", "Turns under way", running)
        yield GaugeMetricFamily("lectern_turns_waiting", "Turns that wait for a place", library.gate.waiting)
        yield GaugeMetricFamily("lectern_turns_unkept", "Turns whose end could not be kept", library.traces.unkept)
        waiting = GaugeMetricFamily("lectern_outbox_pending", "Items to deliver", labels=["sink"])
        dead = GaugeMetricFamily("lectern_outbox_dead", "Items that were refused", labels=["sink"])
        for state in library.traces.delivery_states():
            waiting.add_metric([state.name], state.pending)
            dead.add_metric([state.name], state.dead)
        yield from (waiting, dead)


class Operations:
    """The addresses for an operator; liveness is `/healthz`."""

    def __init__(self, parts: Parts, figures: Figures, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._figures = figures
        self._clock = clock
        self._model: tuple[float, bool] | None = None
        self._answered: float | None = None  # when it last gave a token
        self._asking = asyncio.Lock()
        self._overcome = 0  # turns that could not be kept before the last time that something could

    def healthy(self) -> JSONResponse:
        """Say that the server is there."""
        return JSONResponse({"status": "ok"})

    async def ready(self) -> JSONResponse:
        """Say whether turns can be answered; the log says why not, for anybody may ask here."""
        checks = {
            "index": await run_in_threadpool(self._sound, "index", self._index),
            "database": await run_in_threadpool(self._sound, "database", self._database),
            "model": await self._model_answers(),
        }
        fine = all(checks.values())
        told = {name: "ok" if ok else "failing" for name, ok in checks.items()}
        return JSONResponse({"status": "ready" if fine else "not ready", "checks": told}, 200 if fine else 503)

    async def metrics(self, request: Request) -> Response:
        """Give the figures as Prometheus reads them."""
        try:
            authorize(await run_in_threadpool(self._parts.access.client, request), Action.OPERATE)
        except AccessProblem as exc:
            return JSONResponse({"error": {"message": exc.message, "hint": exc.hint}}, status_of(exc))
        shown = await run_in_threadpool(generate_latest, self._figures.registry)
        return Response(shown, media_type=CONTENT_TYPE_LATEST)

    def _sound(self, name: str, look: Callable[[], object]) -> bool:
        try:
            look()
        except LecternError as exc:
            log.warning("Not ready: %s: %s", name, exc)
            return False
        return True

    def _index(self) -> None:
        self._parts.library.index.count()

    def _database(self) -> None:
        store = self._parts.library.traces
        with reading(store.engine) as connection:
            connection.execute(text("SELECT 1"))
        lost = store.unkept
        if lost > self._overcome:  # a turn could not be kept: ready again once something can be
            store.write(lambda connection: connection.execute(_WRITES))
            self._overcome = lost

    async def _model_answers(self) -> bool:
        model = self._parts.opened.model
        if model.mode == "quoting":
            return True
        known = self._model
        if self._asking.locked():  # probes do not queue behind one that waits for a server that hangs
            return known is not None and known[1]
        if known is not None and self._clock() - known[0] <= READY_FOR_S:
            return known[1]
        async with self._asking:
            self._model = (self._clock(), await self._tried(model))
        return self._model[1]

    async def _tried(self, model: Model) -> bool:
        from assistant.llms import preflight

        asks = self._answered is None or self._clock() - self._answered > ANSWERS_FOR_S
        try:
            await preflight(model, asks=asks)
        except LecternError as exc:
            log.warning("Not ready: model: %s", exc)
            self._answered = None
            return False
        self._answered = self._clock() if asks else self._answered
        return True


class Observed:
    """ASGI middleware: counts each request and logs it, without its query, which may hold what somebody wrote."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._figures.requested(scope["method"], status)
            about = {"method": scope["method"], "path": scope["path"][:200], "status": status}
            REQUESTS.info("request", extra={**about, "ms": round((time.perf_counter() - began) * 1000, 1)})


def operation_routes(operations: Operations) -> APIRouter:
    """Give the routes for an operator."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/healthz", operations.healthy)
    router.add_api_route("/readyz", operations.ready)
    router.add_api_route("/metrics", operations.metrics, response_model=None)
    return router


def count_turns(parts: Parts) -> Figures:
    """Begin to count the turns of this process."""
    figures = Figures(parts)
    TURNS.addHandler(figures)
    TURNS.setLevel(logging.INFO)
    return figures
