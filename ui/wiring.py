"""The one place that reads the environment and builds the objects; everything else is handed what it needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import IndexEmpty
from ui.environment import Environment

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.agent import CourseAgent
    from assistant.conversation import Assistant
    from assistant.examples import Examples
    from assistant.gate import Gate, TurnLimits
    from assistant.llms import Model
    from assistant.policy.course_policy import CoursePolicy
    from assistant.prompts import PromptSet
    from assistant.tagging import Tagger
    from assistant.toolbox import Toolbox
    from assistant.tools.tool import Tool
    from assistant.tracing.store import TraceStore
    from index_store.chunks import Embedder
    from index_store.index import Index
    from index_store.search import Searcher
    from ingest.ledger import Ledger
    from ingest.pipeline import Pipeline
    from ingest.sources import Source


def read_environment(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Environment:
    """Read the environment and, below it, the .env file of a folder (by default the one we are in)."""
    from dotenv import dotenv_values

    file = (Path.cwd() if folder is None else folder) / ".env"
    written = {k: v for k, v in dotenv_values(file).items() if v is not None} if file.is_file() else {}
    values = {**written, **(os.environ if environment is None else environment)}
    chosen = values.get("LECTERN_HOME")
    if chosen:
        return Environment(Path(chosen).expanduser(), values)
    from platformdirs import user_data_path

    return Environment(user_data_path("lectern", appauthor=False), values)


class Library:
    """What is ingested, open: ledger, index, embedder; the parts are built when they are first asked for."""

    def __init__(self, environment: Environment, *, write: bool) -> None:
        self.environment = environment
        self.clock: Callable[[], float] = time.time  # of the course's policy: another one to see what will hold
        self._write = write
        self.limits: TurnLimits | None = None
        """What turns may be asked for; None at one's own terminal, where nothing is limited."""

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        from ingest.ledger import Ledger

        return Ledger(self.environment.home)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model that the settings choose."""
        from assistant.usage import record_embedding
        from index_store.embeddings import make_embedder

        store = self.environment.store
        return make_embedder(store, on_usage=partial(record_embedding, model=store.embedding))

    @cached_property
    def index(self) -> Index:
        """The index, checked: made where there is none and this is a writer."""
        from index_store.index import Index
        from ingest.health import check_at_start
        from ingest.pipeline import fingerprint_of

        fingerprint = fingerprint_of(self.embedder, self.environment.ingest)
        check_at_start(self.environment.home, self.ledger)
        return Index.open(self.environment.home, fingerprint, create=self._write)

    @cached_property
    def traces(self) -> TraceStore:
        """The trace store; turns that a process left open when it was killed are marked as aborted now.

        Raises:
            SettingsError, TracesUnavailable: when it cannot be opened.
        """
        from assistant.tracing.store import TraceStore

        how = self.environment
        store = TraceStore(how.home, how.traces, prices=lambda: how.assistant.prices)
        store.abort_orphans()
        store.retire()
        return store

    @cached_property
    def gate(self) -> Gate:
        """What lets turns in; one for all ways to ask."""
        from assistant.gate import OPEN, Gate
        from assistant.tracing.spending import spent

        return OPEN if self.limits is None else Gate(self.limits, partial(spent, self.traces))

    @cached_property
    def pipeline(self) -> Pipeline:
        """What ingests."""
        from ingest.pipeline import Pipeline

        return Pipeline(self.environment.ingest, self.ledger, self.index, self.embedder)

    @cached_property
    def searcher(self) -> Searcher:
        """What searches.

        Raises:
            IndexEmpty: when nothing has been ingested.
        """
        from index_store.search import Searcher

        if self.index.count()[0] == 0:
            raise IndexEmpty
        hides = None if self.policy is None else self.policy.hides
        return Searcher(self.index, self.embedder, hides=hides)

    @cached_property
    def policy(self) -> CoursePolicy | None:
        """The course's policy, None where there is none.

        Raises:
            SettingsError: when it cannot be used.
        """
        if self.environment.policy_file is None:
            return None
        from ui.policies import course_policy_of

        return course_policy_of(self, prompts_of(self.environment))

    def sources(self, arguments: Sequence[str]) -> list[Source]:
        """Turn arguments of the command line into sources.

        Raises:
            SourceMissing: when one leads to nothing.
        """
        from ingest.web_sources import source_of

        allow = self.environment.get("LECTERN_FETCH_LOOPBACK") == "1"
        known = self.ledger.sources()
        return [source_of(a, known, self.environment.ingest, allow_loopback=allow) for a in arguments]

    def close(self) -> None:
        """Close what was opened."""
        if "traces" in self.__dict__:
            self.traces.close()
        if "index" in self.__dict__:
            self.index.close()
        if "ledger" in self.__dict__:
            self.ledger.close()


@contextmanager
def open_library(environment: Environment, *, write: bool = False) -> Iterator[Library]:
    """Open the library; a writer holds the lock until the end.

    Raises:
        IndexLocked: when another process writes.
    """
    library = Library(environment, write=write)
    try:
        if write:
            from ingest.lock import writing

            with writing(environment.home):
                try:
                    yield library
                finally:
                    library.close()
        else:
            yield library
    finally:
        if not write:
            library.close()


@contextmanager
def open_search(environment: Environment) -> Iterator[Searcher]:
    """Open what searches."""
    with open_library(environment) as library:
        yield library.searcher


@dataclass(frozen=True)
class Opened:
    """An assistant that is ready, and what it answers with."""

    assistant: Assistant
    model: Model
    library: Library


@contextmanager
def open_assistant(environment: Environment) -> Iterator[Opened]:
    """Open what answers.

    Raises:
        LecternError: when the library is empty or damaged, or no model can be chosen.
    """
    with open_library(environment) as library:
        yield assistant_of(library)


def assistant_of(library: Library) -> Opened:
    """Build the assistant over an open library."""
    from assistant.conversation import Assistant
    from assistant.llms import choose_model
    from assistant.query_engine import CourseQueryEngine
    from assistant.quoting import QuotingLLM
    from assistant.turn import Identity
    from index_store.retriever import CourseRetriever

    environment, embedder = library.environment, library.embedder
    settings = environment.assistant
    searcher = library.searcher
    model = choose_model(settings, QuotingLLM(embedder))
    prompts = prompts_of(environment)
    top_k = environment.store.top_k
    engine = CourseQueryEngine(CourseRetriever(searcher, top_k=top_k), model, prompts, embedder, top_k=top_k)
    identity = Identity(model.mode, model.provider, model.name, str(searcher.index.manifest.fingerprint))
    toolbox = toolbox_of(library)

    @cache
    def agent() -> CourseAgent:
        from assistant.agent import CourseAgent

        return CourseAgent(toolbox, model, prompts, embedder, limits=environment.agent_limits)

    answering = Assistant(engine, library.traces, identity, toolbox, agent, library.gate, library.policy)
    return Opened(answering, model, library)


def toolbox_of(library: Library, *, course: bool = True) -> Toolbox:
    """Build the agent's tools over an open library; without `course` only those that need none of it."""
    from assistant.toolbox import Toolbox
    from assistant.tools.calculate import Calculate
    from assistant.tools.course_search import CourseSearch
    from assistant.tools.read_source import ReadSource
    from assistant.tools.tag_abstract import TagAbstract
    from index_store.retriever import CourseRetriever
    from ui.outside import outside_tools

    environment = library.environment
    tools: list[Tool] = [
        *outside_tools(environment, library.embedder),
        TagAbstract(cache(lambda: tagger_of(library))),
        Calculate(),
    ]
    if course:
        searching = CourseSearch(CourseRetriever(library.searcher, top_k=environment.store.top_k))
        tools = [searching, ReadSource(library.ledger), *tools]
    return Toolbox(tools, allowed=environment.tools, embedder=library.embedder)


