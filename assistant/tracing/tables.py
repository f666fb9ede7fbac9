"""The tables of the trace store, as SQLAlchemy sees them today; `migrations/` holds how they came to be.

users          a pseudonym each
conversations  a user's turns in a row
traces         one turn each, written when it begins; `owner` is the process that runs it
spans          the steps of a turn
feedback       votes and comments, all of them; the latest of each user counts
reviews        verdicts and corrections, all of them; the latest counts
outbox         what is still to be delivered, or could not be; payloads are redacted
sinks          which delivery is paused, and why
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Json = JSON(none_as_null=True)
_RowId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only in INTEGER columns


def _to(column: str) -> ForeignKey:
    return ForeignKey(column, ondelete="CASCADE")


users = Table(
    "users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at", Double, nullable=False),
)
conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(64), _to("users.id"), index=True),
    Column("face", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("title", String(200)),  # given by its user; else the first question stands for it
)
traces = Table(
    "traces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(64), _to("conversations.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("face", String(16), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", Double, nullable=False, index=True),
    Column("ended_at", Double),
    Column("question", Text, nullable=False),
    Column("searched", Text),
    Column("answer", Text, nullable=False, server_default=""),
    Column("search_text", Text, nullable=False),  # question and answer in small letters, for LIKE
    Column("citations", _Json),
    Column("related", _Json),
    Column("tags", _Json),
    Column("evaluation", _Json),  # of a turn that was measured: run, row, expected, actual, score
    Column("mode", String(16), nullable=False),
    Column("provider", String(120), nullable=False),
    Column("model", String(200), nullable=False),
    Column("template", String(80)),
    Column("template_version", Integer),
    Column("template_hash", String(64)),
    Column("template_variables", _Json),
    Column("index_fingerprint", String(200), nullable=False, server_default=""),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("embedding_tokens", BigInteger),
    Column("tokens_from", String(16), nullable=False, server_default="none"),
    Column("price_usd", Double),
    Column("sent_characters", BigInteger),  # in all calls of models together, where their tokens are not known
    Column("said_characters", BigInteger),
    Column("error", Text),
    Column("error_type", String(120)),
    Column("left_out", Boolean, nullable=False, server_default=false()),  # asked again, edited or undone
    Column("support", Double),  # cosine of the passage that supports the answer best
    Index(None, "status", "owner"),
)
deleted_costs = Table(  # of turns that were deleted on the day on which they were asked: bare numbers
    "deleted_costs",
    metadata,
    Column("user_hash", String(64), primary_key=True),  # SHA-256 of the pseudonym
    Column("day", Integer, primary_key=True),  # since 1970, UTC
    Column("tokens", BigInteger, nullable=False),
    Column("price_usd", Double, nullable=False),
)
spans = Table(
    "spans",
    metadata,
    Column("trace_id", String(32), _to("traces.id"), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("parent_id", String(16)),
    Column("position", Integer, nullable=False),  # in the order in which they began, from 0
    Column("kind", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("status", String(16), nullable=False),
    Column("error", Text),
    Column("inputs", _Json),
    Column("outputs", _Json),
    Column("attributes", _Json),
)
feedback = Table(
    "feedback",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("trace_id", String(32), _to("traces.id"), nullable=False, index=True),
    Column("user_id", String(64)),
    Column("vote", String(8)),
    Column("reason", String(32)),
    Column("comment", Text, nullable=False, server_default=""),
    Column("created_at", Double, nullable=False),
)
reviews = Table(
    "reviews",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("trace_id", String(32), _to("traces.id"), nullable=False, index=True),
    Column("reviewer", String(120), nullable=False),
    Column("verdict", String(32)),
    Column("corrected_answer", Text),
    Column("corrected_sources", _Json),
    Column("corrected_tags", _Json),
    Column("comment", Text, nullable=False, server_default=""),
    Column("assignee", String(120)),
    Column("created_at", Double, nullable=False),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("sink", String(16), nullable=False),
    Column("kind", String(16), nullable=False),  # trace or feedback
    Column("trace_id", String(32), _to("traces.id"), nullable=False, index=True),
    Column("item", String(64), nullable=False),  # the trace's id, or the feedback's
    Column("payload", _Json),
    Column("state", String(16), nullable=False),  # pending, dead or delivered
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("claimed_by", String(120)),
    Column("claimed_until", Double),
    Column("delivered_at", Double),
    Column("error", Text),
    UniqueConstraint("sink", "kind", "item"),
    Index(None, "sink", "state", "due_at"),
)
sinks = Table(
    "sinks",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("paused_at", Double),
    Column("reason", Text),
    Column("not_before", Double),  # the server asked to be left alone until then
)
