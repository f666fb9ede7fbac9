"""What an OpenID provider says is believed where it is signed, fresh, for us, and from the provider that was set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from assistant.accounts.accounts import Accounts
from assistant.accounts.people import Role
from assistant.tracing.store import TraceStore
from tests.oidc_server import Claims, Provider, lying_provider
from tests.people import course_server
from ui.access import SESSION
from ui.oidc import subject_of


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with lying_provider() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("provided")


@pytest.fixture(scope="module")
def address(web_home: Path, folder: Path, provider: Provider) -> Iterator[str]:
    with course_server(
        web_home, folder, LECTERN_OIDC_ISSUER=provider.issuer, LECTERN_OIDC_CLIENT_ID="lectern",
        LECTERN_OIDC_CLIENT_SECRET="shh-provider-secret", LECTERN_OIDC_CLAIM="groups",
        LECTERN_OIDC_ROLES="reviewer=staff admin=lecturer",
    ) as found:  # fmt: skip
        yield found


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> None:
    provider.lie, provider.signs_with = (lambda claims: None), provider.key
    provider.unsigned = provider.cancels = False


def begun(client: httpx.Client) -> str:
    """Go to the provider; give the way back."""
    there = client.get("/oidc/start").headers["location"]
    return httpx.get(there).headers["location"]


def came_in(address: str) -> bool:
    """Sign in by way of the provider; tell whether that opened a session."""
    with httpx.Client(base_url=address, timeout=30.0) as client:
        answer = client.get(begun(client))
        return answer.status_code == 303 and client.get("/account").status_code == 200


def test_an_honest_provider_is_believed_and_asked_with_a_verifier(address: str, provider: Provider) -> None:
    provider.verified.clear()
    assert came_in(address)
    assert provider.verified == [True]


LIES: dict[str, Callable[[Claims], object]] = {
    "another issuer": lambda c: c.update(iss="https://evil.example"),
    "another audience": lambda c: c.update(aud="another client"),
    "another audience on our behalf": lambda c: c.update(aud="another client", azp="lectern"),
    "another nonce": lambda c: c.update(nonce="replayed"),
    "no nonce": lambda c: c.pop("nonce"),
    "over": lambda c: c.update(exp=c["iat"] - 3600, iat=c["iat"] - 7200),
    "without end": lambda c: c.pop("exp"),
    "about nobody": lambda c: c.pop("sub"),
    "about an empty name": lambda c: c.update(sub=""),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_for_us_now_opens_nothing(address: str, provider: Provider, lie: str) -> None:
    provider.lie = lambda claims: LIES[lie](claims) and None
    assert not came_in(address)


def test_a_token_that_another_signed_or_nobody_opens_nothing(address: str, provider: Provider) -> None:
    provider.signs_with = provider.other
    assert not came_in(address)
    provider.signs_with, provider.unsigned = provider.key, True
    assert not came_in(address)


def test_a_way_back_is_good_once_and_for_the_browser_that_began_it(address: str, provider: Provider) -> None:
    with httpx.Client(base_url=address, timeout=30.0) as ada, httpx.Client(base_url=address, timeout=30.0) as eve:
        back = begun(ada)
        assert eve.get(back).status_code == 502  # it lies in Ada's cookie that she began it
        assert ada.get(back).status_code == 303
        assert ada.get(back).status_code == 502
        assert SESSION not in eve.cookies


def test_who_cancels_at_the_provider_is_told_so_and_may_try_again(address: str, provider: Provider) -> None:
    provider.cancels = True
    with httpx.Client(base_url=address, timeout=30.0) as client:
        answer = client.get(begun(client))
        assert (answer.status_code, "You cancelled" in answer.text) == (403, True)
        assert SESSION not in client.cookies
        provider.cancels = False
        assert client.get(begun(client)).status_code == 303


@pytest.mark.integration  # a server of its own
def test_a_provider_that_says_that_it_is_another_is_not_believed(web_home: Path, tmp_path: Path) -> None:
    with lying_provider() as provider:
        provider.issuer_told = "https://evil.example"
        provider.lie = lambda claims: claims.update(iss="https://evil.example")
        with course_server(
            web_home, tmp_path, LECTERN_OIDC_ISSUER=provider.issuer, LECTERN_OIDC_CLIENT_ID="lectern",
            LECTERN_OIDC_CLIENT_SECRET="shh-provider-secret",
        ) as address:  # fmt: skip
            assert not came_in(address)


def test_who_was_disabled_does_not_come_back_through_the_provider(
    address: str, provider: Provider, folder: Path
) -> None:
    provider.lie = lambda claims: claims.update(sub="gone", preferred_username="Gone")
    assert came_in(address)
    store = TraceStore(folder / "home")
    with closing(store):
        accounts = Accounts(store)
        accounts.set_disabled(accounts.find("Gone"), True)
    assert not came_in(address)


def test_a_session_that_was_there_before_is_not_taken_over(address: str, provider: Provider) -> None:
    with httpx.Client(base_url=address, timeout=30.0) as client:
        client.cookies.set(SESSION, "planted")
        assert client.get(begun(client)).status_code == 303
        tokens = [cookie.value for cookie in client.cookies.jar if cookie.name == SESSION]
        assert "planted" not in tokens[-1:]
        client.cookies.clear()
        client.cookies.set(SESSION, "planted")
        assert client.get("/account").status_code == 401


def test_a_name_from_the_provider_is_a_text(address: str, provider: Provider) -> None:
    provider.lie = lambda claims: claims.update(sub="<x>", preferred_username="<img src=x onerror=alert(1)>\n")
    with httpx.Client(base_url=address, timeout=30.0) as client:
        client.get(begun(client))
        shown = client.get("/account").text
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown
    assert "<img" not in shown


def test_the_role_follows_the_claim_at_each_sign_in(address: str, provider: Provider, folder: Path) -> None:
    for groups, role in ((["staff"], Role.REVIEWER), ([], Role.STUDENT), (["lecturer"], Role.ADMIN)):
        provider.lie = lambda claims, groups=groups: claims.update(  # type: ignore[misc]
            sub="moves", preferred_username="Moves", groups=groups
        )
        assert came_in(address)
        store = TraceStore(folder / "home")
        with closing(store):
            assert Accounts(store).find("Moves").role is role


def test_identities_that_differ_late_are_two() -> None:
    issuer, long = "https://login.example", "x" * 500
    assert subject_of(issuer, "ada") == "https://login.example|ada"
    assert subject_of(issuer, f"{long}1") != subject_of(issuer, f"{long}2")
    assert len(subject_of(issuer, long)) <= 400
