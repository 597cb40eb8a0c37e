"""Versions of drafts begin at random, so that none is met again: they need more than 32 bits."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":  # where every integer has 64 bits
        op.alter_column("draft", "version", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DELETE FROM draft")
        op.alter_column("draft", "version", type_=sa.Integer(), existing_type=sa.BigInteger(), existing_nullable=False)
