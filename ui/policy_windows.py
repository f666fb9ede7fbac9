"""What the course's policy holds at a time, for the commands, `doctor` and evaluation. Builds nothing of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import click

from index_store.errors import InvalidInput
from ui.policies import read_policy_of
from ui.wiring import Library, open_library, prompts_of

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.policy.values import Assignment, Policy
    from ui.environment import Environment

AT = click.option("--at", metavar="TIME", help="As it is at a time of the course's clocks, such as 2026-11-10T12:00.")


def look_at_policy(environment: Environment) -> Iterator[tuple[Literal["ok", "note"], str, str]]:
    """Say what the policy holds now: each with whether that is fine, and what mends it. Changes nothing.

    Raises:
        LecternError: when the policy or the library cannot be read.
    """
    from assistant.policy.course_policy import unmatched
    from ingest.ledger import Ledger

    policy = read_policy_of(environment, prompts_of(environment))
    if policy is None:
        yield "ok", "none: every question is answered as it comes", ""
        return
    now = time.time()
    for assignment in policy.assignments:
        yield "ok", described(assignment, now), ""
    if not Ledger.is_at(environment.home):
        return
    with open_library(environment) as library:
        paths = [document.path for document in library.ledger.documents()]
    for assignment, glob in unmatched(policy, paths):
        yield (
            "note",
            f"{assignment.label}: no document of the library matches {glob!r}.",
            "`lectern library list` shows the paths.",
        )


def seconds_at(text: str | None, policy: Policy) -> float:
    """Give a time as seconds since 1970; one without an offset is of the course's clocks.

    Raises:
        InvalidInput: when it is no time.
    """
    if text is None:
        return time.time()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InvalidInput(f"--at is {text!r}.", hint="Give a time such as 2026-11-10T12:00.") from exc
    zone = next((a.zone for a in policy.assignments), "UTC")
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))).timestamp()


def no_policy() -> InvalidInput:
    """Say that there is none, and how to have one."""
    return InvalidInput("There is no course policy.", hint="Set LECTERN_POLICY to a file; docs/policy.md shows one.")


def needed_policy(environment: Environment) -> Policy:
    """Read the policy that the settings name.

    Raises:
        InvalidInput: when there is none.
        SettingsError: when it cannot be used.
    """
    policy = read_policy_of(environment, prompts_of(environment))
    if policy is None:
        raise no_policy()
    return policy


def measured(environment: Environment, dataset: Path | None, at: str | None) -> tuple[Path, float]:
    """Give what the policy is measured on, and at which time.

    Raises:
        InvalidInput: when no window is open then, or no questions are given, or several sets are.
    """
    policy = needed_policy(environment)
    now = seconds_at(at, policy)
    active = policy.active(now)
    if not active:
        raise InvalidInput("No assignment is open then.", hint="Give a time with --at; lectern policy show lists them.")
    if dataset is not None:
        return dataset, now
    own = sorted({a.evaluation for a in active if a.evaluation})
    if len(own) != 1 or environment.policy_file is None:
        told = f"Several have questions of their own: {', '.join(own)}." if own else "The policy names no questions."
        raise InvalidInput(told, hint="Name a file of rows; docs/policy.md shows one.")
    place = environment.policy_file
    return (place if place.is_dir() else place.parent) / own[0], now


def settings_of(library: Library) -> dict[str, object]:
    """Give what a run measures: the policy, its templates, the index."""
    policy = library.policy
    if policy is None:
        raise no_policy()
    return {"policy": policy.policy.hash, "index": str(library.searcher.index.manifest.fingerprint)}


def hiding(library: Library) -> Callable[[str], bool]:
    """Give what tells whether a document is hidden now."""
    policy = library.policy
    return (lambda path: False) if policy is None else policy.hides


def described(assignment: Assignment, now: float) -> str:
    """Tell of an assignment in a line: its mode, its window and whether that is open."""
    from assistant.policy.values import shown_time

    state = "open now" if assignment.holds_at(now) else ("over" if _is_over(assignment, now) else "not open yet")
    begin, end = (
        "" if at is None else f" {word} {shown_time(at, assignment.zone, now)}"
        for word, at in (("from", assignment.opens), ("until", assignment.closes))
    )
    return f"{assignment.label}: {assignment.mode}{begin}{end} ({assignment.zone}), {state}"


def _is_over(assignment: Assignment, now: float) -> bool:
    return assignment.closes is not None and assignment.closes <= now
