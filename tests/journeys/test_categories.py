"""Cars and appliances from the wizard to the report, the search and, for appliances, the completed sale."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import queries as appraisals
from app.appraisal import service as appraisal
from app.appraisal.inspecting import graded
from app.goods.models import Thing, ThingClaim
from app.kernel.time import shanghai_day
from app.listings import queries, schema, wizard
from app.search import service as search
from app.search.forms import read
from app.trades import service as trades
from app.trades.errors import CarsNotSoldYet
from app.valuation.models import ObservedSale
from grading import load_scheme
from tests.accounts.making import actor, make_member, make_organisation, make_user, send_form, sign_in
from tests.appraisal.admitting import qualify
from tests.appraisal.making import close
from tests.listings.making import CAR, WASHER, fresh, make_thing_listing
from tests.payments.making import run_money, settle
from tests.trades.making import ADDRESS, as_buyer, as_seller, buy
from tests.trades.making import fresh as fresh_order

ROOM = {"floor": "6", "lift": "no", "remarks": "楼道窄，请带拆门工具。"}


def an_inspection(hub, listing):
    """An accepted appraisal of the listing's thing: (appraisal code, thing, appraiser)."""
    with hub.look() as work:
        thing = work.session.get_one(Thing, listing.thing_id)
        owner = thing.owner_id
        from app.accounts.queries import user_by_id

        person = user_by_id(work, owner)
    agency = make_organisation(hub, "agency", "清河检测")
    inspector = make_member(hub, "appraiser", user=make_user(hub, name="韩立秋"), organisation=agency)
    senior = make_member(hub, "appraiser", user=make_user(hub, name="沈知行"), organisation=agency)  # for a car's report
    with hub.begin() as work:
        qualify(work, senior.id, level="senior")
    with hub.begin(actor(hub, person)) as work:
        code = appraisal.request(work, thing.code, agency.code).code
    with hub.begin(actor(hub, inspector)) as work:
        appraisal.accept(work, code)
    return code, thing, inspector


def answer_all(hub, code, inspector, **special):
    """The best answer to whatever is open, round by round, as answers make further items apply; then the special ones."""
    for _round in range(4):
        with hub.begin(actor(hub, inspector)) as work:
            order = appraisals.visible_appraisal(work, code)
            thing = work.session.get_one(Thing, order.thing_id)
            scheme = load_scheme(order.scheme_id)
            result = graded(work, order, thing, shanghai_day(work.now))
            given = {}
            for lack in result.missing:
                for key in lack.keys:
                    item = scheme.items_by_key.get(key)
                    if key in special:
                        given[key] = special[key]
                    elif item is not None and item.options:
                        wanted = item.clean or next((o.value for o in item.options if o.effect is None), item.options[0].value)
                        given[key] = wanted
            given |= {key: value for key, value in special.items() if key not in order.findings}
            if not given:
                return
            saved = appraisal.save_findings(work, code, given, order.findings_rev)
            assert saved.refused == {}, saved.refused


def signed(hub, code, inspector):
    close(hub, inspector, code)
    with hub.begin(actor(hub, inspector)) as work:
        order = appraisals.visible_appraisal(work, code)
        report = appraisal.sign(work, code, inspector.display_name, order.findings_rev)
    return report or confirmed(hub, order)


def confirmed(hub, order):
    """The senior whom the draft names signs a car's report too."""
    with hub.look() as work:
        draft = appraisals.draft_of(work, order)
        senior = work.session.get_one(User, draft.reviewer_id)
    with hub.begin(actor(hub, senior)) as work:
        return appraisal.confirm(work, order.code, senior.display_name, draft.sha256)


def test_a_car_is_listed_with_its_facts_in_title_columns_and_snapshot(hub):
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    assert car.state == "active"
    assert car.title == "大众 朗逸 2020年上牌 5.2万公里"
    assert (car.kind, car.energy, car.first_used, car.mileage_km) == ("sedan", "petrol", "2020-05", 52_000)
    with hub.look() as work:
        content = queries.version(work, car.id, 1).content
        thing = work.session.get_one(Thing, car.thing_id)
        claims = work.session.scalars(select(ThingClaim).where(ThingClaim.thing_id == thing.id)).all()
    assert content["thing"]["facts"]["mileage"] == 52_000
    assert (content["thing"]["number_kind"], content["thing"]["number_tail"]) == ("vin", "3456")
    assert CAR["vin"] not in str(content)
    assert (thing.vin, thing.attributes["gearbox"]) == (CAR["vin"], "automatic")
    assert [(claim.kind, claim.value) for claim in claims] == [("vin", CAR["vin"])]


