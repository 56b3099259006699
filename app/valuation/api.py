"""Price estimates for programs."""

from __future__ import annotations

from app.goods import catalogue
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.valuation.queries import estimate
from app.valuation.schemas import EstimateOut, EstimateQuery, SaleOut
from app.web.api import Answer, Call, Face

face = Face("estimates")


@face.get(
    "/estimates",
    id="getEstimate",
    summary=N_("What comparable things were sold for"),
    roles=("anyone",),
    query=EstimateQuery,
    answer=EstimateOut,
)
def show(call: Call) -> Answer:
    """Median and range of the last year's sales of the same model, the closest group that has enough of them."""
    asked: EstimateQuery = call.query
    if catalogue.find_model(asked.category, asked.brand, asked.model) is None:
        raise InvalidInput({"model": N_("The catalogue has no model of this name.")})
    found = estimate(
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
    shape = EstimateOut(
        **{name: getattr(found, name) for name in names},
        recent_count=found.recent_count,
        recent_median_fen=found.recent_median_fen,
        sales=[
            SaleOut(price_fen=each.price_fen, storage_gb=each.storage_gb, tier=each.tier, sold_on=each.sold_on.isoformat())
            for each in found.sales
        ],
    )
    return Answer(shape)
