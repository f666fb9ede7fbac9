"""The tag page: names in a pasted abstract, two versions side by side, corrections. Handlers only."""

from __future__ import annotations

import asyncio
import json
import time
from functools import lru_cache
from typing import Any

import gradio as gr

from assistant.accounts.people import Action, Person
from assistant.tag_corrections import check_in_abstract, checked_names
from assistant.tag_replies import parse_tags
from assistant.tagged import Tagged
from assistant.tagging import Tagger
from assistant.tagging_rules import NO_MODELS
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import PROPOSED_BY, Origin, Review
from index_store.errors import LecternError, NotAllowed
from ui import tags_view, wiring
from ui.masthead import masthead
from ui.outside import paper_abstract
from ui.page_errors import told_html
from ui.parts import Parts
from ui.tag_files import FileHandlers, file_layout

RULES = "rules (a heuristic)"
NOTHING = "no comparison"
KEPT = "Kept. The review desk shows it, and can make a test row of it."
PROPOSED = "Thank you: it is kept as your proposal. The course team sees it beside the tags, and decides."
MOST_TAGGERS = 16
"""That are kept at once, each with a client of its own."""
SHOWN_PURPOSE = 28
"""Characters, as many as the choice has room for."""
BY_RULES = (
    "<p class='lectern-note'>A size is no part of a name: of Mistral 7B, Mistral is. "
    "With a language model there are versions of the prompt to choose from and to compare: "
    "<a href='./help'>Help</a> says where one is set.</p>"
)
EXAMPLE = (
    "We fine-tune Llama 2 and Mistral 7B on instructions written by GPT-4 and compare them with Flan-T5. On held-out "
    "tasks our model, CourseLM, matches GPT-3.5 at a tenth of the cost."
)


class TagHandlers:
    """What the tag page does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        library = parts.library
        self.by_rules = library.environment.assistant.mode == "quoting"
        self._tagger = lru_cache(MOST_TAGGERS)(
            lambda version, model: wiring.tagger_of(library, version=version, model_name=model)
        )

    def choices(self) -> list[str]:
        """Give what can find names: the versions of the prompt, or the rules."""
        from assistant.prompts.loader import load, versions

        if self.by_rules:
            return [RULES]
        folder = self._parts.library.environment.assistant.prompts_folder
        known = sorted(versions("tag_abstract", folder))
        return [f"v{n}: {_short(load('tag_abstract', n, folder).purpose)}" for n in known]

    async def tag(
        self, text: str, choice: str, model: str, other: str, other_model: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """Find the names; where another version is chosen too, show both side by side.

        What went wrong stands below the abstract, which stays as it is; no older result stands beside it then. What
        went wrong with the second stands in its place, beside the first: that was found, and paid for.
        """
        origin = Origin(None, self._parts.user(request), "tags")
        try:
            tagger = self.chosen(choice, model, request)
            beside = None if other == NOTHING else self.chosen(other, other_model, request)
            async with self._parts.library.gate.place(origin.user_id):  # before arXiv is asked
                text = await asyncio.to_thread(_abstract, self._parts, text)
                found = await tagger.tag(text, origin, admitted=True)
            shown, listed = tags_view.tagged_html(text, found, _named(choice, model)), tags_view.tags_json(found)
            if beside is not None:
                first = (_named(choice, model), found)
                shown, listed = await self._beside(text, first, (_named(other, other_model), beside), request)
        except LecternError as exc:
            told = told_html(exc, self._parts.sees_setup(request))
            return gr.skip(), told, "", "", "", gr.update(visible=False), ""
        return text, "", shown, listed, found.trace_id, gr.update(visible=True), ", ".join(found.tags)

    async def _beside(
        self, text: str, first: tuple[str, Tagged], second: tuple[str, Tagger], request: gr.Request
    ) -> tuple[str, str]:
        """Find the names with another version too, and show both and their JSON; where it fails, the first and why."""
        name, tagger = second
        try:
            found = await tagger.tag(text, Origin(None, self._parts.user(request), "tags"))
        except LecternError as exc:
            told = told_html(exc, self._parts.sees_setup(request))
            return tags_view.half_compared_html(text, first, (name, told)), tags_view.tags_json(first[1])
        return tags_view.compared_html(text, first, (name, found)), tags_view.compared_json(first, (name, found))

    def correct(self, said: str, trace_id: str, request: gr.Request) -> str:
        """Keep what the tags should have been."""
        user = self._parts.user(request)
        try:
            names = names_of(said)
            self._parts.book.turn(trace_id, user)  # only who tagged it here
            check_in_abstract(names, TraceReader(self._parts.library.traces.engine).get(trace_id)["question"])
            by = _reviewer(self._parts.person(request))
            review = Review(trace_id, by, time.time(), "wrong", corrected_tags=names)
            self._parts.library.traces.add_review(review)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))
        return f"<p role='status'>{PROPOSED if by.startswith(PROPOSED_BY) else KEPT}</p>"

    def for_whom(self, request: gr.Request) -> tuple[Any, Any]:
        """Let who reviews choose the model, and tell everybody else whose choice it is."""
        person = self._parts.person(request)
        if person is not None and person.may(Action.REVIEW):
            return gr.update(), gr.update()
        fixed = gr.update(interactive=False, info="The course team chooses it.")
        return fixed, fixed

    def chosen(self, choice: str, model: str, request: gr.Request) -> Tagger:
        """Give the tagger that was chosen.

        Raises:
            NotAllowed: when a student names another model than the course's: another may cost many times as much.
        """
        version = None if choice == RULES else int(choice.removeprefix("v").partition(":")[0])
        named, person = model.strip(), self._parts.person(request)
        if named and not (person is not None and person.may(Action.REVIEW)):
            own = self._parts.library.environment.assistant.model or self._tagger(version, None).model_name
            if named != own:
                raise NotAllowed(f"The course's model is {own}.", hint="Only the course team tries others.")
        found: Tagger = self._tagger(version, named or None)
        return found


def names_of(said: str) -> tuple[str, ...]:
    """Read names as people write them: a JSON list, or names with commas or lines between them.

    Raises:
        InvalidInput: when there is none.
    """
    if said.strip().startswith("["):
        return checked_names(parse_tags(said) or NO_MODELS)
    return checked_names(name for line in said.splitlines() for name in line.split(","))


def _reviewer(person: Person | None) -> str:
    """Give whose judgement a correction is: a reviewer's own, of anybody else a proposal."""
    pseudonym = "" if person is None else person.id[:8]
    if person is None or not person.may(Action.REVIEW):
        return f"{PROPOSED_BY}{pseudonym}"
    return person.name or f"page {pseudonym}"


