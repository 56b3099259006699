"""In whose hands the thing is: times, hand-overs that both sides take part in, the way back; and every pair of state and action."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.appraisal import queries, service
from app.appraisal.errors import AppraisalNotFound, HandOverFirst, InCustody, NotInCustody, SealDiffers, SlotTaken
from app.appraisal.models import Appraisal
from app.appraisal.rules import missing_places, place_completes
from app.appraisal.states import APPRAISAL_FLOW, CANCELLED, DECLINED, UNABLE
from app.kernel.errors import BadState, DomainError, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from grading import load_scheme
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.making import clean_answers
from tests.appraisal.paying import ADDRESS, SEAL, Paid, make_paid, make_quote
from tests.goods.making import make_thing
from tests.listings.making import tiny_photo
from tests.trades.test_race import at_once


def test_a_thing_that_is_brought_in_is_in_somebodys_hands_at_any_time(hub: Hub) -> None:
    paid = make_paid(hub, "awaiting_item")
    assert paid.holder == "owner"
    paid.receive(photos=[tiny_photo(3)])
    assert (paid.holder, paid.order.state) == ("agency", "item_received")
    paid.answer_all().sign()
    assert (paid.holder, paid.order.state) == ("agency", "issued")
    assert paid.handing.back_due_at is not None
    paid.hand_back()
    assert paid.holder == "owner"
    kinds = [(row.no, row.kind, row.holder, row.confirmed, row.seal_no) for row in paid.custody]
    assert kinds == [(1, "received", "agency", "digits", SEAL), (2, "returned", "owner", "digits", SEAL)]
    assert len(paid.custody[0].photos) == 1
    paid.books_balance()


def test_a_parcel_is_confirmed_by_whoever_sends_and_whoever_receives(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    paid.as_owner(service.bring, hub.sealer, paid.code, paid.place.code, "send", ADDRESS)
    with pytest.raises(HandOverFirst):
        paid.receive()
    paid.as_owner(service.say_sent, paid.code, "顺丰速运", "sf 1234567890")
    assert paid.holder == "carrier"
    with pytest.raises(BadState):
        paid.as_owner(service.choose_again, paid.code)
    paid.receive().answer_all().sign()
    with hub.look(actor(hub, paid.appraiser)) as work:
        assert queries.waits_for_parcel(work, paid.code)
        assert queries.back_address(paid.handing, hub.sealer) == ADDRESS
        assert ADDRESS not in (paid.handing.back_address_sealed or "")
    paid.as_appraiser(service.send_back, paid.code, "顺丰速运", "SF0987654321")
    assert paid.holder == "carrier"
    with pytest.raises(NotInCustody):
        paid.as_appraiser(service.send_back, paid.code, "顺丰速运", "SF0987654321")
    paid.as_owner(service.take_back, paid.code, "外盒压扁了。")
    assert [row.kind for row in paid.custody] == ["sent", "received", "sent_back", "returned"]
    assert (paid.holder, paid.custody[-1].discrepancy) == ("owner", "外盒压扁了。")


def test_at_a_booked_time_the_owner_keeps_the_thing_and_the_digits_prove_the_meeting(hub: Hub) -> None:
    paid = make_paid(hub, "scheduled")
    with pytest.raises(BadState):
        paid.as_appraiser(service.save_findings, paid.code, clean_answers(), 0)
    paid.check_in()
    assert (paid.order.state, paid.holder, paid.custody) == ("inspecting", "owner", [])
    paid.answer_all().sign()
    assert (paid.order.state, paid.handing.back_due_at) == ("issued", None)
    paid.books_balance()


def test_a_paid_inspection_does_not_begin_without_the_thing(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    with pytest.raises(HandOverFirst):
        paid.as_appraiser(service.save_findings, paid.code, clean_answers(), 0)
    assert paid.order.state == "accepted"


def test_five_wrong_tries_lock_the_digits_for_a_while(hub: Hub) -> None:
    paid = make_paid(hub, "awaiting_item")
    wrong = "000000" if paid.digits != "000000" else "000001"

    def attempt(digits: str) -> service.DigitsAnswer:
        return paid.as_appraiser(service.receive, hub.sealer, hub.store, paid.code, digits, service.Seen(SEAL))

    assert [attempt(wrong).tries_left for _ in range(4)] == [4, 3, 2, 1]
    assert attempt(wrong).locked_until is not None
    assert not attempt(paid.digits).right, "not even the right ones while it is locked"
    with pytest.raises(InvalidInput):
        attempt("12")
    paid.later(minutes=16)
    assert attempt(paid.digits).right
    assert paid.holder == "agency"


def test_a_digits_of_an_earlier_hand_over_opens_nothing(hub: Hub) -> None:
    paid = make_paid(hub, "awaiting_item")
    before = paid.digits
    paid.receive().answer_all().sign()
    if before != paid.digits:
        seen = service.Seen(SEAL)
        assert not paid.as_appraiser(service.hand_back, hub.sealer, paid.code, before, seen).right
    assert paid.holder == "agency"


def test_another_seal_than_the_one_that_was_closed_needs_words(hub: Hub) -> None:
    paid = make_paid(hub, "issued")
    with pytest.raises(SealDiffers):
        paid.hand_back("XY-00000000")
    assert paid.holder == "agency"
    paid.hand_back("XY-00000000", "检测时拆封，重新封装。")
    assert (paid.custody[-1].seal_no, paid.custody[-1].discrepancy) == ("XY-00000000", "检测时拆封，重新封装。")


@pytest.mark.parametrize("seal", ["", "1", "封签", "A" * 25])
def test_a_seal_number_that_is_none_is_refused(hub: Hub, seal: str) -> None:
    paid = make_paid(hub, "awaiting_item")
    with pytest.raises(InvalidInput) as refusal:
        paid.as_appraiser(service.receive, hub.sealer, hub.store, paid.code, paid.digits, service.Seen(seal))
    assert list(refusal.value.errors) == ["seal_no"]


def test_two_owners_who_book_the_same_time(hub: Hub) -> None:
    one = make_paid(hub, "accepted")
    two = another_at(hub, one)
    slot = one.slot()

    def booking(paid: Paid) -> Callable[[], Appraisal]:
        who = actor(hub, paid.owner)

        def book() -> Appraisal:
            with hub.begin(who) as work:
                return service.book(work, hub.sealer, paid.code, slot.code)

        return book

    answers = at_once(booking(one), booking(two))
    assert sum(isinstance(answer, Appraisal) for answer in answers) == 1, answers
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 1, answers
    assert sorted([one.order.state, two.order.state]) == ["accepted", "scheduled"]


def another_at(hub: Hub, paid: Paid) -> Paid:
    """A second accepted order at the same agency."""
    owner = make_user(hub, name="贺兰")
    thing = make_thing(hub, owner)
    with hub.begin(actor(hub, owner)) as work:
        code = service.request(work, thing.code, paid.agency.code).code
    other = Paid(hub, code, thing, owner, paid.agency, paid.manager, paid.place, paid.appraisers)
    return other.pay().accept()


def test_a_time_that_is_given_back_can_be_booked_by_somebody_else(hub: Hub) -> None:
    one = make_paid(hub, "accepted")
    two, slot = another_at(hub, one), one.slot()
    one.as_owner(service.book, hub.sealer, one.code, slot.code)
    with pytest.raises(SlotTaken):
        two.as_owner(service.book, hub.sealer, two.code, slot.code)
    one.as_owner(service.choose_again, one.code)
    assert one.order.state == "accepted"
    two.as_owner(service.book, hub.sealer, two.code, slot.code)
    one.book().check_in()
    assert one.order.state == "inspecting"


def test_a_cancelled_order_gives_its_time_back(hub: Hub) -> None:
    paid = make_paid(hub, "scheduled")
    paid.as_owner(service.cancel, paid.code)
    assert paid.handing.slot_id is None


def test_times_past_or_taken_back_cannot_be_booked(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    gone, past = paid.slot(30), paid.slot(1)
    paid.by(paid.manager, service.take_time_back, gone.code)
    paid.later(hours=2)
    for slot in (gone, past):
        with pytest.raises(SlotTaken):
            paid.as_owner(service.book, hub.sealer, paid.code, slot.code)
    with pytest.raises(InvalidInput):
        paid.as_owner(service.book, hub.sealer, paid.code, "0" * 26)


def test_a_time_that_is_booked_is_not_taken_back(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    slot = paid.slot()
    paid.as_owner(service.book, hub.sealer, paid.code, slot.code)
    paid.by(paid.manager, service.take_time_back, slot.code)
    with hub.look() as work:
        found = queries.find_slot(work, slot.code)
        assert found is not None
        assert found.closed_at is None


@pytest.mark.parametrize(
    ("scheme", "kinds", "complete"),
    [
        ("phone-2026.1", ["workshop"], True),
        ("phone-2026.1", ["hub"], True),
        ("phone-2026.1", ["home"], False),
        ("appliance-2026.1", ["workshop"], True),
        ("appliance-2026.1", ["hub"], False),
        ("gbt30323-2013/r1", ["workshop"], False),
        ("gbt30323-2013/r1", ["lift"], False),
        ("gbt30323-2013/r1", ["workshop", "lift"], True),
        ("ev-house-1", ["workshop", "lift"], True),
        ("ev-house-1", ["workshop", "hub"], False),
    ],
)
def test_only_places_that_can_complete_the_grade_are_offered(scheme: str, kinds: list[str], complete: bool) -> None:
    loaded = load_scheme(scheme)
    assert place_completes(loaded, kinds) == complete
    assert (missing_places(loaded, kinds) == 0) == complete


def test_an_agency_whose_places_cannot_complete_it_is_not_asked_for_a_fee(hub: Hub) -> None:
    paid = make_quote(hub)
    paid.by(paid.manager, service.close_place, paid.place.code)
    thing = make_thing(hub, paid.owner)
    with pytest.raises(InvalidInput) as refusal:
        paid.as_owner(service.request, thing.code, paid.agency.code)
    assert list(refusal.value.errors) == ["agency"]


def test_a_thing_that_never_comes_ends_the_order(hub: Hub) -> None:
    for state in ("accepted", "awaiting_item"):
        paid = make_paid(hub, state)
        paid.later(days=16)
        assert paid.order.state == "cancelled"
        paid.books_balance()


def test_a_parcel_on_its_way_does_not_run_into_the_time_for_coming(hub: Hub) -> None:
    paid = make_paid(hub, "accepted").send()
    paid.later(days=16)
    assert (paid.order.state, paid.holder) == ("awaiting_item", "carrier")


def test_a_thing_that_does_not_go_back_in_time_is_shown_to_staff_until_somebody_writes_what_happened(hub: Hub) -> None:
    paid = make_paid(hub, "issued")
    paid.later(days=16)
    assert paid.fee.staff_reason == "not_back"
    operator = make_member(hub, "operator")
    paid.by(operator, service.note_back, paid.code, "物主出差，约好下周来取。")
    assert paid.fee.staff_reason is None
    paid.hand_back()
    assert paid.holder == "owner"


def test_strangers_touch_nothing(hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    stranger, other = make_user(hub), make_member(hub, "appraiser")
    seen = service.Seen(SEAL)
    calls: list[Callable[[], Any]] = [
        lambda: paid.by(stranger, service.cancel, paid.code, "fetch"),
        lambda: paid.by(stranger, service.choose_back, hub.sealer, paid.code, "fetch"),
        lambda: paid.by(stranger, service.take_back, paid.code),
        lambda: paid.by(other, service.receive, hub.sealer, hub.store, paid.code, paid.digits, seen),
        lambda: paid.by(other, service.hand_back, hub.sealer, paid.code, paid.digits, seen),
        lambda: paid.by(other, service.send_back, paid.code, "顺丰", "SF1234567890"),
    ]
    for call in calls:
        with pytest.raises(AppraisalNotFound):
            call()
    assert paid.holder == "agency"


@pytest.mark.parametrize("statement", ["UPDATE appraisal_custody SET holder = 'owner'", "DELETE FROM appraisal_custody"])
def test_the_database_keeps_every_step_from_hand_to_hand(hub: Hub, statement: str) -> None:
    make_paid(hub, "item_received")
    with pytest.raises((IntegrityError, DatabaseError)), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def attempt_all(paid: Paid) -> dict[str, Callable[[], Any]]:
    """Every action that somebody takes on a paid order, by the event of the table, with input that would be right."""
    hub, code, seen = paid.hub, paid.code, service.Seen(SEAL)
    somebody = paid.appraisers[0]
    named = next((person for person in paid.appraisers if person.id == paid.order.appraiser_id), somebody)

    def digits() -> str:
        with hub.look() as work:
            handing = queries.handing_of(work, paid.order.id)
            return (queries.digits_of(handing, hub.sealer) if handing else None) or "123456"

    return {
        "accept": lambda: paid.by(named, service.accept, code),
        "pass": lambda: paid.by(named, service.decline, code, "今天不行。"),
        "cancel": lambda: paid.as_owner(service.cancel, code, "fetch"),
        "book": lambda: paid.as_owner(service.book, hub.sealer, code, paid.slot().code),
        "bring": lambda: paid.as_owner(service.bring, hub.sealer, code, paid.place.code, "bring"),
        "release": lambda: paid.as_owner(service.choose_again, code),
        "check_in": lambda: paid.by(named, service.check_in, hub.sealer, code, digits()),
        "receive": lambda: paid.by(named, service.receive, hub.sealer, hub.store, code, digits(), seen),
        "begin": lambda: paid.by(named, service.save_findings, code, {"mdm": "none"}, paid.order.findings_rev),
        "sign": lambda: paid.by(named, service.sign, code, named.display_name, paid.order.findings_rev),
        "give_up": lambda: paid.by(named, service.give_up, code, "打不开。", "locked"),
        "return": lambda: paid.by(named, service.hand_back, hub.sealer, code, digits(), seen),
    }


STATES = ["quoted", "assigned", "accepted", "scheduled", "awaiting_item", "item_received", "inspecting", "issued"]
# What the table would allow and a guard beside it refuses for this order; and the free repetition of a save.
GUARDED = {("accepted", "begin"): HandOverFirst, ("issued", "receive"): HandOverFirst}  # nothing is on its way any more


EVENTS = ["accept", "pass", "cancel", "book", "bring", "release", "check_in", "receive", "begin", "sign", "give_up", "return"]


FURTHER_SAVE = ("inspecting", "begin")  # taken, and moves nothing


def is_taken(state: str, event: str) -> bool:
    return (state, event) == FURTHER_SAVE or (APPRAISAL_FLOW.can(state, event) and (state, event) not in GUARDED)


@pytest.mark.parametrize(("state", "event"), [(state, event) for state in STATES for event in EVENTS if is_taken(state, event)])
def test_an_action_leads_where_the_table_says(hub: Hub, state: str, event: str) -> None:
    paid = make_paid(hub, state)
    attempt_all(paid)[event]()
    assert paid.order.state == (state if (state, event) == FURTHER_SAVE else APPRAISAL_FLOW.table[state, event])
    paid.books_balance()


@pytest.mark.parametrize("state", STATES)
def test_every_other_action_in_every_state_is_refused_and_changes_nothing(hub: Hub, state: str) -> None:
    paid = make_paid(hub, state)
    before = paid.order
    acts = attempt_all(paid)
    assert set(acts) == set(EVENTS)
    for event in (event for event in EVENTS if not is_taken(state, event)):
        with pytest.raises(GUARDED.get((state, event), DomainError)) as refusal:
            acts[event]()
        assert refusal.value.status in (404, 409), event
        after = paid.order
        assert (after.state, after.version, after.appraiser_id) == (before.state, before.version, before.appraiser_id), event
    paid.books_balance()


def test_an_order_that_ended_without_a_report_answers_nothing_but_the_way_back() -> None:
    for state in (DECLINED, CANCELLED, UNABLE):
        assert set(APPRAISAL_FLOW.allowed(state)) <= {"receive", "send_back", "return"}


def test_a_time_far_away_or_gone_is_not_offered(hub: Hub) -> None:
    paid = make_quote(hub)
    with hub.look() as work:
        now = work.now
    for start in (now - timedelta(hours=1), now + timedelta(days=61)):
        with pytest.raises(InvalidInput):
            paid.by(paid.manager, service.offer_times, paid.place.code, [start], 60)
    made = paid.by(paid.manager, service.offer_times, paid.place.code, [now + timedelta(days=1)] * 2, 60)
    assert len(made) == 1
    assert paid.by(paid.manager, service.offer_times, paid.place.code, [now + timedelta(days=1)], 60) == []


def test_cancelling_in_custody_without_a_way_back_changes_nothing(hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    with pytest.raises(InCustody):
        paid.as_owner(service.cancel, paid.code)
    assert (paid.order.state, paid.holder) == ("item_received", "agency")
