"""Gives the examples of an empty chat: questions on what is in the library, each of which the course answers.

Of the sample course they are chosen by hand; of anybody's own material they are made of headings and definitions, and
tried once for each state of the library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import ingest
from ingest.ledger import Known
from ui.next_questions import Candidate, candidates
from ui.parts import Parts
from ui.question_trials import Trials

SAMPLE = Path(ingest.__file__).parent / "sample"
OF_SAMPLE: Mapping[str, str] = {
    "What is ReAct and when would I use it?": "05-react.md",
    "How many examples should a few-shot prompt have?": "03-few-shot.md",
    "How do I compare two prompts fairly?": "09-evaluation.md",
}
MOST = 3
MOST_TRIED = 12
MOST_DOCUMENTS = 12
MOST_READ = 30
"""Passages of a document that questions are made of."""


class FirstQuestions:
    """Makes examples and tries them; what it keeps is of the material, and of no user."""

    def __init__(self, parts: Parts, trials: Trials) -> None:
        self._parts = parts
        self._trials = trials
        self._kept: tuple[object, list[str]] = (None, [])
        self._one_at_a_time = asyncio.Lock()

    async def questions(self) -> list[str]:
        """Give up to three questions that the course answers, of one's own material before the sample course."""
        async with self._one_at_a_time:
            documents = await asyncio.to_thread(self._shown)
            state = (self._trials.state(), tuple(known.id for known in documents))
            if self._kept[0] == state:
                return self._kept[1]
            own = [known for known in documents if not is_of_sample(known)]
            of_sample = {known.path for known in documents if is_of_sample(known)}
            made = await asyncio.to_thread(self._made, own)
            found, is_done = await self._answered(made)
            found += [question for question, path in OF_SAMPLE.items() if path in of_sample]
            if is_done:
                self._kept = (state, found[:MOST])
            return found[:MOST]

    def _shown(self) -> list[Known]:
        """Give the documents that anybody may know of."""
        policy = self._parts.library.policy
        every = self._parts.library.ledger.documents()
        return [known for known in every if known.is_read and not (policy and policy.hides(known.path))]

    def _made(self, documents: Sequence[Known]) -> list[Candidate]:
        """Make questions of the beginnings of documents, the first of each before the second of any."""
        step = max(1, len(documents) // MOST_DOCUMENTS)
        chunks = (self._parts.library.ledger.chunks(d.id, 0, MOST_READ) for d in documents[::step][:MOST_DOCUMENTS])
        by_document = [candidates(of_one, set(), ()) for of_one in chunks]
        rounds = [made for turn in zip_longest(*by_document) for made in turn if made is not None]
        return sorted(rounds, key=lambda made: made.form == "about")  # it fits everything

    async def _answered(self, made: Sequence[Candidate]) -> tuple[list[str], bool]:
        """Give the first that are answered, and whether all that was needed for it was tried."""
        found: list[str] = []
        for one in _distinct(made[:MOST_TRIED]):
            await self._trials.tried(one)
            if self._trials.answered(one) is None:
                return found, False
            found += [one.question] if self._trials.answered(one) else []
            if len(found) == MOST:
                break
        return found, True


def is_of_sample(known: Known) -> bool:
    """Tell whether a document is one of the sample course that comes along, wherever that was ingested from."""
    return Path(known.source).name == SAMPLE.name and (SAMPLE / known.path).is_file()


def _distinct(made: Sequence[Candidate]) -> Iterator[Candidate]:
    return iter({one.question: one for one in made}.values())
