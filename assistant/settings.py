"""What the assistant is told once, frozen: which model, how long to wait, which prompts. Reads no environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from assistant.own_prices import Prices
from index_store.errors import SettingsError

Mode = Literal["openai", "compatible", "quoting"]

DEFAULT_OPENAI_MODEL = "gpt-4.1-mini"
"""Cheap, its price is known, it honours temperature 0, and it does not reason silently before its first word."""

REQUEST_TIMEOUT_S = 120.0
DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True)
class AssistantSettings:
    """How the assistant reaches a language model, and which prompts it uses.

    Raises:
        SettingsError: when the address is no http(s) address, or a number makes no sense.
    """

    model: str | None = None  # None: DEFAULT_OPENAI_MODEL, or the only model of a compatible server
    base_url: str | None = field(default=None, repr=False)  # may hold a password: `server` is what is shown
    api_key: SecretStr | None = None
    connect_timeout_s: float = 2.5  # a refused or silent address is told within three seconds
    request_timeout_s: float = REQUEST_TIMEOUT_S  # the longest silence; a local model may first have to be loaded
    deadline_s: float = DEADLINE_S  # for one whole reply, retries included
    max_retries: int = 3  # on 429, 5xx and lost connections, before the first word only
    backoff_s: float = 0.5  # the first wait; it doubles, with jitter
    temperature: float = 0.0  # answers from given passages want no invention
    max_output_tokens: int | None = 4096  # bounds a model that does not stop; room for one that reasons first
    context_window: int | None = None  # tokens; None: what is known of the model
    prompts_folder: Path | None = None  # a course team's own templates; they win over ours
    prompt_versions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # by name; else the latest
    prices: Prices = field(default_factory=lambda: MappingProxyType({}))  # of the team's own servers, by model

    def __post_init__(self) -> None:
        if self.base_url is not None:
            _check_address(self.base_url)
        for name in ("connect_timeout_s", "request_timeout_s", "deadline_s"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be more than 0 seconds.")
        if self.max_retries < 0 or self.backoff_s < 0:
            raise SettingsError("max_retries and backoff_s must not be negative.")

    @property
    def mode(self) -> Mode:
        """Which kind of model answers: an address wins over a key, and without both it is quoting mode."""
        if self.base_url is not None:
            return "compatible"
        return "openai" if self.api_key is not None else "quoting"

    @property
    def server(self) -> str:
        """The model server's address as it may be shown: without user name, password and query."""
        if self.base_url is None:
            return "https://api.openai.com/v1" if self.mode == "openai" else ""
        parts = urlsplit(self.base_url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _check_address(address: str) -> None:
    hint = "Set OPENAI_BASE_URL to an address like http://127.0.0.1:11434/v1, or unset it."
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        shown = address.rpartition("@")[2]
        raise SettingsError(f"OPENAI_BASE_URL is no http or https address: {shown!r}.", hint=hint)
