"""What is not on sale is appraised: its draft says what it is, nothing is offered or claimed, and its grade comes along later."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.appraisal import service as appraising
from app.goods.models import Thing, ThingClaim
from app.kernel.hub import Hub
from app.listings import service
from app.listings.errors import AlreadyPublished, ListingNotFound, ThingNotDescribed
from tests.accounts.making import actor, make_member, make_organisation, make_user, reader, send_form, sign_in
from tests.appraisal.making import Case, clean_answers, make_report, sign
from tests.listings.making import fresh, make_draft, make_listing


def test_a_phone_that_is_not_on_sale_is_appraised_with_the_pages_alone(app: Flask, hub: Hub) -> None:
    owner = make_user(hub, name="周小满")
    agency = make_organisation(hub, "agency", "清河检测")
    appraiser = make_member(hub, "appraiser", organisation=agency)
    draft = make_draft(hub, owner, photos=0, only="model")  # no photo, no condition, no price
    client = reader(app)
    sign_in(client, hub, owner)
    check = f"/sell/{draft.code}/check"
    assert "Have it appraised, without offering it" in client.get(check).text
    asked = send_form(client, check, to=f"/sell/{draft.code}/appraise")
    assert asked.status_code == 303
    assert "清河检测" in client.get(asked.location).text
    order = send_form(client, asked.location, {"agency": agency.code})
    code = order.location.rsplit("/", 1)[1]
    assert fresh(hub, draft.id).state == "draft"
    with hub.look() as work:
        assert work.session.scalars(select(ThingClaim)).all() == []
        thing = work.session.get_one(Thing, fresh(hub, draft.id).thing_id)
    case = Case(code, thing, owner, agency, appraiser)
    with hub.begin(actor(hub, appraiser)) as work:
        appraising.accept(work, code)
        appraising.save_findings(work, code, clean_answers(), 0)
    report = sign(hub, case)
    hub.drain()
    assert (report.thing_id, report.tier) == (thing.id, "S")
    assert client.get(f"/items/{draft.code}").location == f"/sell/{draft.code}"  # still its owner's draft; nobody else sees it
    assert reader(app).get(f"/items/{draft.code}").status_code == 404


def test_what_was_appraised_first_is_offered_with_its_grade(hub: Hub) -> None:
    owner = make_user(hub)
    draft = make_draft(hub, owner)
    with hub.begin(actor(hub, owner)) as work:
        thing = service.register_unoffered(work, draft.code)
    report = make_report(hub, thing=thing)
    hub.drain()
    with hub.begin(actor(hub, owner)) as work:
        listing = service.publish(work, draft.code)
    assert (listing.state, listing.thing_id, listing.report_code) == ("active", thing.id, report.code)
    with hub.look() as work:
        assert len(work.session.scalars(select(Thing).where(Thing.owner_id == owner.id)).all()) == 1


def test_a_draft_that_does_not_say_what_it_is_a_strangers_and_an_offer_are_refused(hub: Hub) -> None:
    owner = make_user(hub)
    with hub.begin(actor(hub, owner)) as work:
        empty = service.start_draft(work).code
    with pytest.raises(ThingNotDescribed), hub.begin(actor(hub, owner)) as work:
        service.register_unoffered(work, empty)
    draft = make_draft(hub, owner)
    with pytest.raises(ListingNotFound), hub.begin(actor(hub, make_user(hub))) as work:
        service.register_unoffered(work, draft.code)
    offered = make_listing(hub, owner)
    with pytest.raises(AlreadyPublished), hub.begin(actor(hub, owner)) as work:
        service.register_unoffered(work, offered.code)


def test_my_appraisals_lead_to_what_i_own_and_nothing_else(app: Flask, hub: Hub) -> None:
    owner, listing = make_user(hub), make_listing(hub, make_user(hub))
    mine = make_listing(hub, owner)
    with hub.look() as work:
        things = {each.id: each for each in work.session.scalars(select(Thing))}
    client = reader(app)
    sign_in(client, hub, owner)
    address = "/appraisals/request?thing="
    page = client.get("/my/appraisals").text
    assert address + things[mine.thing_id].code in page
    assert address + things[listing.thing_id].code not in page
    agency = make_organisation(hub, "agency", "清河检测")
    make_member(hub, "appraiser", organisation=agency)
    with hub.begin(actor(hub, owner)) as work:
        appraising.request(work, things[mine.thing_id].code, agency.code)
    assert address + things[mine.thing_id].code not in client.get("/my/appraisals").text
