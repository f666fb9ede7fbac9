"""API keys: made once and shown once, kept as a hash, narrowed by scopes, revoked by their id.

A key is `lk_ID_SECRET`: the id finds it, the secret of 256 random bits proves it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from assistant.accounts.accounts import Account, Accounts, hashed
from assistant.accounts.people import ALLOWED, Action, Person
from assistant.accounts.tables import api_keys
from assistant.tracing.database import reading
from assistant.tracing.redaction import storable
from index_store.errors import AccountUnknown, InvalidInput, SignInRefused

PREFIX = "lk_"
MOST = 20
"""Keys of one account."""
_USED_S = 300.0
"""How often a key's use is written down."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is listed; times in seconds since 1970."""

    id: str
    label: str
    scopes: tuple[str, ...] | None
    created_at: float
    used_at: float | None
    expires_at: float | None


class Keys:
    """The keys of all accounts; safe from many threads."""

    def __init__(self, of: Accounts) -> None:
        self._accounts = of
        self._store = of.store

    def add(
        self, account: Account, label: str, scopes: Collection[Action] | None = None, days: float | None = None
    ) -> str:
        """Make a key; give it whole, for the only time.

        Raises:
            InvalidInput: there are too many, or a scope is none of the owner's.
        """
        beyond = sorted(set(scopes or ()) - ALLOWED[account.role])
        if beyond:
            raise InvalidInput(
                f"A {account.role.value} has no {beyond[0].value!r} to give to a key.",
                hint=f"Scopes: {', '.join(sorted(ALLOWED[account.role]))}.",
            )
        if len(self.listed(account)) >= MOST:
            raise InvalidInput(f"{account.name} has {MOST} keys.", hint="Revoke one first.")
        made, secret, now = secrets.token_hex(4), secrets.token_urlsafe(32), self._accounts.clock()
        row = {
            "id": made,
            "account_id": account.id,
            "label": storable(label).strip()[:120] or "key",
            "secret_hash": hashed(secret),
            "scopes": None if scopes is None else sorted(scope.value for scope in scopes),
            "created_at": now,
            "expires_at": None if days is None else now + days * 86_400,
        }
        self._store.write(lambda connection: connection.execute(insert(api_keys), row))
        return f"{PREFIX}{made}_{secret}"

    def listed(self, account: Account) -> list[Key]:
        """Give an account's keys, the newest first."""
        query = select(api_keys).where(api_keys.c.account_id == account.id).order_by(api_keys.c.created_at.desc())
        with reading(self._store.engine) as connection:
            return [_key(row) for row in connection.execute(query).mappings()]

    def revoke(self, key: str, account: Account | None = None) -> None:
        """Revoke a key by its id; with `account`, only one of its own.

        Raises:
            AccountUnknown: there is no such key.
        """
        gone = delete(api_keys).where(api_keys.c.id == storable(key))
        if account is not None:
            gone = gone.where(api_keys.c.account_id == account.id)
        if not self._store.write(lambda connection: connection.execute(gone).rowcount):
            raise AccountUnknown(f"There is no key {key}.", hint="Run: lectern accounts keys NAME")

    def person(self, key: str) -> Person:
        """Give in whose name a key asks, and what it may do.

        Raises:
            SignInRefused: it is none, revoked or expired, or its owner may not sign in.
        """
        made, _, secret = key.removeprefix(PREFIX).partition("_")
        query = select(api_keys).where(api_keys.c.id == storable(made[:16]))
        with reading(self._store.engine) as connection:
            row = connection.execute(query).mappings().first()
        now = self._accounts.clock()
        fits = hmac.compare_digest(row["secret_hash"] if row else hashed(""), hashed(secret))
        if row is None or not fits or not key.startswith(PREFIX):
            raise SignInRefused(
                "This key is not accepted.",
                hint="Make one on your account's page. In a terminal: lectern accounts key NAME",
            )
        if row["expires_at"] is not None and row["expires_at"] <= now:
            raise SignInRefused(
                "This key has expired.",
                hint="Make another one on your account's page. In a terminal: lectern accounts key NAME",
            )
        owner = self._accounts.by_id(row["account_id"])
        if owner.disabled:
            raise SignInRefused("This key's owner may not sign in.", hint="Ask whoever runs this server.")
        if row["used_at"] is None or now - row["used_at"] > _USED_S:
            used = update(api_keys).where(api_keys.c.id == row["id"]).values(used_at=now)
            self._store.write(lambda connection: connection.execute(used))
        person = self._accounts.person(owner)
        scopes = None if row["scopes"] is None else frozenset(map(Action, row["scopes"]))
        return Person(person.id, person.role, person.name, scopes, person.agreed)


def _key(row: Mapping[Any, Any]) -> Key:
    scopes = None if row["scopes"] is None else tuple(row["scopes"])
    return Key(row["id"], row["label"], scopes, row["created_at"], row["used_at"], row["expires_at"])


def check_scopes(names: Collection[str]) -> frozenset[Action]:
    """Turn scopes' names into actions.

    Raises:
        InvalidInput: one is none.
    """
    known = {action.value: action for action in Action}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InvalidInput(f"There is no scope {unknown[0]!r}.", hint=f"Scopes: {', '.join(known)}.")
    return frozenset(known[name] for name in names)
