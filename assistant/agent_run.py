"""The state of one turn of the agent: its question, what its tools found, its limits. One for each turn, none shared.

The agent, its tools and the model's prompt reach it through the context variable RUN, which holds across the tasks and
threads of a turn and is another one in every other turn.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from assistant.answer_stream import AnswerStream
from assistant.passages import code_of, links_of
from assistant.pasted_turns import ToTag
from assistant.tools.tool import Observation, Offer, Source
from assistant.usage import Meter
from index_store.errors import LecternError, SettingsError


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """What one turn may take; None is without a limit. At a limit the turn ends with what has been found.

    Raises:
        SettingsError: when a limit is not positive.
    """

    steps: int = 8  # calls of the model, each a thought with an action or the answer
    seconds: float = 120.0
    tokens: int | None = 60_000  # of the model, in and out, where the server reports them
    price_usd: float | None = 0.5  # where the price is known

    def __post_init__(self) -> None:
        for name in ("steps", "seconds", "tokens", "price_usd"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SettingsError(f"The agent's limit of {name} is {value}.", hint="Give a number above 0.")


class LimitReached(Exception):  # noqa: N818  # no fault, but the end of a turn
    """A turn that has reached one of its limits; the message names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call of a tool and what came of it: `observation` is what the model read, `found` what the tool gave."""

    thought: str
    tool: str
    arguments: Mapping[str, Any]
    observation: str
    found: Observation = Observation()
    numbers: tuple[int, ...] = ()  # of the sources it brought, as the model cites them
    failure: LecternError | None = None  # what was wrong with it
    seconds: float = 0.0

    @property
    def error(self) -> str | None:
        """What was wrong with it, in words."""
        return None if self.failure is None else str(self.failure)


@dataclass(slots=True)
class AgentRun:
    """One turn of the agent while it goes on."""

    question: str
    history: Sequence[Mapping[str, str]] = ()
    limits: AgentLimits = AgentLimits()
    meter: Meter = field(default_factory=Meter)
    key: str = field(default_factory=lambda: secrets.token_hex(4))  # marks where text from outside begins and ends
    begun_at: float = field(default_factory=time.monotonic)
    sources: list[Source] = field(default_factory=list)  # source n is the one that the model cites as [n]
    steps: list[Step] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)  # that a search gave in this turn
    calls: int = 0  # of the model
    thought: str = ""  # of the step that is under way
    problem: str = ""  # what was wrong with the model's last reply
    malformed: int = 0  # replies of no use, one after the other
    uncited: int = 0  # answers that cited nothing
    instructions: frozenset[tuple[str, ...]] = frozenset()  # of the prompt, as runs of words: no answer repeats them
    looking: asyncio.Future[None] | None = None  # for the hosts that can be reached
    pasted: ToTag | None = None  # the abstract that is tagged before all else
    answer: AnswerStream | None = None  # the answer that is being written, or was

    @property
    def said_by_user(self) -> str:
        """All that the user said in this conversation."""
        return "\n".join(self.said_by_user_apart)

    @property
    def said_by_user_apart(self) -> list[str]:
        """The messages of the user, oldest first."""
        return [*(t["content"] for t in self.history if t.get("role") == "user"), self.question]

    @property
    def links(self) -> frozenset[str]:
        """The addresses that may be shown: what was found, and what the user wrote."""
        return links_of([source.hit for source in self.sources], self.said_by_user)

    @property
    def course_text(self) -> str:
        """What the course says of what was found; addresses of it may be shown in code."""
        return code_of([source.hit for source in self.sources if source.kind == "course"])

    async def looked(self) -> None:
        """Wait until it is known which hosts can be reached."""
        if self.looking is not None:
            await asyncio.shield(self.looking)

    @property
    def seconds_left(self) -> float:
        """How long the turn may still take."""
        return self.limits.seconds - (time.monotonic() - self.begun_at)

    def take(self, observation: Observation) -> tuple[int, ...]:
        """Take over what a tool found; give the numbers under which its sources are cited."""
        self.addresses.update(observation.addresses)
        return tuple(dict.fromkeys(self._number(source) for source in observation.sources))

    def _number(self, source: Source) -> int:
        for number, known in enumerate(self.sources, start=1):
            if known.hit.chunk.id == source.hit.chunk.id:
                return number
        self.sources.append(source)
        return len(self.sources)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What the user may do with what was found."""
        return tuple(dict.fromkeys(offer for step in self.steps for offer in step.found.offers))

    @property
    def tags(self) -> tuple[str, ...] | None:
        """The names that were found in an abstract, None where none was tagged."""
        return next((s.found.tags for s in reversed(self.steps) if s.found.tags is not None), None)

    def check_limits(self) -> None:
        """Stop before the model is asked once more than it may be.

        Raises:
            LimitReached: naming the limit.
        """
        limits, usage = self.limits, self.meter.usage()
        if self.calls >= limits.steps:
            raise LimitReached(f"the limit of {limits.steps} {'step' if limits.steps == 1 else 'steps'} was reached")
        if self.seconds_left <= 0:
            raise LimitReached(f"the limit of {limits.seconds:g} seconds was reached")
        tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        if limits.tokens is not None and tokens >= limits.tokens:
            raise LimitReached(f"the limit of {limits.tokens:,} tokens was reached")
        if limits.price_usd is not None and (usage.price_usd or 0.0) >= limits.price_usd:
            raise LimitReached(f"the limit of ${limits.price_usd:g} was reached")
        self.calls += 1


RUN: ContextVar[AgentRun | None] = ContextVar("lectern_agent_run", default=None)
"""The agent's turn that is under way here."""


def current_run() -> AgentRun:
    """Give the turn that is under way; only the agent's own parts may ask."""
    run = RUN.get()
    assert run is not None, "no turn of the agent is under way here"
    return run
