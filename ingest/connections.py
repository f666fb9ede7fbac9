"""Connects to the very addresses that were checked, before a deadline. Knows nothing of redirects, robots or content.

A name is resolved once, every answer is checked, and the connection goes to one of these answers: a name that resolves
to another address a moment later (DNS rebinding) gains nothing. TLS and the Host header use the name. No proxy, cookie,
log-in or other setting of the environment is used: httpcore, unlike httpx, knows none of them.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

from index_store.errors import FetchFailed, FetchRefused
from ingest.addresses import Address
from ingest.ip_policy import parse_ip, why_refused

Resolver = Callable[[str, int], Sequence[str]]
"""Host name and port -> IP addresses as text. Raises OSError where the name is unknown."""
_CERTIFICATE = "The site cannot prove who it is: check the address, and whether your network reads encrypted traffic."
LATER = "Check the address and the network connection, or try again later."


class Deadline:
    """A moment that no part of a fetch may outlast; `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, 0.0 when it is over."""
        return max(0.0, self._end - time.monotonic())

    def clip(self, timeout: float | None) -> float:
        """Shorten a timeout to what is left.

        Raises:
            httpcore.ReadTimeout: when nothing is left.
        """
        left = self.left()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline is over")
        return left if timeout is None else min(left, timeout)


@dataclass(frozen=True, slots=True)
class Limits:
    """How connections are made: seconds, bytes, and whether loopback is allowed."""

    connect_timeout_s: float
    read_timeout_s: float
    max_header_bytes: int
    allow_loopback: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and headers (names in lower case, the first of each name), and the body as it comes over the wire."""

    status: int
    headers: dict[str, str]
    body: Iterator[bytes]


def look_up(host: str, port: int) -> list[str]:
    """Resolve a name with the system's resolver, in the order in which the system would connect."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def tls_context() -> ssl.SSLContext:
    """Trust the certificate authorities of certifi and of the system."""
    context = httpcore.default_ssl_context()
    context.load_default_certs()
    return context


class Connector:
    """Opens one connection for one request, and closes it after."""

    def __init__(
        self, limits: Limits, *, resolve: Resolver = look_up, network: httpcore.NetworkBackend | None = None
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._network = httpcore.SyncBackend() if network is None else network
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    @contextmanager
    def get(self, address: Address, headers: Sequence[tuple[str, str]], deadline: Deadline) -> Iterator[Reply]:
        """Ask for an address; the body is read within the context.

        Raises:
            FetchRefused: when the name leads to an address that is not public.
            FetchFailed: when there is no connection, no answer in time, or an answer that is no HTTP.
        """
        gate = _Gate(address, self._limits, deadline, self._resolve, self._network)
        timeouts = {"connect": None, "read": self._limits.read_timeout_s, "write": self._limits.read_timeout_s}
        origin = httpcore.Origin(address.scheme.encode(), address.host.encode(), address.port)
        context = self._context() if address.scheme == "https" else None
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=address.target.encode())
        with (
            _failures(address, deadline),
            httpcore.HTTPConnection(origin, ssl_context=context, network_backend=gate) as connection,
            connection.stream("GET", url, headers=list(headers), extensions={"timeout": timeouts}) as response,
        ):
            gate.allowance.bytes_left = None
            yield Reply(response.status, _texts(response.headers), iter(response.iter_stream()))

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = tls_context()
            return self._tls


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        texts.setdefault(name.decode("latin-1").lower(), _text(value))
    return texts


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


@contextmanager
def _failures(address: Address, deadline: Deadline) -> Iterator[None]:
    """Say in words what went wrong with a connection."""
    shown = address.printable
    try:
        yield
    except httpcore.TimeoutException as exc:
        whole = deadline.left() <= 0
        reason = f"it was not done within {deadline.seconds:g} seconds" if whole else "the server does not answer"
        raise FetchFailed(f"{shown}: not fetched, because {reason}.", hint=LATER) from exc
    except httpcore.NetworkError as exc:
        cause = _cause(exc)
        hint = _CERTIFICATE if "CERTIFICATE_VERIFY_FAILED" in cause else LATER
        raise FetchFailed(f"{shown}: the connection failed ({cause}).", hint=hint) from exc
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as exc:
        hint = "Open it in a browser, save it as a file and ingest the file."
        raise FetchFailed(f"{shown}: the server's answer is broken or cut off ({_cause(exc)}).", hint=hint) from exc


def _cause(exc: Exception) -> str:
    text = " ".join(str(exc).split())
    return "".join(c for c in text if c.isprintable())[:160] or type(exc).__name__


@dataclass(slots=True)
class _Allowance:
    """Bytes that may still arrive before the header is complete; None once it is."""

    bytes_left: int | None


class _Gate(httpcore.NetworkBackend):
    """The network as one request sees it: one address, checked before it is connected to."""

    def __init__(
        self, address: Address, limits: Limits, deadline: Deadline, resolve: Resolver, network: httpcore.NetworkBackend
    ) -> None:
        self.allowance = _Allowance(limits.max_header_bytes)
        self._address = address
        self._limits = limits
        self._deadline = deadline
        self._resolve = resolve
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers."""
        problem: Exception = httpcore.ConnectError("the name has no address")
        for ip in self._checked():
            wait = self._deadline.clip(self._limits.connect_timeout_s)
            try:
                stream = self._network.connect_tcp(ip, self._address.port, wait, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                problem = exc
                continue
            return _Stream(stream, self._address, self._deadline, self.allowance)
        raise problem

    def _checked(self) -> Sequence[str]:
        """Resolve the name; one answer that is not public condemns the name, for no public site mixes the two."""
        literal = self._address.ip
        answers = [str(literal)] if literal is not None else self._answers()
        for answer in answers:
            try:
                reason = why_refused(parse_ip(answer), allow_loopback=self._limits.allow_loopback)
            except ValueError:
                reason = "unreadable"
            if reason is not None:
                raise FetchRefused(
                    f"{self._address.printable}: not fetched, because the name leads to {answer}, which is {reason}.",
                    hint="Only public pages are fetched. Save the page as a file and ingest that file.",
                )
        return answers

    def _answers(self) -> Sequence[str]:
        """Ask the resolver in a thread, for it has no timeout of its own."""
        outcome: list[Sequence[str] | OSError] = []

        def ask() -> None:
            try:
                outcome.append(self._resolve(self._address.host, self._address.port))
            except (OSError, UnicodeError) as exc:
                outcome.append(exc if isinstance(exc, OSError) else OSError(str(exc)))

        thread = threading.Thread(target=ask, name="lectern-resolve", daemon=True)
        thread.start()
        thread.join(self._deadline.clip(self._limits.connect_timeout_s))
        if not outcome:
            raise httpcore.ConnectTimeout("the name was not resolved in time")
        answers = outcome[0]
        if isinstance(answers, OSError):
            raise FetchFailed(
                f"{self._address.printable}: the name {self._address.host} could not be resolved.",
                hint="Check the spelling of the address and the network connection.",
            ) from answers
        return answers


class _Stream(httpcore.NetworkStream):
    """A connection of which no operation outlasts the deadline, and whose header has an end."""

    def __init__(
        self, inner: httpcore.NetworkStream, address: Address, deadline: Deadline, allowance: _Allowance
    ) -> None:
        self._inner = inner
        self._address = address
        self._deadline = deadline
        self._allowance = allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, within what is left of time and header."""
        left = self._allowance.bytes_left
        if left is None:
            return self._inner.read(max_bytes, self._deadline.clip(timeout))
        if left <= 0:
            raise FetchFailed(
                f"{self._address.printable}: not fetched, because the header of the answer is too long.",
                hint="Open it in a browser, save it as a file and ingest the file.",
            )
        data = self._inner.read(min(max_bytes, left), self._deadline.clip(timeout))
        if self._allowance.bytes_left is not None:
            self._allowance.bytes_left -= len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send the request."""
        self._inner.write(buffer, self._deadline.clip(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on encrypted, the certificate checked for the name that was asked for."""
        stream = self._inner.start_tls(ssl_context, server_hostname, self._deadline.clip(timeout))
        return _Stream(stream, self._address, self._deadline, self._allowance)

    def get_extra_info(self, info: str) -> object:
        """Pass on what the connection says of itself."""
        return self._inner.get_extra_info(info)
