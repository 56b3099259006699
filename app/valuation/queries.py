"""Estimates for pages and upper rooms."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import Engine, Select, bindparam, func, select
from sqlalchemy.orm import undefer

from app.goods import catalogue
from app.goods.queries import OTHER
from app.kernel.audit import AuditEntry
from app.kernel.ids import is_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation.errors import EstimateNotFound, ImportForgotten, ImportNotFound, ModelNotFound
from app.valuation.models import ObservedSale, PriceImport, PriceModel, PriceTable, Valuation
from app.valuation.rules import (
    NOTHING,
    WINDOW_DAYS,
    ApplianceSale,
    CarSale,
    Estimate,
    Sale,
    Sold,
    estimate_from,
    estimate_of_appliance,
    estimate_of_car,
)
from app.valuation.states import CHECKED, CHECKING, IMPORTING, RETIRED, SERVING, UPLOADED
from app.valuation.store import DOOR, PICTURES, Desk
from app.valuation.worth import RATINGS, Comparable, KindOfPrice, Month, Rating, Span, Standard, Step, Worth

__all__ = [
    "Estimate",
    "Sale",
    "Worth",
    "cut_points",
    "estimate",
    "given",
    "models",
    "rate",
    "serving",
    "sold_models",
    "tables",
    "worth",
    "worth_from",
    "worth_of_listing",
    "worth_of_report",
]

WIDEST_BP = 4_000  # an 80 % range wider than this share of the estimate says too little to rate a price by

KEPT = 2_000  # estimates in a process, for each database

_SOLD = (
    select(func.count())
    .select_from(ObservedSale)
    .where(ObservedSale.category == bindparam("category"), ObservedSale.brand == bindparam("brand"))
)
_SOLD_OF_MODEL = _SOLD.where(ObservedSale.model == bindparam("model"))
_estimates: weakref.WeakKeyDictionary[Engine, dict[tuple[Any, ...], Estimate]] = weakref.WeakKeyDictionary()


def _kept(work: Work) -> dict[tuple[Any, ...], Estimate]:
    """Estimates that were given before from the database that the work reads."""
    return _estimates.setdefault(work.session.get_bind(), {})


def estimate(
    work: Work,
    category: str,
    brand: str,
    model: str,
    storage_gb: int | None,
    tier: str | None = None,
    *,
    kind: str | None = None,
    first_used: str | None = None,
    mileage_km: int | None = None,
) -> Estimate:
    """What comparable things sold for in the last year. One query where it was asked before and nothing was sold since, else two.

    ``brand`` and ``model`` are catalogue codes; a phone or car that the catalogue does not list has nothing to be compared
    with. A car is compared with its series, of a like age and mileage; an appliance with its model, then with all of its
    brand and kind.
    """
    if OTHER in (brand, model) and category != "appliance":
        return NOTHING
    asked = (category, brand, model, storage_gb, tier, kind, first_used, mileage_km)
    today = shanghai_day(work.now)
    # Observed sales are never changed or removed (triggers), so as many of them are the same ones.
    if category == "appliance":
        sold = work.session.scalar(_SOLD, {"category": category, "brand": brand})
    else:
        sold = work.session.scalar(_SOLD_OF_MODEL, {"category": category, "brand": brand, "model": model})
    kept = _kept(work)
    key = (today, sold, asked)
    if key not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = _estimate(work, today, *asked)
    return kept[key]


def _estimate(
    work: Work,
    today: date,
    category: str,
    brand: str,
    model: str,
    storage_gb: int | None,
    tier: str | None,
    kind: str | None,
    first_used: str | None,
    mileage_km: int | None,
) -> Estimate:
    if category == "car":
        return estimate_of_car(_sales_of_cars(work, brand, model, today), first_used, mileage_km, today)
    if category == "appliance" and brand != OTHER and kind:
        return estimate_of_appliance(_sales_of_kind(work, brand, kind, today), model, today)
    if category != "phone":
        return NOTHING
    rows = work.session.execute(
        select(ObservedSale.price_fen, ObservedSale.storage_gb, ObservedSale.tier, ObservedSale.sold_on)
        .where(
            ObservedSale.category == category,
            ObservedSale.brand == brand,
            ObservedSale.model == model,
            ObservedSale.sold_on > today - timedelta(days=WINDOW_DAYS),
        )
        .order_by(ObservedSale.sold_on.desc(), ObservedSale.id.desc())
        .limit(5000)
    )
    return estimate_from([Sale(*row) for row in rows], storage_gb, tier, today)


def sold_models(work: Work, category: str) -> list[Sold]:
    """The models of a category that were sold in the last year, those of the catalogue only. One query."""
    today, row = shanghai_day(work.now), ObservedSale
    rows = select(row.brand, row.model, func.count()).where(
        row.category == category, row.model != OTHER, row.sold_on > today - timedelta(days=WINDOW_DAYS)
    )
    return [Sold(*each) for each in work.session.execute(rows.group_by(row.brand, row.model).order_by(row.brand, row.model))]


def _sales_of_cars(work: Work, brand: str, model: str, today: date) -> list[CarSale]:
    row = ObservedSale
    rows = select(row.price_fen, row.first_used, row.mileage_km, row.sold_on).where(
        row.category == "car", row.brand == brand, row.model == model, row.sold_on > today - timedelta(days=WINDOW_DAYS)
    )
    return [CarSale(*each) for each in work.session.execute(rows.order_by(row.sold_on.desc(), row.id.desc()).limit(5000))]


def _sales_of_kind(work: Work, brand: str, kind: str, today: date) -> list[ApplianceSale]:
    row = ObservedSale
    rows = select(row.price_fen, row.model, row.sold_on).where(
        row.category == "appliance", row.brand == brand, row.kind == kind, row.sold_on > today - timedelta(days=WINDOW_DAYS)
    )
    return [ApplianceSale(*each) for each in work.session.execute(rows.order_by(row.sold_on.desc(), row.id.desc()).limit(5000))]


_BY_CODE, _BY_LISTING, _BY_REPORT = (
    select(Valuation).where(column == bindparam("wanted")).order_by(Valuation.id.desc()).limit(1)
    for column in (Valuation.code, Valuation.listing_id, Valuation.report_id)
)


def worth(work: Work, code: str) -> Worth | None:
    """A stored estimate. One query."""
    return _worth(work, _BY_CODE, code) if is_code(code) else None


def given(work: Work, code: str) -> Valuation:
    """The row of a stored estimate: what was told, and the document as it was hashed. Raises EstimateNotFound."""
    found = work.session.scalars(_BY_CODE, {"wanted": code}).first() if is_code(code) else None
    if found is None:
        raise EstimateNotFound()
    return found


def worth_of_listing(work: Work, listing_id: int) -> Worth | None:
    """The newest estimate that was stored for a listing. One query."""
    return _worth(work, _BY_LISTING, listing_id)


def worth_of_report(work: Work, report_id: int) -> Worth | None:
    """The newest estimate that was stored for an appraisal report. One query."""
    return _worth(work, _BY_REPORT, report_id)


def _worth(work: Work, newest: Select[Any], wanted: int | str) -> Worth | None:
    found = work.session.scalars(newest, {"wanted": wanted}).first()
    return None if found is None else worth_from(found)


def worth_from(stored: Valuation) -> Worth:
    """The stored document as pages draw it; names come from the catalogue as it is now."""
    told = stored.document
    asked, span = stored.inputs["asked"], told["span"]
    return Worth(
        code=stored.code,
        made_at=stored.made_at,
        purpose=stored.purpose,
        category=stored.category,
        title=_title(stored.category, asked["brand"], asked["model"], asked.get("storage_gb"), asked.get("kind")),
        basis=stored.basis,
        support=told["support"],
        span=None if span is None else Span(**span),
        start_fen=told["start_fen"],
        steps=tuple(Step(**step) for step in told["steps"]),
        comparables=tuple(
            Comparable(
                title=_title(stored.category, each["brand"], each["model"], each["storage_gb"], asked.get("kind")),
                kind=each["kind"],
                price_fen=each["price_fen"],
                moved_fen=each["moved_fen"],
                seen_on=date.fromisoformat(each["seen_on"]),
                tier=each["tier"],
                listing_code=each["listing_code"],
            )
            for each in told["comparables"]
        ),
        kinds=tuple(KindOfPrice(**each) for each in told["kinds"]),
        curve=tuple(Month(months, *each) for months, each in enumerate(told["curve"])),
        standard=None if told["standard"] is None else Standard(**told["standard"]),
        net_fen=told["net_fen"],
        model=told["model"]["name"] if told["model"] else None,
        is_invented=told["is_invented"],
        sha256=stored.sha256,
        flag=told["flag"],
        kind=told["kind"],
        cuts_bp=tuple(told["cuts_bp"]),
    )


def _title(category: str, brand: str, model: str, storage_gb: int | None, kind: str | None) -> str:
    found = catalogue.find_model(category, brand, model)
    if found is None:
        made_by, of_kind = catalogue.find_brand(category, brand), catalogue.find_kind(kind or "")
        return " ".join(each.name.zh for each in (made_by, of_kind) if each is not None)
    size = "" if not storage_gb else f" {storage_gb // 1024}TB" if storage_gb >= 1024 else f" {storage_gb}GB"
    return f"{found.name}{size}"


def rate(given: Worth, asking_fen: int) -> Rating | None:
    """How an asking price stands to a stored estimate, by the published cut points; None where too little is known for that.

    No rating without a model that knows the series, nor where its 80 % range is wider than 40 % of the estimate.
    """
    span = given.span
    if span is None or given.basis != "warm" or len(given.cuts_bp) != len(RATINGS) - 1 or asking_fen <= 0:
        return None
    if (span.high80_fen - span.low80_fen) * 10_000 > WIDEST_BP * span.point_fen:
        return None
    share_bp = (asking_fen - span.point_fen) * 10_000 // span.point_fen
    return Rating(RATINGS[sum(share_bp > cut for cut in given.cuts_bp)], share_bp, given.cuts_bp)


_SERVING = select(PriceModel).where(PriceModel.category == bindparam("category"), PriceModel.state == SERVING)


def cut_points(work: Work, category: str) -> tuple[str, tuple[float, ...]] | None:
    """Version of the model that answers, and between RATINGS its four cut points in units of an estimate's own uncertainty
    (natural log). None without such a model."""
    row, desk = serving(work, category), cast(Desk, work.doors[DOOR])
    if row is None or row.sha256 is None or (row.is_invented and not desk.may_invent):
        return None
    cuts = desk.model(row.name, row.sha256).facts.get("cuts")
    return (row.name, tuple(map(float, cuts[1:]))) if isinstance(cuts, Sequence) and len(cuts) == len(RATINGS) else None


def serving(work: Work, category: str) -> PriceModel | None:
    """The price model that answers for a category just now."""
    return work.session.scalars(_SERVING, {"category": category}).first()


def earlier(work: Work, category: str) -> PriceModel | None:
    """The price model to which a category would be rolled back: the one that served last before the present one."""
    retired = select(PriceModel).where(PriceModel.category == category, PriceModel.state == RETIRED)
    return work.session.scalars(retired.order_by(PriceModel.entered_at.desc(), PriceModel.id.desc()).limit(1)).first()


def model_of_name(work: Work, name: str) -> PriceModel:
    """Raises ModelNotFound."""
    found = work.session.scalars(select(PriceModel).where(PriceModel.name == name)).first()
    if found is None:
        raise ModelNotFound()
    return found


def history(work: Work, row: PriceModel) -> list[AuditEntry]:
    """What was done with a model and what was measured of it since, newest first; who did it is the code of an account."""
    of_row = (AuditEntry.entity == "price_model", AuditEntry.entity_id == row.id)
    return list(work.session.scalars(select(AuditEntry).where(*of_row).order_by(AuditEntry.id.desc()).limit(200)))


def models(work: Work, limit: int = 200) -> list[PriceModel]:
    """The registry, newest first."""
    return list(work.session.scalars(select(PriceModel).order_by(PriceModel.id.desc()).limit(limit)))


def tables(work: Work, limit: int = 200) -> list[PriceTable]:
    """The imported tables, newest first."""
    return list(work.session.scalars(select(PriceTable).order_by(PriceTable.id.desc()).limit(limit)))


_OPEN = (UPLOADED, CHECKING, CHECKED, IMPORTING)


def open_imports(work: Work) -> list[PriceImport]:
    """Uploads that were neither imported nor put away, newest first."""
    wanted = select(PriceImport).where(PriceImport.state.in_(_OPEN)).order_by(PriceImport.id.desc())
    return list(work.session.scalars(wanted.limit(100)))


def price_import(work: Work, code: str) -> PriceImport:
    """One upload with what its check found. Raises ImportNotFound."""
    wanted = select(PriceImport).where(PriceImport.code == code).options(undefer(PriceImport.report))
    found = work.session.scalars(wanted).first() if is_code(code) else None
    if found is None:
        raise ImportNotFound()
    return found


def bytes_of_import(work: Work, row: PriceImport) -> bytes:
    """The uploaded file. Raises ImportForgotten after its 30 days."""
    data = work.session.scalar(select(PriceImport.data).where(PriceImport.id == row.id))
    if data is None:
        raise ImportForgotten()
    return data


def table_of_import(work: Work, row: PriceImport) -> PriceTable | None:
    """What the import kept; None before that."""
    return None if row.table_id is None else work.session.get_one(PriceTable, row.table_id)


def pictures(work: Work, given: Worth) -> Mapping[str, Any]:
    """Code of a listing -> its photo, for those comparables that were sold here. Asked of the room above through its door."""
    codes = [one.listing_code for one in given.comparables if one.listing_code]
    return work.doors[PICTURES](work, codes) if codes else {}


def title_of(asked: Mapping[str, Any]) -> str:
    """The thing of a question by the catalogue's name."""
    return _title(asked["category"], asked["brand"], asked["model"], asked.get("storage_gb"), asked.get("kind"))
