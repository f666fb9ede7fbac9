"""The text that whoever signs in agrees to, where a course team wrote none: true of how this server is set up.

It names no addresses, for students read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ui.server_settings import is_own, read_consent

if TYPE_CHECKING:
    from assistant.tracing.settings import TraceSettings
    from ui.environment import Environment

SITES = frozenset({"wikipedia", "web_search", "open_page", "arxiv"})
"""Tools of the agent that ask sites outside."""


def consent_of(environment: Environment) -> str:
    """Give the course team's own text, else one that fits.

    Raises:
        SettingsError: the text cannot be read, or what would be said of is set up wrongly.
    """
    own = environment.get("LECTERN_CONSENT")
    return usual_consent(environment) if own is None else read_consent(own)


def usual_consent(environment: Environment) -> str:
    """Say what is kept, for how long, what leaves this server and what a deletion does not reach."""
    traces = environment.traces
    days = traces.keep_days
    until = "" if days is None else f" After {days:g} {'day' if days == 1 else 'days'} they are deleted by themselves."
    kept = (
        "What you ask here, what was answered and the sources that were shown are kept on this server, so that you "
        f"find your conversations again and the course team can see where the course helped and where not.{until}"
    )
    seen = (
        "Reviewers see them under a random pseudonym, not under your name. Do not write what is private, about you or "
        "others."
    )
    left = what_leaves(environment)
    stays = f" What has left this server before stays there: {_who_deletes(traces)}." if left else ""
    delete = f"On the page of your account you can take all of it with you, or delete it here, at any time.{stays}"
    return "\n\n".join([kept, seen, *([" ".join(left)] if left else []), delete])


def what_leaves(environment: Environment) -> Sequence[str]:
    """Give a sentence for each way on which what is asked leaves this machine; none where all of it stays."""
    settings, traces, said = environment.assistant, environment.traces, list[str]()
    if settings.mode == "openai" or (settings.mode == "compatible" and not _is_here(settings.base_url)):
        whom = "OpenAI" if settings.mode == "openai" else "a language model on another server"
        said.append(f"What you ask, what was said before and passages of the course are sent to {whom} for an answer.")
    kind = environment.store.embedding.partition(":")[0]
    if kind == "openai" or (kind == "compatible" and not _is_here(environment.store.base_url)):
        whom = "OpenAI" if kind == "openai" else "another server"
        said.append(f"What you ask is sent to {whom} to find passages of the course.")
    if environment.tools is None or environment.tools & SITES:
        said.append("Where you let it look outside the course, words of your question go to the sites that it asks.")
    if traces.sinks:
        hidden = ", e-mail addresses, phone and student numbers hidden" if traces.redact else ""
        some = "Each turn" if traces.sample == 1 else "A part of the turns"
        where = " and to ".join(name.capitalize() for name in traces.sinks)
        said.append(f"{some}, questions and answers with it, is sent to {where}{hidden}, for the course team.")
    return said


def _who_deletes(traces: TraceSettings) -> str:
    if not traces.sinks:
        return "whoever runs that service says for how long"
    where = " and ".join(name.capitalize() for name in traces.sinks)
    return f"ask the course team to delete it from {where}; whoever runs another service says for how long it is kept"


def _is_here(address: str | None) -> bool:
    return is_own(urlsplit(address or "").hostname or "")
