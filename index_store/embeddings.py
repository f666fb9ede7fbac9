"""The embeddings there are: MiniLM on this machine, OpenAI's, a compatible server's; each an `Embedder`.

Which one it is stands in the settings alone: a server that fails is an error, never a silent change to another model,
whose vectors would mean nothing in the same index.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Embedder
from index_store.errors import EmbeddingServerFailed, InvalidInput, SettingsError
from index_store.minilm import MiniLM
from index_store.settings import StoreSettings
from index_store.token_estimate import estimate_tokens
from index_store.well_formed import well_formed

if TYPE_CHECKING:
    from index_store.embedding_server import EmbeddingClient

OnUsage = Callable[[int | None], None]
OPENAI_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
OPENAI_MAX_TOKENS = 8191  # platform.openai.com, guide "Vector embeddings"
COMPATIBLE_MAX_TOKENS = 512  # BERT's; most small models read that much, and many servers cut the rest off silently
BATCH_TEXTS = {"openai": 128, "compatible": 32}  # 32: what text-embeddings-inference takes unless told otherwise
BATCH_TOKENS = 32_000  # bounds a request's time on a slow server; OpenAI's own limit is 300,000
SPECIAL_TOKENS = 2


def make_embedder(settings: StoreSettings, *, on_usage: OnUsage | None = None) -> Embedder:
    """Make the embedder that the settings name; nothing is loaded and nobody called yet.

    `on_usage` gets the tokens of each request to a server, None where the server did not report them.

    Raises:
        SettingsError: a key or an address is missing.
        WeightsMissing: MiniLM is not installed.
    """
    if settings.embedding_kind == "minilm":
        return MiniLM(threads=settings.embedding_threads)
    return ServerEmbedder(settings, on_usage=on_usage)


class ServerEmbedder:
    """The `Embedder` of an OpenAI-compatible server; safe from threads.

    Its dimension is that of OpenAI's model, else that of the first answer, and must stay so.

    Raises:
        SettingsError: a key or an address is missing, or the settings name no server.
    """

    def __init__(self, settings: StoreSettings, *, on_usage: OnUsage | None = None) -> None:
        self.settings = settings
        self.name = settings.embedding
        hosted = settings.embedding_kind == "openai"
        self.max_tokens = settings.embedding_max_tokens or (OPENAI_MAX_TOKENS if hosted else COMPATIBLE_MAX_TOKENS)
        self._address = _address(settings)
        self._on_usage = on_usage
        self._dimension = OPENAI_DIMENSIONS.get(settings.embedding_model) if hosted else None
        self._client: EmbeddingClient | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ServerEmbedder({self.name!r}, server={self.settings.server!r})"

    @property
    def dimension(self) -> int:
        """Length of a vector; where it is not known yet, the server is asked with one short text.

        Raises:
            EmbeddingServerFailed: the server gave no usable answer.
        """
        return len(self.embed_query("dimension")) if self._dimension is None else self._dimension

    def count_tokens(self, text: str) -> int:
        """Estimate the tokens of a text, special tokens left out; rather too many than too few."""
        return estimate_tokens(text)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one question: (dimension,) float32, unit length; see `embed_texts`."""
        vector: NDArray[np.float32] = self.embed_texts([text])[0]
        return vector

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages in as few requests as the server's limits allow: (n, dimension) float32, unit length.

        Raises:
            InvalidInput: a text is longer than the model reads; nothing is cut off silently.
            EmbeddingServerFailed: the server refused, failed or gave nonsense, after the retries.
        """
        counts = [self.count_tokens(text) + SPECIAL_TOKENS for text in texts]
        for text, count in zip(texts, counts, strict=True):
            self._check_length(text, count)
        parts = [self._request([texts[i] for i in batch]) for batch in batches(counts, self._batch_texts, BATCH_TOKENS)]
        return np.concatenate(parts) if parts else np.empty((0, self._dimension or 0), dtype=np.float32)

    @property
    def _batch_texts(self) -> int:
        return BATCH_TEXTS[self.settings.embedding_kind]

    def _check_length(self, text: str, count: int) -> None:
        if count > self.max_tokens:
            start = " ".join(text[:60].split())
            raise InvalidInput(
                f"A text of about {count} tokens ({start!r} ...) is longer than {self.name} reads ({self.max_tokens}).",
                hint="Shorten it, or choose smaller windows.",
            )

    def _request(self, texts: Sequence[str]) -> NDArray[np.float32]:
        answer = self._connected().embed([well_formed(text) or " " for text in texts])  # OpenAI refuses empty texts
        if self._on_usage is not None:
            self._on_usage(answer.tokens)
        self._check_dimension(answer.vectors.shape[1])
        return answer.vectors

    def _check_dimension(self, found: int) -> None:
        with self._lock:
            if self._dimension is None:
                self._dimension = found
        if found != self._dimension:
            raise EmbeddingServerFailed(
                f"{self.name} at {self.settings.server} gave vectors of {found} numbers instead of {self._dimension}.",
                hint="Another model answers under this name: correct LECTERN_EMBEDDING or run: lectern library rebuild",
            )

    def _connected(self) -> EmbeddingClient:
        with self._lock:
            if self._client is None:
                from index_store.embedding_server import EmbeddingClient

                self._client = EmbeddingClient(self.settings, self._address)
                weakref.finalize(self, self._client.close)
            return self._client

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def batches(counts: Sequence[int], most_texts: int, most_tokens: int) -> Iterator[range]:
    """Cut texts with these token counts into runs within both limits; one longer text makes a run alone.

    >>> list(batches([5, 5, 5, 90, 1], most_texts=2, most_tokens=50))
    [range(0, 2), range(2, 3), range(3, 4), range(4, 5)]
    """
    start = tokens = 0
    for i, count in enumerate(counts):
        if i > start and (i - start == most_texts or tokens + count > most_tokens):
            yield range(start, i)
            start, tokens = i, 0
        tokens += count
    if start < len(counts):
        yield range(start, len(counts))


def _address(settings: StoreSettings) -> str:
    if settings.embedding_kind == "openai" and settings.api_key is None:
        raise SettingsError(
            f"LECTERN_EMBEDDING is {settings.embedding}, but there is no key for OpenAI.",
            hint="Set OPENAI_API_KEY, or LECTERN_EMBEDDING to minilm.",
        )
    if settings.embedding_address is None:
        raise SettingsError(
            f"LECTERN_EMBEDDING is {settings.embedding}, but there is no address of a server.",
            hint="Set OPENAI_BASE_URL to an address like http://127.0.0.1:11434/v1, or LECTERN_EMBEDDING to minilm.",
        )
    return settings.embedding_address