def test_what_is_odd_about_the_vin_is_said_at_once_and_before_publishing(hub, client):
    """The tenth sign says 2022, the seller says 2020: accepted, but named."""
    seller = make_user(hub)
    draft = make_thing_listing(hub, seller, "car", CAR, publish=False)
    sign_in(client, hub, seller)
    client.set_cookie("lang", "en")
    check = client.get(f"/sell/{draft.code}/check").get_data(as_text=True)
    assert "Please look once more" in check
    assert "model year 1992 / 2022" in check
    assert "Still missing" not in check
    page = f"/sell/{draft.code}/model?q=registered"
    kept = send_form(client, page, {"screen": "registered", "value": "2020-04", "revision": draft.revision})
    assert "model year 1992 / 2022" in client.get(kept.location).get_data(as_text=True)
    mended = send_form(client, page, {"screen": "registered", "value": "2022-04", "revision": draft.revision + 1})
    assert "model year" not in client.get(mended.location).get_data(as_text=True)
    assert "Please look once more" not in client.get(f"/sell/{draft.code}/check").get_data(as_text=True)


def test_a_car_cannot_be_bought_and_its_page_says_how_to_get_it(hub, client):
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    buyer = make_user(hub)
    with pytest.raises(CarsNotSoldYet):
        buy(hub, car, buyer)
    sign_in(client, hub, buyer)
    client.set_cookie("lang", "en")
    text = client.get(f"/items/{car.code}").get_data(as_text=True)
    assert "How to get this car" in text
    assert "/buy" not in text
    refused = client.get(f"/items/{car.code}/buy")
    assert refused.status_code == 409
    assert "Cars cannot be bought here yet" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("facts", "answers", "code"),
    [
        ({}, {"mortgage": "issue"}, "car_not_free"),
        ({}, {"odometer": "issue"}, "car_odometer"),
    ],
)
def test_what_bars_a_car_from_trade_is_looked_at_first(hub, facts, answers, code):
    wanted = {**CAR, "facts": CAR["facts"] | facts, "answers": CAR["answers"] | answers}
    car = make_thing_listing(hub, make_user(hub), "car", wanted)
    assert car.state == "in_review"
    with hub.look() as work:
        assert queries.last_decision(work, car.id).rules == [code]


def test_a_third_car_owned_briefly_is_looked_at_first(hub):
    seller = make_user(hub)
    with hub.look() as work:
        day = shanghai_day(work.now)
    briefly = {"facts": CAR["facts"] | {"acquired": f"{day - timedelta(days=40):%Y-%m}"}}
    vins = ["LSGPC54U2NH123456", "1M8GDM9AXKP042788", "WDBEA30D3HA391172"]
    states = [make_thing_listing(hub, seller, "car", {**CAR, **briefly, "vin": vin}).state for vin in vins]
    assert states == ["active", "active", "in_review"]


def test_a_gas_hob_past_its_scrapping_age_is_looked_at_first_and_a_young_one_is_not(hub):
    seller = make_user(hub)
    hob = {"type": "gas_hob", "brand": "other", "answers": {"floor": "2"}, "delivery": ["meeting"], "price": 20_000}
    old = hob | {"facts": {"bought": "2015-01", "made": "2014-12"}}
    young = hob | {"facts": {"bought": "2025-01", "made": "2024-12"}}
    named = {"brand_name": "小蝶", "model_name": "双眼灶"}
    assert [_with_names(hub, seller, {**each, **named}).state for each in (old, young)] == ["in_review", "active"]


def _with_names(hub, seller, wanted):
    from tests.listings import making

    plain = making._answer_of

    def named(screen, asked, draft, category):
        if screen.code in ("brand", "model"):
            return {"answer": "other", "brand_name": asked["brand_name"], "model_name": asked["model_name"]}
        return plain(screen, asked, draft, category)

    making._answer_of = named
    try:
        return make_thing_listing(hub, seller, "appliance", wanted)
    finally:
        making._answer_of = plain


