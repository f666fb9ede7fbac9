"""Cuts a response over HTTP that does not end, by its size and its time: hooks for the clients of httpx.

httpx limits the wait for each packet, not their sum: a server that sends a byte now and then would hold its reader for
good, and one that sends without end all of the memory.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import httpx


class TooLong(ValueError):
    """A server sends more, or for longer, than any answer takes; the first argument is the limit in words."""


class _Seen:
    """What has come of one response."""

    def __init__(self, most_bytes: int, within_s: float | None) -> None:
        self._most, self._within_s = most_bytes, within_s
        self._bytes, self._began = 0, time.monotonic()

    def take(self, part: bytes) -> bytes:
        """Give a part back.

        Raises:
            TooLong: it goes beyond a limit.
        """
        self._bytes += len(part)
        if self._bytes > self._most:
            raise TooLong(f"{self._most // 2**20} MB")
        if self._within_s is not None and time.monotonic() - self._began > self._within_s:
            raise TooLong(f"{self._within_s:g} s")
        return part


def cut_after(most_bytes: int, within_s: float) -> Callable[[httpx.Response], None]:
    """Give a hook for the responses of a client: so many bytes as they come, and seconds from the headers on."""

    def hook(response: httpx.Response) -> None:
        import httpx

        inner, seen = cast("httpx.SyncByteStream", response.stream), _Seen(most_bytes, within_s)

        class Bounded(httpx.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                return (seen.take(part) for part in inner)

            def close(self) -> None:
                inner.close()

        response.stream = Bounded()

    return hook


def cut_stream_after(most_bytes: int) -> Callable[[httpx.Response], Awaitable[None]]:
    """Give a hook for the responses of an asynchronous client, whose caller has a deadline of its own."""

    async def hook(response: httpx.Response) -> None:
        import httpx

        inner, seen = cast("httpx.AsyncByteStream", response.stream), _Seen(most_bytes, None)

        class Bounded(httpx.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                async for part in inner:
                    yield seen.take(part)

            async def aclose(self) -> None:
                await inner.aclose()

        response.stream = Bounded()

    return hook
