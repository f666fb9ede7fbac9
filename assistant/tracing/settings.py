"""What tracing is told once, frozen. Reads no environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import SecretStr

from index_store.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where traces are kept, for how long, what is hidden in them, and where they are delivered.

    Raises:
        SettingsError: when a value makes no sense.
    """

    database_url: str | None = field(default=None, repr=False)  # may hold a password; None: SQLite under the home
    keep_days: float | None = None  # None: for good
    sample: float = 1.0  # the share of turns that is delivered; all are kept here
    redact: bool = True  # in what is delivered
    redact_store: bool = False  # in what is kept here too
    student_number: str | None = None  # a regular expression
    comet_api_key: SecretStr | None = None
    comet_workspace: str | None = None
    comet_project: str | None = None
    comet_url: str | None = None
    opik_url: str | None = None
    opik_api_key: SecretStr | None = None
    opik_workspace: str | None = None
    opik_project: str | None = None
    secrets: tuple[SecretStr, ...] = ()  # other keys, hidden wherever they stand

    def __post_init__(self) -> None:
        if not 0 <= self.sample <= 1:
            raise SettingsError(f"LECTERN_TRACE_SAMPLE is {self.sample}.", hint="Give a share from 0 to 1.")
        if self.keep_days is not None and not 0 < self.keep_days < 1e6:
            raise SettingsError(
                f"LECTERN_TRACE_DAYS is {self.keep_days}.", hint="Give a number of days above 0, or none to keep all."
            )
        if self.student_number is not None:
            _check_pattern(self.student_number)

    @property
    def sinks(self) -> tuple[str, ...]:
        """Where turns are delivered."""
        comet = ("comet",) if self.comet_api_key is not None else ()
        opik = ("opik",) if self.opik_url is not None or self.opik_api_key is not None else ()
        return (*comet, *opik)


def _check_pattern(pattern: str) -> None:
    """Refuse a pattern that is none, that fits nothing at all, or that could run for ever."""
    hint = r"For example: \b[A-Z]\d{7}\b"
    try:
        compiled = re.compile(pattern)
    except re.error as exc:
        raise SettingsError(f"LECTERN_STUDENT_NUMBER is no regular expression: {exc}.", hint=hint) from exc
    if compiled.match(""):
        raise SettingsError("LECTERN_STUDENT_NUMBER fits an empty text.", hint=hint)
    if re.search(r"[+*}][^()]*\)[+*{]", pattern):  # (a+)+ takes time that doubles with each character
        raise SettingsError("LECTERN_STUDENT_NUMBER repeats a group that repeats something itself.", hint=hint)
