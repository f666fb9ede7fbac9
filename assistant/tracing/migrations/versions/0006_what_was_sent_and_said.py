"""How much was sent to models and said by them in a turn whose tokens nobody reported: for the day's limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    for column in ("sent_characters", "said_characters"):
        op.add_column("traces", sa.Column(column, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    for column in ("said_characters", "sent_characters"):
        with op.batch_alter_table("traces", schema=None) as batch_op:
            batch_op.drop_column(column)