def test_a_car_is_appraised_after_the_standard_and_its_report_can_be_read(hub, client):
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    client.set_cookie("lang", "en")
    sign_in(client, hub, inspector)
    for section in ("facts", "frame", "body_exterior", "functional_parts"):
        assert client.get(f"/appraisals/{code}/inspect?section={section}").status_code == 200
    answer_all(hub, code, inspector, item_15="XS1 HH2", item_40="B", flood_vehicle="false")
    report = signed(hub, code, inspector)
    assert (report.scheme_id.partition("/")[0], report.status) == ("gbt30323-2013", "graded")
    assert report.content["thing"]["vin_masked"].endswith("3456")
    assert CAR["vin"] not in str(report.content)
    text = client.get(f"/reports/{report.code}").get_data(as_text=True)
    assert "after GB/T 30323-2013, points not confirmed" in text
    assert "points left" in text
    assert "do not use before repair" in text
    assert client.get(f"/items/{car.code}").status_code == 200


def test_an_accident_car_has_a_verdict_and_no_score(hub, client):
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector, frame_4="SH")
    report = signed(hub, code, inspector)
    assert (report.status, report.tier, report.score) == ("accident", "五级", None)
    hub.drain()
    with hub.look() as work:
        card = queries.cards(work, [car.id])[0]
    assert (card.tier_kind, card.verdict["zh"].split(" · ")[0]) == ("barred", "第三方鉴定 五级，事故车")
    assert client.get(f"/reports/{report.code}").status_code == 200
    assert client.get(f"/items/{car.code}").status_code == 200


def test_a_car_that_may_not_be_traded_is_taken_off_the_shelf_when_its_report_is_signed(hub):
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector, tradable_check="true", tradable_2="Y")
    assert signed(hub, code, inspector).status == "not_tradable"
    hub.drain()
    assert fresh(hub, car.id).state == "removed"


def test_a_car_without_an_engine_is_appraised_by_our_own_scheme(hub, client):
    electric = {**CAR, "brand": "tesla", "model": "model-3", "facts": CAR["facts"] | {"energy": "electric"}}
    car = make_thing_listing(hub, make_user(hub), "car", electric)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector, soh_percent="91", soh_level="A")
    report = signed(hub, code, inspector)
    assert report.scheme_id == "ev-house-1"
    text = client.get(f"/reports/{report.code}").get_data(as_text=True)
    assert "GB/T" not in text


MEASURED = {
    "protection_class": "I",
    "start_date": "2023-06-01",
    "leakage_ma": "0.4",
    "earth_ohm": "0.09",
    "insulation_i_mohm": "50",
}


def test_a_washing_machine_is_appraised_by_its_type_with_measured_numbers(hub, client):
    washer = make_thing_listing(hub, make_user(hub), "appliance", WASHER)
    assert (washer.kind, washer.capacity_tenths, washer.first_used) == ("washing_machine", 100, "2023-06")
    code, _thing, inspector = an_inspection(hub, washer)
    sign_in(client, hub, inspector)
    text = client.get(f"/appraisals/{code}/inspect").get_data(as_text=True)
    assert 'value="2023-06-01"' in text
    answer_all(hub, code, inspector, **MEASURED)
    report = signed(hub, code, inspector)
    assert (report.scheme_id, report.status) == ("appliance-2026.1", "graded")
    facts = report.content["result"]["facts"]
    assert (facts["type"], facts["protection_class"]) == ("washing_machine", "I")
    assert client.get(f"/reports/{report.code}").status_code == 200
    assert fresh(hub, washer.id).report_code is None  # until the news is heard


def test_a_date_in_the_future_is_refused_by_itself_and_breaks_no_page(hub, client):
    washer = make_thing_listing(hub, make_user(hub), "appliance", WASHER)
    code, _thing, inspector = an_inspection(hub, washer)
    with hub.begin(actor(hub, inspector)) as work:
        saved = appraisal.save_findings(work, code, {"start_date": "2099-01-01", "protection_class": "I"}, 0)
    assert set(saved.refused) >= {"start_date"} or set(saved.refused) >= {"protection_class"}
    sign_in(client, hub, inspector)
    assert client.get(f"/appraisals/{code}/inspect").status_code == 200


