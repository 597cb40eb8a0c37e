"""Quiet hours of officers' chats, and whom a repeated word spares."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("officer_chat", sa.Column("quiet", sa.String(), nullable=True))
    op.add_column("ping", sa.Column("spared", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("ping", "spared")
    op.drop_column("officer_chat", "quiet")
