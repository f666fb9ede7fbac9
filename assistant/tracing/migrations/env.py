"""Alembic's entry: runs the steps on the connection that `database` opened."""

from alembic import context

from assistant.accounts import tables  # noqa: F401  # they join the same metadata
from assistant.tracing.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a column only by making its table anew
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
