"""Nobody gets what is not theirs: every route and every event, as every role, over HTTP against a real server."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.accounts.people import ALLOWED, Action
from tests.people import NAMES, Person, config_of, course_server, layout, sign_in
from ui.guard import LARGEST_TABLE, OPEN, OPEN_BELOW, OWN_BELOW, PAGE_ACTIONS, REVIEW_BELOW
from ui.page_sessions import UPLOADED_AN_HOUR
from ui.sign_in import own_path

SECRET = "zanzibar marmalade"
LOOKED_AT = {
    "conversation": "conversation",
    "talk": "conversation",
    "resumed": "conversation",
    **dict.fromkeys(("wanted", "voted", "turn", "trace", "ended", "whose form it is"), "trace"),
}
"""Inputs of events that hold an id, of a turn or a conversation: what a page says in them may be another's."""
NO_IDS = {
    "abstract", "address", "assignee", "by", "chosen", "chunk-page", "comment", "file", "files", "find",
    "find-document", "folder", "keep-both", "look", "model", "older", "order", "other", "other-model", "page",
    "question", "retry", "review-comment", "review-told", "reviewer", "right", "right-answer",
    "right-sources", "right-tags", "rows", "several", "show", "text", "title", "try", "verdict", "version", "way",
    "what is listed", "what the form began with", "who reads",
}  # fmt: skip
"""The other inputs: texts, choices, places in a list, and documents, which are everybody's."""
VALID = {"question": "What is ReAct?", "way": "Course only", "title": "Taken over", "comment": "It was wrong.",
         "right": "NA", "find": "", "older": ""}  # fmt: skip
"""What a page says in the others, where it matters: with these an event does what it is for."""
ABOUT: dict[str, dict[str, Any]] = {
    "again": {"index": 0, "value": ""},
    "edit": {"index": 0, "previous_value": "", "value": "What is an agent?"},
    "undo": {"index": 0, "value": ""},
    "vote": {"index": 1, "value": "", "liked": True},
    "suggested": {"index": 0, "value": {"text": "What is an agent?"}, "selected": True},
}
"""What an event of the chat says of itself."""
SHOWN = (SECRET, "lectern-passage", "Kept.", "kept as your proposal")
"""What tells that an event served: the question, a source of its answer, that something was kept."""
OF_IDS = {"load", "finish", "ask", "again", "edit", "suggested", "source", "undo", "vote", "comment", "search",
          "rename", "delete", "correct"}  # fmt: skip
"""What events with an id do; `stream` and `stop` do nothing unless a turn is under way (see test_live)."""
LEAVES_LESS = {"again", "edit", "undo", "delete"}
OF_SOMEBODY = {
    "/turns/x": "/turns/{trace}",
    "/turns/x/pages/x.png": "/turns/{trace}/pages/0.png",
    "/turns/x/cells/x/x": "/turns/{trace}/cells/0/1",
    "/conversations/x/live": "/conversations/{conversation}/live",
    "/conversations/x.x": "/conversations/{conversation}.md",
    "/results/x/x": "/results/{trace}/tags.jsonl",
}
"""The addresses of ours that name a turn, a conversation or results, and what is asked for there."""

OF_ANYBODY = {
    "/review/turns/x": "/review/turns/{trace}",
    "/review/turns/x/pages/x.png": "/review/turns/{trace}/pages/0.png",
    "/review/turns/x/cells/x/x": "/review/turns/{trace}/cells/0/1",
}
"""The addresses of ours that give somebody's turn to who reviews."""


