"""Runs the steps of an asynchronous generator in one context of their own. Knows nothing of what is set in it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")


async def in_own_context(
    steps: AsyncGenerator[T, None], values: Mapping[ContextVar[Any], Any]
) -> AsyncGenerator[T, None]:
    """Give the steps of a generator on, all made in one context in which the variables have these values.

    Without this each step runs in the context of whoever asks for it: what one step sets is lost to the next, or leaks
    to the reader, and two turns that are read alternately in one task mix.
    """
    context = contextvars.copy_context()
    for variable, value in values.items():
        context.run(variable.set, value)
    loop = asyncio.get_running_loop()
    try:
        while (step := await loop.create_task(_next(steps), context=context)) is not _OVER:
            yield step  # type: ignore[misc]  # mypy does not narrow by identity with an object
    finally:
        await loop.create_task(_close(steps), context=context)


_OVER = object()


async def _next(steps: AsyncGenerator[T, None]) -> T | object:
    return await anext(steps, _OVER)


async def _close(steps: AsyncGenerator[Any, None]) -> None:
    await steps.aclose()
