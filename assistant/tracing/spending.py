"""What turns have cost since a time, by user: for the day's limits. Turns that were deleted since count all the same.

Where a server reports no tokens, or a turn was stopped before it did, they are estimated from what was sent and said in
all its calls of models.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
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
from assistant.own_prices import Prices
from assistant.tracing.database import reading
from assistant.tracing.tables import conversations, deleted_costs, traces
from assistant.usage import price_of

if TYPE_CHECKING:  # the store counts with this module
    from assistant.events import Usage
    from assistant.tracing.store import TraceStore

Pricing = Callable[[], Prices]
CHARACTERS_A_TOKEN = 4
"""Of English text, roughly; what is not reported cannot be known better without the model's own tokenizer."""


def spent(store: TraceStore, user: str | None, since: float) -> Spent:
    """Give what the turns of a user, or with None of everybody, have taken since a midnight (s since 1970, UTC).

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    of_user = [] if user is None else [conversations.c.user_id == user]
    gone = select(func.sum(deleted_costs.c.tokens), func.sum(deleted_costs.c.price_usd)).where(
        deleted_costs.c.day >= int(since // DAY_S),
        *([] if user is None else [deleted_costs.c.user_hash == _hash(user)]),
    )
    with reading(store.engine) as connection:
        taken = _taken(connection, [traces.c.started_at >= since, *of_user], store.prices).values()
        tokens, usd = connection.execute(gone).one()
    return Spent(sum(one.tokens for one in taken) + int(tokens or 0), sum(one.usd for one in taken) + float(usd or 0.0))


def keep_costs(connection: Connection, deleted: Sequence[ColumnElement[bool]], now: float, prices: Pricing) -> None:
    """Keep what the turns that are about to be deleted have cost today, as bare numbers; those of other days go.

    `prices` are those of the team's own servers.
    """
    drop_old(connection, now)
    today = int(now // DAY_S)
    for user, cost in _taken(connection, [traces.c.started_at >= today * DAY_S, *deleted], prices).items():
        _keep(connection, user, today, cost)


def keep_late(connection: Connection, user: str | None, row: Mapping[str, Any], prices: Pricing) -> None:
    """Keep what a turn has cost that was deleted while it ran: only now that it is over is it known.

    By the rule of `_taken`, which no longer finds the turn.
    """
    cost = Spent((row["input_tokens"] or 0) + (row["output_tokens"] or 0), row["price_usd"] or 0.0)
    if row["input_tokens"] is None and row["template"] is not None and row["mode"] != "quoting":
        sent, said = row["sent_characters"], row["said_characters"]
        sent = len(json.dumps(row["template_variables"] or {})) if sent is None else sent
        cost = _estimated(row["model"], row["mode"], sent, len(row["answer"]) if said is None else said, prices)
    _keep(connection, user, int(row["started_at"] // DAY_S), cost)


def keep_untraced(store: TraceStore, user: str | None, usage: Usage, now: float) -> None:
    """Keep what was spent for a user outside of any turn, as bare numbers: it counts for the day like a turn's.

    Raises:
        TracesUnavailable: when it cannot be written.
    """
    tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
    store.write(lambda connection: _keep(connection, user, int(now // DAY_S), Spent(tokens, usage.price_usd or 0.0)))


def drop_old(connection: Connection, now: float) -> None:
    """Delete what was kept of other days."""
    connection.execute(delete(deleted_costs).where(deleted_costs.c.day < int(now // DAY_S)))


def _keep(connection: Connection, user: str | None, day: int, cost: Spent) -> None:
    if cost == Spent():
        return
    theirs = (deleted_costs.c.user_hash == _hash(user), deleted_costs.c.day == day)
    more = {"tokens": deleted_costs.c.tokens + cost.tokens, "price_usd": deleted_costs.c.price_usd + cost.usd}
    if connection.execute(update(deleted_costs).where(*theirs).values(more)).rowcount == 0:
        row = {"user_hash": _hash(user), "day": day, "tokens": cost.tokens, "price_usd": cost.usd}
        connection.execute(insert(deleted_costs), row)


def _taken(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], prices: Pricing
) -> dict[str | None, Spent]:
    """Sum up what turns have taken, by user."""
    unreported = traces.c.input_tokens.is_(None) & traces.c.template.is_not(None) & (traces.c.mode != "quoting")
    last_prompt = func.length(cast(traces.c.template_variables, Text))  # of turns from before all were counted
    sent = func.sum(func.coalesce(traces.c.sent_characters, last_prompt, 0))
    said = func.sum(func.coalesce(traces.c.said_characters, func.length(traces.c.answer)))
    query = (
        select(
            conversations.c.user_id,
            traces.c.model,
            traces.c.mode,
            unreported.label("unreported"),
            func.sum(func.coalesce(traces.c.input_tokens, 0) + func.coalesce(traces.c.output_tokens, 0)),
            func.sum(traces.c.price_usd),
            sent,
            said,
        )
        .join_from(traces, conversations)
        .where(*conditions)
        .group_by(conversations.c.user_id, traces.c.model, traces.c.mode, literal_column("unreported"))
    )
    found: dict[str | None, Spent] = {}
    for user, model, mode, estimated, tokens, usd, sent_length, said_length in connection.execute(query):
        before = found.get(user, Spent())
        cost = Spent(int(tokens or 0), float(usd or 0.0))
        if estimated:
            cost = _estimated(model, mode, sent_length, said_length, prices)
        found[user] = Spent(before.tokens + cost.tokens, before.usd + cost.usd)
    return found


def _estimated(model: str, mode: str, sent: Any, said: Any, own: Pricing) -> Spent:
    tokens_in, tokens_out = int(sent or 0) // CHARACTERS_A_TOKEN, int(said or 0) // CHARACTERS_A_TOKEN
    prices = own().get(model) or (price_of(model) if mode == "openai" else None)
    usd = 0.0 if prices is None else (tokens_in * prices["input"] + tokens_out * prices["output"]) / 1_000_000
    return Spent(tokens_in + tokens_out, usd)


def _hash(user: str | None) -> str:
    """Give what a pseudonym is kept as here: whoever was forgotten is not named."""
    return hashlib.sha256((user or "").encode("utf-8", "replace")).hexdigest()
