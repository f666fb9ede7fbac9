"""Builds the course's policy over an open library, and checks it against the prompts that there are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from index_store.errors import PromptProblem, SettingsError

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.policy.course_policy import CoursePolicy
    from assistant.policy.values import Policy
    from assistant.prompts import PromptSet
    from index_store.search import Searcher
    from ui.environment import Environment
    from ui.wiring import Library


def read_policy_of(environment: Environment, prompts: PromptSet) -> Policy | None:
    """Read the policy that the settings name, None where there is none.

    Raises:
        SettingsError: when it cannot be used.
    """
    file = environment.policy_file
    if file is None:
        return None
    from assistant.policy.policy_file import read_policy

    policy = read_policy(file)
    _check_prompts(policy, prompts)
    return policy


def course_policy_of(library: Library, prompts: PromptSet) -> CoursePolicy | None:
    """Put the policy that the settings name to work, None where there is none.

    Raises:
        SettingsError: when it cannot be used.
    """
    policy = read_policy_of(library.environment, prompts)
    if policy is None:
        return None
    from assistant.policy.course_policy import CoursePolicy

    @cache
    def everything() -> Searcher:
        from index_store.search import Searcher

        return Searcher(library.index, library.embedder)

    def search(question: str, k: int) -> list[tuple[str, float]]:
        return [(hit.chunk.path, hit.cosine) for hit in everything().search(question, k)]

    def given(conversation: str) -> list[str]:
        from assistant.tracing.conversations import answers_in

        return answers_in(library.traces, conversation)

    return CoursePolicy(policy, library.embedder, library.ledger, library.clock, search, given)


def _check_prompts(policy: Policy, prompts: PromptSet) -> None:
    """Find out before any question whether the templates that a policy names can be filled in."""
    from assistant.policy.values import HINT
    from assistant.query_engine import PROMPT_INPUTS

    for assignment in policy.assignments:
        name, _, version = (assignment.prompt or HINT).partition("@")
        try:
            template = prompts.get(name, int(version) if version else None)
        except PromptProblem as exc:
            raise SettingsError(f"The course policy asks for a prompt of {assignment.label}: {exc.message}") from exc
        if unknown := sorted(template.variables.keys() - PROMPT_INPUTS):
            raise SettingsError(
                f"The prompt {name} of {assignment.label} needs what an answer has not: {', '.join(unknown)}.",
                hint=f"It may use: {', '.join(sorted(PROMPT_INPUTS))}.",
            )
