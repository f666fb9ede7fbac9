"""Nobody gets what is not theirs: every route and every event, as every role, over HTTP against a real server."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.accounts.people import ALLOWED, Action
from tests.people import NAMES, Person, config_of, course_server, layout, sign_in
from ui.guard import LARGEST_TABLE, OPEN, OPEN_BELOW, OWN_BELOW, PAGE_ACTIONS
from ui.page_sessions import UPLOADED_AN_HOUR
from ui.sign_in import own_path

SECRET = "zanzibar marmalade"
LOOKED_AT = {"conversation", "wanted", "voted", "turn", "trace", "ended"}
"""Inputs of events that hold an id of a turn or a conversation: what a page says in them may be another's."""
NO_IDS = {
    "abstract", "address", "assignee", "chosen", "chunk-page", "comment", "file", "files", "find", "find-document",
    "folder", "model", "older", "order", "other", "other-model", "page", "question", "retry", "review-comment",
    "reviewer", "right", "right-answer", "right-sources", "right-tags", "show", "text", "title", "try",
    "verdict", "version", "way",
}  # fmt: skip
"""The other inputs: texts, choices, places in a list, and documents, which are everybody's."""
OF_SOMEBODY = {
    "/turns/x": "/turns/{trace}",
    "/turns/x/pages/x.png": "/turns/{trace}/pages/0.png",
    "/turns/x/cells/x/x": "/turns/{trace}/cells/0/1",
    "/conversations/x.x": "/conversations/{conversation}.md",
    "/results/x/x": "/results/{trace}/tags.jsonl",
}
"""The addresses of ours that name a turn, a conversation or results, and what is asked for there."""


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


@pytest.fixture(scope="module")
def secret_turn(people: dict[str, Person], address: str) -> dict[str, str]:
    """A turn of somebody else's, and the conversation it is in."""
    config = config_of(people["other"])
    ask = next(
        e["id"] for e in config["dependencies"] if inputs_of(config, e["id"])[:1] == ["question"] and e["outputs"]
    )
    status, told = people["other"].event(ask, [f"What is ReAct? {SECRET}", "Course only", ""], "secret")
    assert status == 200
    follow = next(
        e["id"]
        for e in config["dependencies"]
        if inputs_of(config, e["id"]) == ["conversation"] and len(e["outputs"]) == 3
    )
    exported = ""
    for _ in range(100):
        exported = people["other"].client.get("/account/export.jsonl").text
        if '"status": "ok"' in exported or '"status": "refused"' in exported:
            break
        people["other"].event(follow, [""], "secret")
    import json

    turn = json.loads(exported.splitlines()[0])
    assert SECRET in turn["question"]
    return {"trace": turn["id"], "conversation": turn["conversation_id"]}


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
    assert {name for number in events for name in inputs_of(config, number)} == LOOKED_AT | NO_IDS


def test_every_address_of_ours_that_names_somebodys_is_tried(laid_out: dict[str, Any]) -> None:
    ours = {path for path, _ in laid_out["paths"] if path.startswith(OWN_BELOW) and not path.startswith("/account/")}
    assert ours == set(OF_SOMEBODY)


def test_every_event_of_a_stranger_with_anothers_ids_shows_and_changes_nothing(
    people: dict[str, Person], events: dict[int, Action], secret_turn: dict[str, str]
) -> None:
    student, other = people["student"], people["other"]
    config, before = config_of(student), other.client.get("/account/export.jsonl").text
    for number, action in events.items():
        if action not in ALLOWED[NAMES["student"]]:
            continue
        for given in secret_turn.values():
            data = [given if name in LOOKED_AT else None for name in inputs_of(config, number)]
            if not data or given not in data:
                continue
            status, told = student.event(number, data, f"stranger-{number}")
            assert status == 200
            assert SECRET not in told, number
    assert other.client.get("/account/export.jsonl").text == before


@pytest.mark.parametrize("role", ["", "student", "reviewer", "admin"])
def test_anothers_turn_is_not_there(people: dict[str, Person], secret_turn: dict[str, str], role: str) -> None:
    for path in (*(path.format(**secret_turn) for path in OF_SOMEBODY.values()),
                 f"/conversations/{secret_turn['conversation']}.json"):  # fmt: skip
        answer = people[role].client.get(path)
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
