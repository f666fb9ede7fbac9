"""One request to an embedding server with the openai client: retries, what went wrong in words, and its answer checked.

Imported only where a server is configured: the client takes half a second to import.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import openai
from numpy.typing import NDArray

from index_store.bounded import TooLong, cut_after
from index_store.errors import EmbeddingServerFailed
from index_store.retries import LONGEST_WAIT_S, wait_before_retry
from index_store.settings import StoreSettings

MOST_BYTES = 64 * 2**20
"""Of one answer: a request of 128 texts, each with a vector of 3,072 numbers, gets a tenth of that."""
REFUSED_RETRIES = 1
"""Tries again after a refused connection: a server that is being restarted, not one that is not there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gave: a vector for each text, in order, and the tokens that the server counted."""

    vectors: NDArray[np.float32]  # (n, dimension), unit length
    tokens: int | None  # None: not reported


class EmbeddingClient:
    """Asks one server for embeddings; may be used from several threads at once. Close it when done."""

    def __init__(self, settings: StoreSettings, address: str) -> None:
        self.settings = settings
        self.what = f"{settings.embedding_model} at {settings.server}"
        self._key = settings.api_key.get_secret_value() if settings.api_key else None
        self._http = httpx.Client(
            timeout=httpx.Timeout(settings.embedding_timeout_s, connect=settings.connect_timeout_s),
            follow_redirects=True,
            trust_env=not is_loopback(address),  # a proxy for the internet does not know our loopback
            event_hooks={"response": [cut_after(MOST_BYTES, settings.embedding_timeout_s)]},
        )
        self._client = openai.OpenAI(
            api_key=self._key or "none", base_url=address, max_retries=0, http_client=self._http
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def embed(self, texts: Sequence[str]) -> Answer:
        """Ask for the vectors of some texts, again after failures that may pass.

        Raises:
            EmbeddingServerFailed: no usable answer after the retries.
        """
        attempt = 0
        while True:
            try:
                return read_answer(self._ask(texts), len(texts))
            except (openai.OpenAIError, httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
                if isinstance(failure.__cause__, TooLong):
                    told = f"The answer of {self.what} does not end within {failure.__cause__}."
                    raise EmbeddingServerFailed(told, hint=_doctor(self.settings)) from failure
                wait = wait_before_retry(failure, attempt, self.settings.backoff_s)
                allowed = REFUSED_RETRIES if _refused(failure) else self.settings.max_retries
                if wait is None or wait > LONGEST_WAIT_S or attempt >= allowed:
                    raise self._explain(failure, wait) from (None if self._leaks(failure) else failure)
                time.sleep(wait)
                attempt += 1
            except ValueError as failure:
                raise EmbeddingServerFailed(
                    f"The answer of {self.what} cannot be used: {failure}.", hint=_doctor(self.settings)
                ) from failure

    def _ask(self, texts: Sequence[str]) -> bytes:
        # The raw body: the client's own reader takes what is no JSON for an answer. Not every server knows base64.
        create = self._client.embeddings.with_raw_response.create
        return create(model=self.settings.embedding_model, input=list(texts), encoding_format="float").content

    def _leaks(self, failure: BaseException) -> bool:
        """Whether the failure repeats the key, as some servers do in a 401."""
        return self._key is not None and self._key in str(failure)

    def _explain(self, failure: BaseException, wait: float | None) -> EmbeddingServerFailed:
        """Say in the user's words what went wrong, and what to do next."""
        settings = self.settings
        if isinstance(failure, openai.APIStatusError):
            return self._explain_status(failure, wait)
        if isinstance(failure, openai.APITimeoutError) and not isinstance(failure.__cause__, httpx.ConnectTimeout):
            why = f"nothing came for {settings.embedding_timeout_s:g} seconds"
        else:
            why = "no connection" if isinstance(failure, openai.APIConnectionError) else type(failure).__name__
        hosted = settings.embedding_kind == "openai"
        hint = "Check the network." if hosted else "Start the server or correct OPENAI_BASE_URL."
        return EmbeddingServerFailed(f"No answer from {self.what}: {why}.", hint=f"{hint} {_doctor(settings)}")

    def _explain_status(self, failure: openai.APIStatusError, wait: float | None) -> EmbeddingServerFailed:
        status, said = failure.status_code, self._said(failure)
        if status in (401, 403, 407):
            why = "wants a key, and none is set" if self._key is None else "refuses the key"
            hint = "Set OPENAI_API_KEY to a key that is valid there, or LECTERN_EMBEDDING to minilm."
            return EmbeddingServerFailed(f"{self.what} {why} ({status}).", hint=hint)
        if status == 404:
            hint = "Correct the model in LECTERN_EMBEDDING, or OPENAI_BASE_URL, which for most servers ends in /v1."
            return EmbeddingServerFailed(f"{self.what} is not there (404): {said}.", hint=hint)
        if failure.code == "insufficient_quota":
            hint = "Look at plan and billing of the account, or set LECTERN_EMBEDDING to minilm."
            return EmbeddingServerFailed(f"The quota of the key for {self.what} is used up.", hint=hint)
        if wait is None:
            message = f"{self.what} refused the texts ({status}): {said}."
            return EmbeddingServerFailed(message, hint=_doctor(self.settings))
        asked = f" and asks to wait {wait:.0f} seconds" if wait > LONGEST_WAIT_S else ""
        message = f"{self.what} is overloaded or out of order ({status}){asked}: {said}."
        hint = "Wait, then run the same command again: it goes on where it stopped."
        return EmbeddingServerFailed(message, hint=hint)

    def _said(self, failure: openai.APIStatusError) -> str:
        """What the server said, in one short line without the key."""
        error: Any = failure.body
        said = error.get("message") if isinstance(error, dict) else None
        text = " ".join(str(said or failure.response.reason_phrase or "no reason given").split())
        return (text.replace(self._key, "***") if self._key else text)[:200].rstrip(".")


def read_answer(body: bytes, expected: int) -> Answer:
    """Read the body of an answer and check it: one finite vector that is not zero for each text, sorted by index.

    Raises:
        ValueError: it is no such answer; the message says why.
    """
    try:
        value = json.loads(body)
        rows = [(row["index"], row["embedding"]) for row in value["data"]]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise ValueError("it is no list of embeddings") from error
    indexes = [index for index, _ in rows if type(index) is int]
    if len(rows) != expected or sorted(indexes) != list(range(expected)):
        raise ValueError(f"it has {len(rows)} vectors, or wrong numbers on them, for {expected} texts")
    rows.sort(key=lambda row: row[0])
    try:
        vectors = np.array([vector for _, vector in rows], dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError("its vectors are no numbers, or differ in length") from error
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise ValueError("its vectors are no lists of numbers")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        raise ValueError("a vector is zero or holds what is no number")
    return Answer((vectors / lengths).astype(np.float32), _tokens(value))


def _tokens(value: dict[str, Any]) -> int | None:
    usage = value.get("usage")
    tokens = usage.get("prompt_tokens", usage.get("total_tokens")) if isinstance(usage, dict) else None
    return tokens if type(tokens) is int and tokens >= 0 else None


def _refused(failure: BaseException) -> bool:
    return isinstance(failure, openai.APIConnectionError) and isinstance(failure.__cause__, httpx.ConnectError)


def is_loopback(address: str) -> bool:
    """Whether an address names this machine by its loopback interface."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _doctor(settings: StoreSettings) -> str:
    return f"`lectern doctor` tries the server; LECTERN_EMBEDDING is {settings.embedding}."
