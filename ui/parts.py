"""What the pages of the web app share: the open library, who answers, the conversations, and the turns under way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from assistant.accounts.accounts import Accounts
from assistant.accounts.people import Action, Person
from assistant.tracing.conversations import Conversations
from index_store.chunks import Chunk
from index_store.errors import IndexProblem, SourceMissing
from ingest.ledger import Known
from ui import delivery
from ui.access import Access, AccountAccess, Asking, OpenAccess
from ui.disclosure import label_for, sees_setup
from ui.incoming import Incoming
from ui.library_view import in_the_library
from ui.live import LiveTurns
from ui.live_evaluations import Evaluations
from ui.live_ingests import LiveIngests
from ui.live_tag_files import TaggedFiles
from ui.read_anew import to_read_anew
from ui.server_settings import ServerSettings
from ui.visitors import Visitors
from ui.wiring import Library, Opened


@dataclass(frozen=True)
class Parts:
    """One for each server; it holds nothing of any user."""

    opened: Opened
    visitors: Visitors
    access: Access
    book: Conversations
    live: LiveTurns
    server: ServerSettings
    incoming: Incoming
    ingests: LiveIngests
    tag_files: TaggedFiles
    evaluations: Evaluations

    @property
    def library(self) -> Library:
        """The open library."""
        return self.opened.library

    def person(self, request: Asking | None) -> Person | None:
        """Give whoever sits before a page."""
        return self.access.person(request)

    def user(self, request: Asking | None) -> str | None:
        """Give the pseudonym of whoever sits before a page."""
        person = self.person(request)
        return None if person is None else person.id

    def sees_setup(self, request: Asking | None) -> bool:
        """Tell whether whoever sits before a page may read how the server is set up: with accounts admins alone."""
        return not self.server.accounts or sees_setup(self.person(request))

    def may(self, person: Person | None, action: Action) -> bool:
        """Tell whether somebody may do something: where accounts are off everybody may, even on their first visit."""
        return not self.server.accounts or (person is not None and person.may(action))

    def badge(self, sees: bool) -> str:
        """Say what answers."""
        return label_for(self.opened.model, sees)

    def chunks(self, ids: Sequence[str]) -> Mapping[str, Chunk]:
        """Give those chunks that the library still holds and may show now, by id."""
        if not ids:
            return {}
        with suppress(IndexProblem):  # what is open can still be shown; the next question tells what is wrong
            self.library.index.refresh()  # what was removed meanwhile is not to be shown any more
        found = self.library.index.get(list(ids))
        policy = self.library.policy
        return found if policy is None else {i: c for i, c in found.items() if not policy.hides(c.path)}

    def documents(self, person: Person | None) -> list[Known]:
        """Give the documents that somebody may know of: the solutions of open assignments only who reviews or adds.

        Even a title may say too much ("Solution: use three few-shot examples").
        """
        every, policy = self.library.ledger.documents(), self.library.policy
        sees_all = self.may(person, Action.REVIEW) or self.may(person, Action.LIBRARY_CHANGE)
        return every if policy is None or sees_all else [d for d in every if not policy.hides(d.path)]

    def document(self, document: str, person: Person | None) -> Known:
        """Give a document by its id.

        Raises:
            SourceMissing: when there is none that somebody may know of.
        """
        found = next((d for d in self.documents(person) if d.id == document), None)
        if found is None:
            raise SourceMissing("There is no such document.", hint="Choose one from the list: GET /api/library")
        return found

    async def close(self) -> None:
        """End what is under way, as when the server stops: turns, ingests, files of abstracts, test rows."""
        jobs = (self.ingests, self.tag_files, self.evaluations)
        await asyncio.gather(self.live.close(), *(job.close() for job in jobs))

    def material(self, *, failures: bool = False) -> str:
        """Say what is answered from, and with `failures` how much could not be read."""
        return in_the_library(self.library.ledger.documents(), failures=failures)

    def warnings(self, request: Asking | None) -> list[str]:
        """Say what is to be mended, to who can mend it."""
        if not self.sees_setup(request):
            return []
        library = self.library
        anew = to_read_anew(library.environment.home, library.ledger)
        return [*delivery.delivery_problems(library.traces), *anew]


def parts_of(opened: Opened, visitors: Visitors) -> Parts:
    """Put the parts together."""
    server, store = opened.library.environment.server, opened.library.traces
    access: Access = OpenAccess(visitors)
    if server.accounts:
        access = AccountAccess(Accounts(store, server.consent_hash))
    environment = opened.library.environment
    live, incoming = LiveTurns(lambda: opened.assistant, store.note_said), Incoming(environment.home)
    ingests, tag_files = LiveIngests(environment), TaggedFiles(lambda: opened.library.gate, incoming)
    return Parts(
        opened, visitors, access, Conversations(store), live, server, incoming, ingests, tag_files,
        Evaluations(lambda: opened),
    )  # fmt: skip


def plain(message: Any) -> str:
    """Give the text of what a chat handed over: text, or a list of parts."""
    content = message.get("content", "") if isinstance(message, Mapping) else message
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
