"""Held by function. Nothing of the tables changes: see revision 0018, and `storage.known`.

The parts' roles have functions where they had rights to lock a row, and a view of the chunks of files.
"""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
