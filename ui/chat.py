"""The chat page: a conversation, and the sources of its last answer beside it. Handlers only; rendering is `render`."""

from __future__ import annotations

import html
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.conversation import Assistant
from assistant.tracing.records import Feedback, Origin
from assistant.ways import Way
from index_store.errors import InvalidInput, TraceProblem
from ui.render import warnings_html
from ui.turn_view import NO_SOURCES, Message, TurnView, is_step
from ui.visitors import COOKIE, Visitors

KeepFeedback = Callable[[Feedback], object]
YIELD_EVERY_S = 0.06  # a page that is told more often than this does nothing but redraw
EXAMPLES = ["What is ReAct and when would I use it?", "How many examples should a few-shot prompt have?"]
CSS = (Path(__file__).resolve().parent / "chat.css").read_text("utf-8")
WAYS: Mapping[str, Way] = {"Automatic": "auto", "Course only": "course", "With tools": "agent"}


@dataclass
class Session:
    """What one open page remembers: its conversation, and which trace each answer shown belongs to."""

    conversation: str = ""
    traces: dict[int, str] = field(default_factory=dict)  # by the place of the answer among the messages
    said: dict[int, str] = field(default_factory=dict)  # by place: a message as it was before it was made safe to show


def build_page(
    assistant: Assistant,
    badge: str,
    material: str,
    visitors: Visitors,
    keep_feedback: KeepFeedback,
    warnings: Callable[[], Sequence[str]],
) -> gr.Blocks:
    """Lay out the page; `badge` says what answers, `material` what it answers from, `warnings` what is to be mended."""

    async def respond(
        question: str, way: str, shown: list[Message], session: Session, request: gr.Request
    ) -> AsyncIterator[tuple[list[Message], str, Any, Session]]:
        if not shown or not session.conversation:  # a page that is empty, or was cleared, begins a conversation
            session = Session(uuid.uuid4().hex)
        origin = Origin(session.conversation, visitors.read(request.cookies.get(COOKIE)), "web")
        written: Any = ""  # emptied once: what is typed while the answer comes stays
        async for messages, sources in turn(assistant, question, shown, origin, session, WAYS[way]):
            yield messages, sources, written, session
            written = gr.skip()

    def vote(session: Session, request: gr.Request, data: gr.LikeData) -> None:
        keep_vote(keep_feedback, session, data, visitors.read(request.cookies.get(COOKIE)))

    with gr.Blocks(title="Lectern", analytics_enabled=False, fill_width=True) as page:
        session = gr.State(Session())
        gr.HTML(
            "<header class='lectern-head'><h1>Lectern</h1><p>A course assistant that shows its sources.</p>"
            f"<p><span class='lectern-badge'>{html.escape(badge)}</span> {html.escape(material)}</p></header>",
            padding=False,
        )
        notes = gr.HTML("", padding=False, visible=False)
        with gr.Row():
            with gr.Column(scale=3):
                chat = gr.Chatbot(
                    show_label=False,
                    height="max(260px, calc(100dvh - 420px))",
                    buttons=["copy"],
                    elem_id="chat",
                    placeholder="Ask about the course.",
                    feedback_options=("Like", "Dislike"),
                )
                box = gr.Textbox(
                    label="Your question",
                    placeholder="Ask about the course",
                    elem_id="question",
                    submit_btn="Ask",
                    autofocus=True,
                )
                way = gr.Radio(list(WAYS), value="Automatic", label="Where to look", elem_id="way")
                gr.Examples(EXAMPLES, inputs=box, label="Try one of these")
            with gr.Column(scale=2):
                gr.HTML("<h2 class='lectern-title'>Sources</h2>", padding=False)
                sources = gr.HTML(NO_SOURCES, elem_id="sources", padding=False)
        box.submit(
            respond,
            [box, way, chat, session],
            [chat, sources, box, session],
            concurrency_limit=None,
            api_visibility="private",
        )
        page.load(lambda: noted(warnings()), None, notes, api_visibility="private")
        chat.clear(lambda: NO_SOURCES, None, sources, api_visibility="private")
        chat.like(vote, [session], None, api_visibility="private")
    assert isinstance(page, gr.Blocks)
    return page


def noted(warnings: Sequence[str]) -> Any:
    """Give what is to be mended; the place for it is hidden where there is nothing."""
    return gr.HTML(warnings_html(warnings), visible=bool(warnings))


async def turn(
    assistant: Assistant, question: str, shown: list[Message], origin: Origin, session: Session, way: Way = "auto"
) -> AsyncIterator[tuple[list[Message], str]]:
    """Run one turn; give the messages to show and the sources panel, as often as the page can follow."""
    history = plain_turns(shown, session.said)
    view, told = TurnView(shown, question), 0.0
    session.said[len(shown)] = question
    try:
        async with aclosing(assistant.ask(question, history, origin, way)) as events:
            async for event in events:
                at_once = view.take(event)
                session.traces[view.place] = view.trace_id
                if not at_once and time.monotonic() - told < YIELD_EVERY_S:
                    continue
                told = time.monotonic()
                yield view.messages, view.sources
    except InvalidInput as exc:
        view.fail(exc.message, exc.hint)
        yield view.messages, view.sources
    session.said[view.place] = view.said


def keep_vote(keep: KeepFeedback, session: Session, data: gr.LikeData, user: str | None) -> None:
    """Keep a thumb, up or down, or taken back.

    Raises:
        gr.Error: shown on the page when it could not be kept.
    """
    at = data.index if isinstance(data.index, int) else data.index[0]
    trace_id = session.traces.get(at)
    if trace_id is None:
        return
    vote = {True: "up", "Like": "up", False: "down", "Dislike": "down"}.get(data.liked)
    try:
        keep(Feedback(trace_id, vote, time.time(), user_id=user))  # type: ignore[arg-type]
    except TraceProblem as exc:
        raise gr.Error(str(exc)) from exc


def plain_turns(shown: list[Message], said: dict[int, str]) -> list[dict[str, str]]:
    """Give the conversation as it was said; where that is not known, as Gradio hands it over: text, or parts."""
    turns = []
    for place, message in enumerate(shown):
        if is_step(message):
            continue
        content = said.get(place, message.get("content", ""))
        if isinstance(content, list):
            content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
        if isinstance(content, str) and message.get("role") in ("user", "assistant"):
            turns.append({"role": message["role"], "content": content})
    return turns
