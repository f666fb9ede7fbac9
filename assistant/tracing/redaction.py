"""Hides keys, addresses and numbers of people in what is kept and what leaves. Decides nothing about what is sent.

Keys, tokens and passwords are hidden everywhere. E-mail addresses, phone numbers and student numbers are hidden in what
leaves, and in what is kept where the settings ask for it. What is hidden once stays as it is the second time.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from assistant.tracing.keys import SHOWN as KEY
from assistant.tracing.keys import hide_keys, hide_value
from assistant.tracing.phones import hide_phones
from assistant.tracing.settings import TraceSettings
from index_store.well_formed import well_formed

REMEMBERED = 1_024
"""Texts whose redaction is remembered: the same passages stand in many prompts."""
LONGEST_REMEMBERED = 4_096
"""Characters of the longest text that is remembered, so that the memory for it stays at some megabytes."""
DEEPEST = 64
"""How deep values may be nested; what is deeper is left out."""

_DOMAIN = re.compile(r"(?:@|%40)(?:[\w-]{1,63}\.){1,8}(?:xn--[a-zA-Z0-9-]{2,59}|[^\W\d_]{2,24})(?![^\W_]|[(\[])")
_LOCAL = re.compile(r"[\w.%+'-]{1,64}+")

_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def storable(text: str) -> str:
    """Replace what no database can hold in a text or in JSON: lone surrogates and NUL."""
    return well_formed(text).replace("\x00", "\ufffd")


def hide_mail(text: str) -> str:
    """Give a text with `[e-mail]` for each e-mail address in it; `q@k.transpose(1)` is code."""
    if "@" not in text and "%40" not in text:
        return text
    parts, done = [], 0
    for match in _DOMAIN.finditer(text):
        start = _mailbox(text, done, match)
        if start is not None:
            parts += [text[done:start], "[e-mail]"]
            done = match.end()
    return "".join(parts) + text[done:]


def _mailbox(text: str, least: int, domain: re.Match[str]) -> int | None:
    """Give where the address begins whose domain is known, None if there is nothing before the `@`."""
    at = domain.start()
    local = _LOCAL.match(text[max(least, at - 64) : at][::-1])  # read from its end, so once only
    if local is None:
        return None
    start = at - local.end()
    if start > 0 and text[start - 1] == "\\" and text[start] in "nrt":  # an escape, where the text is itself JSON
        start += 1
    name, rest = text[start:at].strip("'*_"), domain[0].lstrip("@").split(".")
    is_code = rest[0] == "self" or (len(name) == len(rest[0]) == 1 and len(rest[-1]) > 3)
    return start if name and not is_code else None


class Redaction:
    """Hides what the settings say; `everything` is for what leaves, else only keys are hidden."""

    def __init__(self, settings: TraceSettings, *, everything: bool) -> None:
        self._literals = _written(settings)
        self._personal = everything and settings.redact
        self._student = re.compile(settings.student_number) if settings.student_number is not None else None
        self._remembered = lru_cache(REMEMBERED)(self._hide)

    def text(self, text: str) -> str:
        """Give a text with what is to be hidden replaced by its kind in brackets."""
        return self._remembered(text) if len(text) <= LONGEST_REMEMBERED else self._hide(text)

    def value(self, value: Any) -> Any:
        """Give a value of JSON, each text in it redacted, with the names; what is none of JSON becomes text."""
        return self._value(value, 0)

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):  # PostgreSQL takes no NaN in JSON
            return value if math.isfinite(value) else str(value)
        if depth >= DEEPEST:
            return "[nested too deep]"
        if isinstance(value, Mapping):
            return self._fields(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(item, depth + 1) for item in value]
        return self.text(str(value))

    def _fields(self, fields: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in fields.items():
            name = shown = self.text(str(key))
            while name in found:  # two addresses as names would be one
                name = f"{shown} {len(found)}"
            found[name] = self._named(str(key), value, depth + 1)
        return found

    def _named(self, name: str, value: Any, depth: int) -> Any:
        if isinstance(value, str) and (shown := hide_value(name, value)) is not None:
            return shown
        if isinstance(value, list | tuple):
            return [self._named(name, item, depth + 1) for item in value] if depth < DEEPEST else "[nested too deep]"
        return self._value(value, depth)

    def _hide(self, text: str) -> str:
        text = storable(text)
        for literal in self._literals:
            text = text.replace(literal, KEY)
        if _ID.fullmatch(text):  # of a trace, span or chunk, whatever student numbers look like
            return text
        text = hide_keys(text)
        if not self._personal:
            return text
        if self._student is not None:
            text = self._student.sub(lambda match: "[student number]" if match[0] else "", text)
        return hide_phones(hide_mail(text))


def _written(settings: TraceSettings) -> tuple[str, ...]:
    """Give the configured keys, as they are and as JSON and addresses write them; the longest first."""
    keys = (settings.comet_api_key, settings.opik_api_key, *settings.secrets)
    plain = {key.get_secret_value() for key in keys if key is not None}
    every = {way for key in plain if len(key) > 5 for way in (key, json.dumps(key)[1:-1], quote(key, safe=""))}
    return tuple(sorted(every, key=len, reverse=True))
