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
from assistant.tracing.records import INPUT_TOKENS, OUTPUT_TOKENS, Span
from assistant.tracing.tables import conversations, deleted_costs, traces
from assistant.usage import price_of

if TYPE_CHECKING:  # the store counts with this module
    from assistant.events import Usage
    from assistant.tracing.capture import Recording
    from assistant.tracing.store import TraceStore
    from assistant.turn import Identity

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
    """Keep what a turn has cost that is not kept itself, as one that was deleted while it ran.

    By the rule of `_taken`, which does not find it.
    """
    cost = Spent((row["input_tokens"] or 0) + (row["output_tokens"] or 0), row["price_usd"] or 0.0)
    if row["input_tokens"] is None and row["template"] is not None and row["mode"] != "quoting":
        sent, said = row["sent_characters"], row["said_characters"]
        sent = len(json.dumps(row["template_variables"] or {})) if sent is None else sent
        cost = _estimated(row["model"], row["mode"], sent, len(row["answer"]) if said is None else said, prices)
    _keep(connection, user, int(row["started_at"] // DAY_S), cost)


def keep_untraced(
    store: TraceStore, user: str | None, about: Identity, usage: Usage, steps: Recording, now: float
) -> None:
    """Keep what was spent for a user outside of any turn, as bare numbers: it counts for the day like a turn's.

    Raises:
        TracesUnavailable: when it cannot be written.
    """
    sent, said = characters_of(steps.spans) if usage.input_tokens is None else (None, None)
    prompt = steps.prompt
    row = {
        "mode": about.mode,
        "model": about.model,
        "started_at": now,
        "answer": "",
        "template": prompt and prompt.name,
        "template_variables": prompt and dict(prompt.variables),
        "input_tokens": countable(usage.input_tokens),
        "output_tokens": countable(usage.output_tokens),
        "price_usd": usage.price_usd,
        "sent_characters": sent,
        "said_characters": said,
    }
    store.write(lambda connection: keep_late(connection, user, row, store.prices))


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


def characters_of(steps: Sequence[Span]) -> tuple[int | None, int | None]:
    """Give how much was sent to models and said by them, in characters; None where no model was asked.

    What a call did report counts as so many characters: a stopped turn has calls before the one that was cut off.
    """
    calls = [step for step in steps if step.kind == "model"]
    if not calls:
        return None, None
    sent = sum(_as_characters(step.attributes.get(INPUT_TOKENS), step.inputs) for step in calls)
    return sent, sum(_as_characters(step.attributes.get(OUTPUT_TOKENS), step.outputs) for step in calls)


def _as_characters(reported: Any, text: Any) -> int:
    tokens = countable(reported) if isinstance(reported, int) else None
    if tokens is not None:
        return min(tokens * CHARACTERS_A_TOKEN, 2**53)
    return len(json.dumps(text, ensure_ascii=False, default=str)) if text else 0


def countable(reported: int | None) -> int | None:
    """Give a number of tokens, None where it is one that no database holds: a server may report anything."""
    return reported if reported is not None and 0 <= reported < 2**63 else None


def _hash(user: str | None) -> str:
    """Give what a pseudonym is kept as here: whoever was forgotten is not named."""
    return hashlib.sha256((user or "").encode("utf-8", "replace")).hexdigest()
