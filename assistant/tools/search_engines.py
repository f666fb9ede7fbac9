"""Search engines behind one face: DuckDuckGo and others without a key (ddgs), Tavily, SerpAPI, a SearXNG of one's own.

Wire formats: docs.tavily.com (POST /search), serpapi.com/search-api (GET /search.json), docs.searxng.org (Search API).
Their calls block. A key never stands in a message.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from index_store.bounded import TooLong, cut_after
from index_store.errors import ToolFailed

Host = tuple[str, int]
LONGEST_SNIPPET = 600
TIMEOUT_S = 10.0
MOST_BYTES = 8 * 2**20
_TAGS = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_LATER = "Go on without it, or try again later."


@dataclass(frozen=True, slots=True)
class Found:
    """One result: its words are of the page or the engine, cleaned of marks."""

    title: str
    address: str
    snippet: str


class SearchEngine(Protocol):
    """Searches the web."""

    @property
    def host(self) -> Host:
        """Host and port that must be reachable."""

    def search(self, query: str, most: int) -> list[Found]:
        """Give at most so many results, best first.

        Raises:
            ToolFailed: when the engine cannot be reached, refuses or answers nonsense.
        """


class Ddgs:
    """The `ddgs` package: several engines, no key."""

    host = ("duckduckgo.com", 443)

    def search(self, query: str, most: int) -> list[Found]:
        """Search; see SearchEngine."""
        from ddgs import DDGS
        from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

        try:
            rows = DDGS(timeout=int(TIMEOUT_S)).text(query, max_results=most)
        except RatelimitException as exc:
            raise ToolFailed("The web search asks to wait: too many searches.", hint=_LATER) from exc
        except TimeoutException as exc:
            raise ToolFailed("The web search did not answer in time.", hint=_LATER) from exc
        except DDGSException as exc:
            if "no results" in str(exc).lower():
                return []
            raise ToolFailed(f"The web search failed: {cleaned(str(exc))[:160]}", hint=_LATER) from exc
        return results((row.get("title"), row.get("href"), row.get("body")) for row in rows)[:most]


@dataclass(frozen=True)
class Tavily:
    """Tavily, with a key."""

    key: SecretStr
    base: str = "https://api.tavily.com"

    @property
    def host(self) -> Host:
        """Host and port that must be reachable."""
        return host_of(self.base)

    def search(self, query: str, most: int) -> list[Found]:
        """Search; see SearchEngine."""
        headers = {"Authorization": f"Bearer {self.key.get_secret_value()}"}
        body = {"query": query, "max_results": most}
        rows = _rows(_asked("Tavily", "POST", f"{self.base}/search", headers=headers, json=body), "Tavily", "results")
        return results((row.get("title"), row.get("url"), row.get("content")) for row in rows)[:most]


@dataclass(frozen=True)
class SerpApi:
    """SerpAPI (Google's results), with a key."""

    key: SecretStr
    base: str = "https://serpapi.com"

    @property
    def host(self) -> Host:
        """Host and port that must be reachable."""
        return host_of(self.base)

    def search(self, query: str, most: int) -> list[Found]:
        """Search; see SearchEngine."""
        asked = {"engine": "google", "q": query, "num": str(most), "api_key": self.key.get_secret_value()}
        reply = _asked("SerpAPI", "GET", f"{self.base}/search.json", params=asked)
        if "organic_results" not in reply and "error" in reply and "any results" in str(reply["error"]):
            return []
        rows = _rows(reply, "SerpAPI", "organic_results")
        return results((row.get("title"), row.get("link"), row.get("snippet")) for row in rows)[:most]


@dataclass(frozen=True)
class SearXng:
    """A SearXNG that the operator runs."""

    base: str

    @property
    def host(self) -> Host:
        """Host and port that must be reachable."""
        return host_of(self.base)

    def search(self, query: str, most: int) -> list[Found]:
        """Search; see SearchEngine."""
        asked = {"q": query, "format": "json"}
        hint = "Let it answer in JSON: `formats: [html, json]` under `search:` in its settings.yml."
        reply = _asked("SearXNG", "GET", f"{self.base.rstrip('/')}/search", params=asked, forbidden=hint)
        rows = _rows(reply, "SearXNG", "results")
        return results((row.get("title"), row.get("url"), row.get("content")) for row in rows)[:most]


def choose_engine(
    tavily_key: SecretStr | None = None, serpapi_key: SecretStr | None = None, searxng: str | None = None
) -> SearchEngine:
    """Choose by what is set up: an address of one's own first, then a key, else the engines without one."""
    if searxng is not None:
        return SearXng(searxng)
    if tavily_key is not None:
        return Tavily(tavily_key)
    return Ddgs() if serpapi_key is None else SerpApi(serpapi_key)


def results(rows: Iterable[tuple[Any, Any, Any]]) -> list[Found]:
    """Make results of titles, addresses and snippets as they came: web addresses alone, each once."""
    found: dict[str, Found] = {}
    for title, address, snippet in rows:
        if not isinstance(address, str) or not _is_web(address) or address in found:
            continue
        cut = cleaned(snippet)[:LONGEST_SNIPPET]
        found[address] = Found(cleaned(title)[:200] or host_of(address)[0], address, cut)
    return list(found.values())


def cleaned(text: Any) -> str:
    """Give a text on one line, without HTML marks and what commands a terminal or turns the writing direction."""
    if not isinstance(text, str):
        return ""
    return " ".join(_CONTROL.sub(" ", html.unescape(_TAGS.sub("", text))).split())


def host_of(address: str) -> Host:
    """Give host and port of an address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not _CONTROL.search(address)
    except ValueError:
        return False


def _asked(name: str, method: str, url: str, *, forbidden: str = "", **about: Any) -> Mapping[str, Any]:
    """Ask an engine over HTTP; give the object that it answers with."""
    import httpx

    try:
        with httpx.Client(timeout=TIMEOUT_S, event_hooks={"response": [cut_after(MOST_BYTES, TIMEOUT_S)]}) as client:
            reply = client.request(method, url, **about)
    except TooLong as exc:
        raise ToolFailed(f"The answer of {name} does not end within {exc}.", hint=_LATER) from exc
    except httpx.HTTPError as exc:  # its message may hold the address with the key
        reason = "no answer in time" if isinstance(exc, httpx.TimeoutException) else type(exc).__name__
        raise ToolFailed(f"{name} cannot be reached: {reason}.", hint=_LATER) from None
    if reply.status_code in (401, 403):
        hint = forbidden or f"Check the key of {name}."
        raise ToolFailed(f"{name} refuses (status {reply.status_code}).", hint=hint)
    if reply.status_code != 200:
        raise ToolFailed(f"{name} answers with status {reply.status_code}.", hint=_LATER)
    try:
        found = reply.json()
    except ValueError as exc:
        raise ToolFailed(f"{name} answered with no JSON.", hint=_LATER) from exc
    if not isinstance(found, dict):
        raise ToolFailed(f"{name} answered with no JSON object.", hint=_LATER)
    return found


def _rows(reply: Mapping[str, Any], name: str, field: str) -> list[Mapping[str, Any]]:
    rows = reply.get(field, [])
    if not isinstance(rows, list):
        raise ToolFailed(f"{name} answered with something unexpected.", hint=_LATER)
    return [row for row in rows if isinstance(row, dict)]
