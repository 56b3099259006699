"""What the people of the demo town do, each through the verb that their page would call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal import queries as appraisals
from app.appraisal import service as appraisal
from app.appraisal.inspecting import graded, typed_items
from app.appraisal.models import Appraisal
from app.demo import answers
from app.demo.pictures import APPLIANCE_SHOTS, CarLook, CarShot, Shot, draw_appliance, draw_car, draw_phone
from app.demo.studio import Sitting, Studio
from app.demo.town import Appliance, Car, Item, Phone, Town
from app.goods import catalogue
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import Actor
from app.listings import service as listings
from app.listings import wizard
from app.listings.models import Listing
from app.listings.queries import listing_by_id
from app.listings.schema import schema_by_id
from app.media.jobs import finish_photo
from app.payments import jobs as payments
from app.payments.provider.sandbox import Sandbox, deliver_once
from app.schemes.queries import get_scheme
from app.trades import queries as trades
from app.trades import service as trade
from app.trades.models import Order
from grading import Scheme

T = TypeVar("T")

SHOTS: tuple[Shot, ...] = ("front", "back", "side")
CAR_SHOTS_TAKEN: tuple[CarShot, ...] = ("left_front", "right_rear", "dashboard", "seats", "bay", "wheels")
ADDRESS = {"phone": "13800000000", "address": "循河镇（演示）云杉路 8 号 2 单元 302"}
UNANSWERED = ("place", "wipe")  # steps of the wizard that the sellers of drafts have not come to
ROOM = {"floor": "3", "lift": "no", "remarks": "楼道窄，请两个人抬。"}
MEETING = "循河镇图书馆正门（演示），周六下午三点"
MONEY_ROUNDS = 10
ROUNDS = 5  # of an inspection: an answer may make further items apply


def sitting_of(item: Item, wear: int) -> Sitting:
    """The pictures of one item."""
    name = f"{item.brand}/{item.model}"
    if isinstance(item, Car):
        body = catalogue.find_model("car", item.brand, item.model).body
        look = CarLook(body, item.colour, item.mileage_km, item.energy == "electric", wear)
        return Sitting(item.code, draw_car, CAR_SHOTS_TAKEN, {"look": look, "model": name})
    if isinstance(item, Appliance):
        return Sitting(item.code, draw_appliance, APPLIANCE_SHOTS, {"code": name, "wear": wear})
    assert isinstance(item, Phone)
    return Sitting(item.code, draw_phone, SHOTS, {"colour": item.colour, "wear": wear, "model": name})


@dataclass
class Street:
    """The town at work."""

    hub: Hub
    town: Town
    people: Mapping[str, User]
    studio: Studio
    listing_of: dict[str, int] = field(default_factory=dict)
    order_of: dict[str, Order] = field(default_factory=dict)
    inspection_of: dict[str, Appraisal] = field(default_factory=dict)

    # -- selling ---------------------------------------------------------------------------------------------------------

    def offer(self, item: Item) -> None:
        """Answer the wizard's screens, add the photos, publish unless it stays a draft."""
        pictures = self.studio.pictures(item.code)
        condition = self.town.conditions[item.condition]
        with self.hub.begin(self.actor(item.seller)) as work:
            draft = listings.start_draft(work, item.category)
            schema, today, seen = schema_by_id(draft.schema_id), shanghai_day(work.now), set[tuple[str, str]]()
            while (
                screen := next((one for one in wizard.screens(schema, draft.draft) if _place(one) not in seen), None)
            ) is not None:
                seen.add(_place(screen))
                given = answers.given(item, screen, condition, today)
                if given is not None and not (item.state == "draft" and screen.step in UNANSWERED):
                    draft = listings.save_answer(work, draft.code, screen, given, draft.revision)
            photos = [listings.add_photo(work, self.hub.store, draft.code, picture.data, picture.shot) for picture in pictures]
        self.listing_of[item.code] = draft.id
        for photo, picture in zip(photos, pictures, strict=True):
            finish_photo(self.hub, photo.id, photo.code, picture.prepared, picture.files)
        if item.state == "draft":
            return
        self.act(item.seller, listings.publish, draft.code)
        wanted = item.expect or "active"
        if (state := self.listing(item).state) != wanted:
            raise RuntimeError(f"{item.code}: wanted {wanted}, the marketplace says {state}")

    def offer_again(self, item: Item) -> None:
        """The phone came back: its seller takes it, and writes down what is wrong with it."""
        assert item.later is not None
        self.act(item.seller, trade.take_back, self.order_of[item.code].code)
        listing = self.listing(item)
        later = item.later
        self.act(item.seller, listings.edit, listing.code, later.price * 100, later.text, listing.revision)

    # -- appraising ------------------------------------------------------------------------------------------------------

    def request_appraisal(self, item: Item) -> None:
        assert item.appraisal is not None
        agency = next(one.member.of for one in self.town.people if one.code == item.appraisal.by and one.member)
        name = next(firm.name for firm in self.town.organisations if firm.code == agency)
        with self.hub.look() as work:
            code = next(one.code for one in appraisals.agencies(work) if one.name == name)
            thing = goods.thing_by_id(work, self._thing_id(item))
            assert thing is not None
        self.inspection_of[item.code] = self.act(item.seller, appraisal.request, thing.code, code)

    def begin_inspection(self, item: Item) -> None:
        """Accept, and answer the first half of the items."""
        assert item.appraisal is not None
        ordered = self.inspection_of[item.code]
        self.inspection_of[item.code] = self.act(item.appraisal.by, appraisal.accept, ordered.code)
        if isinstance(item, Phone):
            found = self._phone_findings(item)
            self._save(item, dict(list(found.items())[: len(found) // 2]), 0)

    def sign_report(self, item: Item) -> None:
        assert item.appraisal is not None
        rev = self._save(item, self._phone_findings(item), 1) if isinstance(item, Phone) else self._answer_all(item)
        name = self.people[item.appraisal.by].display_name
        order = self.inspection_of[item.code]
        if isinstance(item, Phone):
            rev = self._close(item, order, rev)
        if self.act(item.appraisal.by, appraisal.sign, order.code, name, rev) is None:
            self._confirm(item, order)

    def _close(self, item: Phone, order: Appraisal, rev: int) -> int:
        """Erase and seal a phone that gets a grade; where the draw asks for it, a colleague looks again. The revision then."""
        assert item.appraisal is not None
        appraiser = item.appraisal.by
        with self.hub.look() as work:
            standing = work.session.get_one(Appraisal, order.id)
            thing, day = goods.thing_by_id(work, order.thing_id), shanghai_day(work.now)
            assert thing is not None
            if not appraisals.lacks_seal(work, standing, graded(work, standing, thing, day)):
                return rev
        person = self.people[appraiser].display_name
        typed = answers.erasure(item, person, standing.findings["erase_method"], day)
        self.act(appraiser, appraisal.record_erasure, self.hub.sealer, order.code, typed, person)
        with self.hub.look() as work:
            standing = work.session.get_one(Appraisal, order.id)
            steps = appraisals.erasure_steps(work, standing, graded(work, standing, thing, day))
        if steps.next == "check":
            agency = next(one.member.of for one in self.town.people if one.code == appraiser and one.member)
            staff = [one.code for one in self.town.people if one.member and one.member.of == agency and one.code != appraiser]
            colleague = next(code for code in staff if self.actor(code).has("appraiser"))
            self.act(colleague, appraisal.check_erasure, order.code, "passed", "用读取工具看了存储，没有发现数据")
        self.act(appraiser, appraisal.seal, order.code, f"XH-{item.number:06d}")
        with self.hub.look() as work:
            return work.session.get_one(Appraisal, order.id).findings_rev

    def _confirm(self, item: Item, order: Appraisal) -> None:
        """The senior whom the draft names signs a car's report too."""
        with self.hub.look() as work:
            draft = appraisals.draft_of(work, order)
        assert draft is not None
        senior = next(code for code, person in self.people.items() if person.id == draft.reviewer_id)
        self.act(senior, appraisal.confirm, order.code, self.people[senior].display_name, draft.sha256)

    # -- buying ----------------------------------------------------------------------------------------------------------

    def buy(self, item: Item) -> None:
        """Reserve and pay."""
        assert item.sale is not None
        listing, buyer = self.listing(item), item.sale.to
        address = {"name": self.people[buyer].display_name, **ADDRESS, **ROOM} if item.sale.by == "parcel" else None
        order = self.act(
            buyer, trade.buy, self.hub.sealer, self.hub.settings, listing.code, listing.price_fen, item.sale.by, address
        )
        self.order_of[item.code] = order
        page = payments.open_checkout(self.hub, self.actor(buyer), order.payment_code)
        self.sandbox().books.decide(page.rsplit("/", 1)[1], paid=True)
        self.let_time_pass()  # the time for paying is short: the money arrives before anything else happens

    def hand_to_carrier(self, item: Item) -> None:
        """A parcel with a carrier; an appliance is brought by its seller."""
        carrier, number = ("own", "") if isinstance(item, Appliance) else ("sf", f"SF{1_000_000_000 + item.number}")
        self.act(item.seller, trade.ship, self.order_of[item.code].code, carrier, number, True)

    def receive(self, item: Item) -> None:
        self.act(self._buyer(item), trade.confirm_receipt, self.order_of[item.code].code)

    def arrange(self, item: Item) -> None:
        self.act(item.seller, trade.arrange_meeting, self.hub.sealer, self.order_of[item.code].code, MEETING, True)

    def meet(self, item: Item) -> None:
        """The buyer reads the six digits out, the seller types them."""
        digits = trades.meet_code(self._order(item), self.hub.sealer)
        assert digits is not None
        self.act(item.seller, trade.enter_meeting_code, self.hub.sealer, self.order_of[item.code].code, digits)

    def accept(self, item: Item) -> None:
        order = self._order(item)
        self.act(self._buyer(item), trade.accept, order.code, order.version)

    def complain(self, item: Item) -> None:
        assert item.sale is not None
        sale = item.sale
        self.act(sale.to, trade.report_problem, self.order_of[item.code].code, sale.reason, sale.complaint)

    def rule_refund(self, item: Item) -> None:
        """Staff look at the case and give the buyer the money back."""
        assert item.sale is not None
        operator = next(one.code for one in self.town.people if one.member and one.member.role == "operator")
        with self.hub.look() as work:
            case = trades.open_case_of(work, self._order(item).id)
            assert case is not None
        self.act(operator, trade.rule, case.code, "refund", item.sale.ruling, case.version, "seller_fault")

    # -- the world around ------------------------------------------------------------------------------------------------

    def let_time_pass(self) -> None:
        """Jobs, deadlines and the provider's messages, until all is quiet."""
        door = self.sandbox()
        for _ in range(MONEY_ROUNDS):
            self.hub.drain()
            if deliver_once(door.books, door.secret, self._webhook) == 0:
                return

    def _webhook(self, raw: bytes, header: str) -> int:
        """What the web server does with a message of the provider."""
        try:
            payments.receive_webhook(self.hub, raw, header.encode())
        except DomainError as refusal:
            return refusal.status
        return 200

    def sandbox(self) -> Sandbox:
        door = self.hub.provider
        if not isinstance(door, Sandbox):
            raise RuntimeError("the demo town pays with the practice provider only")
        return door

    def act(self, person: str, verb: Callable[..., T], *args: Any, **named: Any) -> T:
        with self.hub.begin(self.actor(person)) as work:
            return verb(work, *args, **named)

    def actor(self, person: str) -> Actor:
        with self.hub.look() as work:
            return accounts.actor_for(work, accounts.user_by_id(work, self.people[person].id))

    def _buyer(self, item: Item) -> str:
        assert item.sale is not None
        return item.sale.to

    def listing(self, item: Item) -> Listing:
        with self.hub.look() as work:
            found = listing_by_id(work, self.listing_of[item.code])
            assert found is not None
            return found

    def _thing_id(self, item: Item) -> int:
        thing_id = self.listing(item).thing_id
        assert thing_id is not None
        return thing_id

    def _order(self, item: Item) -> Order:
        with self.hub.look() as work:
            return trades.order_by_id(work, self.order_of[item.code].id)

    def _save(self, item: Item, findings: Mapping[str, str], rev: int) -> int:
        assert item.appraisal is not None
        code = self.inspection_of[item.code].code
        with self.hub.look() as work:
            standing = work.session.get_one(Appraisal, self.inspection_of[item.code].id)
            scheme = get_scheme(work, standing.scheme_id)
            read_with = appraisal.likely_instruments(work, standing, scheme, [*findings])
        saved = self.act(item.appraisal.by, appraisal.save_findings, code, findings, rev, instruments=read_with)
        if saved.refused:
            raise RuntimeError(f"{item.code}: the scheme refuses {dict(saved.refused)}")
        return saved.rev

    def _phone_findings(self, item: Phone) -> dict[str, str]:
        """Everything that is found on a phone, in the order of the form."""
        with self.hub.look() as work:
            scheme = get_scheme(work, self.inspection_of[item.code].scheme_id)
            found = answers.findings(item, self.town.conditions[item.condition], scheme, shanghai_day(work.now))
        return {each.key: found[each.key] for each in typed_items(scheme) if each.key in found}

    def _answer_all(self, item: Item) -> int:
        """What differs first, then the best answer to whatever is open, until nothing is; returns the count of saves."""
        assert item.appraisal is not None
        code = self.inspection_of[item.code].code
        for _ in range(ROUNDS):
            with self.hub.look(self.actor(item.appraisal.by)) as work:
                standing = appraisals.visible_appraisal(work, code)
                thing = work.session.get_one(Thing, standing.thing_id)
                scheme = get_scheme(work, standing.scheme_id)
                result = graded(work, standing, thing, shanghai_day(work.now))
                wanted = answers.findings(item, self.town.conditions[item.condition], scheme, shanghai_day(work.now))
            open_keys = [key for lack in result.missing for key in lack.keys]
            now = {key: wanted[key] for key in open_keys if key in wanted}
            now |= {key: wanted[key] for key in wanted if key in self._kept_apart(scheme) and key not in standing.findings}
            for key in open_keys:
                found = scheme.items_by_key.get(key)
                if key not in now and found is not None and found.options:
                    best = next((one.value for one in found.options if one.effect is None), found.options[0].value)
                    now[key] = found.clean or best
            if not open_keys or not now:  # of a car that may not be sold nothing else is kept
                return standing.findings_rev
            self._save(item, now, standing.findings_rev)
        raise RuntimeError(f"{item.code}: the inspection does not come to an end: {open_keys}")

    def _kept_apart(self, scheme: Scheme) -> set[str]:
        """Facts, and marks of use: what is stated although nothing asks for it."""
        return {fact.key for fact in scheme.facts} | {each.key for each in scheme.items if each.kind == "marks"}


def _place(screen: wizard.Screen) -> tuple[str, str]:
    return screen.step, screen.code
