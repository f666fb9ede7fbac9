"""Finds keys, tokens and passwords in text, and hides them. Knows no settings and nothing of people.

Two kinds are found: what looks like a key by itself (`sk-...`, PEM, a password in an address), and what is called one
(`api_key=...`, `"password": "..."`). Words that cannot be missing are looked for first, with `in`, and every pattern is
bounded or gives nothing back, so that time grows with the length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHOWN = "[key]"

# A letter before may be the end of an escape, where the text is itself JSON: "\nsk-..."
_FRESH = re.compile(r"(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4})")
_MARKUP = r"</?[A-Za-z]{1,8}/?>|[\u00ad\u200b-\u200d\u2060\ufeff]|\\(?=[_*-])|[*`]{1,3}(?=[A-Za-z0-9])"
_PREFIXES = (  # what the text must hold, what comes before the rest of the key, the shortest rest
    ("sk-", "sk-", 16),
    ("sk_live", r"sk_live\\?_", 16),
    ("gsk", r"gsk\\?_", 20),
    ("ghp", r"ghp\\?_", 20),
    ("gho", r"gho\\?_", 20),
    ("ghu", r"ghu\\?_", 20),
    ("ghs", r"ghs\\?_", 20),
    ("ghr", r"ghr\\?_", 20),
    ("github", r"github\\?_pat\\?_", 20),
    ("glpat-", "glpat-", 16),
    ("AIza", "AIza", 30),
    ("AKIA", "AKIA", 16),
    ("ASIA", "ASIA", 16),
    ("xox", "xox[abeprs]-", 10),
    ("xapp-", "xapp-", 10),
    ("hf", r"hf\\?_", 20),
    ("npm", r"npm\\?_", 20),
    ("pypi-", "pypi-", 30),
)
# The start stands first in a pattern, what is before it is asked afterwards: so a search jumps from start to start.
_BEGUN = tuple(
    (word, re.compile(f"{start}(?:[\\w-]|{_MARKUP}){{{shortest - 1},400}}[\\w-]", re.ASCII))
    for word, start, shortest in _PREFIXES
)
_WHOLE = (
    (
        "PRIVATE KEY",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:[^-]|-(?!----)){0,20000}+-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
            r"|(?:(?:\s|\\[nr]){0,8}+[A-Za-z0-9+/=]{16,200}+){0,200}+)"
        ),
        SHOWN,
    ),
    (
        "eyJ",
        re.compile(r"eyJ(?<![A-Za-z0-9_-]eyJ)[\w-]{8,4000}+\.[\w-]{8,8000}+(?:\.[\w-]{0,4000}+)?", re.ASCII),
        SHOWN,
    ),
    ("eyJ", re.compile(r"eyJ(?<=\\[nrt]eyJ)[\w-]{8,4000}+\.[\w-]{8,8000}+(?:\.[\w-]{0,4000}+)?", re.ASCII), SHOWN),
    ("hooks.slack", re.compile(r"hooks\.slack\.com/services/[\w/-]{20,200}"), SHOWN),
    ("://", re.compile(r"://[^\s/:@\"'<>]{0,100}+:[^\s/\"'<>]{1,200}@(?=[\w\[.-])"), f"://{SHOWN}@"),
)

_BETWEEN = r"(?:\\?[\"'*`\]]|</?[a-z]{1,8}>){0,4}+\s{0,3}(?:=>|[:=]{1,2})\s{0,3}(?:\\?\*){0,2}(?:<[a-z]{1,8}>)?\s?"
_NAMES = (  # what the text must hold, in small letters; the name; how far it can be trusted
    ("passw", r"passw(?:or)?[dt]", "password"),
    ("passphrase", "passphrase", "password"),
    ("pwd", "pwd", "password"),
    ("api", r"api(?:\\?[_ -])?key", "key"),
    ("secret", r"secret(?:(?:\\?[_-])?(?:access(?:\\?[_-])?)?key)?", "key"),
    ("access", r"access(?:\\?[_-])?(?:key|token)", "key"),
    ("auth", r"auth(?:\\?[_-])?token", "key"),
    ("refresh", r"refresh(?:\\?[_-])?token", "key"),
    ("session", r"session(?:\\?[_-])?token", "key"),
    ("private", r"private(?:\\?[_-])?key", "key"),
    ("authorization", "authorization", "key"),
    ("token", "token", "perhaps"),
    ("_key", "_key", "perhaps"),
)
_PAIRS = tuple((word, re.compile(name + _BETWEEN, re.ASCII), trust) for word, name, trust in _NAMES)
_NAMED = tuple((re.compile(f"(?:{name})$", re.IGNORECASE), trust) for _, name, trust in _NAMES)
_BEARER = re.compile(r"bearer\s{1,3}(?=[\w.~+/=-]{12})")
_SCHEME = re.compile(r"(?:basic|bearer|token|digest)\s{1,3}", re.IGNORECASE)
_QUOTE = re.compile(r"\\{0,3}[\"'`](?![\s,;:=)\]}>])")
_PLAIN = re.compile(r"[^\s\"'`<>&]{1,400}+")
_KEY_ONLY = re.compile(r"[\w.~+/=%!?:@#$^*-]{1,2000}+", re.ASCII)
_NO_KEY = re.compile(
    r"\[key|[.*x…_-]{1,80}\\?$|<|\$|%\(|\{|your|none\b|null\b|true\b|false\b|str\b|string\b|secretstr\b|optional\b"
    r"|required\b|bytes\b|text\b|varchar|os\.|getenv|env\.|undefined",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*[(\[.]")
_PIECE = re.compile(r"[\W_]+")
_WORD = re.compile(r"[A-Za-z]{0,24}\d{0,2}|\d{1,6}")


def hide_keys(text: str) -> str:
    """Give a text with `[key]` for each key, token and password in it."""
    for word, pattern in _BEGUN:
        if word in text:
            text = pattern.sub(_if_key, text)
    for word, pattern, shown in _WHOLE:
        if word in text:
            text = pattern.sub(shown, text)
    return _hide_named(text)


def hide_value(name: str, value: str) -> str | None:
    """Give what is shown for a value that is called by a key's name, None if the name or the value is no key's."""
    for pattern, trust in _NAMED:
        if pattern.search(name[-40:]):
            hidden = value and (trust != "perhaps" or _is_random(value)) and not _NO_KEY.match(value)
            return SHOWN if hidden else None
    return None


def _if_key(match: re.Match[str]) -> str:
    if not _FRESH.match(match.string, match.start()):
        return match[0]
    if match[0].startswith("sk-") and not re.search(r"\d|[A-Za-z]{20}", match[0]):
        return match[0]  # sk-learn-compatible-estimators
    return SHOWN


def _hide_named(text: str) -> str:
    small = text.lower()
    if len(small) != len(text):  # one letter of all, a Turkish one, has two small ones: then places would differ
        small = text.replace("\u0130", "i").lower()
    found = sorted(_named(text, small))
    if not found:
        return text
    parts, done = [], 0
    for start, end in found:
        if start >= done:
            parts += [text[done:start], SHOWN]
            done = end
    return "".join(parts) + text[done:]


def _named(text: str, small: str) -> Iterator[tuple[int, int]]:
    """Give where the values of named keys begin and end."""
    for word, pattern, trust in _PAIRS:
        if word in small:
            for match in pattern.finditer(small):
                if (place := _place(text, match.end(), trust)) is not None:
                    yield place
    if "bearer" in small:
        for match in _BEARER.finditer(small):
            value = _KEY_ONLY.match(text, match.end())
            if value is not None and not _is_words(value[0].rstrip(".")):
                yield value.span()


def _place(text: str, at: int, trust: str) -> tuple[int, int] | None:
    quote = _QUOTE.match(text, at)
    if quote is not None:
        at = quote.end()
        end = _closing(text, at, quote[0])
        if end is not None:
            value = text[at:end]
            accepted = not _NO_KEY.match(value) and (trust != "perhaps" or _is_random(value))
            return (_after_scheme(text, at), end) if accepted else None
    at = _after_scheme(text, at)
    pattern = _PLAIN if trust == "password" else _KEY_ONLY
    plain = pattern.match(text, at)
    if plain is None:
        return None
    value = plain[0].rstrip(".,;:)]}\\")
    end = at + len(value)
    accepted = _is_password(text, value, end) if trust == "password" else _is_key(text, value, end, trust)
    return (at, end) if accepted else None


def _closing(text: str, at: int, quote: str) -> int | None:
    """Give where a quotation ends, None if it does not within a line of 400 characters."""
    end = text.find(quote, at, at + 400)
    while end > at and len(quote) == 1 and text[end - 1] == "\\":
        end = text.find(quote, end + 1, at + 400)
    return end if end > at and "\n" not in text[at:end] else None


def _after_scheme(text: str, at: int) -> int:
    scheme = _SCHEME.match(text, at)
    return at if scheme is None else scheme.end()


def _is_password(text: str, value: str, end: int) -> bool:
    """Tell whether what follows `password:` is one, and no code, type or sentence."""
    if len(value) < 4 or _NO_KEY.match(value) or _CODE.match(value):
        return False
    if "pass" in value.lower() or "pwd" in value.lower():
        return False
    return not (value.isalpha() and re.match(r"[ ,.]{1,2}[A-Za-z]|\(|\[", text[end : end + 3]))


def _is_key(text: str, value: str, end: int, trust: str) -> bool:
    if len(value) < 6 or _NO_KEY.match(value) or text[end : end + 1] in ("(", "["):
        return False
    return _is_random(value) if trust == "perhaps" else not _is_words(value)


def _is_words(value: str) -> bool:
    """Tell whether a value is made of words and short numbers, as names in code are: `settings.api_key`."""
    return all(_WORD.fullmatch(piece) for piece in _PIECE.split(value))


def _is_random(value: str) -> bool:
    """Tell whether a value has a long piece of letters and digits mixed, as no word has."""
    return any(
        len(piece) >= 10 and not piece.isalpha() and not piece.isdigit() and not _WORD.fullmatch(piece)
        for piece in _PIECE.split(value)
    )
