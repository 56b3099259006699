"""Our books against the provider's own list: every difference has a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from app.kernel.work import Work
from app.payments import rules
from app.payments.models import BankDispute, LedgerAccount, LedgerEntry, LedgerTxn, MoneyCommand, Payment, Reconciliation
from app.payments.provider.face import CAME_IN, Movement, PaymentProvider
from app.payments.rules import AMOUNT, CURRENCY_DIFFERS, DUPLICATE, MISSING_WITH_THEM, MISSING_WITH_US, STATE


@dataclass(frozen=True)
class Difference:
    """One line of one list that the other list does not have like this. Fen: positive came in at the provider."""

    kind: str
    key: str  # the ledger's key of the movement
    ours_fen: int
    theirs_fen: int
    refs: tuple[str, ...] = ()  # the provider's ids

    @property
    def sentence(self) -> str:
        """For the terminal and the log."""
        theirs = f", theirs {self.theirs_fen} fen ({', '.join(self.refs)})" if self.refs else ", theirs nothing"
        return f"{self.kind}: {self.key}: ours {self.ours_fen} fen{theirs}"

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "key": self.key,
            "ours_fen": self.ours_fen,
            "theirs_fen": self.theirs_fen,
            "refs": list(self.refs),
        }


@dataclass(frozen=True)
class Comparison:
    """Both lists, counted and added up, and what differs."""

    provider: str
    ours_count: int
    theirs_count: int
    ours_fen: int
    theirs_fen: int
    differences: tuple[Difference, ...] = field(default_factory=tuple)

    @property
    def unreconciled_fen(self) -> int:
        """The sum of what differs, without regard to the direction."""
        return sum(abs(each.ours_fen - each.theirs_fen) for each in self.differences)


def compare(work: Work, provider: PaymentProvider) -> Comparison:
    """Every movement of both lists once.

    Money moves there first and is booked here afterwards, so our side is read first: what is only there may be on its way.
    """
    ours = _ours(work, provider.name)
    theirs: dict[str, list[Movement]] = defaultdict(list)
    for movement in provider.list_movements():
        theirs[key_of(movement)].append(movement)
    known = _known(work, [key for key in theirs if key not in ours])
    found = [_difference(key, ours.get(key), theirs.get(key, []), key in known) for key in sorted(ours.keys() | theirs.keys())]
    everything = [each for group in theirs.values() for each in group]
    return Comparison(
        provider.name,
        len(ours),
        len(everything),
        sum(ours.values()),
        _sum(everything),
        tuple(each for each in found if each is not None),
    )


def _difference(key: str, ours: int | None, theirs: list[Movement], is_known: bool) -> Difference | None:
    refs, fen = tuple(each.id for each in theirs), _sum(theirs)

    def named(kind: str) -> Difference:
        return Difference(kind, key, ours or 0, fen, refs)

    if not theirs:
        return named(MISSING_WITH_THEM)
    if len(theirs) > 1:
        return named(DUPLICATE)
    if any(each.currency != rules.CURRENCY for each in theirs):
        return named(CURRENCY_DIFFERS)
    if ours is None:
        return named(STATE if is_known else MISSING_WITH_US)
    return named(AMOUNT) if ours != fen else None


def key_of(movement: Movement) -> str:
    """The ledger key that a movement at the provider must have; its own id when it names nothing of ours."""
    payment, command = movement.metadata.get("payment_code"), movement.metadata.get("command_code")
    return {
        "capture": f"capture:{payment or movement.id}",
        "refund": f"refund_paid:{command or movement.id}",
        "payout": f"payout:{command or movement.id}",
        "payout_return": f"payout_returned:{command or movement.id}",
        "dispute": f"dispute_opened:{movement.id}",
        "dispute_won": f"dispute_won:{movement.id}",
        "fee": f"psp_fee:{movement.id}",
    }.get(movement.kind, f"{movement.kind}:{movement.id}")


def _sum(movements: Iterable[Movement]) -> int:
    return sum(each.amount_fen if each.kind in CAME_IN else -each.amount_fen for each in movements)


def last_reconciliation(work: Work) -> Reconciliation | None:
    """What the newest comparison found."""
    return work.session.scalars(select(Reconciliation).order_by(Reconciliation.id.desc()).limit(1)).first()


def _ours(work: Work, provider_name: str) -> dict[str, int]:
    """Fen by business key on the clearing account."""
    rows = (
        select(LedgerTxn.idem_key, func.sum(LedgerEntry.amount_fen))
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name == rules.clearing_account(provider_name))
        .group_by(LedgerTxn.idem_key)
    )
    return {key: int(fen) for key, fen in work.session.execute(rows)}


def _known(work: Work, keys: list[str]) -> set[str]:
    """Those of the keys whose object is ours, although our books do not show the movement."""
    codes = {key: key.split(":", 1)[1] for key in keys}
    found: set[str] = set()
    for column in (Payment.code, MoneyCommand.code, BankDispute.provider_ref):
        wanted = list(codes.values())
        for start in range(0, len(wanted), 500):
            found |= set(work.session.scalars(select(column).where(column.in_(wanted[start : start + 500]))))
    return {key for key, code in codes.items() if code in found}
