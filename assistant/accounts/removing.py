"""Removes an account from the database, and its name from what is kept; turns are `assistant.tracing.forgetting`'s."""

from __future__ import annotations

from sqlalchemy import Connection, delete, update

from assistant.accounts.tables import accounts
from assistant.tracing.tables import reviews


def erase(connection: Connection, account: str, name: str) -> None:
    """Delete an account with its sessions and keys; reviews by or for its name are a pseudonym's from then on."""
    for column in (reviews.c.reviewer, reviews.c.assignee):
        # One for each account, and not a word for all: how far reviewers agree is counted by who they are.
        connection.execute(update(reviews).where(column == name).values({column: f"former {account[:8]}"}))
    connection.execute(delete(accounts).where(accounts.c.id == account))
