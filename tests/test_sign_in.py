"""Signing in and out, the agreement, one's own account, and an OpenID provider; over HTTP against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from assistant.accounts.accounts import Accounts
from assistant.accounts.people import Role
from assistant.tracing.store import TraceStore
from tests.chat_server import run
from tests.people import PASSWORD, Person, course_server, sign_in
from ui.access import SESSION
from ui.oidc import role_of

CLAIMS = {
    "tutor": {"sub": "tutor", "preferred_username": "Tina Tutor", "groups": ["staff", "everybody"]},
    "boss": {"sub": "boss", "preferred_username": "student", "groups": ["lecturer", "staff"]},
    "pupil": {"sub": "pupil", "email": "pupil@uni.example", "groups": "everybody"},
}


@contextmanager
def provider() -> Iterator[str]:
    """Run an OpenID provider on loopback, who says who is in which group."""
    users = [f"--user-claims={json.dumps(claims)}" for claims in CLAIMS.values()]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0", *users]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        address = next((m[0] for line in process.stdout if (m := re.search(r"http://[\w.]+:\d+", line))), None)
        assert address is not None
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield address.replace("localhost", "127.0.0.1").replace("0.0.0.0", "127.0.0.1")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signing-in")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def address(web_home: Path, folder: Path, issuer: str) -> Iterator[str]:
    with course_server(
        web_home, folder, LECTERN_OIDC_ISSUER=issuer, LECTERN_OIDC_CLIENT_ID="lectern",
        LECTERN_OIDC_CLIENT_SECRET="shh-provider-secret", LECTERN_OIDC_CLAIM="groups",
        LECTERN_OIDC_ROLES="reviewer=staff admin=lecturer",
    ) as found:  # fmt: skip
        yield found


def told(home: Path, name: str, password: str) -> str:
    store = TraceStore(home)
    accounts = Accounts(store)
    try:
        return accounts.sign_in(name, password, "test")
    finally:
        store.close()


def test_a_wrong_password_is_told_and_the_name_stays(address: str) -> None:
    with closing(sign_in(address, "").client) as client:
        answer = client.post("/login", data={"name": "<b>ada</b>", "password": "wrong password", "next": "/tags"})
        assert answer.status_code == 401
        assert "do not fit" in answer.text
        assert "&lt;b&gt;ada&lt;/b&gt;" in answer.text
        assert "<b>" not in answer.text
        assert "set-cookie" not in answer.headers


def test_who_guesses_is_told_when_to_try_again(address: str) -> None:
    with closing(sign_in(address, "").client) as client:
        for _ in range(8):
            answer = client.post("/login", data={"name": "reviewer", "password": "wrong password"})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1


def test_the_session_is_kept_in_a_cookie_that_no_script_reads(address: str) -> None:
    with closing(sign_in(address, "").client) as client:
        answer = client.post("/login", data={"name": "student", "password": PASSWORD})
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
        https = {"x-forwarded-proto": "https", "origin": address.replace("http", "https").rstrip("/")}
        answer = client.post("/login", data={"name": "student", "password": PASSWORD}, headers=https)
        assert "Secure" in answer.headers["set-cookie"]


def test_another_session_begins_with_each_sign_in_and_ends_with_sign_out(address: str) -> None:
    one, two = sign_in(address, "student").client, sign_in(address, "student").client
    with closing(one), closing(two):
        tokens = {client.cookies[SESSION] for client in (one, two)}
        assert len(tokens) == 2
        assert one.post("/logout").headers["location"] == "/login"
        one.cookies.set(SESSION, tokens.difference({two.cookies[SESSION]}).pop())
        assert one.get("/account").status_code == 401
        assert two.get("/account").status_code == 200


def test_who_has_not_agreed_is_shown_the_text_before_anything_else(address: str, folder: Path) -> None:
    run(folder / "home", "accounts", "remove", "newcomer", expected=3, merged=True)
    store = TraceStore(folder / "home")
    Accounts(store).add("newcomer", Role.STUDENT, PASSWORD)
    store.close()
    with closing(sign_in(address, "newcomer").client) as client:
        led = client.get("/tags")
        assert (led.status_code, led.headers["location"]) == (303, "/account/agreement?next=/tags")
        assert "under a random pseudonym" in client.get("/account/agreement").text
        event = {"data": [], "fn_index": 1, "session_hash": "x"}
        assert client.post("/gradio_api/queue/join", json=event).status_code == 403
        assert client.post("/account/agreement", data={"next": "/tags"}).headers["location"] == "/tags"
        assert client.get("/tags").status_code == 200


def test_a_key_is_made_shown_once_and_revoked(address: str) -> None:
    with closing(sign_in(address, "student").client) as client:
        made = client.post("/account", data={"do": "key", "label": "<i>laptop</i>", "scope-ask": "1"}).text
        key = re.search(r"lk_[0-9a-f]{8}_[\w-]{43}", made)
        assert key is not None
        listed = client.get("/account").text
        assert key[0] not in listed
        assert "&lt;i&gt;laptop" in listed
        answer = client.post("/account", data={"do": "revoke", "key": key[0].split("_")[1]})
        assert "revoked" in answer.text
        again = client.post("/account", data={"do": "revoke", "key": key[0].split("_")[1]})
        assert "There is no key" in again.text
        assert "lectern accounts" not in again.text  # a student has no terminal there


def test_a_key_without_a_scope_is_not_one_for_everything(address: str) -> None:
    with closing(sign_in(address, "student").client) as client:
        answer = client.post("/account", data={"do": "key", "label": "all of it?"})
        assert "No scope was chosen" in answer.text and "all of it?" not in client.get("/account").text


def test_a_password_is_changed_by_whoever_knows_it_and_others_are_out(address: str, folder: Path) -> None:
    with closing(sign_in(address, "other").client) as client, closing(sign_in(address, "other").client) as elsewhere:
        wrong = client.post("/account", data={"do": "password", "old": "wrong password", "new": "a long new password"})
        assert "do not fit" in wrong.text
        weak = client.post("/account", data={"do": "password", "old": PASSWORD, "new": "short"})
        assert "5 characters" in weak.text
        assert elsewhere.get("/account").status_code == 200
        changed = client.post("/account", data={"do": "password", "old": PASSWORD, "new": "a long new password"})
        assert changed.status_code == 303
        assert client.get("/account").status_code == 200
        assert elsewhere.get("/account").status_code == 401
    assert told(folder / "home", "other", "a long new password")


def test_who_mistypes_their_password_keeps_nobody_else_from_changing_theirs(address: str, folder: Path) -> None:
    store = TraceStore(folder / "home")
    made = [Accounts(store).add(f"pupil {n}", Role.STUDENT, PASSWORD).name for n in range(8)]
    store.close()
    wrong = {"do": "password", "old": "wrong password", "new": "a long new password"}
    for name in made[:7]:
        with closing(sign_in(address, name).client) as client:
            for _ in range(5):
                client.post("/account", data=wrong)
    with closing(sign_in(address, made[7]).client) as client:
        assert client.post("/account", data={**wrong, "old": PASSWORD}).status_code == 303


def test_what_is_ones_own_is_deleted_only_when_one_is_sure(address: str) -> None:
    with closing(sign_in(address, "student").client) as client:
        assert "you are sure" in client.post("/account", data={"do": "forget"}).text.lower()
        assert "turns are deleted" in client.post("/account", data={"do": "forget", "sure": "1"}).text


def test_the_last_admin_cannot_delete_itself(address: str) -> None:
    with closing(sign_in(address, "admin").client) as client:
        assert "last admin" in client.post("/account", data={"do": "remove", "sure": "1"}).text
        assert client.get("/account").status_code == 200


def test_a_form_that_is_far_too_long_is_not_read(address: str) -> None:
    with closing(sign_in(address, "student").client) as client:
        assert client.post("/account", data={"do": "x" * 30_000}).status_code == 413


def through_provider(address: str, sub: str, **changes: str) -> Person:
    """Go to the provider, say who one is, and come back."""
    client = httpx.Client(base_url=address, headers={"origin": address.rstrip("/")}, timeout=30.0)
    there = client.get("/oidc/start", params={"next": "/tags"}).headers["location"]
    assert "code_challenge_method=S256" in there
    back = httpx.post(there, data={"sub": sub}).headers["location"]
    for name, value in changes.items():
        back = re.sub(rf"{name}=[^&]*", f"{name}={value}", back)
    answer = client.get(back)
    if answer.status_code == 303:
        assert answer.headers["location"] == "/tags"
    return Person(sub, client)


@pytest.mark.parametrize(
    ("sub", "name", "role"),
    [("tutor", "Tina Tutor", "reviewer"), ("boss", "student (", "admin"), ("pupil", "pupil@uni.example", "student")],
)
def test_who_comes_from_the_provider_is_what_their_claim_says(address: str, sub: str, name: str, role: str) -> None:
    for _ in range(2):  # the second time, the account is there
        with closing(through_provider(address, sub).client) as client:
            shown = client.get("/account").text
            assert f"<strong>{name}" in shown
            assert f"</strong>, {role}." in shown
            assert "Password" not in shown


@pytest.mark.parametrize("changes", [{"state": "forged"}, {"code": "forged"}])
def test_a_way_back_that_was_not_begun_here_leads_nowhere(address: str, changes: dict[str, str]) -> None:
    with closing(through_provider(address, "tutor", **changes).client) as client:
        assert SESSION not in client.cookies
        assert client.get("/account").status_code == 401


@pytest.mark.integration  # a server of its own
def test_a_provider_that_is_not_there_is_told(web_home: Path, tmp_path: Path) -> None:
    with course_server(
        web_home, tmp_path, LECTERN_OIDC_ISSUER="http://127.0.0.1:9", LECTERN_OIDC_CLIENT_ID="lectern",
        LECTERN_OIDC_CLIENT_SECRET="shh-provider-secret",
    ) as address, httpx.Client(base_url=address) as client:  # fmt: skip
        answer = client.get("/oidc/start")
        assert answer.status_code == 502
        assert "cannot be reached" in answer.text
        assert "shh-provider-secret" not in (tmp_path / "ui.log").read_text() + answer.text


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        (None, "student"),
        ([], "student"),
        ("staff", "reviewer"),
        (["lecturer", "staff"], "admin"),
        ([{"x": 1}, 3], "student"),
    ],
)
def test_a_claim_of_any_shape_gives_the_highest_role_it_names(claim: object, role: str) -> None:
    assert role_of(claim, {"staff": Role.REVIEWER, "lecturer": Role.ADMIN}).value == role


def test_a_server_for_others_is_refused_without_accounts(tmp_path: Path) -> None:
    said = run(tmp_path, "ui", "--host", "0.0.0.0", "--port", "0", expected=3, merged=True)
    assert "accounts are off" in said
    assert "LECTERN_ACCOUNTS=1" in said


def test_without_accounts_a_proxy_and_a_foreign_name_are_refused(web_address: str) -> None:
    with httpx.Client(base_url=web_address) as client:
        proxied = client.get("/", headers={"x-forwarded-for": "10.0.0.9"})
        assert proxied.status_code == 403 and "LECTERN_" not in proxied.text  # it is told in the log
        assert client.get("/", headers={"host": "rebound.example"}).status_code == 421
        assert client.post("/gradio_api/queue/join", headers={"origin": "https://evil.example"}).status_code == 403
        assert client.get("/", headers={"host": "localhost"}).status_code == 200


def test_the_environment_of_the_tests_sets_no_accounts() -> None:
    assert "LECTERN_ACCOUNTS" not in os.environ
