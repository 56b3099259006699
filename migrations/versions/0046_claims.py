"""Claims: what they point at, what each side said, their evidence; and the claim that holds an order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
TABLES = ("claim_evidence", "claim_proposal", "claim_item", "claim")
FUNCTIONS = (
    "trade_order_claim_holds",
    "claim_is_the_buyers",
    "claim_item_of_order",
    "claim_evidence_of_order",
    "claim_evidence_chain",
)

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_claim_is_fixed BEFORE UPDATE ON claim WHEN NEW.code IS NOT OLD.code OR NEW.order_id IS NOT OLD.order_id OR NEW.opened_by IS NOT OLD.opened_by OR NEW.opened_at IS NOT OLD.opened_at OR NEW.reason IS NOT OLD.reason OR NEW.text IS NOT OLD.text OR NEW.rules_id IS NOT OLD.rules_id OR NEW.right_code IS NOT OLD.right_code OR NEW.right_until IS NOT OLD.right_until OR NEW.most_fen IS NOT OLD.most_fen OR (OLD.state IN ('remedied', 'denied', 'withdrawn', 'overtaken') AND (NEW.state IS NOT OLD.state OR NEW.ended_at IS NOT OLD.ended_at OR NEW.result_remedy IS NOT OLD.result_remedy OR NEW.result_fen IS NOT OLD.result_fen OR NEW.ruled_by IS NOT OLD.ruled_by OR NEW.fault IS NOT OLD.fault OR NEW.ruling_text IS NOT OLD.ruling_text OR NEW.last_no IS NOT OLD.last_no OR NEW.last_fen IS NOT OLD.last_fen)) BEGIN SELECT RAISE(ABORT, 'claim: what was claimed does not change, and what ended stays as it ended'); END""",
    r"""CREATE TRIGGER tr_claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'claims are kept'); END""",
    r"""CREATE TRIGGER tr_claim_is_the_buyers BEFORE INSERT ON claim WHEN NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.buyer_id = NEW.opened_by) BEGIN SELECT RAISE(ABORT, 'claim: only the buyer of the order claims'); END""",
    r"""CREATE TRIGGER tr_claim_item_no_update BEFORE UPDATE ON claim_item BEGIN SELECT RAISE(ABORT, 'claim_item is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_item_no_delete BEFORE DELETE ON claim_item BEGIN SELECT RAISE(ABORT, 'claim_item is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_item_no_replace BEFORE INSERT ON claim_item WHEN EXISTS (SELECT 1 FROM claim_item WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM claim_item WHERE order_id = NEW.order_id AND item_key = NEW.item_key) BEGIN SELECT RAISE(ABORT, 'claim_item is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_item_of_order BEFORE INSERT ON claim_item WHEN NEW.claim_id IS NOT NULL AND NEW.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.order_id = NEW.order_id) BEGIN SELECT RAISE(ABORT, 'claim_item: of the claim of its own order'); END""",
    r"""CREATE TRIGGER tr_claim_proposal_no_update BEFORE UPDATE ON claim_proposal BEGIN SELECT RAISE(ABORT, 'claim_proposal is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_proposal_no_delete BEFORE DELETE ON claim_proposal BEGIN SELECT RAISE(ABORT, 'claim_proposal is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_proposal_no_replace BEFORE INSERT ON claim_proposal WHEN EXISTS (SELECT 1 FROM claim_proposal WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM claim_proposal WHERE claim_id = NEW.claim_id AND no = NEW.no) BEGIN SELECT RAISE(ABORT, 'claim_proposal is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_evidence_no_update BEFORE UPDATE ON claim_evidence BEGIN SELECT RAISE(ABORT, 'claim_evidence is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_evidence_no_delete BEFORE DELETE ON claim_evidence BEGIN SELECT RAISE(ABORT, 'claim_evidence is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_evidence_no_replace BEFORE INSERT ON claim_evidence WHEN EXISTS (SELECT 1 FROM claim_evidence WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM claim_evidence WHERE claim_id = NEW.claim_id AND no = NEW.no) OR EXISTS (SELECT 1 FROM claim_evidence WHERE photo_id = NEW.photo_id) OR EXISTS (SELECT 1 FROM claim_evidence WHERE sha256 = NEW.sha256) BEGIN SELECT RAISE(ABORT, 'claim_evidence is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_evidence_of_order BEFORE INSERT ON claim_evidence WHEN NEW.claim_id IS NOT NULL AND NEW.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.order_id = NEW.order_id) BEGIN SELECT RAISE(ABORT, 'claim_evidence: of the claim of its own order'); END""",
    r"""CREATE TRIGGER tr_claim_evidence_chain BEFORE INSERT ON claim_evidence WHEN NEW.no > 1 AND NOT EXISTS (SELECT 1 FROM claim_evidence e WHERE e.claim_id = NEW.claim_id AND e.no = NEW.no - 1 AND e.hash = NEW.previous) BEGIN SELECT RAISE(ABORT, 'claim_evidence: names the hash of the one before'); END""",
    r"""CREATE TRIGGER tr_trade_order_claim_holds BEFORE UPDATE ON trade_order WHEN OLD.held_by_claim IS NOT NULL AND NEW.held_by_claim IS NOT NULL AND (NEW.state <> OLD.state OR NEW.held_by_claim <> OLD.held_by_claim) BEGIN SELECT RAISE(ABORT, 'trade_order: an open claim holds it'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_claim_is_fixed BEFORE UPDATE ON claim FOR EACH ROW WHEN (NEW.code IS DISTINCT FROM OLD.code OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.opened_by IS DISTINCT FROM OLD.opened_by OR NEW.opened_at IS DISTINCT FROM OLD.opened_at OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.text IS DISTINCT FROM OLD.text OR NEW.rules_id IS DISTINCT FROM OLD.rules_id OR NEW.right_code IS DISTINCT FROM OLD.right_code OR NEW.right_until IS DISTINCT FROM OLD.right_until OR NEW.most_fen IS DISTINCT FROM OLD.most_fen OR (OLD.state IN ('remedied', 'denied', 'withdrawn', 'overtaken') AND (NEW.state IS DISTINCT FROM OLD.state OR NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.result_remedy IS DISTINCT FROM OLD.result_remedy OR NEW.result_fen IS DISTINCT FROM OLD.result_fen OR NEW.ruled_by IS DISTINCT FROM OLD.ruled_by OR NEW.fault IS DISTINCT FROM OLD.fault OR NEW.ruling_text IS DISTINCT FROM OLD.ruling_text OR NEW.last_no IS DISTINCT FROM OLD.last_no OR NEW.last_fen IS DISTINCT FROM OLD.last_fen))) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_no_delete BEFORE DELETE ON claim FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION claim_is_the_buyers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.buyer_id = NEW.opened_by) THEN RAISE EXCEPTION 'claim: only the buyer of the order claims' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_is_the_buyers BEFORE INSERT ON claim FOR EACH ROW EXECUTE FUNCTION claim_is_the_buyers()""",
    r"""CREATE TRIGGER tr_claim_item_no_update BEFORE UPDATE ON claim_item FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_item_no_delete BEFORE DELETE ON claim_item FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_item_no_truncate BEFORE TRUNCATE ON claim_item FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION claim_item_of_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.claim_id IS NOT NULL AND NEW.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.order_id = NEW.order_id) THEN RAISE EXCEPTION 'claim_item: of the claim of its own order' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_item_of_order BEFORE INSERT ON claim_item FOR EACH ROW EXECUTE FUNCTION claim_item_of_order()""",
    r"""CREATE TRIGGER tr_claim_proposal_no_update BEFORE UPDATE ON claim_proposal FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_proposal_no_delete BEFORE DELETE ON claim_proposal FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_proposal_no_truncate BEFORE TRUNCATE ON claim_proposal FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_evidence_no_update BEFORE UPDATE ON claim_evidence FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_evidence_no_delete BEFORE DELETE ON claim_evidence FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_evidence_no_truncate BEFORE TRUNCATE ON claim_evidence FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION claim_evidence_of_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.claim_id IS NOT NULL AND NEW.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.order_id = NEW.order_id) THEN RAISE EXCEPTION 'claim_evidence: of the claim of its own order' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_evidence_of_order BEFORE INSERT ON claim_evidence FOR EACH ROW EXECUTE FUNCTION claim_evidence_of_order()""",
    r"""CREATE OR REPLACE FUNCTION claim_evidence_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.no > 1 AND NOT EXISTS (SELECT 1 FROM claim_evidence e WHERE e.claim_id = NEW.claim_id AND e.no = NEW.no - 1 AND e.hash = NEW.previous) THEN RAISE EXCEPTION 'claim_evidence: names the hash of the one before' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_evidence_chain BEFORE INSERT ON claim_evidence FOR EACH ROW EXECUTE FUNCTION claim_evidence_chain()""",
    r"""CREATE OR REPLACE FUNCTION trade_order_claim_holds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.held_by_claim IS NOT NULL AND NEW.held_by_claim IS NOT NULL AND (NEW.state <> OLD.state OR NEW.held_by_claim <> OLD.held_by_claim) THEN RAISE EXCEPTION 'trade_order: an open claim holds it' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_trade_order_claim_holds BEFORE UPDATE ON trade_order FOR EACH ROW EXECUTE FUNCTION trade_order_claim_holds()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.add_column("trade_order", sa.Column("held_by_claim", sa.Text(), nullable=True))
    op.add_column("trade_order", sa.Column("held_at", INSTANT, nullable=True))
    op.create_table(
        "claim",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("opened_by", BIGINT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rules_id", sa.Text(), nullable=False),
        sa.Column("right_code", sa.Text(), nullable=False),
        sa.Column("right_until", INSTANT, nullable=False),
        sa.Column("most_fen", BIGINT, nullable=False),
        sa.Column("last_no", BIGINT, nullable=False),
        sa.Column("last_kind", sa.Text(), nullable=False),
        sa.Column("last_remedy", sa.Text(), nullable=True),
        sa.Column("last_fen", BIGINT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("result_remedy", sa.Text(), nullable=True),
        sa.Column("result_fen", BIGINT, nullable=True),
        sa.Column("ruled_by", BIGINT, nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("ruling_text", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.CheckConstraint(
            "state IN ('seller_turn', 'remedied', 'buyer_turn', 'withdrawn', 'overtaken', 'escalated', 'denied')",
            name=op.f("ck_claim_state_known"),
        ),
        sa.CheckConstraint(
            "reason IN ('not_as_described', 'hidden_repair', 'function_fails', 'damaged', 'missing_part', 'counterfeit', 'change_of_mind')",
            name=op.f("ck_claim_reason_known"),
        ),
        sa.CheckConstraint(
            "last_kind IN ('ask', 'offer', 'refuse')",
            name=op.f("ck_claim_last_kind_known"),
        ),
        sa.CheckConstraint(
            "last_remedy IS NULL OR last_remedy IN ('partial_refund', 'return_refund')",
            name=op.f("ck_claim_last_remedy_known"),
        ),
        sa.CheckConstraint(
            "result_remedy IS NULL OR result_remedy IN ('partial_refund', 'return_refund')",
            name=op.f("ck_claim_result_remedy_known"),
        ),
        sa.CheckConstraint(
            "fault IS NULL OR fault IN ('seller_fault', 'buyer_fault', 'shared', 'none')",
            name=op.f("ck_claim_fault_known"),
        ),
        sa.CheckConstraint(
            "most_fen > 0 AND most_fen <= 99999999999",
            name=op.f("ck_claim_most_bounds"),
        ),
        sa.CheckConstraint(
            "last_fen BETWEEN 0 AND most_fen",
            name=op.f("ck_claim_proposal_within"),
        ),
        sa.CheckConstraint(
            "(last_kind = 'refuse') = (last_remedy IS NULL)",
            name=op.f("ck_claim_refusal_offers_nothing"),
        ),
        sa.CheckConstraint(
            "last_no > 0",
            name=op.f("ck_claim_last_no_positive"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('remedied', 'denied', 'withdrawn', 'overtaken') OR ended_at IS NOT NULL",
            name=op.f("ck_claim_ended_has_time"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('seller_turn', 'buyer_turn') OR due_at IS NOT NULL",
            name=op.f("ck_claim_turn_has_end"),
        ),
        sa.CheckConstraint(
            "state <> 'remedied' OR (result_remedy IS NOT NULL AND result_fen IS NOT NULL)",
            name=op.f("ck_claim_remedied_is_whole"),
        ),
        sa.CheckConstraint(
            "(result_remedy IS NULL) = (result_fen IS NULL) AND (result_fen IS NULL OR result_fen BETWEEN 1 AND most_fen) AND (result_fen IS NULL OR state NOT IN ('denied', 'withdrawn', 'overtaken'))",
            name=op.f("ck_claim_result_fits"),
        ),
        sa.CheckConstraint(
            "(ruled_by IS NULL) = (ruling_text IS NULL) AND (ruled_by IS NULL) = (fault IS NULL)",
            name=op.f("ck_claim_ruling_is_whole"),
        ),
        sa.CheckConstraint(
            "length(text) BETWEEN 10 AND 1000",
            name=op.f("ck_claim_text_length"),
        ),
        sa.UniqueConstraint("code", name=op.f("uq_claim_code")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_claim_order_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["app_user.id"], name=op.f("fk_claim_opened_by")),
        sa.ForeignKeyConstraint(["ruled_by"], ["app_user.id"], name=op.f("fk_claim_ruled_by")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_claim_opened_by", "claim", ["opened_by", "id"], unique=False)
    op.create_index("ix_claim_order_id", "claim", ["order_id", "id"], unique=False)
    where = sa.text("state IN ('seller_turn', 'buyer_turn', 'escalated')")
    op.create_index("uq_claim_open", "claim", ["order_id"], unique=True, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "claim_item",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("claim_id", BIGINT, nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("promised", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_item")),
        sa.UniqueConstraint("order_id", "item_key", name=op.f("uq_claim_item_order_id_item_key")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_item_claim_id")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_claim_item_order_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_claim_item_claim_id", "claim_item", ["claim_id"], unique=False)
    op.create_table(
        "claim_proposal",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("claim_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_proposal")),
        sa.UniqueConstraint("claim_id", "no", name=op.f("uq_claim_proposal_claim_id_no")),
        sa.CheckConstraint(
            "by IN ('buyer', 'seller')",
            name=op.f("ck_claim_proposal_by_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('ask', 'offer', 'refuse')",
            name=op.f("ck_claim_proposal_kind_known"),
        ),
        sa.CheckConstraint(
            "(kind = 'refuse') = (remedy IS NULL)",
            name=op.f("ck_claim_proposal_refusal_offers_nothing"),
        ),
        sa.CheckConstraint(
            "(kind = 'ask') = (by = 'buyer')",
            name=op.f("ck_claim_proposal_buyer_asks"),
        ),
        sa.CheckConstraint(
            "amount_fen BETWEEN 0 AND 99999999999 AND (kind = 'refuse') = (amount_fen = 0)",
            name=op.f("ck_claim_proposal_amount_fits"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_proposal_claim_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "claim_evidence",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("claim_id", BIGINT, nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("photo_id", BIGINT, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_evidence")),
        sa.UniqueConstraint("claim_id", "no", name=op.f("uq_claim_evidence_claim_id_no")),
        sa.CheckConstraint(
            "by IN ('buyer', 'seller')",
            name=op.f("ck_claim_evidence_by_known"),
        ),
        sa.CheckConstraint(
            "length(sha256) = 64 AND length(hash) = 64",
            name=op.f("ck_claim_evidence_hashes_whole"),
        ),
        sa.CheckConstraint(
            "(no = 1) = (previous = '')",
            name=op.f("ck_claim_evidence_first_has_none_before"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_evidence_claim_id")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_claim_evidence_order_id")),
        sa.UniqueConstraint("photo_id", name=op.f("uq_claim_evidence_photo_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_claim_evidence_photo_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_claim_evidence_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_claim_evidence_order_id", "claim_evidence", ["order_id"], unique=False)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT 1 FROM trade_order WHERE held_by_claim IS NOT NULL LIMIT 1").first() is not None:
        raise RuntimeError("claims are open; an earlier release would let their orders and money go on")
    is_sqlite = bind.dialect.name == "sqlite"
    op.execute("DROP TRIGGER tr_trade_order_claim_holds" + ("" if is_sqlite else " ON trade_order"))
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("trade_order", "held_at")
    op.drop_column("trade_order", "held_by_claim")
    if not is_sqlite:
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")
