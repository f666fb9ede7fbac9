"""Found passages as prompts and answers know them: numbered, with what may be shown of them. Searches nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from index_store.chunks import Hit

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
_QUOTED = re.compile(r"`[^`]*`|(?<=[=(\[,\s])(?:'[^'\n]*'|\"[^\"\n]*\")")
_OWN_MACHINE = re.compile(r"https?://(?:localhost|127\.|0\.0\.0\.0|\[::1\])", re.IGNORECASE)
_HOST = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


def passage_of(number: int, hit: Hit) -> dict[str, Any]:
    """Give a passage as the prompt templates take it."""
    chunk = hit.chunk
    about = {"marker": number, "title": chunk.title, "heading": chunk.heading, "locator": str(chunk.locator)}
    return {**about, "text": chunk.context, "cosine": hit.cosine}


def links_of(hits: Sequence[Hit], said_by_user: str) -> frozenset[str]:
    """Give the addresses that an answer may show: its sources, and what the user wrote."""
    return frozenset(hit.chunk.path for hit in hits) | written_links(said_by_user)


def written_links(said_by_user: str) -> frozenset[str]:
    """Give the addresses that a user wrote, and what the fetcher says of them: their hosts and these hosts' rules."""
    given = addresses_in(said_by_user)
    hosts = {found[0] for address in given if (found := _HOST.match(address))}
    return frozenset(given) | hosts | {f"{host}/robots.txt" for host in hosts}


def code_of(hits: Sequence[Hit]) -> str:
    """Give the text of passages, whose addresses may be shown in code."""
    return "\n".join(hit.chunk.context for hit in hits)


def addresses_in(text: str) -> list[str]:
    """Give the web addresses in a text, without the punctuation behind them; a bracket that one opens is its own.

    >>> addresses_in("(See https://a.example/b_(c), or https://a.example/d).")
    ['https://a.example/b_(c)', 'https://a.example/d']
    """
    return [_without_punctuation(found) for found in _ADDRESS.findall(text)]


def named_pages(text: str) -> list[str]:
    """Give the addresses that a user names to be read: none in quotes or code, and none of their own machine.

    >>> named_pages("See https://a.example/b. What does OpenAI(base_url='http://localhost:11434/v1') do?")
    ['https://a.example/b']
    """
    plain = _QUOTED.sub(" ", text)
    return [address for address in addresses_in(plain) if not _OWN_MACHINE.match(address)]


def _without_punctuation(address: str) -> str:
    closes_more = {end: address.count(end) - address.count(begin) for begin, end in ("()", "[]")}
    at = len(address)
    while at and (address[at - 1] in ".,;:!?" or closes_more.get(address[at - 1], 0) > 0):
        at -= 1
        if address[at] in closes_more:
            closes_more[address[at]] -= 1
    return address[:at]
