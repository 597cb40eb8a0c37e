"""A queue by deadline, and which cases were disputed, as their events have said all along."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPEN = sa.text("state != 'closed'")
TOLD = {  # the bytes are those of "kind":"disputed", as an event's body has them
    "sqlite": """
        UPDATE tip SET disputed = true WHERE EXISTS (SELECT 1 FROM event
        WHERE event.case_id = tip.id AND instr(event.body, x'226b696e64223a22646973707574656422') > 0)""",
    "postgresql": r"""
        UPDATE tip SET disputed = true WHERE EXISTS (SELECT 1 FROM event
        WHERE event.case_id = tip.id AND position('\x226b696e64223a22646973707574656422'::bytea IN event.body) > 0)""",
}


def upgrade() -> None:
    op.add_column("tip", sa.Column("disputed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.get_bind().exec_driver_sql(TOLD[op.get_bind().dialect.name])
    op.drop_index("ix_tip_queue", table_name="tip")
    by = ("unit", "urgency", sa.text("coalesce(due_at, 253402300799)"), sa.text("(officer IS NOT NULL)"), "id")
    op.create_index("ix_tip_queue", "tip", by, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_tip_queue", table_name="tip")
    by = ("unit", "urgency", "opened", "received_at", "id")
    op.create_index("ix_tip_queue", "tip", by, sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_column("tip", "disputed")
