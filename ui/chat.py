"""The chat page: a conversation, and the sources of its last answer beside it. Handlers only; rendering is `render`."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from assistant.conversation import Assistant
from assistant.events import Answer, Failure, Refusal, Token
from assistant.tracing.records import Origin
from index_store.errors import InvalidInput
from ui.render import answer_markdown, neutral, related_html, sources_html

Message = dict[str, Any]
YIELD_EVERY_S = 0.06  # a page that is told more often than this does nothing but redraw
EXAMPLES = ["What is ReAct and when would I use it?", "How many examples should a few-shot prompt have?"]
CSS = """
.lectern-source {border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 8px 12px; margin: 0 0 8px}
.lectern-source summary {cursor: pointer}
.lectern-source summary span, .lectern-note {color: var(--body-text-color-subdued); font-size: 0.85em}
.lectern-passage {white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.92em; margin-top: 6px; max-height: 18em;
  overflow-y: auto}
.lectern-passage mark {background: #ffe08a; color: #222; border-radius: 3px; padding: 0 2px}
.lectern-badge {font-size: 0.9em; color: var(--body-text-color-subdued)}
"""


def build_page(assistant: Assistant, badge: str, material: str) -> gr.Blocks:
    """Lay out the page; `badge` says what answers, `material` what it answers from."""

    async def respond(
        question: str, shown: list[Message], conversation: str
    ) -> AsyncIterator[tuple[list[Message], str, str, str]]:
        # An empty page begins a new conversation, and so does one that was cleared.
        conversation = conversation if shown and conversation else uuid.uuid4().hex
        async for messages, sources in turn(assistant, question, shown, Origin(conversation, face="web")):
            yield messages, sources, "", conversation

    with gr.Blocks(title="Lectern", analytics_enabled=False) as page:
        conversation = gr.State("")
        gr.Markdown("# Lectern\nA course assistant that shows its sources.")
        gr.HTML(f"<div class='lectern-badge'>{badge} · {material}</div>")
        with gr.Row():
            with gr.Column(scale=3):
                chat = gr.Chatbot(
                    label="Conversation",
                    height=520,
                    buttons=["copy"],
                    elem_id="chat",
                    placeholder="Ask about the course.",
                )
                box = gr.Textbox(
                    label="Your question", placeholder="What is ReAct and when would I use it?", elem_id="question"
                )
                gr.Examples(EXAMPLES, inputs=box, label="Try one of these")
            with gr.Column(scale=2):
                gr.Markdown("### Sources")
                sources = gr.HTML("", elem_id="sources")
        box.submit(
            respond,
            [box, chat, conversation],
            [chat, sources, box, conversation],
            concurrency_limit=None,
            api_visibility="private",
        )
    assert isinstance(page, gr.Blocks)
    return page


async def turn(
    assistant: Assistant, question: str, shown: list[Message], origin: Origin
) -> AsyncIterator[tuple[list[Message], str]]:
    """Run one turn; give the messages to show and the sources panel, as often as the page can follow."""
    history = plain_turns(shown)
    messages: list[Message] = [*shown, {"role": "user", "content": neutral(question)}]
    reply: Message = {"role": "assistant", "content": "…"}
    said, told = "", 0.0
    try:
        async for event in assistant.ask(question, history, origin):
            match event:
                case Token(text):
                    said += text
                    reply["content"] = answer_markdown(said)
                    if time.monotonic() - told < YIELD_EVERY_S:
                        continue
                    told = time.monotonic()
                    yield [*messages, reply], ""
                case Answer():
                    yield (
                        [*messages, {"role": "assistant", "content": answer_markdown(event.text)}],
                        sources_html(event.citations),
                    )
                case Refusal():
                    yield [*messages, {"role": "assistant", "content": event.text}], related_html(event.related)
                case Failure():
                    text = f"{neutral(event.partial)}\n\n**{neutral(event.message)}** {neutral(event.hint)}".strip()
                    yield [*messages, {"role": "assistant", "content": text}], ""
    except InvalidInput as exc:
        yield [*messages, {"role": "assistant", "content": f"{exc.message} {exc.hint}"}], ""


def plain_turns(shown: list[Message]) -> list[dict[str, str]]:
    """Give the conversation as plain turns; Gradio hands content over as text or as a list of parts."""
    turns = []
    for message in shown:
        content = message.get("content", "")
        if isinstance(content, list):
            content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
        if isinstance(content, str) and message.get("role") in ("user", "assistant"):
            turns.append({"role": message["role"], "content": content})
    return turns
