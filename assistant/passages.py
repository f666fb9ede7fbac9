"""Found passages as prompts and answers know them: numbered, with what may be shown of them. Searches nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from index_store.chunks import Hit

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
_QUOTED = re.compile(r"`[^`]*`|(?<=[=(\[,\s])(?:'[^'\n]*'|\"[^\"\n]*\")")
_TOP = (
    r"(?:com|org|net|edu|gov|mil|int|info|eu|de|at|ch|fr|uk|ie|nl|be|es|pt|pl|cz|fi|ca|au|nz|jp|cn|kr|br|ai|io|dev|app)"
)
_LABELS = r"(?:[a-z0-9][a-z0-9-]{0,62}\.)+"
_BARE = re.compile(
    rf"(?<![\w@/.:-])(www\.{_LABELS}[a-z]{{2,}}|{_LABELS}{_TOP}|(?:localhost|\d{{1,3}}(?:\.\d{{1,3}}){{3}})(?=:\d|/(?!\d{{1,2}}\b)))"
    r"(?![\w@-]|\.[a-z0-9])((?::\d+)?(?:/[^\s<>\"'`]*)?)",
    re.IGNORECASE,
)
_OWN_NAME = re.compile(r"localhost|[\d.]+\Z", re.IGNORECASE)
_BEHIND_AN_ADDRESS = re.compile(r"[.,;:!?)]{0,2}/?\Z")
"""What may follow an address in a text and be no part of it: so little that nothing can be told with it."""
_LEADS_TO_PAGE = re.compile(
    r"\b(?:read|open|visit|fetch|browse|summari[sz]e|check|see|look at|go to|according to|on|from|page|site|website|url"
    r"|link|address)\s*:?\s*\Z",
    re.IGNORECASE,
)
LONGEST_LEAD = 20
"""Characters before a bare name in which it is told whether a page is meant."""
_OF_A_PAGE = re.compile(
    r"(?:['’]s)?\s*(?:page|site|website|says?|states?|writes?|claims?|mentions?|tells?|reports?)\b", re.IGNORECASE
)
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
    given = [*addresses_in(said_by_user), *named_pages(said_by_user)]
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
    """Give the addresses that a user names to be read: none in quotes or code.

    One without "https://" begins with "www.", has a path, or stands where a page is named; else it is a name of
    something, such as a company. Whether one may be read is the fetcher's to say.

    >>> named_pages("See https://a.example/b. What does OpenAI(base_url='http://localhost:11434/v1') do?")
    ['https://a.example/b']
    >>> named_pages("What does kiln.org say about Booking.com, and www.clay.edu/a?")
    ['https://kiln.org', 'https://www.clay.edu/a']
    """
    plain = _QUOTED.sub(" ", text)
    bare = [_with_scheme(found) for found in _BARE.finditer(plain) if _is_a_page(found)]
    return list(dict.fromkeys([*addresses_in(plain), *bare]))


def plain_address(address: str) -> str:
    """Give an address as another way to write it would read; the case of its path is the path's own."""
    scheme, sign, rest = _BEHIND_AN_ADDRESS.sub("", address.strip()).partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{sign}{host.lower()}{slash}{path}"


def _with_scheme(bare: re.Match[str]) -> str:
    return f"http{'' if _OWN_NAME.match(bare[1]) else 's'}://{_without_punctuation(bare[0])}"


def _is_a_page(found: re.Match[str]) -> bool:
    if found[1].lower().startswith("www.") or _OWN_NAME.match(found[1]) or found[2].startswith("/"):
        return True
    before = found.string[max(0, found.start() - LONGEST_LEAD) : found.start()]
    return _LEADS_TO_PAGE.search(before) is not None or _OF_A_PAGE.match(found.string, found.end()) is not None


def without_addresses(text: str, addresses: Sequence[str]) -> str:
    """Give a question without the addresses in it, so that it still reads as one: nobody else is told them.

    >>> without_addresses("What does https://a.example/b say about clay?", ["https://a.example/b"])
    'What does it say about clay?'
    >>> without_addresses("According to kiln.org/a, what is clay?", ["https://kiln.org/a"])
    'what is clay?'
    """
    text = re.sub(r"(\s)\s+", r"\1", text)
    if addresses:
        bare = [re.sub("^https?://", "", address, flags=re.IGNORECASE) for address in addresses]
        written = rf"(?:https?://)?(?:{'|'.join(map(re.escape, sorted(bare, key=len, reverse=True)))})"
        text = re.sub(rf"{written}['’]s\b", "its", text, flags=re.IGNORECASE)
        led = rf"(?:,?\s*\b(?:according to|from|on|at|in)\s+{written}|\b(?:see|read)\s+{written}(?=\s*[.,;:?!]))"
        text = re.sub(rf"{led}[.,;:]?|\A\W*{written}[.,;:]?(?!['’])", "", text, flags=re.IGNORECASE)
        text = re.sub(rf"\b(page|site|website|link|url|address)\s+{written}", r"\1", text, flags=re.IGNORECASE)
        text = re.sub(rf"\b(do|does|did)\s+{written},?", r"\1 it", text, flags=re.IGNORECASE)
        text = re.sub(written, "it", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:do|does) it(?:(?:,| and|, and) it)+\b", "do they", text)
    text = re.sub(r"\bit(?:(?:,| and|, and) it)+\b", "them", text)
    return re.sub(r"(?<!\s)\s++(?=[?.,;:!])|(?<=\s)\s++", "", text).strip(" ,;:")


def _without_punctuation(address: str) -> str:
    closes_more = {end: address.count(end) - address.count(begin) for begin, end in ("()", "[]")}
    at = len(address)
    while at and (address[at - 1] in ".,;:!?" or closes_more.get(address[at - 1], 0) > 0):
        at -= 1
        if address[at] in closes_more:
            closes_more[address[at]] -= 1
    return address[:at]
