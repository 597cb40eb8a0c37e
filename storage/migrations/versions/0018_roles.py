"""Roles by part. Nothing of the tables changes: the rights are put in force after the last migration of each upgrade.

`storage.roles` does it, by one table of what is so now: a migration that spelt rights out would be of its day, and the
one that adds the next table could forget them.
"""

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
