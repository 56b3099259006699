"""Prices as they were seen, price models, and the estimates given. What was seen and given is never changed: any estimate that
was ever shown can be recomputed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Day, Flag, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import append_only, trigger
from app.kernel.money import MAX_FEN
from app.valuation.asking import CONDITIONS
from app.valuation.states import (
    FAILED,
    FITTED,
    FITTING,
    IMPORT_FLOW,
    IMPORTED,
    IMPORTING,
    MODEL_FLOW,
    REFUSED,
    RETIRED,
    SERVING,
    WANTED,
)
from app.valuation.worth import BASES, PRICE_KINDS

PURPOSES = ("public", "listing", "report", "wizard", "api")
_LIKELY = "{0} IS NULL OR {0} BETWEEN {1} AND {2}"


class ObservedSale(Base):
    """One completed sale. No people in it; ``order_code`` only keeps a sale from being counted twice."""

    __tablename__ = "observed_sale"

    id: Mapped[int] = pk()
    category: Mapped[str] = mapped_column(Text)
    brand: Mapped[str] = mapped_column(Text)  # codes of the catalogue
    model: Mapped[str] = mapped_column(Text)
    storage_gb: Mapped[int | None] = mapped_column(BigInt)
    kind: Mapped[str | None] = mapped_column(Text)  # a type of appliance, a body of cars
    first_used: Mapped[str | None] = mapped_column(Text)  # "2019-05": since when it is in use
    mileage_km: Mapped[int | None] = mapped_column(BigInt)
    tier: Mapped[str | None] = mapped_column(Text)  # of the appraisal report it was sold with; None: not appraised
    price_fen: Mapped[int] = mapped_column(BigInt)
    sold_on: Mapped[date] = mapped_column(Day)  # Shanghai day of completion
    order_code: Mapped[str] = mapped_column(Text, unique=True)
    listing_code: Mapped[str | None] = mapped_column(Text)  # of the public page that offered it; None: seen before this was kept

    __table_args__ = (
        CheckConstraint(f"price_fen > 0 AND price_fen <= {int(MAX_FEN)}", name="price_range"),
        CheckConstraint("mileage_km IS NULL OR mileage_km >= 0", name="mileage_not_negative"),
        CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name="storage_positive"),
        Index("ix_observed_sale_comparable", "category", "brand", "model", "sold_on"),
    )


append_only(ObservedSale)


class PriceTable(Base):
    """An import of observed prices of one kind: where it comes from and what became of its rows."""

    __tablename__ = "price_table"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    category: Mapped[str] = mapped_column(Text)
    price_kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)  # whose figures, in words
    licence: Mapped[str] = mapped_column(Text)  # under which they may be used
    as_of: Mapped[date] = mapped_column(Day)  # the day of the table; rows may carry days of their own
    mapping: Mapped[Any] = mapped_column(JsonText)  # column of the file by column of ours
    sha256: Mapped[str] = mapped_column(Text)  # of the file's bytes
    n_rows: Mapped[int] = mapped_column(BigInt)  # of the file
    n_kept: Mapped[int] = mapped_column(BigInt)
    n_copies: Mapped[int] = mapped_column(BigInt)
    n_refused: Mapped[int] = mapped_column(BigInt)
    is_invented: Mapped[bool] = mapped_column(Flag)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("category", CATEGORIES),
        one_of("price_kind", PRICE_KINDS),
        UniqueConstraint("category", "price_kind", "sha256"),  # the same file counts once
        UniqueConstraint("id", "category", "price_kind", name="uq_price_table_of_rows"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("length(source) BETWEEN 2 AND 200 AND length(licence) BETWEEN 2 AND 200", name="provenance_given"),
        CheckConstraint(
            "n_kept >= 0 AND n_copies >= 0 AND n_refused >= 0 AND n_rows = n_kept + n_copies + n_refused",
            name="every_row_counted",
        ),
    )


class PriceImport(Machine, Base):
    """A table as an operator uploaded it, until it is imported or dropped. Its bytes are forgotten after 30 days.

    ``told``: provenance and columns as they were chosen last, also while they are not complete. ``report``: what the check found.
    """

    __tablename__ = "price_import"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    category: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)  # of the bytes, unpacked
    n_rows: Mapped[int] = mapped_column(BigInt)
    headings: Mapped[Any] = mapped_column(JsonText)  # of each column: its heading, and some of its cells
    data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # as uploaded; None: forgotten
    told: Mapped[Any] = mapped_column(JsonText, default=dict)
    report: Mapped[Any] = mapped_column(JsonText, default=dict, deferred=True)
    progress: Mapped[str] = mapped_column(Text, default="")  # what the job is doing
    table_id: Mapped[int | None] = mapped_column(ForeignKey("price_table.id"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("category", CATEGORIES),
        one_of("state", IMPORT_FLOW.states),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("length(file_name) BETWEEN 1 AND 200", name="file_named"),
        CheckConstraint("n_rows > 0", name="has_rows"),
        CheckConstraint(f"state <> '{IMPORTED}' OR table_id IS NOT NULL", name="imported_names_its_table"),
        CheckConstraint(f"table_id IS NULL OR state IN ('{IMPORTING}', '{IMPORTED}')", name="table_is_of_an_import"),
    )


class ObservedPrice(Base):
    """One row of a table, in the words of the catalogue. ``cluster`` names the thing: a table holds it once."""

    __tablename__ = "observed_price"

    id: Mapped[int] = pk()
    table_id: Mapped[int] = mapped_column(BigInt)
    row_no: Mapped[int] = mapped_column(BigInt)  # 0-based data row of the file
    cluster: Mapped[str] = mapped_column(Text)
    price_kind: Mapped[str] = mapped_column(Text)  # of its table
    category: Mapped[str] = mapped_column(Text)  # of its table
    brand: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    storage_gb: Mapped[int | None] = mapped_column(BigInt)
    kind: Mapped[str | None] = mapped_column(Text)  # a type of appliance, a body of cars
    energy: Mapped[str | None] = mapped_column(Text)
    first_used: Mapped[str | None] = mapped_column(Text)
    mileage_km: Mapped[int | None] = mapped_column(BigInt)
    tier: Mapped[str | None] = mapped_column(Text)
    score_tenths: Mapped[int | None] = mapped_column(BigInt)
    battery_health: Mapped[int | None] = mapped_column(BigInt)
    condition: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    new_price_fen: Mapped[int | None] = mapped_column(BigInt)
    facts: Mapped[Any] = mapped_column(JsonText)  # see asking.FACTS
    price_fen: Mapped[int] = mapped_column(BigInt)
    seen_on: Mapped[date] = mapped_column(Day)

    __table_args__ = (
        one_of("category", CATEGORIES),
        one_of("price_kind", PRICE_KINDS),
        one_of("condition", CONDITIONS),
        ForeignKeyConstraint(
            ["table_id", "category", "price_kind"],
            ["price_table.id", "price_table.category", "price_table.price_kind"],
            name="fk_observed_price_of_table",
        ),
        UniqueConstraint("table_id", "cluster"),
        UniqueConstraint("table_id", "row_no"),
        CheckConstraint(f"price_fen > 0 AND price_fen <= {int(MAX_FEN)}", name="price_range"),
        CheckConstraint(_LIKELY.format("new_price_fen", 1, int(MAX_FEN)), name="new_price_range"),
        CheckConstraint(_LIKELY.format("mileage_km", 0, 5_000_000), name="mileage_likely"),
        CheckConstraint(_LIKELY.format("storage_gb", 1, 1_000_000), name="storage_likely"),
        CheckConstraint(_LIKELY.format("score_tenths", 0, 1000), name="score_range"),
        CheckConstraint(_LIKELY.format("battery_health", 0, 100), name="battery_range"),
        CheckConstraint("first_used IS NULL OR length(first_used) = 7", name="first_used_length"),
        CheckConstraint("row_no >= 0", name="row_not_negative"),
        Index("ix_observed_price_comparable", "category", "brand", "model", "seen_on"),
        Index("ix_observed_price_kind", "category", "price_kind", "id"),
    )


class PriceModel(Machine, Base):
    """A fitted model in the registry. Its folder is ``models/<name>``; ``sha256`` is that of the folder's manifest.

    ``facts``: rows, measures, settings. ``gates``: each with its limit, what was measured, and whether it passed.
    """

    __tablename__ = "price_model"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    name: Mapped[str] = mapped_column(Text, unique=True)  # its version: "phone-3"
    category: Mapped[str] = mapped_column(Text)
    price_kind: Mapped[str] = mapped_column(Text)  # what it estimates
    is_quick: Mapped[bool] = mapped_column(Flag)
    is_invented: Mapped[bool | None] = mapped_column(Flag)  # whether an invented row was among those it learned from
    sha256: Mapped[str | None] = mapped_column(Text)
    seen_sale_id: Mapped[int] = mapped_column(BigInt, default=0)  # it learned from rows up to these
    seen_price_id: Mapped[int] = mapped_column(BigInt, default=0)
    progress: Mapped[str] = mapped_column(Text, default="")  # what the fit is doing; of a failed one, why
    progress_at: Mapped[datetime | None] = mapped_column(Instant)
    facts: Mapped[Any] = mapped_column(JsonText, default=dict)
    gates: Mapped[Any] = mapped_column(JsonText, default=list)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who asked for it; None: the system
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", MODEL_FLOW.states),
        one_of("category", CATEGORIES),
        one_of("price_kind", PRICE_KINDS),
        CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name="sha256_length"),
        CheckConstraint(
            f"state IN ('{WANTED}', '{FITTING}', '{FAILED}') OR (sha256 IS NOT NULL AND is_invented IS NOT NULL)",
            name="fitted_is_whole",
        ),
        CheckConstraint(
            f"state NOT IN ('{FITTED}', '{SERVING}', '{RETIRED}') OR "
            r"""(gates <> '[]' AND replace(gates, '"passed"\:false', '') = gates)""",
            name="gates_passed",
        ),
        Index(
            "uq_price_model_serving",
            "category",
            unique=True,
            sqlite_where=text(f"state = '{SERVING}'"),
            postgresql_where=text(f"state = '{SERVING}'"),
        ),
        Index(  # one is fitted at a time
            "uq_price_model_under_way",
            "category",
            unique=True,
            sqlite_where=text(f"state IN ('{WANTED}', '{FITTING}')"),
            postgresql_where=text(f"state IN ('{WANTED}', '{FITTING}')"),
        ),
        Index("ix_price_model_category", "category", "id"),
    )


_DONE = f"('{FITTED}', '{REFUSED}', '{SERVING}', '{RETIRED}', '{FAILED}')"
_KEPT = ("id", "code", "name", "category", "price_kind", "is_quick", "by_id", "created_at")
_LEARNED = ("sha256", "is_invented", "seen_sale_id", "seen_price_id", "facts", "gates")


def _changed(word: str) -> str:
    kept = " OR ".join(f"NEW.{name} {word} OLD.{name}" for name in _KEPT)
    learned = " OR ".join(f"NEW.{name} {word} OLD.{name}" for name in _LEARNED)
    serves = f"(NEW.state = '{SERVING}' AND OLD.state NOT IN ('{SERVING}', '{FITTED}', '{RETIRED}'))"
    return f"{kept} OR (OLD.state IN {_DONE} AND ({learned})) OR {serves}"


_FIXED = "a fitted price model does not change, and serves only after its gates"
trigger(
    "tr_price_model_is_fixed",
    "price_model",
    sqlite=f"CREATE TRIGGER tr_price_model_is_fixed BEFORE UPDATE ON price_model WHEN {_changed('IS NOT')} "
    f"BEGIN SELECT RAISE(ABORT, '{_FIXED}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION price_model_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_changed('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{_FIXED}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_price_model_is_fixed BEFORE UPDATE ON price_model "
        "FOR EACH ROW EXECUTE FUNCTION price_model_is_fixed()",
    ),
)
_BORN = "a price model begins as one that is wanted"
trigger(
    "tr_price_model_is_born",
    "price_model",
    sqlite=f"CREATE TRIGGER tr_price_model_is_born BEFORE INSERT ON price_model WHEN NEW.state <> '{WANTED}' "
    f"BEGIN SELECT RAISE(ABORT, '{_BORN}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION price_model_is_born() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.state <> '{WANTED}' THEN RAISE EXCEPTION '{_BORN}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_price_model_is_born BEFORE INSERT ON price_model FOR EACH ROW EXECUTE FUNCTION price_model_is_born()",
    ),
)
trigger(
    "tr_price_model_stays",
    "price_model",
    sqlite="CREATE TRIGGER tr_price_model_stays BEFORE DELETE ON price_model BEGIN SELECT RAISE(ABORT, 'price models stay'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION price_model_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'price models stay' USING ERRCODE = '23514'; END $$",
        "CREATE TRIGGER tr_price_model_stays BEFORE DELETE ON price_model FOR EACH ROW EXECUTE FUNCTION price_model_stays()",
    ),
)


class Valuation(Base):
    """One estimate as it was given. ``document`` follows from ``inputs``, the model and the rows up to two ids, byte for byte.

    ``listing_id`` and ``report_id`` name rows of rooms above; ``same_as`` is the hash of everything that the answer depends on.
    """

    __tablename__ = "valuation"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    purpose: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    listing_id: Mapped[int | None] = mapped_column(BigInt)
    report_id: Mapped[int | None] = mapped_column(BigInt)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("price_model.id"))
    given_on: Mapped[date] = mapped_column(Day)  # the day in Shanghai for which it holds
    seen_sale_id: Mapped[int] = mapped_column(BigInt)  # rows up to these were looked at; 0: none
    seen_price_id: Mapped[int] = mapped_column(BigInt)
    inputs: Mapped[Any] = mapped_column(JsonText)
    document: Mapped[Any] = mapped_column(JsonText)
    sha256: Mapped[str] = mapped_column(Text)  # of the document's canonical text
    same_as: Mapped[str] = mapped_column(Text, unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("purpose", PURPOSES),
        one_of("category", CATEGORIES),
        one_of("basis", BASES),
        CheckConstraint("length(sha256) = 64 AND length(same_as) = 64", name="sha256_length"),
        CheckConstraint("(basis IN ('warm', 'cold')) <= (model_id IS NOT NULL)", name="model_named"),
        Index("ix_valuation_listing_id", "listing_id", "id"),
        Index("ix_valuation_report_id", "report_id", "id"),
        Index("ix_valuation_model_id", "model_id", "id"),
    )


append_only(PriceTable)
append_only(ObservedPrice)
append_only(Valuation)
