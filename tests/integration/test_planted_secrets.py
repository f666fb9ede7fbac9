"""Secrets are planted wherever one may get to, and then looked for in whatever a course server writes or sends."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_server import run
from tests.comet_server import CometServer
from tests.made_secrets import GITHUB, JWT, SK
from tests.model_server import ModelServer, Reply
from tests.people import PASSWORD, course_server, secret_of, sign_in
from ui.access import SESSION

pytestmark = pytest.mark.integration

WAIT_S = 60.0


def planted(what: str) -> str:
    """Make a secret up that nothing else can hold."""
    return f"{what}{secrets.token_hex(12)}"


@dataclass(frozen=True)
class Found:
    """What came out, by where; and what must not be in it."""

    written: dict[str, str]
    planted: dict[str, str]
    questions: dict[str, str]


def about_keys(secret: str) -> str:
    return f"What is ReAct? My key is {SK}, password={secret}, and token: {JWT} {GITHUB}"


def told(client: httpx.Client, address: str, key: str, typed: dict[str, str]) -> dict[str, str]:
    """Ask, and go wrong in many ways; give what was answered to each."""
    headers = {"authorization": f"Bearer {key}"}
    asked: Any = {"model": "lectern", "messages": [{"role": "user", "content": "What is ReAct?"}]}
    source = f"http://reader:{typed['in an address']}@127.0.0.1:1/x?api_key={typed['in a query']}"
    wrong_key = {"authorization": f"Bearer lk_00000000_{typed['a wrong key']}"}
    other = httpx.Client(base_url=address, headers={"origin": address.rstrip("/")}, timeout=60.0)
    with closing(other):
        answers = {
            "the model's refusal": client.post("v1/chat/completions", json=asked, headers=headers),
            "the same by plain HTTP": client.post("api/ask", json={"question": "What is ReAct?"}, headers=headers),
            "a source": client.post("api/library", json={"sources": [source]}, headers=headers),
            "a wrong key": client.get("v1/models", headers=wrong_key),
            "a wrong password": other.post("login", data={"name": "student", "password": typed["a password"]}),
            "a password for a name": other.post("login", data={"name": "nobody", "password": typed["a password"]}),
            "a way back": other.get(f"oidc/callback?code={typed['a code']}&state={typed['a code']}"),
            "a query": other.get(f"login?token={typed['in a query']}"),
            "readiness": other.get("readyz"),
            "figures": client.get("metrics", headers=headers),
            "the description": client.get("api/openapi.json", headers=headers),
            "the settings": client.get("help"),
        }
    return {f"the answer to {name}": answer.text for name, answer in answers.items()}


@pytest.fixture(scope="module")
def found(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    folder = tmp_path_factory.mktemp("planted")
    typed = {name: planted("zz") for name in ("in an address", "in a query", "a wrong key", "a password", "a code")}
    model_key, provider_secret, in_question = planted("sk-proj-"), planted("shh"), planted("hunter")
    with CometServer(key=planted("comet")) as comet, ModelServer() as model:
        echoed = f"Incorrect API key provided: {model_key}. Authorization: Bearer {model_key}"
        model.default = lambda request: Reply(text="ReAct is a prompting method [1].")
        with course_server(
            web_home, folder, LECTERN_LOG="json", OPENAI_BASE_URL=model.url, OPENAI_API_KEY=model_key,
            LECTERN_MODEL="m", COMET_API_KEY=comet.key, COMET_URL_OVERRIDE=comet.url,
            LECTERN_OIDC_ISSUER="http://127.0.0.1:9", LECTERN_OIDC_CLIENT_ID="lectern",
            LECTERN_OIDC_CLIENT_SECRET=provider_secret,
        ) as address, closing(sign_in(address, "admin").client) as client:  # fmt: skip
            key = run(folder / "home", "accounts", "key", "admin").strip()
            headers = {"authorization": f"Bearer {key}"}
            question = {"question": about_keys(in_question)}
            assert client.post("api/ask", json=question, headers=headers).status_code == 200
            model.default = Reply(status=401, error={"message": echoed, "type": "invalid_request_error"})
            answers = told(client, address, key, typed)
            answers["the export"] = client.get("account/export.jsonl").text
            until = time.monotonic() + WAIT_S
            while len(comet.chains) < 3 and time.monotonic() < until:
                time.sleep(0.1)
            assert len(comet.chains) >= 3
            session = client.cookies[SESSION]
        sent = "\n".join(request.raw.decode("utf-8", "replace") for request in comet.arrived)
    kept = b"".join(file.read_bytes() for file in (folder / "home").glob("traces.sqlite3*")).decode("latin-1")
    yield Found(
        {"the log": (folder / "ui.log").read_text(), "what Comet was sent": sent, "the store": kept, **answers},
        {
            "the model's key": model_key, "the provider's secret": provider_secret, "Comet's key": comet.key,
            "a session": session, "a key of ours": secret_of(key), "a password of ours": PASSWORD, **typed,
        },
        {"a password": in_question, "a key": SK, "a token": JWT, "another's key": GITHUB},
    )  # fmt: skip


def leaks(found: Found, hidden: Mapping[str, str]) -> list[str]:
    """Say which secret stands where."""
    return [
        f"{what} is in {where}"
        for where, text in found.written.items()
        for what, secret in hidden.items()
        if secret in text
    ]


def test_what_was_planted_is_found_in_nothing_that_is_written_sent_or_shown(found: Found) -> None:
    assert "turn ended" in found.written["the log"] and "ReAct" in found.written["what Comet was sent"]
    assert leaks(found, found.planted) == []


def test_what_somebody_wrote_into_a_question_is_kept_sent_and_logged_without_its_keys(found: Found) -> None:
    assert leaks(found, found.questions) == []


def test_the_log_holds_no_word_of_what_was_asked_and_no_name(found: Found) -> None:
    for word in ("ReAct", "My key", "prompting method", "nobody", '"admin"', '"student"'):
        assert word not in found.written["the log"]
