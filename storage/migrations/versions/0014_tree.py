"""The ledger's tree, and what waits to join it: every event there is, which no tally counts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEYED = {"waiting_leaf": "leaf", "leaf_tally": "instance", "tree_place": "leaf"}


def _columns(name: str) -> list[sa.Column[Any]]:
    match name:
        case "waiting_leaf":
            return [sa.Column("told", sa.Boolean(), nullable=False)]
        case "tree_place":
            return [sa.Column("place", sa.BigInteger(), nullable=False)]
    return [sa.Column(it, sa.LargeBinary(), nullable=False) for it in ("body", "state", "signature")]


def upgrade() -> None:
    for name, key in KEYED.items():
        keyed = sa.Column(key, sa.LargeBinary(), nullable=False)
        op.create_table(
            name, keyed, *_columns(name), sa.PrimaryKeyConstraint(key, name=f"pk_{name}"), sqlite_with_rowid=False
        )
    op.create_table(
        "tree_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "at", name="pk_tree_node"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tree_blind",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_tree_blind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tree_head",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("closing", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_tree_head"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tree_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name="pk_tree_cosignature"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO waiting_leaf (leaf, told) SELECT leaf, false FROM event")


def downgrade() -> None:
    for name in ("tree_cosignature", "tree_head", "tree_blind", "tree_node", *KEYED):
        op.drop_table(name)
