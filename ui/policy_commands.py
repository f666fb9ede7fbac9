"""The commands of the course's policy: policy show and policy check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ui.batch import Row, dump
from ui.policy_windows import AT, described, needed_policy, no_policy, seconds_at

if TYPE_CHECKING:
    from assistant.policy.values import Assignment, Rule

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group()
def policy() -> None:
    """Show the course's policy, and try a question on it."""


@policy.command("show")
@AT
@_JSON
def show(at: str | None, as_json: bool) -> None:
    """List the assignments and their windows."""
    from ui import wiring

    told = needed_policy(wiring.read_environment())
    now = seconds_at(at, told)
    for assignment in told.assignments:
        if as_json:
            click.echo(dump(_row(assignment, now)))
            continue
        click.echo(described(assignment, now))
        for name in ("about", "sources", "solutions", "evaluation"):
            value = getattr(assignment, name)
            if value:
                click.echo(f"  {name}: {value if isinstance(value, str) else '; '.join(value)}")
    if not as_json:
        click.echo(f"policy {told.hash}")


@policy.command("check")
@click.argument("question")
@AT
@_JSON
def check(question: str, at: str | None, as_json: bool) -> None:
    """Say what holds for a question; nothing is asked or kept."""
    from assistant.conversation import check_question
    from ui import wiring

    check_question(question)
    with wiring.open_library(wiring.read_environment()) as library:
        course = library.policy
        if course is None:
            raise no_policy()
        now = seconds_at(at, course.policy)
        course.clock = lambda: now
        rule = course.rule_for(question)
        paths = [document.path for document in library.ledger.documents()]
    row = _told(rule, now, paths)
    if as_json:
        click.echo(dump(row))
        return
    click.echo(row["text"] or "Nothing holds for this question: it is answered as ever.")
    if row["hidden"]:
        click.echo(f"  never shown meanwhile: {', '.join(row['hidden'])}")
    if rule is not None and rule.concerned:
        click.echo(f"  answered from: {', '.join(row['sources']) or 'nothing: no document is allowed'}")
        click.echo(f"  prompt: {row['prompt'] or 'answer'}; lines of code: {row['code_lines']}")


def _row(assignment: Assignment, now: float) -> Row:
    def written(seconds: float | None) -> str | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()

    return {
        "name": assignment.name,
        "course": assignment.course,
        "mode": assignment.mode,
        "from": written(assignment.opens),
        "until": written(assignment.closes),
        "open": assignment.holds_at(now),
        "about": list(assignment.about),
        "sources": list(assignment.sources),
        "solutions": list(assignment.solutions),
        "outside": assignment.outside,
        "prompt": assignment.prompt,
        "code_lines": assignment.code_lines,
        "evaluation": assignment.evaluation,
    }


def _told(rule: Rule | None, now: float, paths: list[str]) -> Row:
    if rule is None:
        return {"text": "", "mode": "normal", "concerned": [], "prompt": "", "sources": paths, "hidden": []}
    name, version = rule.prompt or ("", None)
    return {
        "text": rule.said_to_reader(now),
        "mode": rule.mode,
        "concerned": [a.label for a in rule.concerned],
        "prompt": name + (f"@{version}" if version else ""),
        "code_lines": rule.code_left,
        "outside": rule.reaches_outside,
        "sources": [path for path in paths if rule.allows(path)],
        "hidden": [path for path in paths if rule.hides(path)],
    }
