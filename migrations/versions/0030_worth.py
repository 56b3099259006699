"""Tables of observed prices, price models, and the estimates given; sales name the listing that offered them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
FLAG = sa.Boolean(create_constraint=False).with_variant(sa.Integer(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_price_model_is_fixed BEFORE UPDATE ON price_model WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.name IS NOT OLD.name OR NEW.category IS NOT OLD.category OR NEW.price_kind IS NOT OLD.price_kind OR NEW.is_quick IS NOT OLD.is_quick OR NEW.by_id IS NOT OLD.by_id OR NEW.created_at IS NOT OLD.created_at OR (OLD.state IN ('fitted', 'refused', 'serving', 'retired', 'failed') AND (NEW.sha256 IS NOT OLD.sha256 OR NEW.is_invented IS NOT OLD.is_invented OR NEW.seen_sale_id IS NOT OLD.seen_sale_id OR NEW.seen_price_id IS NOT OLD.seen_price_id OR NEW.facts IS NOT OLD.facts OR NEW.gates IS NOT OLD.gates)) OR (NEW.state = 'serving' AND OLD.state NOT IN ('serving', 'fitted', 'retired')) BEGIN SELECT RAISE(ABORT, 'a fitted price model does not change, and serves only after its gates'); END""",
    r"""CREATE TRIGGER tr_price_model_is_born BEFORE INSERT ON price_model WHEN NEW.state <> 'wanted' BEGIN SELECT RAISE(ABORT, 'a price model begins as one that is wanted'); END""",
    r"""CREATE TRIGGER tr_price_model_stays BEFORE DELETE ON price_model BEGIN SELECT RAISE(ABORT, 'price models stay'); END""",
    r"""CREATE TRIGGER tr_price_table_no_update BEFORE UPDATE ON price_table BEGIN SELECT RAISE(ABORT, 'price_table is append-only'); END""",
    r"""CREATE TRIGGER tr_price_table_no_delete BEFORE DELETE ON price_table BEGIN SELECT RAISE(ABORT, 'price_table is append-only'); END""",
    r"""CREATE TRIGGER tr_price_table_no_replace BEFORE INSERT ON price_table WHEN EXISTS (SELECT 1 FROM price_table WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM price_table WHERE category = NEW.category AND price_kind = NEW.price_kind AND sha256 = NEW.sha256) OR EXISTS (SELECT 1 FROM price_table WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM price_table WHERE id = NEW.id AND category = NEW.category AND price_kind = NEW.price_kind) BEGIN SELECT RAISE(ABORT, 'price_table is append-only'); END""",
    r"""CREATE TRIGGER tr_observed_price_no_update BEFORE UPDATE ON observed_price BEGIN SELECT RAISE(ABORT, 'observed_price is append-only'); END""",
    r"""CREATE TRIGGER tr_observed_price_no_delete BEFORE DELETE ON observed_price BEGIN SELECT RAISE(ABORT, 'observed_price is append-only'); END""",
    r"""CREATE TRIGGER tr_observed_price_no_replace BEFORE INSERT ON observed_price WHEN EXISTS (SELECT 1 FROM observed_price WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM observed_price WHERE table_id = NEW.table_id AND cluster = NEW.cluster) OR EXISTS (SELECT 1 FROM observed_price WHERE table_id = NEW.table_id AND row_no = NEW.row_no) BEGIN SELECT RAISE(ABORT, 'observed_price is append-only'); END""",
    r"""CREATE TRIGGER tr_valuation_no_update BEFORE UPDATE ON valuation BEGIN SELECT RAISE(ABORT, 'valuation is append-only'); END""",
    r"""CREATE TRIGGER tr_valuation_no_delete BEFORE DELETE ON valuation BEGIN SELECT RAISE(ABORT, 'valuation is append-only'); END""",
    r"""CREATE TRIGGER tr_valuation_no_replace BEFORE INSERT ON valuation WHEN EXISTS (SELECT 1 FROM valuation WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM valuation WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM valuation WHERE same_as = NEW.same_as) BEGIN SELECT RAISE(ABORT, 'valuation is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION price_model_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.name IS DISTINCT FROM OLD.name OR NEW.category IS DISTINCT FROM OLD.category OR NEW.price_kind IS DISTINCT FROM OLD.price_kind OR NEW.is_quick IS DISTINCT FROM OLD.is_quick OR NEW.by_id IS DISTINCT FROM OLD.by_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR (OLD.state IN ('fitted', 'refused', 'serving', 'retired', 'failed') AND (NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.is_invented IS DISTINCT FROM OLD.is_invented OR NEW.seen_sale_id IS DISTINCT FROM OLD.seen_sale_id OR NEW.seen_price_id IS DISTINCT FROM OLD.seen_price_id OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.gates IS DISTINCT FROM OLD.gates)) OR (NEW.state = 'serving' AND OLD.state NOT IN ('serving', 'fitted', 'retired')) THEN RAISE EXCEPTION 'a fitted price model does not change, and serves only after its gates' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_price_model_is_fixed BEFORE UPDATE ON price_model FOR EACH ROW EXECUTE FUNCTION price_model_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION price_model_is_born() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'wanted' THEN RAISE EXCEPTION 'a price model begins as one that is wanted' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_price_model_is_born BEFORE INSERT ON price_model FOR EACH ROW EXECUTE FUNCTION price_model_is_born()""",
    r"""CREATE OR REPLACE FUNCTION price_model_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'price models stay' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_price_model_stays BEFORE DELETE ON price_model FOR EACH ROW EXECUTE FUNCTION price_model_stays()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_price_table_no_update BEFORE UPDATE ON price_table FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_price_table_no_delete BEFORE DELETE ON price_table FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_price_table_no_truncate BEFORE TRUNCATE ON price_table FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_observed_price_no_update BEFORE UPDATE ON observed_price FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_observed_price_no_delete BEFORE DELETE ON observed_price FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_observed_price_no_truncate BEFORE TRUNCATE ON observed_price FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_valuation_no_update BEFORE UPDATE ON valuation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_valuation_no_delete BEFORE DELETE ON valuation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_valuation_no_truncate BEFORE TRUNCATE ON valuation FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "price_model",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("price_kind", sa.Text(), nullable=False),
        sa.Column("is_quick", FLAG, nullable=False),
        sa.Column("is_invented", FLAG, nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("seen_sale_id", BIGINT, nullable=False),
        sa.Column("seen_price_id", BIGINT, nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("progress_at", INSTANT, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("gates", sa.Text(), nullable=False),
        sa.Column("by_id", BIGINT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_price_model_category_known")),
        sa.CheckConstraint(
            "price_kind IN ('private_sold', 'private_asking', 'dealer_asking', 'dealer_buying', 'recycling')",
            name=op.f("ck_price_model_price_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('wanted', 'fitting', 'failed') OR (sha256 IS NOT NULL AND is_invented IS NOT NULL)",
            name=op.f("ck_price_model_fitted_is_whole"),
        ),
        sa.CheckConstraint(
            r"""state NOT IN ('fitted', 'serving', 'retired') OR (gates <> '[]' AND replace(gates, '"passed"\:false', '') = gates)""",
            name=op.f("ck_price_model_gates_passed"),
        ),
        sa.CheckConstraint(
            "state IN ('wanted', 'fitting', 'failed', 'fitted', 'refused', 'serving', 'retired')",
            name=op.f("ck_price_model_state_known"),
        ),
        sa.CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name=op.f("ck_price_model_sha256_length")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_price_model_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_model")),
        sa.UniqueConstraint("code", name=op.f("uq_price_model_code")),
        sa.UniqueConstraint("name", name=op.f("uq_price_model_name")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_price_model_category", "price_model", ["category", "id"], unique=False)
    op.create_index(
        "uq_price_model_serving",
        "price_model",
        ["category"],
        unique=True,
        sqlite_where=sa.text("state = 'serving'"),
        postgresql_where=sa.text("state = 'serving'"),
    )
    op.create_table(
        "price_table",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("price_kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("as_of", DAY, nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("n_rows", BIGINT, nullable=False),
        sa.Column("n_kept", BIGINT, nullable=False),
        sa.Column("n_copies", BIGINT, nullable=False),
        sa.Column("n_refused", BIGINT, nullable=False),
        sa.Column("is_invented", FLAG, nullable=False),
        sa.Column("by_id", BIGINT, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_price_table_category_known")),
        sa.CheckConstraint(
            "price_kind IN ('private_sold', 'private_asking', 'dealer_asking', 'dealer_buying', 'recycling')",
            name=op.f("ck_price_table_price_kind_known"),
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_price_table_sha256_length")),
        sa.CheckConstraint(
            "length(source) BETWEEN 2 AND 200 AND length(licence) BETWEEN 2 AND 200", name=op.f("ck_price_table_provenance_given")
        ),
        sa.CheckConstraint(
            "n_kept >= 0 AND n_copies >= 0 AND n_refused >= 0 AND n_rows = n_kept + n_copies + n_refused",
            name=op.f("ck_price_table_every_row_counted"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_price_table_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_table")),
        sa.UniqueConstraint("category", "price_kind", "sha256", name=op.f("uq_price_table_category_price_kind_sha256")),
        sa.UniqueConstraint("code", name=op.f("uq_price_table_code")),
        sa.UniqueConstraint("id", "category", "price_kind", name="uq_price_table_of_rows"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "observed_price",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("table_id", BIGINT, nullable=False),
        sa.Column("row_no", BIGINT, nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("price_kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("storage_gb", BIGINT, nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("energy", sa.Text(), nullable=True),
        sa.Column("first_used", sa.Text(), nullable=True),
        sa.Column("mileage_km", BIGINT, nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("score_tenths", BIGINT, nullable=True),
        sa.Column("battery_health", BIGINT, nullable=True),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("new_price_fen", BIGINT, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("price_fen", BIGINT, nullable=False),
        sa.Column("seen_on", DAY, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_observed_price_category_known")),
        sa.CheckConstraint(
            "condition IN ('plain', 'accident', 'flood', 'ungraded')", name=op.f("ck_observed_price_condition_known")
        ),
        sa.CheckConstraint(
            "price_kind IN ('private_sold', 'private_asking', 'dealer_asking', 'dealer_buying', 'recycling')",
            name=op.f("ck_observed_price_price_kind_known"),
        ),
        sa.CheckConstraint(
            "battery_health IS NULL OR battery_health BETWEEN 0 AND 100", name=op.f("ck_observed_price_battery_range")
        ),
        sa.CheckConstraint("first_used IS NULL OR length(first_used) = 7", name=op.f("ck_observed_price_first_used_length")),
        sa.CheckConstraint(
            "mileage_km IS NULL OR mileage_km BETWEEN 0 AND 5000000", name=op.f("ck_observed_price_mileage_likely")
        ),
        sa.CheckConstraint(
            "new_price_fen IS NULL OR new_price_fen BETWEEN 1 AND 99999999999", name=op.f("ck_observed_price_new_price_range")
        ),
        sa.CheckConstraint("price_fen > 0 AND price_fen <= 99999999999", name=op.f("ck_observed_price_price_range")),
        sa.CheckConstraint("row_no >= 0", name=op.f("ck_observed_price_row_not_negative")),
        sa.CheckConstraint("score_tenths IS NULL OR score_tenths BETWEEN 0 AND 1000", name=op.f("ck_observed_price_score_range")),
        sa.CheckConstraint(
            "storage_gb IS NULL OR storage_gb BETWEEN 1 AND 1000000", name=op.f("ck_observed_price_storage_likely")
        ),
        sa.ForeignKeyConstraint(
            ["table_id", "category", "price_kind"],
            ["price_table.id", "price_table.category", "price_table.price_kind"],
            name="fk_observed_price_of_table",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observed_price")),
        sa.UniqueConstraint("table_id", "cluster", name=op.f("uq_observed_price_table_id_cluster")),
        sa.UniqueConstraint("table_id", "row_no", name=op.f("uq_observed_price_table_id_row_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_observed_price_comparable", "observed_price", ["category", "brand", "model", "seen_on"], unique=False)
    op.create_index("ix_observed_price_kind", "observed_price", ["category", "price_kind", "id"], unique=False)
    op.create_table(
        "valuation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("listing_id", BIGINT, nullable=True),
        sa.Column("report_id", BIGINT, nullable=True),
        sa.Column("model_id", BIGINT, nullable=True),
        sa.Column("given_on", DAY, nullable=False),
        sa.Column("seen_sale_id", BIGINT, nullable=False),
        sa.Column("seen_price_id", BIGINT, nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("(basis IN ('warm', 'cold')) <= (model_id IS NOT NULL)", name=op.f("ck_valuation_model_named")),
        sa.CheckConstraint("basis IN ('warm', 'cold', 'cost', 'comparables', 'none')", name=op.f("ck_valuation_basis_known")),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_valuation_category_known")),
        sa.CheckConstraint(
            "purpose IN ('public', 'listing', 'report', 'wizard', 'api')", name=op.f("ck_valuation_purpose_known")
        ),
        sa.CheckConstraint("length(sha256) = 64 AND length(same_as) = 64", name=op.f("ck_valuation_sha256_length")),
        sa.ForeignKeyConstraint(["model_id"], ["price_model.id"], name=op.f("fk_valuation_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_valuation")),
        sa.UniqueConstraint("code", name=op.f("uq_valuation_code")),
        sa.UniqueConstraint("same_as", name=op.f("uq_valuation_same_as")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_valuation_listing_id", "valuation", ["listing_id", "id"], unique=False)
    op.create_index("ix_valuation_model_id", "valuation", ["model_id", "id"], unique=False)
    op.create_index("ix_valuation_report_id", "valuation", ["report_id", "id"], unique=False)
    op.add_column("observed_sale", sa.Column("listing_code", sa.Text(), nullable=True))
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("valuation")
    op.drop_table("price_model")
    op.drop_table("observed_price")
    op.drop_table("price_table")
    op.drop_column("observed_sale", "listing_code")
    if op.get_bind().dialect.name != "sqlite":
        for name in ("price_model_is_fixed", "price_model_is_born", "price_model_stays"):
            op.execute(f"DROP FUNCTION {name}()")
