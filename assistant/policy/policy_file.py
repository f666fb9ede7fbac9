"""Reads a course policy: a TOML file, or a folder of them, one for each course. Every mistake is told by its place.

[course]
name = "Working with Language Models"
time_zone = "Europe/Berlin"         # of the dates below

[[assignment]]
name = "Lab 3"
from = 2026-11-01T00:00:00
until = 2026-12-01T23:59:00
mode = "hints"                      # or "closed", or "normal"
about = ["classify the help desk messages with examples"]
sources = ["03-*.md"]
solutions = ["solutions/*"]
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assistant.policy.values import CODE_LINES, STRICTNESS, Assignment, Policy, window_of
from index_store.errors import SettingsError

LARGEST_FILE = 1_000_000
_TOP = ("course", "assignment")
_COURSE = ("name", "time_zone")
_LISTS = ("about", "sources", "solutions", "never_say")
_ASSIGNMENT = ("name", "from", "until", "mode", *_LISTS, "outside", "prompt", "code_lines", "evaluation")
_PROMPT = re.compile(r"[a-z][a-z0-9_]{0,60}(?:@v?[1-9][0-9]{0,5})?")
_MOST_PHRASES = 200


def read_policy(path: Path) -> Policy:
    """Read a policy file, or all `*.toml` of a folder.

    Raises:
        SettingsError: when one cannot be read, or something in it cannot be meant.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise SettingsError(f"LECTERN_POLICY: the folder {path} holds no .toml file.", hint="Put a policy there.")
    digest = hashlib.sha256()
    found: list[Assignment] = []
    for file in files:
        data = _bytes_of(file)
        digest.update(len(data).to_bytes(8, "big") + data)
        found += _assignments(file, data)
    _check_names(found)
    return Policy(tuple(found), digest.hexdigest()[:16])


def _bytes_of(file: Path) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as exc:
        raise SettingsError(
            f"LECTERN_POLICY: {file} cannot be read: {exc.strerror}.", hint="Name a policy file, or unset it."
        ) from exc
    if len(data) > LARGEST_FILE:
        raise SettingsError(f"{file.name} has {len(data):,} bytes; a policy has at most {LARGEST_FILE:,}.")
    return data


def _assignments(file: Path, data: bytes) -> list[Assignment]:
    try:
        told = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as exc:
        raise _wrong(file, f"it is no valid TOML: {exc}") from exc
    _check_keys(file, "", told, _TOP)
    course, rows = told.get("course", {}), told.get("assignment", [])
    if not isinstance(course, dict) or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise _wrong(file, "it must hold one [course] and an [[assignment]] for each assignment")
    _check_keys(file, "[course]: ", course, _COURSE)
    name, zone = _text(file, "[course]: ", course, "name"), _text(file, "[course]: ", course, "time_zone")
    return [_assignment(file, row, n, name, zone) for n, row in enumerate(rows, start=1)]


def _assignment(file: Path, row: Mapping[str, Any], number: int, course: str, zone: str) -> Assignment:
    name = _text(file, f"assignment {number}: ", row, "name")
    where = f"assignment {name!r}: " if name else f"assignment {number}: "
    _check_keys(file, where, row, _ASSIGNMENT)
    if not name:
        raise _wrong(file, f"{where}it has no name")
    opens, closes = _window(file, where, row, zone)
    lists = {key: _list(file, where, row, key) for key in _LISTS}
    for key in ("sources", "solutions"):
        _check_globs(file, where, key, lists[key])
    return Assignment(
        name=name,
        mode=_choice(file, where, row),
        course=course,
        zone=zone or "UTC",
        opens=opens,
        closes=closes,
        outside=_switch(file, where, row),
        prompt=_prompt(file, where, row),
        code_lines=_count(file, where, row),
        evaluation=_text(file, where, row, "evaluation"),
        **lists,
    )


def _window(file: Path, where: str, row: Mapping[str, Any], zone: str) -> tuple[float | None, float | None]:
    walls = [_wall(file, where, row, key) for key in ("from", "until")]
    if not zone and any(wall is not None and wall.tzinfo is None for wall in walls):
        raise _wrong(file, f'{where}its dates need a time_zone in [course], such as "Europe/Berlin"')
    try:
        opens, closes = window_of(walls[0], walls[1], ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise _wrong(file, f"there is no time zone {zone!r}") from exc
    except OverflowError as exc:
        raise _wrong(file, f"{where}a date is too far away") from exc
    if opens is not None and closes is not None and closes <= opens:
        raise _wrong(file, f"{where}`until` is not after `from`")
    return opens, closes


def _wall(file: Path, where: str, row: Mapping[str, Any], key: str) -> datetime | None:
    value = row.get(key)
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):  # a day alone: from its first minute, until its end
        return datetime.combine(value, time.min if key == "from" else time.max)
    raise _wrong(file, f"{where}`{key}` must be a date without quotes, such as 2026-11-01T08:00:00")


def _choice(file: Path, where: str, row: Mapping[str, Any]) -> Any:
    mode = row.get("mode", "hints")
    if mode not in STRICTNESS:
        raise _wrong(file, f"{where}mode is {mode!r}; there are: {', '.join(STRICTNESS)}")
    return mode


def _switch(file: Path, where: str, row: Mapping[str, Any]) -> bool:
    value = row.get("outside", False)
    if not isinstance(value, bool):
        raise _wrong(file, f"{where}`outside` must be true or false")
    return value


def _count(file: Path, where: str, row: Mapping[str, Any]) -> int:
    value = row.get("code_lines", CODE_LINES)
    if type(value) is not int or not 0 <= value <= 1_000:
        raise _wrong(file, f"{where}`code_lines` must be a number from 0 to 1000")
    return value


def _prompt(file: Path, where: str, row: Mapping[str, Any]) -> str:
    text = _text(file, where, row, "prompt")
    if text and not _PROMPT.fullmatch(text):
        raise _wrong(file, f"{where}prompt is {text!r}; write it like hint or hint@1")
    return text.replace("@v", "@")


def _text(file: Path, where: str, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise _wrong(file, f"{where}`{key}` must be text")
    return " ".join(value.split())


def _list(file: Path, where: str, row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    fine = isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value)
    if not fine or len(value) > _MOST_PHRASES:
        raise _wrong(file, f"{where}`{key}` must be a list of up to {_MOST_PHRASES} texts")
    return tuple(text.strip() for text in value)


def _check_globs(file: Path, where: str, key: str, globs: Sequence[str]) -> None:
    for glob in globs:
        if glob.startswith(("/", "./", "~")) or ".." in glob.split("/") or "\\" in glob:
            raise _wrong(file, f"{where}{glob!r} in `{key}` can match no document: paths are those of `library list`")


def _check_keys(file: Path, where: str, row: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = [key for key in row if key not in known]
    if unknown:
        raise _wrong(file, f"{where}there is no setting {unknown[0]!r}; there are: {', '.join(known)}")


def _check_names(assignments: Sequence[Assignment]) -> None:
    labels = [a.label for a in assignments]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise SettingsError(f"The course policy names {twice} more than once.", hint="Give each a name of its own.")


def _wrong(file: Path, why: str) -> SettingsError:
    return SettingsError(f"The course policy {file.name} cannot be used: {why}.", hint="docs/policy.md shows how.")
