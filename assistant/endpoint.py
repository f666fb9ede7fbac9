"""A model server as the settings name it, a client for it, and a loop to call it from. Sends nothing itself."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from assistant.settings import AssistantSettings
from index_store.bounded import cut_stream_after

if TYPE_CHECKING:
    import ssl

    from openai import AsyncOpenAI

T = TypeVar("T")
MOST_BYTES = 32 * 2**20
"""Of one response: a hundred thousand tokens, each in an event of its own, take as much."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model on one OpenAI-compatible server."""

    settings: AssistantSettings
    model: str

    @property
    def shown(self) -> str:
        """The server's address without secrets."""
        return self.settings.server

    @property
    def priced(self) -> bool:
        """Whether OpenAI's list prices hold: the calls go to OpenAI itself."""
        return urlsplit(self.shown).hostname == "api.openai.com"

    @property
    def provider(self) -> str:
        """Who answers, as a trace names it: openai, or the server's host."""
        return "openai" if self.priced else urlsplit(self.shown).hostname or "unknown"

    def client(self) -> AsyncOpenAI:
        """Make a client without retries of its own; close it when the call is over.

        One client for one call: its connections belong to the event loop that made them, and a command line, a test and
        a web server each have loops of their own. The certificates, which are what is slow to load, are shared.
        """
        import httpx
        import openai.resources  # noqa: F401  else loaded by the first call, in the time that the server has
        from openai import AsyncOpenAI

        settings = self.settings
        silence = settings.request_timeout_s
        client = AsyncOpenAI(
            api_key=settings.api_key.get_secret_value() if settings.api_key else "none",
            base_url=settings.base_url or settings.server,
            max_retries=0,
            http_client=httpx.AsyncClient(
                verify=_certificates(),
                timeout=httpx.Timeout(silence, connect=min(settings.connect_timeout_s, silence)),
                follow_redirects=True,
                trust_env=not _is_loopback(self.shown),  # a proxy for the internet does not know our loopback
                event_hooks={"response": [cut_stream_after(MOST_BYTES)]},
            ),
        )
        if not self.priced:
            client.organization = client.project = None  # the client takes them from the environment; not theirs to see
        return client


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread with a loop of its own: for callers that may or may not be in a loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, asyncio.run, work).result()


@cache
def _certificates() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
