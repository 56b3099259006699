"""The kinds of events, one closed schema each: what is not listed is refused, and no field can hold free text.

Names are those of the platform's event catalogue; fields hold codes, hashes, counts, days and fixed words. Strings of fixed
form (random codes, hashes, pseudonyms) cannot carry personal data; every other word is searched for patterns of it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.kernel.text import N_

_CROCKFORD = "[0-9abcdefghjkmnpqrstvwxyz]{26}"
Code = Annotated[str, StringConstraints(pattern=f"^{_CROCKFORD}$")]
Cluster = Annotated[str, StringConstraints(pattern=f"^c_{_CROCKFORD}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Severity = Literal["minor", "general", "serious"]
Count = Annotated[int, Field(ge=0, le=1_000_000)]

BANDS_YUAN = (100, 500, 1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000, 50_000, 100_000)


def amount_band(fen: int) -> str:
    """The band of an amount, such as ``2000-3000`` (yuan, lower end included): exact prices stay out of the log."""
    low = 0
    for high in BANDS_YUAN:
        if fen < high * 100:
            return f"{low}-{high}"
        low = high
    return f"{low}-"


Band = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}-[0-9]{0,6}$")]


class Fields(BaseModel):
    """Fields of one kind of event."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OrderFields(Fields):
    order: Code
    category: Word
    amount_band: Band | None = None
    counterparty: Cluster | None = None  # the buyer's cluster: the same buyer is recognised, never named


class OrderPaid(OrderFields):
    delivery: Word | None = None


class OrderShipped(OrderFields):
    days: Count | None = None  # whole days between payment and shipping


class OrderCancelled(OrderFields):
    reason: Word | None = None


class OrderCompleted(OrderFields):
    delivery: Word | None = None
    escrow: bool = True
    tier: Word | None = None
    return_window_days: Count | None = None


class ListingPublished(Fields):
    listing: Code
    category: Word
    amount_band: Band | None = None
    tier: Word | None = None
    version: Count | None = None
    content_sha256: Sha256 | None = None


class AppraisalIssued(Fields):
    category: Word
    scheme: Word
    status: Word
    tier: Word | None = None
    report_sha256: Sha256
    conduct: list[Word] | None = None  # what the scheme says the record should know of the owner: evidence, no verdict


class AppraisalReinspected(Fields):
    category: Word
    report_sha256: Sha256
    kind: Literal["blind", "contest", "peer"]  # peer: before the report was issued
    found: Literal["same", "better", "worse", "not_comparable"]  # the report's grade, beside that of the second look
    tiers_apart: Count | None = None
    critical_misses: Count


class ReinspectionDrawn(Fields):
    category: Word
    report_sha256: Sha256


class DisputeOpened(OrderFields):
    reason: Word | None = None
    problem: Code | None = None  # one order can have several, one after the other


class DisputeSettled(DisputeOpened):
    """How it ended without a decision; not known of what was recorded before there was a field for it."""

    outcome: Literal["agreed", "silence", "withdrawn", "lapsed", "overtaken"] | None = None


class DisputeDecided(DisputeOpened):
    outcome: Literal["seller_fault", "buyer_fault", "shared", "none"]
    remedy: Word | None = None


class Overturned(Fields):
    """``refs`` name what no longer counts. The last four: when an authority's signed note says so."""

    reason: Word | None = None
    finding: Code | None = None
    note_sha256: Sha256 | None = None
    document_sha256: Sha256 | None = None
    effective_on: Day | None = None


class Found(Fields):
    """What follows from a note that an authority signed. ``effective_on``: the day of its document."""

    finding: Code
    note_sha256: Sha256
    document_sha256: Sha256
    effective_on: Day


class Penalty(Found):
    severity: Severity
    kind: Word


class Sanction(Found):
    kind: Word
    until: Day | None = None


