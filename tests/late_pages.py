"""The web app whose page events begin and end late by chance, to find pages that lean on their order.

Runs in place of `ui` in the browser tests where LATE_PAGES_S says by how many seconds at most (`make test-late`).
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

from gradio.blocks import Blocks

from ui.cli import main

MOST_S = float(os.environ["LATE_PAGES_S"])
OFTEN = 0.7
_call = Blocks.call_function


async def _late() -> None:
    if random.random() < OFTEN:
        await asyncio.sleep(random.uniform(0, MOST_S))


async def _call_late(
    blocks: Blocks, block_fn: Any, processed_input: list[Any], iterator: Any = None, *given: Any, **named: Any
) -> Any:
    """Call a handler late, and give what it returned late; what a stream goes on with is not held up."""
    if iterator is not None:
        return await _call(blocks, block_fn, processed_input, iterator, *given, **named)
    await _late()
    returned = await _call(blocks, block_fn, processed_input, iterator, *given, **named)
    await _late()
    return returned


if __name__ == "__main__":
    Blocks.call_function = _call_late  # type: ignore[method-assign]
    main()
