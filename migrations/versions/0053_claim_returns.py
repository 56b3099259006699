"""The way back of a thing in a claim, and the state of a claim that waits for it.

The text of two CHECKs is changed as in 0038: SQLite cannot change one in place, and rebuilding a table would drop its triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
OPEN = "state IN ('seller_turn', 'buyer_turn', 'escalated')"
OPEN_NOW = "state IN ('seller_turn', 'buyer_turn', 'escalated', 'returning')"
CHECKS = {
    "ck_claim_state_known": (
        "state IN ('seller_turn', 'remedied', 'buyer_turn', 'withdrawn', 'overtaken', 'escalated', 'denied')",
        "state IN ('seller_turn', 'remedied', 'buyer_turn', 'withdrawn', 'overtaken', 'escalated', 'denied', 'returning')",
    ),
    "ck_claim_turn_has_end": (
        "state NOT IN ('seller_turn', 'buyer_turn') OR due_at IS NOT NULL",
        "state NOT IN ('seller_turn', 'buyer_turn', 'returning') OR due_at IS NOT NULL",
    ),
}

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_claim_return_said_once BEFORE UPDATE ON claim_return WHEN NEW.claim_id IS NOT OLD.claim_id OR NEW.agreed_at IS NOT OLD.agreed_at OR (OLD.sent_at IS NOT NULL AND (NEW.address_sealed IS NOT OLD.address_sealed OR NEW.carrier IS NOT OLD.carrier OR NEW.tracking_no IS NOT OLD.tracking_no OR NEW.sent_at IS NOT OLD.sent_at)) OR (OLD.result IS NOT NULL AND (NEW.address_sealed IS NOT OLD.address_sealed OR NEW.carrier IS NOT OLD.carrier OR NEW.tracking_no IS NOT OLD.tracking_no OR NEW.sent_at IS NOT OLD.sent_at OR NEW.received_at IS NOT OLD.received_at OR NEW.result IS NOT OLD.result OR NEW.read_number IS NOT OLD.read_number OR NEW.read_seal IS NOT OLD.read_seal OR NEW.words IS NOT OLD.words)) BEGIN SELECT RAISE(ABORT, 'claim_return: what was sent and found is said once'); END""",
    r"""CREATE TRIGGER tr_claim_return_no_delete BEFORE DELETE ON claim_return BEGIN SELECT RAISE(ABORT, 'claim_return: it is kept'); END""",
    r"""CREATE TRIGGER tr_claim_return_of_open_claim BEFORE INSERT ON claim_return WHEN NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.state = 'returning') BEGIN SELECT RAISE(ABORT, 'claim_return: only of a claim whose return is agreed'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_claim_return_said_once BEFORE UPDATE ON claim_return FOR EACH ROW WHEN (NEW.claim_id IS DISTINCT FROM OLD.claim_id OR NEW.agreed_at IS DISTINCT FROM OLD.agreed_at OR (OLD.sent_at IS NOT NULL AND (NEW.address_sealed IS DISTINCT FROM OLD.address_sealed OR NEW.carrier IS DISTINCT FROM OLD.carrier OR NEW.tracking_no IS DISTINCT FROM OLD.tracking_no OR NEW.sent_at IS DISTINCT FROM OLD.sent_at)) OR (OLD.result IS NOT NULL AND (NEW.address_sealed IS DISTINCT FROM OLD.address_sealed OR NEW.carrier IS DISTINCT FROM OLD.carrier OR NEW.tracking_no IS DISTINCT FROM OLD.tracking_no OR NEW.sent_at IS DISTINCT FROM OLD.sent_at OR NEW.received_at IS DISTINCT FROM OLD.received_at OR NEW.result IS DISTINCT FROM OLD.result OR NEW.read_number IS DISTINCT FROM OLD.read_number OR NEW.read_seal IS DISTINCT FROM OLD.read_seal OR NEW.words IS DISTINCT FROM OLD.words))) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_return_no_delete BEFORE DELETE ON claim_return FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION claim_return_of_open_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.state = 'returning') THEN RAISE EXCEPTION 'claim_return: only of a claim whose return is agreed' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_return_of_open_claim BEFORE INSERT ON claim_return FOR EACH ROW EXECUTE FUNCTION claim_return_of_open_claim()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    _open_is(OPEN_NOW)
    for name, (old, new) in CHECKS.items():
        _check(name, old, new)
    op.create_table(
        "claim_return",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("claim_id", BIGINT, nullable=False),
        sa.Column("agreed_at", INSTANT, nullable=False),
        sa.Column("address_sealed", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_no", sa.Text(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("read_number", sa.Text(), nullable=True),
        sa.Column("read_seal", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_return")),
        sa.CheckConstraint(
            "result IS NULL OR result IN ('same', 'altered', 'other_item', 'silent')", name=op.f("ck_claim_return_result_known")
        ),
        sa.CheckConstraint("(result IS NULL) = (received_at IS NULL)", name=op.f("ck_claim_return_result_has_time")),
        sa.CheckConstraint(
            "(sent_at IS NULL) = (carrier IS NULL) AND (sent_at IS NULL OR address_sealed IS NOT NULL)",
            name=op.f("ck_claim_return_sent_somewhere"),
        ),
        sa.UniqueConstraint("claim_id", name=op.f("uq_claim_return_claim_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_return_claim_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT 1 FROM claim_return LIMIT 1").first() is not None:
        raise RuntimeError("things are on their way back in claims, which the earlier release does not know")
    op.drop_table("claim_return")
    if bind.dialect.name != "sqlite":
        op.execute("DROP FUNCTION claim_return_of_open_claim()")
    for name, (old, new) in CHECKS.items():
        _check(name, new, old)
    _open_is(OPEN)


def _open_is(where: str) -> None:
    op.drop_index("uq_claim_open", "claim")
    said = sa.text(where)
    op.create_index("uq_claim_open", "claim", ["order_id"], unique=True, sqlite_where=said, postgresql_where=said)


def _check(name: str, old: str, new: str) -> None:
    """Change one CHECK. No batch mode: it would rebuild the table without its triggers."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(name, "claim", type_="check")
        op.create_check_constraint(op.f(name), "claim", new)
        return
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    try:
        sql = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'claim'").scalar_one()
        if sql.count(old) != 1:
            raise RuntimeError(f"claim: expected once in its definition: {old}")
        run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'claim'", (sql.replace(old, new),))
        version = run("PRAGMA schema_version").scalar_one()
        run(f"PRAGMA schema_version = {version + 1}")
    finally:
        run("PRAGMA writable_schema = RESET")
    broken = run("PRAGMA integrity_check").scalars().all()
    if broken != ["ok"]:
        raise RuntimeError(f"the database is not in order after the change: {broken[:3]}")
