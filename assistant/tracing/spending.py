"""What turns have cost since a time, by user: for the day's limits. Turns that were deleted since count all the same.

Where a server reports no tokens, or a turn was stopped before it did, they are estimated from what was sent and said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Text,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from assistant.gate import DAY_S, Spent
from assistant.tracing.database import reading
from assistant.tracing.tables import conversations, deleted_costs, traces
from assistant.usage import price_of

CHARACTERS_A_TOKEN = 4
"""Of English text, roughly; what is not reported cannot be known better without the model's own tokenizer."""


def spent(engine: Engine, user: str | None, since: float) -> Spent:
    """Give what the turns of a user, or with None of everybody, have taken since a midnight (s since 1970, UTC).

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    of_user = [] if user is None else [conversations.c.user_id == user]
    gone = select(func.sum(deleted_costs.c.tokens), func.sum(deleted_costs.c.price_usd)).where(
        deleted_costs.c.day >= int(since // DAY_S),
        *([] if user is None else [deleted_costs.c.user_hash == _hash(user)]),
    )
    with reading(engine) as connection:
        taken = _taken(connection, [traces.c.started_at >= since, *of_user]).values()
        tokens, usd = connection.execute(gone).one()
    return Spent(sum(one.tokens for one in taken) + int(tokens or 0), sum(one.usd for one in taken) + float(usd or 0.0))


def keep_costs(connection: Connection, deleted: Sequence[ColumnElement[bool]], now: float) -> None:
    """Keep what the turns that are about to be deleted have cost today, as bare numbers; those of other days go."""
    day = int(now // DAY_S)
    connection.execute(delete(deleted_costs).where(deleted_costs.c.day < day))
    for user, cost in _taken(connection, [traces.c.started_at >= day * DAY_S, *deleted]).items():
        if cost == Spent():
            continue
        theirs = (deleted_costs.c.user_hash == _hash(user), deleted_costs.c.day == day)
        more = {
            "tokens": deleted_costs.c.tokens + cost.tokens,
            "price_usd": deleted_costs.c.price_usd + cost.usd,
        }
        if connection.execute(update(deleted_costs).where(*theirs).values(more)).rowcount == 0:
            row = {"user_hash": _hash(user), "day": day, "tokens": cost.tokens, "price_usd": cost.usd}
            connection.execute(insert(deleted_costs), row)


def _taken(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> dict[str | None, Spent]:
    """Sum up what turns have taken, by user."""
    unreported = traces.c.input_tokens.is_(None) & traces.c.template.is_not(None) & (traces.c.mode != "quoting")
    sent = func.sum(func.coalesce(func.length(cast(traces.c.template_variables, Text)), 0))
    query = (
        select(
            conversations.c.user_id,
            traces.c.model,
            traces.c.mode,
            unreported.label("unreported"),
            func.sum(func.coalesce(traces.c.input_tokens, 0) + func.coalesce(traces.c.output_tokens, 0)),
            func.sum(traces.c.price_usd),
            sent,
            func.sum(func.length(traces.c.answer)),
        )
        .join_from(traces, conversations)
        .where(*conditions)
        .group_by(conversations.c.user_id, traces.c.model, traces.c.mode, literal_column("unreported"))
    )
    found: dict[str | None, Spent] = {}
    for user, model, mode, estimated, tokens, usd, sent_length, said_length in connection.execute(query):
        before = found.get(user, Spent())
        cost = (int(tokens or 0), float(usd or 0.0))
        if estimated:
            cost = _estimated(model if mode == "openai" else None, sent_length, said_length)
        found[user] = Spent(before.tokens + cost[0], before.usd + cost[1])
    return found


def _estimated(model: str | None, sent: Any, said: Any) -> tuple[int, float]:
    tokens_in, tokens_out = int(sent or 0) // CHARACTERS_A_TOKEN, int(said or 0) // CHARACTERS_A_TOKEN
    prices = price_of(model) if model else None
    usd = 0.0 if prices is None else (tokens_in * prices["input"] + tokens_out * prices["output"]) / 1_000_000
    return tokens_in + tokens_out, usd


def _hash(user: str | None) -> str:
    """Give what a pseudonym is kept as here: whoever was forgotten is not named."""
    return hashlib.sha256((user or "").encode("utf-8", "replace")).hexdigest()