def prompts_of(environment: Environment, **versions: int) -> PromptSet:
    """Give the prompt templates that the settings choose, but for the `versions` that are chosen here."""
    from assistant.prompts import PromptSet

    return PromptSet(environment.assistant.prompts_folder, {**environment.assistant.prompt_versions, **versions})


def examples_of(library: Library) -> Examples:
    """Give the few-shot examples that the settings choose: a course team's own file where its folder has one."""
    from assistant.examples import Examples, examples_file, read_examples

    folder, choice = library.environment.assistant.prompts_folder, library.environment.examples
    reading = partial(read_examples, examples_file(folder))
    return Examples(reading, choice, library.embedder if choice.way == "nearest" else None)


def tagger_of(library: Library, *, version: int | None = None, model_name: str | None = None) -> Tagger:
    """Build the tagger: a language model where one is configured, else the rules, which load nothing large.

    `version` is one of the prompt `tag_abstract`, `model_name` another model at the configured server.
    """
    from assistant.tagging import Tagger

    environment = library.environment
    if environment.assistant.mode == "quoting":
        return Tagger(library.traces, environment.model_names, gate=library.gate)
    from assistant.llms import choose_model

    model = choose_model(replace(environment.assistant, model=model_name or environment.assistant.model), None)
    prompts = prompts_of(environment, **({} if version is None else {"tag_abstract": version}))
    return Tagger(library.traces, environment.model_names, model, prompts, examples_of(library), library.gate)
