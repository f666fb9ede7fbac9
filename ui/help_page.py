"""The help page: what is configured and what is missing, what to try first, and the keys. It changes nothing."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from assistant.accounts.people import Action
from ui import doctor
from ui.library_view import table
from ui.masthead import masthead
from ui.parts import Parts

TRY = """
1. **Ask the course.** On [Chat](./), choose an example or ask on your material, then click a marker such
   as [1] to see where the answer stands.
2. **Tag an abstract.** On [Tags](./tags), paste one, look at the marked names, and correct what is wrong.
"""
ADD = "3. **Add your own material.** On [Library](./library), upload a file, then ask about it.\n"
SEARCH = (
    "3. **Search the material.** On [Library](./library), write a question under *Try a search*, and see which "
    "passages are found, and why.\n"
)
LOOKING = "<p role='status'>Looking at the index, the model and the tools …</p>"
KEYS = (
    ("/", "to the question"),
    ("Enter", "ask"),
    ("Esc", "stop an answer"),
    ("s", "to the sources"),
    ("n", "new conversation"),
    ("j", "next turn, on Review"),
    ("k", "previous turn, on Review"),
    ("r", "from a turn to its review"),
    ("?", "this page"),
)


def findings_html(findings: list[doctor.Finding]) -> str:
    """Give what was found, what is to be mended first; variables that are not set are folded."""
    unset = [f for f in findings if f.status == "unset"]
    found = [f for f in findings if f not in unset]
    more = f"<details><summary>{len(unset)} settings that are not set</summary>{_unset(unset)}</details>"
    return _findings("What is configured, and what is missing", found) + (more if unset else "")


def _unset(findings: list[doctor.Finding]) -> str:
    """Give what else can be set: it is neither right nor wrong."""
    rows = [[f"<strong>{html.escape(f.name)}</strong>", html.escape(f.found)] for f in findings]
    return table("What else can be set", ("Setting", "What it is"), rows)


def _findings(caption: str, findings: list[doctor.Finding]) -> str:
    order = {"broken": 0, "note": 1}
    rows = [
        [
            f"<span class='lectern-{'failed' if f.status == 'broken' else 'done'}'>{html.escape(f.status)}</span>",
            f"<strong>{html.escape(f.name)}</strong>",
            html.escape(f.found),
            html.escape(f.hint),
        ]
        for f in sorted(findings, key=lambda f: order.get(f.status, 2))
    ]
    return table(caption, ("", "What", "Found", "To mend it"), rows)


def keys_html() -> str:
    """Give the keys, each with what it does beside it, on a phone too."""
    rows = "".join(f"<dt><kbd>{html.escape(key)}</kbd></dt><dd>{html.escape(does)}</dd>" for key, does in KEYS)
    return f"<p class='lectern-note'>Outside a text box</p><dl class='lectern-keys'>{rows}</dl>"


def three_things(may_add: bool) -> str:
    """Give what to try first: three things that whoever reads it may do."""
    return TRY + (ADD if may_add else SEARCH)


def build_help(parts: Parts) -> None:
    """Lay the help page out and connect it."""
    masthead(parts, "Help")
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            gr.HTML("<h2 class='lectern-title'>Three things to try</h2>", padding=False)
            tries = gr.Markdown(three_things(not parts.server.accounts), elem_id="tries")
        with gr.Column(scale=1, min_width=300):
            gr.HTML(f"<h2 class='lectern-title'>Keys</h2>{keys_html()}", padding=False)
    with gr.Column(visible=not parts.server.accounts) as settings:
        look, shown = _settings()

    def things(request: gr.Request) -> str:
        return three_things(parts.may(parts.person(request), Action.LIBRARY_CHANGE))

    async def found(request: gr.Request) -> AsyncIterator[tuple[Any, str]]:
        if not parts.may(parts.person(request), Action.OPERATE):
            yield gr.update(visible=False), ""
            return
        yield gr.update(visible=True), LOOKING + findings_html(doctor.at_once())
        yield gr.update(visible=True), findings_html(await asyncio.to_thread(doctor.examine))

    how: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
    root: Any = gr.context.Context.root_block
    root.load(things, None, tries, **how)
    root.load(found, None, [settings, shown], **how)
    look.click(found, None, [settings, shown], **how)


def _settings() -> tuple[Any, Any]:
    gr.HTML("<h2 class='lectern-title'>Settings</h2>", padding=False)
    look = gr.Button("Look again", size="sm", elem_id="look")
    return look, gr.HTML(LOOKING, padding=False, elem_id="findings")
