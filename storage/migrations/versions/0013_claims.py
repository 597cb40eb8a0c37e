"""The salt of what a case's newest event claims of its row; and one mailbox a case."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tip", sa.Column("salt", sa.LargeBinary(), nullable=True))
    op.drop_index("ix_mailbox_case_id", table_name="mailbox")
    op.create_index("ix_mailbox_case_id", "mailbox", ["case_id"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_mailbox_case_id", table_name="mailbox")
    op.create_index("ix_mailbox_case_id", "mailbox", ["case_id"])
    op.drop_column("tip", "salt")
