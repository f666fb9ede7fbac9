"""Fetches one web page with care: the only way to addresses that come from a user, a document, a tool or a model.

Every hop, redirects and robots.txt included, is parsed (addresses), resolved, checked (ip_policy) and connected to at
the address that was checked (connections), within limits on time, size, decompression (body), redirects, headers and
content types (media_types). Endpoints that the operator configured use clients of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import httpcore

from index_store.errors import FetchFailed, FetchRefused, SettingsError
from ingest.addresses import Address, join, parse
from ingest.body import ACCEPT_ENCODING, BodyLimits, read_body
from ingest.connections import Connector, Deadline, Limits, Reply, Resolver, look_up
from ingest.media_types import ACCEPT, FETCHED, UNTOLD, ContentType, content_type, suffix_of
from ingest.robots import MAX_BYTES, TOKEN, Robots, RobotsAnswer

__all__ = ["FetchSettings", "Fetcher", "Page"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BY_HAND = "Open it in a browser, save it as a file and ingest the file."
_STATUS_HINTS = {
    401: f"The page wants a log-in. {_BY_HAND}",
    403: f"The site refuses programs. {_BY_HAND}",
    404: "Check the spelling of the address.",
    410: "The page was taken away; look for a copy of it elsewhere.",
}


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits and manners of the fetcher; times in seconds, sizes in bytes.

    Raises:
        SettingsError: when a limit is not positive, or `user_agent` or `contact` cannot stand in a header.
    """

    max_bytes: int = 50_000_000  # of the decoded body
    timeout_s: float = 60.0  # for everything: robots.txt, all redirects and the body
    connect_timeout_s: float = 10.0  # for each look-up and each connection
    read_timeout_s: float = 20.0  # for each packet
    max_redirects: int = 5
    max_header_bytes: int = 64 * 1024
    max_ratio: float = 100.0  # decoded bytes for one byte of the wire
    content_types: frozenset[str] = FETCHED
    user_agent: str = f"{TOKEN}/0.1 (course assistant; fetches only pages that a person named)"
    contact: str = ""  # an address or mail that sites can turn to, sent with the user agent
    allow_loopback: bool = False  # for tests, and for nothing else
    obey_robots: bool = True
    robots_max_age_s: float = 3600.0

    def __post_init__(self) -> None:
        for name in ("max_bytes", "timeout_s", "connect_timeout_s", "read_timeout_s", "max_header_bytes", "max_ratio"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"The fetcher's {name} must be above 0.", hint="Leave it out for the default.")
        if not re.fullmatch(r"[\x20-\x7e]+", self.full_user_agent):
            raise SettingsError(
                "The fetcher's user agent and contact must be printable ASCII.", hint="Use a mail or web address."
            )

    @property
    def full_user_agent(self) -> str:
        """The User-Agent header."""
        return f"{self.user_agent} (contact: {self.contact})" if self.contact else self.user_agent


@dataclass(frozen=True, slots=True)
class Page:
    """What came from an address: `url` is where the redirects ended, `data` the decoded body."""

    requested: str
    url: str
    status: int
    content_type: str  # in lower case, without parameters; empty where the server did not say
    charset: str  # as the server says, empty where it does not
    data: bytes
    fetched_at: str  # ISO 8601, UTC


class _Got(NamedTuple):
    address: Address
    status: int
    type: ContentType
    data: bytes


