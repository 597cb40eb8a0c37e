"""Pushes by chat, with claims; pings and topics that name their case; claims of addresses; codes that know their chat."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ping", sa.Column("case_id", sa.LargeBinary(), nullable=True))
    op.add_column("ping", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.add_column("link_code", sa.Column("chat", sa.String(), nullable=True))
    op.add_column("address", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("address", sa.Column("claimed_until", sa.BigInteger(), nullable=True))
    op.add_column("address", sa.Column("trouble", sa.String(), nullable=True))
    op.create_table(
        "push",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_push_after"), "push", ["after"])
    op.create_index(op.f("ix_push_chat"), "push", ["chat"])
    op.create_table(
        "topic",
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("topic", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat", "case_id", name=op.f("pk_topic")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("topic")
    op.drop_index(op.f("ix_push_chat"), table_name="push")
    op.drop_index(op.f("ix_push_after"), table_name="push")
    op.drop_table("push")
    op.drop_column("address", "trouble")
    op.drop_column("address", "claimed_until")
    op.drop_column("address", "tries")
    op.drop_column("link_code", "chat")
    op.drop_column("ping", "due_at")
    op.drop_column("ping", "case_id")
