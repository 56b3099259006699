"""Reviews: what two sides of a completed sale say of each other, sealed first and never removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_review_by_a_party BEFORE INSERT ON review WHEN NEW.state <> 'sealed' OR NEW.written_at >= NEW.reveal_at OR NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'completed' AND ((NEW.side = 'buyer' AND o.buyer_id = NEW.author_id AND o.seller_id = NEW.subject_id) OR (NEW.side = 'seller' AND o.seller_id = NEW.author_id AND o.buyer_id = NEW.subject_id))) OR EXISTS (SELECT 1 FROM review r WHERE r.id = NEW.id OR r.code = NEW.code OR (r.order_id = NEW.order_id AND r.side = NEW.side)) BEGIN SELECT RAISE(ABORT, 'only the two sides of a completed order review each other, in time'); END""",
    r"""CREATE TRIGGER tr_review_is_written BEFORE UPDATE ON review WHEN NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.order_id <> OLD.order_id OR NEW.side <> OLD.side OR NEW.author_id <> OLD.author_id OR NEW.subject_id <> OLD.subject_id OR NEW.stars <> OLD.stars OR NEW.text <> OLD.text OR NEW.stars_salt <> OLD.stars_salt OR NEW.text_salt <> OLD.text_salt OR NEW.written_at <> OLD.written_at OR NEW.reveal_at <> OLD.reveal_at OR (NEW.state <> OLD.state AND NOT ((OLD.state = 'sealed' AND NEW.state = 'revealed') OR (OLD.state = 'revealed' AND NEW.state = 'hidden'))) OR (OLD.hidden_reason IS NOT NULL AND (NEW.hidden_reason IS NULL OR NEW.hidden_reason <> OLD.hidden_reason OR NEW.hidden_by <> OLD.hidden_by)) OR (OLD.state = 'sealed' AND NEW.hidden_reason IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'a review stays as it was written'); END""",
    r"""CREATE TRIGGER tr_review_is_sealed BEFORE UPDATE ON review WHEN OLD.state = 'sealed' AND NEW.state <> 'sealed' AND NEW.entered_at < OLD.reveal_at AND (SELECT COUNT(*) FROM review r WHERE r.order_id = OLD.order_id) < 2 BEGIN SELECT RAISE(ABORT, 'a review is sealed until the other side has written, or time has run out'); END""",
    r"""CREATE TRIGGER tr_review_stays BEFORE DELETE ON review WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'reviews are kept'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION review_by_a_party() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'sealed' OR NEW.written_at >= NEW.reveal_at OR NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'completed' AND ((NEW.side = 'buyer' AND o.buyer_id = NEW.author_id AND o.seller_id = NEW.subject_id) OR (NEW.side = 'seller' AND o.seller_id = NEW.author_id AND o.buyer_id = NEW.subject_id))) OR EXISTS (SELECT 1 FROM review r WHERE r.id = NEW.id OR r.code = NEW.code OR (r.order_id = NEW.order_id AND r.side = NEW.side)) THEN RAISE EXCEPTION 'only the two sides of a completed order review each other, in time' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_review_by_a_party BEFORE INSERT ON review FOR EACH ROW EXECUTE FUNCTION review_by_a_party()""",
    r"""CREATE OR REPLACE FUNCTION review_is_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.order_id <> OLD.order_id OR NEW.side <> OLD.side OR NEW.author_id <> OLD.author_id OR NEW.subject_id <> OLD.subject_id OR NEW.stars <> OLD.stars OR NEW.text <> OLD.text OR NEW.stars_salt <> OLD.stars_salt OR NEW.text_salt <> OLD.text_salt OR NEW.written_at <> OLD.written_at OR NEW.reveal_at <> OLD.reveal_at OR (NEW.state <> OLD.state AND NOT ((OLD.state = 'sealed' AND NEW.state = 'revealed') OR (OLD.state = 'revealed' AND NEW.state = 'hidden'))) OR (OLD.hidden_reason IS NOT NULL AND (NEW.hidden_reason IS NULL OR NEW.hidden_reason <> OLD.hidden_reason OR NEW.hidden_by <> OLD.hidden_by)) OR (OLD.state = 'sealed' AND NEW.hidden_reason IS NOT NULL) THEN RAISE EXCEPTION 'a review stays as it was written' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_review_is_written BEFORE UPDATE ON review FOR EACH ROW EXECUTE FUNCTION review_is_written()""",
    r"""CREATE OR REPLACE FUNCTION review_is_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'sealed' AND NEW.state <> 'sealed' AND NEW.entered_at < OLD.reveal_at AND (SELECT COUNT(*) FROM review r WHERE r.order_id = OLD.order_id) < 2 THEN RAISE EXCEPTION 'a review is sealed until the other side has written, or time has run out' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_review_is_sealed BEFORE UPDATE ON review FOR EACH ROW EXECUTE FUNCTION review_is_sealed()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_review_no_truncate BEFORE TRUNCATE ON review FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION review_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id IS NOT NULL THEN RAISE EXCEPTION 'reviews are kept' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$""",
    r"""CREATE TRIGGER tr_review_stays BEFORE DELETE ON review FOR EACH ROW EXECUTE FUNCTION review_stays()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "review",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("author_id", BIGINT, nullable=False),
        sa.Column("subject_id", BIGINT, nullable=False),
        sa.Column("stars", BIGINT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stars_salt", sa.Text(), nullable=False),
        sa.Column("text_salt", sa.Text(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("reveal_at", INSTANT, nullable=False),
        sa.Column("hidden_reason", sa.Text(), nullable=True),
        sa.Column("hidden_by", BIGINT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("side IN ('buyer', 'seller')", name=op.f("ck_review_side_known")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_review_stars_possible")),
        sa.CheckConstraint("state IN ('sealed', 'revealed', 'hidden')", name=op.f("ck_review_state_known")),
        sa.CheckConstraint(
            "hidden_reason IS NULL OR hidden_reason IN ('personal_data', 'insult', 'unlawful', 'advertising', 'court_order')",
            name=op.f("ck_review_hidden_reason_known"),
        ),
        sa.CheckConstraint("state <> 'hidden' OR hidden_reason IS NOT NULL", name=op.f("ck_review_hidden_has_reason")),
        sa.CheckConstraint("(hidden_reason IS NULL) = (hidden_by IS NULL)", name=op.f("ck_review_hidden_by_somebody")),
        sa.CheckConstraint("length(text) <= 1000", name=op.f("ck_review_text_length")),
        sa.CheckConstraint(
            "length(stars_salt) = 26 AND length(text_salt) = 26 AND stars_salt <> text_salt", name=op.f("ck_review_salts")
        ),
        sa.ForeignKeyConstraint(["hidden_by"], ["app_user.id"], name=op.f("fk_review_hidden_by")),
        sa.UniqueConstraint("code", name=op.f("uq_review_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.ForeignKeyConstraint(["subject_id"], ["app_user.id"], name=op.f("fk_review_subject_id")),
        sa.UniqueConstraint("order_id", "side", name=op.f("uq_review_order_id_side")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_review_order_id")),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_review_author_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_review_subject", "review", ["subject_id", "id"])
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # Reviews are never deleted, and the log names them.
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT 1 FROM review LIMIT 1").first() is not None:
        raise RuntimeError("there are reviews; an earlier release would lose them")
    op.drop_table("review")
    if bind.dialect.name == "postgresql":
        for function in ("review_by_a_party", "review_is_written", "review_is_sealed", "review_stays"):
            bind.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}()")
