"""Makes orders at which the appraiser comes to the owner's home, through the verbs and the sandbox's real event path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.models import Appraisal
from app.kernel.hub import Hub
from app.visits import service as visits
from app.visits.models import Visit, VisitArea, VisitSlot
from app.visits.states import OBJECT, SAY_ABSENT, VISIT_FLOW
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.making import clean_answers, close
from tests.appraisal.paying import FEE, SEAL, Paid, district
from tests.goods.making import make_thing
from tests.remembering import remembered

WAY = 3_333  # fen; what the agency asks for the way
HOME = "周小满，13800000000，巡安市南区柳荫街 18 号 3 单元 501"


@dataclass
class AtHome(Paid):
    """A paid order to whose owner the appraiser comes."""

    area: VisitArea | None = None
    slots: tuple[VisitSlot, ...] = ()

    @property
    def visit(self) -> Visit:
        with self.hub.look() as work:
            found = queries.visit_of(work, self.order.id)
        assert found is not None
        return found

    @property
    def slot_code(self) -> str:
        return next(slot.code for slot in self.slots if slot.id == self.visit.slot_id)

    def until_after(self, **more: float) -> None:
        """Let the time pass until so long after the beginning of the booked visit."""
        start = next(slot.starts_at for slot in self.slots if slot.id == self.visit.slot_id)
        with self.hub.look() as work:
            wait = start - work.now + timedelta(**more)
        self.later(seconds=wait.total_seconds())

    def answer_all(self) -> AtHome:
        self.as_appraiser(service.save_findings, self.code, clean_answers(), 0)
        close(self.hub, self.appraiser, self.code, seal_no=SEAL)
        return self


@dataclass
class Offering:
    """An agency that comes to homes of one district."""

    hub: Hub
    agency: Any
    manager: User
    people: list[User]
    area: VisitArea
    slots: tuple[VisitSlot, ...]

    def order(self, owner: User | None = None, slot: int = 0, **more: Any) -> AtHome:
        owner = owner or make_user(self.hub, name="周小满")
        thing = make_thing(self.hub, owner, **more)
        with self.hub.begin(actor(self.hub, owner)) as work:
            code = self.ask(work, thing.code, self.slots[slot].code).code
        place: Any = None  # it comes to none
        made = AtHome(self.hub, code, thing, owner, self.agency, self.manager, place, self.people)
        made.area, made.slots = self.area, self.slots
        return made

    def ask(self, work: Any, thing_code: str, slot_code: str, fee_fen: int = FEE + WAY) -> Appraisal:
        wish = service.HomeWish(self.hub.sealer, slot_code, HOME)
        return service.request(work, thing_code, self.agency.code, fee_fen, wish)


@remembered
def make_offering(
    hub: Hub, *, appraisers: int = 3, brings_bench: bool = True, times: int = 6, first_hours: float = 48, name: str = "清河检测"
) -> Offering:
    """Times every two hours from so many hours on, each one hour long."""
    agency = make_organisation(hub, "agency", name)
    manager = make_member(hub, "manager", organisation=agency)
    people = [make_member(hub, "appraiser", organisation=agency) for _ in range(appraisers)]
    with hub.begin(actor(hub, manager)) as work:
        service.set_price(work, agency.id, "phone", FEE, 3)
        area = visits.open_area(work, agency.id, district(), WAY, brings_bench=brings_bench)
        slots = visits.offer_slots(work, area.code, starts(work.now, first_hours, times), 60)
    return Offering(hub, agency, manager, people, area, tuple(slots))


def starts(now: datetime, first_hours: float, times: int) -> list[datetime]:
    first = (now + timedelta(hours=first_hours)).replace(minute=0, second=0, microsecond=0)
    return [first + timedelta(hours=2 * place) for place in range(times)]


def disputed(made: AtHome) -> AtHome:
    """Both sides say that they were there. As if the time had come: the town's clock stands still meanwhile."""
    with made.hub.begin() as work:
        visit = work.session.get_one(Visit, made.visit.id)
        visit.absent, visit.object_due_at = "agency", work.now + timedelta(hours=24)
        visit.absent_words, visit.objection = "等到约定时间后四十分钟，没有人来，电话也没接。", "我按时到了楼下，门铃没有人应。"
        VISIT_FLOW.apply(work, visit, SAY_ABSENT)
        VISIT_FLOW.apply(work, visit, OBJECT)
    return made


@remembered
def make_at_home(hub: Hub, state: str = "scheduled", **more: Any) -> AtHome:
    """An order in this state: quoted, assigned, scheduled, inspecting or issued."""
    made = make_offering(hub, **more).order()
    steps = {"quoted": 0, "assigned": 1, "scheduled": 2, "inspecting": 3, "issued": 5}[state]
    for step in ("pay", "accept", "check_in", "answer_all", "sign")[:steps]:
        getattr(made, step)()
    assert made.order.state == state
    return made
