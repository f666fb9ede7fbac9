"""Turns an error of ours into what a page shows; the server's log is for faults, not for what a user can mend."""

from __future__ import annotations

import logging

import gradio as gr

from index_store.errors import LecternError
from ui.disclosure import FAULT, LATER, error_for

log = logging.getLogger(__name__)


def shown_error(told: Exception | str, sees_setup: bool) -> gr.Error:
    """Give the error for a page to raise; of the server's setup only who may see that reads anything."""
    if isinstance(told, LecternError):
        told = error_for(told, sees_setup)
    elif isinstance(told, OSError) and not sees_setup:  # it names a file of the server
        log.warning("Told in other words: %s", told)
        told = f"{FAULT} {LATER}"
    return gr.Error(str(told), print_exception=False)
