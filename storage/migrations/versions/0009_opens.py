"""How many came by a poster's link, by month and place."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opens",
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("period", "area", name=op.f("pk_opens")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("opens")
