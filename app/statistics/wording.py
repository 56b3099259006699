"""What statistics count and by what, in words."""

from __future__ import annotations

from app.kernel.text import N_

KIND_WORDS = {"month": N_("Month"), "quarter": N_("Quarter"), "year": N_("Year")}
DIMENSION_WORDS = {
    "all": N_("All together"),
    "district": N_("By district"),
    "category": N_("By category"),
    "kind": N_("By kind of seller"),
    "tier": N_("By grade"),
    "age": N_("By age of the thing"),
}
CELL_WORDS = {
    "all": N_("All together"),
    "phone": N_("Phones"),
    "appliance": N_("Household appliances"),
    "car": N_("Cars"),
    "individual": N_("Households"),
    "business": N_("Dealers"),
    "platform_self": N_("The platform itself"),
    "0-1": N_("Up to 1 year"),
    "1-2": N_("1 to 2 years"),
    "2-3": N_("2 to 3 years"),
    "3-5": N_("3 to 5 years"),
    "5-10": N_("5 to 10 years"),
    "10-": N_("10 years or more"),
    "unknown": N_("not recorded"),
}
TIER_WORDS = {
    "none": N_("not appraised"),
    "ungradable": N_("cannot be graded"),
    "unsafe": N_("unsafe"),
    "recycle_only": N_("for recycling only"),
    "prohibited": N_("may not be traded"),
    "accident": N_("accident vehicle"),
    "not_tradable": N_("not tradable"),
}
# The groups of columns of a page: heading, then (family, figure, heading of the column, how it is written).
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        N_("Sales and their value"),
        (
            ("settled", "n", N_("Sales settled"), "count"),
            ("settled", "subjects", N_("Sellers"), "count"),
            ("settled", "fen", N_("Value"), "money"),
            ("given_back", "fen", N_("Given back afterwards"), "money"),
            ("net", "fen", N_("Net value"), "money"),
            ("settled", "mean_fen", N_("Mean price"), "money"),
            ("settled", "q1_fen", N_("Lower quartile"), "money"),
            ("settled", "median_fen", N_("Median"), "money"),
            ("settled", "q3_fen", N_("Upper quartile"), "money"),
            ("called_off", "n", N_("Paid and called off"), "count"),
        ),
    ),
    (
        N_("Offers"),
        (
            ("listed", "n", N_("Newly offered"), "count"),
            ("sold", "n", N_("Of these sold until the end"), "count"),
            ("through", "bp", N_("Share sold"), "share"),
        ),
    ),
    (
        N_("Problems, claims and returns"),
        (
            ("claims", "n", N_("Problems opened"), "count"),
            ("per_thousand", "n", N_("For 1,000 sales"), "count"),
            ("claims_ended", "n", N_("Problems ended"), "count"),
            ("claims_ended", "median_days", N_("Median days until the end"), "count"),
            ("returns", "n", N_("Things that came back"), "count"),
        ),
    ),
    (N_("Appraisal reports"), (("reports", "n", N_("Reports signed"), "count"),)),
)
