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
_PREFIXES = (  # how a key begins, and the shortest rest of it
    ("sk-", 16),
    ("glpat-", 16),
    ("AIza", 30),
    ("A[KS]IA", 16),
    ("x(?:ox[abeprs]|app)-", 10),
    ("pypi-", 30),
)
_PREFIXES_WITH_LINE = (  # those that have an underscore, which most texts have not
    (r"sk\\?_live\\?_", 16),
    (r"gsk\\?_", 20),
    (r"gh[pousr]\\?_", 20),
    (r"github\\?_pat\\?_", 20),
    (r"hf\\?_", 20),
    (r"npm\\?_", 20),
)


def _begun(prefixes: tuple[tuple[str, int], ...]) -> tuple[re.Pattern[str], ...]:
    """Compile patterns whose start stands first, so that a search jumps; what is before it is asked afterwards."""
    rest = rf"(?:[\w-]|{_MARKUP})"
    return tuple(re.compile(rf"{start}{rest}{{{least - 1},400}}[\w-]", re.ASCII) for start, least in prefixes)


_BEGUN, _BEGUN_WITH_LINE = _begun(_PREFIXES), _begun(_PREFIXES_WITH_LINE)
_JWT = re.compile(r"eyJ[\w-]{8,4000}+\.[\w-]{8,8000}+(?:\.[\w-]{0,4000}+)?", re.ASCII)
_WHOLE = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:[^-]|-(?!----)){0,20000}+-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
            r"|(?:(?:\s|\\[nr]){0,8}+[A-Za-z0-9+/=]{16,200}+){0,200}+)"
        ),
        SHOWN,
    ),
    (re.compile(r"hooks\.slack\.com/services/[\w/-]{20,200}"), SHOWN),
    (re.compile(r"://[^\s/:@\"'<>]{0,100}+:[^\s/\"'<>]{1,200}@(?=[\w\[.-])"), f"://{SHOWN}@"),
)

_BETWEEN = r"(?:\\?[\"'*`\]]|</?[a-z]{1,8}>){0,4}+\s{0,3}(?:=>|[:=]{1,2})\s{0,3}(?:\\?\*){0,2}(?:<[a-z]{1,8}>)?\s?"
_NAMES = (  # a name's last word, what may come before it, how far a name like that can be trusted
    (r"pass(?:w(?:or)?[dt]|phrase)", "", "password"),
    ("pwd", "", "password"),
    ("secret", "", "key"),
    ("authorization", "", "key"),
    ("key", r"(?:api|secret|access|private)(?:\\?[_ -])?", "key"),
    ("key", "_", "perhaps"),
    ("token", r"(?:access|auth|refresh|session)(?:\\?[_-])?", "key"),
    ("token", "", "perhaps"),
)
_ENDS = tuple(re.compile(f"({word}){_BETWEEN}", re.ASCII) for word in dict.fromkeys(word for word, _, _ in _NAMES))
_NAMED = tuple((re.compile(f"{before}{word}$", re.IGNORECASE), trust) for word, before, trust in _NAMES)
_LONGEST_NAME = 40
_BEARER = re.compile(r"bearer\s{1,3}(?=[\w.~+/=-]{12})")
_SCHEME = re.compile(r"(?:basic|bearer|token|digest)\s{1,3}", re.IGNORECASE)
_QUOTE = re.compile(r"\\{0,3}[\"'`](?![\s,;:=)\]}>])")
_PLAIN = re.compile(r"[^\s\"'`<>&]{1,400}+")
_KEY_ONLY = re.compile(r"[\w.~+/=%!?:@#$^*-]{1,2000}+", re.ASCII)
_NO_KEY = re.compile(
    r"\[(?:key|phone|e-mail|student)|[.*x…_-]{1,80}\\?$|<|\$|%\(|\{|your|none\b|null\b|true\b|false\b"
    r"|str\b|string\b|secretstr\b|optional\b|required\b|bytes\b|text\b|varchar|os\.|env\.|undefined"
    r"|(?-i:(?:[A-Z]+_)*(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD))$",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*[(\[.]")
_PIECE = re.compile(r"[\W_]+")
_WORD = re.compile(r"[A-Za-z]{0,24}\d{0,2}|\d{1,6}")


def hide_keys(text: str) -> str:
    """Give a text with `[key]` for each key, token and password in it."""
    for pattern in (*_BEGUN, *_BEGUN_WITH_LINE) if "_" in text else _BEGUN:
        text = _hide_begun(pattern, text)
    if "eyJ" in text:
        text = _hide_begun(_JWT, text)
    for pattern, shown in _WHOLE:
        text = pattern.sub(shown, text)
    for _ in range(4):  # what is hidden may let what stands before it be seen: password=api_key=...
        before, text = text, _hide_named(text)
        if text == before:
            break
    return text


def hide_value(name: str, value: str) -> str | None:
    """Give what is shown for a value that is called by a key's name, None if the name or the value is no key's."""
    trust = _trust(name)
    if trust is None:
        return None
    hidden = value and (trust != "perhaps" or _is_random(value)) and not _NO_KEY.match(value)
    return SHOWN if hidden else None


def _trust(name: str) -> str | None:
    """Tell how far what is called so can be trusted to be a key, None if not at all."""
    name = name[-_LONGEST_NAME:]
    return next((trust for pattern, trust in _NAMED if pattern.search(name)), None)


def _hide_begun(pattern: re.Pattern[str], text: str) -> str:
    parts, done, match = [], 0, pattern.search(text)
    while match is not None:
        after = match.end()
        if not _FRESH.match(text, match.start()):
            after = match.start() + 2  # what is no key may have one in it: disk-sk-...
        elif not _is_package(match[0]):
            parts += [text[done : match.start()], SHOWN]
            done = after
        match = pattern.search(text, after)
    return "".join(parts) + text[done:] if parts else text


def _is_package(key: str) -> bool:
    """Tell whether it is no key but words: sk-learn-compatible-estimators."""
    return key.startswith("sk-") and not re.search(r"\d|[A-Za-z]{20}", key)


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
    for pattern in _ENDS:
        for match in pattern.finditer(small):
            trust = _trust(small[max(0, match.start() - _LONGEST_NAME) : match.start()] + match[1])
            if trust is not None and (place := _place(text, match.end(), trust)) is not None:
                yield place
    if "bearer" in small:
        for match in _BEARER.finditer(small):
            value = _KEY_ONLY.match(text, match.end())
            if value is not None and not _is_words(value[0][:200].rstrip(".")):
                yield value.span()


def _place(text: str, at: int, trust: str) -> tuple[int, int] | None:
    quote = _QUOTE.match(text, at)
    if quote is not None:
        at = quote.end()
        end = _closing(text, at, quote[0])
        if end is not None:
            value = text[at:end][:200]
            accepted = not _NO_KEY.match(value) and (trust != "perhaps" or _is_random(value))
            return (_after_scheme(text, at), end) if accepted else None
    at = _after_scheme(text, at)
    pattern = _PLAIN if trust == "password" else _KEY_ONLY
    plain = pattern.match(text, at)
    if plain is None:
        return None
    value = plain[0].rstrip(".,;:)]}\\")
    value += "]" if value.endswith("[key") else ""
    end, value = at + len(value), value[:200]
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
