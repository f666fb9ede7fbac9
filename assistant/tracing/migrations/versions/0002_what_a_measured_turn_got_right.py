"""Turns that were measured on a labelled row keep what was expected of them, and their score."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("traces", sa.Column("evaluation", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("traces", schema=None) as batch_op:
        batch_op.drop_column("evaluation")
