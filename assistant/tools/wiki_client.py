"""The `wikipedia` package, tamed: a copy of its module for each address, time limits, and answers that are checked.

The package keeps its address, user agent and caches in globals, asks without a time limit, over http, and takes
whatever comes for an answer. Here each client loads a private copy of the module, in which `requests` is our `_Wire`:
nothing that one client sets is seen by another, or by anybody else who uses the package. Its calls block.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from index_store.bounded import TooLong, cut_after
from index_store.errors import SettingsError, ToolFailed

LARGEST_REPLY = 8 * 2**20
"""Bytes; the longest articles have some hundred thousand."""
MOST_LINKS = 25
_REFERS = re.compile(r"\bmay (?:also )?refer to\b", re.IGNORECASE)
_HINT = "Go on without it, or try again later."


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it stood: its plain text under `== Heading ==` lines, and the address of that revision."""

    title: str
    text: str
    address: str
    asked: str  # the title that was asked for; another one where that was a redirect

    @property
    def is_redirected(self) -> bool:
        """Tell whether the title that was asked for leads here from elsewhere."""
        return self.asked.casefold().replace("_", " ") != self.title.casefold()


@dataclass(frozen=True, slots=True)
class Choices:
    """Titles to choose from: of a disambiguation page, of a search, or near one that is missing."""

    title: str
    titles: tuple[str, ...]
    missing: bool = False


class WikiClient:
    """Asks one wiki; may be used by many threads at once."""

    def __init__(self, api_url: str, user_agent: str, *, timeout_s: float = 8.0) -> None:
        self.api_url = checked_address(api_url)
        self._wire = _Wire(self.api_url, timeout_s)
        self._module = _private_copy()
        self._module.API_URL = self.api_url  # type: ignore[attr-defined]
        self._module.USER_AGENT = user_agent  # type: ignore[attr-defined]
        self._module.requests = self._wire  # type: ignore[attr-defined]

    def search(self, query: str, most: int) -> tuple[list[str], str | None]:
        """Give titles that fit, best first, and another spelling if the wiki offers one.

        Raises:
            ToolFailed: when the wiki cannot be reached, or answers nonsense.
        """
        titles, suggestion = self._asked(self._module.search.fn, query, results=most, suggestion=True)
        return [str(t) for t in titles[:most]], None if suggestion is None else str(suggestion)

    def read(self, title: str) -> Article | Choices:
        """Read an article; a disambiguation page, or a title that is missing, gives what there is to choose from.

        Raises:
            ToolFailed: as `search`.
        """
        errors = self._module
        try:
            page = self._asked(errors.WikipediaPage, title)
            text = self._asked(lambda: page.content)
            revision = int(page.revision_id)
        except errors.DisambiguationError as exc:
            return Choices(title, tuple(str(o) for o in exc.options[:MOST_LINKS]))
        except errors.PageError:
            found, suggestion = self.search(title, 5)
            return Choices(title, tuple(dict.fromkeys([*([suggestion] if suggestion else []), *found])), missing=True)
        if _is_disambiguation(text, lambda: self._asked(lambda: page.categories)):
            links = self._asked(lambda: page.links)
            return Choices(page.title, tuple(str(link) for link in links[:MOST_LINKS]))
        return Article(str(page.title), str(text), self._permalink(str(page.url), revision), title)

    def _permalink(self, address: str, revision: int) -> str:
        if urlsplit(address).scheme not in ("http", "https"):
            raise ToolFailed("Wikipedia answered with an address that is none.", hint=_HINT)
        return f"{address}{'&' if '?' in address else '?'}oldid={revision}"

    def _asked(self, work: Any, *given: Any, **named: Any) -> Any:
        """Call into the package; what it stumbles over in a reply is told as what it is."""
        try:
            return work(*given, **named)
        except (self._module.DisambiguationError, self._module.PageError, ToolFailed):
            raise
        except (KeyError, IndexError, AssertionError, AttributeError, TypeError, ValueError) as exc:
            raise ToolFailed(f"Wikipedia answered with something unexpected: {exc!r}.", hint=_HINT) from exc
        except self._module.WikipediaException as exc:
            raise ToolFailed(f"Wikipedia answered: {exc}", hint=_HINT) from exc


