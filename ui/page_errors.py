"""Turns an error of ours into what a page shows, floating or in its place; the server's log is for faults alone."""

from __future__ import annotations

import html
import logging

import gradio as gr

from index_store.errors import LecternError
from ui.disclosure import FAULT, LATER, error_for

log = logging.getLogger(__name__)


def shown_error(told: Exception, sees_setup: bool) -> gr.Error:
    """Give the error for a page to raise, in the words that are for its reader."""
    return gr.Error(reason_of(told, sees_setup), print_exception=False)


def told_html(told: Exception, sees_setup: bool) -> str:
    """Give the reason as it stands beside what it is of, until that is tried again: a message that floats goes away."""
    return failed_html(reason_of(told, sees_setup))


def failed_html(reason: str) -> str:
    """Show why something could not be done."""
    return f"<p role='alert' class='lectern-failed'>{html.escape(reason)}</p>"


def reason_of(told: Exception, sees_setup: bool) -> str:
    """Say what went wrong; of the server's setup only who may see that reads anything."""
    if isinstance(told, LecternError):
        return str(error_for(told, sees_setup))
    if sees_setup:
        return str(told)
    log.warning("Told in other words: %s", told)  # a fault of the disk, which names a file of the server
    return f"{FAULT} {LATER}"
