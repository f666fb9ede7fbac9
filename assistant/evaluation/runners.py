"""What is done with one row of each kind: tagged, searched for, or asked; then counted. Keeps nothing.

Each goes the way that users' turns go, and is kept as a trace like them; a run's traces are one conversation.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assistant.evaluation.datasets import Row
from assistant.evaluation.metrics import answer_counts, answer_scores, row_scores, search_counts, tag_counts
from assistant.evaluation.runs import Result, Runner
from assistant.events import Usage
from assistant.followup import stand_alone
from assistant.tag_replies import excerpt
from assistant.tagging import Tagger, names_by_rules
from assistant.tagging_rules import knowing, known_names
from assistant.tracing.records import End, Origin, Trial
from assistant.usage import Meter, metered
from index_store.errors import LecternError, ModelReplyBroken, TagParseError

if TYPE_CHECKING:
    from assistant.conversation import Assistant
    from assistant.events import Answer
    from assistant.llms import Model
    from assistant.prompts import PromptSet
    from index_store.search import Searcher


class RowFailed(LecternError):
    """A row whose turn ended in an error."""


def tagging(tagger: Tagger, run_id: str, user: str | None = None) -> Runner:
    """Tag each row's abstract; what it takes counts for the user, where one is named."""

    async def one(row: Row) -> Result:
        begun = time.monotonic()
        try:
            found = await tagger.tag(row.asked, Origin(run_id, user, "batch", trial=_tag_trial(row, run_id)))
        except TagParseError as exc:  # to answer in another form than was asked for is to miss what was asked for
            spent = exc.spent or Usage()
            return Result(
                row.id,
                [],
                tag_counts(row, []),
                error=str(exc),
                seconds=round(time.monotonic() - begun, 4),
                input_tokens=spent.input_tokens,
                output_tokens=spent.output_tokens,
                price_usd=spent.price_usd,
            )
        used = found.usage
        return Result(
            row.id,
            found.tags,
            tag_counts(row, found.tags),
            seconds=round(found.seconds, 4),
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            price_usd=0.0 if tagger.uses_rules else used.price_usd,
            trace_id=found.trace_id,
        )

    return one


def _tag_trial(row: Row, run_id: str) -> Trial:
    def score(end: End) -> Mapping[str, float]:
        return row_scores(tag_counts(row, end.tags))

    return Trial(run_id, row.id, {"tags": list(row.tags)}, score)


def _answer_trial(row: Row, run_id: str) -> Trial:
    def score(end: End) -> Mapping[str, float]:
        return answer_scores(answer_counts(row, end.status == "ok", end.answer, end.citations))

    words = {name: value for name, value in row.words_asked.items() if value}
    return Trial(run_id, row.id, {"keywords": list(row.keywords), "gold": [dict(g) for g in row.gold], **words}, score)


def rules_without(rows: Sequence[Row]) -> dict[str, list[dict[str, float]]]:
    """Count what the rules alone get right without their list of names, and without those that the rows name.

    A name goes with its family: GPT finds GPT-4, so that rows which name GPT-4 take GPT out too.
    """
    gold = {
        " ".join(form.split()).casefold() for row in rows for tag in row.tags for form in (tag, *_aliases(row, tag))
    }
    others = [name for name in known_names() if not any(_is_of_family(form, name.casefold()) for form in gold)]
    counted: dict[str, list[dict[str, float]]] = {}
    for label, names in (("without the list", []), ("without names of these rows", others)):
        with knowing(names):
            counted[label] = [tag_counts(row, names_by_rules(row.asked)) for row in rows]
    return counted


def _is_of_family(form: str, name: str) -> bool:
    """Tell whether a name is what a form of the rows is, or what it begins with, before a size or version."""
    return form.startswith(name) and not form[len(name) : len(name) + 1].isalpha()


def _aliases(row: Row, tag: str) -> Sequence[str]:
    return row.aliases.get(tag, ())


