"""One small marketplace under a random life: its people act, time passes, the provider fails, processes die at any commit.

After every step the books are added up from their entries, by this file and not by the product's own queries.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from app.accounts.models import User
from app.factory import create_hub
from app.kernel import audit
from app.kernel.audit import AuditEntry
from app.kernel.clock import advance
from app.kernel.deadlines import Deadline
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.outbox import dead_deliveries
from app.kernel.work import SYSTEM, Actor
from app.listings.models import Listing
from app.payments import queries as money
from app.payments.errors import ProviderRefused, ProviderUnavailable
from app.payments.models import BankDispute, LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.provider.sandbox import Chaos
from app.trades import queries, service
from app.trades.models import Order, TradeCase
from app.trades.states import (
    ACCEPTANCE,
    AWAITING_PAYMENT,
    CANCELLED_UNPAID,
    CLOSED_REFUNDED,
    COMPLETED,
    FINAL,
    FULFILLING,
    HOLDING,
    ORDER_FLOW,
    PAID,
)
from config import Settings
from tests.accounts.making import actor, make_member, make_user
from tests.conftest import share_compiled
from tests.listings.making import make_listing
from tests.payments.making import begin_checkout, deliver, run_money, sandbox, settled_payment
from tests.scratch import Scratch
from tests.trades.making import ADDRESS, RETURN_ADDRESS

FOLDERS = ("index", "keys", "mail", "media", "sandbox")
CALLS = ("create_intent", "refund", "payout")


class Killed(BaseException):
    """The process ended here: nothing in it may catch this."""


class Faults:
    """What goes wrong next, once: the n-th commit is not reached, or is the last thing that happens; a call of the provider gets
    no answer, before it has acted or after.
    """

    def __init__(self, hub: Hub) -> None:
        self._armed: tuple[str, int] | None = None
        self.struck = False
        event.listen(hub.db.write, "commit", lambda _connection: self._meet("commit_lost", Killed))
        told = hub.db.after_commit

        def after_commit(work: Any) -> None:
            self._meet("killed_after", Killed)
            told(work)

        hub.db.after_commit = after_commit  # type: ignore[method-assign]
        for name in CALLS:
            self._wrap(hub.provider, name)

    def arm(self, fault: tuple[str, int] | None) -> None:
        self._armed, self.struck = fault, False

    def _meet(self, kind: str, trouble: type[BaseException]) -> None:
        if self._armed is None or self._armed[0] != kind:
            return
        left = self._armed[1] - 1
        self._armed = (kind, left) if left else None
        if not left:
            self.struck = True
            raise trouble

    def _wrap(self, door: Any, name: str) -> None:
        real = getattr(door, name)

        def call(*args: Any, **named: Any) -> Any:
            self._meet("provider_down", ProviderUnavailable)
            answer = real(*args, **named)
            self._meet("answer_lost", ProviderUnavailable)
            return answer

        setattr(door, name, call)


@dataclass(frozen=True)
class World:
    """What every life begins with, to be copied: a seller with two things on sale, two buyers, an operator, others' money."""

    folder: Path
    database: str
    operator_id: int

    @classmethod
    def build(cls, folder: Path, database: str) -> World:
        hub = create_hub(_settings(folder, database), queue=False)
        settled_payment(hub, amount_fen=5_000_000)
        seller = make_user(hub, email="seller@example.com")
        for email in ("one@example.com", "two@example.com"):
            make_user(hub, email=email)
        staff = make_member(hub, "operator")
        for price in (238_000, 90_000):
            make_listing(hub, seller, price_fen=price)
        run_money(hub)
        hub.db.dispose()
        return cls(folder, database, staff.id)

    def open(self, folder: Path, scratch: Scratch | None) -> Hub:
        """A copy that lives on its own: a file, or the rows of the scratch database."""
        for name in FOLDERS:
            if (self.folder / name).exists():
                shutil.copytree(self.folder / name, folder / name)
        if scratch is None:
            database = f"sqlite:///{shutil.copy(self.database.removeprefix('sqlite:///'), folder / 'xunyi.sqlite3')}"
        else:
            scratch.clean()
            database = scratch.url
        hub = create_hub(_settings(folder, database), queue=False)
        share_compiled(hub.db)
        if scratch is not None:
            scratch.lend(hub.db)
        return hub


def _settings(folder: Path, database: str) -> Settings:
    return Settings(
        env="test", data_dir=folder, database_url=database, base_url="http://127.0.0.1:8000", password_time_cost=1, threads=4
    )


