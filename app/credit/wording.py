"""What an event, and what a score card says, as marked sentences and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.credit.catalogue import NOT_IN_TIME, OUTCOMES, SETTLEMENTS, WORDS
from app.kernel.text import N_

_SOLD_BETWEEN = N_("A sale between %(low)s and %(high)s yuan was completed: the buyer has the item and the money was released.")
_MISSED = N_("A second look found an accident, a danger or another hard stop that the report does not name.")
_SECOND_LOOKS: dict[str, str] = {
    "same": N_("A second look that did not know the grade came to the same grade."),
    "better": N_("A second look that did not know the grade came to a lower one: the report was %(tiers)s tiers too kind."),
    "worse": N_("A second look that did not know the grade came to a higher one: the report was %(tiers)s tiers too strict."),
    "not_comparable": N_("A second look that did not know the grade came to another verdict; the two cannot be compared."),
}


_REVIEWED: dict[str, str] = {
    "seller": N_("A buyer's review was opened: %(stars)s of 5 stars."),
    "buyer": N_("A seller's review of this buyer was opened: %(stars)s of 5 stars."),
}


def sentence(type: str, data: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The sentence of one event; a kind that is not known here is shown by its name."""
    if type == "dispute.decided" and data.get("outcome") in OUTCOMES:
        return OUTCOMES[data["outcome"]], {}
    if type == "dispute.settled" and data.get("outcome") in SETTLEMENTS:
        return SETTLEMENTS[data["outcome"]], {}
    if type == "order.cancelled_by_seller" and data.get("reason") == "not_shipped":
        return NOT_IN_TIME, {}
    if type == "appraisal.reinspected" and data.get("found") in _SECOND_LOOKS:
        return _second_look(data)
    if type == "review.revealed" and data.get("of") in _REVIEWED:
        return _REVIEWED[data["of"]], {"stars": str(data.get("stars", ""))}
    low, _, high = str(data.get("amount_band") or "").partition("-")
    if type == "order.completed" and high:
        return _SOLD_BETWEEN, {"low": f"{int(low):,}", "high": f"{int(high):,}"}
    return WORDS.get(type, type), {}


