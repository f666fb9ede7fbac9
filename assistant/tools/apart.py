"""Runs blocking calls in threads of their own that nobody waits for: a turn that stops leaves them behind.

`asyncio.to_thread` would do, but for the end of the program, which waits for its threads; these do not hold it up.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[..., T], *given: object) -> T:
    """Run a blocking call in a daemon thread, in a copy of this context; whoever waits may be cancelled at once."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: T | None, failure: BaseException | None) -> None:
        if done.done():  # cancelled meanwhile
            return
        if failure is not None:
            done.set_exception(failure)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # None only where T holds it

    def run() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = context.run(work, *given)
        except BaseException as exc:  # noqa: BLE001  # the edge of a thread: handed to whoever waits
            failure = exc
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="lectern-tool", daemon=True).start()
    return await done
