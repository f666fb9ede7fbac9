"""Deletes turns with all that hangs on them, in the transaction of whoever asks; what they cost stays, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, select, text

from assistant.tracing.redaction import storable
from assistant.tracing.spending import Pricing, keep_costs
from assistant.tracing.tables import conversations, outbox, traces, users


def turns_of(
    *, user: str | None, conversation: str | None, trace: str | None, before: float | None
) -> list[ColumnElement[bool]]:
    """Give the conditions of the turns that are meant: all that are given have to hold.

    Raises:
        ValueError: when none is given, which would mean every turn.
    """
    conditions: list[ColumnElement[bool]] = []
    if user is not None:
        owned = select(conversations.c.id).where(conversations.c.user_id == storable(user))
        conditions.append(traces.c.conversation_id.in_(owned))
    if conversation is not None:
        conditions.append(traces.c.conversation_id == storable(conversation))
    if trace is not None:
        conditions.append(traces.c.id == storable(trace))
    if before is not None:
        conditions += [traces.c.started_at < before, traces.c.status != "running"]
    if not conditions:
        raise ValueError("forget needs a condition")
    return conditions


def delete_turns(
    connection: Connection, chosen: Sequence[ColumnElement[bool]], now: float, prices: Pricing
) -> tuple[int, int]:
    """Delete turns, and conversations and users that have none left; give how many went and had been delivered."""
    if connection.dialect.name == "postgresql":  # a turn that begins now would go with its conversation
        connection.execute(text("LOCK TABLE users, conversations IN SHARE ROW EXCLUSIVE MODE"))
    picked = select(traces.c.id).where(*chosen)
    sent = select(outbox.c.trace_id).where(outbox.c.state == "delivered", outbox.c.trace_id.in_(picked))
    delivered = len(set(connection.execute(sent).scalars()))
    keep_costs(connection, chosen, now, prices)
    gone = connection.execute(delete(traces).where(*chosen)).rowcount
    empty = ~conversations.c.id.in_(select(traces.c.conversation_id))
    connection.execute(delete(conversations).where(empty))
    known = select(conversations.c.user_id).where(conversations.c.user_id.is_not(None))
    connection.execute(delete(users).where(~users.c.id.in_(known)))
    return gone, delivered