def _second_look(data: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    if data.get("critical_misses"):
        return _MISSED, {}
    is_apart = data["found"] in ("better", "worse")
    return _SECOND_LOOKS[data["found"]], {"tiers": str(data.get("tiers_apart", 0))} if is_apart else {}


PIECES: dict[str, str] = {"good": N_("good"), "half": N_("half"), "bad": N_("problem")}
LEANS: dict[str, str] = {
    "same": N_("leans to neither side, counts %(weight)s"),
    "better": N_("too kind by %(tiers)s tiers, counts %(weight)s"),
    "worse": N_("too strict by %(tiers)s tiers, counts %(weight)s"),
}


@dataclass(frozen=True)
class CardWords:
    """What the page of one kind of score card says."""

    grades: Mapping[str, str]
    dimensions: Mapping[str, str]
    confidence: Mapping[str, str]
    reasons: Mapping[str, str]
    not_counted: Mapping[str, str]
    good_next: str
    bad_next: str
    quiet_next: str
    fading: str
    subject: str
    closing: str


SELLER = CardWords(
    grades={
        "AAA": N_("Very reliable, shown by very many sales"),
        "AA": N_("Very reliable, shown by many sales"),
        "A": N_("Reliable"),
        "BBB": N_("As expected; little is known yet, or there were single problems"),
        "BB": N_("More problems than expected"),
        "B": N_("Many problems"),
        "CCC": N_("Very many problems"),
        "CC": N_("Mostly problems"),
        "C": N_("Serious problems"),
        "D": N_("Fraud or forgery was confirmed"),
        "NR": N_("No grade yet"),
    },
    dimensions={
        "accuracy": N_("Items as described"),
        "disputes": N_("Sales without a problem decided against the seller"),
        "aftersales": N_("Problems solved with the buyer"),
        "fulfilment": N_("Sent in time, not cancelled"),
        "reviews": N_("Buyers' reviews"),
    },
    confidence={
        "low": N_("rests on few sales"),
        "medium": N_("rests on many sales"),
        "high": N_("rests on very many sales"),
    },
    reasons={
        "evidence": N_("The sales so far bear out no better grade."),
        "general": N_("A violation of the rules is still displayed."),
        "serious": N_("A serious violation of the rules is still displayed."),
    },
    not_counted={
        "void": N_("not counted: overturned or not genuine"),
        "same_order": N_("not counted: another record of the same sale counts"),
    },
    good_next=N_("One more sale without a problem, to a new buyer"),
    bad_next=N_("One more problem decided against the seller"),
    quiet_next=N_("Three months without any sale"),
    fading=N_(
        "Old events count less and less, and after three years not at all. The third sale to the same buyer within a month "
        "counts nothing."
    ),
    subject=N_("the score card of this seller"),
    closing=N_(
        "The grade alone bars nobody from selling, and no list is sorted by it. Problems are decided by people, not by a "
        "program; both sides say their part on the order's page."
    ),
)

APPRAISER = CardWords(
    grades={
        **SELLER.grades,
        "AAA": N_("Very reliable, shown by very many second looks"),
        "AA": N_("Very reliable, shown by many second looks"),
        "BBB": N_("As expected; little is known yet, or single reports differed"),
        "BB": N_("More differences than expected"),
        "B": N_("Many reports differed"),
        "CCC": N_("Very many reports differed"),
        "CC": N_("Most reports differed"),
        "D": N_("A falsified report was confirmed"),
    },
    dimensions={
        "within_one": N_("Grade at most one tier from the second look"),
        "critical": N_("No accident, danger or other hard stop overlooked"),
        "bias": N_("Neither too kind nor too strict on average"),
        "on_time": N_("Reports signed in time"),
        "evidence": N_("All photos and readings taken"),
    },
    confidence={
        "low": N_("rests on few second looks"),
        "medium": N_("rests on many second looks"),
        "high": N_("rests on very many second looks"),
    },
    reasons={**SELLER.reasons, "evidence": N_("The second looks so far bear out no better grade.")},
    not_counted={
        "void": SELLER.not_counted["void"],
        "same_order": N_("not counted: another second look at the same report counts"),
    },
    good_next=N_("One more report that a second look confirms"),
    bad_next=N_("One more report that is two tiers too kind and overlooks an accident"),
    quiet_next=N_("Three months without a second look"),
    fading=N_(
        "Old second looks count less and less, and after three years not at all. Each counts alike, whatever the item is worth."
    ),
    subject=N_("the score card of this appraiser"),
    closing=N_(
        "The grade alone takes nobody's certificate and gives nobody work: who may appraise stands in the register and is "
        "decided by people. Whether a report is looked at again is drawn by lot after it was signed."
    ),
)

CARD_WORDS: dict[str, CardWords] = {"seller": SELLER, "appraiser": APPRAISER}

# The marketplace's own record: for each indicator what was asked for.
INDICATORS: dict[str, str] = {
    "reviews_opened": N_("Reviews opened in time, just as they were sealed"),
    "rules_ahead": N_("Changed rules published at least seven days ahead"),
    "objection_time": N_("Violations that counted only after time for an objection"),
    "heads_daily": N_("Days on which the end of every record was noted"),
    "problems_in_time": N_("Reported problems decided or settled within 20 days"),
    "decisions_upheld": N_("Decisions that were not overturned later"),
    "reports_drawn": N_("Signed reports drawn by lot for a second look"),
    "reviews_readable": N_("Opened reviews whose words are not hidden"),
}
FINDING_KINDS: dict[str, str] = {
    "penalty": N_("Penalty"),
    "sanction": N_("Measure"),
    "sanction_ended": N_("End of a measure"),
    "repair": N_("Credit repair granted"),
    "overturned": N_("Decision overturned"),
    "audit_finding": N_("Fault of the marketplace"),
}
SEVERITIES: dict[str, str] = {"minor": N_("minor"), "general": N_("ordinary"), "serious": N_("serious")}
WHAT: dict[str, str] = {
    "counterfeit": N_("Selling counterfeits"),
    "false_description": N_("False description"),
    "hidden_defect": N_("A defect was hidden"),
    "unsafe_item": N_("An unsafe item"),
    "data_not_erased": N_("A former owner's data was not erased"),
    "fake_trade": N_("Sham sales"),
    "fake_review": N_("Sham reviews"),
    "forged_identity": N_("Forged identity"),
    "confirmed_fraud": N_("Fraud"),
    "false_report": N_("A falsified report"),
    "rules_not_kept": N_("Rules were not kept"),
    "warning": N_("Warning"),
    "correction": N_("Order to put it right"),
    "suspension": N_("Suspension"),
    "ban": N_("Ban"),
    "identity_not_checked": N_("Sellers' identity was not checked"),
    "report_late": N_("A report to an authority was late"),
    "review_deleted": N_("Reviews were removed"),
    "rules_not_announced": N_("Changed rules were not announced in time"),
    "records_incomplete": N_("Records were incomplete"),
    "measure_not_published": N_("Measures against sellers were not published in time"),
    "privacy_request_late": N_("A request about personal data was answered late"),
    "log_gap": N_("The log had gaps"),
}
DISPLAY_STATES: dict[str, str] = {
    "shown": N_("displayed"),
    "waiting": N_("not displayed yet: time for an objection"),
    "lifted": N_("repaired, ended or overturned"),
    "over": N_("time of display over"),
}
NO_LONGER_SHOWN = N_("The time of display of this entry is over or has not begun; its proof stays.")
NOT_RECORDED: tuple[str, ...] = (
    N_("Whether sellers' identity is checked again every six months"),
    N_("Whether reports to market and tax authorities are made on time"),
    N_("Whether measures against sellers are published within one working day"),
    N_("Whether requests about personal data are answered in time"),
)


# What the numbers about problems count.
FAIRNESS: dict[str, str] = {
    "reported": N_("Reported"),
    "running": N_("Still open"),
    "agreed": N_("The two agreed"),
    "silence": N_("The seller did not answer, which counts as agreeing"),
    "withdrawn": N_("The buyer took it back"),
    "lapsed": N_("The buyer did not answer in time"),
    "overtaken": N_("The buyer's bank gave the money back"),
    "not_said": N_("Older ones, of which the log does not say how"),
    "seller_fault": N_("The seller was at fault: the buyer was right"),
    "buyer_fault": N_("The buyer was at fault: the seller was right"),
    "shared": N_("Both were at fault"),
    "none": N_("Nobody was at fault, or it cannot be known"),
}
