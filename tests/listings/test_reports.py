"""What a signed report does to the listing of its thing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.queries import user_by_id
from app.appraisal import queries as appraisal_queries
from app.appraisal import service as appraisal
from app.appraisal.models import Report
from app.goods import queries as goods
from app.kernel.hub import Hub
from app.kernel.outbox import Delivery
from app.listings import queries, service, wizard
from app.listings.errors import ThingNotTradable
from app.listings.models import Listing, ListingDecision
from grading import load_scheme
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.making import close
from tests.listings.making import fresh, make_draft, make_listing


def sign_report(hub: Hub, owner: User, listing: Listing, **findings: str) -> Report:
    """An appraisal of the listing's thing from request to signature. ``findings`` replace single clean answers."""
    agency = make_organisation(hub, "agency")
    appraiser = make_member(hub, "appraiser", organisation=agency)
    with hub.look() as work:
        thing = goods.thing_by_id(work, listing.thing_id or 0)
        assert thing is not None
        thing_code = thing.code
    with hub.begin(actor(hub, owner)) as work:
        code = appraisal.request(work, thing_code, agency.code).code
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.accept(work, code)
    with hub.begin(actor(hub, appraiser)) as work:
        saved = appraisal.save_findings(work, code, {**clean_findings(), **findings}, 0)
        assert not saved.refused
    rev = close(hub, appraiser, code)
    with hub.begin(actor(hub, appraiser)) as work:
        return appraisal.sign(work, code, appraiser.display_name, rev)


def clean_findings() -> dict[str, str]:
    """The best answer to every item that an appraiser types."""
    clean: dict[str, str] = {}
    for section in load_scheme("phone-2026.1").sections:
        for item in section.items:
            if item.computed_by:
                continue
            if item.options:
                usable = [option for option in item.options if option.outcome.effect is None]
                clean[item.key] = min(usable, key=lambda option: option.outcome.deduct).value
            elif item.severity:
                clean[item.key] = "ok"
            elif item.kind == "text":
                clean[item.key] = "CERT-2026-1"
    return clean | {"battery_pct": "95", "battery_cycles": "50", "age_months": "6"}


@pytest.fixture
def seller(hub: Hub) -> User:
    return make_user(hub)


def test_the_grade_appears_on_the_listing_and_is_pinned_in_a_new_version(hub: Hub, seller: User, client: FlaskClient) -> None:
    listing = make_listing(hub, seller)
    report = sign_report(hub, seller, listing)
    hub.drain()
    graded = fresh(hub, listing.id)
    assert (graded.tier, graded.report_code, graded.state) == (report.tier, report.code, "active")
    assert graded.current_version_no == 2
    with hub.look() as work:
        pinned = queries.version(work, listing.id, 2).content["report"]
        assert pinned == {"code": report.code, "sha256": report.sha256, "tier": report.tier, "status": "graded"}
        card = queries.cards(work, [listing.id])[0]
        assert f"第三方鉴定 {report.tier} 级" in str(card.verdict)
        assert card.tier_name
    page = client.get(f"/items/{listing.code}").get_data(as_text=True)
    assert report.sha256 in page
    assert f"/reports/{report.code}" in page


def test_defects_of_the_report_are_named_on_the_listing(hub: Hub, seller: User, client: FlaskClient) -> None:
    listing = make_listing(hub, seller)
    report = sign_report(hub, seller, listing, screen_glass="visible")
    hub.drain()
    page = client.get(f"/items/{listing.code}").get_data(as_text=True)
    named = [item for section in report.content["result"]["sections"] for item in section["items"] if item["disclose"]]
    assert named
    for item in named:
        assert item["name"]["zh"] in page


def test_what_decided_the_verdict_is_named_first(hub: Hub, seller: User, client: FlaskClient) -> None:
    listing = make_listing(hub, seller, state="reserved")
    report = sign_report(hub, seller, listing, authenticity="counterfeit", screen_glass="visible")
    named = appraisal_queries.findings_to_tell(report)
    assert named[0]["key"] == "authenticity"
    assert "screen_glass" in [item["key"] for item in named]
    hub.drain()
    decided = f"<li><strong>{named[0]['name']['zh']}</strong>：{named[0]['value_name']['zh']}</li>"
    for address in (f"/reports/{report.code}", f"/items/{listing.code}"):
        assert decided in client.get(address).get_data(as_text=True)