def _is_disambiguation(text: str, categories: Any) -> bool:
    """Tell a disambiguation page on a wiki that does not mark its kind (without the Disambiguator extension)."""
    if len(text) > 4_000 or not _REFERS.search(text[:400]):
        return False
    return any("disambiguation" in str(name).lower() for name in categories())


class _Wire:
    """What the package takes for `requests`."""

    def __init__(self, api_url: str, timeout_s: float) -> None:
        self._api_url = api_url
        self._timeout_s = timeout_s

    def get(self, url: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> SimpleNamespace:
        """Ask the wiki; a search that found nothing is made again in the articles' texts.

        Without CirrusSearch, which Wikipedia has, a MediaWiki searches titles alone unless it is told otherwise.

        Raises:
            ToolFailed: when there is no connection, another status than success, or no JSON.
        """
        reply = self._fetched(params, headers)
        if params.get("list") == "search" and not _found_any(reply):
            reply = self._fetched({**params, "srwhat": "text"}, headers)
        return SimpleNamespace(json=lambda: reply)

    def _fetched(self, params: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Any]:
        import httpx

        try:
            hooks = {"response": [cut_after(LARGEST_REPLY, self._timeout_s)]}
            with httpx.Client(timeout=self._timeout_s, headers=dict(headers), event_hooks=hooks) as client:
                reply = client.get(self._api_url, params={**params, "maxlag": "5"})
        except TooLong as exc:
            raise ToolFailed(f"Wikipedia's answer does not end within {exc}.", hint=_HINT) from exc
        except httpx.HTTPError as exc:
            host = urlsplit(self._api_url).hostname
            raise ToolFailed(f"Wikipedia cannot be reached at {host}: {_reason(exc)}.", hint=_HINT) from exc
        if reply.status_code != 200:
            wait = reply.headers.get("retry-after", "")
            later = f" It asks to wait {wait} seconds." if re.fullmatch(r"[0-9]{1,5}", wait) else ""
            raise ToolFailed(f"Wikipedia answers with status {reply.status_code}.{later}", hint=_HINT)
        return _object(reply.content)


def _found_any(reply: Mapping[str, Any]) -> bool:
    query = reply.get("query")
    return not isinstance(query, dict) or bool(query.get("search", True))  # what is no search is not asked again


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError as exc:
        raise ToolFailed("Wikipedia's answer is no JSON: is the address that of its api.php?", hint=_HINT) from exc
    if not isinstance(found, dict):
        raise ToolFailed("Wikipedia's answer is no JSON object.", hint=_HINT)
    if "error" in found and "query" not in found:
        info = str(dict(found["error"]).get("info", "error")) if isinstance(found["error"], dict) else "error"
        raise ToolFailed(f"Wikipedia answers: {info[:200]}", hint=_HINT)
    return found


def _reason(exc: Exception) -> str:
    import httpx

    return "no answer in time" if isinstance(exc, httpx.TimeoutException) else str(exc) or type(exc).__name__


def _private_copy() -> ModuleType:
    """Load the package's module once more, under no name: its globals are ours alone."""
    spec = importlib.util.find_spec("wikipedia.wikipedia")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.BeautifulSoup = partial(module.BeautifulSoup, features="html.parser")  # type: ignore[attr-defined]
    return module


def checked_address(api_url: str) -> str:
    """Give the address of an API back if it is one.

    Raises:
        SettingsError: when it is no http or https address.
    """
    try:
        parts = urlsplit(api_url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(
            f"LECTERN_WIKIPEDIA_API_URL is no http or https address: {api_url!r}.",
            hint="Give the address of an api.php, such as https://en.wikipedia.org/w/api.php, or unset it.",
        )
    return api_url
