"""Addresses of reporters who asked to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("news_from", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["tip.id"], name=op.f("fk_address_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_address")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("address")