@dataclass(frozen=True)
class Book:
    """The money of one payment, added up from the entries."""

    captured: int
    held: int
    released: int
    refunded: int
    refund_paid: int
    given_back: int  # of what was held, by us or by the bank
    by_bank: int  # kept by the payer's bank for the payer
    at_bank: int  # taken back by the bank, which has not decided


class Life:
    """One copy of the world and what is done in it."""

    def __init__(self, hub: Hub, operator_id: int) -> None:
        self.hub, self.faults = hub, Faults(hub)
        with hub.look() as work:
            people = {user.email: user for user in work.session.scalars(select(User))}
            self.listings = list(work.session.scalars(select(Listing).order_by(Listing.id)))
        self.actors = {people[email].id: actor(hub, people[email]) for email in people if email}
        self.buyers = [people[email].id for email in ("one@example.com", "two@example.com")]
        self.operator = self.actors[operator_id]
        self.done: Counter[str] = Counter()
        self.disputed: set[str] = set()
        self.frozen: dict[str, tuple[int, int]] = {}

    # -- acting ----------------------------------------------------------------------------------------------------------

    def attempt(self, name: str, act: Callable[[], Any], fault: tuple[str, int] | None = None) -> None:
        """Do it. A refusal changes nothing; a process that died is simply gone."""
        before, refusal = self._mark(), ""
        self.faults.arm(fault)
        try:
            act()
            self.done[name] += 1
        except Killed:
            self.done["killed"] += 1
        except DomainError as trouble:
            refusal = trouble.code
            self.done["refused"] += 1
            self.done[f"refused_{name}"] += 1
        self.done["faults"] += self.faults.struck
        is_plain = refusal and not self.faults.struck and name not in ("pay", "run")
        self.faults.arm(None)
        assert not is_plain or self._mark() == before, f"{name} was refused ({refusal}) and changed something"

    def _mark(self) -> tuple[Any, ...]:
        """Another one after every change that counts."""
        with self.hub.look() as work:
            orders = work.session.execute(select(Order.id, Order.version, Order.state).order_by(Order.id)).all()
            txns = work.session.scalar(select(func.count(LedgerTxn.id)))
            steps = work.session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.entity.in_(("order", "case"))))
        return (*map(tuple, orders), txns, steps)

    def orders(self) -> list[Order]:
        with self.hub.look() as work:
            found = list(work.session.scalars(select(Order).order_by(Order.id)))
            work.session.expunge_all()
        return found

    def order(self, number: int) -> Order | None:
        found = self.orders()
        return found[number % len(found)] if found else None

    def as_(self, who: int | Actor, verb: Callable[..., Any], *args: Any) -> Any:
        with self.hub.begin(who if isinstance(who, Actor) else self.actors[who]) as work:
            return verb(work, *args)

    def buy(self, which: int, buyer: int, delivery: str) -> None:
        listing = self.listings[which]
        where = ADDRESS if delivery == "parcel" else None
        self.as_(
            self.buyers[buyer], service.buy, self.hub.sealer, self.hub.settings, listing.code, listing.price_fen, delivery, where
        )

    def pay(self, order: Order, button: str) -> None:
        """The buyer pays, or tries to; the provider's message waits until it is brought."""
        intent = begin_checkout(self.hub, order.payment_code)
        sandbox(self.hub).press(intent, button)

    def move_clock(self, minutes: int) -> None:
        with self.hub.begin(SYSTEM) as work:
            advance(work, timedelta(minutes=minutes))

    def bring_messages(self, kind: str) -> None:
        deliver(
            self.hub, chaos=Chaos(duplicate=100, lose_answer=30, fail=20, shuffle=True) if kind == "twice_and_shuffled" else None
        )

    def bank_takes_back(self, order: Order) -> None:
        """The buyer's bank takes the whole payment back, once, where the provider still has it."""
        with self.hub.look() as work:
            intent = money.payment_by_code(work, order.payment_code).intent_id
            is_there = money.money_state(work, order.payment_code).captured_fen > 0
        if not intent or not is_there or intent in self.disputed:
            return
        self.disputed.add(intent)
        try:
            sandbox(self.hub).books.dispute(intent, order.total_fen, "product_not_received")
            self.done["bank_dispute"] += 1
        except ProviderRefused:
            self.done["bank_too_late"] += 1  # it was given back already

    def bank_decides(self, *, won: bool) -> None:
        with self.hub.look() as work:
            refs = list(work.session.scalars(select(BankDispute.provider_ref).where(BankDispute.state == "open")))
        for ref in refs[:1]:
            sandbox(self.hub).books.decide_dispute(ref, won=won)
            self.done["bank_won" if won else "bank_lost"] += 1

    def case_of(self, order: Order) -> TradeCase | None:
        with self.hub.look() as work:
            return queries.open_case_of(work, order.id)

    def rule(self, order: Order, ruling: str) -> None:
        case = self.case_of(order)
        if case is not None:
            fault = "seller_fault" if ruling == "refund" else "buyer_fault"
            self.as_(self.operator, service.rule, case.code, ruling, "照片与描述对照后作出的决定。", case.version, fault)

    def usual(self, order: Order, choice: int) -> tuple[str, Callable[[], Any]]:
        """What most people do next with an order in this state."""
        if order.state == AWAITING_PAYMENT:
            return "pay", lambda: self.pay(order, "pay")
        if order.problem_state == "open":
            verb = ("rule_refund", "rule_release", "withdraw", "rule_refund")[choice]
        else:
            meets = order.delivery == "meet"
            verb = {
                PAID: "arrange" if meets else "ship",
                FULFILLING: "meet" if meets else "receive",
                ACCEPTANCE: ("accept", "report", "report", "accept")[choice],
                CLOSED_REFUNDED: ("ask_back", "send_back", "take_back", "ask_back")[choice],
            }.get(order.state, "cancel_unpaid")
        return verb, lambda: VERBS[verb](self, order)

    def settle(self) -> None:
        """Jobs run and messages are brought, once."""
        self.hub.drain()
        self.bring_messages("once")
        self.hub.drain()

    # -- what must hold after every step ---------------------------------------------------------------------------------

    def look_at_everything(self, *, money_may_move: bool = False) -> None:
        """``money_may_move``: somebody has just decided what stopped the money."""
        books, total = self._books()
        assert total == 0, "debits are not credits"
        held_by: Counter[int] = Counter()
        frozen: dict[str, tuple[int, int]] = {}
        with self.hub.look() as work:
            for order in work.session.scalars(select(Order)):
                book = books[order.payment_code]
                self._look_at(order, book)
                held_by[order.listing_id] += order.state in HOLDING
                if order.problem_state == "open" or book.at_bank:
                    frozen[order.payment_code] = (book.released, book.refunded)
        assert max(held_by.values(), default=0) <= 1, "a thing is held twice"
        for code, before in self.frozen.items():
            if code in frozen and not money_may_move:
                assert frozen[code] == before, "money moved while it was in dispute"
        self.frozen = frozen

    def _look_at(self, order: Order, book: Book) -> None:
        assert book.held >= 0
        assert book.captured in (0, order.total_fen)
        assert book.held + book.released + book.given_back == book.captured, (order.state, book)
        assert 0 <= book.refund_paid <= book.refunded <= book.captured, (order.state, book)
        assert 0 <= book.at_bank <= book.captured, (order.state, book)
        assert 0 <= book.by_bank <= book.captured, (order.state, book)  # beside a refund that the bank did not know of: our loss
        assert book.refunded <= book.given_back + book.released, "more came back than had been there"
        if book.released:
            assert order.state == COMPLETED, "released without acceptance, time or ruling"
        if order.state in FINAL and order.state != CANCELLED_UNPAID and not book.at_bank:
            assert book.held == 0, (order.state, book)

    def _books(self) -> tuple[dict[str, Book], int]:
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        total = 0
        rows = (
            select(LedgerTxn.idem_key, LedgerAccount.name, LedgerEntry.amount_fen)
            .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
            .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        )
        with self.hub.look() as work:
            entries = [tuple(row) for row in work.session.execute(rows)]
        for key, name, fen in entries:
            total += fen
            family, _, code = name.partition(":")
            verb = key.partition(":")[0]
            of = sums[code]
            if family == "escrow":
                of["held"] -= fen
                of["captured"] -= fen if verb == "capture" else 0
                of["released"] += fen if verb == "release" else 0
                of["given_back"] += fen if verb not in ("capture", "release") else 0
            elif family == "refund_payable":
                of["refunded"] += max(-fen, 0)
                of["refund_paid"] += max(fen, 0)
            elif family == "chargeback_hold":
                of["at_bank"] += fen
                of["by_bank"] -= fen if verb == "dispute_lost" else 0
        names = ("captured", "held", "released", "refunded", "refund_paid", "given_back", "by_bank", "at_bank")
        return defaultdict(
            lambda: Book(*[0] * 8), {code: Book(*(of[name] for name in names)) for code, of in sums.items()}
        ), total

    # -- the end ---------------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """No more faults: whatever waits for a person is decided, time passes, and everything is settled and can be proved."""
        for turn in range(4):
            run_money(self.hub, rounds=30)
            for order in self.orders():
                if self.case_of(order) is not None:
                    self.attempt("rule", lambda order=order: self.rule(order, "refund"))  # type: ignore[misc]
            self.bank_decides(won=turn % 2 == 0)
            self.move_clock(60 * 24 * 40)
        run_money(self.hub, rounds=30)
        self.look_at_everything(money_may_move=True)
        books, _ = self._books()
        with self.hub.look() as work:
            for order in work.session.scalars(select(Order)):
                book = books[order.payment_code]
                assert order.state in FINAL, order.state
                assert (book.held, book.at_bank, book.refund_paid) == (0, 0, book.refunded), (order.state, book)
                self._replay(work.session, order)
                self.done[f"ended_{order.state}"] += 1
            assert money.verify(work, self.hub.provider) == []
            assert dead_deliveries(work) == []
            assert list(work.session.scalars(select(Deadline.last_error).where(Deadline.last_error.not_in(("moved on",))))) == []
            assert audit.verify_chain(work) == []

    def _replay(self, session: Any, order: Order) -> None:
        """The rows of the transitions lead, one after the other, to the state in which the order is."""
        rows = select(AuditEntry).where(
            AuditEntry.entity == "order", AuditEntry.entity_id == order.id, AuditEntry.row_version > 0
        )
        state, version = "", 0
        for row in session.scalars(rows.order_by(AuditEntry.id)):
            assert (row.from_state, row.row_version) == (state, version + 1)
            if state:
                event_name = row.verb.partition(".")[2]
                assert ORDER_FLOW.table[(state, event_name)] == row.to_state
            state, version = row.to_state, row.row_version
        assert (state, version) == (order.state, order.version)


