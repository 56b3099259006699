"""The checklist at delivery: what it asks, that it is handed in once, and what follows."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.models import User
from app.kernel.audit import AuditEntry
from app.kernel.deadlines import Deadline
from app.kernel.errors import Conflict, DomainError, InvalidInput
from app.kernel.hub import Hub
from app.listings.schema import newest_schema
from app.notices.models import Notice
from app.trades import service
from app.trades.checklist import checklist
from app.trades.errors import CheckedOnce, NothingToCheck, NotYourStep, WindowOver
from app.trades.models import Order, OrderCheck
from app.trades.queries import checking
from app.trades.queries.promised import promised_items
from app.trades.service import Found
from app.trades.states import ACCEPTANCE, COMPLETED, FULFILLING, PAID
from grading import load_scheme
from tests.accounts.making import make_member, make_user
from tests.aftersales.making import arrived, claim
from tests.appraisal.making import make_report
from tests.journeys.test_categories import MEASURED, an_inspection, answer_all, signed
from tests.listings.making import WASHER, make_listing, make_thing_listing, tiny_photo
from tests.listings.making import fresh as fresh_listing
from tests.payments.making import settle
from tests.trades.comparing import differing, hand_in, listed
from tests.trades.making import as_buyer, as_seller, buy, fresh, later, make_order, report

GLASS = "report:screen_glass"
_serials = iter(range(1000, 9999))
CRACKED = Found("differs", "cracked", "右上角有一道裂纹。")


def appraised(hub: Hub, **answers: str) -> Order:
    """An order of a phone, appraised with these answers, that has arrived."""
    listing = make_listing(hub, make_member(hub, "dealer"))
    make_report(hub, listing=listing, **answers)
    hub.drain()
    return make_order(hub, ACCEPTANCE, listing=fresh_listing(hub, listing.id), buyer=make_user(hub))


def brought(hub: Hub, *, with_report: bool, buyer: User | None = None) -> Order:
    """A washing machine that was bought and brought into the room."""
    washer = make_thing_listing(hub, make_user(hub), "appliance", {**WASHER, "serial": f"CE0J7M00R9K1{next(_serials):04d}"})
    if with_report:
        code, _thing, inspector = an_inspection(hub, washer)
        answer_all(hub, code, inspector, **MEASURED)
        signed(hub, code, inspector)
        hub.drain()
    order = buy(hub, washer, buyer or make_user(hub), floor="6", lift="no", remarks="")
    settle(hub, order.payment_code)
    as_seller(hub, order, service.ship, order.code, "own", "", False)
    as_buyer(hub, order, service.confirm_receipt, order.code)
    return fresh(hub, order)


def test_every_item_and_question_of_the_list_exists() -> None:
    for category, scheme in (("phone", "phone-2026.1"), ("appliance", "appliance-2026.1")):
        keys = [each.key for each in checklist().report[category]]
        assert set(keys) <= set(load_scheme(scheme).items_by_key)
        assert len(keys) == len(set(keys))
        schema = newest_schema(category)
        assert schema is not None
        codes = [each.key for each in checklist().answers[category]]
        assert set(codes) <= {question.code for question in (*schema.facts, *schema.questions)}
        assert len(codes) == len(set(codes))


def test_nothing_on_the_list_needs_an_instrument_that_a_household_has_not() -> None:
    """What is measured with these is left to an appraiser."""
    barred = {
        "earth_tester", "insulation_tester", "leakage_tester", "hipot_tester", "residual_current_tester", "microwave_meter",
        "gas_leak_tester", "flue_gas_analyser", "refrigerant_detector", "erasure_tool",
    }  # fmt: skip
    for scheme in ("phone-2026.1", "appliance-2026.1"):
        items = load_scheme(scheme).items_by_key
        for each in checklist().report[scheme.partition("-")[0]]:  # type: ignore[index]
            assert items[each.key].instrument not in barred, each.key
            assert not items[each.key].computed, each.key


def test_the_list_is_made_from_the_signed_report(hub: Hub) -> None:
    order = appraised(hub, screen_glass="micro", nfc="not_tested", battery_pct="88")
    found = listed(hub, order)
    asks = {ask.item.key: ask for ask in found.asks}
    assert found.with_report
    assert asks[GLASS].item.promised["zh"] == "细微划痕(亮屏20cm不可见)"
    assert "cracked" in asks[GLASS].others
    assert "micro" not in asks[GLASS].others
    assert asks["report:battery_pct"].item.range is not None
    assert asks["thing:number"].item.promised["zh"]
    assert "answer:screen_glass" not in asks, "the report has looked at it"
    assert "answer:accessories" in asks, "what comes with it only the seller can promise"
    with hub.look() as work:
        keys = {item.key for item in promised_items(work, order)}
    assert set(asks) <= keys, "every line is something that a claim can point at"
    assert found.beyond == len([key for key in keys if key.startswith("report:") and key not in asks]) - 1  # nfc says nothing


def test_without_a_report_it_is_made_from_what_the_seller_said(hub: Hub) -> None:
    order = make_order(hub, ACCEPTANCE)
    found = listed(hub, order)
    assert not found.with_report
    keys = [ask.item.key for ask in found.asks]
    assert {"thing:number", "answer:screen_glass", "answer:battery"} <= set(keys)
    assert not any(key.startswith("report:") for key in keys)


def test_an_appliance_has_a_list_with_and_without_a_report(hub: Hub) -> None:
    plain, graded = (brought(hub, with_report=each) for each in (False, True))
    keys = [ask.item.key for ask in listed(hub, plain).asks]
    assert {"answer:power", "answer:washing", "answer:exterior", "answer:complete"} <= set(keys)
    assert "answer:cooling" not in keys, "a washing machine was not asked about it"
    found = listed(hub, graded)
    asked = {ask.item.key for ask in found.asks}
    assert {"report:cord_plug", "report:spin", "report:exterior"} <= asked
    assert not asked & {"report:earth_ohm", "report:leakage_ratio", "report:picture", "report:freezer_c"}
    assert found.beyond >= 3
    hand_in(hub, graded, {"report:spin": Found("differs", "degraded", "脱水时响声很大。")})
    with hub.look() as work:
        assert checking.grade_as_delivered(work, graded, list(differing(hub, graded).values())) is not None


def test_what_differs_is_kept_with_what_was_promised_and_what_is_seen(hub: Hub) -> None:
    order = appraised(hub, battery_pct="96")
    before = fresh(hub, order).acceptance_due_at
    check = hand_in(
        hub,
        order,
        {
            GLASS: Found("differs", "cracked", "右上角有一道裂纹。", tiny_photo(4001)),
            "report:battery_pct": Found("differs", "79"),
            "report:touch": Found("unchecked"),
        },
    )
    assert (check.result, check.differing) == ("differs", 2)
    rows = differing(hub, order)
    assert rows[GLASS].promised["zh"] == "无痕"
    assert rows[GLASS].seen["zh"] == "外屏碎裂"
    assert rows[GLASS].photo_id is not None
    assert rows["report:battery_pct"].seen == {"zh": "79%", "en": "79%"}
    after = fresh(hub, order)
    assert (after.state, after.acceptance_due_at) == (ACCEPTANCE, before), "comparing takes no time away"
    with hub.look() as work:
        told = [row.text for row in work.session.scalars(select(Notice).where(Notice.user_id == order.seller_id))]
    assert any("found %(count)s differences" in each for each in told)


def test_the_report_is_graded_again_with_what_the_buyer_saw(hub: Hub) -> None:
    order = appraised(hub)
    hand_in(hub, order, {GLASS: CRACKED})
    with hub.look() as work:
        graded = checking.grade_as_delivered(work, order, list(differing(hub, order).values()))
    assert order.tier == "S"
    assert graded is not None
    assert graded.tier == "D", "a cracked glass caps at D in the scheme"
    in_words = appraised(hub)
    hand_in(hub, in_words, {GLASS: Found("differs", "", "像是换过的屏幕。")})
    with hub.look() as work:
        assert checking.grade_as_delivered(work, in_words, list(differing(hub, in_words).values())) is None


def test_a_list_is_handed_in_once_by_the_buyer_while_checking(hub: Hub) -> None:
    order = arrived(hub)
    lines = {ask.item.key: Found("same") for ask in listed(hub, order).asks}
    with pytest.raises(NotYourStep):
        as_seller(hub, order, service.hand_in_check, hub.store, hub.sealer, order.code, lines)
    hand_in(hub, order)
    with pytest.raises(CheckedOnce):
        hand_in(hub, order, {GLASS: CRACKED})
    assert differing(hub, order) == {}
    for state in (PAID, FULFILLING, COMPLETED):
        other = make_order(hub, state)
        with pytest.raises(NothingToCheck):
            hand_in(hub, other)
    complained = make_order(hub, ACCEPTANCE)
    report(hub, complained)
    with pytest.raises(NothingToCheck):
        hand_in(hub, complained)


def test_the_last_second_is_in_time_and_the_next_is_not(hub: Hub) -> None:
    order, late = arrived(hub), arrived(hub)
    due = fresh(hub, late).acceptance_due_at
    assert due is not None
    with hub.look() as work:
        left = due - work.now
    later(hub, seconds=left.total_seconds() - 2)
    hand_in(hub, order)
    later(hub, seconds=4)
    with pytest.raises(WindowOver):
        hand_in(hub, late)


@pytest.mark.parametrize(
    ("key", "said", "field"),
    [
        (GLASS, Found(""), f"{GLASS}/answer"),
        (GLASS, Found("maybe"), f"{GLASS}/answer"),
        (GLASS, Found("differs"), f"{GLASS}/words"),
        (GLASS, Found("differs", "micro_scopic"), f"{GLASS}/seen"),
        (GLASS, Found("differs", "none"), f"{GLASS}/seen"),  # what was promised is no difference
        (GLASS, Found("differs", "", "字" * 301), f"{GLASS}/words"),
        (GLASS, Found("differs", "cracked", "", b"no photo"), f"{GLASS}/photo"),
        ("report:battery_pct", Found("differs", "1e2"), "report:battery_pct/seen"),
        ("report:battery_pct", Found("differs", "101"), "report:battery_pct/seen"),
        ("report:nothing", Found("same"), ""),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(hub: Hub, key: str, said: Found, field: str) -> None:
    order = arrived(hub)
    with pytest.raises(InvalidInput) as refused:
        hand_in(hub, order, {key: said})
    assert set(refused.value.errors) == {field}
    with hub.look() as work:
        assert checking.check_of(work, order.id) is None


def test_at_most_six_photos(hub: Hub) -> None:
    order = arrived(hub)
    keys = [ask.item.key for ask in listed(hub, order).asks][:7]
    with pytest.raises(InvalidInput):
        hand_in(hub, order, {key: Found("differs", "", "不一样。", tiny_photo(4100 + no)) for no, key in enumerate(keys)})
    assert hand_in(hub, order, {key: Found("differs", "", "不一样。", tiny_photo(4200 + no)) for no, key in enumerate(keys[:6])})


def test_the_clock_goes_on_and_the_buyer_is_reminded_before_it_ends(hub: Hub) -> None:
    order = arrived(hub)
    hand_in(hub, order, {GLASS: CRACKED})
    later(hub, hours=49)
    assert _notices(hub, order, "no claim is open") == 1
    later(hub, hours=24)
    assert fresh(hub, order).state == COMPLETED, "the list alone stops nothing, and both pages say so"


def test_nobody_is_reminded_after_a_claim_or_without_a_difference(hub: Hub) -> None:
    content, claimed = arrived(hub), arrived(hub)
    hand_in(hub, content)
    hand_in(hub, claimed, {GLASS: CRACKED})
    claim(hub, claimed)
    later(hub, hours=49)
    assert [_notices(hub, each, "no claim is open") for each in (content, claimed)] == [0, 0]


def test_it_stands_in_the_timeline_and_a_stale_acceptance_is_refused(hub: Hub) -> None:
    order = arrived(hub)
    version = fresh(hub, order).version
    hand_in(hub, order, {GLASS: CRACKED})
    with pytest.raises(Conflict):
        as_buyer(hub, order, service.accept, order.code, version)
    as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    with hub.look() as work:
        verbs = work.session.scalars(
            select(AuditEntry.verb).where(AuditEntry.entity == "order", AuditEntry.entity_id == order.id)
        )
        assert "order.check" in list(verbs)
        left = list(work.session.scalars(select(Deadline.kind).where(Deadline.entity == "order", Deadline.entity_id == order.id)))
    assert [kind for kind in left if kind in ("acceptance", "check_reminder")] == []


TAMPERING = (
    "UPDATE order_check SET result = 'passed', differing = 0 WHERE id = :check",
    "DELETE FROM order_check WHERE id = :check",
    "UPDATE order_check_line SET answer = 'same', seen_value = NULL, seen = NULL, words = '' WHERE check_id = :check",
    "DELETE FROM order_check_line WHERE check_id = :check",
    "INSERT INTO order_check_line (check_id, no, item_key, name, promised, answer, words) "
    "VALUES (:check, 90, 'x:y', '{}', '{}', 'same', '')",
    "INSERT INTO order_check (code, order_id, by_id, result, line_count, differing, at) "
    "SELECT 'another', :unchecked, :stranger, 'passed', 3, 0, at FROM order_check WHERE id = :check",
    "INSERT INTO order_check (code, order_id, by_id, result, line_count, differing, at) "
    "SELECT 'another', :over, buyer_id, 'passed', 3, 0, created_at FROM trade_order WHERE id = :over",
)


@pytest.mark.parametrize("statement", TAMPERING)
def test_what_was_handed_in_is_kept_by_the_database(hub: Hub, statement: str) -> None:
    order, unchecked, over = arrived(hub), arrived(hub), arrived(hub, COMPLETED)
    check = hand_in(hub, order, {GLASS: CRACKED})
    named = {"check": check.id, "unchecked": unchecked.id, "stranger": unchecked.seller_id, "over": over.id}
    given = {name: value for name, value in named.items() if f":{name}" in statement}
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement), given)
    assert differing(hub, order).keys() == {GLASS}


def test_two_lists_at_once_leave_one(hub: Hub) -> None:
    order = arrived(hub)
    ready, done = threading.Barrier(2), []

    def send(found: dict[str, Found]) -> None:
        ready.wait()
        try:
            hand_in(hub, order, found)
            done.append("kept")
        except DomainError as refused:
            done.append(refused.code)

    threads = [threading.Thread(target=send, args=(found,)) for found in ({}, {GLASS: CRACKED})]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done) == ["checked_once", "kept"]
    with hub.look() as work:
        assert len(work.session.scalars(select(OrderCheck).where(OrderCheck.order_id == order.id)).all()) == 1


def _notices(hub: Hub, order: Order, part: str) -> int:
    with hub.look() as work:
        rows = work.session.scalars(select(Notice.text).where(Notice.user_id == order.buyer_id))
        return len([each for each in rows if re.search(part, each)])
