"""Who is asked to join, until signers have named them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        *(sa.Column(it, sa.Integer(), nullable=True) for it in ("memory", "iterations", "lanes")),
        *(sa.Column(it, sa.LargeBinary(), nullable=True) for it in ("salt", "sealed")),
        *(sa.Column(it, sa.LargeBinary(), nullable=False) for it in ("public", "verify")),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("name", name="uq_invitation_name"),
        sqlite_with_rowid=False,
    )
