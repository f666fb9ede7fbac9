"""Takes a template file apart: front matter and messages by role. Renders nothing and knows no variable's meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index_store.errors import PromptProblem

LONGEST_FILE = 200_000
"""Bytes: what is longer is no prompt template."""
_FRONT = re.compile(r"\A---\n(.*?)^---[ \t]*\n(.*)\Z", re.DOTALL | re.MULTILINE)
_ROLE = re.compile(r"^# (system|user|assistant)[ \t]*\n", re.MULTILINE)
_REQUIRED = ("name", "version", "task", "purpose", "variables")
_OPTIONAL = ("models", "notes")


@dataclass(frozen=True, slots=True)
class FileParts:
    """What a template file says; `messages` are role and Jinja source, in order."""

    name: str
    version: int
    task: str
    purpose: str
    variables: Mapping[str, str]
    models: str
    notes: str
    messages: tuple[tuple[str, str], ...]
    text: str  # the whole file, line ends as LF


def read_template_file(path: Path) -> FileParts:
    """Read a template file.

    Raises:
        PromptProblem: when it cannot be read, is too long, or lacks front matter, a field or a message.
    """
    text = _text_of(path)
    match = _FRONT.match(text)
    if match is None:
        raise _malformed(path, "it does not begin with front matter between two lines of ---")
    fields = _fields(path, match[1])
    messages = _messages(path, match[2])
    return FileParts(
        name=fields["name"],
        version=fields["version"],
        task=fields["task"],
        purpose=fields["purpose"],
        variables=fields["variables"],
        models=str(fields.get("models") or ""),
        notes=str(fields.get("notes") or ""),
        messages=messages,
        text=text,
    )


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise PromptProblem(f"The prompt template {path.name} cannot be read: {exc.strerror}.") from exc
    if len(data) > LONGEST_FILE:
        raise _malformed(path, f"it has {len(data):,} bytes, more than {LONGEST_FILE:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise _malformed(path, "it is not UTF-8 text") from exc
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fields(path: Path, front: str) -> dict[str, Any]:
    import yaml

    try:
        fields = yaml.safe_load(front)
    except yaml.YAMLError as exc:
        raise _malformed(path, f"its front matter is no valid YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(fields, dict):
        raise _malformed(path, "its front matter is no list of `field: value` lines")
    unknown = [str(key) for key in fields if key not in _REQUIRED + _OPTIONAL]
    if unknown:
        raise _malformed(path, f"its front matter has unknown fields: {', '.join(unknown)}")
    for key in _REQUIRED:
        if key not in fields:
            raise _malformed(path, f"its front matter lacks `{key}`")
    _check_types(path, fields)
    fields["variables"] = _variables(path, fields["variables"])
    return fields


def _check_types(path: Path, fields: Mapping[str, Any]) -> None:
    for key in ("name", "task", "purpose"):
        if not isinstance(fields[key], str) or not fields[key].strip():
            raise _malformed(path, f"`{key}` must be text")
    if type(fields["version"]) is not int:  # True is an int, and no version
        raise _malformed(path, "`version` must be a whole number")


def _variables(path: Path, given: object) -> dict[str, str]:
    if isinstance(given, list):
        given = dict.fromkeys(map(str, given), "")
    if given is None:
        given = {}
    if not isinstance(given, dict) or not all(isinstance(k, str) and k.isidentifier() for k in given):
        raise _malformed(path, "`variables` must list names, each with what it holds")
    return {name: str(about or "") for name, about in given.items()}


def _messages(path: Path, body: str) -> tuple[tuple[str, str], ...]:
    before, *rest = _ROLE.split(body)
    if before.strip():
        raise _malformed(path, "there is text before the first of the headings # system, # user, # assistant")
    messages = tuple((role, source) for role, source in zip(rest[::2], rest[1::2], strict=True))
    if not messages or messages[-1][0] != "user":
        raise _malformed(path, "its last message must stand under the heading # user")
    empty = [role for role, source in messages if not source.strip()]
    if empty:
        raise _malformed(path, f"its message under # {empty[0]} is empty")
    return messages


def _malformed(path: Path, reason: str) -> PromptProblem:
    return PromptProblem(
        f"The prompt template {path.name} cannot be used: {reason}.",
        hint="Compare it with the templates that come with Lectern: lectern prompts show answer",
    )
