"""A double of Comet's server, over real HTTP on loopback: what comet_llm 2.2.7 sends was recorded, and is checked.

What does not fit is answered with 400 and kept in `complaints`; what fits is kept in `chains` and `feedback`. How it
behaves is set with `mode` (of the paths that write), or for the next requests only with `script`.

    with CometServer() as server:
        server.script("500", "fine")
        sink = CometSink(TraceSettings(comet_api_key=SecretStr(server.key), comet_url=server.url))
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.comet_wire import ALIVE, LLM, METRIC, wrong_with

VERSION = "3.48.12"
HUNG = frozenset({"hung", "drip", "drip-head"})
STATUSES = {"400": 400, "401": 401, "403": 403, "404": 404, "413": 413, "429": 429, "500": 500, "502": 502, "302": 302}


@dataclass(frozen=True)
class Arrived:
    """A request as it arrived, and what is wrong with it."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    body: Any
    wrong: tuple[str, ...] = ()


class CometServer:
    """The double; a context manager that leaves no thread and no socket behind."""

    def __init__(
        self,
        key: str = "k3y" * 8,
        *,
        version: str = VERSION,
        handler: type[BaseHTTPRequestHandler] | None = None,
        port: int = 0,
    ) -> None:
        self.key = key
        self.version = version
        self.mode = "fine"
        self.alive_mode = "fine"
        self.retry_after: str | None = None
        self.code = 0  # Comet's own, in the body of a refusal
        self.item: dict[str, Any] = {"status": 400, "content": {"msg": f"{key} is full.", "sdk_error_code": 1}}
        self.item_key: str | None = None  # another one than that which was sent
        self.arrived: list[Arrived] = []
        self.chains: dict[str, dict[str, Any]] = {}  # by experiment key, as they were stored last
        self.stored: list[str] = []  # keys, one for each time
        self.feedback: list[tuple[str, str, float]] = []
        self.stopping = threading.Event()
        self._script: deque[str] = deque()
        self._http = _Http(("127.0.0.1", port), handler or Handler)
        self._http.double = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """What COMET_URL_OVERRIDE is set to; comet_llm leaves the path away."""
        return f"{self.address}/clientlib/"

    @property
    def complaints(self) -> list[str]:
        """What was wrong with the requests so far."""
        return [f"{request.method} {request.path}: {text}" for request in self.arrived for text in request.wrong]

    def wait_for(self, chains: int) -> None:
        """Wait until what a command left behind has delivered so many chains."""
        for _ in range(600):
            if len(self.chains) >= chains:
                return
            threading.Event().wait(0.05)
        raise AssertionError(f"{len(self.chains)} of {chains} arrived")

    def script(self, *modes: str) -> None:
        """Treat the next requests that write in these ways, in order."""
        self._script.extend(modes)

    def next_mode(self, path: str) -> str:
        """Give how the next request is to be treated."""
        if path == ALIVE:
            return self.alive_mode
        return self._script.popleft() if self._script else self.mode

    def wrong_with(self, request: Arrived) -> list[str]:
        """Give what does not fit the wire format."""
        return wrong_with(request, self.key, self.chains)

    def keep(self, request: Arrived) -> None:
        """Store what a request brought."""
        if request.path == LLM:
            for item in request.body:
                self.chains[item["experimentKey"]] = item
                self.stored.append(item["experimentKey"])
        elif request.path == METRIC:
            said = request.body
            self.feedback.append((said["experimentKey"], said["metricName"], said["metricValue"]))

    def __enter__(self) -> CometServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    double: CometServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    """Answers in the way that the double is set to."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Http

    @property
    def double(self) -> Any:
        return self.server.double

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing to stderr."""

    def do_GET(self) -> None:
        self.handle_request()

    def do_POST(self) -> None:
        self.handle_request()

    def handle_request(self) -> None:
        self.close_connection = True
        request = self._read()
        self.double.arrived.append(request)
        mode = self.double.next_mode(self.path)
        if mode in HUNG:
            self._hold(mode)
        elif mode in ("reset", "cut"):
            self._break(request, mode)
        elif mode == "garbage":
            self.send(200, b"<html>It works!</html>")
        elif mode == "endless":
            self._send_endless()
        elif mode in STATUSES:
            self._refuse(STATUSES[mode])
        else:
            self._answer(request, mode)

    def _read(self) -> Arrived:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(raw, parse_constant=lambda word: f"no JSON: {word}") if raw else None
        except ValueError:
            body = "no JSON"
        request = Arrived(self.command, self.path, headers, raw, body)
        return replace(request, wrong=tuple(self.double.wrong_with(request)))

    def _break(self, request: Arrived, mode: str) -> None:
        if mode == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            return
        self.double.keep(request)  # it was taken, but nobody is told
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _answer(self, request: Arrived, mode: str) -> None:
        if mode == "slow":
            self.double.stopping.wait(0.2)
        if request.wrong:
            self._json(400, {"msg": "; ".join(request.wrong), "code": 400, "sdk_error_code": 0})
        elif mode == "item":
            keys = [self.double.item_key or item["experimentKey"] for item in request.body]
            self._json(200, dict.fromkeys(keys, self.double.item))
        else:
            self.take(request)

    def take(self, request: Arrived) -> None:
        """Keep what fits, and say so as Comet does."""
        self.double.keep(request)
        if request.path == ALIVE:
            self._json(200, {"msg": "Healthy Server", "code": 200, "version": self.double.version})
        elif request.path == METRIC:
            self._json(200, {"msg": "Success", "code": 200})
        else:
            self._json(200, {item["experimentKey"]: self._taken(item) for item in request.body})

    def _taken(self, item: dict[str, Any]) -> dict[str, Any]:
        link = f"https://www.comet.com/course/llm-general/{item['experimentKey']}"
        return {"status": 200, "content": {"link": link, "experimentKey": item["experimentKey"]}}

    def _refuse(self, status: int) -> None:
        asked = self.double.retry_after
        headers = {} if asked is None else {"Retry-After": asked}
        headers |= {"Location": "/elsewhere"} if status == 302 else {}
        said = {"msg": f"said {status} to {self.double.key}", "code": status, "sdk_error_code": self.double.code}
        self._json(status, said, headers)

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_endless(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with suppress(OSError):
            while not self.double.stopping.is_set():
                self.wfile.write(b" " * 65_536)

    def _hold(self, mode: str) -> None:
        """Say nothing, or a byte now and then, until the client is gone or the double stops."""
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        if mode == "drip":
            self.wfile.write(head)
        until = time.monotonic() + 60
        while time.monotonic() < until and not self.double.stopping.wait(0.05):
            if mode == "drip-head":
                self.wfile.write(head[:1])
            elif mode == "drip":
                self.wfile.write(b" ")
            if self._is_gone():
                return

    def _is_gone(self) -> bool:
        self.connection.settimeout(0.001)
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return False
        finally:
            self.connection.settimeout(self.timeout)
