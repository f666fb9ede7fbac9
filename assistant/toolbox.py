"""The agent's tools, ready to be called: which work here, and how a call is checked, timed, guarded and recorded.

Whatever goes wrong with a call becomes an observation that the model reads, and the turn goes on. A tool that fails
several times running is left alone for a while (M. Nygard, "Release It!", 2007: circuit breaker).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from assistant.agent_run import AgentRun, Step
from assistant.injection import check_call
from assistant.policy.hint_guard import cleaned
from assistant.policy.values import RULE
from assistant.tools.reach import Reach
from assistant.tools.tool import Observation, Source, Tool
from assistant.tracing import records
from assistant.tracing.capture import span
from index_store.chunks import Embedder
from index_store.errors import FetchRefused, InvalidInput, LecternError, SourceMissing, ToolFailed, ToolRefused

FAILURES = 3  # one after the other, from which a tool is left alone
REST_S = 60.0
LONGEST_NOTE = 2_500
"""Characters of what a tool says beside its sources that a model reads."""
_OF_THE_CALL = (InvalidInput, ToolRefused, FetchRefused, SourceMissing)  # tell nothing about the tool's health
_KINDS = {"course": "the course", "wikipedia": "Wikipedia", "web": "the web", "arxiv": "arXiv", "message": "the user"}


@dataclass(frozen=True, slots=True)
class Off:
    """Why a tool is off: in words for whoever asks, and by which setting, for who runs the server."""

    why: str
    setting: str = ""

    @property
    def told(self) -> str:
        """The words for whoever asks."""
        return f"{self.why} here" if self.setting else self.why

    def __str__(self) -> str:
        return f"{self.why} by {self.setting}" if self.setting else self.why


class Breaker:
    """Counts a tool's failures; open, it keeps the tool from being called."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    @property
    def rests_s(self) -> float:
        """Seconds for which the tool is left alone still, 0 or less when it may be called."""
        return self._until - self._clock()

    def note(self, *, failed: bool) -> None:
        """Take in how a call went; after a rest a single failure is enough for the next one."""
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            if self._failures >= FAILURES:
                self._until = self._clock() + REST_S


class Toolbox:
    """The tools; one instance serves all conversations."""

    def __init__(
        self,
        tools: Sequence[Tool],
        *,
        allowed: Collection[str] | None = None,
        reach: Reach | None = None,
        clock: Callable[[], float] = time.monotonic,
        embedder: Embedder | None = None,
    ) -> None:
        self._embedder = embedder
        self._reach = Reach() if reach is None else reach
        self._tools = {tool.name: tool for tool in tools}
        self._allowed = None if allowed is None else frozenset(allowed)
        self._breakers = {name: Breaker(clock) for name in self._tools}

    async def look_around(self) -> None:
        """Find out which tools have the network that they need, where that is not known by now."""
        chosen = [t for t in self._tools.values() if self._allowed is None or t.name in self._allowed]
        await self._reach.look([tool.reaches for tool in chosen if tool.reaches is not None])

    @property
    def reaches_outside(self) -> bool:
        """Tell whether a tool that may be called now looks beyond the course."""
        return any(t.reaches is not None for t in self.tools() if self._breakers[t.name].rests_s <= 0)

    def all(self) -> list[Tool]:
        """Give all tools, those that are off too."""
        return list(self._tools.values())

    def states(self) -> dict[str, Off | None]:
        """Say for each tool why it is off, None where it is on."""
        return {name: self._off(tool) for name, tool in self._tools.items()}

    def tools(self) -> list[Tool]:
        """Give the tools that are on."""
        return [tool for tool in self._tools.values() if self._off(tool) is None]

    def names(self) -> frozenset[str]:
        """Give the names of the tools that may be called now."""
        return frozenset(t.name for t in self.tools() if self._breakers[t.name].rests_s <= 0)

    def _off(self, tool: Tool) -> Off | None:
        chosen = self._off_by_choice(tool)
        if chosen is not None:
            return chosen
        if tool.reaches is not None and not self._reach.is_there(tool.reaches):
            return Off(f"{tool.reaches[0]} cannot be reached from here")
        why = tool.off_because()
        return None if why is None else Off(why)

    def _off_by_choice(self, tool: Tool) -> Off | None:
        if self._allowed is not None and tool.name not in self._allowed:
            return Off("switched off", "LECTERN_TOOLS")
        rule = RULE.get()
        if rule is not None and not rule.allows_tool(tool.name):
            return Off("not used for questions about an assignment that is open")
        return None

    def is_cut_off(self, name: str) -> bool:
        """Tell whether a tool is off for nothing but the lack of a connection to what it asks."""
        tool = self._tools.get(name)
        if tool is None or tool.reaches is None or self._off_by_choice(tool) is not None:
            return False
        return not self._reach.is_there(tool.reaches)

    async def call(self, run: AgentRun, name: str, given: Mapping[str, Any]) -> Step:
        """Call a tool, and keep in the run what came of it. A fault of ours is raised; all else is an observation."""
        begun = time.monotonic()
        given = {key: cleaned(value) if isinstance(value, str) else value for key, value in given.items()}
        found, failure = Observation(), None
        with span("tool", name, dict(given), **{records.TOOL_NAME: name, records.OPERATION: "execute_tool"}) as kept:
            try:
                found = await self._run(run, name, given)
            except LecternError as exc:
                failure = exc
                kept.status, kept.error = "error", str(exc)
                kept.attributes[records.ERROR_TYPE] = type(exc).__name__
            numbers = run.take(found)
            observation = f"Error: {failure}" if failure is not None else written(found, numbers, run)
            kept.outputs = {"text": found.text, "sources": [_kept(n, run.sources[n - 1]) for n in numbers]}
            if found.addresses:
                kept.outputs["addresses"] = list(found.addresses)
        seconds = time.monotonic() - begun
        step = Step(run.thought, name, given, observation, found, numbers, failure, seconds)
        run.steps.append(step)
        return step

    async def _run(self, run: AgentRun, name: str, given: Mapping[str, Any]) -> Observation:
        tool = self._tools.get(name)
        if tool is not None and tool.reaches is not None:
            await run.looked()
        off = Off("there is no such tool") if tool is None else self._off(tool)
        if tool is None or off is not None:
            why = "" if off is None else off.told
            raise ToolFailed(f"{name} cannot be called: {why}.", hint=f"Tools: {', '.join(sorted(self.names()))}.")
        arguments = _checked(tool, given)
        breaker = self._breakers[name]
        if breaker.rests_s > 0:
            raise ToolFailed(
                f"{name} has failed several times and is left alone for {breaker.rests_s:.0f} seconds.",
                hint="Go on without it.",
            )
        said = arguments.model_dump(exclude_defaults=True)
        asked = await asyncio.to_thread(check_call, name, said, run, self._embedder)
        if any(s.tool == name and s.error is None and _same(s.arguments, given) for s in run.steps):
            raise InvalidInput(f"{name} was called like this before.", hint="What it found stands above.")
        return _allowed(await _watched(tool, arguments.model_copy(update=asked), breaker, run.seconds_left))


