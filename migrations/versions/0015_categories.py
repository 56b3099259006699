"""Cars and appliances beside phones: VIN, facts that lists filter by, and the verdicts of car schemes.

SQLite cannot change a CHECK in place, and rebuilding a table would drop its triggers: the text of the CHECKs is changed in
the schema itself, which SQLite allows where no stored row has to change (https://sqlite.org/lang_altertable.html, end).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

PHONE = "category IN ('phone')"
ALL = "category IN ('phone', 'car', 'appliance')"
DEVICE_STATUSES = "status IN ('graded', 'ungradable', 'unsafe', 'recycle_only', 'prohibited')"
ALL_STATUSES = "status IN ('graded', 'ungradable', 'unsafe', 'recycle_only', 'prohibited', 'accident', 'not_tradable')"

# table, name, before, after; no text before: the CHECK is new
CHECKS = [
    ("thing", "ck_thing_category_known", PHONE, ALL),
    ("thing", "ck_thing_vin_length", "", "vin IS NULL OR length(vin) = 17"),
    ("thing_claim", "ck_thing_claim_kind_known", "kind IN ('imei', 'serial')", "kind IN ('imei', 'serial', 'vin')"),
    ("listing", "ck_listing_category_known", PHONE, ALL),
    ("listing", "ck_listing_mileage_not_negative", "", "mileage_km IS NULL OR mileage_km >= 0"),
    ("listing", "ck_listing_capacity_positive", "", "capacity_tenths IS NULL OR capacity_tenths > 0"),
    ("listing", "ck_listing_first_used_length", "", "first_used IS NULL OR length(first_used) = 7"),
    ("appraisal_report", "ck_appraisal_report_status_known", DEVICE_STATUSES, ALL_STATUSES),
    (
        "appraisal_report",
        "ck_appraisal_report_tier_only_when_graded",
        "(status = 'graded') = (tier IS NOT NULL)",
        "(status IN ('graded', 'accident')) = (tier IS NOT NULL)",
    ),
    ("observed_sale", "ck_observed_sale_mileage_not_negative", "", "mileage_km IS NULL OR mileage_km >= 0"),
]
BESIDE = {
    "thing": "ck_thing_imei_length",
    "listing": "ck_listing_revision_positive",
    "observed_sale": "ck_observed_sale_storage_positive",
}
COLUMNS = [
    ("thing", "vin", sa.Text()),
    ("listing", "kind", sa.Text()),
    ("listing", "energy", sa.Text()),
    ("listing", "first_used", sa.Text()),
    ("listing", "mileage_km", BIGINT),
    ("listing", "capacity_tenths", BIGINT),
    ("observed_sale", "kind", sa.Text()),
    ("observed_sale", "first_used", sa.Text()),
    ("observed_sale", "mileage_km", BIGINT),
]


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index("ix_thing_vin", "thing", ["vin"], unique=False)
    op.create_index("ix_listing_category", "listing", ["category", "state", "published_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _rewrite({table: _sqlite_changes(table, up=True) for table in dict.fromkeys(row[0] for row in CHECKS)})
        return
    for table, name, before, after in CHECKS:
        if before:
            op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(op.f(name), table, after)
    op.alter_column("appraisal_report", "score", nullable=True)


def downgrade() -> None:
    for table, what in (
        ("thing", "category <> 'phone'"),
        ("listing", "category <> 'phone'"),
        ("appraisal_report", "score IS NULL"),
    ):
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {table} WHERE {what} LIMIT 1")).first():  # noqa: S608
            raise RuntimeError(f"{table} holds cars or appliances, which the earlier release does not know")
    if op.get_bind().dialect.name == "sqlite":
        _rewrite({table: _sqlite_changes(table, up=False) for table in dict.fromkeys(row[0] for row in CHECKS)})
    else:
        op.alter_column("appraisal_report", "score", nullable=False)
        for table, name, before, _ in CHECKS:
            op.drop_constraint(name, table, type_="check")
            if before:
                op.create_check_constraint(op.f(name), table, before)
    op.drop_index("ix_listing_category", "listing")
    op.drop_index("ix_thing_vin", "thing")
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)


def _sqlite_changes(table: str, *, up: bool) -> list[tuple[str, str]]:
    changes = []
    fresh = "".join(
        f", CONSTRAINT {name} CHECK ({after})" for where, name, before, after in CHECKS if where == table and not before
    )
    for where, name, before, after in CHECKS:
        if where == table and before:
            old, new = (before, after) if up else (after, before)
            changes.append((f"CONSTRAINT {name} CHECK ({old})", f"CONSTRAINT {name} CHECK ({new})"))
    if table == "appraisal_report":
        old, new = ("score TEXT NOT NULL", "score TEXT") if up else ("score TEXT", "score TEXT NOT NULL")
        changes.append((old, new))
    if fresh:
        key = f"CONSTRAINT {BESIDE[table]} CHECK"  # before it, among the constraints of the table
        changes.append((key, f"{fresh.removeprefix(', ')}, {key}") if up else (f"{fresh.removeprefix(', ')}, {key}", key))
    return changes


def _rewrite(changes: dict[str, list[tuple[str, str]]]) -> None:
    """Change the text of CREATE TABLE statements where they lie. Raises when a text is not found exactly once."""
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    try:
        for table, pairs in changes.items():
            sql = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).scalar_one()
            for old, new in pairs:
                if sql.count(old) != 1:
                    raise RuntimeError(f"{table}: expected once in its definition: {old}")
                sql = sql.replace(old, new)
            run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (sql, table))
        version = run("PRAGMA schema_version").scalar_one()
        run(f"PRAGMA schema_version = {version + 1}")
    finally:
        run("PRAGMA writable_schema = RESET")
    broken = run("PRAGMA integrity_check").scalars().all()
    if broken != ["ok"]:
        raise RuntimeError(f"the database is not in order after the change: {broken[:3]}")