def _abstract(parts: Parts, text: str) -> str:
    """Give what was pasted, or the abstract of the paper whose id it is."""
    return paper_abstract(parts.library.environment, text) or text


def _short(purpose: str) -> str:
    """Give what tells a version from the others: the last sentence of what it is for."""
    said = purpose.strip().rstrip(".").rpartition(". ")[2]
    return said if len(said) <= SHOWN_PURPOSE else f"{said[:SHOWN_PURPOSE].rsplit(' ', 1)[0]} …"


def _named(choice: str, model: str) -> str:
    return choice if choice == RULES else f"{choice.partition(':')[0]}, {model.strip() or 'the configured model'}"


def build_tags(parts: Parts) -> None:
    """Lay the tag page out and connect it."""
    does = TagHandlers(parts)
    choices = does.choices()
    default = parts.library.environment.assistant.model or ""
    how: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None}
    masthead(parts, "Tags")
    with gr.Row():
        with gr.Column(scale=5, min_width=320):
            gr.HTML("<h2 class='lectern-title'>Names of models in abstracts</h2>", padding=False)
            text = gr.Textbox(
                label="Abstract, several abstracts, or an arXiv id", lines=9, max_lines=24, elem_id="abstract",
                placeholder="Paste an abstract, or write arxiv:2210.03629",
            )  # fmt: skip
            problem = gr.HTML("", elem_id="problem", padding=False)
            with gr.Row():
                choice = gr.Dropdown(choices, value=choices[0], label="Found by", elem_id="version")
                model = gr.Textbox(default, label="Model", elem_id="model", visible=not does.by_rules)
            if does.by_rules:
                gr.HTML(BY_RULES, elem_id="by-rules", padding=False)
            with gr.Row(visible=not does.by_rules):
                other = gr.Dropdown([NOTHING, *choices], value=NOTHING, label="Compare with", elem_id="other")
                other_model = gr.Textbox(default, label="Its model", elem_id="other-model")
            go = gr.Button("Find the names", variant="primary", elem_id="find-names")
            example = gr.Button("Fill in an example", size="sm", elem_id="example")
        with gr.Column(scale=5, min_width=320):
            shown = gr.HTML("<p class='lectern-note'>The names are marked here.</p>", elem_id="tagged", padding=False)
            listed = gr.Textbox(label="As JSON", lines=2, buttons=["copy"], interactive=False, elem_id="json")
            trace = gr.Textbox(visible="hidden", label="Trace")
            with gr.Accordion("Correct this", open=False, visible=False, elem_id="correct") as correction:
                right = gr.Textbox(
                    label="The names should be (commas between them, or NA)", elem_id="right", max_lines=6
                )
                keep = gr.Button("Keep the correction", size="sm", elem_id="keep")
                kept = gr.HTML("", padding=False, elem_id="kept")
    # In the browser: what Gradio's own examples ask the server for goes by an address that is closed.
    example.click(None, None, text, js=f"() => {json.dumps(EXAMPLE)}", **how)
    outputs = [text, problem, shown, listed, trace, correction, right]
    # What goes on is shown over the result alone: over the abstract it would cover what is to be read or mended.
    go.click(does.tag, [text, choice, model, other, other_model], outputs, show_progress_on=shown, **how)
    go.click(lambda: "", None, kept, show_progress="hidden", **how)
    keep.click(does.correct, [right, trace], kept, **how)
    root: Any = gr.context.Context.root_block  # as in `masthead`
    root.load(does.for_whom, None, [model, other_model], show_progress="hidden", **how)
    file_layout(FileHandlers(parts, does.chosen), [choice, model], how)
