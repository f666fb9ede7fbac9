"""The one place that reads the environment and builds the objects; everything else is handed what it needs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from index_store.errors import IndexEmpty, SettingsError
from index_store.settings import StoreSettings
from ingest.settings import IngestSettings

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.conversation import Assistant
    from assistant.llms import Model
    from assistant.settings import AssistantSettings
    from assistant.tracing.settings import TraceSettings
    from assistant.tracing.store import TraceStore
    from index_store.chunks import Embedder
    from index_store.index import Index
    from index_store.search import Searcher
    from ingest.ledger import Ledger
    from ingest.pipeline import Pipeline
    from ingest.sources import Source

VARIABLES: Mapping[str, str] = {
    "LECTERN_HOME": "where everything that lasts lies",
    "LECTERN_MODEL": "name of the language model",
    "LECTERN_EMBEDDING": "minilm (default), openai:MODEL or compatible:MODEL",
    "LECTERN_PROMPTS": "folder with a course team's own prompt versions",
    "LECTERN_MAX_FILE_BYTES": "the largest file that is read",
    "LECTERN_FETCH_LOOPBACK": "1 lets ingest fetch from this machine (for tests)",
    "OPENAI_API_KEY": "key of OpenAI, or of the compatible server",
    "OPENAI_BASE_URL": "address of an OpenAI-compatible server",
    "COMET_API_KEY": "key of Comet: with it, every turn is delivered there",
    "COMET_WORKSPACE": "workspace in Comet",
    "COMET_PROJECT_NAME": "project in Comet",
    "COMET_URL_OVERRIDE": "address of Comet, where it is not comet.com",
    "OPIK_URL_OVERRIDE": "address of Opik: with it, every turn is delivered there",
    "OPIK_API_KEY": "key of Opik",
    "OPIK_WORKSPACE": "workspace in Opik",
    "OPIK_PROJECT_NAME": "project in Opik",
    "LECTERN_WIKIPEDIA_API_URL": "address of Wikipedia's API (used from a later version on)",
    "LECTERN_DATABASE_URL": "database of the traces: postgresql://USER@HOST/NAME, else SQLite in the home",
    "LECTERN_TRACE_DAYS": "days for which turns are kept; else for good",
    "LECTERN_TRACE_SAMPLE": "share of the turns that is delivered, 0 to 1 (default 1)",
    "LECTERN_REDACT": "0 delivers e-mail addresses, phone and student numbers too; never keys",
    "LECTERN_REDACT_STORE": "1 hides them in what is kept here, too",
    "LECTERN_STUDENT_NUMBER": "regular expression of your student numbers",
}
SECRETS = frozenset({"OPENAI_API_KEY", "COMET_API_KEY", "OPIK_API_KEY"})


@dataclass(frozen=True)
class Environment:
    """What the environment and the .env file say, checked; and the settings of the packages that follow from it."""

    home: Path
    values: Mapping[str, str] = field(repr=False)  # holds keys: never printed

    def get(self, name: str) -> str | None:
        """Give a variable, or None where it is unset or empty."""
        return self.values.get(name) or None

    def _secret(self, name: str) -> SecretStr | None:
        value = self.get(name)
        return None if value is None else SecretStr(value)

    @cached_property
    def store(self) -> StoreSettings:
        """Settings of the index."""
        return StoreSettings(
            home=self.home,
            embedding=self.get("LECTERN_EMBEDDING") or "minilm",
            api_key=self._secret("OPENAI_API_KEY"),
            base_url=self.get("OPENAI_BASE_URL"),
        )

    @cached_property
    def ingest(self) -> IngestSettings:
        """Settings of ingestion."""
        text = self.get("LECTERN_MAX_FILE_BYTES")
        if text is None:
            return IngestSettings(self.home)
        if not text.isdecimal() or int(text) == 0:
            raise SettingsError(f"LECTERN_MAX_FILE_BYTES is {text!r}.", hint="Give a number of bytes.")
        return IngestSettings(self.home, max_file_bytes=int(text))

    @cached_property
    def assistant(self) -> AssistantSettings:
        """Settings of the assistant."""
        from assistant.settings import AssistantSettings

        prompts = self.get("LECTERN_PROMPTS")
        return AssistantSettings(
            model=self.get("LECTERN_MODEL"),
            base_url=self.get("OPENAI_BASE_URL"),
            api_key=self._secret("OPENAI_API_KEY"),
            prompts_folder=None if prompts is None else Path(prompts),
        )

    @cached_property
    def traces(self) -> TraceSettings:
        """Settings of the trace store and its delivery."""
        from assistant.tracing.settings import TraceSettings

        return TraceSettings(
            database_url=self.get("LECTERN_DATABASE_URL"),
            keep_days=self._number("LECTERN_TRACE_DAYS"),
            sample=1.0 if (share := self._number("LECTERN_TRACE_SAMPLE")) is None else share,
            redact=self._switch("LECTERN_REDACT", default=True),
            redact_store=self._switch("LECTERN_REDACT_STORE", default=False),
            student_number=self.get("LECTERN_STUDENT_NUMBER"),
            comet_api_key=self._secret("COMET_API_KEY"),
            comet_workspace=self.get("COMET_WORKSPACE"),
            comet_project=self.get("COMET_PROJECT_NAME"),
            comet_url=self.get("COMET_URL_OVERRIDE"),
            opik_url=self.get("OPIK_URL_OVERRIDE"),
            opik_api_key=self._secret("OPIK_API_KEY"),
            opik_workspace=self.get("OPIK_WORKSPACE"),
            opik_project=self.get("OPIK_PROJECT_NAME"),
            secrets=tuple(s for s in map(self._secret, sorted(SECRETS)) if s is not None),
        )

    def _switch(self, name: str, *, default: bool) -> bool:
        text = (self.get(name) or str(int(default))).strip().lower()
        if text not in ("0", "1", "true", "false", "yes", "no", "on", "off"):  # guessing might let something out
            raise SettingsError(f"{name} is {self.get(name)!r}.", hint="Give 1 or 0.")
        return text in ("1", "true", "yes", "on")

    def _number(self, name: str) -> float | None:
        text = self.get(name)
        if text is None:
            return None
        try:
            return float(text)
        except ValueError as exc:
            raise SettingsError(f"{name} is {text!r}.", hint="Give a number.") from exc


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
        self._write = write

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

        store = TraceStore(self.environment.home, self.environment.traces)
        store.abort_orphans()
        store.retire()
        return store

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
            raise IndexEmpty("Nothing has been ingested yet.", hint="Run: lectern ingest FOLDER (or lectern ui)")
        return Searcher(self.index, self.embedder)

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
    from assistant.prompts import PromptSet
    from assistant.query_engine import CourseQueryEngine
    from assistant.quoting import QuotingLLM
    from assistant.turn import Identity
    from index_store.retriever import CourseRetriever

    settings = library.environment.assistant
    searcher = library.searcher
    model = choose_model(settings, QuotingLLM(library.embedder))
    prompts = PromptSet(settings.prompts_folder, settings.prompt_versions)
    top_k = library.environment.store.top_k
    engine = CourseQueryEngine(CourseRetriever(searcher, top_k=top_k), model, prompts, library.embedder, top_k=top_k)
    identity = Identity(model.mode, model.provider, model.name, str(searcher.index.manifest.fingerprint))
    return Opened(Assistant(engine, library.traces, identity), model, library)