class Violation(Fields):
    severity: Severity
    kind: Word
    effective_on: Day | None = None  # what the platform records of itself counts only after the time for objections
    document_sha256: Sha256 | None = None


class ReviewSealed(OrderFields):
    """``_sd``: salted digests of stars and text (RFC 9901), so that neither can be changed before it is shown."""

    review: Code
    of: Literal["seller", "buyer"]  # as what the subject is reviewed
    sd: Annotated[list[Digest], Field(alias="_sd", min_length=2, max_length=2)]
    sd_alg: Annotated[Literal["sha-256"], Field(alias="_sd_alg")]
    reveal_on: Day


class ReviewRevealed(OrderFields):
    """``salt`` opens the digest of the stars; the text stays outside the log."""

    review: Code
    of: Literal["seller", "buyer"]
    sd: Annotated[list[Digest], Field(alias="_sd", min_length=2, max_length=2)]
    sd_alg: Annotated[Literal["sha-256"], Field(alias="_sd_alg")]
    stars: Annotated[int, Field(ge=1, le=5)]
    salt: Code


class ReviewTombstoned(OrderFields):
    """The text is hidden from everybody; the stars stay and count."""

    review: Code
    of: Literal["seller", "buyer"]
    reason: Word


class PolicyPublished(Fields):
    name: Word
    version: Count
    sha256: Sha256  # of the exact bytes of the rules
    effective_on: Day


class StatisticsPublished(Fields):
    period: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]|Q[1-4]))?$")]
    method: Word
    sha256: Sha256  # of the exact bytes of the tables


class LogHeads(Fields):
    size: Annotated[int, Field(ge=1, lt=2**53)]  # events of which these are the heads
    count: Annotated[int, Field(ge=1, lt=2**53)]  # subjects
    root: Sha256


TYPES: dict[str, type[Fields]] = {
    "listing.published": ListingPublished,
    "appraisal.issued": AppraisalIssued,
    "appraisal.reinspection_drawn": ReinspectionDrawn,
    "appraisal.reinspected": AppraisalReinspected,
    "order.paid": OrderPaid,
    "order.shipped_on_time": OrderShipped,
    "order.shipped_late": OrderShipped,
    "order.cancelled_by_seller": OrderCancelled,
    "order.completed": OrderCompleted,
    "order.returned_not_as_described": OrderCancelled,
    "dispute.opened": DisputeOpened,
    "dispute.settled": DisputeSettled,
    "dispute.decided": DisputeDecided,
    "dispute.overturned": Overturned,
    "review.sealed": ReviewSealed,
    "review.revealed": ReviewRevealed,
    "review.tombstoned": ReviewTombstoned,
    "integrity.finding_confirmed": Violation,
    "violation.recorded": Violation,
    "penalty.public": Penalty,
    "sanction.imposed": Sanction,
    "sanction.ended": Found,
    "platform.audit_finding": Penalty,
    "repair.granted": Overturned,
    "policy.published": PolicyPublished,
    "statistics.published": StatisticsPublished,
    "log.heads": LogHeads,
}

