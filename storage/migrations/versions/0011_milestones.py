"""What is counted beside tips: the work on cases, without the case; and tallies by month."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "milestone",
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "unit", "urgency", "detail", "took")),
        sa.PrimaryKeyConstraint("at", "id", name=op.f("pk_milestone")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("period", "of", "name")),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("period", "of", "name", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("tally")
    op.drop_table("milestone")
