"""The tables of the accounts; they lie in the database of the traces, which know people by `accounts.id` alone.

accounts   who may sign in: a name, a role, and a password or an identity elsewhere
sessions   who is signed in, by the hash of what their cookie holds
api_keys   what programs may do in somebody's name, by the hash of each key
attempts   failed sign-ins, by what they are counted for
"""

from __future__ import annotations

from sqlalchemy import JSON as Json
from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, String, Table, false

from assistant.tracing.tables import metadata


def _of_account() -> ForeignKey:
    return ForeignKey("accounts.id", ondelete="CASCADE")


accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),  # the pseudonym
    Column("name", String(120), nullable=False),
    Column("name_key", String(240), nullable=False, unique=True),  # as names are compared
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200)),
    Column("subject", String(400), unique=True),  # issuer and subject of an identity elsewhere
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("agreed_to", String(64)),  # hash of the text that was agreed to
    Column("agreed_at", Double),
    Column("created_at", Double, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(64), _of_account(), nullable=False, index=True),
    Column("created_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("account_id", String(64), _of_account(), nullable=False, index=True),
    Column("label", String(120), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", Json(none_as_null=True)),  # None: whatever the owner may do
    Column("created_at", Double, nullable=False),
    Column("used_at", Double),
    Column("expires_at", Double),
)
attempts = Table(
    "attempts",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Double, nullable=False),
)
