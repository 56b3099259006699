"""Decisions about claims on plain values: which right one rests on, what may be asked, how evidence is chained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.aftersales.states import ALTERED, BUYER_TURN, CARRYING_OUT, OTHER_ITEM, PARTIAL, RETURN, RULED, SAME, SELLER_TURN
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.regulations.queries import EXCLUDED, OPEN, OVER, Right

ANSWER_HOURS = {SELLER_TURN: 48, BUYER_TURN: 72}  # our own choice
# The way back, in days: the seller names the address, the buyer sends, the seller looks at what came. Our own choice.
RETURN_DAYS = {"address": 3, "send": 7, "receive": 10}
NOTHING_AFTER_DAYS = 3  # from the sending on, from which the seller can say that nothing came. Our own choice
LONGEST_SEAL = 40
# A dispute, in days: to rule, when the arbitrator is reminded, to appeal, when both sides are reminded. Our own choice
DECIDE_DAYS, REMIND_AFTER_DAYS, APPEAL_DAYS, APPEAL_REMIND_DAYS = 7, 5, 7, 6
DRAW_AGAIN_HOURS = 24  # where nobody can be drawn
FOLLOW_HOURS = 6  # a part of the money that is not through is looked at again, and asked for again where the payer refused
MOST_RETRIES = 5  # by itself; afterwards staff look at it
LONGEST_REASONS = 2000
MOST_ASKS = 3  # by the buyer in one claim; our own choice
MOST_ITEMS, MOST_PHOTOS = 20, 6
SHORTEST, LONGEST = 10, 1000  # code points of what somebody writes

CHANGE_OF_MIND = "change_of_mind"
NOT_AS_DESCRIBED = "not_as_described"
REASONS = {
    NOT_AS_DESCRIBED: N_("It is not as described"),
    "hidden_repair": N_("A repair or replaced part was not named"),
    "function_fails": N_("A function fails"),
    "damaged": N_("It arrived damaged"),
    "missing_part": N_("A part or accessory is missing"),
    "counterfeit": N_("It is not genuine"),
    CHANGE_OF_MIND: N_("I do not want to keep it (without a reason)"),
}
# On which rights a claim can rest, the strongest first.
_GROUNDS = ("nonconformity_return", "inspection_period")
_FREE = ("seven_day_return",)


@dataclass(frozen=True)
class Item:
    """One thing that was promised: an item of the report, or an answer of the seller. Names in both languages."""

    key: str
    name: dict[str, str]
    promised: dict[str, str]
    section: dict[str, str]


def grounds(reason: str) -> tuple[str, ...]:
    return _FREE if reason == CHANGE_OF_MIND else _GROUNDS


def remedies(reason: str) -> tuple[str, ...]:
    """What can be asked for."""
    return (RETURN,) if reason == CHANGE_OF_MIND else (PARTIAL, RETURN)


def is_ruled(state: str, round: int) -> bool:
    """Whether there is a ruling in a dispute that is open: it is not undone by taking the claim back."""
    return round == 2 or state in (RULED, CARRYING_OUT)


def days_later(now: datetime, days: int) -> datetime:
    return now + timedelta(days=days)


def address_place(claim_code: str) -> str:
    """Where the sealed address of a way back belongs; a copied value does not open elsewhere."""
    return f"claim_return.address:{claim_code}"


def receipt_of(number: str | None, seal_no: str | None, read: str | None, seal: str | None, *, is_altered: bool) -> str:
    """What came back: another number is another thing; another seal, or what the seller says, is an altered one.

    A missing seal alone is neither: the buyer had to open the parcel to check the thing.
    """
    if number is not None and read != number:
        return OTHER_ITEM
    if seal is not None and seal_no is not None and seal != "".join(seal_no.split()).upper():
        return ALTERED
    return ALTERED if is_altered else SAME


def right_for(rights: Iterable[Right], reason: str) -> Right | None:
    """The right that a claim with this reason rests on: one that is open before one that is excluded or over; None: never had."""
    mine = {each.code: each for each in rights if each.code in grounds(reason)}
    found = [mine[code] for code in grounds(reason) if code in mine]
    for state in (OPEN, EXCLUDED, OVER):
        last = [each for each in found if each.state == state]
        if last:
            return max(last, key=lambda each: each.until.timestamp() if each.until and state == OVER else 0)
    return None


def due_at(now: datetime, state: str) -> datetime:
    """Until when the side whose turn it is can answer."""
    return now + timedelta(hours=ANSWER_HOURS[state])


def chained(claim_code: str, no: int, by: str, sha256: str, previous: str, at: datetime) -> str:
    """The hash of one piece of evidence over the one before: SHA-256 of canonical JSON (RFC 8785)."""
    said = {"claim": claim_code, "no": no, "by": by, "sha256": sha256, "previous": previous, "at": iso_seconds(at)}
    return sha256_hex(canonical(said))


def is_whole(claim_code: str, pieces: Sequence[tuple[int, str, str, str, str, datetime]]) -> bool:
    """Whether a chain of evidence, in order, holds: (no, by, sha256, previous, hash, at) each."""
    previous = ""
    for count, (no, by, sha256, before, own, at) in enumerate(pieces, 1):
        if no != count or before != previous or chained(claim_code, no, by, sha256, before, at) != own:
            return False
        previous = own
    return True
