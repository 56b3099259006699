"""Price estimates for programs: asked for and kept, read again, and the sales that like things really had."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.goods import catalogue
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation import errors, queries, service
from app.valuation.asking import Asked
from app.valuation.features import tier_points
from app.valuation.limits import ASKED
from app.valuation.schemas import ComparablesOut, ComparablesQuery, EstimateOut, NewEstimate, SaleOut
from app.web.api import Answer, Call, Face

face = Face("estimates")

OF_ESTIMATE = {"code": "$response.body#/code"}
EXAMPLE = {"category": "phone", "brand": "apple", "model": "iphone-13", "storage_gb": 128, "first_used": "2023-05"}


@face.post(
    "/estimates",
    id="createEstimate",
    summary=N_("Ask what a thing is worth"),
    body=NewEstimate,
    example=EXAMPLE,
    answer=EstimateOut,
    status=201,
    limit=ASKED,
    refusals=(InvalidInput, errors.ModelDamaged),
    links={"estimate": ("getEstimate", OF_ESTIMATE)},
)
def create(call: Call) -> Answer:
    """Makes and keeps one estimate. The same question on the same day, by the same model and prices, gives the kept one."""
    asked = _asked(call.work, call.body)
    worth = service.value(call.work, asked, "api")
    return Answer(_shape(worth, asked.to_plain()), location=f"/api/v1/estimates/{worth.code}")


@face.get(
    "/estimates/{code}",
    id="getEstimate",
    summary=N_("Read an estimate"),
    roles=("anyone",),
    answer=EstimateOut,
    refusals=(errors.EstimateNotFound,),
)
def show(call: Call, code: str) -> Answer:
    """As it was made: number, ranges, reasons, comparables, kinds of price, curve. It never changes."""
    stored = queries.given(call.work, code)
    return Answer(_shape(queries.worth_from(stored), stored.inputs["asked"]))


@face.get(
    "/comparables",
    id="listComparables",
    summary=N_("What comparable things were sold for"),
    roles=("anyone",),
    query=ComparablesQuery,
    answer=ComparablesOut,
)
def comparables(call: Call) -> Answer:
    """Median and range of the last year's sales of the same model, the closest group that has enough of them."""
    asked: ComparablesQuery = call.query
    _known_model(asked.category, asked.brand, asked.model)
    found = queries.estimate(
        call.work,
        asked.category,
        asked.brand,
        asked.model,
        asked.storage_gb,
        asked.tier,
        kind=asked.kind,
        first_used=asked.first_used,
        mileage_km=asked.mileage_km,
    )
    names = ("count", "enough", "basis", "median_fen", "low_fen", "high_fen", "is_full_range", "days")
    shape = ComparablesOut(
        **{name: getattr(found, name) for name in names},
        recent_count=found.recent_count,
        recent_median_fen=found.recent_median_fen,
        sales=[
            SaleOut(price_fen=each.price_fen, storage_gb=each.storage_gb, tier=each.tier, sold_on=each.sold_on.isoformat())
            for each in found.sales
        ],
    )
    return Answer(shape)


def _known_model(category: str, brand: str, model: str) -> object:
    found = catalogue.find_model(category, brand, model)
    if found is None:
        raise InvalidInput({"model": N_("The catalogue has no model of this name.")})
    return found


def _asked(work: Work, told: NewEstimate) -> Asked:
    """The question, checked against catalogue and calendar. Raises InvalidInput with one sentence per field."""
    model = _known_model(told.category, told.brand, told.model)
    wrong: dict[str, str] = {}
    if told.first_used is not None and told.first_used > shanghai_day(work.now).isoformat()[:7]:
        wrong["first_used"] = N_("This month lies in the future.")
    if told.storage_gb is not None and told.storage_gb not in getattr(model, "storage_gb", ()):
        wrong["storage_gb"] = N_("This model was never sold with so much storage.")
    if told.tier is not None and told.tier not in tier_points(told.category):
        wrong["tier"] = N_("No scheme has a grade of this name with points.")
    if told.district is not None and catalogue.find_district(told.district) is None:
        wrong["district"] = N_("There is no district of this code.")
    if wrong:
        raise InvalidInput(wrong)
    kind = getattr(model, "type", None) or getattr(model, "body", None)
    return Asked(kind=kind, **told.model_dump(exclude_none=True))


def _shape(worth: queries.Worth, asked: dict[str, Any]) -> EstimateOut:
    told = _priced(asdict(worth))
    told["made_at"] = worth.made_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    told["kinds"] = [_priced(each) for each in told["kinds"]]
    told["comparables"] = [_priced(each) | {"seen_on": each["seen_on"].isoformat()} for each in told["comparables"]]
    address = f"/worth/{worth.code}"
    return EstimateOut(**told, asked=asked, page=address, document=f"{address}.json", csv=f"{address}.csv")


def _priced(told: dict[str, Any]) -> dict[str, Any]:
    """With its kind of price under a name that says so: a thing's own kind is another one."""
    return {"price_kind" if name == "kind" else name: value for name, value in told.items()}
