"""The bank door: instructions, statements and their rows, transfers and payment files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_bank_instruction_fixed_terms BEFORE UPDATE OF id, code, payment_code, attempt, reference, amount_fen, currency, created_at ON bank_instruction BEGIN SELECT RAISE(ABORT, 'the terms of a bank_instruction do not change'); END""",
    r"""CREATE TRIGGER tr_bank_instruction_no_delete BEFORE DELETE ON bank_instruction BEGIN SELECT RAISE(ABORT, 'bank_instruction rows stay'); END""",
    r"""CREATE TRIGGER tr_bank_import_fixed_terms BEFORE UPDATE OF id, code, at, by_id, sha256, new_count, known_count, faults ON bank_import BEGIN SELECT RAISE(ABORT, 'the terms of a bank_import do not change'); END""",
    r"""CREATE TRIGGER tr_bank_import_no_delete BEFORE DELETE ON bank_import BEGIN SELECT RAISE(ABORT, 'bank_import rows stay'); END""",
    r"""CREATE TRIGGER tr_bank_file_fixed_terms BEFORE UPDATE OF id, code, at, by_id, count, total_fen ON bank_file BEGIN SELECT RAISE(ABORT, 'the terms of a bank_file do not change'); END""",
    r"""CREATE TRIGGER tr_bank_file_no_delete BEFORE DELETE ON bank_file BEGIN SELECT RAISE(ABORT, 'bank_file rows stay'); END""",
    r"""CREATE TRIGGER tr_bank_row_fixed_terms BEFORE UPDATE OF id, code, number, sha256, booked_on, amount_fen, currency, other_sealed, memo, read_at ON bank_row BEGIN SELECT RAISE(ABORT, 'the terms of a bank_row do not change'); END""",
    r"""CREATE TRIGGER tr_bank_row_no_delete BEFORE DELETE ON bank_row BEGIN SELECT RAISE(ABORT, 'bank_row rows stay'); END""",
    r"""CREATE TRIGGER tr_bank_transfer_fixed_terms BEFORE UPDATE OF id, code, kind, idem_key, command_code, row_code, told, reference, destination, amount_fen, currency, created_at ON bank_transfer BEGIN SELECT RAISE(ABORT, 'the terms of a bank_transfer do not change'); END""",
    r"""CREATE TRIGGER tr_bank_transfer_no_delete BEFORE DELETE ON bank_transfer BEGIN SELECT RAISE(ABORT, 'bank_transfer rows stay'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_bank_instruction_fixed_terms BEFORE UPDATE OF id, code, payment_code, attempt, reference, amount_fen, currency, created_at ON bank_instruction FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_instruction_no_delete BEFORE DELETE ON bank_instruction FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_import_fixed_terms BEFORE UPDATE OF id, code, at, by_id, sha256, new_count, known_count, faults ON bank_import FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_import_no_delete BEFORE DELETE ON bank_import FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_file_fixed_terms BEFORE UPDATE OF id, code, at, by_id, count, total_fen ON bank_file FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_file_no_delete BEFORE DELETE ON bank_file FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_row_fixed_terms BEFORE UPDATE OF id, code, number, sha256, booked_on, amount_fen, currency, other_sealed, memo, read_at ON bank_row FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_row_no_delete BEFORE DELETE ON bank_row FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_transfer_fixed_terms BEFORE UPDATE OF id, code, kind, idem_key, command_code, row_code, told, reference, destination, amount_fen, currency, created_at ON bank_transfer FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_transfer_no_delete BEFORE DELETE ON bank_transfer FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "bank_instruction",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("payment_code", sa.Text(), nullable=False),
        sa.Column("attempt", BIGINT, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 99999999999", name=op.f("ck_bank_instruction_amount_positive")),
        sa.ForeignKeyConstraint(["payment_code"], ["payment.code"], name=op.f("fk_bank_instruction_payment_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_instruction")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_instruction_code")),
        sa.UniqueConstraint("payment_code", "attempt", name=op.f("uq_bank_instruction_payment_code_attempt")),
        sa.UniqueConstraint("reference", name=op.f("uq_bank_instruction_reference")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "bank_import",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("new_count", BIGINT, nullable=False),
        sa.Column("known_count", BIGINT, nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_bank_import_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_import")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_import_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "bank_file",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=True),
        sa.Column("count", BIGINT, nullable=False),
        sa.Column("total_fen", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_bank_file_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_file_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "bank_row",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("booked_on", DAY, nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("other_sealed", sa.Text(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("paid_for", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "amount_fen <> 0 AND amount_fen BETWEEN -99999999999 AND 99999999999", name=op.f("ck_bank_row_amount_real")
        ),
        sa.CheckConstraint(
            "(amount_fen > 0) = (kind IN ('capture', 'received', 'payout_return'))", name=op.f("ck_bank_row_kind_fits_sign")
        ),
        sa.CheckConstraint(
            "kind IN ('capture', 'received', 'payout_return', 'refund', 'payout', 'return', 'fee', 'taken')",
            name=op.f("ck_bank_row_kind_known"),
        ),
        sa.CheckConstraint("state = 'resolved' OR why <> ''", name=op.f("ck_bank_row_open_has_reason")),
        sa.CheckConstraint("state IN ('open', 'resolved', 'returning')", name=op.f("ck_bank_row_state_known")),
        sa.ForeignKeyConstraint(["paid_for"], ["payment.code"], name=op.f("fk_bank_row_paid_for")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_row")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_row_code")),
        sa.UniqueConstraint("number", name=op.f("uq_bank_row_number")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_bank_row_paid_for"), "bank_row", ["paid_for"], unique=False)
    op.create_index(
        "ix_bank_row_waiting",
        "bank_row",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "bank_transfer",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("command_code", sa.Text(), nullable=True),
        sa.Column("row_code", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("file_code", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 99999999999", name=op.f("ck_bank_transfer_amount_positive")),
        sa.CheckConstraint("(kind = 'return') = (command_code IS NULL)", name=op.f("ck_bank_transfer_command_unless_return")),
        sa.CheckConstraint("kind IN ('refund', 'payout', 'return')", name=op.f("ck_bank_transfer_kind_known")),
        sa.CheckConstraint("(kind = 'return') = (row_code IS NOT NULL)", name=op.f("ck_bank_transfer_return_of_row")),
        sa.CheckConstraint(
            "state IN ('waiting', 'exported', 'confirmed', 'refused', 'came_back')", name=op.f("ck_bank_transfer_state_known")
        ),
        sa.ForeignKeyConstraint(["command_code"], ["money_command.code"], name=op.f("fk_bank_transfer_command_code")),
        sa.ForeignKeyConstraint(["file_code"], ["bank_file.code"], name=op.f("fk_bank_transfer_file_code")),
        sa.ForeignKeyConstraint(["row_code"], ["bank_row.code"], name=op.f("fk_bank_transfer_row_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_transfer")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_transfer_code")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_bank_transfer_idem_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_bank_transfer_reference")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_bank_transfer_command_code"), "bank_transfer", ["command_code"], unique=False)
    op.create_index(op.f("ix_bank_transfer_file_code"), "bank_transfer", ["file_code"], unique=False)
    op.create_index(op.f("ix_bank_transfer_row_code"), "bank_transfer", ["row_code"], unique=False)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # What was asked of payers and told by the bank is lost; the ledger keeps what moved.
    op.drop_table("bank_transfer")
    op.drop_table("bank_row")
    op.drop_table("bank_file")
    op.drop_table("bank_import")
    op.drop_table("bank_instruction")
