"""Turns an error of ours into what a page shows; the server's log is for faults, not for what a user can mend."""

from __future__ import annotations

import gradio as gr


def shown_error(told: Exception | str) -> gr.Error:
    """Give the error for a page to raise."""
    return gr.Error(str(told), print_exception=False)
