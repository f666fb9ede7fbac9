"""A course of four files on the real parts, for tests of answers: ingested, opened for search, asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.llms import Model, choose_model
from assistant.prompts import PromptSet
from assistant.query_engine import CourseQueryEngine, Outcome, Step
from assistant.quoting import QuotingLLM
from assistant.settings import AssistantSettings
from index_store.index import Index
from index_store.retriever import CourseRetriever
from index_store.search import Searcher
from ingest.pipeline import fingerprint_of
from ingest.settings import IngestSettings
from tests.library import ingest

FILES = {
    "kilns.md": """# Kilns

## Firing

A kiln is an oven that hardens clay by heat. Stoneware is fired at 1,260 degrees Celsius for nine hours. Porcelain
needs 1,300 degrees, and it shrinks by a seventh.

The steps of a firing are:

- load the shelves and close the door;
- heat by 100 degrees an hour until the clay is dry;
- hold the highest heat for half an hour.

## Faults

Cracks come from heating wet clay too quickly. Open the door only below 120 degrees, because cold air breaks the pots.
""",
    "glazes.md": """# Glazes

## What a glaze is

A glaze is a thin layer of glass that makes a pot watertight. It is made of silica, alumina and a flux. A flux lowers
the temperature at which silica melts.

| Glaze | Colour | Flux |
|---|---|---|
| Celadon | pale green | wood ash |
| Tenmoku | dark brown | feldspar |
""",
    "wheel.md": """# The wheel

Centring means pressing the turning clay until it runs without wobble. Beginners use 500 grams of clay. Keep your
elbows on your knees, so that your hands do not move with the clay.
""",
    "grading.txt": "The final mark is one half pots and one half notebook. Late work loses one point a day.\n",
}


def write_course(folder: Path) -> Path:
    """Write the course's files into a new folder."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@contextmanager
def searching(home: Path, embedder: Any, *folders: Path) -> Iterator[Searcher]:
    """Ingest folders into a home and open it for search."""
    ingest(home, embedder, *folders)
    index = Index.open(home, fingerprint_of(embedder, IngestSettings(home)))
    try:
        yield Searcher(index, embedder)
    finally:
        index.close()


def engine_over(searcher: Searcher, embedder: Any, model: Model | None = None, **more: Any) -> CourseQueryEngine:
    """Build the query engine, in quoting mode where no model is given."""
    model = model or choose_model(AssistantSettings(), QuotingLLM(embedder))
    prompts = more.pop("prompts", PromptSet())
    return CourseQueryEngine(CourseRetriever(searcher), model, prompts, embedder, **more)


async def steps_of(engine: CourseQueryEngine, question: str, history: Sequence[Any] = ()) -> list[Step]:
    """Ask, and give all steps."""
    return [step async for step in engine.stream(question, history)]


def outcome_of(steps: Sequence[Step]) -> Outcome:
    """Give the last step, which is the outcome."""
    last = steps[-1]
    assert isinstance(last, Outcome)
    return last
