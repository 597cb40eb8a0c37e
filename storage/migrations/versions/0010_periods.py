"""The figures of closed periods, as they were signed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "period",
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.LargeBinary(), nullable=False)
            for name in ("figures", "counted", "leaf", "body", "signature")
        ),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_period")),
        sa.UniqueConstraint("number", name=op.f("uq_period_number")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("period")
