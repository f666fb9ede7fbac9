"""A double of a web site, over real HTTP on loopback, that behaves as badly as it is told to.

    with WebSite() as site:
        site.page("/notes.html", b"<p>Hello.</p>")
        site["/old"] = redirect("/notes.html")
        site["/slow"] = Answer(body=dripping(b"<p>never done", pause_s=0.05))
        Fetcher(FetchSettings(allow_loopback=True)).fetch(site.url + "/old")

`Rerouted` is a network that leads every IP address to the site and writes down where it was asked to connect.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpcore


@dataclass(frozen=True)
class Answer:
    """How a path answers. A body that is called gives pieces without a Content-Length; `raw` is sent as it is."""

    body: bytes | Callable[[], Iterator[bytes]] = b""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | Callable[[], Iterator[bytes]] | None = None


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes = b""


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": location}, content_type=None)


def robots(text: str, status: int = 200) -> Answer:
    return Answer(text.encode(), status=status, content_type="text/plain")


def gzipped(body: bytes, content_type: str = "text/html") -> Answer:
    return Answer(gzip.compress(body), content_type=content_type, headers={"Content-Encoding": "gzip"})


def endless(piece: bytes = b"x" * 65536) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        while True:
            yield piece

    return pieces


def dripping(data: bytes, *, pause_s: float) -> Callable[[], Iterator[bytes]]:
    """One byte at a time, round and round."""

    def pieces() -> Iterator[bytes]:
        while True:
            for byte in data:
                time.sleep(pause_s)
                yield bytes([byte])

    return pieces


class WebSite:
    """A site on a free port of loopback; paths that it was not told of answer with 404, robots.txt too."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def __setitem__(self, path: str, answer: Answer | Callable[[Asked], Answer]) -> None:
        self.answers[path] = answer

    def page(self, path: str, body: bytes, content_type: str | None = "text/html", **headers: str) -> None:
        self[path] = Answer(body, content_type=content_type, headers=headers)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self.answers.get(asked.path) or self.answers.get(asked.path.partition("?")[0])
        if found is None:
            return Answer(b"not here", status=404)
        return found if isinstance(found, Answer) else found(asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    site: WebSite


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.close_connection = True
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.site.answer(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, sent))
        with contextlib.suppress(OSError):  # the client hangs up, as it should on most of these
            if answer.raw is None:
                self._head(answer)
            self._pieces(answer.body if answer.raw is None else answer.raw)

    def _head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.content_type is not None:
            self.send_header("Content-Type", answer.content_type)
        if isinstance(answer.body, bytes) and "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _pieces(self, body: bytes | Callable[[], Iterator[bytes]]) -> None:
        for piece in [body] if isinstance(body, bytes) else body():
            self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Rerouted(httpcore.NetworkBackend):
    """Connects to the site whatever IP address it is given; those in `dead` refuse."""

    def __init__(self, site: WebSite, *, dead: Iterable[str] = ()) -> None:
        self.dialled: list[tuple[str, int]] = []
        self.names: list[str | None] = []
        self._site = site
        self._dead = frozenset(dead)
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.dialled.append((host, port))
        if host in self._dead:
            raise httpcore.ConnectError("refused")
        return _TellsName(self._real.connect_tcp("127.0.0.1", self._site.port, timeout, None, socket_options), self)


class _TellsName(httpcore.NetworkStream):
    """A connection that writes down the name which TLS is asked to check, and goes on in the clear."""

    def __init__(self, inner: httpcore.NetworkStream, network: Rerouted) -> None:
        self._inner = inner
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        assert ssl_context.check_hostname
        assert ssl_context.verify_mode is ssl.CERT_REQUIRED
        self._network.names.append(server_hostname)
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Resolver:
    """Answers look-ups from a list, the last one again and again, and writes down what it was asked."""

    def __init__(self, *answers: list[str] | OSError) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


def closed_port() -> int:
    """Give a port of loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