def searching(searcher: Searcher, top_k: int) -> Runner:
    """Search for each row's question; a follow-up is made to stand alone first."""

    async def one(row: Row) -> Result:
        question = stand_alone(row.asked, row.history)
        begun = asyncio.get_running_loop().time()
        hits = await asyncio.to_thread(searcher.search, question, top_k)
        seconds = asyncio.get_running_loop().time() - begun
        shown = [{"path": h.chunk.path, "locator": str(h.chunk.locator), "text": h.chunk.context} for h in hits]
        got = [{"path": h["path"], "locator": h["locator"]} for h in shown]
        return Result(row.id, got, search_counts(row, shown), seconds=round(seconds, 4))

    return one


def asking(
    assistant: Assistant,
    run_id: str,
    judge: Callable[[Row, Answer], Any] | None = None,
    *,
    user: str | None = None,
) -> Runner:
    """Ask each row's question in the row's way, and have the answer judged where there is a judge.

    What it takes counts for the user, where one is named.
    """
    from assistant.events import Answer, Failure, Refusal

    async def one(row: Row) -> Result:
        origin = Origin(run_id, user, "batch", trial=_answer_trial(row, run_id))
        events = [e async for e in assistant.ask(row.asked, list(row.history), origin, row.way)]
        end = events[-1]
        if isinstance(end, Failure):
            raise RowFailed(end.message, hint=end.hint)
        assert isinstance(end, Answer | Refusal)
        cited = [{"path": c.path, "locator": c.locator, "quote": c.quote} for c in getattr(end, "citations", ())]
        counts = answer_counts(row, isinstance(end, Answer), end.text, cited)
        counts |= {"judge": 0.0, "judged": 0.0}
        got: dict[str, Any] = {"found": isinstance(end, Answer), "answer": end.text, "citations": cited}
        spent = Meter()
        if judge is not None and isinstance(end, Answer):
            try:
                with metered(spent):
                    score, reason = await judge(row, end)
            except ModelReplyBroken as exc:  # the answer and its other figures stand all the same
                got |= {"judge": None, "reason": str(exc)}
            else:
                counts |= {"judge": float(score), "judged": 1.0}
                got |= {"judge": score, "reason": reason}
        used, judged = end.usage, spent.usage()
        return Result(
            row.id,
            got,
            counts,
            seconds=round(end.seconds, 3),
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            price_usd=used.price_usd,
            trace_id=end.trace_id,
            judge_tokens=tokens_of(judged),
            judge_usd=judged.price_usd,
        )

    return one


def tokens_of(usage: Usage) -> int | None:
    """Give all tokens of a model that were reported, None where none were."""
    counts = (usage.input_tokens, usage.output_tokens)
    return None if None in counts else sum(count or 0 for count in counts)


def judging(model: Model, prompts: PromptSet) -> Callable[[Row, Answer], Any]:
    """Let a model score answers by the rubric of the template `judge`, with its reason; it is asked twice at most.

    Raises (when called):
        ModelReplyBroken: when no reply holds a score from 1 to 5.
    """
    from assistant.llms import complete

    async def judge(row: Row, answer: Answer) -> tuple[int, str]:
        passages = [{"marker": c.marker, "text": c.context} for c in answer.citations]
        messages = prompts.get("judge").render(
            question=row.asked, answer=answer.text, expected=row.expected, passages=passages
        )
        try:
            return read_score(await complete(model, messages))
        except ModelReplyBroken:  # cut off, a refusal, or a score that there is not
            return read_score(await complete(model, messages))

    return judge


_OBJECT = re.compile(r"\{[^{}]{0,4000}\}", re.DOTALL)


def read_score(reply: str) -> tuple[int, str]:
    """Read a judge's reply: a JSON object with `score`, 1 to 5, and `reason`.

    Raises:
        ModelReplyBroken: when it holds none.
    """
    for found in reversed(_OBJECT.findall(reply)):
        try:
            said: Mapping[str, Any] = json.loads(found)
        except ValueError:
            continue
        score = said.get("score")
        if type(score) is int and 1 <= score <= 5:
            return score, str(said.get("reason") or "")
    shown = f" It said: {excerpt(reply)}" if reply.strip() else ""
    raise ModelReplyBroken(
        f"The judge gave no score from 1 to 5.{shown}", hint="Choose another model as judge.", partial=reply
    )
