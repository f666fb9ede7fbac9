"""What pages do with work that is the server's: whoever began it is shown it to its end, and may end it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.followed import changes_of
from ui.live_jobs import J, LiveJobs

if TYPE_CHECKING:
    from ui.access import Asking
    from ui.parts import Parts

TELL_EVERY_S = 0.2


def own_job(parts: Parts, jobs: LiveJobs[J], request: Asking) -> J | None:
    """Give the work of whoever looks on, under way or the last; none of somebody unknown, where accounts are on."""
    user = parts.user(request)
    return None if user is None and parts.server.accounts else jobs.of(user)


async def shown_job(
    parts: Parts, jobs: LiveJobs[J], request: Asking, show: Callable[[J], str]
) -> AsyncIterator[tuple[str, Any]]:
    """Show the work of whoever looks on, to its end; at first with what opens its place."""
    job = own_job(parts, jobs, request)
    if job is None:
        return
    opens = gr.update(open=True)
    async for known in changes_of(job, lambda: TELL_EVERY_S):
        yield show(known), opens
        opens = gr.skip()


def stop_job(parts: Parts, jobs: LiveJobs[J], request: Asking) -> None:
    """End the work of whoever asks; what was done stays."""
    job = own_job(parts, jobs, request)
    if job is not None:
        job.stop()
