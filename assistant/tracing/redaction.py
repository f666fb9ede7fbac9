"""Hides keys, addresses and numbers of people in what is kept and what leaves. Decides nothing about what is sent.

Keys, tokens and passwords are hidden everywhere. E-mail addresses, phone numbers and student numbers are hidden in what
leaves, and in what is kept where the settings ask for it. Each kind has words by which a text that cannot hold it is
known at once; all patterns are bounded, so no text takes longer than its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assistant.tracing.settings import TraceSettings
from index_store.minilm import well_formed

REMEMBERED = 1_024
"""Texts whose redaction is remembered: the same passages stand in many prompts."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is hidden: `pattern` is tried where one of the triggers stands in the text, in small letters."""

    shown: str
    pattern: re.Pattern[str]
    triggers: tuple[str, ...]

    def hide(self, text: str, small: str) -> str:
        if self.triggers and not any(word in small for word in self.triggers):
            return text
        return self.pattern.sub(self.shown, text)


def _rule(shown: str, pattern: str, *triggers: str, flags: int = 0) -> _Rule:
    return _Rule(shown, re.compile(pattern, flags), triggers)


_SEPARATORS = ("=", ":", " =", " :", '"', "'", "\\")
_NAMES = ("api_key", "api-key", "apikey", "secret", "secret_key", "password", "passwd", "pwd", "token")
_SECRETS = (
    _rule(
        "[key]",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
        "private key-----",
    ),
    _rule("[key]", r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,400}", "sk-"),
    _rule(
        "[key]",
        r"(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)\w{20,255}",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
    ),
    _rule("[key]", r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])", "akia", "asia"),
    _rule("[key]", r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{30,60}", "aiza"),
    _rule("[key]", r"(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,250}", "xox"),
    _rule("[key]", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,100}", "hf_"),
    _rule("[key]", r"(?<![A-Za-z0-9])eyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{0,2000})?", "eyj"),
    _rule(r"\1[key]", r"\b(bearer\s{1,3})[\w.~+/=-]{12,2000}", "bearer", flags=re.IGNORECASE),
    _rule(r"\1[key]@", r"(://)[^\s/@:\"']{0,100}:[^\s/@\"']{1,200}@", "://"),
    _rule(
        r"\1[key]",
        r"((?:api[_-]?key|secret(?:_key)?|passw(?:or)?d|pwd)[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2})"
        r"(?!\[key\]|os\.|getpass|<|\$|\{|your\b|none\b|null\b)[^\s\\\"',;(){}\[\]]{6,200}",
        *(name + separator for name in _NAMES[:-1] for separator in _SEPARATORS),
        flags=re.IGNORECASE,
    ),
    _rule(  # "token" is a word of the field: what follows must look like a key
        r"\1[key]",
        r"(token[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2})(?=[^\s\\\"',;]{0,60}\d)[\w.~+/=-]{12,400}",
        *("token" + separator for separator in _SEPARATORS),
        flags=re.IGNORECASE,
    ),
)
_NAMED_SECRET = re.compile(r"(?:api[_-]?key|authorization|secret|passw(?:or)?d|(?:access|auth)_?token)$", re.IGNORECASE)
_PERSONAL = (
    _rule("[e-mail]", r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w-])", "@"),
    _rule("[phone]", r"(?<![\w.+])(?:\+|00)[1-9]\d{0,2}(?:[ ()./-]{0,3}\d){6,13}(?![\w-])", "+", "00"),
    _rule(
        "[phone]",
        r"(?<![\w.,/+-])(?:\(\d{2,5}\)[ -]?\d{3,4}[ -]?\d{3,5}|\d{3}([-. ])\d{3}\1\d{4}"
        r"|0[1-9]\d{1,3}[ /-]\d{3,8}(?:[ -]\d{2,5})?)"
        r"(?![\w-]|[.,:/]\d)",
    ),
)


def storable(text: str) -> str:
    """Replace what no database can hold in a text or in JSON: lone surrogates and NUL."""
    return well_formed(text).replace("\x00", "\ufffd")


class Redaction:
    """Hides what the settings say; `everything` is for what leaves, else only keys are hidden."""

    def __init__(self, settings: TraceSettings, *, everything: bool) -> None:
        keys = (settings.comet_api_key, settings.opik_api_key, *settings.secrets)
        self._literals = tuple({k.get_secret_value() for k in keys if k is not None and len(k.get_secret_value()) > 5})
        rules = list(_SECRETS)
        if everything and settings.redact:
            rules += _PERSONAL
            if settings.student_number is not None:
                rules.append(_Rule("[student number]", re.compile(settings.student_number), ()))
        self._rules = tuple(rules)
        self._remembered = lru_cache(REMEMBERED)(self._hide)

    def text(self, text: str) -> str:
        """Give a text with what is to be hidden replaced by its kind in brackets."""
        return self._remembered(storable(text))

    def value(self, value: Any) -> Any:
        """Give a value of JSON, each text in it redacted; what is none of JSON becomes text."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(k)): self._named(str(k), v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return self.text(str(value))

    def _named(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and value and _NAMED_SECRET.search(name):
            return "[key]"
        return self.value(value)

    def _hide(self, text: str) -> str:
        for literal in self._literals:
            text = text.replace(literal, "[key]")
        small = text.lower()
        for rule in self._rules:
            text = rule.hide(text, small)
        return text
