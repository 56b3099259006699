"""Makes reports of phones that are looked at again, through the verbs and the sandbox's real event path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation, User
from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.models import Appraisal, Report
from app.appraisal.models.second_looks import SecondLook
from app.goods.models import Thing
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.payments import queries as money
from app.payments import service as payments
from app.payments.queries import MoneyState
from app.reinspection import queries, service
from app.reinspection.models import Reinspection
from app.reinspection.terms import terms_on
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.making import Case, clean_answers, close, make_inspection, sign
from tests.appraisal.paying import Paid, district
from tests.payments.making import run_money, settle
from tests.remembering import remembered

REASON = "报告写屏幕无划痕，收到时屏幕左下角有一道三厘米的划痕，见照片。"
SAME: dict[str, str | None] = {}
ONE_LOWER: dict[str, str | None] = {"back_cover": "light"}
DEPOSIT = 6_000  # fen, of a phone by the terms


@dataclass
class Scene:
    """A phone with a report of one agency, and two more agencies that could look again."""

    hub: Hub
    case: Case
    first: Report
    others: list[Organisation]
    people: dict[int, User]  # agency id -> its appraiser

    @property
    def thing(self) -> Thing:
        return self.case.thing

    @property
    def owner(self) -> User:
        return self.case.owner

    @property
    def row(self) -> Reinspection:
        """The one that was made last."""
        with self.hub.look() as work:
            return work.session.scalars(select(Reinspection).order_by(Reinspection.id.desc()).limit(1)).one()

    @property
    def order(self) -> Appraisal:
        with self.hub.look() as work:
            order = queries.order_of(work, self.row)
        assert order is not None
        return order

    @property
    def second_appraiser(self) -> User:
        if self.order.agency_id not in self.people:  # an agency of another scene
            with self.hub.look() as work:
                return accounts.members(work, self.order.agency_id, "appraiser")[0]
        return self.people[self.order.agency_id]

    @property
    def mark(self) -> SecondLook:
        with self.hub.look() as work:
            found = queries.look_of(work, self.row)
        assert found is not None
        return found

    @property
    def money(self) -> MoneyState:
        with self.hub.look() as work:
            return money.money_state(work, self.row.payment_code or "")

    def state_of(self, report: Report) -> Any:
        with self.hub.look() as work:
            return appraisals.report_state(work, report)

    def newest(self) -> Report:
        with self.hub.look() as work:
            found = appraisals.latest_report(work, self.thing.id)
        assert found is not None
        return found

    def owed_to(self, agency_id: int) -> int:
        with self.hub.look() as work:
            return appraisals.agency_balance(work, agency_id)

    def by(self, who: User, verb: Any, *args: Any) -> Any:
        with self.hub.begin(actor(self.hub, who)) as work:
            return verb(work, *args)

    def contest(self, who: User | None = None, photos: tuple[bytes, ...] = ()) -> Reinspection:
        return self.by(who or self.owner, service.contest, self.hub.store, self.hub.sealer, self.first.code, REASON, photos)

    def pay(self) -> Scene:
        settle(self.hub, self.row.payment_code or "")
        return self

    def accept(self) -> Scene:
        self.by(self.second_appraiser, appraising.accept, self.order.code)
        return self

    def inspect(self, **answers: str | None) -> Scene:
        assert not self.by(self.second_appraiser, appraising.save_findings, self.order.code, clean_answers(**answers), 0).refused
        return self

    def sign(self) -> Report:
        """The second appraiser signs, and everything that follows happens."""
        who = self.second_appraiser
        close(self.hub, who, self.order.code)
        order = self.order
        report = self.by(who, appraising.sign, order.code, who.display_name, order.findings_rev)
        self.run()
        assert isinstance(report, Report)
        return report

    def look_again(self, **answers: str | None) -> Report:
        """From the paid deposit to the second report."""
        return self.accept().inspect(**answers).sign()

    @property
    def handed(self) -> Paid:
        """The steps of the hand-over of the second agency's order: the same as those of an order with a fee."""
        with self.hub.look() as work:
            house = accounts.organisation_by_id(work, self.order.agency_id)
            managers = accounts.members(work, house.id, "manager")
            place = appraisals.places_of(work, house.id)[0]
        return Paid(self.hub, self.order.code, self.thing, self.owner, house, managers[0], place, [self.second_appraiser])

    def run(self) -> None:
        run_money(self.hub)

    def later(self, **by: float) -> None:
        with self.hub.begin(SYSTEM) as work:
            clock.advance(work, timedelta(**by))
        self.run()

    def books_balance(self) -> None:
        """The ledger against itself and the provider; a deposit that was settled is split to the last fen."""
        self.run()
        with self.hub.look() as work:
            assert payments.verify(work, self.hub.provider) == []
        row = self.row
        if row.settled_at is not None:
            state = self.money
            assert (row.refund_fen or 0) + (row.spent_fen or 0) == row.deposit_fen
            assert (state.held_fen, state.released_fen) == (0, row.spent_fen)
            assert (state.refunded_fen, state.refund_paid_fen) == (row.refund_fen, row.refund_fen)


@remembered
def make_scene(
    hub: Hub, *, others: int = 2, housed: bool = False, thing: Thing | None = None, owner: User | None = None, **first: str | None
) -> Scene:
    """A phone with a signed report (tier S unless answers say otherwise) and so many other agencies, with an appraiser each.

    ``housed``: each has a place and a time, so that the phone goes from hand to hand.
    """
    case = make_inspection(hub, clean_answers(**first), thing=thing, owner=owner)
    report = sign(hub, case)
    run_money(hub)
    agencies = [make_organisation(hub, "agency", name) for name in ("明准鉴定", "正行检测", "宏达评估")[:others]]
    people = {one.id: make_member(hub, "appraiser", user=make_user(hub, name="程野"), organisation=one) for one in agencies}
    for one in agencies if housed else ():
        offer_place(hub, one)
    return Scene(hub, case, report, agencies, people)


def offer_place(hub: Hub, agency: Organisation) -> None:
    """A place of the agency, and a time there tomorrow."""
    manager = make_member(hub, "manager", organisation=agency)
    with hub.begin(actor(hub, manager)) as work:
        place = appraising.add_place(work, agency.id, f"{agency.name}北区检测点", district(), "柳荫街 8 号", ["workshop"])
        appraising.offer_times(work, place.code, [work.now + timedelta(hours=24)], 60)


@remembered
def contested(hub: Hub, **more: Any) -> Scene:
    """A contest whose deposit has come and whose agency was drawn."""
    scene = make_scene(hub, **more)
    scene.contest()
    return scene.pay()


def deposit_of(hub: Hub, category: str) -> int:
    with hub.look() as work:
        return terms_on(shanghai_day(work.now)).deposit_fen[category]
