"""Two agencies of the demo town ask for fees; a few of their orders stand in different states today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from app.appraisal import queries as appraisals
from app.appraisal import service as appraisal
from app.appraisal.models import Appraisal, Place
from app.demo.selling import Street
from app.demo.town import Item
from app.goods import queries as goods
from app.kernel.time import SHANGHAI, shanghai_day
from app.payments import jobs as payments
from app.visits import service as visits
from app.visits.models import VisitSlot

# agency -> (manager, category, fee in yuan, days, place, district, address, what there is)
OFFERS = {
    "xunan": ("yan", "phone", 39, 2, "循安检测云杉店", "nanan", "循河镇云杉路 12 号（演示）", ["workshop"]),
    "cehe": ("xing", "car", 298, 3, "车和检测线", "yubei", "循河镇北环路 3 号（演示）", ["workshop", "lift"]),
}
# agency -> (district in which it comes to homes, with the instruments of a workshop; what the way costs in yuan)
COMES = {"xunan": ("nanan", 20)}
HOME = "演示住户，13800000000，循河镇柳荫街 18 号 3 单元 501（演示）"
# How far the orders of the town have come, in the order in which things are found for them.
STANDING = ("scheduled", "item_received", "quoted", "accepted", "assigned", "awaiting_item", "cancelled")
AT_HOME = "scheduled"  # one more, to whose owner the appraiser comes
STEPS = {
    "quoted": (),
    "assigned": ("pay",),
    "accepted": ("pay", "accept"),
    "scheduled": ("pay", "accept", "book"),
    "awaiting_item": ("pay", "accept", "bring"),
    "item_received": ("pay", "accept", "bring", "receive"),
    "cancelled": ("pay", "accept", "cancel"),
}


def offer_and_order(street: Street, items: Sequence[Item]) -> None:
    """Fees, places and times of the two agencies, then one order of each standing and category for things that are on sale."""
    for agency, (manager, category, fee, days, name, district, address, kinds) in OFFERS.items():
        desk = _Desk(street, agency, manager)
        desk.open(category, fee, days, name, district, address, kinds)
        unseen = [item for item in items if item.category == category and desk.can_be_ordered(item)]
        for standing, item in zip(STANDING, unseen, strict=False):
            desk.order(item, standing)
        if agency in COMES:
            desk.come_to(*COMES[agency])
            for item in unseen[len(STANDING) : len(STANDING) + 1]:
                desk.order(item, AT_HOME, at_home=True)


class _Desk:
    """One agency with a fee."""

    def __init__(self, street: Street, agency: str, manager: str) -> None:
        self.street, self.manager = street, manager
        name = next(firm.name for firm in street.town.organisations if firm.code == agency)
        with street.hub.look() as work:
            self.agency = next(each for each in appraisals.agencies(work) if each.name == name)
            self.today = shanghai_day(work.now)
        self.place: Place | None = None
        self.times: Sequence[VisitSlot] = ()

    def open(self, category: str, fee: int, days: int, name: str, district: str, address: str, kinds: Sequence[str]) -> None:
        do = self.street.act
        do(self.manager, appraisal.set_price, self.agency.id, category, fee * 100, days)
        self.place = do(self.manager, appraisal.add_place, self.agency.id, name, district, address, kinds)
        do(self.manager, appraisal.offer_times, self.place.code, self._starts(1, (9, 11, 14, 16)), 90)

    def come_to(self, district: str, fee: int) -> None:
        """Homes of this district, twice a day."""
        do = self.street.act
        area = do(self.manager, visits.open_area, self.agency.id, district, fee * 100, brings_bench=True)
        self.times = do(self.manager, visits.offer_slots, area.code, self._starts(2, (10, 19)), 90)

    def _starts(self, first: int, hours: Sequence[int]) -> list[datetime]:
        """These hours in Shanghai, for five days from so many days on."""
        return [
            datetime.combine(self.today + timedelta(days=ahead), time(hour), tzinfo=SHANGHAI).astimezone(UTC)
            for ahead in range(first, first + 5)
            for hour in hours
        ]

    def can_be_ordered(self, item: Item) -> bool:
        """On sale, never appraised, and its owner is still its seller."""
        if item.appraisal is not None or item.code not in self.street.listing_of:
            return False
        with self.street.hub.look() as work:
            listing = self.street.listing(item)
            if listing.state != "active" or listing.thing_id is None:
                return False
            return appraisals.open_appraisal(work, listing.thing_id) is None

    def order(self, item: Item, standing: str, *, at_home: bool = False) -> None:
        with self.street.hub.look() as work:
            thing = goods.thing_by_id(work, self.street.listing(item).thing_id or 0)
            assert thing is not None
        wish = appraisal.HomeWish(self.street.hub.sealer, self.times[0].code, HOME) if at_home else None
        ordered = self.street.act(item.seller, appraisal.request, thing.code, self.agency.code, wish=wish)
        for step in STEPS[standing]:
            if not (at_home and step == "book"):  # its time is kept since it was ordered
                getattr(self, f"_{step}")(item, ordered.code)
        if (state := self._now(item, ordered.code).state) != standing:
            raise RuntimeError(f"{item.code}: wanted an appraisal that is {standing}, the marketplace says {state}")

    def _pay(self, item: Item, code: str) -> None:
        with self.street.hub.look() as work:
            fee = appraisals.fee_of(work, self._now(item, code))
            assert fee is not None
        page = payments.open_checkout(self.street.hub, self.street.actor(item.seller), fee.payment_code)
        self.street.sandbox().books.decide(page.rsplit("/", 1)[1], paid=True)
        self.street.let_time_pass()

    def _accept(self, item: Item, code: str) -> None:
        self.street.act(self._drawn(item, code), appraisal.accept, code)

    def _book(self, item: Item, code: str) -> None:
        assert self.place is not None
        with self.street.hub.look() as work:
            slot = appraisals.free_slots(work, [self.place.id])[0]
        self.street.act(item.seller, appraisal.book, self.street.hub.sealer, code, slot.code)

    def _bring(self, item: Item, code: str) -> None:
        assert self.place is not None
        self.street.act(item.seller, appraisal.bring, self.street.hub.sealer, code, self.place.code, "bring")

    def _receive(self, item: Item, code: str) -> None:
        hub = self.street.hub
        with hub.look() as work:
            handing = appraisals.handing_of(work, self._now(item, code).id)
            assert handing is not None
            digits = appraisals.digits_of(handing, hub.sealer)
            assert digits is not None
        seen = appraisal.Seen("" if item.category == "car" else f"XA-{10_000 + item.number}")
        answer = self.street.act(self._drawn(item, code), appraisal.receive, hub.sealer, hub.store, code, digits, seen)
        assert answer.right

    def _cancel(self, item: Item, code: str) -> None:
        self.street.act(item.seller, appraisal.cancel, code)
        self.street.let_time_pass()

    def _drawn(self, item: Item, code: str) -> str:
        """The person of the town who was drawn."""
        named = self._now(item, code).appraiser_id
        return next(name for name, user in self.street.people.items() if user.id == named)

    def _now(self, item: Item, code: str) -> Appraisal:
        with self.street.hub.look(self.street.actor(item.seller)) as work:
            return appraisals.visible_appraisal(work, code)
