"""Shows the review desk: unanswered questions, agreement. Pure functions."""

from __future__ import annotations

import html
from collections.abc import Sequence

from assistant.evaluation.agreement import Agreement
from assistant.unanswered import Group
from ui.library_view import table


def groups_html(groups: Sequence[Group], turns: Sequence[str], aside: int = 0) -> str:
    """Give the questions that could not be answered, grouped by meaning, each as what opens its turn.

    `turns` are the ids of their turns; `aside` is how many more were found rightly refused.
    """
    told = f"<p class='lectern-note'>{aside:,} more {'was' if aside == 1 else 'were'} found rightly refused.</p>"
    if not groups:
        return "<p class='lectern-note'>No question was refused.</p>" if not aside else told
    rows = [[str(len(group.questions)), _openers(group, turns)] for group in groups]
    return table("What the course could not answer", ("Asked", "Question"), rows) + (told if aside else "")


def _openers(group: Group, turns: Sequence[str]) -> str:
    """Give each wording of a group once, the one nearest to the others first."""
    of = {question: turns[n] for question, n in zip(group.questions, group.members, strict=True)}
    first = {group.question: of[group.question]}
    buttons = [
        f"<button type='button' class='lectern-open' data-turn='{html.escape(turn)}'>{html.escape(question)}</button>"
        for question, turn in {**first, **of}.items()
    ]
    others = f"<br><small>{' · '.join(buttons[1:])}</small>" if len(buttons) > 1 else ""
    return f"<strong>{buttons[0]}</strong>{others}"


def covered_html(covered: Sequence[tuple[str, bool]]) -> str:
    """Say which of the questions the course answers now."""
    rows = [
        [html.escape(q), f"<span class='lectern-{'done' if now else 'failed'}'>{_covered(now)}</span>"]
        for q, now in covered
    ]
    return table("Covered now?", ("Question", "Now"), rows) if rows else ""


def _covered(now: bool) -> str:
    return "answered" if now else "still not"


def agreement_html(found: Sequence[Agreement]) -> str:
    """Give how far each pair of reviewers agrees."""
    if not found:
        return "<p class='lectern-note'>No turn was judged by two reviewers yet.</p>"
    rows = [
        [
            html.escape(" and ".join(a.reviewers)),
            str(a.turns),
            f"{a.same} ({a.same / a.turns:.0%})",
            "not defined: both gave one verdict only" if a.kappa is None else f"{a.kappa:.2f}",
        ]
        for a in found
    ]
    return table("Agreement beyond chance", ("Reviewers", "Turns both judged", "Same verdict", "Cohen's kappa"), rows)