@pytest.fixture(scope="module")
def address(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with course_server(web_home, tmp_path_factory.mktemp("course")) as found:
        yield found


@pytest.fixture(scope="module")
def people(address: str) -> Iterator[dict[str, Person]]:
    found = {name: sign_in(address, name) for name in ("", *NAMES)}
    yield found
    for person in found.values():
        person.client.close()


@pytest.fixture(scope="module")
def laid_out(web_home: Path) -> dict[str, Any]:
    return layout(web_home)


@pytest.fixture(scope="module")
def events(laid_out: dict[str, Any]) -> dict[int, Action]:
    return {int(number): Action(action) for number, action in laid_out["events"].items()}


def inputs_of(config: dict[str, Any], number: int) -> list[str]:
    """Give what the inputs of an event are called."""
    names = {c["id"]: (c["props"].get("elem_id") or c["props"].get("label") or "") for c in config["components"]}
    event = next(e for e in config["dependencies"] if e["id"] == number)
    return [str(names.get(i, "")).lower() for i in event["inputs"]]


def handlers_of(config: dict[str, Any]) -> dict[int, str]:
    """Give what does each event, by the name of the function, which Gradio numbers where several events have it."""
    served = (event for event in config["dependencies"] if event["backend_fn"])
    return {event["id"]: re.sub(r"_\d+$", "", event["api_name"]) for event in served}


def settled(person: Person) -> str:
    """Give all that somebody has asked, once nothing of it is under way."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        exported = person.client.get("/account/export.jsonl").text
        if exported and '"status": "running"' not in exported:
            return exported
        time.sleep(0.05)
    raise AssertionError(f"a turn does not end: {exported}")


def all_of(person: Person, ids: dict[str, str]) -> str:
    """Give all that somebody has asked, and one conversation as they see it, by its title."""
    return settled(person) + person.client.get(f"/conversations/{ids['conversation']}.json").text


def ask_secret(person: Person, session: str) -> dict[str, str]:
    """Ask a question that is nobody else's; give the ids of its turn and of the conversation that it began."""
    number = next(n for n, name in handlers_of(config_of(person)).items() if name == "ask")
    status, _ = person.event(number, [f"What is ReAct? {SECRET}", "Course only", ""], session)
    assert status == 200
    turn = json.loads(settled(person).splitlines()[-1])
    assert SECRET in turn["question"] and turn["status"] in ("ok", "refused")
    return {"trace": turn["id"], "conversation": turn["conversation_id"]}


@pytest.fixture(scope="module")
def secret_turn(people: dict[str, Person]) -> dict[str, str]:
    """A turn of somebody else's, and the conversation it is in."""
    return ask_secret(people["other"], "secret")


@pytest.mark.parametrize("role", list(NAMES))
def test_a_page_is_shown_to_whom_it_is_for(people: dict[str, Person], role: str) -> None:
    for page, action in PAGE_ACTIONS.items():
        shown = people[role].client.get(f"/{page}")
        assert shown.status_code == (200 if action in ALLOWED[NAMES[role]] else 403), page


def test_what_is_refused_is_a_page_to_a_browser_and_json_to_a_program(
    people: dict[str, Person], secret_turn: dict[str, str]
) -> None:
    paths = [
        f"/conversations/{secret_turn['conversation']}.md",
        "/conversations/x.doc",
        "/turns/0000",
        "/docs",
        "/review",
    ]
    for path in paths:
        shown = people["student"].client.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        program = people["student"].client.get(path)
        assert shown.status_code == program.status_code == (403 if path == "/review" else 404), path
        assert shown.headers["content-type"].startswith("text/html") and "href='/'" in shown.text, path
        told = program.json()["error"]["message"]
        assert told and told in html.unescape(shown.text) and SECRET not in shown.text, path
    assert "Not for you" in shown.text


def test_who_has_not_signed_in_is_led_there_and_back(people: dict[str, Person]) -> None:
    for page in PAGE_ACTIONS:
        shown = people[""].client.get(f"/{page}", params={"c": "1"})
        assert (shown.status_code, shown.headers["location"]) == (303, f"/login?next=/{page}%3Fc%3D1")


@pytest.mark.parametrize("role", ["", *NAMES])
def test_every_event_is_open_to_exactly_those_who_may(
    people: dict[str, Person], events: dict[int, Action], role: str
) -> None:
    for number, action in events.items():
        asked = {"data": [], "fn_index": number, "session_hash": f"walk-{role}", "event_data": None}
        status = people[role].client.post("/gradio_api/queue/join", json=asked).status_code
        if not role:
            assert status == 401, number
        else:
            assert (status == 403) == (action not in ALLOWED[NAMES[role]]), (number, action, status)


def test_what_changes_the_library_or_judges_turns_is_none_of_a_students(events: dict[int, Action]) -> None:
    closed = {action for action in events.values() if action not in ALLOWED[NAMES["student"]]}
    assert closed == {Action.LIBRARY_CHANGE, Action.REVIEW}


def test_every_event_that_adds_or_removes_is_for_who_may_change_the_library(
    people: dict[str, Person], events: dict[int, Action]
) -> None:
    config = config_of(people["admin"])
    buttons = {"add", "again", "cancel", "remove", "remove-several", "remove-unread"}  # of the library page
    names = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
    fired = {e["id"]: {names.get(target) for target, _ in e["targets"]} & buttons for e in config["dependencies"]}
    changing = {n: fired[n] for n in handlers_of(config) if fired[n]}
    assert set().union(*changing.values()) == buttons
    assert {n: events[n] for n in changing} == dict.fromkeys(changing, Action.LIBRARY_CHANGE)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"fn_index": true}', '{"fn_index": "0"}', '{"fn_index": 1e0}', '{"fn_index": 99999}']
)
def test_an_event_that_is_none_goes_no_further(people: dict[str, Person], body: str) -> None:
    answer = people["student"].client.post("/gradio_api/queue/join", content=body)
    assert answer.status_code in (400, 404)


