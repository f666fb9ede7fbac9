"""A double of an OpenAI-compatible server, over real HTTP on loopback: chat completions, models, embeddings.

What it answers is a `Reply`: from the script (one reply for one request, in order), else by the name of the model that
is asked for (BY_NAME, so that a program in another process can be put to the test too), else `default`. It keeps every
request, and whether the client hung up before the end.

    with ModelServer() as server:
        server.script("Hello.", Reply(status=429, headers={"Retry-After": "1"}))
        client = openai.OpenAI(base_url=server.url, api_key="sk-test", max_retries=0)
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.model_replies import BY_NAME, Answer, Reply, Request, events_of, failing, head_of, usage_of, vector_of

__all__ = ["BY_NAME", "ModelServer", "Reply", "Request", "failing", "vector_of"]


class ModelServer:
    """The double; a context manager that leaves no thread and no socket behind."""

    def __init__(self, *, key: str | None = None, models: Sequence[str] = tuple(BY_NAME), port: int = 0) -> None:
        self.key = key  # with one, requests without it get 401
        self.models: list[str] | None = list(models)  # what /v1/models lists; None: there is no such list
        self.strict_models = False  # whether a chat with an unlisted model gets 404
        self.default: Answer = Reply()
        self.embedding_dimension = 8
        self.embedding_usage = True
        self.embeddings: deque[Reply] = deque()  # scripted failures of /v1/embeddings
        self.models_reply: Reply | None = None  # overrides /v1/models
        self.refused_fields: set[str] = set()  # fields of a chat request that get 400
        self.requests: list[Request] = []
        self.hung_up = threading.Event()  # a client closed its connection before the end
        self.stopping = threading.Event()
        self._script: deque[Answer] = deque()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.double = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"{self.address}/v1"

    @property
    def chats(self) -> list[Request]:
        """The chat requests so far."""
        return [r for r in self.requests if r.path.endswith("/chat/completions")]

    def script(self, *answers: Answer) -> None:
        """Answer the next chat requests with these, in order."""
        self._script.extend(answers)

    def answer_to(self, request: dict[str, Any]) -> Reply:
        """Choose the reply to a chat request."""
        answer = self._script.popleft() if self._script else BY_NAME.get(str(request.get("model")), self.default)
        if callable(answer):
            answer = answer(request)
        return Reply(text=answer) if isinstance(answer, str) else answer

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them, so nothing is left behind
    block_on_close = True
    request_queue_size = 64  # many clients at once are part of what is tested
    double: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that hang up: tests do that on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing to stderr."""

    @property
    def double(self) -> ModelServer:
        return self.server.double

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        self.close_connection = True  # one request for one connection: nothing waits at the end of a test
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw else {}
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.double.requests.append(Request(self.command, self.path, headers, body, raw, time.monotonic()))
        try:
            self._route(body, headers)
        except OSError:
            self.double.hung_up.set()

    def _route(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        double = self.double
        if double.key is not None and headers.get("authorization") != f"Bearer {double.key}":
            message = f"Incorrect API key provided: {headers.get('authorization', '')[7:]}."
            self._plain(failing(401, message, code="invalid_api_key"))
        elif self.path == "/v1/models":
            self._models()
        elif self.path == "/v1/embeddings":
            self._embeddings(body)
        elif self.path == "/v1/chat/completions":
            self._chat(body)
        else:
            self._plain(Reply(status=404, body=b"404 page not found", content_type="text/plain"))

    def _models(self) -> None:
        double = self.double
        if double.models_reply is not None:
            self._plain(double.models_reply)
        elif double.models is None:
            self._plain(Reply(status=404, body=b"404 page not found", content_type="text/plain"))
        else:
            data = [{"id": name, "object": "model", "created": 0, "owned_by": "double"} for name in double.models]
            self._json(200, {"object": "list", "data": data})

    def _embeddings(self, body: dict[str, Any]) -> None:
        double = self.double
        if double.embeddings:
            reply = double.embeddings.popleft()
            if reply.status != 200 or reply.body is not None or reply.drop or reply.hang:
                self._plain(reply)
                return
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [
            {"object": "embedding", "index": n, "embedding": vector_of(str(text), double.embedding_dimension)}
            for n, text in enumerate(texts)
        ]
        tokens = sum(len(str(text).split()) for text in texts)
        usage = {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}} if double.embedding_usage else {}
        self._json(200, {"object": "list", "data": data, "model": body["model"], **usage})

    def _chat(self, body: dict[str, Any]) -> None:
        double = self.double
        refused = sorted(double.refused_fields & body.keys())
        if refused:
            self._plain(failing(400, f"Unsupported parameter: '{refused[0]}'.", code="unsupported_parameter"))
            return
        if double.strict_models and body.get("model") not in (double.models or ()):
            self._plain(failing(404, f"The model `{body.get('model')}` does not exist.", code="model_not_found"))
            return
        reply = double.answer_to(body)
        if reply.model is None:
            reply = replace(reply, model=str(body.get("model")))
        if reply.endless is not None or reply.endless_head:
            self._send_endless(reply)
        elif reply.status != 200 or reply.body is not None or reply.drop or reply.hang:
            self._plain(reply)
        elif body.get("stream"):
            self._stream(reply, asked=bool((body.get("stream_options") or {}).get("include_usage")))
        else:
            self._wait(reply.delay_s)
            choice = {
                "index": 0,
                "finish_reason": reply.finish,
                "message": {"role": "assistant", "content": reply.text},
            }
            self._json(200, {**head_of(reply, "chat.completion"), "choices": [choice], **usage_of(reply)})

    def _plain(self, reply: Reply) -> None:
        self._wait(reply.delay_s)
        if reply.hang:
            self._wait(float("inf"))
        if reply.drop or reply.hang:
            self._hang_up()
            return
        if reply.body is not None:
            self._send(reply.status, reply.body, reply.content_type or "application/json", reply.headers)
        else:
            self._json(reply.status, {"error": reply.error}, reply.headers)

    def _send_endless(self, reply: Reply) -> None:
        kind = reply.content_type or "text/event-stream"
        self.wfile.write(f"HTTP/1.1 {reply.status} Said\r\nContent-Type: {kind}\r\nConnection: close\r\n".encode())
        piece = b"X-More: and more\r\n"
        if not reply.endless_head:
            self.wfile.write(b"\r\n")
            piece = reply.endless or b""
        while True:
            self.wfile.write(piece)
            self._wait(reply.piece_delay_s)
            if self.double.stopping.is_set():
                raise ConnectionAbortedError("the double is stopping")

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", headers or {})

    def _send(self, status: int, body: bytes, content_type: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply, *, asked: bool) -> None:
        self._wait(reply.delay_s)
        self.send_response(200)
        self.send_header("Content-Type", reply.content_type or "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        events = (
            list(reply.events) if reply.events is not None else events_of(reply, asked=asked or reply.usage_unasked)
        )
        for n, event in enumerate(events):
            if reply.cut_after is not None and n > reply.cut_after:
                self._hang_up()
                return
            held = reply.hang_after is not None and n > reply.hang_after
            self._wait(float("inf") if held else reply.piece_delay_s, reply.until)
            self._chunk(f"data: {event}\n\n")
        if reply.done:
            self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _wait(self, seconds: float, released: threading.Event | None = None) -> None:
        """Wait, at most until `released` is set; notice when the client hangs up or the double is stopped meanwhile."""
        until = time.monotonic() + seconds
        while seconds and time.monotonic() < until and not (released and released.is_set()):
            if self.double.stopping.is_set():
                raise ConnectionAbortedError("the double is stopping")
            readable, _, _ = select.select([self.connection], [], [], min(0.02, max(0.0, until - time.monotonic())))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError("the client hung up")

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
