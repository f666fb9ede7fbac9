"""Accounts: made, changed and removed; and signing in with a name and a password.

Who signs in gets a token for a cookie; the store keeps its SHA-256 alone. A name that nobody has takes as long as a
wrong password.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.accounts.attempts import Attempts
from assistant.accounts.passwords import checked_hash, fits, hash_of, is_outdated, name_key, nobodys
from assistant.accounts.people import Person, Role
from assistant.accounts.removing import erase
from assistant.accounts.tables import accounts, sessions
from assistant.tracing.database import reading
from assistant.tracing.redaction import storable
from assistant.tracing.store import TraceStore
from index_store.errors import AccountUnknown, InvalidInput, SignInRefused

LONGEST_NAME = 120
IDLE_S = 12 * 3600.0
"""A session that is not used for as long is over."""
LONGEST_S = 7 * 86_400.0
"""Every session is over after as long."""
UNFIT = "This name and password do not fit."
_SEEN_S = 300.0
"""How often a session's use is written down."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in; `agreed_to` is the hash of the text they agreed to last, None for none."""

    id: str
    name: str
    role: Role
    disabled: bool
    agreed_to: str | None
    created_at: float
    elsewhere: bool
    """Whether they sign in with an identity elsewhere."""


class Accounts:
    """The accounts of a store; safe from many threads. `consent` is the hash of the text to agree to, None for none."""

    def __init__(
        self, store: TraceStore, consent: str | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.store = store
        self.clock = clock
        self._consent = consent
        self._attempts = Attempts(store, clock)
        nobodys()

    def add(self, name: str, role: Role, password: str | None = None, subject: str | None = None) -> Account:
        """Make an account; `subject` names an identity elsewhere.

        Raises:
            InvalidInput: the name is taken or none, or the password is too weak.
            TracesUnavailable: when it cannot be written.
        """
        shown = _checked_name(name)
        made = uuid.uuid4().hex
        row = {
            "id": made,
            "name": shown,
            "name_key": name_key(shown),
            "role": role.value,
            "password_hash": None if password is None else checked_hash(password, shown),
            "subject": subject,
            "created_at": self.clock(),
        }
        try:
            self.store.write(lambda connection: connection.execute(insert(accounts), row))
        except Exception as exc:
            if isinstance(exc.__cause__, IntegrityError):
                raise InvalidInput(f"There is an account {shown!r} already.", hint="Choose another name.") from exc
            raise
        return self.by_id(made)

    def listed(self) -> list[Account]:
        """Give all accounts by name."""
        with reading(self.store.engine) as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name_key)).mappings().all()
        return [_account(row) for row in rows]

    def find(self, name: str) -> Account:
        """Give the account of a name.

        Raises:
            AccountUnknown: there is none.
        """
        return self._one(accounts.c.name_key == name_key(name), f"There is no account {name!r}.")

    def by_id(self, account: str) -> Account:
        """Give the account of a pseudonym.

        Raises:
            AccountUnknown: there is none.
        """
        return self._one(accounts.c.id == storable(account), "There is no such account.")

    def by_subject(self, subject: str) -> Account | None:
        """Give the account of an identity elsewhere, None where it has none yet."""
        try:
            return self._one(accounts.c.subject == subject, "")
        except AccountUnknown:
            return None

    def set_role(self, account: Account, role: Role) -> None:
        """Make somebody something else in the course.

        Raises:
            InvalidInput: they are the last admin.
        """
        if role is not Role.ADMIN:
            self.keep_an_admin(account)
        self._change(account, role=role.value)

    def set_password(self, account: Account, password: str) -> None:
        """Give an account another password; all its sessions end.

        Raises:
            InvalidInput: it is too weak.
        """
        self._change(account, password_hash=checked_hash(password, account.name))
        self.sign_out_everywhere(account.id)

    def set_disabled(self, account: Account, disabled: bool) -> None:
        """Let somebody no longer sign in, or again; their sessions end and their keys rest.

        Raises:
            InvalidInput: they are the last admin.
        """
        if disabled:
            self.keep_an_admin(account)
            self.sign_out_everywhere(account.id)
        self._change(account, disabled=disabled)

    def agree(self, account: str, text_hash: str) -> None:
        """Keep that somebody agreed to a text."""
        self._change(self.by_id(account), agreed_to=text_hash, agreed_at=self.clock())

    def remove(self, account: Account) -> None:
        """Remove an account with sessions, keys and its name in reviews; `TraceStore.forget` forgets what it asked.

        Raises:
            InvalidInput: they are the last admin.
        """
        self.keep_an_admin(account)
        self.store.write(lambda connection: erase(connection, account.id, account.name))

    def sign_in(self, name: str, password: str, address: str) -> str:
        """Check a name and a password from an address; give the token of a new session.

        Raises:
            SignInRefused: they are not accepted, or it was tried too often.
        """
        key = name_key(name)[:240]
        wait = self._attempts.take(key, address)
        if wait > 0:
            seconds = max(1, round(wait))
            raise SignInRefused(
                f"Too many attempts: try again in {seconds} s.", hint="Or ask for a new password.", retry_after_s=wait
            )
        with reading(self.store.engine) as connection:
            row = connection.execute(select(accounts).where(accounts.c.name_key == key)).mappings().first()
        kept = row["password_hash"] if row is not None else None
        right = fits(kept or nobodys(), password) and kept is not None
        if row is None or not right or row["disabled"]:
            raise SignInRefused(UNFIT, hint="Check both, or ask for a new password.")
        self._attempts.succeeded(key, address)
        if kept is not None and is_outdated(kept):
            kept = self._renewed(row["id"], kept, hash_of(password))
        return self.open_session(row["id"], kept)

    def _renewed(self, account: str, kept: str, renewed: str) -> str:
        """Put a new hash of a password in the place of an old one; give the old one where that is there no more."""
        there = (accounts.c.id == account, accounts.c.password_hash == kept)
        change = update(accounts).where(*there).values(password_hash=renewed)
        return renewed if self.store.write(lambda connection: connection.execute(change).rowcount) else kept

    def open_session(self, account: str, password_hash: str | None = None) -> str:
        """Begin a session of somebody whose identity was checked; give its token.

        Raises:
            SignInRefused: the password that was checked is no longer theirs, or they may no longer sign in.
        """
        token, now = secrets.token_urlsafe(32), self.clock()
        row = {"token_hash": hashed(token), "account_id": account, "created_at": now, "seen_at": now}
        still = select(accounts.c.id).where(accounts.c.id == account, accounts.c.disabled.is_(False))
        if password_hash is not None:
            still = still.where(accounts.c.password_hash == password_hash)

        def write(connection: Connection) -> None:
            # Locked: who changes the password now ends this session too, and who has changed it lets none begin.
            if connection.execute(still.with_for_update()).first() is None:
                raise SignInRefused(UNFIT, hint="Check both, or ask for a new password.")
            over = (sessions.c.seen_at < now - IDLE_S) | (sessions.c.created_at < now - LONGEST_S)
            connection.execute(delete(sessions).where(over))
            connection.execute(insert(sessions), row)

        self.store.write(write)
        return token

    def signed_in(self, token: str | None) -> Person | None:
        """Give whose session a token is of; None for none, or one that is over."""
        if not token:
            return None
        now = self.clock()
        query = (
            select(accounts, sessions.c.seen_at)
            .join(sessions, sessions.c.account_id == accounts.c.id)
            .where(
                sessions.c.token_hash == hashed(token),
                sessions.c.seen_at >= now - IDLE_S,
                sessions.c.created_at.between(now - LONGEST_S, now + IDLE_S),  # else the clock was set back since
                accounts.c.disabled.is_(False),
            )
        )
        with reading(self.store.engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        if now - row["seen_at"] > _SEEN_S:
            seen = update(sessions).where(sessions.c.token_hash == hashed(token)).values(seen_at=now)
            self.store.write(lambda connection: connection.execute(seen))
        return self.person(_account(row))

    def sign_out(self, token: str | None) -> None:
        """End a session."""
        if token:
            gone = delete(sessions).where(sessions.c.token_hash == hashed(token))
            self.store.write(lambda connection: connection.execute(gone))

    def sign_out_everywhere(self, account: str) -> None:
        """End all sessions of somebody."""
        gone = delete(sessions).where(sessions.c.account_id == account)
        self.store.write(lambda connection: connection.execute(gone))

    def person(self, account: Account) -> Person:
        """Give an account as the person that asks."""
        agreed = self._consent is None or account.agreed_to == self._consent
        return Person(account.id, account.role, account.name, agreed=agreed)

    def _one(self, condition: Any, missing: str) -> Account:
        with reading(self.store.engine) as connection:
            row = connection.execute(select(accounts).where(condition)).mappings().first()
        if row is None:
            raise AccountUnknown(missing, hint="Run: lectern accounts list")
        return _account(row)

    def _change(self, account: Account, **values: Any) -> None:
        change = update(accounts).where(accounts.c.id == account.id).values(values)
        self.store.write(lambda connection: connection.execute(change))

    def keep_an_admin(self, account: Account) -> None:
        """Refuse what would leave nobody who is an admin.

        Raises:
            InvalidInput: the account is the last admin's.
        """
        others = (a for a in self.listed() if a.id != account.id and a.role is Role.ADMIN and not a.disabled)
        if account.role is Role.ADMIN and not account.disabled and next(others, None) is None:
            raise InvalidInput(
                f"{account.name} is the last admin.", hint="Make another one first: lectern accounts role NAME admin"
            )


def hashed(token: str) -> str:
    """Give the SHA-256 of a token in hex; a token is random, so that no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _account(row: Mapping[Any, Any]) -> Account:
    role = Role(row["role"])
    there = row["subject"] is not None
    return Account(row["id"], row["name"], role, row["disabled"], row["agreed_to"], row["created_at"], there)


def _checked_name(name: str) -> str:
    shown = storable(unicodedata.normalize("NFKC", name)).strip()
    if not shown or len(shown) > LONGEST_NAME or not shown.isprintable():
        raise InvalidInput(f"{name[:60]!r} cannot be a name.", hint=f"Give 1 to {LONGEST_NAME} printable characters.")
    return shown
