"""What the people of the demo town do, each through the verb that their page would call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal import queries as appraisals
from app.appraisal import service as appraisal
from app.appraisal.models import Appraisal
from app.demo.pictures import Shot, draw_phone
from app.demo.town import Phone, Town
from app.goods import queries as goods
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.work import Actor
from app.listings import service as listings
from app.listings import wizard
from app.listings.models import Listing
from app.listings.queries import listing_by_id
from app.listings.schema import schema_by_id
from app.media.events import PhotoReceived
from app.media.jobs import prepare_photo
from app.payments import jobs as payments
from app.payments.provider.sandbox import Sandbox, deliver_once
from app.trades import queries as trades
from app.trades import service as trade
from app.trades.models import Order
from grading import load_scheme
from grading.ids import luhn_digit

T = TypeVar("T")

SHOTS: tuple[Shot, ...] = ("front", "back", "side")
TEST_TAC = "35999900"  # ours: no maker has it, so no IMEI here belongs to a phone that exists
ADDRESS = {"phone": "13800000000", "address": "循河镇（演示）云杉路 8 号 2 单元 302"}
UNANSWERED = ("place", "wipe")  # steps of the wizard that the sellers of drafts have not come to
MEETING = "循河镇图书馆正门（演示），周六下午三点"
MONEY_ROUNDS = 10
CYCLES = "240"  # charge cycles of a phone that does not tell its battery health

# What an inspection finds on a phone without faults; conditions and inspections name what differs.
SOUND: dict[str, str] = {
    "imei_match": "match", "blacklist": "clear", "account_lock": "clear", "mdm": "none", "network_lock": "unlocked",
    "authenticity": "genuine", "region": "mainland", "title": "declared", "system_integrity": "stock",
    "erase_consent": "given", "accounts_removed": "done", "erase_method": "block_erase", "erase_verified": "tool",
    "screen_glass": "none", "back_cover": "none", "frame": "none", "camera_lens": "none", "ports_buttons": "good",
    "marks": "none", "display_image": "ok", "battery_swollen": "none", "opened": "unopened", "battery_part": "original",
    "screen_part": "original", "housing_part": "original", "camera_part": "original", "mainboard": "original",
    "ldi": "clear", "corrosion": "not_opened", "bend": "none", "os_support": "supported", "accessories": "full",
}  # fmt: skip


def draw(phone: Phone, wear: int) -> list[bytes]:
    """The pictures of one phone."""
    return [draw_phone(phone.code, shot, phone.colour, wear, model=f"{phone.brand}/{phone.model}") for shot in SHOTS]


def imei_of(phone: Phone) -> str:
    """A well-formed IMEI of the test range, always the same for the same phone."""
    first = f"{TEST_TAC}{int(phone.code[1:]):06d}"
    return first + luhn_digit(first)


@dataclass
class Street:
    """The town at work. ``pictures``: phone code -> its drawings, soon."""

    hub: Hub
    town: Town
    people: Mapping[str, User]
    pictures: Mapping[str, Future[list[bytes]]]
    listing_of: dict[str, int] = field(default_factory=dict)
    order_of: dict[str, Order] = field(default_factory=dict)
    inspection_of: dict[str, Appraisal] = field(default_factory=dict)

    # -- selling ---------------------------------------------------------------------------------------------------------

    def offer(self, phone: Phone) -> None:
        """Answer the wizard's screens, add the photos, publish unless it stays a draft."""
        pictures = self.pictures[phone.code].result()
        with self.hub.begin(self._actor(phone.seller)) as work:
            draft = listings.start_draft(work)
            for screen in wizard.screens(schema_by_id(draft.schema_id), draft.draft):
                given = self._given(phone, screen)
                if given is not None and not (phone.state == "draft" and screen.step in UNANSWERED):
                    draft = listings.save_answer(work, draft.code, screen, given, draft.revision)
            photos = [
                listings.add_photo(work, self.hub.store, draft.code, picture, shot)
                for picture, shot in zip(pictures, SHOTS, strict=True)
            ]
        self.listing_of[phone.code] = draft.id
        with ThreadPoolExecutor(max_workers=2) as pool:
            for done in [pool.submit(prepare_photo, self.hub, PhotoReceived(photo.id)) for photo in photos]:
                done.result()
        if phone.state == "draft":
            return
        self._as(phone.seller, listings.publish, draft.code)
        wanted = phone.expect or "active"
        if (state := self._listing(phone).state) != wanted:
            raise RuntimeError(f"{phone.code}: wanted {wanted}, the marketplace says {state}")

    def offer_again(self, phone: Phone) -> None:
        """The phone came back: its seller takes it, and writes down what is wrong with it."""
        assert phone.later is not None
        self._as(phone.seller, trade.take_back, self.order_of[phone.code].code)
        listing = self._listing(phone)
        later = phone.later
        self._as(phone.seller, listings.edit, listing.code, later.price * 100, later.text, listing.revision)

    # -- appraising ------------------------------------------------------------------------------------------------------

    def request_appraisal(self, phone: Phone) -> None:
        assert phone.appraisal is not None
        agency = next(one.member.of for one in self.town.people if one.code == phone.appraisal.by and one.member)
        name = next(firm.name for firm in self.town.organisations if firm.code == agency)
        with self.hub.look() as work:
            code = next(one.code for one in appraisals.agencies(work) if one.name == name)
            thing = goods.thing_by_id(work, self._thing_id(phone))
            assert thing is not None
        self.inspection_of[phone.code] = self._as(phone.seller, appraisal.request, thing.code, code)

    def begin_inspection(self, phone: Phone) -> None:
        """Accept, and answer the first half of the items."""
        assert phone.appraisal is not None
        ordered = self.inspection_of[phone.code]
        self.inspection_of[phone.code] = self._as(phone.appraisal.by, appraisal.accept, ordered.code)
        findings = self._findings(phone)
        half = dict(list(findings.items())[: len(findings) // 2])
        self._save(phone, half, 0)

    def sign_report(self, phone: Phone) -> None:
        assert phone.appraisal is not None
        rev = self._save(phone, self._findings(phone), 1)
        name = self.people[phone.appraisal.by].display_name
        self._as(phone.appraisal.by, appraisal.sign, self.inspection_of[phone.code].code, name, rev)

    # -- buying ----------------------------------------------------------------------------------------------------------

    def buy(self, phone: Phone) -> None:
        """Reserve and pay."""
        assert phone.sale is not None
        listing, buyer = self._listing(phone), phone.sale.to
        address = {"name": self.people[buyer].display_name, **ADDRESS} if phone.sale.by == "parcel" else None
        order = self._as(
            buyer, trade.buy, self.hub.sealer, self.hub.settings, listing.code, listing.price_fen, phone.sale.by, address
        )
        self.order_of[phone.code] = order
        page = payments.open_checkout(self.hub, self._actor(buyer), order.payment_code)
        self._sandbox().books.decide(page.rsplit("/", 1)[1], paid=True)

    def hand_to_carrier(self, phone: Phone) -> None:
        self._as(phone.seller, trade.ship, self.order_of[phone.code].code, "sf", f"SF{1_000_000_000 + int(phone.code[1:])}", True)

    def receive(self, phone: Phone) -> None:
        self._as(self._buyer(phone), trade.confirm_receipt, self.order_of[phone.code].code)

    def arrange(self, phone: Phone) -> None:
        self._as(phone.seller, trade.arrange_meeting, self.hub.sealer, self.order_of[phone.code].code, MEETING, True)

    def meet(self, phone: Phone) -> None:
        """The buyer reads the six digits out, the seller types them."""
        digits = trades.meet_code(self._order(phone), self.hub.sealer)
        assert digits is not None
        self._as(phone.seller, trade.enter_meeting_code, self.hub.sealer, self.order_of[phone.code].code, digits)

    def accept(self, phone: Phone) -> None:
        order = self._order(phone)
        self._as(self._buyer(phone), trade.accept, order.code, order.version)

    def complain(self, phone: Phone) -> None:
        assert phone.sale is not None
        sale = phone.sale
        self._as(sale.to, trade.report_problem, self.order_of[phone.code].code, sale.reason, sale.complaint)

    def rule_refund(self, phone: Phone) -> None:
        """Staff look at the case and give the buyer the money back."""
        assert phone.sale is not None
        operator = next(one.code for one in self.town.people if one.member and one.member.role == "operator")
        with self.hub.look() as work:
            case = trades.open_case_of(work, self._order(phone).id)
            assert case is not None
        self._as(operator, trade.rule, case.code, "refund", phone.sale.ruling, case.version, "seller_fault")

    # -- the world around ------------------------------------------------------------------------------------------------

    def let_time_pass(self) -> None:
        """Jobs, deadlines and the provider's messages, until all is quiet."""
        door = self._sandbox()
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

    def _sandbox(self) -> Sandbox:
        door = self.hub.provider
        if not isinstance(door, Sandbox):
            raise RuntimeError("the demo town pays with the practice provider only")
        return door

    def _as(self, person: str, verb: Callable[..., T], *args: Any) -> T:
        with self.hub.begin(self._actor(person)) as work:
            return verb(work, *args)

    def _actor(self, person: str) -> Actor:
        with self.hub.look() as work:
            return accounts.actor_for(work, accounts.user_by_id(work, self.people[person].id))

    def _buyer(self, phone: Phone) -> str:
        assert phone.sale is not None
        return phone.sale.to

    def _listing(self, phone: Phone) -> Listing:
        with self.hub.look() as work:
            found = listing_by_id(work, self.listing_of[phone.code])
            assert found is not None
            return found

    def _thing_id(self, phone: Phone) -> int:
        thing_id = self._listing(phone).thing_id
        assert thing_id is not None
        return thing_id

    def _order(self, phone: Phone) -> Order:
        with self.hub.look() as work:
            return trades.order_by_id(work, self.order_of[phone.code].id)

    def _save(self, phone: Phone, findings: Mapping[str, str], rev: int) -> int:
        assert phone.appraisal is not None
        code = self.inspection_of[phone.code].code
        saved = self._as(phone.appraisal.by, appraisal.save_findings, code, findings, rev)
        if saved.refused:
            raise RuntimeError(f"{phone.code}: the scheme refuses {dict(saved.refused)}")
        return saved.rev

    def _findings(self, phone: Phone) -> dict[str, str]:
        """What the inspection finds, in the order of the form."""
        assert phone.appraisal is not None
        scheme = load_scheme(self.inspection_of[phone.code].scheme_id)
        found = {
            **{item.key: "ok" for item in scheme.items if item.kind == "severity"},
            **SOUND,
            "headset": "not_applicable",
            "erase_certificate": f"XH-DEMO-{int(phone.code[1:]):04d}",
            "age_months": str(phone.months),
            **({"battery_cycles": CYCLES} if phone.battery == "unknown" else {"battery_pct": str(phone.battery)}),
            **self.town.conditions[phone.condition].findings,
            **phone.appraisal.findings,
        }
        return {item.key: found[item.key] for item in appraisal.typed_items(scheme) if item.key in found}

    def _given(self, phone: Phone, screen: wizard.Screen) -> dict[str, Any] | None:
        """What the seller answers on a screen of the wizard; None for the screens without an answer."""
        if screen.question is not None:
            answer = {
                "power": "good", "display": "good", "battery": phone.battery, "faults": ["none"], "repairs": "never",
                "water": "never", "region": phone.region, "accessories": ["box", "cable"],
                **self.town.conditions[phone.condition].answers,
            }[screen.code]  # fmt: skip
            return {"answer": answer, "percent": answer}
        return {
            "brand": {"answer": phone.brand},
            "model": {"answer": phone.model},
            "storage": {"answer": str(phone.gb)},
            "colour": {"answer": phone.colour},
            "number": {"imei": imei_of(phone)},
            "notes": {"description": phone.text},
            "price": {"price": phone.price * 100},
            "place": {"district": phone.district, "delivery": ["parcel", "meeting"]},
            "wipe": {"wiped": True, "lock_off": True},
        }.get(screen.code)