# What each kind says, in plain words.
WORDS: dict[str, str] = {
    "listing.published": N_("An item was put on sale."),
    "appraisal.issued": N_("An appraisal report was signed."),
    "appraisal.reinspection_drawn": N_("A report was drawn by lot for a second look by another agency."),
    "appraisal.reinspected": N_("A report was compared with a second look that did not know its grade."),
    "order.paid": N_("A buyer paid; the money was held by the platform."),
    "order.shipped_on_time": N_("A paid item was sent or handed over in time."),
    "order.shipped_late": N_("A paid item was sent or handed over late."),
    "order.cancelled_by_seller": N_("A paid order was cancelled by the seller."),
    "order.completed": N_("A sale was completed: the buyer has the item and the money was released."),
    "order.returned_not_as_described": N_("It was decided that an item was not as described; the buyer gets the money back."),
    "dispute.opened": N_("A buyer reported a problem; nothing is decided by that alone."),
    "dispute.settled": N_("A reported problem was solved between the two, or taken back by the buyer."),
    "dispute.decided": N_("A reported problem was decided."),
    "dispute.overturned": N_("A decision was overturned; it no longer counts."),
    "review.sealed": N_("A review was written and sealed: nobody reads it until both have written, or 14 days have passed."),
    "review.revealed": N_("A review was opened."),
    "review.tombstoned": N_("The text of a review was hidden, with a reason; its stars stay and count."),
    "integrity.finding_confirmed": N_("People confirmed that sales were not genuine; they do not count."),
    "violation.recorded": N_("A violation of the rules was recorded."),
    "penalty.public": N_("An authority imposed a penalty; its signed note stands behind this."),
    "sanction.imposed": N_("An authority ordered a measure; its signed note stands behind this."),
    "sanction.ended": N_("An authority ended a measure; its signed note stands behind this."),
    "platform.audit_finding": N_("An authority found a fault of the marketplace; its signed note stands behind this."),
    "repair.granted": N_("What was wrong has been put right; it no longer counts."),
    "policy.published": N_("A version of the rules for scores was published."),
    "statistics.published": N_("The statistics of a period were closed and published."),
    "log.heads": N_("The newest event of every record was noted, so that none can be left out later."),
}
OUTCOMES: dict[str, str] = {
    "seller_fault": N_("Decided: the seller was at fault."),
    "buyer_fault": N_("Decided: the seller was not at fault."),
    "shared": N_("Decided: both sides share the fault."),
    "none": N_("Decided: nobody was at fault."),
}
SETTLEMENTS: dict[str, str] = {
    "agreed": N_("Buyer and seller agreed about a reported problem."),
    "silence": N_("The seller did not answer a reported problem in time; the buyer got what was asked for."),
    "withdrawn": N_("The buyer took a reported problem back."),
    "lapsed": N_("A reported problem ended because the buyer did not answer in time."),
    "overtaken": N_("A reported problem ended because the buyer's bank gave the money back."),
}

NOT_IN_TIME = N_("A paid order ended because the seller did not send or hand over in time.")

_FIXED_FORM = re.compile(rf"(c_)?{_CROCKFORD}|[0-9a-f]{{64}}|[A-Za-z0-9_-]{{43}}")
_PERSONAL = {
    "e-mail address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "mobile number": re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    "resident ID number": re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])"),
    "device number": re.compile(r"(?<!\d)\d{14,16}(?!\d)"),
    "vehicle number": re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9])"),
    "name or address": re.compile(r"[㐀-鿿豈-﫿]"),
}


def personal_patterns(value: Any) -> list[str]:
    """Which kinds of personal data a value looks like; looks into lists and dictionaries, keys included."""
    if isinstance(value, dict):
        return [kind for pair in value.items() for part in pair for kind in personal_patterns(part)]
    if isinstance(value, (list, tuple)):
        return [kind for part in value for kind in personal_patterns(part)]
    if isinstance(value, bool) or value is None:
        return []
    text = str(value)
    if _FIXED_FORM.fullmatch(text):
        return []
    return [kind for kind, pattern in _PERSONAL.items() if pattern.search(text)]


def schema(type: str) -> dict[str, Any]:
    """The JSON Schema of an event's ``data`` (additionalProperties false), for people who check records."""
    return TYPES[type].model_json_schema()


def problems(type: str, data: dict[str, Any]) -> list[str]:
    """Why this may not be recorded; empty when it may."""
    fields = TYPES.get(type)
    if fields is None:
        return [f"unknown type {type}"]
    try:
        fields.model_validate(data)
    except ValidationError as trouble:
        return [f"{'.'.join(map(str, error['loc']))}: {error['type']}" for error in trouble.errors()]
    return [f"looks like a {kind}" for kind in personal_patterns(data)]
