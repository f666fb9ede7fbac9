"""The program that the chat page is measured against: Gradio and the openai client, as their guides join them."""

from __future__ import annotations

import os
import sys

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr  # noqa: E402
from openai import AsyncOpenAI  # noqa: E402

client = AsyncOpenAI(base_url=sys.argv[1], api_key="none")


async def respond(message, history):  # type: ignore[no-untyped-def]
    """Answer, as a guide would have it."""
    history = [*history, {"role": "user", "content": message}]
    yield "", history
    said = ""
    stream = await client.chat.completions.create(model="m", messages=history, stream=True)
    async for chunk in stream:
        said += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        yield "", [*history, {"role": "assistant", "content": said}]


with gr.Blocks(analytics_enabled=False) as page:
    chat = gr.Chatbot()
    box = gr.Textbox()
    box.submit(respond, [box, chat], [box, chat], concurrency_limit=None, api_name="ask")

page.queue(default_concurrency_limit=None)
page.launch(server_port=int(sys.argv[2]), quiet=True, footer_links=[])
