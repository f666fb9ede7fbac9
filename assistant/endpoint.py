"""A model server as the settings name it, a client for it, and a loop to call it from. Sends nothing itself."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from assistant.settings import AssistantSettings

if TYPE_CHECKING:
    import ssl

    import httpx
    from openai import AsyncOpenAI

T = TypeVar("T")
MOST_BYTES = 32 * 2**20
"""Of one response: a hundred thousand tokens, each in an event of its own, take as much."""


class TooLong(ValueError):
    """A server sends more than any reply has; the first argument is the limit in words."""


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
                event_hooks={"response": [_bounded]},
            ),
        )
        if not self.priced:
            client.organization = client.project = None  # the client takes them from the environment; not theirs to see
        return client


async def _bounded(response: httpx.Response) -> None:
    """Cut a response that does not end: a line without an end is held in memory by whoever reads lines."""
    import httpx

    inner = cast("httpx.AsyncByteStream", response.stream)  # of an AsyncClient

    class Bounded(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen = 0
            async for part in inner:
                seen += len(part)
                if seen > MOST_BYTES:
                    raise TooLong(f"{MOST_BYTES // 2**20} MB")
                yield part

        async def aclose(self) -> None:
            await inner.aclose()

    response.stream = Bounded()


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
