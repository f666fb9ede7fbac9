"""What a course policy is, and what of it holds at a time and for a question. Pure: no clock, no file, no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Literal
from zoneinfo import ZoneInfo

Mode = Literal["normal", "hints", "closed"]
"""`normal`: only the sources are chosen. `hints`: where to read and what to try. `closed`: no answer at all."""
Runs = frozenset[tuple[str, ...]]
"""Runs of words, in small letters."""
STRICTNESS: tuple[Mode, ...] = ("normal", "hints", "closed")
CODE_LINES = 6
"""Lines of code that the answers of one conversation may hold, where the policy says nothing else."""
HINT = "hint"
"""The prompt template that asks for hints, where the policy names no other."""
POLICY_STEP = "course policy"
"""The span of a turn that says what of the policy held for it."""
TOOLS_OF_THE_COURSE = frozenset({"course_search", "read_source"})
TOOLS_OUTSIDE = frozenset({"wikipedia", "web_search", "open_page", "arxiv", "calculate"})


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment of a course and what holds from `opens` until before `closes`, seconds since 1970.

    Globs are over the paths of documents, capitals and small letters alike; a `*` goes over "/" too.
    """

    name: str
    mode: Mode = "hints"
    course: str = ""
    zone: str = "UTC"  # in which its dates are shown
    opens: float | None = None  # None: has always been open
    closes: float | None = None  # None: does not end
    about: tuple[str, ...] = ()  # what questions it concerns; empty: every question
    sources: tuple[str, ...] = ()  # the only documents that are answered from; empty: all
    solutions: tuple[str, ...] = ()  # documents that nobody is shown meanwhile, and no answer repeats
    never_say: tuple[str, ...] = ()
    outside: bool = False  # whether tools may look beyond the course
    prompt: str = ""  # NAME or NAME@VERSION of the template that asks for the answer
    code_lines: int = CODE_LINES
    evaluation: str = ""

    def holds_at(self, now: float) -> bool:
        """Tell whether the window is open at a time."""
        return (self.opens is None or self.opens <= now) and (self.closes is None or now < self.closes)

    @property
    def label(self) -> str:
        """The assignment as a reader is told of it."""
        return f"assignment {self.name}" + (f" ({self.course})" if self.course else "")


@dataclass(frozen=True, slots=True)
class Policy:
    """All assignments of all courses; `hash` is 16 hex digits of the SHA-256 of what was read."""

    assignments: tuple[Assignment, ...]
    hash: str

    def active(self, now: float) -> tuple[Assignment, ...]:
        """Give the assignments whose window is open at a time."""
        return tuple(a for a in self.assignments if a.holds_at(now))


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one turn: `active` are the open assignments, `concerned` those that the question is about.

    Where several hold, the strictest counts: a passage has to be among the sources of each.
    """

    active: tuple[Assignment, ...]
    concerned: tuple[Assignment, ...]
    hash: str
    earlier: bool = False  # not this question is about them, but an earlier one of its conversation
    solved: Runs = field(default=frozenset(), repr=False)  # what stands in the solutions
    never: Runs = frozenset()  # what is not said wherever it stands
    code_left: int = 0  # lines of code that the answer may hold still

    @property
    def mode(self) -> Mode:
        """The strictest mode of the assignments that the question is about."""
        return max((a.mode for a in self.concerned), key=STRICTNESS.index, default="normal")

    @property
    def is_hinting(self) -> bool:
        """Tell whether hints are given in place of answers."""
        return self.mode == "hints"

    @property
    def prompt(self) -> tuple[str, int | None] | None:
        """Name and version of the template that asks for the answer, None where it is the usual one."""
        strictest = [a for a in self.concerned if a.mode == self.mode]
        chosen = next((a.prompt for a in strictest if a.prompt), HINT if self.is_hinting else "")
        name, _, version = chosen.partition("@")
        return (name, int(version) if version else None) if name else None

    @property
    def assignment(self) -> str:
        """The assignments that the question is about, by name."""
        return ", ".join(a.name for a in self.concerned)

    @property
    def until(self) -> float | None:
        """When the strictest of them ends, seconds since 1970; None: without end, or there is none."""
        ends = [a.closes for a in self.concerned if a.mode == self.mode]
        return None if None in ends else max((e for e in ends if e is not None), default=None)

    def hides(self, path: str) -> bool:
        """Tell whether a document is a solution that nobody is shown now."""
        return is_hidden(path, self.active)

    def allows(self, path: str) -> bool:
        """Tell whether a document of the course may be read and cited in this turn."""
        return not self.hides(path) and all(matches(path, a.sources) for a in self.concerned if a.sources)

    def allows_tool(self, name: str) -> bool:
        """Tell whether a tool of the agent may be called."""
        if not self.concerned or name in TOOLS_OF_THE_COURSE:
            return True
        return name in TOOLS_OUTSIDE and all(a.outside for a in self.concerned)

    @property
    def reaches_outside(self) -> bool:
        """Tell whether the turn may look beyond the course."""
        return all(a.outside for a in self.concerned)

    def said_to_reader(self, now: float) -> str:
        """Tell a reader in a line what holds, until when and why; empty where nothing does."""
        if not self.concerned:
            return ""
        what = {"normal": "Chosen sources only", "hints": "Hints only", "closed": "Closed"}[self.mode]
        zone = next(a.zone for a in self.concerned if a.mode == self.mode)
        until = "" if self.until is None else f" until {shown_time(self.until, zone, now)}"
        names = "; ".join(a.label for a in self.concerned)
        other = " Ask about other things in a new conversation." if self.earlier else ""
        return f"{what}{until}: {names}.{other}"


RULE: ContextVar[Rule | None] = ContextVar("lectern_rule", default=None)
"""The rule of the turn that runs here; None where no policy holds."""


def matches(path: str, globs: Iterable[str]) -> bool:
    """Tell whether a document's path is one of those that globs name."""
    folded = path.replace("\\", "/").casefold()
    return any(fnmatchcase(folded, glob.casefold()) for glob in globs)


def is_hidden(path: str, active: Sequence[Assignment]) -> bool:
    """Tell whether a document is a solution of an assignment whose window is open."""
    return any(matches(path, a.solutions) for a in active)


def window_of(opens: datetime | None, closes: datetime | None, zone: ZoneInfo) -> tuple[float | None, float | None]:
    """Give a window of wall times as seconds since 1970; one that carries its own offset keeps it.

    A wall time that the change of clocks makes twice, or never, opens at the earlier and closes at the later reading:
    nobody gains an hour by it.
    """
    return (
        None if opens is None else min(_readings(opens, zone)),
        None if closes is None else max(_readings(closes, zone)),
    )


def _readings(wall: datetime, zone: ZoneInfo) -> list[float]:
    if wall.tzinfo is not None:
        return [wall.timestamp()]
    return [wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]


def shown_time(seconds: float, zone: str, now: float) -> str:
    """Write a time as its zone's clocks show it: `1 Dec 23:59`, with the year where that is another one."""
    at, today = (datetime.fromtimestamp(s, UTC).astimezone(ZoneInfo(zone)) for s in (seconds, now))
    year = "" if at.year == today.year else f" {at.year}"
    return f"{at.day} {_MONTHS[at.month - 1]}{year} {at:%H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
