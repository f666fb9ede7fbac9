"""Who is no admin reads what happened and what they can do; addresses and commands are for who can use them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.accounts.people import Action, Person, Role
from assistant.events import Failure, Refusal, ToolStep
from assistant.planner import ONLY_THE_COURSE
from assistant.tools.tool import Offer
from assistant.tracing.records import ERROR_TYPE, PROVIDER
from index_store import errors
from index_store.errors import LecternError, ServerStopping
from tests.api_server import Keys, Served, served_api
from tests.test_mcp import over_http
from ui.api_errors import problem, refusal
from ui.disclosure import LATER, deliveries_for, error_for, event_for, record_for, sees_setup
from ui.rows import TurnFailed

NOWHERE = "http://127.0.0.1:9/v1"
QUESTION = {"question": "How hot is stoneware fired?"}
UNREACHED = errors.ModelUnreachable(f"No answer from m at {NOWHERE}: refused.", hint="Correct OPENAI_BASE_URL.")


@pytest.fixture(scope="module")
def dead(api_home: Path, keys: Keys) -> Iterator[Served]:
    """A server with accounts whose model server is gone."""
    with served_api(api_home, keys, OPENAI_BASE_URL=NOWHERE, LECTERN_MODEL="course-model") as found:
        yield found


def test_only_an_admin_whose_key_may_operate_sees_how_the_server_is_set_up() -> None:
    assert sees_setup(Person("a", Role.ADMIN))
    assert not sees_setup(Person("a", Role.ADMIN, scopes=frozenset({Action.ASK})))
    assert not any(sees_setup(who) for who in (None, Person("r", Role.REVIEWER), Person("s", Role.STUDENT)))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UNREACHED, f"The language model does not answer. {LATER}"),
        (errors.IndexEmpty(), f"There is nothing in the course's library yet. {LATER}"),
        (errors.IndexDamaged("/srv/x is gone."), f"The course's library cannot be read now. {LATER}"),
        (errors.PromptUnknown("No v9."), f"The prompt that was chosen cannot be used. {LATER}"),
        (errors.InvalidInput("It is long.", hint="Shorten it. Or `lectern ingest FILE`"), "It is long. Shorten it."),
        (errors.InvalidInput("It is long.", hint="Raise LECTERN_MAX_FILE_BYTES."), "It is long. Ask the course team."),
        (errors.InvalidInput("There is no model 'lectern big' here."), "There is no model 'lectern big' here."),
        (LecternError("It broke.", hint="See the log of the server."), f"It broke. {LATER}"),
        (errors.InvalidInput("It is empty.", hint="Ask in a sentence."), "It is empty. Ask in a sentence."),
    ],
)  # fmt: skip
def test_an_error_is_told_in_the_words_for_its_reader(error: LecternError, told: str) -> None:
    assert str(error_for(error, False)) == told and type(error_for(error, False)) is type(error)
    assert error_for(error, True) is error


def test_what_is_left_out_stands_in_the_log_and_the_rest_of_an_error_stays(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told = error_for(errors.LimitReached("Full.", hint="See LECTERN_LIMITS_X.", retry_after_s=7.0), False)
    assert told.retry_after_s == 7.0 and "LECTERN_LIMITS_X" in caplog.text  # type: ignore[attr-defined]
    assert str(error_for(TurnFailed(f"No answer at {NOWHERE}.", kind="ModelUnreachable"), False)).startswith("The lang")


def test_the_end_of_a_turn_and_its_steps_are_told_so_too() -> None:
    failed = Failure("t", UNREACHED.message, UNREACHED.hint, "So far", kind="ModelUnreachable")
    told: Any = event_for(failed, False)
    assert (told.message, told.hint, told.partial) == ("The language model does not answer.", LATER, "So far")
    step = ToolStep("1", "web_search", {}, "failed", error="It has no key. Set TAVILY_API_KEY.")
    assert event_for(step, False).error == "It has no key."  # type: ignore[union-attr]
    offered = Refusal("t", "No.", (), offers=(Offer("Add it", "lectern ingest arxiv:1"),))
    assert event_for(offered, False).offers == () and event_for(offered, True) is offered  # type: ignore[union-attr]
    assert event_for(step, True) is step and event_for(failed, True) is failed


def test_a_kept_turn_says_the_same() -> None:
    span = {"error": str(UNREACHED), "attributes": {ERROR_TYPE: "ModelUnreachable"}}
    record = {
        "error": str(UNREACHED),
        "error_type": "ModelUnreachable",
        "spans": [span, {"error": None, "outputs": {"offers": [{"command": "x"}]}}],
    }
    assert record_for(record, False)["spans"][1]["outputs"] == {"offers": []}
    assert "127.0.0.1" in str(record_for(record, True)) and "127.0.0.1" not in str(record_for(record, False))
    long = {"error": "It is long. Shorten it. Or call `lectern ingest FILE`", "error_type": "InvalidInput"}
    assert record_for(long, False)["error"] == "It is long. Shorten it."
    bug = {"error": "/srv/secret", "error_type": "KeyError"}
    assert record_for(bug, False)["error"] == f"Something went wrong here. {LATER}"


def test_what_is_told_otherwise_is_so_wherever_else_it_stands_in_a_kept_turn() -> None:
    raw = "It has no key. Set TAVILY_API_KEY."
    lesson = "The notebook reads OPENAI_API_KEY."  # of the course, and everybody's
    messages = [{"role": "user", "content": f"{lesson}\nObservation: Error: {raw}"}]
    spans: list[dict[str, Any]] = [
        {"kind": "tool", "error": raw, "attributes": {ERROR_TYPE: "ToolFailed"}, "inputs": {}, "outputs": {}},
        {"kind": "model", "error": None, "attributes": {PROVIDER: "10.0.0.7"}, "inputs": {"messages": messages}},
        {"kind": "agent", "error": None, "attributes": None, "outputs": {"notes": [raw], "text": ONLY_THE_COURSE}},
    ]
    record = {"provider": "10.0.0.7", "error": None, "spans": spans, "template_variables": {"steps": [{"error": raw}]}}
    told = str(record_for(record, False))
    assert lesson in told and told.count("It has no key.") == 4
    assert not [inner for inner in ("TAVILY", "10.0.0.7", "lectern doctor") if inner in told]
    assert record_for(record, True) == record
    assert record_for({"provider": "openai", "error": None}, False)["provider"] == "openai"


def test_why_a_delivery_failed_is_for_admins() -> None:
    rows = [{"sink": "comet", "state": "failed", "error": f"{NOWHERE} is gone"}, {"sink": "opik", "error": None}]
    assert NOWHERE not in str(deliveries_for(rows, False)) and deliveries_for(rows, True) == rows
    assert deliveries_for(rows, False)[1]["error"] is None


@pytest.mark.parametrize(("path", "body"), [
    ("/v1/chat/completions", {"model": "lectern", "messages": [{"role": "user", "content": "How hot is a kiln?"}]}),
    ("/api/ask", QUESTION),
])  # fmt: skip
def test_programs_of_students_read_no_address_of_the_server(dead: Served, path: str, body: dict[str, Any]) -> None:
    for key, sees in (("ann", False), ("rita", False), ("root", True)):
        headers = {"authorization": f"Bearer {key}"}
        reply = httpx.post(f"{dead.address}{path}", json=body, headers=headers, timeout=60)
        kept = httpx.get(f"{dead.address}/api/traces?limit=1", headers=headers).json()["traces"][0]
        whole = httpx.get(f"{dead.address}/api/traces/{kept['id']}", headers=headers).json()
        assert reply.status_code == 503
        for shown in (reply.text, whole["error"], str([span["error"] for span in whole["spans"]])):
            assert (NOWHERE in shown, LATER in shown) == (sees, not sees), (key, shown)


def test_the_model_s_name_is_everybody_s_and_its_address_the_admins_(dead: Served) -> None:
    for key, label in (("ann", "course-model"), ("root", f"course-model at {NOWHERE}")):
        headers = {"authorization": f"Bearer {key}"}
        listed = httpx.get(f"{dead.openai}/models", headers=headers).json()["data"]
        assert listed[0]["lectern"]["mode"] == label


async def test_a_model_that_calls_reads_no_address_either(dead: Served) -> None:
    for key, sees in (("ben", False), ("root", True)):
        async with over_http(dead, key) as client:
            result = await asyncio.wait_for(client.call_tool("ask_course", QUESTION), 60)
        assert result.is_error and (NOWHERE in result.content[0].text) == sees  # type: ignore[union-attr]


def test_a_server_that_stops_says_when_to_ask_again() -> None:
    for error in (ServerStopping(), TurnFailed("The server is being stopped.", kind="ServerStopping")):
        answer = refusal(problem, error)
        assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (503, True)
