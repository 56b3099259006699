"""Makes orders with a fee, in any state, through the verbs and the sandbox's real event path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.accounts import queries as accounts
from app.accounts import service as organisations
from app.accounts.models import Organisation, User
from app.appraisal import queries, service
from app.appraisal.models import Appraisal, Assignment, CustodyEntry, Fee, Handing, Place, Slot
from app.goods import catalogue
from app.goods.models import Thing
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.payments import queries as money
from app.payments import service as payments
from app.payments.queries import MoneyState
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.making import clean_answers, close
from tests.goods.making import make_thing
from tests.payments.making import run_money, settle
from tests.remembering import remembered

FEE = 8_888  # fen; an amount whose shares do not come out even
SEAL = "XY-20261128"
ADDRESS = "周小满，13800000000，巡安市南区柳荫街 18 号 3 单元"


@dataclass
class Paid:
    """An order of an agency with a fee, and the people around it."""

    hub: Hub
    code: str
    thing: Thing
    owner: User
    agency: Organisation
    manager: User
    place: Place
    appraisers: list[User] = field(default_factory=list)

    @property
    def order(self) -> Appraisal:
        with self.hub.look() as work:
            return work.session.query(Appraisal).filter_by(code=self.code).one()

    @property
    def fee(self) -> Fee:
        with self.hub.look() as work:
            return work.session.query(Fee).filter_by(appraisal_id=self.order.id).one()

    @property
    def handing(self) -> Handing:
        with self.hub.look() as work:
            return work.session.query(Handing).filter_by(appraisal_id=self.order.id).one()

    @property
    def assignments(self) -> list[Assignment]:
        with self.hub.look() as work:
            return queries.assignments_of(work, self.order.id)

    @property
    def custody(self) -> list[CustodyEntry]:
        with self.hub.look() as work:
            return queries.custody_of(work, self.order.id)

    @property
    def holder(self) -> str:
        with self.hub.look() as work:
            return queries.holder(work, self.order)

    @property
    def money(self) -> MoneyState:
        with self.hub.look() as work:
            return money.money_state(work, self.fee.payment_code)

    @property
    def appraiser(self) -> User:
        """Who was drawn."""
        named = self.order.appraiser_id
        return next(person for person in self.appraisers if person.id == named)

    @property
    def digits(self) -> str:
        """The six digits on the owner's page."""
        digits = queries.digits_of(self.handing, self.hub.sealer)
        assert digits is not None
        return digits

    def by(self, who: User, verb: Any, *args: Any) -> Any:
        with self.hub.begin(actor(self.hub, who)) as work:
            return verb(work, *args)

    def as_owner(self, verb: Any, *args: Any) -> Any:
        return self.by(self.owner, verb, *args)

    def as_appraiser(self, verb: Any, *args: Any) -> Any:
        return self.by(self.appraiser, verb, *args)

    def pay(self) -> Paid:
        settle(self.hub, self.fee.payment_code)
        return self

    def accept(self) -> Paid:
        self.as_appraiser(service.accept, self.code)
        return self

    def slot(self, hours: float = 24) -> Slot:
        """A time that the agency offers."""
        with self.hub.look() as work:
            start = work.now + timedelta(hours=hours)
        made = self.by(self.manager, service.offer_times, self.place.code, [start], 60)
        return made[0]

    def book(self) -> Paid:
        self.as_owner(service.book, self.hub.sealer, self.code, self.slot().code)
        return self

    def check_in(self) -> Paid:
        assert self.as_appraiser(service.check_in, self.hub.sealer, self.code, self.digits).right
        return self

    def bring(self) -> Paid:
        self.as_owner(service.bring, self.hub.sealer, self.code, self.place.code, "bring")
        return self

    def send(self) -> Paid:
        self.as_owner(service.bring, self.hub.sealer, self.code, self.place.code, "send", ADDRESS)
        self.as_owner(service.say_sent, self.code, "顺丰速运", "SF1234567890123")
        return self

    def receive(self, *, photos: Sequence[bytes] = ()) -> Paid:
        digits = "" if self.handing.way == "send" else self.digits
        seen = service.Seen(SEAL, "", photos)
        assert self.as_appraiser(service.receive, self.hub.sealer, self.hub.store, self.code, digits, seen).right
        return self

    def answer_all(self) -> Paid:
        self.as_appraiser(service.save_findings, self.code, clean_answers(), 0)
        close(self.hub, self.appraiser, self.code, seal_no=SEAL)
        return self

    def sign(self) -> Paid:
        who = self.appraiser
        self.by(who, service.sign, self.code, who.display_name, self.order.findings_rev)
        self.run()
        return self

    def hand_back(self, seal: str = SEAL, words: str = "") -> Paid:
        seen = service.Seen(seal, words)
        assert self.as_appraiser(service.hand_back, self.hub.sealer, self.code, self.digits, seen).right
        return self

    def run(self) -> None:
        """Let everything happen that waits: news, draws, refunds, deadlines."""
        run_money(self.hub)

    def later(self, **by: float) -> None:
        with self.hub.begin(SYSTEM) as work:
            clock.advance(work, timedelta(**by))
        self.run()

    def books_balance(self) -> None:
        """The ledger against itself and the provider, and this fee split to the last fen."""
        self.run()
        with self.hub.look() as work:
            assert payments.verify(work, self.hub.provider) == []
            owed = money.balance(work, money.agency_account(self.agency.code))
        fee = self.fee
        if fee.settled_at is not None:
            assert fee.refund_fen + fee.agency_fen + fee.platform_fen == fee.fee_fen
            state = self.money
            assert (state.held_fen, state.refunded_fen, state.refund_paid_fen) == (0, fee.refund_fen, fee.refund_fen)
            assert owed == fee.agency_fen
            assert state.released_fen == fee.agency_fen + fee.platform_fen


