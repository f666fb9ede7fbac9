"""Accounts, sessions, keys and failed sign-ins, over a real store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from assistant.accounts import accounts as module
from assistant.accounts.accounts import IDLE_S, LONGEST_S, Accounts
from assistant.accounts.attempts import FREE, LONGEST_OF_AN_ADDRESS_S, LONGEST_WAIT_S, Attempts, network_of
from assistant.accounts.keys import MOST, Keys, check_scopes
from assistant.accounts.people import ALLOWED, Action, Person, Role, authorize
from assistant.accounts.tables import accounts as tables
from assistant.accounts.tables import attempts as attempts_table
from assistant.accounts.tables import sessions
from assistant.tracing.store import TraceStore
from index_store.errors import AccountUnknown, InvalidInput, NotAllowed, NotSignedIn, SignInRefused
from tests.people import secret_of

GOOD = "correct horse battery"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    store = TraceStore(tmp_path, clock=clock)
    yield Accounts(store, clock=clock)
    store.close()


def test_who_signs_in_is_known_by_the_token(accounts: Accounts) -> None:
    added = accounts.add("Ada", Role.REVIEWER, GOOD)
    token = accounts.sign_in(" ada ", GOOD, "127.0.0.1")
    assert accounts.signed_in(token) == Person(added.id, Role.REVIEWER, "Ada")
    assert accounts.signed_in(token + "x") is None
    assert accounts.signed_in(None) is None


def test_nothing_that_could_sign_in_stands_in_the_database(accounts: Accounts, tmp_path: Path) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    token = accounts.sign_in("Ada", GOOD, "127.0.0.1")
    key = Keys(accounts).add(ada, "laptop")
    accounts.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("traces.sqlite3*"))
    assert b"Ada" in kept
    for secret in (GOOD, token, key, secret_of(key)):
        assert secret.encode() not in kept


@pytest.mark.parametrize(("name", "password"), [("Ada", "wrong password"), ("nobody", GOOD), ("Ada", "x" * 100_000)])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(accounts: Accounts, name: str, password: str) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    with pytest.raises(SignInRefused, match="do not fit") as refused:
        accounts.sign_in(name, password, "127.0.0.1")
    assert refused.value.retry_after_s is None


def test_who_guesses_waits_longer_each_time_and_who_is_elsewhere_does_not(accounts: Accounts, clock: Clock) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    waits = []
    for _ in range(FREE["both"] + 12):
        try:
            accounts.sign_in("Ada", "wrong password", "10.0.0.9")
        except SignInRefused as refused:
            if refused.retry_after_s:
                waits.append(refused.retry_after_s)
                clock.now += refused.retry_after_s + 0.01
    assert waits == sorted(waits)
    assert len(waits) >= 5
    assert waits[-1] <= LONGEST_WAIT_S
    assert accounts.sign_in("Ada", GOOD, "10.0.0.1")


def test_a_class_behind_one_address_mistypes_and_nobody_waits_but_who_tries_name_after_name_does(
    accounts: Accounts, clock: Clock
) -> None:
    attempts = Attempts(accounts.store, clock)
    for n in range(FREE["name"] + 10):
        assert attempts.take(f"student {n}", "10.0.0.9") == 0.0  # mistyped
        assert attempts.take(f"student {n}", "10.0.0.9") == 0.0
        attempts.succeeded(f"student {n}", "10.0.0.9")
    many = update(attempts_table).where(attempts_table.c.key.startswith("from:")).values(failures=FREE["from"] + 30)
    accounts.store.write(lambda connection: connection.execute(many))
    assert 0.0 < attempts.take("another name", "10.0.0.9") <= LONGEST_OF_AN_ADDRESS_S
    assert attempts.take("another name", "10.0.0.1") == 0.0
    clock.now += LONGEST_OF_AN_ADDRESS_S + 0.01
    assert attempts.take("another name", "10.0.0.9") == 0.0


def test_the_right_password_waits_too_while_somebody_guesses(accounts: Accounts, clock: Clock) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    for _ in range(FREE["both"]):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Ada", "wrong password", "10.0.0.9")
    with pytest.raises(SignInRefused, match="Too many attempts: try again in 1 s"):
        accounts.sign_in("Ada", GOOD, "10.0.0.9")
    clock.now += 1.1
    assert accounts.sign_in("Ada", GOOD, "10.0.0.9")
    for _ in range(FREE["both"]):  # the count began anew
        with pytest.raises(SignInRefused, match="do not fit"):
            accounts.sign_in("Ada", "wrong password", "10.0.0.9")


def test_many_at_once_are_let_through_no_more_often_than_one_after_another(accounts: Accounts) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    told: list[str] = []

    def guess(n: int) -> None:
        try:
            accounts.sign_in("Ada", f"wrong password {n}", "10.0.0.9")
        except SignInRefused as refused:
            told.append(refused.message)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("do not fit" in message for message in told) == FREE["both"]
    assert len(told) == 20


def test_a_guesser_who_has_a_network_of_addresses_is_one(accounts: Accounts) -> None:
    assert network_of("2001:db8:0:7:1:2:3:4") == network_of("2001:db8:0:7::9") != network_of("2001:db8:0:8::9")
    accounts.add("Ada", Role.STUDENT, GOOD)
    for n in range(FREE["both"]):
        with pytest.raises(SignInRefused, match="do not fit"):
            accounts.sign_in("Ada", "wrong password", f"2001:db8::{n:x}")
    with pytest.raises(SignInRefused, match="Too many"):
        accounts.sign_in("Ada", GOOD, "2001:db8::ffff")
    assert accounts.sign_in("Ada", GOOD, "2001:db8:0:1::1")


def test_a_session_ends_by_itself_idle_or_old(accounts: Accounts, clock: Clock) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    idle, busy = accounts.sign_in("Ada", GOOD, ""), accounts.sign_in("Ada", GOOD, "")
    steps = int(LONGEST_S // (IDLE_S / 2))
    for _ in range(steps):
        assert accounts.signed_in(busy) is not None
        clock.now += IDLE_S / 2
    assert accounts.signed_in(idle) is None
    clock.now += 1
    assert accounts.signed_in(busy) is None


def test_a_clock_that_was_ahead_and_is_set_back_keeps_nobody_out_or_in(accounts: Accounts, clock: Clock) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    clock.now += 400 * 86_400
    for _ in range(FREE["both"] + 5):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Ada", "wrong", "1.2.3.4")
    token = accounts.open_session(ada.id)
    clock.now -= 400 * 86_400
    assert accounts.signed_in(token) is None  # it would be open for more than a year
    with pytest.raises(SignInRefused) as told:
        accounts.sign_in("Ada", GOOD, "1.2.3.4")
    assert told.value.retry_after_s is not None and told.value.retry_after_s <= LONGEST_WAIT_S
    clock.now += LONGEST_WAIT_S + 1
    assert accounts.signed_in(accounts.sign_in("Ada", GOOD, "1.2.3.4")) is not None


def test_another_password_ends_all_sessions(accounts: Accounts) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    token = accounts.sign_in("Ada", GOOD, "")
    accounts.set_password(ada, "another long password")
    assert accounts.signed_in(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("Ada", GOOD, "")


def test_who_is_disabled_is_out_at_once_and_so_are_their_keys(accounts: Accounts) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    token, key = accounts.sign_in("Ada", GOOD, ""), Keys(accounts).add(ada, "laptop")
    accounts.set_disabled(ada, True)
    assert accounts.signed_in(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("Ada", GOOD, "")
    with pytest.raises(SignInRefused, match="may not sign in"):
        Keys(accounts).person(key)


def test_a_name_is_there_once_however_it_is_written(accounts: Accounts) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    for same in ("ADA", "ａｄａ", " ada"):
        with pytest.raises(InvalidInput, match="already"):
            accounts.add(same, Role.STUDENT, GOOD)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "Grace Hopper", "x" * 501])
def test_a_weak_password_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.add("grace hopper", Role.STUDENT, password)
    assert accounts.listed() == []


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 121])
def test_a_name_that_cannot_be_one_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.add(name, Role.STUDENT, GOOD)


def test_the_last_admin_stays(accounts: Accounts) -> None:
    root = accounts.add("root", Role.ADMIN, GOOD)
    for change in (
        lambda: accounts.remove(root),
        lambda: accounts.set_disabled(root, True),
        lambda: accounts.set_role(root, Role.STUDENT),
    ):
        with pytest.raises(InvalidInput, match="last admin"):
            change()
    accounts.add("other", Role.ADMIN, GOOD)
    accounts.remove(root)
    with pytest.raises(AccountUnknown):
        accounts.find("root")


def test_a_key_does_what_its_scopes_name_and_no_more(accounts: Accounts, clock: Clock) -> None:
    keys, ada = Keys(accounts), accounts.add("Ada", Role.REVIEWER, GOOD)
    person = keys.person(keys.add(ada, "laptop", {Action.ASK}, days=1))
    assert authorize(person, Action.ASK).id == ada.id
    with pytest.raises(NotAllowed, match="scopes lack 'tag'"):
        authorize(person, Action.TAG)
    with pytest.raises(InvalidInput, match="no 'accounts' to give"):
        keys.add(ada, "more", {Action.ACCOUNTS})
    assert keys.listed(ada)[0].scopes == ("ask",)


def test_a_key_ends_when_it_is_revoked_or_expires_or_its_owner_goes(accounts: Accounts, clock: Clock) -> None:
    keys, ada, bob = Keys(accounts), accounts.add("Ada", Role.STUDENT), accounts.add("Bob", Role.STUDENT)
    revoked, expired, left = keys.add(ada, "a"), keys.add(ada, "b", days=1), keys.add(bob, "c")
    with pytest.raises(AccountUnknown):
        keys.revoke(revoked.split("_")[1], bob)
    keys.revoke(revoked.split("_")[1], ada)
    clock.now += 86_401
    accounts.remove(bob)
    for key in (revoked, expired, left, "lk_", "", "sk-other", left[:-1], "lk_\x00_\ud800"):
        with pytest.raises(SignInRefused):
            keys.person(key)


def test_a_role_that_was_narrowed_narrows_its_keys(accounts: Accounts) -> None:
    keys, ada = Keys(accounts), accounts.add("Ada", Role.REVIEWER)
    key = keys.add(ada, "desk", {Action.REVIEW})
    assert keys.person(key).may(Action.REVIEW)
    accounts.set_role(ada, Role.STUDENT)
    assert not keys.person(key).may(Action.REVIEW)


def test_an_account_has_so_many_keys(accounts: Accounts) -> None:
    keys, ada = Keys(accounts), accounts.add("Ada", Role.STUDENT)
    for n in range(MOST):
        keys.add(ada, str(n))
    with pytest.raises(InvalidInput, match="Revoke one"):
        keys.add(ada, "more")


def test_a_scope_that_there_is_not_is_named() -> None:
    assert check_scopes(["ask", "library:change"]) == {Action.ASK, Action.LIBRARY_CHANGE}
    with pytest.raises(InvalidInput, match="'everything'"):
        check_scopes(["everything"])


def test_who_has_not_agreed_to_the_text_of_today_cannot_ask(accounts: Accounts) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    strict = Accounts(accounts.store, "hash-of-the-text", clock=accounts.clock)
    token = strict.sign_in("Ada", GOOD, "")
    person = strict.signed_in(token)
    assert authorize(person, Action.OWN)
    with pytest.raises(NotAllowed, match="not agreed"):
        authorize(person, Action.ASK)
    strict.agree(ada.id, "hash-of-the-text")
    assert authorize(strict.signed_in(token), Action.ASK)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_each_role_may_do_what_its_table_says(role: Role, action: Action) -> None:
    who = Person("p", role)
    if action in ALLOWED[role]:
        assert authorize(who, action) is who
    else:
        with pytest.raises(NotAllowed):
            authorize(who, action)
    with pytest.raises(NotSignedIn):
        authorize(None, action)


@pytest.mark.parametrize("role", Role)
def test_what_is_anothers_is_closed_to_every_role(role: Role) -> None:
    assert authorize(Person("me", role), Action.OWN, "me")
    with pytest.raises(NotAllowed, match="not yours"):
        authorize(Person("me", role), Action.OWN, "you")


def test_each_role_may_do_all_that_the_one_below_may() -> None:
    assert ALLOWED[Role.STUDENT] < ALLOWED[Role.REVIEWER] < ALLOWED[Role.ADMIN] == frozenset(Action)


def test_a_hash_of_an_earlier_profile_is_not_renewed_over_a_password_that_was_changed_meanwhile(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    other = f"{GOOD}, and another"

    def outdated(kept: str) -> bool:
        monkeypatch.undo()
        accounts.set_password(ada, other)
        return True

    monkeypatch.setattr(module, "is_outdated", outdated)
    with pytest.raises(SignInRefused, match="do not fit"):
        accounts.sign_in("Ada", GOOD, "")
    assert accounts.sign_in("Ada", other, "")


def test_a_hash_of_an_earlier_profile_is_renewed(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.add("Ada", Role.STUDENT, GOOD)
    monkeypatch.setattr(module, "is_outdated", lambda kept: True)
    with accounts.store.engine.connect() as connection:
        before = connection.execute(select(tables.c.password_hash)).scalar_one()
    assert accounts.signed_in(accounts.sign_in("Ada", GOOD, ""))
    with accounts.store.engine.connect() as connection:
        assert connection.execute(select(tables.c.password_hash)).scalar_one() != before


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_what_changes_while_a_password_is_checked_lets_no_session_begin(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    fits = module.fits

    def slowly(kept: str, given: str) -> bool:
        right = fits(kept, given)
        monkeypatch.setattr(module, "fits", fits)
        if change == "password":
            accounts.set_password(ada, f"{GOOD}, and another")
        else:
            accounts.set_disabled(ada, True)
        return right

    monkeypatch.setattr(module, "fits", slowly)
    with pytest.raises(SignInRefused, match="do not fit"):
        accounts.sign_in("Ada", GOOD, "")
    with accounts.store.engine.connect() as connection:
        assert connection.execute(select(sessions)).all() == []


def test_a_name_that_nobody_has_costs_a_hash_too(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    fits = module.fits
    monkeypatch.setattr(module, "fits", lambda kept, given: checked.append(kept) or fits(kept, given))
    with pytest.raises(SignInRefused):
        accounts.sign_in("nobody", GOOD, "")
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$")
