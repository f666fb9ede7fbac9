"""The log of the server: what happened, with ids and figures, and nothing of what was said."""

from __future__ import annotations

import logging
import sys

from assistant.turn import TURNS

REQUESTS = logging.getLogger("lectern.requests")
"""Where each request tells of its end."""


def write_log(as_json: bool) -> None:
    """Write the log to standard error: warnings as text, or everything as JSON lines."""
    if not as_json:
        return
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler(sys.stderr)
    fields = {"asctime": "at", "levelname": "level", "name": "logger"}
    handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields=fields))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for logger in (TURNS, REQUESTS):
        logger.setLevel(logging.INFO)
