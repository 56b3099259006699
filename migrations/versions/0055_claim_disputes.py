"""Disputes of claims: who was drawn to decide, rulings, and the parts of the money that follow.

A claim that waits for a decision already gets a dispute, whose arbitrator is drawn by the clock.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0060"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
OPEN = "state IN ('waiting', 'deciding', 'ruled', 'carrying_out')"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_claim_dispute_is_fixed BEFORE UPDATE ON claim_dispute WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.claim_id IS NOT OLD.claim_id OR NEW.no IS NOT OLD.no OR NEW.amount_fen IS NOT OLD.amount_fen OR NEW.opened_at IS NOT OLD.opened_at OR (OLD.appealed_by IS NOT NULL AND NEW.appealed_by IS NOT OLD.appealed_by) OR (OLD.appealed_at IS NOT NULL AND NEW.appealed_at IS NOT OLD.appealed_at) OR (OLD.appeal_text IS NOT NULL AND NEW.appeal_text IS NOT OLD.appeal_text) OR (OLD.accepted_buyer_at IS NOT NULL AND NEW.accepted_buyer_at IS NOT OLD.accepted_buyer_at) OR (OLD.accepted_seller_at IS NOT NULL AND NEW.accepted_seller_at IS NOT OLD.accepted_seller_at) OR NEW.round < OLD.round OR (OLD.state IN ('done', 'closed') AND (NEW.state IS NOT OLD.state OR NEW.round IS NOT OLD.round OR NEW.ended_at IS NOT OLD.ended_at OR NEW.appealed_by IS NOT OLD.appealed_by OR NEW.appealed_at IS NOT OLD.appealed_at OR NEW.appeal_text IS NOT OLD.appeal_text OR NEW.accepted_buyer_at IS NOT OLD.accepted_buyer_at OR NEW.accepted_seller_at IS NOT OLD.accepted_seller_at)) BEGIN SELECT RAISE(ABORT, 'claim_dispute: what was said once stays'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_stays BEFORE DELETE ON claim_dispute WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'claim_dispute: it is kept'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_of_claim BEFORE INSERT ON claim_dispute WHEN NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.state = 'escalated' AND c.most_fen = NEW.amount_fen) BEGIN SELECT RAISE(ABORT, 'claim_dispute: of an escalated claim and its whole amount'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_sums BEFORE UPDATE ON claim_dispute WHEN NEW.state IN ('carrying_out', 'done') AND NEW.amount_fen <> (SELECT COALESCE(SUM(l.amount_fen), 0) FROM claim_leg l WHERE l.dispute_id = NEW.id) BEGIN SELECT RAISE(ABORT, 'claim_dispute: the parts of the money are the amount in dispute'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_is_paid BEFORE UPDATE ON claim_dispute WHEN NEW.state = 'done' AND EXISTS (SELECT 1 FROM claim_leg l WHERE l.dispute_id = NEW.id AND l.state <> 'paid') BEGIN SELECT RAISE(ABORT, 'claim_dispute: done when every part has gone its way'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_asking_is_fixed BEFORE UPDATE ON claim_dispute_asking WHEN NEW.id IS NOT OLD.id OR NEW.dispute_id IS NOT OLD.dispute_id OR NEW.no IS NOT OLD.no OR NEW.round IS NOT OLD.round OR NEW.person_id IS NOT OLD.person_id OR NEW.considered IS NOT OLD.considered OR NEW.asked_at IS NOT OLD.asked_at OR OLD.answered_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'claim_dispute_asking: who was drawn stays; an answer is given once'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_asking_stays BEFORE DELETE ON claim_dispute_asking BEGIN SELECT RAISE(ABORT, 'claim_dispute_asking: who was drawn stays; an answer is given once'); END""",
    r"""CREATE TRIGGER tr_claim_dispute_asking_neutral BEFORE INSERT ON claim_dispute_asking WHEN EXISTS (SELECT 1 FROM claim_dispute d JOIN claim c ON c.id = d.claim_id JOIN trade_order o ON o.id = c.order_id WHERE d.id = NEW.dispute_id AND (NEW.person_id = o.buyer_id OR NEW.person_id = o.seller_id)) OR EXISTS (SELECT 1 FROM claim_ruling r WHERE r.dispute_id = NEW.dispute_id AND r.by_id = NEW.person_id) BEGIN SELECT RAISE(ABORT, 'claim_dispute_asking: neither a side of the sale nor who has ruled already'); END""",
    r"""CREATE TRIGGER tr_claim_ruling_no_update BEFORE UPDATE ON claim_ruling BEGIN SELECT RAISE(ABORT, 'claim_ruling is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_ruling_no_delete BEFORE DELETE ON claim_ruling BEGIN SELECT RAISE(ABORT, 'claim_ruling is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_ruling_no_replace BEFORE INSERT ON claim_ruling WHEN EXISTS (SELECT 1 FROM claim_ruling WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM claim_ruling WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM claim_ruling WHERE dispute_id = NEW.dispute_id AND round = NEW.round) BEGIN SELECT RAISE(ABORT, 'claim_ruling is append-only'); END""",
    r"""CREATE TRIGGER tr_claim_ruling_fits BEFORE INSERT ON claim_ruling WHEN NOT EXISTS (SELECT 1 FROM claim_dispute d WHERE d.id = NEW.dispute_id AND d.state = 'deciding' AND d.person_id = NEW.by_id AND d.round = NEW.round AND d.amount_fen = NEW.amount_fen) BEGIN SELECT RAISE(ABORT, 'sealed: a ruling is by who was drawn, of the whole amount'); END""",
    r"""CREATE TRIGGER tr_claim_ruling_another BEFORE INSERT ON claim_ruling WHEN EXISTS (SELECT 1 FROM claim_dispute d JOIN claim c ON c.id = d.claim_id JOIN trade_order o ON o.id = c.order_id WHERE d.id = NEW.dispute_id AND (NEW.by_id = o.buyer_id OR NEW.by_id = o.seller_id)) OR EXISTS (SELECT 1 FROM claim_ruling r WHERE r.dispute_id = NEW.dispute_id AND r.by_id = NEW.by_id) BEGIN SELECT RAISE(ABORT, 'sealed: a ruling is of another person than a side of the sale and than the first one'); END""",
    r"""CREATE TRIGGER tr_claim_leg_of_ruling BEFORE INSERT ON claim_leg WHEN NOT EXISTS (SELECT 1 FROM claim_ruling r WHERE r.id = NEW.ruling_id AND r.dispute_id = NEW.dispute_id AND NEW.amount_fen > 0 AND NEW.amount_fen = CASE NEW.receiver WHEN 'buyer' THEN r.buyer_fen ELSE r.seller_fen END AND NOT EXISTS (SELECT 1 FROM claim_ruling x WHERE x.dispute_id = r.dispute_id AND x.round > r.round)) BEGIN SELECT RAISE(ABORT, 'claim_leg: a part as it was ruled'); END""",
    r"""CREATE TRIGGER tr_claim_leg_is_fixed BEFORE UPDATE ON claim_leg WHEN NEW.id <> OLD.id OR NEW.dispute_id <> OLD.dispute_id OR NEW.ruling_id <> OLD.ruling_id OR NEW.receiver <> OLD.receiver OR NEW.amount_fen <> OLD.amount_fen OR (OLD.state IN ('paid', 'dropped') AND NEW.state <> OLD.state) BEGIN SELECT RAISE(ABORT, 'claim_leg: a part stays as it was ruled'); END""",
    r"""CREATE TRIGGER tr_claim_leg_stays BEFORE DELETE ON claim_leg WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'claim_leg: it is kept'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_is_fixed BEFORE UPDATE ON claim_dispute FOR EACH ROW WHEN (NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.claim_id IS DISTINCT FROM OLD.claim_id OR NEW.no IS DISTINCT FROM OLD.no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.opened_at IS DISTINCT FROM OLD.opened_at OR (OLD.appealed_by IS NOT NULL AND NEW.appealed_by IS DISTINCT FROM OLD.appealed_by) OR (OLD.appealed_at IS NOT NULL AND NEW.appealed_at IS DISTINCT FROM OLD.appealed_at) OR (OLD.appeal_text IS NOT NULL AND NEW.appeal_text IS DISTINCT FROM OLD.appeal_text) OR (OLD.accepted_buyer_at IS NOT NULL AND NEW.accepted_buyer_at IS DISTINCT FROM OLD.accepted_buyer_at) OR (OLD.accepted_seller_at IS NOT NULL AND NEW.accepted_seller_at IS DISTINCT FROM OLD.accepted_seller_at) OR NEW.round < OLD.round OR (OLD.state IN ('done', 'closed') AND (NEW.state IS DISTINCT FROM OLD.state OR NEW.round IS DISTINCT FROM OLD.round OR NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.appealed_by IS DISTINCT FROM OLD.appealed_by OR NEW.appealed_at IS DISTINCT FROM OLD.appealed_at OR NEW.appeal_text IS DISTINCT FROM OLD.appeal_text OR NEW.accepted_buyer_at IS DISTINCT FROM OLD.accepted_buyer_at OR NEW.accepted_seller_at IS DISTINCT FROM OLD.accepted_seller_at))) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id IS NOT NULL THEN RAISE EXCEPTION 'claim_dispute: it is kept' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_stays BEFORE DELETE ON claim_dispute FOR EACH ROW EXECUTE FUNCTION claim_dispute_stays()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_of_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.state = 'escalated' AND c.most_fen = NEW.amount_fen) THEN RAISE EXCEPTION 'claim_dispute: of an escalated claim and its whole amount' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_of_claim BEFORE INSERT ON claim_dispute FOR EACH ROW EXECUTE FUNCTION claim_dispute_of_claim()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_sums() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state IN ('carrying_out', 'done') AND NEW.amount_fen <> (SELECT COALESCE(SUM(l.amount_fen), 0) FROM claim_leg l WHERE l.dispute_id = NEW.id) THEN RAISE EXCEPTION 'claim_dispute: the parts of the money are the amount in dispute' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_sums BEFORE UPDATE ON claim_dispute FOR EACH ROW EXECUTE FUNCTION claim_dispute_sums()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'done' AND EXISTS (SELECT 1 FROM claim_leg l WHERE l.dispute_id = NEW.id AND l.state <> 'paid') THEN RAISE EXCEPTION 'claim_dispute: done when every part has gone its way' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_is_paid BEFORE UPDATE ON claim_dispute FOR EACH ROW EXECUTE FUNCTION claim_dispute_is_paid()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_asking_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.dispute_id IS DISTINCT FROM OLD.dispute_id OR NEW.no IS DISTINCT FROM OLD.no OR NEW.round IS DISTINCT FROM OLD.round OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.considered IS DISTINCT FROM OLD.considered OR NEW.asked_at IS DISTINCT FROM OLD.asked_at OR OLD.answered_at IS NOT NULL THEN RAISE EXCEPTION 'claim_dispute_asking: who was drawn stays; an answer is given once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_asking_is_fixed BEFORE UPDATE ON claim_dispute_asking FOR EACH ROW EXECUTE FUNCTION claim_dispute_asking_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_asking_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'claim_dispute_asking: who was drawn stays; an answer is given once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_asking_stays BEFORE DELETE ON claim_dispute_asking FOR EACH ROW EXECUTE FUNCTION claim_dispute_asking_stays()""",
    r"""CREATE OR REPLACE FUNCTION claim_dispute_asking_neutral() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM claim_dispute d JOIN claim c ON c.id = d.claim_id JOIN trade_order o ON o.id = c.order_id WHERE d.id = NEW.dispute_id AND (NEW.person_id = o.buyer_id OR NEW.person_id = o.seller_id)) OR EXISTS (SELECT 1 FROM claim_ruling r WHERE r.dispute_id = NEW.dispute_id AND r.by_id = NEW.person_id) THEN RAISE EXCEPTION 'claim_dispute_asking: neither a side of the sale nor who has ruled already' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_dispute_asking_neutral BEFORE INSERT ON claim_dispute_asking FOR EACH ROW EXECUTE FUNCTION claim_dispute_asking_neutral()""",
    r"""CREATE TRIGGER tr_claim_ruling_no_update BEFORE UPDATE ON claim_ruling FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_ruling_no_delete BEFORE DELETE ON claim_ruling FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_claim_ruling_no_truncate BEFORE TRUNCATE ON claim_ruling FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION claim_ruling_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM claim_dispute d WHERE d.id = NEW.dispute_id AND d.state = 'deciding' AND d.person_id = NEW.by_id AND d.round = NEW.round AND d.amount_fen = NEW.amount_fen) THEN RAISE EXCEPTION 'sealed: a ruling is by who was drawn, of the whole amount' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_ruling_fits BEFORE INSERT ON claim_ruling FOR EACH ROW EXECUTE FUNCTION claim_ruling_fits()""",
    r"""CREATE OR REPLACE FUNCTION claim_ruling_another() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM claim_dispute d JOIN claim c ON c.id = d.claim_id JOIN trade_order o ON o.id = c.order_id WHERE d.id = NEW.dispute_id AND (NEW.by_id = o.buyer_id OR NEW.by_id = o.seller_id)) OR EXISTS (SELECT 1 FROM claim_ruling r WHERE r.dispute_id = NEW.dispute_id AND r.by_id = NEW.by_id) THEN RAISE EXCEPTION 'sealed: a ruling is of another person than a side of the sale and than the first one' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_ruling_another BEFORE INSERT ON claim_ruling FOR EACH ROW EXECUTE FUNCTION claim_ruling_another()""",
    r"""CREATE OR REPLACE FUNCTION claim_leg_of_ruling() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM claim_ruling r WHERE r.id = NEW.ruling_id AND r.dispute_id = NEW.dispute_id AND NEW.amount_fen > 0 AND NEW.amount_fen = CASE NEW.receiver WHEN 'buyer' THEN r.buyer_fen ELSE r.seller_fen END AND NOT EXISTS (SELECT 1 FROM claim_ruling x WHERE x.dispute_id = r.dispute_id AND x.round > r.round)) THEN RAISE EXCEPTION 'claim_leg: a part as it was ruled' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_leg_of_ruling BEFORE INSERT ON claim_leg FOR EACH ROW EXECUTE FUNCTION claim_leg_of_ruling()""",
    r"""CREATE OR REPLACE FUNCTION claim_leg_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id <> OLD.id OR NEW.dispute_id <> OLD.dispute_id OR NEW.ruling_id <> OLD.ruling_id OR NEW.receiver <> OLD.receiver OR NEW.amount_fen <> OLD.amount_fen OR (OLD.state IN ('paid', 'dropped') AND NEW.state <> OLD.state) THEN RAISE EXCEPTION 'claim_leg: a part stays as it was ruled' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_claim_leg_is_fixed BEFORE UPDATE ON claim_leg FOR EACH ROW EXECUTE FUNCTION claim_leg_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION claim_leg_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id IS NOT NULL THEN RAISE EXCEPTION 'claim_leg: it is kept' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$""",
    r"""CREATE TRIGGER tr_claim_leg_stays BEFORE DELETE ON claim_leg FOR EACH ROW EXECUTE FUNCTION claim_leg_stays()""",
]
FUNCTIONS = (
    "claim_dispute_stays",
    "claim_dispute_of_claim",
    "claim_dispute_sums",
    "claim_dispute_is_paid",
    "claim_dispute_asking_is_fixed",
    "claim_dispute_asking_stays",
    "claim_dispute_asking_neutral",
    "claim_ruling_fits",
    "claim_ruling_another",
    "claim_leg_of_ruling",
    "claim_leg_is_fixed",
    "claim_leg_stays",
)


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "claim_dispute",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("claim_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("round", BIGINT, nullable=False),
        sa.Column("person_id", BIGINT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("staff_reason", sa.Text(), nullable=True),
        sa.Column("accepted_buyer_at", INSTANT, nullable=True),
        sa.Column("accepted_seller_at", INSTANT, nullable=True),
        sa.Column("appealed_by", sa.Text(), nullable=True),
        sa.Column("appealed_at", INSTANT, nullable=True),
        sa.Column("appeal_text", sa.Text(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state <> 'deciding' OR (person_id IS NOT NULL AND due_at IS NOT NULL)",
            name=op.f("ck_claim_dispute_somebody_named"),
        ),
        sa.CheckConstraint(
            "state <> 'ruled' OR due_at IS NOT NULL",
            name=op.f("ck_claim_dispute_appeal_has_end"),
        ),
        sa.CheckConstraint(
            "staff_reason IS NULL OR staff_reason = 'nobody'",
            name=op.f("ck_claim_dispute_staff_reason_known"),
        ),
        sa.CheckConstraint(
            "appealed_by IS NULL OR appealed_by IN ('buyer', 'seller')",
            name=op.f("ck_claim_dispute_appealed_by_known"),
        ),
        sa.CheckConstraint(
            "(appealed_by IS NULL) = (appealed_at IS NULL) AND (appealed_by IS NULL) = (appeal_text IS NULL) AND (appealed_by IS NULL) = (round = 1)",
            name=op.f("ck_claim_dispute_appeal_is_whole"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('done', 'closed') OR ended_at IS NOT NULL",
            name=op.f("ck_claim_dispute_ended_has_time"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'deciding', 'ruled', 'carrying_out', 'done', 'closed')",
            name=op.f("ck_claim_dispute_state_known"),
        ),
        sa.CheckConstraint(
            "amount_fen BETWEEN 1 AND 99999999999",
            name=op.f("ck_claim_dispute_amount_bounds"),
        ),
        sa.CheckConstraint(
            "round IN (1, 2)",
            name=op.f("ck_claim_dispute_appealed_once"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["app_user.id"], name=op.f("fk_claim_dispute_person_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_dispute_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_dispute")),
        sa.UniqueConstraint("claim_id", "no", name=op.f("uq_claim_dispute_claim_id_no")),
        sa.UniqueConstraint("code", name=op.f("uq_claim_dispute_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_claim_dispute_person_id"), "claim_dispute", ["person_id"])
    op.create_index(op.f("ix_claim_dispute_state"), "claim_dispute", ["state", "id"])
    said = sa.text(OPEN)
    op.create_index(
        op.f("uq_claim_dispute_open"), "claim_dispute", ["claim_id"], unique=True, sqlite_where=said, postgresql_where=said
    )
    op.create_table(
        "claim_dispute_asking",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("dispute_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("round", BIGINT, nullable=False),
        sa.Column("person_id", BIGINT, nullable=False),
        sa.Column("considered", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)",
            name=op.f("ck_claim_dispute_asking_answered_with_time"),
        ),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('ruled', 'passed', 'timed_out', 'closed')",
            name=op.f("ck_claim_dispute_asking_answer_known"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["app_user.id"], name=op.f("fk_claim_dispute_asking_person_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["claim_dispute.id"], name=op.f("fk_claim_dispute_asking_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_dispute_asking")),
        sa.UniqueConstraint("dispute_id", "no", name=op.f("uq_claim_dispute_asking_dispute_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_claim_dispute_asking_person_id"), "claim_dispute_asking", ["person_id", "id"])
    op.create_table(
        "claim_ruling",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("dispute_id", BIGINT, nullable=False),
        sa.Column("round", BIGINT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("buyer_fen", BIGINT, nullable=False),
        sa.Column("seller_fen", BIGINT, nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("clauses", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(remedy IS NULL) = (buyer_fen = 0)",
            name=op.f("ck_claim_ruling_nothing_is_nothing"),
        ),
        sa.CheckConstraint(
            "clauses <> '[]' AND evidence <> '[]'",
            name=op.f("ck_claim_ruling_reasoned"),
        ),
        sa.CheckConstraint(
            "remedy IS NULL OR remedy <> 'return_refund' OR seller_fen = 0",
            name=op.f("ck_claim_ruling_return_is_whole"),
        ),
        sa.CheckConstraint(
            "length(reasons) BETWEEN 10 AND 2000",
            name=op.f("ck_claim_ruling_reasons_length"),
        ),
        sa.CheckConstraint(
            "remedy IS NULL OR remedy IN ('partial_refund', 'return_refund')",
            name=op.f("ck_claim_ruling_remedy_known"),
        ),
        sa.CheckConstraint(
            "buyer_fen >= 0 AND seller_fen >= 0 AND buyer_fen + seller_fen = amount_fen",
            name=op.f("ck_claim_ruling_sums_exactly"),
        ),
        sa.CheckConstraint(
            "fault IN ('seller_fault', 'buyer_fault', 'shared', 'none')",
            name=op.f("ck_claim_ruling_fault_known"),
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["claim_dispute.id"], name=op.f("fk_claim_ruling_dispute_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_claim_ruling_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_ruling")),
        sa.UniqueConstraint("code", name=op.f("uq_claim_ruling_code")),
        sa.UniqueConstraint("dispute_id", "round", name=op.f("uq_claim_ruling_dispute_id_round")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "claim_leg",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("dispute_id", BIGINT, nullable=False),
        sa.Column("ruling_id", BIGINT, nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("command_code", sa.Text(), nullable=True),
        sa.Column("retries", BIGINT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "receiver IN ('buyer', 'seller')",
            name=op.f("ck_claim_leg_receiver_known"),
        ),
        sa.CheckConstraint(
            "retries >= 0",
            name=op.f("ck_claim_leg_retries_counted"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'booked', 'dropped', 'paid', 'failed')",
            name=op.f("ck_claim_leg_state_known"),
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["claim_dispute.id"], name=op.f("fk_claim_leg_dispute_id")),
        sa.ForeignKeyConstraint(["command_code"], ["money_command.code"], name=op.f("fk_claim_leg_command_code")),
        sa.ForeignKeyConstraint(["ruling_id"], ["claim_ruling.id"], name=op.f("fk_claim_leg_ruling_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_leg")),
        sa.UniqueConstraint("dispute_id", "receiver", name=op.f("uq_claim_leg_dispute_id_receiver")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_claim_leg_command_code"), "claim_leg", ["command_code"])
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))
    _open_for_those_who_wait(bind)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT 1 FROM claim_dispute LIMIT 1").first() is not None:
        raise RuntimeError("claims are before arbitrators, which the earlier release does not know")
    for table in ("claim_leg", "claim_ruling", "claim_dispute_asking", "claim_dispute"):
        op.drop_table(table)
    if bind.dialect.name != "sqlite":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")


def _open_for_those_who_wait(bind: sa.Connection) -> None:
    """The clock finds them as disputes for which nobody could be drawn, and has it drawn."""
    for (claim_id,) in bind.exec_driver_sql("SELECT id FROM claim WHERE state = 'escalated' ORDER BY id").all():
        code = "".join(secrets.choice(ALPHABET) for _ in range(26))
        bind.execute(
            sa.text(
                "INSERT INTO claim_dispute (code, claim_id, no, amount_fen, opened_at, round, state, version, entered_at) "
                "SELECT :code, id, 1, most_fen, entered_at, 1, 'waiting', 1, entered_at FROM claim WHERE id = :claim"
            ),
            {"code": code, "claim": claim_id},
        )
        bind.execute(
            sa.text(
                "INSERT INTO deadline (entity, entity_id, kind, due_at, attempts) "
                "SELECT 'claim_dispute', id, 'wait', opened_at, 0 FROM claim_dispute WHERE code = :code"
            ),
            {"code": code},
        )