def test_a_thing_that_may_not_be_traded_is_taken_off_at_once(hub: Hub, seller: User, client: FlaskClient) -> None:
    listing = make_listing(hub, seller)
    report = sign_report(hub, seller, listing, blacklist="listed")
    assert report.status == "prohibited"
    hub.drain()
    assert fresh(hub, listing.id).state == "removed"
    assert client.get(f"/items/{listing.code}").status_code == 404
    with hub.look() as work:
        decision = work.session.scalars(select(ListingDecision).order_by(ListingDecision.id.desc()).limit(1)).one()
        assert (decision.kind, decision.decided_by_id) == ("take_down", None)


def test_an_order_keeps_the_version_that_was_promised(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin() as work:
        promised = service.reserve(work, listing.code, listing.price_fen or 0).no
    sign_report(hub, seller, listing)
    hub.drain()
    held = fresh(hub, listing.id)
    assert (held.state, held.current_version_no) == ("reserved", promised)
    assert held.tier, "the grade is shown all the same"


def test_a_listing_of_a_thing_that_was_appraised_before_starts_with_its_grade(hub: Hub, seller: User) -> None:
    first = make_listing(hub, seller)
    sign_report(hub, seller, first)
    with hub.begin(actor(hub, seller)) as work:
        service.withdraw(work, first.code)
    hub.drain()
    second = make_listing(hub, seller, imei=first.draft["imei"])
    with hub.look() as work:
        report = appraisal_queries.latest_report(work, first.thing_id or 0)
        assert report is not None
        assert (second.thing_id, second.report_code) == (first.thing_id, report.code)


def withdraw_report(hub: Hub, report: Report) -> None:
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        appraisal.revoke_report(work, report.code, "报告与实物不符，撤回。")
    hub.drain()


def test_a_grade_that_was_withdrawn_does_not_come_back(hub: Hub, seller: User) -> None:
    first = make_listing(hub, seller)
    report = sign_report(hub, seller, first)
    hub.drain()
    withdraw_report(hub, report)
    assert (fresh(hub, first.id).tier, fresh(hub, first.id).report_code) == (None, report.code)
    with hub.begin(actor(hub, seller)) as work:
        service.withdraw(work, first.code)
    second = make_listing(hub, seller, imei=first.draft["imei"])
    hub.drain()
    with hub.look() as work:
        frozen = queries.version(work, second.id, fresh(hub, second.id).current_version_no).content["report"]
    assert (fresh(hub, second.id).tier, fresh(hub, second.id).report_code) == (None, report.code)
    assert (frozen["code"], frozen["tier"]) == (report.code, None)


@pytest.mark.parametrize("is_corrected", [False, True])
def test_what_bars_a_phone_bars_it_again_when_the_report_that_overruled_it_is_withdrawn(
    hub: Hub, seller: User, is_corrected: bool
) -> None:
    listing = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.withdraw(work, listing.code)
    sign_report(hub, seller, listing, authenticity="counterfeit")
    overruling = sign_report(hub, seller, listing)
    hub.drain()
    again = make_listing(hub, seller, imei=listing.draft["imei"])
    withdraw_report(hub, overruling if not is_corrected else corrected(hub, overruling))
    assert fresh(hub, again.id).state == "removed", "off the shelf again"
    draft = make_draft(hub, seller, imei=listing.draft["imei"])
    with pytest.raises(ThingNotTradable), hub.begin(actor(hub, seller)) as work:
        service.publish(work, draft.code)


def test_a_barring_report_that_was_corrected_and_withdrawn_bars_no_more(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.withdraw(work, listing.code)
    withdraw_report(hub, corrected(hub, sign_report(hub, seller, listing, authenticity="counterfeit")))
    assert make_listing(hub, seller, imei=listing.draft["imei"]).state == "active"


def corrected(hub: Hub, report: Report) -> Report:
    """The next version, with the same answers."""
    with hub.look() as work:
        appraiser = user_by_id(work, report.appraiser_id)
    with hub.begin(actor(hub, appraiser)) as work:
        again = appraisal.correct(work, report.code, "序列号抄错一位，等级不变。")
    with hub.begin(actor(hub, appraiser)) as work:
        made = appraisal.sign(work, again.code, appraiser.display_name, again.findings_rev)
    hub.drain()
    assert made is not None
    return made


def test_a_phone_that_may_not_be_traded_is_not_put_on_sale_again(hub: Hub, seller: User) -> None:
    first = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.withdraw(work, first.code)
    assert sign_report(hub, seller, first, authenticity="counterfeit").status == "prohibited"
    hub.drain()
    for other in ({}, {"storage_gb": 256}):  # the same registration, and another one with the same number
        again = make_draft(hub, seller, imei=first.draft["imei"], **other)
        with pytest.raises(ThingNotTradable), hub.begin(actor(hub, seller)) as work:
            service.publish(work, again.code)
        assert fresh(hub, again.id).state == "draft"
    with hub.look() as work:
        assert goods.holder_of(work, "imei", first.draft["imei"]) is None


@pytest.mark.parametrize(("state", "verb"), [("paused", "resume"), ("expired", "renew"), ("removed", "restore")])
def test_no_way_leads_a_barred_phone_back_on_sale(hub: Hub, seller: User, state: str, verb: str) -> None:
    listing = make_listing(hub, seller, state=state)
    sign_report(hub, seller, listing, authenticity="counterfeit")  # its news has not arrived yet
    who = make_member(hub, "operator") if verb == "restore" else seller
    given = ("核实过。", listing.version) if verb == "restore" else ()
    with pytest.raises(ThingNotTradable), hub.begin(actor(hub, who)) as work:
        getattr(service, verb)(work, listing.code, *given)
    assert fresh(hub, listing.id).state == state


def test_a_barred_phone_is_neither_approved_nor_bought(hub: Hub, seller: User) -> None:
    waiting = make_listing(hub, seller, state="in_review", description="微信联系")
    sign_report(hub, seller, waiting, authenticity="counterfeit")
    with pytest.raises(ThingNotTradable), hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.approve(work, waiting.code, waiting.version)
    on_sale = make_listing(hub, seller)
    sign_report(hub, seller, on_sale, authenticity="counterfeit")
    with pytest.raises(ThingNotTradable), hub.begin(actor(hub, make_user(hub))) as work:
        service.reserve(work, on_sale.code, on_sale.price_fen or 0)


def test_a_report_signed_during_an_order_is_pinned_when_the_order_ends(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="reserved")
    report = sign_report(hub, seller, listing)
    hub.drain()
    with hub.begin() as work:
        service.unreserve(work, listing.id)
    back = fresh(hub, listing.id)
    assert (back.state, back.current_version_no) == ("active", 2)
    with hub.look() as work:
        assert queries.version(work, listing.id, 2).content["report"]["code"] == report.code
    with hub.begin() as work:
        service.reserve(work, listing.code, listing.price_fen or 0)
    with hub.begin() as work:
        service.unreserve(work, listing.id)
    assert fresh(hub, listing.id).current_version_no == 2, "nothing new, nothing frozen"


@pytest.mark.parametrize("back_on_sale", [True, False])
def test_a_phone_found_barred_during_an_order_does_not_come_back(hub: Hub, seller: User, back_on_sale: bool) -> None:
    listing = make_listing(hub, seller, state="reserved")
    sign_report(hub, seller, listing, authenticity="counterfeit")
    hub.drain()
    assert fresh(hub, listing.id).state == "reserved"
    with hub.begin() as work:
        service.unreserve(work, listing.id, back_on_sale=back_on_sale)
    hub.drain()
    assert fresh(hub, listing.id).state == "removed"
    with hub.look() as work:
        assert goods.holder_of(work, "imei", listing.draft["imei"]) is None


def test_a_report_leaves_a_draft_that_came_back_alone(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="in_review", description="微信联系")
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.reject(work, listing.code, "请删掉微信号。", listing.version)
    with hub.begin(actor(hub, seller)) as work:
        service.save_answer(work, listing.code, wizard.Screen("model", "brand"), {"answer": "huawei"}, listing.revision)
    sign_report(hub, seller, listing)
    hub.drain()
    kept = fresh(hub, listing.id)
    assert (kept.state, kept.current_version_no, "model" in kept.draft) == ("draft", 1, False)
    with hub.look() as work:
        assert work.session.scalars(select(Delivery).where(Delivery.done_at.is_(None))).all() == []
