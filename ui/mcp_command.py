"""The command that serves the course's tools on standard input and output: lectern mcp."""

from __future__ import annotations

import click


@click.command()
def mcp() -> None:
    """Serve the course's tools over MCP to a program with a model.

    On standard input and output, which is how such a program starts it; what there is to tell goes to standard error.
    The running web app serves the same at /mcp.
    """
    from ui import delivery, wiring
    from ui.access import LOCAL
    from ui.api_turns import ApiTurns
    from ui.mcp_server import course_server

    with wiring.open_assistant(wiring.read_environment()) as opened:
        click.echo(f"Answers come from: {opened.model.label}", err=True)
        worker = delivery.start_worker(opened.library)
        try:
            course_server(opened.library, ApiTurns(opened), lambda _: LOCAL).run("stdio")
        finally:
            if worker is not None:
                worker.close()
