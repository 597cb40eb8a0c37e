"""What people lay down for the whole home is found by an index of its own; and how each channel's messenger is."""

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
    op.create_table(
        "contact",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_contact"),
    )


def downgrade() -> None:
    op.drop_table("contact")
    op.drop_index("ix_event_standing", table_name="event")
