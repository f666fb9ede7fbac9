"""Accounts, sessions, keys and failed sign-ins, over a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.accounts.accounts import IDLE_S, LONGEST_S, Accounts
from assistant.accounts.attempts import FREE, LONGEST_WAIT_S
from assistant.accounts.keys import MOST, Keys, check_scopes
from assistant.accounts.people import ALLOWED, Action, Person, Role, authorize
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Review, is_proposal
from index_store.errors import AccountUnknown, InvalidInput, NotAllowed, NotSignedIn, SignInRefused
from tests.conftest import Clock
from tests.people import PASSWORD as GOOD
from tests.people import secret_of
from tests.test_trace_store import keep


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


def test_who_is_removed_stands_in_reviews_under_a_pseudonym_and_others_under_their_names(accounts: Accounts) -> None:
    rev, other = accounts.add("Rev", Role.REVIEWER, GOOD), accounts.add("Other", Role.REVIEWER, GOOD)
    trace = keep(accounts.store)
    for name, asked in ((rev.name, other.name), (other.name, rev.name)):
        accounts.store.add_review(Review(trace, name, 1.0, "right", assignee=asked))
    accounts.remove(rev)
    kept = TraceReader(accounts.store.engine).get(trace)["reviews"]
    first, second = [(review["reviewer"], review["assignee"]) for review in kept]
    assert (first[1], second[0]) == ("Other", "Other")
    assert first[0] == second[1] and rev.id.startswith(first[0].split()[-1])
    assert not is_proposal(kept[0])


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
