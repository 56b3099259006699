"""The front door: the rights of a sale, all rules with their sources, and the words for them."""

from __future__ import annotations

from datetime import datetime

from app.kernel.text import N_
from app.regulations.law import SELLER_KINDS, Exclusion, Rule, RuleSet, rule_sets, rules_on
from app.regulations.rules import (
    COMING,
    EXCLUDED,
    OPEN,
    OVER,
    STATES,
    UNKNOWN,
    Facts,
    Right,
    find_right,
    rights_of,
    rules_for,
)
from app.regulations.workdays import calendar

__all__ = [
    "COMING",
    "CONFIDENCE_WORDS",
    "EXCLUDED",
    "OPEN",
    "OVER",
    "PAYER_WORDS",
    "REMEDY_WORDS",
    "SELLER_KINDS",
    "SELLER_WORDS",
    "START_WORDS",
    "STATES",
    "STATE_WORDS",
    "UNKNOWN",
    "Exclusion",
    "Facts",
    "Right",
    "Rule",
    "RuleSet",
    "exceptions_to_confirm",
    "find_right",
    "known_years",
    "rights_of",
    "rule_sets",
    "rules_for",
    "rules_on",
]

SELLER_WORDS = {
    "individual": N_("Private person"),
    "business": N_("Business"),
    "platform_self": N_("The platform itself"),
}
PAYER_WORDS = {
    "seller": N_("the seller"),
    "buyer": N_("the buyer"),
    "maker": N_("the maker"),
}
REMEDY_WORDS = {
    "partial_refund": N_("part of the price back"),
    "return_refund": N_("returning it for the price"),
    "free_repair": N_("repair without charge"),
    "replace": N_("exchange"),
}
STATE_WORDS = {
    OPEN: N_("You have it now"),
    COMING: N_("Begins later"),
    OVER: N_("Its time is over"),
    EXCLUDED: N_("Left out: you confirmed the exception for this order"),
    UNKNOWN: N_("Cannot be said: a fact is missing"),
}
START_WORDS = {
    "receipt": N_("from the receipt"),
    "sale": N_("from the payment"),
    "first_use": N_("from the month of first use"),
}
CONFIDENCE_WORDS = {
    "verified_text": N_("The text of the source was read."),
    "verified_secondary": N_("Seen in the press or in a copy, not in the source itself."),
    "own_knowledge_confident": N_("Known, but not compared with the text of the source."),
    "own_knowledge_unsure": N_("Not sure; not compared with the text of the source."),
    "own_rule": N_("Our own rule."),
}


def known_years() -> list[int]:
    """The years of which the days off are known."""
    return sorted(calendar().years)


def exceptions_to_confirm(facts: Facts, at: datetime, marked: frozenset[str]) -> tuple[Exclusion, ...]:
    """What a buyer may be asked to confirm for such a sale: exceptions of its rights that are marked on the offer."""
    chosen = rules_for(facts, at)
    codes = {code for right in rights_of(facts, at) for code in right.rule.exceptions if code in marked}
    return tuple(each for each in chosen.exceptions if each.code in codes)
