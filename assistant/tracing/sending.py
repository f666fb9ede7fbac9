"""One request to a sink: over within a time that is set, whatever the server does; and what its failures mean.

requests limits the wait for each packet, not their sum: a server that sends a byte now and then would hold the worker
for good. So a watchdog cuts the connection. There are no retries here: the outbox has them.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from assistant.tracing.outbox import LONGEST_ASKED_S
from index_store.errors import DeliveryProblem, SinkDenied, SinkRefused, SinkUnavailable

ANSWER_BYTES = 4 * 2**20
"""The longest answer that is read; the servers' answers have some hundred bytes."""
LATER = "It is tried again later."


class TimedSession(requests.Session):
    """A session in which no request takes longer than `total_s`, but for the system's look-up of the host's name.

    It follows no redirect, since a trace is for one server only; it takes no password from ~/.netrc, which requests
    would put in the place of the key; and each request has a connection of its own, so that none is found dead.
    """

    def __init__(self, total_s: float) -> None:
        super().__init__()
        self.total_s = total_s
        self.answer: requests.Response | None = None  # the latest
        self.auth = _keep_as_it_is
        self.headers["Connection"] = "close"
        self._watch = _Watch()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _WatchedAdapter(self._watch))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request.

        Raises:
            requests.RequestException: when there is no whole answer in time.
        """
        self.answer = None
        kwargs = {**kwargs, "timeout": self.total_s, "allow_redirects": False, "stream": True}
        with self._watch.over_after(self.total_s):
            try:
                answer = super().request(*args, **kwargs)
                with answer:
                    body = b"".join(_up_to(ANSWER_BYTES, answer))
            except (requests.RequestException, OSError, ValueError) as exc:  # of the cut, in the middle of anything
                if self._watch.over:
                    raise requests.Timeout(f"No answer within {self.total_s:g} s.") from exc
                raise
            if self._watch.over:  # a cut looks like the end, where the server gave no length
                raise requests.Timeout(f"No whole answer within {self.total_s:g} s.")
        answer._content = body
        if answer.is_redirect:
            raise requests.HTTPError("It leads elsewhere.", response=answer)
        self.answer = answer
        return answer

    def abandon(self) -> None:
        """Cut the request that is under way, from another thread."""
        self._watch.cut()


def _keep_as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _up_to(limit: int, answer: requests.Response) -> Any:
    seen = 0
    for piece in answer.iter_content(65_536):
        seen += len(piece)
        if seen > limit:
            raise requests.exceptions.ContentDecodingError("The answer is too long.")
        yield piece


class _Watch:
    """Holds second handles of the connections that are open, and cuts them when their time is over."""

    def __init__(self) -> None:
        self.over = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(0.0, self.cut)

    def over_after(self, seconds: float) -> _Watch:
        self._timer = threading.Timer(seconds, self.cut)
        return self

    def __enter__(self) -> None:
        self.over = False
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *exc: object) -> None:
        self._timer.cancel()
        with self._lock:
            while self._handles:
                self._handles.pop().close()

    def add(self, connection: socket.socket) -> None:
        """Watch a connection; a handle of our own outlives TLS, which takes the socket over."""
        with self._lock:
            self._handles.append(connection.dup())
        if self.over:
            self.cut()

    def cut(self) -> None:
        self.over = True
        with self._lock:
            for handle in self._handles:
                try:
                    handle.shutdown(socket.SHUT_RDWR)
                except OSError:  # it is closed already
                    continue


class _WatchedAdapter(HTTPAdapter):
    """Lets a watch know of each connection that is opened, be it plain, TLS or through a proxy."""

    def __init__(self, watch: _Watch) -> None:
        self._watch = watch
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Give the pool that a request takes its connection from, with a class of connections that are watched."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls, _WatchedMark):
            watch, base = self._watch, pool.ConnectionCls

            class Watched(_WatchedMark, base):  # type: ignore[misc, valid-type]
                def _new_conn(self) -> socket.socket:
                    made: socket.socket = super()._new_conn()
                    watch.add(made)
                    return made

            pool.ConnectionCls = Watched
        return pool


class _WatchedMark:
    """Tells our own class of connections from that of urllib3."""


def key_of(secret: SecretStr | None, setting: str) -> str:
    """Give a key as it goes into a header.

    Raises:
        SinkDenied: when it cannot: the libraries below would fail with the key in their words.
    """
    key = "" if secret is None else secret.get_secret_value().strip()
    if not key or not key.isascii() or not key.isprintable():
        raise SinkDenied(f"{setting} holds characters that no key has, or none.", hint=f"Check {setting}.")
    return key


def address_within(key: str) -> str | None:
    """Give the server's address that keys of Comet's own installations carry behind a `*`, in JSON in base64.

    The format is in comet_llm's `api_key/comet_api_key.py`, whose parser logs the keys that it cannot read.
    """
    try:
        about = json.loads(base64.b64decode(f"{key.partition('*')[2]}==="))
    except ValueError:
        return None
    url = about.get("baseUrl") if isinstance(about, dict) else None
    return url if isinstance(url, str) and url else None


def address_of(url: str, setting: str) -> str:
    """Give an address back, if it is one of HTTP.

    Raises:
        SinkDenied: when it is none: nothing can be sent before that is mended.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise SinkDenied(f"{setting} holds no address of HTTP.", hint=f"Check {setting}: https://host/ for example.")
    return url


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what a failure means for the delivery, in words that never hold the key, even where the server's do."""

    sink: str
    check: str  # the settings of the key and the address
    key: str = field(repr=False)

    def of_failure(self, failure: requests.RequestException, url: str) -> DeliveryProblem:
        """Judge a request that failed."""
        match failure:
            case requests.HTTPError() if failure.response is not None:
                answer = failure.response
                return self.of_status(answer.status_code, body_of(answer), answer.headers)
            case requests.exceptions.JSONDecodeError() | requests.exceptions.ContentDecodingError():
                return self.garbage(url)
            case requests.exceptions.InvalidJSONError():
                return SinkRefused(f"{self.sink} cannot be sent this: it holds a number that JSON has no word for.")
            case requests.Timeout():
                return SinkUnavailable(f"{self.sink} at {shown(url)} did not answer in time.", hint=LATER)
            case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
                told = f"{self.sink} at {shown(url)} cannot be reached: {_reason(failure)}."
                return SinkUnavailable(told, hint=LATER)
            case _:  # an address that is none
                told = f"{self.sink} cannot be asked: {type(failure).__name__}."
                return SinkDenied(told, hint=f"Check {self.check}.")

    def of_status(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> DeliveryProblem:
        """Judge a status that is not 2xx, of a request or of an item within one."""
        words = words_of(body).replace(self.key, "***") if self.key else words_of(body)
        told = f"{self.sink} answered {status}{words}."
        if status in (401, 403):
            mended = f"Check {self.check}, then run: lectern traces deliver"
            return SinkDenied(f"{self.sink} refused the key: {status}{words}.", hint=mended)
        if 300 <= status < 400:
            return SinkUnavailable(told, hint=f"The address leads elsewhere. Check {self.check}.")
        if status in (408, 425, 429) or status >= 500:
            return SinkUnavailable(told, hint=LATER, retry_after_s=_retry_after(headers or {}))
        return SinkRefused(told, hint="When that is mended, run: lectern traces deliver")

    def garbage(self, url: str) -> SinkUnavailable:
        """Judge an answer that is not the sink's."""
        return SinkUnavailable(f"{self.sink} at {shown(url)} gave an answer that is none.", hint=f"Check {self.check}.")


def body_of(answer: requests.Response | None) -> Any:
    """Give the JSON of an answer, None where there is none."""
    try:
        return None if answer is None else answer.json()
    except ValueError:
        return None


def words_of(value: Any) -> str:
    """Give the message within an error's JSON, in brackets, cut to one short line.

    >>> words_of({"errors": ["It is full."]})
    ' (It is full)'
    """
    if isinstance(value, dict):
        return next((words_of(value[name]) for name in ("msg", "message", "error", "errors") if value.get(name)), "")
    if isinstance(value, list):
        return words_of(value[0]) if value else ""
    line = " ".join(value.split()).rstrip(".") if isinstance(value, str) else ""
    return f" ({line[:200]})" if line else ""


def shown(url: str) -> str:
    """Give an address without a path, a name or a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _reason(failure: BaseException) -> str:
    """Give the system's own words for why a connection failed, from under the layers that wrap it."""
    found = "the connection broke"
    inner: Any = failure
    while isinstance(inner, BaseException):
        if isinstance(inner, OSError) and inner.strerror:
            found = inner.strerror
        nested = [getattr(inner, "reason", None), *inner.args, inner.__cause__, inner.__context__]
        inner = next((layer for layer in nested if isinstance(layer, BaseException)), None)
    return found


def _retry_after(headers: Mapping[str, str]) -> float | None:
    from index_store.retries import retry_after  # loads the openai client

    asked = retry_after(headers)
    return None if asked is None else min(asked, LONGEST_ASKED_S)  # a wrong clock must not end the delivery for good