def test_an_appliance_is_sold_brought_into_the_room_and_accepted_in_seven_days(hub):
    washer = make_thing_listing(hub, make_user(hub, name="许清和"), "appliance", WASHER)
    buyer = make_user(hub, name="沈知遥")
    order = _bought(hub, washer, buyer)
    settle(hub, order.payment_code)
    as_seller(hub, order, trades.ship, order.code, "own", "", False)
    as_buyer(hub, order, trades.confirm_receipt, order.code)
    standing = fresh_order(hub, order)
    assert shanghai_day(standing.acceptance_due_at) - shanghai_day(standing.delivered_at) == timedelta(days=7)
    with hub.look() as work:
        from app.trades import queries as orders

        where = orders.address_of(standing, hub.sealer)
        assert work.now is not None
    assert (where.floor, where.lift, where.remarks) == (ROOM["floor"], ROOM["lift"], ROOM["remarks"])
    as_buyer(hub, order, trades.accept, order.code, standing.version)
    run_money(hub)
    assert fresh_order(hub, order).state == "completed"
    with hub.look() as work:
        sold = work.session.scalars(select(ObservedSale)).all()
        owner = work.session.get_one(Thing, washer.thing_id).owner_id
    assert owner == buyer.id
    assert [(sale.category, sale.kind) for sale in sold] in ([], [("appliance", "washing_machine")])


def _bought(hub, listing, buyer):
    with hub.begin(actor(hub, buyer)) as work:
        return trades.buy(work, hub.sealer, hub.settings, listing.code, listing.price_fen, "parcel", {**ADDRESS, **ROOM})


def test_each_category_has_its_page_with_its_own_filters(hub, client):
    make_thing_listing(hub, make_user(hub), "car", CAR)
    make_thing_listing(hub, make_user(hub), "appliance", WASHER)
    search.rebuild(hub.db, hub.index)
    client.set_cookie("lang", "en")
    found = {slug: client.get(f"/c/{slug}").get_data(as_text=True) for slug in ("phones", "cars", "appliances")}
    assert "朗逸" in found["cars"]
    assert "洗衣机" in found["appliances"]
    assert "Nothing of this kind is on sale yet" in found["phones"]
    assert client.get("/c/cars?energy=petrol&age=5&mileage=30000&kind=sedan").get_data(as_text=True).count("朗逸") > 0
    assert "朗逸" not in client.get("/c/cars?energy=electric").get_data(as_text=True)
    assert client.get("/c/bicycles").status_code == 404


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("朗逸 自动挡", "car"),
        ("大众", "car"),
        ("轿车", "car"),
        ("洗衣机", "appliance"),
        ("海尔 洗衣机", "appliance"),
        ("冰箱", None),
    ],
)
def test_words_of_cars_and_appliances_are_understood(hub, text, found):
    make_thing_listing(hub, make_user(hub), "car", CAR)
    make_thing_listing(hub, make_user(hub), "appliance", WASHER)
    search.rebuild(hub.db, hub.index)
    from werkzeug.datastructures import MultiDict

    with hub.look() as work:
        page = search.search(work, hub.index, read(MultiDict({"q": text})).query)
    assert [card.category for card in page.cards] == ([found] if found else [])


def test_an_attribute_added_by_data_shows_in_form_snapshot_and_page(hub, client, monkeypatch):
    car = schema.newest_schema("car")
    added = schema.Question.model_validate(
        {
            "code": "towbar",
            "kind": "choice",
            "name": {"zh": "拖车钩", "en": "Tow bar"},
            "ask": {"zh": "有拖车钩吗？", "en": "Does it have a tow bar?"},
            "options": [{"code": "fixed", "name": {"zh": "固定式", "en": "A fixed one"}}],
        }
    )
    changed = car.model_copy(update={"facts": (*car.facts, added)})
    monkeypatch.setattr(schema, "_schemas", lambda: {changed.id: changed})
    seller = make_user(hub)
    draft = make_thing_listing(hub, seller, "car", CAR, publish=False)
    sign_in(client, hub, seller)
    client.set_cookie("lang", "en")
    assert "Does it have a tow bar?" in client.get(f"/sell/{draft.code}/model?q=towbar").get_data(as_text=True)
    from app.listings import service as listings

    with hub.begin(actor(hub, seller)) as work:
        listings.publish(work, draft.code)
    with hub.look() as work:
        assert queries.version(work, draft.id, 1).content["thing"]["facts"]["towbar"] == "fixed"
    assert "A fixed one" in client.get(f"/items/{draft.code}").get_data(as_text=True)


def test_what_does_not_apply_is_not_asked(hub):
    listed = schema.newest_schema("appliance")
    of = {kind: {each.code for each in wizard.screens(listed, {"type": kind})} for kind in ("tv", "refrigerator", "gas_hob")}
    assert "screen_inch" in of["tv"]
    assert "wipe" in of["tv"]
    assert not {"screen_inch", "wipe", "gas"} & of["refrigerator"]
    assert "gas" in of["gas_hob"]
