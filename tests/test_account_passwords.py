"""Passwords: who guesses waits, which are taken, how they are hashed, and what changes while one is checked."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from assistant.accounts import accounts as module
from assistant.accounts.accounts import Accounts
from assistant.accounts.attempts import FREE, LONGEST_OF_AN_ADDRESS_S, LONGEST_WAIT_S, Attempts, network_of
from assistant.accounts.people import Role
from assistant.accounts.tables import accounts as tables
from assistant.accounts.tables import attempts as attempts_table
from assistant.accounts.tables import sessions
from index_store.errors import InvalidInput, SignInRefused
from tests.conftest import Clock
from tests.people import PASSWORD as GOOD


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


def test_another_password_ends_all_sessions(accounts: Accounts) -> None:
    ada = accounts.add("Ada", Role.STUDENT, GOOD)
    token = accounts.sign_in("Ada", GOOD, "")
    accounts.set_password(ada, "another long password")
    assert accounts.signed_in(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("Ada", GOOD, "")


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "Grace Hopper", "x" * 501])
def test_a_weak_password_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.add("grace hopper", Role.STUDENT, password)
    assert accounts.listed() == []


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
