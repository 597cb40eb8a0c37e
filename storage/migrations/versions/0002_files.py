"""Sealed files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
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


def downgrade() -> None:
    op.drop_table("waiting_file")
    op.drop_table("blob")