@remembered
def make_quote(
    hub: Hub,
    *,
    appraisers: int = 3,
    fee_fen: int = FEE,
    kinds: Sequence[str] = ("workshop",),
    owner: User | None = None,
    name: str = "清河检测",
) -> Paid:
    """An order whose fee is named and not paid, at an agency with one place and so many appraisers (0: the only one has left)."""
    owner, agency = owner or make_user(hub, name="周小满"), make_organisation(hub, "agency", name)
    manager = make_member(hub, "manager", organisation=agency)
    people = [make_member(hub, "appraiser", organisation=agency) for _ in range(appraisers or 1)]
    with hub.begin(actor(hub, manager)) as work:
        service.set_price(work, agency.id, "phone", fee_fen, 3)
        place = service.add_place(work, agency.id, "南区检测点", district(), "柳荫街 8 号", kinds)
    thing = make_thing(hub, owner)
    with hub.begin(actor(hub, owner)) as work:
        code = service.request(work, thing.code, agency.code, fee_fen).code
    if not appraisers:
        with hub.begin(SYSTEM) as work:
            for membership, _house in accounts.memberships_of(work, people.pop().id):
                organisations.dismiss(work, membership, "不再任职")
        hub.drain()
    return Paid(hub, code, thing, owner, agency, manager, place, people)


def district() -> str:
    return catalogue.districts()[0].code


STEPS: dict[str, Sequence[str]] = {
    "quoted": (),
    "fee_paid": (),  # made apart: with appraisers the draw follows at once
    "assigned": ("pay",),
    "accepted": ("pay", "accept"),
    "scheduled": ("pay", "accept", "book"),
    "awaiting_item": ("pay", "accept", "bring"),
    "item_received": ("pay", "accept", "bring", "receive"),
    "inspecting": ("pay", "accept", "bring", "receive", "answer_all"),
    "issued": ("pay", "accept", "bring", "receive", "answer_all", "sign"),
}


@remembered
def make_paid(hub: Hub, state: str, **more: Any) -> Paid:
    """An order in this state."""
    if state == "fee_paid":
        made = make_quote(hub, appraisers=0, **more).pay()
    else:
        made = make_quote(hub, **more)
        for step in STEPS[state]:
            getattr(made, step)()
    assert made.order.state == state
    return made


def leave(hub: Hub, manager: User) -> None:
    """The manager's account ends; nobody manages the agency any more."""
    with hub.begin() as work:
        work.session.get_one(User, manager.id).disabled_at = work.now
