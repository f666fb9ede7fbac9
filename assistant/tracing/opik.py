"""Sends traces to Opik."""

from __future__ import annotations

from typing import Any

from assistant.tracing.settings import TraceSettings
from index_store.errors import SinkRefused


class OpikSink:
    """Delivers to Opik."""

    name = "opik"

    def __init__(self, settings: TraceSettings) -> None:
        self._settings = settings

    def send_trace(self, record: dict[str, Any]) -> None:
        """Send a trace."""
        raise SinkRefused("Delivery to Opik is not there yet.")

    def send_feedback(self, item: dict[str, Any]) -> None:
        """Send a vote."""
        raise SinkRefused("Delivery to Opik is not there yet.")

    def close(self) -> None:
        """Close connections."""
