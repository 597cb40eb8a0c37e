"""How much room a waiting file takes, and wrong one-time codes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting_file", sa.Column("size", sa.BigInteger(), nullable=False, server_default="65536"))
    op.add_column("person", sa.Column("code_misses", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("code_blocked_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "code_blocked_until")
    op.drop_column("person", "code_misses")
    op.drop_column("waiting_file", "size")
