"""Every address for programs, as nobody, as each role and with each scope: refused or allowed as it is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import pytest

from assistant.accounts.accounts import Accounts
from assistant.accounts.people import ALLOWED, Action, Person, Role
from assistant.tracing.store import TraceStore
from index_store.errors import NotSignedIn, SignInRefused
from tests.api_server import Keys, Served, extra, served_api
from ui.access import Access, AccountAccess
from ui.api_entrance import Entrance
from ui.api_errors import problem

NEEDS: dict[tuple[str, str], frozenset[Action]] = {
    ("GET", "/v1/models"): frozenset({Action.ASK, Action.TAG, Action.SEARCH}),  # any of them
    ("GET", "/v1/models/{model}"): frozenset({Action.ASK}),
    ("POST", "/v1/chat/completions"): frozenset({Action.ASK}),
    ("POST", "/v1/embeddings"): frozenset({Action.SEARCH}),
    ("POST", "/api/search"): frozenset({Action.SEARCH}),
    ("POST", "/api/ask"): frozenset({Action.ASK}),
    ("POST", "/api/tags"): frozenset({Action.TAG}),
    ("POST", "/api/tags/batch"): frozenset({Action.TAG}),
    ("GET", "/api/library"): frozenset({Action.LIBRARY}),
    ("POST", "/api/library"): frozenset({Action.LIBRARY_CHANGE}),
    ("POST", "/api/library/uploads"): frozenset({Action.LIBRARY_CHANGE}),
    ("GET", "/api/library/{document}"): frozenset({Action.LIBRARY}),
    ("DELETE", "/api/library/{document}"): frozenset({Action.LIBRARY_CHANGE}),
    ("GET", "/api/traces"): frozenset({Action.OWN}),
    ("GET", "/api/traces/export"): frozenset({Action.OWN}),
    ("GET", "/api/traces/{trace_id}"): frozenset({Action.OWN, Action.REVIEW}),
    ("DELETE", "/api/traces/{trace_id}"): frozenset({Action.OWN}),
    ("POST", "/api/traces/{trace_id}/feedback"): frozenset({Action.OWN}),
    ("POST", "/api/traces/{trace_id}/reviews"): frozenset({Action.REVIEW}),
}
"""What it takes at each address: one of these is enough."""
BODIES: dict[str, Any] = {
    "/v1/chat/completions": {"model": "lectern", "messages": [{"role": "user", "content": "?"}]},
    "/v1/embeddings": {"model": "lectern-embedding", "input": ""},
    "/api/library": {"sources": ["http://"]},
    "/api/tags": {"abstract": " "},
    "/api/traces/{trace_id}/feedback": {"vote": None},
    "/api/traces/{trace_id}/reviews": {},
}
"""What is asked for: allowed, it is then refused for another reason, so that nothing is done."""


def routes_of(guarded: Served) -> set[tuple[str, str]]:
    """Give all that the description names."""
    paths = guarded.api.description()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def ask(guarded: Served, method: str, path: str, key: str | None) -> httpx.Response:
    at = path.replace("{trace_id}", "0" * 32).replace("{model}", "lectern").replace("{document}", "none")
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return httpx.request(method, guarded.address + at, json=BODIES.get(path), headers=headers)


def test_each_address_says_what_it_takes(guarded: Served) -> None:
    assert routes_of(guarded) == set(NEEDS)


@pytest.mark.parametrize("path", ["/api/openapi.json", "/v1/none", "/api/none", "/mcp", *sorted({p for _, p in NEEDS})])
def test_nobody_gets_anything_by_any_method(guarded: Served, keys: Keys, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = ask(guarded, method, path, None)
        assert answer.status_code == 401, (method, path, answer.text)
        assert ask(guarded, method, path, "guessed").status_code == 401


def test_a_key_that_is_guessed_too_often_has_to_wait(guarded: Served, keys: Keys) -> None:
    keys.raises = SignInRefused("Too many keys were tried.", hint="Wait.", retry_after_s=30)
    try:
        answer = ask(guarded, "GET", "/v1/models", "guessed")
    finally:
        keys.raises = None
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")


@pytest.mark.parametrize("route", NEEDS, ids=" ".join)
def test_each_role_gets_what_it_may(guarded: Served, route: tuple[str, str]) -> None:
    for key, role in (("ann", Role.STUDENT), ("rita", Role.REVIEWER), ("root", Role.ADMIN)):
        refused = ask(guarded, *route, key).status_code == 403
        assert refused == (not NEEDS[route] & ALLOWED[role]), (route, role)


@pytest.mark.parametrize("route", NEEDS, ids=" ".join)
def test_a_key_gets_what_its_scopes_name(guarded: Served, keys: Keys, route: tuple[str, str]) -> None:
    for scope in Action:
        keys.people["narrow"] = Person("id-narrow", Role.ADMIN, "narrow", frozenset({scope}))
        refused = ask(guarded, *route, "narrow").status_code == 403
        assert refused == (scope not in NEEDS[route]), (route, scope)


def test_who_has_not_agreed_cannot_ask_yet(guarded: Served, keys: Keys) -> None:
    keys.people["new"] = Person("id-new", Role.STUDENT, "new", agreed=False)
    assert ask(guarded, "POST", "/v1/chat/completions", "new").status_code == 403
    assert ask(guarded, "POST", "/api/tags", "new").status_code == 403
    assert ask(guarded, "GET", "/api/library", "new").status_code == 200


def test_the_key_of_an_account_works_until_it_is_revoked(api_home: Path) -> None:
    store = TraceStore(api_home)
    access = AccountAccess(Accounts(store, "the text"))
    ann = access.accounts.add("ann", Role.STUDENT, "correct horse battery")
    key, narrow = access.keys.add(ann, "laptop"), access.keys.add(ann, "tags", {Action.TAG})
    asked: list[Any] = [{"role": "user", "content": "How hot is stoneware fired?"}]
    with served_api(api_home, access) as served, openai.OpenAI(base_url=served.openai, api_key=key) as client:
        with pytest.raises(openai.PermissionDeniedError, match="not agreed"):
            client.chat.completions.create(model="lectern", messages=asked)
        access.accounts.agree(ann.id, "the text")
        trace = extra(client.chat.completions.create(model="lectern", messages=asked))["trace_id"]
        with pytest.raises(openai.PermissionDeniedError, match="scopes"):
            client.with_options(api_key=narrow).chat.completions.create(model="lectern", messages=asked)
        assert [m.id for m in client.with_options(api_key=narrow).models.list()] == ["lectern-tagger"]
        listed = httpx.get(f"{served.address}/api/traces", headers={"authorization": f"Bearer {key}"}).json()
        assert [t["id"] for t in listed["traces"]] == [trace]
        access.keys.revoke(key.split("_")[1])
        with pytest.raises(openai.AuthenticationError):
            client.models.list()
    store.close()


def test_a_body_is_not_read_before_it_is_known_who_sends_it(guarded: Served) -> None:
    answer = httpx.post(f"{guarded.address}/api/ask", content=b"x" * 5_000_000)
    assert answer.status_code == 401
    assert NotSignedIn().message in answer.text


def test_a_body_that_does_not_say_its_size_is_bounded_too(guarded: Served) -> None:
    headers = {"authorization": "Bearer ann", "content-type": "application/json"}
    pieces = (b" " * 100_000 for _ in range(50))
    answer = httpx.post(f"{guarded.address}/api/ask", content=pieces, headers=headers)
    assert answer.status_code == 413 and re.search(r"4,000,000 bytes", answer.text)


async def test_nothing_large_is_read_of_somebody_who_may_not_send_it() -> None:
    class Students:
        def client(self, request: Any) -> Person:
            return Person("s", Role.STUDENT, "Sam")

    async def unreachable(*what: Any) -> Any:
        raise AssertionError("it went on")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    larger = {"/library/uploads": (10**9, Action.LIBRARY_CHANGE)}
    entrance = Entrance(unreachable, cast(Access, Students()), problem, larger)
    scope = {"type": "http", "method": "POST", "path": "/library/uploads", "headers": [], "query_string": b""}
    await entrance(scope, unreachable, send)
    assert sent[0]["status"] == 403