async def _watched(tool: Tool, arguments: Any, breaker: Breaker, seconds_left: float) -> Observation:
    """Run a tool within its time; its breaker hears how that went."""
    try:
        async with asyncio.timeout(max(0.0, min(tool.timeout_s, seconds_left))):
            found = await tool.run(arguments)
    except _OF_THE_CALL:
        raise
    except LecternError:
        breaker.note(failed=True)
        raise
    except TimeoutError as exc:
        breaker.note(failed=True)
        raise ToolFailed(f"{tool.name} did not answer in time.", hint="Go on without it.") from exc
    breaker.note(failed=False)
    return found


def _allowed(found: Observation) -> Observation:
    """Leave out sources of the course that the rule of this turn does not allow."""
    rule = RULE.get()
    if rule is None:
        return found
    return replace(
        found, sources=tuple(s for s in found.sources if s.kind != "course" or rule.allows(s.hit.chunk.path))
    )


def _checked(tool: Tool, given: Mapping[str, Any]) -> Any:
    try:
        return tool.arguments.model_validate(dict(given))
    except ValidationError as exc:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in exc.errors()[:4])
        takes = ", ".join(tool.arguments.model_fields)
        raise InvalidInput(f"{tool.name} cannot be called like this: {wrong}.", hint=f"It takes: {takes}.") from exc


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {k: v for k, v in one.items() if v is not None} == {k: v for k, v in other.items() if v is not None}


def written(found: Observation, numbers: Sequence[int], run: AgentRun) -> str:
    """Write what a tool found for a model: what it says, then each source with its number, between keyed tags."""
    parts = [found.text[:LONGEST_NOTE]] if found.text else []
    for number in numbers:
        source = run.sources[number - 1]
        chunk = source.hit.chunk
        place = " ".join(f"{chunk.heading} ({chunk.locator})".split()).replace(" ()", "")
        about = f"From {_KINDS.get(source.kind, source.kind)}: {place}"
        tag = f"source {number} key={run.key}"
        parts.append(f"<{tag}>\n{about}\n{chunk.context}\n</{tag}>")
    return "\n\n".join(parts) or "Nothing was found."


def _kept(number: int, source: Source) -> dict[str, Any]:
    chunk = source.hit.chunk
    return {
        "number": number,
        "kind": source.kind,
        "path": chunk.path,
        "locator": str(chunk.locator),
        "title": chunk.title,
    }
