"""A user's conversations: listed, found, titled, deleted, turns left out; nobody reads or changes another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.tracing.conversations import Conversations
from assistant.tracing.records import Feedback, Origin
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from index_store.errors import ConversationUnknown
from tests import turns
from tests.postgres import programs, temporary_postgres


@pytest.fixture(scope="module")
def postgres_address() -> Iterator[str]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (on Debian: apt install postgresql)")
    with temporary_postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TraceStore]:
    address = None if request.param == "sqlite" else request.getfixturevalue("postgres_address")
    made = TraceStore(tmp_path, TraceSettings(database_url=address))
    yield made
    for user in ("u1", "u2"):
        made.forget(user=user)
    made.close()


def keep(store: TraceStore, question: str, *, conversation: str = "c1", user: str = "u1", at: float = 0) -> str:
    begun = turns.start(question, at=turns.BEGAN + at, origin=Origin(conversation, user, "web"))
    store.begin(begun)
    store.finish(begun, turns.end(f"Answer to {question}", at=turns.BEGAN + at + 1), turns.steps(3))
    return begun.trace_id


def questions(book: Conversations, conversation: str = "c1", user: str = "u1") -> list[str]:
    return [turn["question"] for turn in book.turns(conversation, user)]


def test_conversations_are_listed_by_their_newest_turn_under_their_first_question(store: TraceStore) -> None:
    keep(store, "What is ReAct?", at=0)
    keep(store, "What is few-shot?", conversation="c2", at=5)
    keep(store, "And when would I use it?", at=9)
    keep(store, "Somebody else's", conversation="c3", user="u2", at=20)
    listed = Conversations(store).listed("u1")
    assert [(c.id, c.title, c.turns) for c in listed] == [("c1", "What is ReAct?", 2), ("c2", "What is few-shot?", 1)]
    assert Conversations(store).listed(None) == []


@pytest.mark.parametrize(
    ("said", "found"), [("FEW-shot", ["c2"]), ("100%", []), ("answer to", ["c2", "c1"]), ("", ["c2", "c1"])]
)
def test_a_conversation_is_found_by_what_was_said_in_it(store: TraceStore, said: str, found: list[str]) -> None:
    keep(store, "What is ReAct?")
    keep(store, "What is few-shot?", conversation="c2", at=5)
    assert [c.id for c in Conversations(store).listed("u1", said)] == found


def test_a_title_is_given_found_and_taken_back(store: TraceStore) -> None:
    keep(store, "What is ReAct?")
    book = Conversations(store)
    book.rename("c1", "u1", "  Agents,\n week 5 ")
    assert book.title("c1", "u1") == "Agents, week 5"
    assert [c.title for c in book.listed("u1", "WEEK 5")] == ["Agents, week 5"]
    book.rename("c1", "u1", " ")
    assert book.title("c1", "u1") == "What is ReAct?"


def test_turns_come_with_their_steps_and_votes(store: TraceStore) -> None:
    first = keep(store, "What is ReAct?")
    keep(store, "And few-shot?", at=5)
    store.give_feedback(Feedback(first, "up", turns.BEGAN, user_id="u1"))
    store.give_feedback(Feedback(first, "down", turns.BEGAN + 1, user_id="u1", reason="wrong source"))
    found = Conversations(store).turns("c1", "u1")
    assert [(t["question"], t["vote"], len(t["spans"]), t["support"]) for t in found] == [
        ("What is ReAct?", "down", 3, 0.7),
        ("And few-shot?", None, 3, 0.7),
    ]
    assert Conversations(store).turn(first, "u1")["feedback"][-1]["reason"] == "wrong source"


def test_what_was_asked_anew_is_left_out_of_the_conversation_and_kept_in_the_store(store: TraceStore) -> None:
    keep(store, "First")
    second = keep(store, "Second", at=5)
    keep(store, "Third", at=9)
    other = keep(store, "Elsewhere", conversation="c2", at=30)
    book = Conversations(store)
    left_out = book.leave_out("c1", "u1", second)
    assert questions(book) == ["First"]
    assert questions(book, "c2") == ["Elsewhere"]
    assert book.turn(second, "u1")["left_out"]
    assert book.leave_out("c1", "u1", other) == []  # a turn of another conversation leaves out nothing here
    assert questions(book) == ["First"]
    book.take_back("c1", "u1", [*left_out, other])
    assert questions(book) == ["First", "Second", "Third"]


def test_a_conversation_is_deleted_whole_and_alone(store: TraceStore) -> None:
    keep(store, "First")
    keep(store, "Second", at=5)
    keep(store, "Elsewhere", conversation="c2")
    book = Conversations(store)
    assert book.delete("c1", "u1") == 2
    assert [c.id for c in book.listed("u1")] == ["c2"]


ACTIONS: dict[str, Callable[[Conversations, str, str | None], object]] = {
    "read": lambda book, turn, user: book.turns("c1", user),
    "read a turn": lambda book, turn, user: book.turn(turn, user),
    "title": lambda book, turn, user: book.title("c1", user),
    "rename": lambda book, turn, user: book.rename("c1", user, "Mine"),
    "delete": lambda book, turn, user: book.delete("c1", user),
    "take back": lambda book, turn, user: book.take_back("c1", user, [turn]),
    "leave out": lambda book, turn, user: book.leave_out("c1", user, turn),
}


@pytest.mark.parametrize("user", ["u2", None, "", "u1\x00"])
@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_reads_or_changes_anothers_conversation(store: TraceStore, action: str, user: str | None) -> None:
    turn = keep(store, "What is ReAct?")
    book = Conversations(store)
    with pytest.raises(ConversationUnknown, match="no such conversation of yours"):
        ACTIONS[action](book, turn, user)
    assert questions(book) == ["What is ReAct?"]
    assert book.title("c1", "u1") == "What is ReAct?"
