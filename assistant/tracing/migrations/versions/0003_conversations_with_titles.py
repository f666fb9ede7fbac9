"""Conversations get titles; a turn may be left out of its conversation; support and the reason of a vote are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("conversations", sa.Column("title", sa.String(200), nullable=True))
    op.add_column("traces", sa.Column("left_out", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("traces", sa.Column("support", sa.Double(), nullable=True))
    op.add_column("feedback", sa.Column("reason", sa.String(32), nullable=True))


def downgrade() -> None:
    """Take it back."""
    for table, column in (
        ("feedback", "reason"),
        ("traces", "support"),
        ("traces", "left_out"),
        ("conversations", "title"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
