"""What the rules about rights ask about an offer, before anybody has bought it."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.appraisal import queries as appraisal
from app.kernel.work import Work
from app.listings.models import Listing
from app.regulations.queries import Facts


def sale_facts(work: Work, listing: Listing, checking_hours: int) -> Facts:
    """The facts of a sale of this offer that has not begun. ``checking_hours``: what an order of it would have."""
    return Facts(
        category=listing.category,
        seller_kind=accounts.seller_kind_of(work, listing.seller_id),
        kind=listing.kind,
        tier=listing.tier,
        first_used=listing.first_used,
        mileage_km=listing.mileage_km,
        checking_hours=checking_hours,
    )


def named_defects(work: Work, listing: Listing) -> list[str]:
    """Keys of the items that the report of the offer tells buyers about; none without a report."""
    report = appraisal.latest_report(work, listing.thing_id) if listing.thing_id is not None else None
    return (
        []
        if report is None or report.code != listing.report_code
        else [item["key"] for item in appraisal.findings_to_tell(report)]
    )
