"""Logs made of fixed bytes, the same at every run and on every database; and states at random."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.credit.log import merkle
from app.credit.log.scores import Fact, read_fact
from app.credit.rules import event_bytes

DAY = date(2026, 11, 29)
SUBJECT = "s_" + "7" * 26
BANDS = ("0-100", "100-500", "1000-2000", "8000-12000", "50000-100000")
NOT_AS_DESCRIBED = "not_as_described"


def code(number: int) -> str:
    return f"{number:026d}"


def cluster(number: int) -> str:
    return f"c_{number:026d}"


class Ledger:
    """Events of one subject, chained as the sequencer chains them."""

    def __init__(self, subject: str = SUBJECT) -> None:
        self.subject = subject
        self.contents: list[bytes] = []

    def add(self, type: str, ago: int, refs: tuple[str, ...] = (), **data: Any) -> Fact:
        """An event so many days before ``DAY`` by Shanghai's count, in its first hours: by Greenwich's it was the day before."""
        at = datetime.combine(DAY - timedelta(days=ago), datetime.min.time(), UTC) - timedelta(hours=6, minutes=30)
        place = len(self.contents)
        content = event_bytes(
            id=f"00000000-0000-7000-8000-{place:012d}",
            type=type,
            ts=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            subject=self.subject,
            seq=place + 1,
            prev=merkle.leaf_hash(self.contents[-1]) if self.contents else None,
            actor="platform",
            refs=refs,
            data=data,
        )
        self.contents.append(content)
        return read_fact(place, content)

    def sale(self, number: int, ago: int, buyer: int | None = None, band: str = "1000-2000", **data: Any) -> Fact:
        about = {"order": code(number), "category": "phone", "amount_band": band, "counterparty": cluster(buyer or number)}
        self.add("order.shipped_on_time", ago, **about, days=1)
        return self.add("order.completed", ago, **about, **{"escrow": True, "return_window_days": 0, **data})

    def problem(self, number: int, ago: int, outcome: str = "seller_fault", reason: str = NOT_AS_DESCRIBED) -> Fact:
        about = {"order": code(number), "category": "phone", "amount_band": "1000-2000", "counterparty": cluster(number)}
        return self.add("dispute.decided", ago, **about, outcome=outcome, remedy="refund", reason=reason)

    @property
    def facts(self) -> list[Fact]:
        return [read_fact(place, content) for place, content in enumerate(self.contents)]


def golden() -> Ledger:
    """A year of a seller with everything that counts: sales, repeats, problems of each kind, a violation, a repair."""
    ledger = Ledger()
    for number in range(1, 31):
        ledger.sale(number, 400 - 12 * number, buyer=1 + number % 9, band=BANDS[number % 5], escrow=number % 7 != 0)
    ledger.problem(3, 300)
    ledger.problem(8, 200, "shared")
    ledger.problem(12, 150, "buyer_fault")
    ledger.problem(15, 90, "seller_fault", "not_received")
    wrong = ledger.add("violation.recorded", 60, severity="minor", kind="rules_not_kept", effective_on="2026-10-10")
    ledger.add("violation.recorded", 50, severity="general", kind="counterfeit", effective_on="2026-10-20")
    ledger.add("repair.granted", 5, refs=(wrong.leaf,))
    return ledger


OF_SALES = ["order.completed"] * 6 + ["order.shipped_on_time"] * 3
OF_SENDING = ["order.shipped_late", "order.cancelled_by_seller"]
OF_TROUBLE = ["dispute.settled", "dispute.decided", "dispute.decided", "order.returned_not_as_described", "violation.recorded"]


def random_state(dice: random.Random) -> list[Fact]:
    """Up to 40 events of a seller, only what counts of them: years apart or within weeks, of all kinds or of one side only."""
    within = dice.choice([1200, 45])
    kinds = dice.choice([OF_SALES + OF_SENDING + OF_TROUBLE, OF_SALES, OF_SENDING])
    days = sorted((dice.randrange(within) for _ in range(dice.randrange(40))), reverse=True)
    return [random_fact(dice, dice.choice(kinds), place, ago, dice.randrange(60)) for place, ago in enumerate(days)]


def random_fact(dice: random.Random, type: str, place: int, ago: int, order: int) -> Fact:
    data: dict[str, Any] = {
        "order": code(order),
        "amount_band": BANDS[order % len(BANDS)],
        "counterparty": cluster(order % 7),
        "return_window_days": 0,
    }
    if type == "dispute.decided":
        data |= {
            "outcome": dice.choice(["seller_fault", "shared", "buyer_fault"]),
            "reason": dice.choice([NOT_AS_DESCRIBED, "not_received"]),
        }
    if type == "order.completed":
        data["escrow"] = dice.random() < 0.8
    if type == "violation.recorded":
        data = {"severity": dice.choice(["minor", "general", "serious"]), "kind": "x"}
    return Fact(place, f"leaf {place}", type, SUBJECT, DAY - timedelta(days=ago), data)
