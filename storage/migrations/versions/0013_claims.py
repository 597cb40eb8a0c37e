"""The salt of what a case's newest event claims of its row; and one mailbox a case.

Where a case has several, a hand was there, and nothing in the database tells which one is the reporter's: all are set
aside, each under the case and its look-up id. Whose receipt blinds the case's first event is the reporter.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tip", sa.Column("salt", sa.LargeBinary(), nullable=True))
    _set_aside(op.get_bind())
    op.drop_index("ix_mailbox_case_id", table_name="mailbox")
    op.create_index("ix_mailbox_case_id", "mailbox", ["case_id"], unique=True)


def _set_aside(connection: sa.Connection) -> None:
    octets = {name: sa.column(name, sa.LargeBinary) for name in ("lookup", "case_id", "public")}
    mailbox = sa.table("mailbox", *octets.values())
    kept = sa.table("kept", sa.column("name", sa.String), sa.column("value", sa.LargeBinary))
    several = sa.select(mailbox.c.case_id).group_by(mailbox.c.case_id).having(sa.func.count() > 1)
    for lookup, case, public in connection.execute(sa.select(mailbox).where(mailbox.c.case_id.in_(several))).all():
        name = f"mailbox.{bytes(case).hex()}.{bytes(lookup).hex()}"
        connection.execute(kept.insert().values(name=name, value=public))
        connection.execute(mailbox.delete().where(mailbox.c.lookup == lookup))


def downgrade() -> None:
    op.drop_index("ix_mailbox_case_id", table_name="mailbox")
    op.create_index("ix_mailbox_case_id", "mailbox", ["case_id"])
    op.drop_column("tip", "salt")
