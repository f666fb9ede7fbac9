"""How a turn of the agent ends: an answer whose citations hold, the tags of an abstract, or a refusal that says why.

The loop that led there is `agent`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from assistant.addressed import speaks_to_model
from assistant.agent_run import AgentRun
from assistant.answer_stream import AnswerStream
from assistant.composition import said_once
from assistant.events import BELOW_TAGS, Citation
from assistant.language_notes import language_notes
from assistant.listing import listed
from assistant.passages import named_pages, plain_address
from assistant.pasted_turns import ToTag, is_of_own_text
from assistant.planner import NOT_OF_YOURS
from assistant.policy.values import RULE
from assistant.query_engine import Outcome
from assistant.question_parts import alone, without_calculation
from assistant.quotes import quotes_of
from assistant.quoting import answer_from
from assistant.react_agent import new_answer
from assistant.refusal import REFUSAL
from assistant.selection import Passage
from assistant.toolbox import Toolbox
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.tool import Source
from assistant.tools.word_sums import IN_WORDS, is_word_sum
from assistant.tracing.capture import span
from assistant.unsupported import unsupported_notes
from index_store.chunks import Embedder
from index_store.errors import LecternError, NoValue, ToolFailed

UNFINISHED = "The turn ended before an answer was found."
WISH_LEFT = "“{asked}” was not answered: in an abstract that is pasted, only the names of models are looked for."
NOT_ANSWERED = "“{asked}” was not answered: nothing that was found says it."
MOST_MEANINGS = 4
NOT_SHOWN = "The language model answered without a source that holds, so its answer is not shown. Ask again."
_NAMES = {"wikipedia": "Wikipedia", "web_search": "the web", "arxiv": "arXiv"}


async def concluded(run: AgentRun, limit: str, toolbox: Toolbox, embedder: Embedder, *, by_model: bool) -> Outcome:
    """Say how a turn ended; `limit` is what ended it early, "" for nothing.

    At a limit the answer is made of sentences of what has been found by then, if these support one.
    """
    answer = run.answer
    if limit and run.tags is None and (answer is None or not answer.order):
        answer = await asyncio.to_thread(_quoted, run, embedder)
    hits = tuple(source.hit for source in run.sources)
    outcome: Outcome | None = None
    if answer is not None and answer.order and not answer.is_refusal and not answer.leaks:
        said = answer.said.strip()
        with span("judge", "check citations", {"markers": answer.order}) as kept:
            cited = [run.sources[n - 1] for n in answer.order]
            citations = await asyncio.to_thread(_cited, said, cited, embedder)
            kept.outputs = {"citations": [c.marker for c in citations]}
        if citations:
            beyond = await asyncio.to_thread(unsupported_notes, said, citations, embedder) if by_model else ()
            notes = (
                *_unopened(run, toolbox),
                *_chosen(run, {cited[c.marker - 1].hit.chunk.title for c in citations}),
                *beyond,
                *(() if by_model else language_notes(run.question, hits, found=True)),
            )
            outcome = Outcome(True, said, citations, hits, limit=limit, offers=run.offers, notes=notes)
    if run.tags is not None:
        return _with_tags(run, outcome, limit, by_model=by_model)
    if outcome is not None:
        return outcome
    text, notes = (UNFINISHED, _unopened(run, toolbox)) if limit else await _refused(run, toolbox, by_model=by_model)
    return Outcome(False, text, (), hits, limit=limit, offers=run.offers, notes=notes)


def _with_tags(run: AgentRun, answered: Outcome | None, limit: str, *, by_model: bool) -> Outcome:
    """Give the names that were found in an abstract, then the answer to what else was wanted; name what was left."""
    found = next(step for step in reversed(run.steps) if step.found.tags is not None).found
    left = () if run.pasted is None else tuple(_left(run.pasted, answered, by_model=by_model))
    tags = Outcome(True, found.text, (), (), tags=run.tags, by_rules=found.by_rules, notes=(*left, *found.notes))
    if answered is None:
        return replace(tags, limit=limit)
    text, notes = f"{found.text}{BELOW_TAGS}{answered.text}", (*answered.notes, *tags.notes)
    return replace(answered, text=text, tags=tags.tags, by_rules=tags.by_rules, notes=notes)


def _left(pasted: ToTag, answered: Outcome | None, *, by_model: bool) -> Iterator[str]:
    """Name each wish beside an abstract that was not answered, with the reason."""
    for asked in pasted.wishes:
        if not by_model and asked not in pasted.for_the_course:
            yield WISH_LEFT.format(asked=asked)
        elif answered is None:
            yield NOT_ANSWERED.format(asked=asked)


def _unopened(run: AgentRun, toolbox: Toolbox) -> tuple[str, ...]:
    """Name the pages that the user named and that were not read, each with the reason."""
    why = toolbox.states().get("open_page")
    given = named_pages(run.question if run.pasted is None else "\n".join(run.pasted.wishes))
    if why is not None:
        return tuple(f"{address} was not opened: {why.told}." for address in given)
    tried = {plain_address(str(s.arguments.get("url"))): s.failure for s in run.steps if s.tool == "open_page"}
    return tuple(filter(None, (_unread(address, tried) for address in given)))


def _unread(address: str, tried: Mapping[str, LecternError | None]) -> str:
    """Say why an address was not read, "" where it was; of several tries, the last one counts."""
    plain = plain_address(address)
    if plain not in tried:
        return f"{address} was not read: {'other pages were opened' if tried else 'it was not opened'} in this turn."
    failure = tried[plain]
    if failure is None:
        return ""
    return failure.message if address in failure.message else f"{address} was not read. {failure.message}"


def _chosen(run: AgentRun, cited: Collection[str]) -> tuple[str, ...]:
    """Say which of the meanings of a name an answer is about that cites these titles, and which others there are."""
    told = []
    for step in run.steps:
        title, meant = step.arguments.get("title"), step.found.choices
        if step.tool != "wikipedia" or not title or not meant:
            continue
        taken = [name for name in meant if any(shown.startswith(name) for shown in cited)]
        others = [name for name in meant if name not in taken][:MOST_MEANINGS]
        if taken and others:
            about = f"this is about {listed(taken)}. Others: {'; '.join(others)}."
            told.append(f"“{title}” may mean several things: {about}")
    return tuple(told)


def _beyond_rules(run: AgentRun) -> str:
    """Say what of a question takes a language model, "" for nothing."""
    if RULE.get() is None and is_of_own_text(run.question, run.history):
        return NOT_OF_YOURS
    return IN_WORDS if is_word_sum(run.question) else ""


def _failed_alone(run: AgentRun) -> str:
    """Give why the one tool that could answer did not, "" where none is that."""
    last = run.steps[-1] if run.steps else None
    if last is not None and last.tool == "calculate" and isinstance(last.failure, NoValue):
        return last.failure.message
    untagged = [step.failure for step in run.steps if step.tool == "tag_abstract" and step.failure is not None]
    return f"The abstract could not be tagged. {untagged[-1].message}" if untagged else ""


async def _refused(run: AgentRun, toolbox: Toolbox, *, by_model: bool) -> tuple[str, tuple[str, ...]]:
    """Say that there is no answer, and who was asked for one in vain, or could not be asked."""
    states = toolbox.states()
    if failed := _failed_alone(run):
        return failed, ()
    if not by_model and (beyond := _beyond_rules(run)):
        return beyond, ()
    if expression_in(run.question) is not None and (off := states.get("calculate")) is not None:
        return f"This is arithmetic, and nothing here can calculate it: {off.told}.", ()
    await run.looked()
    text, off = REFUSAL, states.get("course_search")
    if by_model and run.answer is not None and run.answer.said.strip() and not run.answer.is_refusal:
        text = NOT_SHOWN
    elif off is not None and not any(step.tool == "course_search" for step in run.steps):
        text = f"Nothing that could be asked answers this; the course material was not searched: {off.told}."
    told = () if by_model else language_notes(run.question, [s.hit for s in run.sources], found=False)
    notes = [*told, *_unopened(run, toolbox)]
    asked = [step for step in run.steps if step.tool in _NAMES]
    if in_vain := [name for tool, name in _NAMES.items() if any(s.tool == tool and s.error is None for s in asked)]:
        notes.append(f"{_capital(listed(in_vain))} had no answer either.")
    if cut_off := [name for tool, name in _NAMES.items() if toolbox.is_cut_off(tool)]:
        notes.append(f"{_capital(listed(cut_off))} could not be asked: there is no connection from here.")
    notes += dict.fromkeys(step.failure.message for step in asked if isinstance(step.failure, ToolFailed))
    return text, tuple(notes)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _quoted(run: AgentRun, embedder: Embedder) -> AnswerStream | None:
    """Answer with sentences of what has been found so far, if that supports an answer; no model is asked."""
    passages = [
        Passage(n, s.hit.chunk.context, s.hit.chunk.heading, s.hit.cosine, s.kind != "course")
        for n, s in enumerate(run.sources, start=1)
    ]
    groups = [[p for p in passages if p.is_outside is outside] for outside in (False, True)]
    parts = [without_calculation(question)[0] for _, question in alone(run.question, run.history)]
    quoted = [next(filter(None, (answer_from(q, group, embedder) for group in groups)), "") for q in parts]
    said = "\n\n".join(said_once(list(filter(None, quoted))))
    if not said:
        return None
    answer = new_answer(run)
    answer.feed(said)
    answer.finish()
    return answer


def cited_so_far(run: AgentRun, embedder: Embedder, text: str) -> tuple[Citation, ...]:
    """Give the citations of an answer of which no more than its beginning was said; it embeds."""
    return () if run.answer is None else _cited(text, [run.sources[n - 1] for n in run.answer.order], embedder)


def _cited(text: str, cited: Sequence[Source], embedder: Embedder) -> tuple[Citation, ...]:
    """Give the citations; a sentence from outside that tells the assistant what to say supports nothing."""
    found = quotes_of(text, [source.hit for source in cited], embedder)
    placed = [replace(c, kind=cited[c.marker - 1].kind, fetched_at=cited[c.marker - 1].fetched_at) for c in found]
    # "7! / 5 = 1008" is one sentence, whatever its signs are elsewhere.
    whole = [replace(c, quote=c.context) if c.kind == "calculation" else c for c in placed]
    return tuple(c for c in whole if c.kind == "course" or not speaks_to_model(c.quote))
