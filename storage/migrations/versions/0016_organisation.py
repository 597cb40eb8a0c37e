"""Documents of organisations, by their digests: what the home is made of is data in it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_organisation"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("organisation")
