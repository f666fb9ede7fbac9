"""Lets a turn go by the course's rule: tells the reader of it, keeps it with the trace, and checks all that comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from assistant.events import Restricted
from assistant.policy.checkpoint import through
from assistant.policy.course_policy import CoursePolicy
from assistant.policy.hint_guard import guarded
from assistant.policy.values import POLICY_STEP, RULE, Rule
from assistant.query_engine import Outcome
from assistant.tracing.capture import current_recording, span

POLICY_HASH = "lectern.policy.hash"


async def ruled(
    policy: CoursePolicy,
    question: str,
    history: Sequence[Mapping[str, str]],
    steps: Callable[[], AsyncGenerator[Any, None]],
    conversation: str | None = None,
) -> AsyncGenerator[Any, None]:
    """Take the steps of a turn by the rule that holds for its question; runs in the turn's own context.

    `conversation` is the id of the one it is part of, where that is kept.
    """
    rule, notice = await _rule(policy, question, history, conversation)
    if rule is None:
        async with aclosing(steps()) as free:
            async for step in free:
                yield step
        return
    RULE.set(rule)
    recording = current_recording()
    if recording is not None:  # a student may take the trace of a turn along
        recording.clean = partial(_kept, rule)
    if notice:
        yield Restricted(notice, rule.mode, tuple(a.label for a in rule.concerned), rule.until)
    if rule.mode == "closed":
        yield Outcome(found=False, text=notice, citations=(), hits=())
        return
    async with aclosing(through(rule, notice, steps())) as passed:
        async for step in passed:
            yield step


async def _rule(
    policy: CoursePolicy, question: str, history: Sequence[Mapping[str, str]], conversation: str | None
) -> tuple[Rule | None, str]:
    with span("step", POLICY_STEP, {"question": question}, **{POLICY_HASH: policy.policy.hash}) as kept:
        rule = await asyncio.to_thread(policy.rule_for, question, history, conversation)
        notice = "" if rule is None else rule.said_to_reader(policy.clock())
        kept.outputs = {
            "text": notice,
            "mode": "normal" if rule is None else rule.mode,
            "open": [] if rule is None else [a.label for a in rule.active],
            "concerned": [] if rule is None else [a.label for a in rule.concerned],
        }
    return rule, notice


def _kept(rule: Rule, text: str) -> str:
    return guarded(text, rule.code_left if rule.is_hinting else None, rule.solved, rule.never)[0]
