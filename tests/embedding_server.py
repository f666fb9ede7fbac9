"""A double of an embedding server, over real HTTP on loopback, with a knob for each way in which one can fail.

with EmbeddingServer() as server:
    server.script(Reply(status=429, headers={"Retry-After": "0.2"}))
    settings = StoreSettings(home, embedding="compatible:double", base_url=server.url)
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_store.embeddings import OnUsage, ServerEmbedder
from index_store.settings import StoreSettings

KEY = "sk-secret-0123456789"


@dataclass(frozen=True)
class Reply:
    """How one request is answered; without any knob, properly."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "It failed."  # of the error, under another status than 200
    code: str | None = None  # of the error
    body: bytes | None = None  # sent as it is
    dimension: int | None = None  # another one than the server's
    vectors: list[Any] | None = None  # instead of the right ones
    indexes: list[Any] | None = None  # instead of 0, 1, 2 ...
    backwards: bool = False  # the last text's vector first
    usage: Any = "right"  # None: not reported; anything else: sent as it is
    delay_s: float = 0.0
    hang: bool = False  # never answer
    drop: bool = False  # hang up without an answer
    cut: bool = False  # hang up in the middle of the body


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    path: str
    authorization: str
    texts: list[str]
    model: str
    seconds: float  # on the monotonic clock


class EmbeddingServer:
    """The double; a context manager that leaves no thread and no socket behind."""

    def __init__(self, *, key: str | None = None, dimension: int = 8) -> None:
        self.key = key  # with one, requests without it get 401
        self.dimension = dimension
        self.default = Reply()
        self.requests: list[Request] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._script: deque[Reply] = deque()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.double = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def script(self, *replies: Reply) -> None:
        """Answer the next requests with these, in order."""
        self._script.extend(replies)

    def next_reply(self) -> Reply:
        """Take the next reply of the script, else the default."""
        return self._script.popleft() if self._script else self.default

    def __enter__(self) -> EmbeddingServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    double: EmbeddingServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that hang up: tests do that on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.double.connections += 1

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing to stderr."""

    def do_POST(self) -> None:
        double = self.server.double
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        given = self.headers.get("Authorization", "")
        double.requests.append(Request(self.path, given, body["input"], body["model"], time.monotonic()))
        reply = double.next_reply()
        double.stopping.wait(60 if reply.hang else reply.delay_s)
        if reply.hang or reply.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif double.key is not None and given != f"Bearer {double.key}":
            self._error(Reply(status=401, message=f"Incorrect API key provided: {given[7:]}.", code="invalid_api_key"))
        elif self.path != "/v1/embeddings":
            self._send(Reply(status=404), b"404 page not found", "text/plain")
        elif reply.status != 200:
            self._error(reply)
        else:
            self._send(reply, self._answer(reply, body) if reply.body is None else reply.body)

    def _error(self, reply: Reply) -> None:
        error = {"message": reply.message, "type": "error", "param": None, "code": reply.code}
        self._send(reply, reply.body or json.dumps({"error": error}).encode())

    def _answer(self, reply: Reply, body: dict[str, Any]) -> bytes:
        texts = body["input"]
        dimension = reply.dimension or self.server.double.dimension
        vectors = [vector_of(text, dimension) for text in texts] if reply.vectors is None else reply.vectors
        indexes = list(range(len(vectors))) if reply.indexes is None else reply.indexes
        data = [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in zip(indexes, vectors, strict=True)
        ]
        tokens = sum(len(text.split()) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens} if reply.usage == "right" else reply.usage
        value = {"object": "list", "data": data[::-1] if reply.backwards else data, "model": body["model"]}
        return json.dumps(value if usage is None else {**value, "usage": usage}).encode()

    def _send(self, reply: Reply, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.cut:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(body)


def vector_of(text: str, dimension: int) -> list[float]:
    """Give a vector that is the same for the same text; its length is not one, as with some real servers."""
    blocks = (hashlib.sha256(f"{n}\n{text}".encode()).digest() for n in range(dimension // 32 + 1))
    return [byte / 16 - 7.97 for byte in b"".join(blocks)[:dimension]]


def unit(text: str, dimension: int = 8) -> NDArray[np.float64]:
    """Give the same vector at unit length."""
    vector = np.array(vector_of(text, dimension))
    return vector / np.linalg.norm(vector)


def embedder_for(
    server: EmbeddingServer, home: Path, *, on_usage: OnUsage | None = None, **changes: Any
) -> ServerEmbedder:
    """Make an embedder for the double, with short waits."""
    values = {"embedding": "compatible:double", "base_url": server.url, "backoff_s": 0.01, **changes}
    return ServerEmbedder(StoreSettings(home, **values), on_usage=on_usage)
