"""Sealed files; and what the first revision got while homes were made with it already."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _as_the_first_became()
    op.create_table(
        "blob",
        sa.Column("envelope_id", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("envelope_id", "number", name=op.f("pk_blob")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "waiting_file",
        sa.Column("envelope_id", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("envelope_id", name=op.f("pk_waiting_file")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("waiting_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_file_expires_at"), ["expires_at"], unique=False)


def _as_the_first_became() -> None:
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table("officer_chat"):
        op.create_table(
            "link_code",
            sa.Column("code", sa.LargeBinary(), nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("code", name=op.f("pk_link_code")),
        )
        op.create_table(
            "officer_chat",
            sa.Column("chat", sa.String(), nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.PrimaryKeyConstraint("chat", name=op.f("pk_officer_chat")),
        )
        op.create_index("ix_officer_chat_name", "officer_chat", ["name"])
    queue = next(it for it in inspector.get_indexes("tip") if it["name"] == "ix_tip_queue")
    if "opened" not in queue["column_names"]:
        still_open = sa.text("state != 'closed'")
        op.drop_index("ix_tip_queue", "tip")
        op.create_index(
            "ix_tip_queue",
            "tip",
            ["unit", "urgency", "opened", "received_at", "id"],
            sqlite_where=still_open,
            postgresql_where=still_open,
        )


def downgrade() -> None:
    op.drop_table("waiting_file")
    op.drop_table("blob")
