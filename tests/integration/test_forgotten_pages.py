"""What a page sends counts for itself: a review is its writer's, and a page that Gradio has forgotten works on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.accounts.people import Role
from ingest.ledger import Ledger
from tests.chat_server import run
from tests.people import NAMES, Person, config_of, course_server, layout, sign_in
from ui.pages import PAGES_KEPT
from ui.review_form import of_nothing

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forgotten") / "home"


@pytest.fixture(scope="module")
def address(web_home: Path, home: Path) -> Iterator[str]:
    with course_server(web_home, home.parent) as found:
        yield found


def event_of(person: Person, name: str) -> int:
    """Give the event of the server's that a click on, or a change of, a component fires."""
    config = config_of(person)
    names = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
    own = (e for e in config["dependencies"] if e["targets"] and e["backend_fn"])
    return next(int(e["id"]) for e in own if names.get(e["targets"][0][0]) == name)


def ended(told: str) -> dict[str, Any]:
    lines = [json.loads(line.removeprefix("data:")) for line in told.splitlines() if '"process_completed"' in line]
    found: dict[str, Any] = lines[-1]
    return found


def test_with_accounts_a_review_is_under_the_name_of_who_has_signed_in(address: str, home: Path) -> None:
    turn = json.loads(run(home, "ask", "What is ReAct?", "--json"))["trace_id"]
    reviewer = sign_in(address, next(name for name, role in NAMES.items() if role is Role.REVIEWER))
    begun, *form = of_nothing()[1:]
    given = [turn, "The lecturer", begun, *form]
    status, told = reviewer.event(event_of(reviewer, "accept"), given, "reviewing")
    assert status == 200 and ended(told)["success"], told
    reviewer.client.close()
    (review,) = json.loads(run(home, "traces", "show", turn, "--json"))["reviews"]
    assert (review["reviewer"], review["verdict"]) == (reviewer.name, "right")


def test_a_page_that_is_forgotten_shows_and_reads_what_is_chosen_on_it(address: str, home: Path) -> None:
    admin = sign_in(address, "admin")
    ledger = Ledger(home)
    document = next(d for d in ledger.documents() if d.path == "05-react.md")
    ledger.close()
    _, told = admin.event(event_of(admin, "chosen"), [document.id, ""], "of which nothing is known")
    assert ended(told)["success"] and "ReAct" in told
    admin.client.close()


def test_of_open_pages_so_many_are_kept_and_no_more(web_home: Path) -> None:
    assert layout(web_home)["pages_kept"] == PAGES_KEPT
