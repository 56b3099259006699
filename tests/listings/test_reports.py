"""What a signed report does to the listing of its thing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import queries as appraisal_queries
from app.appraisal import service as appraisal
from app.appraisal.models import Report
from app.goods import queries as goods
from app.kernel.hub import Hub
from app.listings import queries, service
from app.listings.models import Listing, ListingDecision
from grading import load_scheme
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.listings.making import fresh, make_listing


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
    with hub.begin(actor(hub, appraiser)) as work:
        return appraisal.sign(work, code, appraiser.display_name, saved.rev)


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