VERBS: dict[str, Callable[[Life, Order], Any]] = {
    "cancel_unpaid": lambda life, order: life.as_(order.buyer_id, service.cancel_unpaid, order.code),
    "cancel_before_ship": lambda life, order: life.as_(order.buyer_id, service.cancel_before_ship, order.code),
    "seller_cancel": lambda life, order: life.as_(order.seller_id, service.cancel, order.code, "东西找不到了，抱歉。"),
    "ship": lambda life, order: life.as_(order.seller_id, service.ship, order.code, "sf", "SF1234567890123", True),
    "arrange": lambda life, order: life.as_(
        order.seller_id, service.arrange_meeting, life.hub.sealer, order.code, "观音桥地铁站 2 号口", True
    ),
    "meet": lambda life, order: life.as_(
        order.seller_id,
        service.enter_meeting_code,
        life.hub.sealer,
        order.code,
        queries.meet_code(order, life.hub.sealer) or "000000",
    ),
    "wrong_code": lambda life, order: life.as_(
        order.seller_id, service.enter_meeting_code, life.hub.sealer, order.code, "999999"
    ),
    "ask_cancel": lambda life, order: life.as_(order.buyer_id, service.ask_cancel, order.code),
    "agree_cancel": lambda life, order: life.as_(order.seller_id, service.agree_cancel, order.code),
    "object_cancel": lambda life, order: life.as_(order.seller_id, service.object_cancel, order.code, "已经当面交给买家了。"),
    "receive": lambda life, order: life.as_(order.buyer_id, service.confirm_receipt, order.code),
    "accept": lambda life, order: life.as_(order.buyer_id, service.accept, order.code, order.version),
    "report": lambda life, order: life.as_(
        order.buyer_id, service.report_problem, order.code, "defect", "屏幕有没写明的裂纹，已拍照。"
    ),
    "withdraw": lambda life, order: life.as_(order.buyer_id, service.withdraw_problem, order.code),
    "rule_refund": lambda life, order: life.rule(order, "refund"),
    "rule_release": lambda life, order: life.rule(order, "release"),
    "stop": lambda life, order: life.as_(life.operator, service.stop_order, order.code, "收到线索，先停下这笔交易。"),
    "ask_back": lambda life, order: life.as_(
        order.seller_id, service.ask_back, life.hub.sealer, 7, order.code, *RETURN_ADDRESS.values()
    ),
    "send_back": lambda life, order: life.as_(order.buyer_id, service.send_back, order.code, "sf", "SF1234567890123"),
    "take_back": lambda life, order: life.as_(order.seller_id, service.take_back, order.code),
}
DECIDES = {"rule_refund", "rule_release", "withdraw", "stop"}
