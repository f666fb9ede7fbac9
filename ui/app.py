"""Starts the web app: an empty index gets the sample course first, then the pages are served."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

import ingest
from index_store.errors import SettingsError
from ui import delivery, receipts, wiring
from ui.environment import Environment
from ui.logs import write_log
from ui.server_settings import ServerSettings, check_reach
from ui.visitors import visitors_of

if TYPE_CHECKING:
    from fastapi import FastAPI

KEEP_ALIVE_S = 75
"""Seconds: under load, the usual 5 close a connection just when a page wants to use it again."""
FINISH_S, SHUTDOWN_S = 6.0, 10
"""Seconds for turns to come to their end by themselves, and until all connections are cut."""


def serve(host: str, port: int) -> None:
    """Serve the pages until they are stopped.

    Raises:
        LecternError: when the library is damaged, no model can be chosen, or the port is taken.
    """
    environment = wiring.read_environment()
    check_reach(host, environment.server)
    write_log(environment.server.log_json)
    ingest_sample_if_empty(environment)
    with wiring.open_library(environment) as library:
        library.limits = environment.server.turn_limits
        opened = wiring.assistant_of(library)
        click.echo(f"Answers come from: {opened.model.label}", err=True)
        if environment.server.accounts:
            check_accounts(library, environment.server)
        with bound(host, port) as listening:
            from ui.pages import web_app
            from ui.parts import parts_of

            app = web_app(parts_of(opened, visitors_of(environment.home)))
            worker = delivery.start_worker(library)
            try:
                with delivery.kept_up(library.traces):
                    _run(app, listening, environment.server)
            finally:
                if worker is not None:
                    worker.close()


def check_accounts(library: wiring.Library, server: ServerSettings) -> None:
    """Refuse to start where nobody could sign in.

    Raises:
        SettingsError: there is no account, and no provider to come from.
    """
    from assistant.accounts.accounts import Accounts

    if server.oidc is None and not Accounts(library.traces).listed():
        raise SettingsError("Accounts are on, and there is none.", hint="Run: lectern accounts add NAME --role admin")


def bound(host: str, port: int) -> socket.socket:
    """Take the port before anything large is imported; 0 takes any that is free.

    Raises:
        SettingsError: when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as exc:
        listening.close()
        raise SettingsError(f"Port {port} on {host} cannot be used: {exc}.", hint="Try: lectern ui --port 0") from exc
    return listening


def _run(app: FastAPI, listening: socket.socket, server: ServerSettings) -> None:
    import uvicorn

    from ui.bounded_heads import BoundedHeads

    host, port = listening.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host

    class Told(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            click.echo(f"Lectern is open on http://{address}:{port}/ (Ctrl-C stops it)")

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Let turns come to their end for a while; the others are kept as they are, and who waits is told."""
            ending = asyncio.get_running_loop().create_task(_end_after(FINISH_S, app.state.end_turns))
            await super().shutdown(sockets)
            ending.cancel()

    config = uvicorn.Config(
        app,
        log_level="warning",
        log_config=None if server.log_json else uvicorn.config.LOGGING_CONFIG,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        http=BoundedHeads,
        ws="none",
        root_path=server.root_path,
        forwarded_allow_ips=server.proxies,
    )
    Told(config).run(sockets=[listening])


async def _end_after(seconds: float, end: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await end()


def ingest_sample_if_empty(environment: Environment) -> None:
    """Ingest the sample course into an index that holds nothing."""
    with wiring.open_library(environment) as library:
        if library.ledger.documents():
            return
    click.echo("The library is empty: ingesting the sample course (once) ...", err=True)
    sample = Path(ingest.__file__).parent / "sample"
    with wiring.open_library(environment, write=True) as library:
        receipts.show(library.pipeline.ingest(library.sources([str(sample)])))
