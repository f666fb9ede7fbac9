"""What the store is told once, frozen: where it lies, which embedding it uses. Reads no environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from index_store.errors import SettingsError

EmbeddingKind = Literal["minilm", "openai", "compatible"]
OPENAI_ADDRESS = "https://api.openai.com/v1"
_CHOICES = "Set LECTERN_EMBEDDING to minilm, openai:MODEL or compatible:MODEL."


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the index lies, which embedding it is made with, and how many passages a search gives.

    Raises:
        SettingsError: when `embedding` is none of the three kinds, or a number makes no sense.
    """

    home: Path  # everything that lasts lies under it
    embedding: str = "minilm"  # or "openai:MODEL", "compatible:MODEL"
    api_key: SecretStr | None = None
    base_url: str | None = field(default=None, repr=False)  # may hold a password: `server` is what is shown
    embedding_max_tokens: int | None = None  # the most a server's model reads; None: what is known of the model
    embedding_threads: int | None = None  # for minilm; None: as many as there are cores
    connect_timeout_s: float = 2.5  # a refused or silent address is told within a few seconds
    embedding_timeout_s: float = 60.0  # the longest silence; one request holds many texts
    max_retries: int = 4  # on 429, 5xx and lost connections
    backoff_s: float = 0.5  # the first wait; it doubles, with jitter
    top_k: int = 6

    def __post_init__(self) -> None:
        kind, colon, model = self.embedding.partition(":")
        known = kind == "minilm" and not colon or kind in ("openai", "compatible") and model.strip() == model != ""
        if not known:
            raise SettingsError(f"LECTERN_EMBEDDING is {self.embedding!r}, which is no embedding.", hint=_CHOICES)
        if self.base_url is not None:
            check_address(self.base_url)
        for name in ("connect_timeout_s", "embedding_timeout_s", "top_k", "embedding_max_tokens", "embedding_threads"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise SettingsError(f"{name} is {value}; it must be more than 0.")
        if self.max_retries < 0 or self.backoff_s < 0:
            raise SettingsError("max_retries and backoff_s must not be negative.")

    @property
    def embedding_kind(self) -> EmbeddingKind:
        """Which of the three kinds of embedding is used."""
        match self.embedding.partition(":")[0]:
            case "openai":
                return "openai"
            case "compatible":
                return "compatible"
            case _:
                return "minilm"

    @property
    def embedding_model(self) -> str:
        """The model's name as its server knows it; "minilm" for the local one."""
        return self.embedding.partition(":")[2] or self.embedding

    @property
    def embedding_address(self) -> str | None:
        """Where embeddings are asked for; a secret may stand in it. None: nowhere, or `base_url` is not set.

        `openai:MODEL` always goes to OpenAI itself, whatever server answers the questions.
        """
        match self.embedding_kind:
            case "openai":
                return OPENAI_ADDRESS
            case "compatible":
                return self.base_url
            case _:
                return None

    @property
    def server(self) -> str:
        """The embedding server's address as it may be shown; empty for the local model."""
        return shown_address(self.embedding_address or "")


def check_address(address: str) -> None:
    """Check that a server's address is one that a client can be made for.

    Raises:
        SettingsError: it is no http or https address.
    """
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        hint = "Set OPENAI_BASE_URL to an address like http://127.0.0.1:11434/v1, or unset it."
        raise SettingsError(f"OPENAI_BASE_URL is no http or https address: {shown_address(address)!r}.", hint=hint)


def shown_address(address: str) -> str:
    """Give an address without user name, password, query and fragment, where secrets hide.

    >>> shown_address("http://me:hunter2@127.0.0.1:9/v1/?token=t0k")
    'http://127.0.0.1:9/v1'
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return "(no address)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