class Fetcher:
    """Fetches pages; may be used by many threads at once. Nothing is kept but what robots.txt files say."""

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        resolve: Resolver = look_up,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self.settings = FetchSettings() if settings is None else settings
        own = self.settings
        limits = Limits(own.connect_timeout_s, own.read_timeout_s, own.max_header_bytes, own.allow_loopback)
        self._connector = Connector(limits, resolve=resolve, network=network)
        self._robots = Robots(max_age_s=own.robots_max_age_s)

    def fetch(self, url: str, *, robots: bool = True) -> Page:
        """Fetch a page; `robots=False` is for the documented API of a site, and holds for its host alone.

        Raises:
            FetchRefused: when the address, a redirect, robots.txt or the content type forbids it.
            FetchFailed: when there is no connection, another status than success, or a limit is passed.
        """
        start = parse(url, allow_loopback=self.settings.allow_loopback)
        deadline = Deadline(self.settings.timeout_s)

        def permit(address: Address) -> None:
            if self.settings.obey_robots and (robots or address.host != start.host):
                self._robots.require(address, lambda asked: self._robots_text(asked, deadline))

        got = self._follow(start, deadline, permit, self._read_page)
        return Page(
            requested=str(start),
            url=str(got.address),
            status=got.status,
            content_type=got.type.name,
            charset=got.type.charset,
            data=got.data,
            fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _follow(
        self,
        start: Address,
        deadline: Deadline,
        permit: Callable[[Address], None],
        read: Callable[[Address, Reply], bytes],
    ) -> _Got:
        """Go from redirect to redirect; `permit` judges each address, `read` the answer at the end."""
        address, seen = start, {start}
        while True:
            try:
                permit(address)
                step = self._step(address, deadline, read)
            except (FetchFailed, FetchRefused) as exc:
                if address == start:
                    raise
                raise _led_on(exc, start) from exc
            if isinstance(step, _Got):
                return step
            address = self._moved(start, address, step)
            if address in seen:
                raise _TooManyRedirects(f"{start.printable}: its redirects go round in a circle.", hint=_BY_HAND)
            seen.add(address)
            if len(seen) > self.settings.max_redirects + 1:
                raise _TooManyRedirects(
                    f"{start.printable}: more than {self.settings.max_redirects} redirects.", hint=_BY_HAND
                )

    def _moved(self, start: Address, base: Address, location: str) -> Address:
        try:
            return join(base, location, allow_loopback=self.settings.allow_loopback)
        except FetchRefused as exc:
            raise _led_on(exc, start) from exc

    def _step(self, address: Address, deadline: Deadline, read: Callable[[Address, Reply], bytes]) -> str | _Got:
        """Ask for one address: the location that it redirects to, or what it gives."""
        headers = (
            ("Host", address.authority),
            ("User-Agent", self.settings.full_user_agent),
            ("Accept", ACCEPT),
            ("Accept-Encoding", ACCEPT_ENCODING),
            ("Connection", "close"),
        )
        with self._connector.get(address, headers, deadline) as reply:
            location = reply.headers.get("location")
            if reply.status in _REDIRECTS and location:
                return location
            data = read(address, reply)
            return _Got(address, reply.status, content_type(reply.headers.get("content-type", "")), data)

    def _read_page(self, address: Address, reply: Reply) -> bytes:
        shown = address.printable
        if reply.status not in (200, 203):
            raise _bad_status(shown, reply)
        kind = content_type(reply.headers.get("content-type", ""))
        untold = kind.name in UNTOLD and suffix_of(kind.name, address.path) is not None
        if not untold and kind.name not in self.settings.content_types:
            named = "".join(c for c in kind.name if c.isprintable())[:80] or "of a type that the server does not say"
            raise FetchRefused(f"{shown}: not fetched, because it is {named}, which no reader reads.", hint=_BY_HAND)
        return read_body(reply, shown, BodyLimits(self.settings.max_bytes, self.settings.max_ratio))

    def _robots_text(self, address: Address, deadline: Deadline) -> RobotsAnswer:
        """Fetch a robots.txt; 4xx and endless redirects mean that there is none (RFC 9309, 2.3.1.2 and 2.3.1.3)."""
        try:
            got = self._follow(address, deadline, lambda _: None, self._read_robots)
        except _TooManyRedirects:
            return RobotsAnswer(404, None)
        except (FetchFailed, FetchRefused) as exc:
            raise type(exc)(
                f"{address.origin} is asked for its robots.txt first. {exc.message}", hint=exc.hint
            ) from exc
        return RobotsAnswer(got.status, got.data.decode("utf-8-sig", "replace") if got.status == 200 else None)

    def _read_robots(self, address: Address, reply: Reply) -> bytes:
        if reply.status != 200:
            return b""
        return read_body(reply, address.printable, BodyLimits(MAX_BYTES, self.settings.max_ratio), cut=True)


class _TooManyRedirects(FetchFailed):
    """Redirects without an end."""


def _led_on(exc: FetchFailed | FetchRefused, start: Address) -> FetchFailed | FetchRefused:
    """Say where a fetch began that ended elsewhere."""
    return type(exc)(f"{start.printable} leads to another address. {exc.message}", hint=exc.hint)


def _bad_status(shown: str, reply: Reply) -> FetchFailed:
    status, hint = reply.status, _STATUS_HINTS.get(reply.status, _BY_HAND)
    if status == 429 or status >= 500:
        wait = reply.headers.get("retry-after", "")
        hint = f"Try again in {wait} seconds." if re.fullmatch(r"[0-9]{1,6}", wait) else "Try again later."
    return FetchFailed(f"{shown}: the site answers with status {status}.", hint=hint)
