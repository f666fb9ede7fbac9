"""Starts the web app: an empty index gets the sample course first, then the chat page is served."""

from __future__ import annotations

import os
from pathlib import Path

import click

import ingest
from index_store.errors import SettingsError
from ui import delivery, receipts, wiring
from ui.environment import Environment
from ui.visitors import GiveCookie, visitors_of


def serve(host: str, port: int) -> None:
    """Serve the chat until it is stopped.

    Raises:
        LecternError: when the library is damaged, no model can be chosen, or the port is taken.
    """
    environment = wiring.read_environment()
    ingest_sample_if_empty(environment)
    with wiring.open_library(environment) as library:
        opened = wiring.assistant_of(library)
        click.echo(f"Answers come from: {opened.model.label}", err=True)
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
        from starlette.middleware import Middleware

        from ui.chat import CSS, build_page

        visitors = visitors_of(environment.home)
        material = f"{len(library.ledger.documents())} documents in the library"
        page = build_page(
            opened.assistant,
            opened.model.label,
            material,
            visitors,
            library.traces.give_feedback,
            lambda: delivery.delivery_problems(library.traces),
        )
        page.queue(default_concurrency_limit=None)
        try:
            page.launch(
                server_name=host,
                server_port=port or None,
                css=CSS,
                app_kwargs={"middleware": [Middleware(GiveCookie, visitors=visitors)]},
                show_error=False,
                share=False,
                footer_links=[],
                quiet=True,
                prevent_thread_lock=True,
            )
        except OSError as exc:
            raise SettingsError(
                f"Port {port} on {host} cannot be used: {exc}.", hint="Try: lectern ui --port 0"
            ) from exc
        click.echo(f"Lectern is open on {page.local_url} (Ctrl-C stops it)")
        worker = delivery.start_worker(library)
        try:
            with delivery.kept_up(library.traces):
                page.block_thread()
        finally:
            if worker is not None:
                worker.close()


def ingest_sample_if_empty(environment: Environment) -> None:
    """Ingest the sample course into an index that holds nothing."""
    with wiring.open_library(environment) as library:
        if library.ledger.documents():
            return
    click.echo("The library is empty: ingesting the sample course (once) ...", err=True)
    sample = Path(ingest.__file__).parent / "sample"
    with wiring.open_library(environment, write=True) as library:
        receipts.show(library.pipeline.ingest(library.sources([str(sample)])))