def test_every_input_of_an_event_is_known_to_hold_an_id_or_none(
    people: dict[str, Person], events: dict[int, Action]
) -> None:
    config = config_of(people["admin"])
    assert {name for number in events for name in inputs_of(config, number)} == LOOKED_AT.keys() | NO_IDS


def test_every_address_of_ours_that_names_somebodys_is_tried(laid_out: dict[str, Any]) -> None:
    ours = {path for path, _ in laid_out["paths"] if path.startswith(OWN_BELOW) and not path.startswith("/account/")}
    assert ours == set(OF_SOMEBODY)
    assert {path for path, _ in laid_out["paths"] if path.startswith(REVIEW_BELOW)} == set(OF_ANYBODY)


@pytest.mark.parametrize("role", ["", *NAMES])
def test_the_sources_of_anothers_turn_are_for_who_reviews(
    people: dict[str, Person], secret_turn: dict[str, str], role: str
) -> None:
    may = bool(role) and Action.REVIEW in ALLOWED[NAMES[role]]
    for path in OF_ANYBODY.values():
        answer = people[role].client.get(path.format(**secret_turn))
        if may:  # what it cites is in no PDF and in no notebook
            assert answer.status_code == (200 if path.endswith("{trace}") else 404), path
            assert ("lectern-passage" in answer.text) == (answer.status_code == 200), path
        else:
            assert answer.status_code == (403 if role else 401) and "lectern-passage" not in answer.text, path


def walked(
    person: Person, ids: dict[str, str], events: dict[int, Action], closed: Action | None = None
) -> Iterator[tuple[str, str]]:
    """Send what each event with an id asks for, with inputs that its owner would be served; give its name, the reply.

    What leaves least of a conversation comes last: each finds there what it is about.
    """
    config = config_of(person)
    names = handlers_of(config)
    ways = {(names[n], *inputs_of(config, n)): n for n in names if events[n] is not closed}
    for name, *inputs in sorted(ways, key=lambda way: (way[0] in LEAVES_LESS, way[0] == "delete")):
        query = {"c": ids["conversation"]} if name == "load" else {}
        if LOOKED_AT.keys() & set(inputs) or query:
            data = [ids[LOOKED_AT[i]] if i in LOOKED_AT else VALID.get(i) for i in inputs]
            number = ways[(name, *inputs)]
            status, told = person.event(number, data, f"walk-{person.name}-{number}", ABOUT.get(name), **query)
            assert status == 200, (name, told)
            yield name, told


@pytest.mark.parametrize("role", ["student", "reviewer", "admin"])
def test_every_event_of_a_stranger_with_anothers_ids_shows_and_changes_nothing(
    people: dict[str, Person], events: dict[int, Action], secret_turn: dict[str, str], role: str
) -> None:
    before = all_of(people["other"], secret_turn)
    for name, told in walked(people[role], secret_turn, events, closed=Action.REVIEW):
        assert not [shown for shown in SHOWN if shown in told], name
        assert all_of(people["other"], secret_turn) == before, name


def test_the_same_events_serve_the_owner_so_that_a_check_that_is_missing_would_be_seen(
    people: dict[str, Person], events: dict[int, Action]
) -> None:
    owner = people["other"]
    ids, served = ask_secret(owner, "own"), set[str]()
    before = all_of(owner, ids)
    for name, told in walked(owner, ids, events, closed=Action.REVIEW):
        after = all_of(owner, ids)
        if any(shown in told for shown in SHOWN) or after != before:
            served.add(name)
        before = after
    assert served == OF_IDS
    assert ids["conversation"] not in before


@pytest.mark.parametrize("role", ["", "student", "reviewer", "admin"])
def test_anothers_turn_is_not_there(people: dict[str, Person], secret_turn: dict[str, str], role: str) -> None:
    for path in (*(path.format(**secret_turn) for path in OF_SOMEBODY.values()),
                 f"/conversations/{secret_turn['conversation']}.json"):  # fmt: skip
        answer = people[role].client.get(path)
        if role and path.endswith("/live"):  # as of one that there is not
            assert answer.json() == people[role].client.get("/conversations/none/live").json() == {"live": False}
        else:
            assert answer.status_code == (404 if role else 401)
        assert SECRET not in answer.text
    assert SECRET not in people[role].client.get("/account/export.jsonl").text


