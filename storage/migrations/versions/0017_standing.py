"""What people lay down for the whole home is found among all events by an index of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STANDING = {  # the bytes are those of "subject":, as an event's body has them
    "sqlite": sa.text("case_id = x'' AND instr(body, x'227375626a656374223a') > 0"),
    "postgresql": sa.text(r"case_id = '\x'::bytea AND position('\x227375626a656374223a'::bytea IN body) > 0"),
}


def upgrade() -> None:
    op.create_index(
        "ix_event_standing",
        "event",
        ["leaf"],
        sqlite_where=STANDING["sqlite"],
        postgresql_where=STANDING["postgresql"],
    )


def downgrade() -> None:
    op.drop_index("ix_event_standing", table_name="event")
