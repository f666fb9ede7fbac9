"""What turns have cost that were deleted on their day: for the day's limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "deleted_costs",
        sa.Column("user_hash", sa.String(64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("price_usd", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("user_hash", "day", name="pk_deleted_costs"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("deleted_costs")
