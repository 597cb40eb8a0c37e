"""Every table of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "event",
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_case_id"), ["case_id"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_job_run")),
    )
    op.create_table(
        "kept",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept")),
    )
    op.create_table(
        "link_code",
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_link_code")),
    )
    op.create_table(
        "officer_chat",
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chat", name=op.f("pk_officer_chat")),
    )
    with op.batch_alter_table("officer_chat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_officer_chat_name"), ["name"], unique=False)

    op.create_table(
        "person",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("memory", sa.Integer(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
    )
    op.create_table(
        "ping",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ping")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("ping", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ping_after"), ["after"], unique=False)

    op.create_table(
        "roster",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signatures", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_roster")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_table(
        "tip",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("ward", sa.String(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.String(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(), nullable=True),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'screening', 'needs_info', 'forwarded', 'accepted', 'verifying', 'suspended', 'concluded', 'closed', 'held')",
            name=op.f("ck_tip_state"),
        ),
        sa.CheckConstraint("urgency IN ('P0', 'P1', 'P2', 'P3')", name=op.f("ck_tip_urgency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("tip", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tip_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_tip_queue",
            ["unit", "urgency", "opened", "received_at", "id"],
            unique=False,
            sqlite_where=sa.text("state != 'closed'"),
            postgresql_where=sa.text("state != 'closed'"),
        )
        batch_op.create_index("ix_tip_unit_state", ["unit", "state"], unique=False)

    op.create_table(
        "unit_seed",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "generation", "holder", name=op.f("pk_unit_seed")),
    )
    with op.batch_alter_table("unit_seed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_seed_holder"), ["holder"], unique=False)

    op.create_table(
        "envelope",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("release", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["tip.id"], name=op.f("fk_envelope_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("envelope", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_envelope_case_id"), ["case_id"], unique=False)

    op.create_table(
        "mailbox",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["tip.id"], name=op.f("fk_mailbox_case_id")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_mailbox")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailbox_case_id"), ["case_id"], unique=False)

    op.create_table(
        "reading_grant",
        sa.Column("envelope_id", sa.LargeBinary(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("asleep", sa.Boolean(), nullable=False),
        sa.Column("roster", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["tip.id"], name=op.f("fk_reading_grant_case_id")),
        sa.PrimaryKeyConstraint("envelope_id", "reader", name=op.f("pk_reading_grant")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("reading_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_grant_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_reading_grant_reader", ["reader", "case_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reading_grant", schema=None) as batch_op:
        batch_op.drop_index("ix_reading_grant_reader")
        batch_op.drop_index(batch_op.f("ix_reading_grant_case_id"))

    op.drop_table("reading_grant")
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailbox_case_id"))

    op.drop_table("mailbox")
    with op.batch_alter_table("envelope", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_envelope_case_id"))

    op.drop_table("envelope")
    with op.batch_alter_table("unit_seed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_seed_holder"))

    op.drop_table("unit_seed")
    with op.batch_alter_table("tip", schema=None) as batch_op:
        batch_op.drop_index("ix_tip_unit_state")
        batch_op.drop_index(
            "ix_tip_queue", sqlite_where=sa.text("state != 'closed'"), postgresql_where=sa.text("state != 'closed'")
        )
        batch_op.drop_index(
            "ix_tip_due", sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL")
        )

    op.drop_table("tip")
    op.drop_table("session")
    op.drop_table("roster")
    with op.batch_alter_table("ping", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ping_after"))

    op.drop_table("ping")
    op.drop_table("person")
    with op.batch_alter_table("officer_chat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_officer_chat_name"))

    op.drop_table("officer_chat")
    op.drop_table("link_code")
    op.drop_table("kept")
    op.drop_table("job_run")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_case_id"))

    op.drop_table("event")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_expires_at"))

    op.drop_table("draft")