def test_every_address_that_is_not_open_asks_who_is_there(people: dict[str, Person], laid_out: dict[str, Any]) -> None:
    nobody = people[""].client
    assert len(laid_out["paths"]) > 60
    for path, method in laid_out["paths"]:
        answer = nobody.request(method, path)
        if path in OPEN or path.startswith(OPEN_BELOW):
            assert answer.status_code != 500, path
        else:
            assert answer.status_code in (303, 401, 403, 404, 405, 421), (method, path, answer.status_code)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "", "sec-fetch-site": "cross-site"},
        {"origin": ""},
    ],
)
def test_a_change_that_another_site_asks_for_is_refused(
    people: dict[str, Person], address: str, headers: dict[str, str]
) -> None:
    sent = {name: value for name, value in headers.items() if value}
    with httpx.Client(base_url=address, cookies=people["student"].client.cookies) as client:
        for path in ("/account", "/logout", "/login", "/gradio_api/queue/join", "/gradio_api/upload"):
            answer = client.post(path, headers=sent)
            assert (answer.status_code, "another site" in answer.text) == (403, True), path
    assert people["student"].client.get("/account").status_code == 200


def test_what_is_sent_back_is_never_kept_by_a_cache(people: dict[str, Person]) -> None:
    assert people["student"].client.get("/account").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/tags", "/tags"),
        ("/?c=ab12", "/?c=ab12"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("//[", "/"),
        ("/a//[b]", "/a//%5Bb%5D"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_nowhere_else(wanted: str, led: str) -> None:
    assert own_path(wanted) == led


def test_what_happens_in_the_session_of_somebodys_page_is_told_to_nobody_else(people: dict[str, Person]) -> None:
    config = config_of(people["student"])
    ask = next(
        e["id"] for e in config["dependencies"] if inputs_of(config, e["id"])[:1] == ["question"] and e["outputs"]
    )
    asked = {"data": [None] * 3, "fn_index": ask, "session_hash": "guessed", "event_data": None}
    assert people["student"].client.post("/gradio_api/queue/join", json=asked).status_code == 200
    other = people["other"].client
    for method, path, body in (
        ("GET", "/gradio_api/queue/data?session_hash=guessed", None),
        ("GET", "/gradio_api/heartbeat/guessed", None),
        ("POST", "/gradio_api/queue/join", asked),
        ("POST", "/gradio_api/cancel", {"session_hash": "guessed", "fn_index": ask, "event_id": "0"}),
    ):
        answer = other.request(method, path, json=body)
        assert (answer.status_code, "somebody else" in answer.text) == (403, True), path
    assert '"process_completed"' in people["student"].event(ask, [None] * 3, "guessed")[1]


@pytest.mark.parametrize(
    "path", ["https://course.example/", "http://127.0.0.1:1/", "/etc/passwd", "HTTPS://[::1]/", ""]
)
def test_no_file_but_an_upload_is_given_and_no_address_is_fetched(people: dict[str, Person], path: str) -> None:
    for role in NAMES:
        answer = people[role].client.get(f"/gradio_api/file={path}")
        assert (answer.status_code, "no such file" in answer.text) == (404, True), role


def test_a_student_uploads_little_and_not_too_often(people: dict[str, Person]) -> None:
    def upload(role: str, size: int) -> httpx.Response:
        return people[role].client.post("/gradio_api/upload", files=[("files", ("rows.csv", b"x" * size))])

    large = upload("student", LARGEST_TABLE)
    assert (large.status_code, f"{LARGEST_TABLE:,} bytes" in large.text) == (413, True)
    assert upload("admin", LARGEST_TABLE).status_code == 200
    sent = [upload("other", LARGEST_TABLE // 2).status_code for _ in range(2 * UPLOADED_AN_HOUR // LARGEST_TABLE)]
    assert (sent[0], sent[-1]) == (200, 429)
    assert upload("reviewer", 1_000).status_code == 200  # only who uploads much waits


@pytest.mark.parametrize("path", ["/mcpx", "/metrics/x", "/metricsx", "/mcp/x"])
def test_what_only_looks_like_an_address_with_keys_is_not_let_through(people: dict[str, Person], path: str) -> None:
    assert "nothing here" in people["student"].client.get(path).text
    assert "nothing here" in people[""].client.get(path).text
