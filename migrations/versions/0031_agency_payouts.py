"""Which payouts are an agency's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_agency_payout_no_update BEFORE UPDATE ON agency_payout BEGIN SELECT RAISE(ABORT, 'agency_payout is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_payout_no_delete BEFORE DELETE ON agency_payout BEGIN SELECT RAISE(ABORT, 'agency_payout is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_payout_no_replace BEFORE INSERT ON agency_payout WHEN EXISTS (SELECT 1 FROM agency_payout WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM agency_payout WHERE command_id = NEW.command_id) BEGIN SELECT RAISE(ABORT, 'agency_payout is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_agency_payout_no_update BEFORE UPDATE ON agency_payout FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_agency_payout_no_delete BEFORE DELETE ON agency_payout FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_agency_payout_no_truncate BEFORE TRUNCATE ON agency_payout FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "agency_payout",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("command_id", BIGINT, nullable=False),
        sa.Column("organisation_id", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["command_id"], ["money_command.id"], name=op.f("fk_agency_payout_command_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_agency_payout_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_payout")),
        sa.UniqueConstraint("command_id", name=op.f("uq_agency_payout_command_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_agency_payout_organisation_id", "agency_payout", ["organisation_id"])
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # Without its row an agency's payout would be taken for a person's.
    waiting = "SELECT 1 FROM agency_payout a JOIN money_command c ON c.id = a.command_id WHERE c.state <> 'succeeded' LIMIT 1"
    if op.get_bind().execute(sa.text(waiting)).first():
        raise RuntimeError("a payout of an agency has not arrived: let it arrive first")
    op.drop_table("agency_payout")
