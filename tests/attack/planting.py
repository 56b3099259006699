"""A town in which every text that a person can type is a piece of markup that would run if a page took it for markup."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import service as appraisal
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings import service as listings
from app.listings.models import Listing
from app.oversight import service as oversight
from app.payments import service as payments
from app.payments.models import Anomaly
from app.trades import service as trades
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.making import clean_answers, close
from tests.credit.making import make_events
from tests.goods.making import make_thing
from tests.listings.making import CAR, fresh, make_draft, make_listing, make_thing_listing
from tests.payments.making import begin_checkout, settle
from tests.trades import making as sales

# At most 40 characters each, so that they fit into a name. {n} names the field it was planted in.
PAYLOADS = [
    "<x-xss>{n};",
    '"><x-xss>{n};',
    "'><x-xss>{n};",
    "<script>pwned({n})</script>",
    "<img src=x onerror=pwned({n})>",
    "<svg/onload=pwned({n})>",
    "</textarea><x-xss>{n};",
    "</title><x-xss>{n};",
    '" onfocus=pwned({n}) autofocus x="',
    "</script><x-xss>{n};",
    "<a href=javascript:pwned({n})>a</a>",
    "<!--><x-xss>{n};-->",
    "{{{{7*7}}}}<x-xss>{n};",
    "<iframe srcdoc=pwned({n})></iframe>",
    "' onmouseover='pwned({n})' x='",
    "<b hx-get=/ hx-on:load=pwned({n})>",
]


@dataclass
class Planted:
    """Who lives in the town, where each of them begins to look around, and the name of each planted field by its number."""

    people: dict[str, User] = field(default_factory=dict)
    starts: dict[str, list[str]] = field(default_factory=dict)
    fields: dict[int, str] = field(default_factory=dict)

    def text(self, name: str, place: int | None = None) -> str:
        """The next payload, noted as planted in this field; ``place`` chooses which one."""
        number = len(self.fields) + 100
        self.fields[number] = name
        return PAYLOADS[(number if place is None else place) % len(PAYLOADS)].format(n=number)

    def long(self, name: str) -> str:
        """Every payload in one long text."""
        number = len(self.fields) + 100
        self.fields[number] = name
        return "\n".join(payload.format(n=number) for payload in PAYLOADS)


_imeis = itertools.count(700_000)


def plant(hub: Hub) -> Planted:
    """Everything through the verbs. The town has one case of each kind of text that somebody else reads."""
    town = Planted()
    seller, buyer = (make_user(hub, name=town.text(f"name of the {who}")) for who in ("seller", "buyer"))
    agency = make_organisation(hub, "agency", town.text("name of the agency"))
    regulator = make_organisation(hub, "regulator", town.text("name of the authority"))
    appraiser = make_member(hub, "appraiser", user=make_user(hub, name=town.text("name of the appraiser")), organisation=agency)
    officer = make_member(hub, "officer", user=make_user(hub, name=town.text("name of the officer")), organisation=regulator)
    operator = make_member(hub, "operator", user=make_user(hub, name=town.text("name of the operator")))
    town.people = {"seller": seller, "buyer": buyer, "appraiser": appraiser, "officer": officer, "operator": operator}

    def offer(what: str, **answers: object) -> Listing:
        texts = {
            "brand": "other",
            "brand_name": town.text(f"brand of the {what}"),
            "model": "other",
            "model_name": town.text(f"model of the {what}"),
        }
        if "description" not in answers:
            texts["description"] = town.long(f"description of the {what}")
        return make_listing(hub, seller, **{**texts, "storage_gb": 128, "colour": "other", **answers})

    shelf, sold, met, stopped, down = (
        offer(what) for what in ("listing", "thing sold", "thing met for", "thing stopped", "thing taken down")
    )
    draft = make_draft(hub, seller, brand="other", brand_name=town.text("brand of the draft"), model="other",
                       model_name=town.text("model of the draft"), colour="other", description=town.long("description of the draft"))  # fmt: skip
    with hub.begin(actor(hub, operator)) as work:
        listings.take_down(work, down.code, town.long("reason of taking down"), fresh(hub, down.id).version)

    # A sale with an address, a problem, an answer and a ruling.
    order = sales.buy(hub, sold, buyer, name=town.text("name on the parcel"), address=town.long("address")[:190])
    settle(hub, order.payment_code)
    sales.as_seller(hub, order, trades.ship, order.code, "sf", "SF1234567890123", True)
    sales.as_buyer(hub, order, trades.confirm_receipt, order.code)
    case = sales.as_buyer(hub, order, trades.report_problem, order.code, "defect", town.long("problem"))
    sales.as_seller(hub, order, trades.answer_case, order.code, town.long("answer to the problem"))
    case = sales.fresh_case(hub, case)
    # A problem that staff have decided, and an offer that they have sent back.
    given_back = sales.make_order(hub, "acceptance", listing=offer("thing given back"), buyer=buyer)
    decided = sales.report(hub, given_back, text=town.long("problem that was decided"))
    with hub.begin(actor(hub, operator)) as work:
        trades.rule(work, decided.code, "refund", town.long("reasons of the ruling"), decided.version, "seller_fault")
    refused = offer("thing sent back", state="in_review", description=f"加微信 {town.long('description of the thing sent back')}")
    with hub.begin(actor(hub, operator)) as work:
        listings.reject(work, refused.code, town.long("reason of sending back")[:490], refused.version)
    car = make_thing_listing(
        hub,
        seller,
        "car",
        {**CAR, "answers": {**CAR["answers"], "accident": "issue", "accident_words": town.text("words about an accident")}},
    )
    # A meeting, a wish to cancel, and what speaks against it.
    meeting = sales.buy(hub, met, buyer, delivery="meet")
    settle(hub, meeting.payment_code)
    sales.as_seller(hub, meeting, trades.arrange_meeting, hub.sealer, meeting.code, town.text("place of the meeting"), True)
    sales.as_buyer(hub, meeting, trades.ask_cancel, meeting.code)
    sales.as_seller(hub, meeting, trades.object_cancel, meeting.code, town.long("objection"))
    ended = sales.buy(hub, stopped, buyer)
    settle(hub, ended.payment_code)
    with hub.begin(actor(hub, operator)) as work:
        trades.stop_order(work, ended.code, town.long("reason of the stop")[:490])
    unpaid = sales.buy(hub, offer("thing reserved"), buyer)
    intent = begin_checkout(hub, unpaid.payment_code)

    # Appraisals: signed with remarks, declined, given up, and one under way.
    def ask() -> str:
        texts = {"brand_name": town.text("brand of a thing"), "model_name": town.text("model of a thing")}
        thing = make_thing(hub, seller, brand="other", model="other", colour="other", **texts)
        with hub.begin(actor(hub, seller)) as work:
            return appraisal.request(work, thing.code, agency.code).code

    declined, given_up, signed, working, waiting = (ask() for _ in range(5))
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.decline(work, declined, town.long("reason of declining")[:490])
    for code in (given_up, signed, working):
        with hub.begin(actor(hub, appraiser)) as work:
            appraisal.accept(work, code)
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.give_up(work, given_up, town.long("reason of giving up")[:490])
    reports = []
    for code, name in ((signed, "remark in the report"), (working, "remark of the inspection")):
        with hub.begin(actor(hub, appraiser)) as work:
            saved = appraisal.save_findings(work, code, clean_answers(erase_certificate=town.text(name)), 0)
            assert not saved.refused, saved.refused
        if code == signed:
            rev = close(
                hub, appraiser, code, tool_name=town.text("tool in the report"), location=town.text("place in the report")
            )
            with hub.begin(actor(hub, appraiser)) as work:
                reports.append(appraisal.sign(work, code, appraiser.display_name, rev).code)

    with hub.begin(actor(hub, officer)) as work:
        purpose = oversight.open_purpose(work, town.text("case number"), town.long("reason of reading")[:490]).code
        oversight.look_at_seller(work, purpose, seller.code)
    _anomaly(hub, operator, town)
    make_events(hub, seller)
    hub.drain()

    town.starts = {
        "visitor": ["/", f"/items/{shelf.code}", f"/items/{car.code}", f"/items/{sold.code}", f"/sellers/{seller.code}", f"/reports/{reports[0]}", "/search", "/search?q=" + PAYLOADS[0].format(n=1),
                    "/dev/sign-in", "/dev/mailbox", f"/sandbox/checkout/{intent}", "/reports?number=" + PAYLOADS[1].format(n=1), "/worth?brand=apple", "/worth?brand=" + PAYLOADS[2].format(n=1)],
        "seller": ["/desk", "/my/listings", "/my/orders", "/notices", "/account", "/account/money", "/account/accesses", "/sell", f"/items/{down.code}", f"/items/{shelf.code}/edit",
                   *(f"/sell/{draft.code}/{step}" for step in ("model", "condition?q=notes", "price", "check", "model?q=model")), f"/orders/{order.code}", f"/orders/{meeting.code}",
                   f"/orders/{ended.code}", f"/orders/{given_back.code}", f"/sell/{refused.code}/check", *(f"/appraisals/{code}" for code in (declined, given_up, signed, working, waiting))],
        "buyer": ["/desk", "/my/orders", "/notices", f"/items/{shelf.code}/buy", f"/items/{sold.code}", f"/orders/{order.code}", f"/orders/{order.code}/problem", f"/orders/{meeting.code}",
                  f"/orders/{ended.code}", f"/orders/{given_back.code}", f"/orders/{unpaid.code}", f"/pay/{unpaid.payment_code}", f"/pay/{unpaid.payment_code}/done", f"/items/{stopped.code}/buy"],
        "appraiser": ["/appraiser", "/desk", f"/appraisals/{declined}", f"/appraisals/{given_up}", f"/appraisals/{working}/inspect", f"/appraisals/{working}/sign", f"/appraisals/{waiting}"],
        "officer": ["/oversight", f"/oversight/{purpose}", f"/oversight/{purpose}?q=x-xss", f"/oversight/{purpose}/sellers/{seller.code}", "/oversight/accesses", "/oversight/keys", f"/oversight/{purpose}/findings"],
        "operator": ["/operator/cases", f"/operator/cases/{case.code}", f"/operator/cases/{decided.code}", f"/operator/listings/{refused.code}", "/operator/money", "/operator/jobs", "/operator/listings", f"/operator/listings/{down.code}",
                     f"/operator/listings/{shelf.code}", f"/items/{down.code}", "/operator/listings?code=" + PAYLOADS[3].format(n=1)],
    }  # fmt: skip
    return town


def _anomaly(hub: Hub, operator: User, town: Planted) -> None:
    """A closed anomaly with a note, where the books have one to close."""
    with hub.look(SYSTEM) as work:
        code = work.session.scalars(select(Anomaly.code)).first()
    if code is not None:
        with hub.begin(actor(hub, operator)) as work:
            payments.close_anomaly(work, code, town.long("note of an anomaly")[:490])
