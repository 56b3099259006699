"""An appraiser comes to the owner's home: booked once, moved, met, missed; and where every fen goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.appraisal import queries, service
from app.appraisal.errors import AppraisalNotFound, FeeChanged
from app.appraisal.models import Report
from app.appraisal.terms import terms_on
from app.goods import catalogue
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.audit import AuditEntry
from app.kernel.errors import BadState, DomainError, InvalidInput
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.visits import queries as visit_queries
from app.visits import service as visits
from app.visits.errors import AreaOffered, VisitCannotMove, VisitNotBegun, VisitTimeTaken, VisitUndecided
from app.visits.models import Visit
from app.visits.states import RUNNING, VISIT_FLOW
from grading import list_schemes, load_scheme
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.paying import FEE, district
from tests.goods.making import make_thing
from tests.trades.test_race import at_once
from tests.visits.making import HOME, WAY, make_at_home, make_offering


def test_an_appraiser_comes_to_the_home_and_the_thing_never_leaves_its_owner(hub: Hub) -> None:
    made = make_at_home(hub, "quoted")
    assert (made.fee.fee_fen, made.visit.fee_fen) == (FEE + WAY, WAY)
    made.pay().accept()
    assert made.order.state == "scheduled"
    assert (made.visit.state, made.handing.come_due_at is not None) == ("booked", True)
    made.check_in()
    assert (made.order.state, made.visit.state, made.visit.address_sealed) == ("inspecting", "met", None)
    made.answer_all().sign()
    assert (made.order.state, made.holder, made.custody) == ("issued", "owner", [])
    assert made.handing.back_due_at is None
    made.books_balance()
    with hub.look() as work:
        content = work.session.scalars(select(Report).where(Report.appraisal_id == made.order.id)).one().content
    assert content["place"]["name"].startswith("上门检测")
    assert "柳荫街" not in str(content)


def test_the_address_is_sealed_and_read_by_the_appraiser_who_accepted_and_nobody_else(hub: Hub) -> None:
    made = make_at_home(hub, "assigned")
    colleague = next(person for person in made.appraisers if person.id != made.appraiser.id)

    def sees(who: object) -> bool:
        with hub.look(actor(hub, who)) as work:  # type: ignore[arg-type]
            return queries.shows_home(work, made.code)

    assert not sees(made.appraiser)  # drawn, and has not accepted
    made.accept()
    assert [sees(who) for who in (made.appraiser, colleague, made.manager, made.owner)] == [True, False, False, False]
    assert HOME not in (made.visit.address_sealed or "")
    assert visit_queries.address_of(made.visit, hub.sealer) == HOME
    with hub.begin(actor(hub, made.appraiser)) as work:
        service.note_home_shown(work, made.code)
    with hub.look() as work:
        assert work.session.scalars(select(AuditEntry).where(AuditEntry.verb == "appraisal.home_shown")).one()
    made.check_in()
    assert not sees(made.appraiser)
    with pytest.raises(AppraisalNotFound), hub.look(actor(hub, make_user(hub))) as work:
        queries.shows_home(work, made.code)


@pytest.mark.parametrize("scheme_id", list_schemes())
def test_only_what_can_be_graded_at_home_is_offered_there(hub: Hub, scheme_id: str) -> None:
    bare, equipped = make_offering(hub, brings_bench=False, name="轻装检测"), make_offering(hub, name="流动检测")
    scheme = load_scheme(scheme_id)
    with hub.begin(actor(hub, bare.manager)) as work:
        for category in ("car", "appliance"):
            service.set_price(work, bare.agency.id, category, FEE, 3)
    with hub.begin(actor(hub, equipped.manager)) as work:
        for category in ("car", "appliance"):
            service.set_price(work, equipped.agency.id, category, FEE, 3)
    with hub.look() as work:
        offers = queries.visit_offers(work, "phone", scheme, district())
    names = [offer.agency.name for offer in offers]
    needs_lift = any(
        item.required and item.places and "lift" in item.places and "hub" not in item.places for item in scheme.items
    )
    assert names == ([] if needs_lift else ["流动检测"])
    if not needs_lift:
        assert offers[0].fee_fen == FEE + WAY


def test_what_is_not_offered_cannot_be_ordered(hub: Hub) -> None:
    bare, offering = make_offering(hub, brings_bench=False, name="轻装检测"), make_offering(hub, first_hours=6, times=3)
    owner = make_user(hub)
    thing = make_thing(hub, owner)

    def refused(kind: type[DomainError], code: str, slot: str, fee: int = FEE + WAY, address: str = HOME) -> None:
        wish = service.HomeWish(hub.sealer, slot, address)
        with pytest.raises(kind), hub.begin(actor(hub, owner)) as work:
            service.request(work, thing.code, code, fee, wish)

    refused(InvalidInput, bare.agency.code, bare.slots[0].code)  # corrosion is not seen without a bench
    refused(InvalidInput, bare.agency.code, offering.slots[0].code)  # the time of somebody else
    refused(InvalidInput, offering.agency.code, "0" * 26)
    refused(VisitTimeTaken, offering.agency.code, offering.slots[0].code)  # sooner than anybody could come
    far = make_offering(hub, name="远方检测")
    refused(FeeChanged, far.agency.code, far.slots[0].code, FEE)
    refused(InvalidInput, far.agency.code, far.slots[0].code, address="太短")
    with hub.look() as work:
        assert work.session.scalars(select(Visit)).all() == []
        assert queries.open_appraisal(work, thing.id) is None


def test_eight_households_want_one_time_and_the_database_gives_it_to_one(hub: Hub) -> None:
    offering = make_offering(hub)
    people = [make_user(hub) for _ in range(8)]
    things = [make_thing(hub, person) for person in people]
    for slot in offering.slots[:3]:

        def asking(place: int, slot_code: str = slot.code) -> Callable[[], object]:
            who = actor(hub, people[place])
            return lambda: hub.db.run(who, lambda work: offering.ask(work, things[place].code, slot_code).code)

        answers = at_once(*(asking(place) for place in range(8)))
        won = [answer for answer in answers if isinstance(answer, str)]
        assert len(won) == 1, answers
        assert all(isinstance(answer, str | VisitTimeTaken) for answer in answers), answers
        winner = answers.index(won[0])
        with hub.begin(actor(hub, people[winner])) as work:
            service.cancel(work, won[0])  # so that everybody can ask in the next round
    with hub.look() as work:
        assert {row.state for row in work.session.scalars(select(Visit))} == {"cancelled"}


def test_without_the_unique_key_the_same_time_is_booked_twice(hub: Hub) -> None:
    """The planted fault: what stops a second booking is the key itself, whoever forgets to look."""
    offering = make_offering(hub)
    first, second = offering.order(slot=0), offering.order(slot=1)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(
            text("UPDATE visit SET slot_id = :slot WHERE id = :id"), {"slot": first.visit.slot_id, "id": second.visit.id}
        )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("slot_id = NULL", "a booked visit keeps its time"),
        ("address_sealed = NULL", "a booked visit knows where to"),
        ("state = 'absent'", "an absence is said"),
        ("state = 'nowhere'", "the states are listed"),
        ("fee_fen = fee_fen + 1", "the fee was agreed"),
        ("terms_id = 'visit-9'", "the terms were agreed"),
        ("moves = 21", "moves are few"),
        ("absent = 'nobody'", "somebody is absent"),
        ("decision = 'because'", "a decision has somebody who made it"),
        ("slot_id = :elsewhere", "the time is one of the area"),
    ],
)
def test_the_database_keeps_a_visit_whole(hub: Hub, change: str, why: str) -> None:
    made, other = make_at_home(hub, "quoted"), make_offering(hub, name="别处检测")
    values = {"elsewhere": other.slots[0].id} if ":elsewhere" in change else {}
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text(f"UPDATE visit SET {change} WHERE id = {made.visit.id}"), values)


@pytest.mark.parametrize(
    ("change", "of", "why"),
    [
        ("starts_at = ends_at", "free", "a time does not move"),
        ("area_id = area_id + 1", "free", "a time stays in its area"),
        ("closed_at = NULL", "gone", "what was taken back stays so"),
        ("closed_at = created_at", "booked", "a booked time is not taken back"),
    ],
)
def test_the_database_keeps_the_times(hub: Hub, change: str, of: str, why: str) -> None:
    offering = make_offering(hub)
    booked = offering.order(slot=0).visit.slot_id
    slot = {"booked": booked, "free": offering.slots[1].id, "gone": offering.slots[2].id}[of]
    take_back(hub, offering.slots[2].id)
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text(f"UPDATE visit_slot SET {change} WHERE id = :id"), {"id": slot})


def test_a_time_that_was_taken_back_cannot_be_booked_behind_our_back(hub: Hub) -> None:
    offering = make_offering(hub)
    visit = offering.order(slot=0).visit
    take_back(hub, offering.slots[1].id)
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(
            text("UPDATE visit SET slot_id = :slot WHERE id = :id"), {"slot": offering.slots[1].id, "id": visit.id}
        )
    with hub.begin() as work:  # the same with a time that is offered
        work.session.execute(
            text("UPDATE visit SET slot_id = :slot WHERE id = :id"), {"slot": offering.slots[2].id, "id": visit.id}
        )


def take_back(hub: Hub, slot_id: int) -> None:
    with hub.begin() as work:
        work.session.execute(text("UPDATE visit_slot SET closed_at = created_at WHERE id = :id"), {"id": slot_id})


@pytest.mark.parametrize(
    "statement", ["DELETE FROM visit", "DELETE FROM appraisal_home_visit", "DELETE FROM visit_area", "DELETE FROM visit_slot"]
)
def test_visits_are_never_deleted(hub: Hub, statement: str) -> None:
    make_at_home(hub, "quoted")
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text(statement))


def test_an_area_is_offered_once_and_its_fee_never_changes(hub: Hub) -> None:
    offering = make_offering(hub)
    with pytest.raises(AreaOffered), hub.begin(actor(hub, offering.manager)) as work:
        visits.open_area(work, offering.agency.id, district(), 1, brings_bench=False)
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text("UPDATE visit_area SET fee_fen = 1"))
    with hub.begin(actor(hub, offering.manager)) as work:
        visits.close_area(work, offering.area.code)
        visits.open_area(work, offering.agency.id, district(), 1, brings_bench=False)


def test_a_time_that_somebody_booked_is_not_taken_back(hub: Hub) -> None:
    offering = make_offering(hub)
    booked = offering.order()
    for slot in offering.slots[:2]:
        with hub.begin(actor(hub, offering.manager)) as work:
            visits.take_slot_back(work, slot.code)
    with hub.begin(actor(hub, make_member(hub, "manager"))) as work:
        visits.take_slot_back(work, offering.slots[2].code)  # of another agency
    with hub.look() as work:
        free = [slot.id for slot in visit_queries.free_times(work, [offering.area.id], work.now)]
    assert free == [slot.id for slot in offering.slots[2:]]
    assert booked.visit.slot_id == offering.slots[0].id


def test_the_owner_moves_the_visit_three_times_and_not_in_the_last_hours(hub: Hub) -> None:
    made = make_at_home(hub, times=8)
    digits = made.digits
    for place in (1, 2, 3):
        made.as_owner(service.move_visit, hub.sealer, made.code, made.slots[place].code)
        assert (made.visit.slot_id, made.visit.moves, made.order.state) == (made.slots[place].id, place, "scheduled")
    assert made.digits != digits
    with pytest.raises(VisitCannotMove):
        made.as_owner(service.move_visit, hub.sealer, made.code, made.slots[4].code)
    late = make_at_home(hub, name="三水检测", times=10)
    late.until_after(hours=-11)
    with pytest.raises(VisitCannotMove):
        late.as_owner(service.move_visit, hub.sealer, late.code, late.slots[9].code)
    with pytest.raises(AppraisalNotFound):
        late.as_appraiser(service.move_visit, hub.sealer, late.code, late.slots[9].code)
    for verb, more in ((service.book, ("0" * 26,)), (service.bring, ("0" * 26, "bring"))):
        with pytest.raises(BadState):
            late.as_owner(verb, hub.sealer, late.code, *more)
    with pytest.raises(BadState):
        late.as_owner(service.choose_again, late.code)


def test_nobody_is_drawn_or_booked_for_two_homes_at_once(hub: Hub) -> None:
    offering = make_offering(hub, appraisers=1)
    first = offering.order().pay().accept()
    with hub.begin(actor(hub, offering.manager)) as work:
        other = visits.open_area(work, offering.agency.id, _other_district(), WAY, brings_bench=True)
        overlapping = first.slots[0].starts_at + timedelta(minutes=30)
        slots = visits.offer_slots(work, other.code, [overlapping, first.slots[3].starts_at], 60)
    offering.area, offering.slots = other, tuple(slots)
    second = offering.order().pay()
    assert (second.order.state, second.fee.staff_reason) == ("fee_paid", "nobody")
    third = offering.order(slot=1).pay().accept()
    with pytest.raises(DomainError):
        first.as_owner(service.move_visit, hub.sealer, first.code, first.slots[3].code)
    assert third.order.state == "scheduled"


def test_an_appraiser_who_accepts_after_the_time_lets_the_owner_choose_another_one(hub: Hub) -> None:
    made = make_at_home(hub, "quoted", times=40)
    made.pay()
    assert made.order.state == "assigned"
    with hub.begin() as work:  # nobody answered for days, and staff gave it to somebody again
        work.session.execute(text("DELETE FROM deadline WHERE kind = 'answer'"))
    made.until_after(hours=-0.5)
    made.accept()
    assert (made.order.state, made.visit.state, made.visit.slot_id) == ("accepted", "open", None)
    later = next(slot for slot in made.slots if slot.starts_at > made.slots[0].starts_at + timedelta(hours=30))
    made.as_owner(service.move_visit, hub.sealer, made.code, later.code)
    assert (made.order.state, made.visit.state, made.visit.moves) == ("scheduled", "booked", 0)
    made.check_in()


def test_a_visit_whose_owner_chooses_no_other_time_ends_with_its_order(hub: Hub) -> None:
    made = make_at_home(hub, "quoted").pay()
    with hub.begin() as work:
        work.session.execute(text("DELETE FROM deadline WHERE kind = 'answer'"))
    made.until_after(hours=1)
    made.accept()
    made.later(days=15)
    assert (made.order.state, made.visit.state) == ("cancelled", "cancelled")
    made.books_balance()


@pytest.mark.parametrize(
    ("state", "hours_before", "percent"),
    [("quoted", 40, None), ("assigned", 40, 100), ("scheduled", 20, 80), ("scheduled", 5, 50)],
)
def test_cancelling_gives_back_what_the_table_says_and_frees_the_time(
    hub: Hub, state: str, hours_before: float, percent: int | None
) -> None:
    made = make_at_home(hub, "quoted" if state == "quoted" else "assigned")
    if state == "scheduled":
        made.accept()
        made.until_after(hours=-hours_before)
    slot = made.visit.slot_id
    made.as_owner(service.cancel, made.code)
    assert (made.order.state, made.visit.state, made.visit.slot_id, made.visit.address_sealed) == ("cancelled",) * 2 + (
        None,
        None,
    )
    made.run()
    if percent is not None:
        whole = FEE + WAY
        assert made.fee.refund_fen == (whole * percent + 50) // 100
        made.books_balance()
    with hub.look() as work:
        assert made.area is not None
        assert slot in {free.id for free in visit_queries.free_times(work, [made.area.id], work.now)}


def test_a_fee_that_does_not_come_in_time_frees_the_time_well_before_the_visit(hub: Hub) -> None:
    made = make_at_home(hub, "quoted", first_hours=30)
    assert made.fee.pay_due_at <= made.slots[0].starts_at - timedelta(hours=12)
    made.later(hours=19)
    assert (made.order.state, made.visit.state) == ("cancelled", "cancelled")


@pytest.mark.parametrize(("absent", "percent"), [("agency", 100), ("owner", 30)])
def test_who_does_not_come_and_does_not_object_bears_it(hub: Hub, absent: str, percent: int) -> None:
    made = make_at_home(hub)
    say = made.as_owner if absent == "agency" else made.as_appraiser
    with pytest.raises(VisitNotBegun):
        say(service.say_absent, made.code, "没有人来，电话也没接。")
    made.until_after(minutes=31)
    with pytest.raises(InvalidInput):
        say(service.say_absent, made.code, " x ")
    say(service.say_absent, made.code, "没有人来，电话也没接。")
    assert (made.visit.state, made.visit.absent) == ("absent", absent)
    with pytest.raises(VisitUndecided):
        made.as_owner(service.cancel, made.code)
    with pytest.raises(VisitUndecided):
        made.as_appraiser(service.give_up, made.code, "我不做了。", "other")
    made.later(hours=23)
    assert made.order.state == "scheduled"
    made.later(hours=2)
    assert (made.order.state, made.visit.state, made.visit.address_sealed) == ("unable", "missed", None)
    assert made.fee.refund_fen == ((FEE + WAY) * percent + 50) // 100
    made.books_balance()


@pytest.mark.parametrize(
    ("said", "decided", "percent"), [("agency", "owner", 30), ("owner", "agency", 100), ("owner", "owner", 30)]
)
def test_staff_decide_where_both_say_that_they_were_there(hub: Hub, said: str, decided: str, percent: int) -> None:
    made = make_at_home(hub)
    made.until_after(minutes=45)
    one, other = (made.as_owner, made.as_appraiser) if said == "agency" else (made.as_appraiser, made.as_owner)
    one(service.say_absent, made.code, "等了四十分钟，没有人。")
    with pytest.raises(AppraisalNotFound):
        one(service.object_to_absence, made.code, "这是我自己说的。")
    other(service.object_to_absence, made.code, "我按时到了，门铃没人应。")
    assert made.visit.state == "disputed"
    with pytest.raises(DomainError):
        other(service.object_to_absence, made.code, "再说一次也一样。")
    made.later(hours=30)
    assert (made.order.state, made.visit.state) == ("scheduled", "disputed")
    staff = make_member(hub, "operator")
    with pytest.raises(DomainError):
        made.as_owner(visits.decide, made.visit.code, "agency", "我说了算。")
    with pytest.raises(InvalidInput):
        made.by(staff, visits.decide, made.visit.code, "nobody", "两边都有理。")
    made.by(staff, visits.decide, made.visit.code, decided, "门禁记录显示如此。")
    made.run()
    assert (made.order.state, made.visit.absent, made.order.decline_reason) == ("unable", decided, "门禁记录显示如此。")
    assert made.fee.refund_fen == ((FEE + WAY) * percent + 50) // 100
    made.books_balance()
    with pytest.raises(DomainError):
        made.by(staff, visits.decide, made.visit.code, "owner", "再来一次。")


def test_who_comes_late_after_all_and_has_the_digits_has_come(hub: Hub) -> None:
    made = make_at_home(hub)
    made.until_after(minutes=40)
    made.as_owner(service.say_absent, made.code, "还没有来。")
    made.check_in()
    made.later(hours=30)
    assert (made.order.state, made.visit.state) == ("inspecting", "met")


def test_a_visit_of_which_nobody_says_anything_costs_the_owner_nothing(hub: Hub) -> None:
    made = make_at_home(hub)
    made.until_after(hours=50)
    assert (made.visit.state, made.visit.absent, made.visit.absent_words) == ("absent", "agency", None)
    made.later(hours=25)
    assert (made.order.state, made.fee.refund_fen) == ("unable", FEE + WAY)
    made.books_balance()


def test_a_thing_that_is_sold_meanwhile_is_not_visited(hub: Hub) -> None:
    made = make_at_home(hub)
    buyer = make_user(hub)
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, made.thing.id), buyer.id, "order:test")
    made.run()
    assert (made.order.state, made.visit.state, made.visit.address_sealed) == ("cancelled", "cancelled", None)
    made.books_balance()


def test_an_appraiser_does_not_end_a_visit_as_absent_without_the_owners_word(hub: Hub) -> None:
    made = make_at_home(hub)
    made.until_after(minutes=40)
    with pytest.raises(InvalidInput) as refusal:
        made.as_appraiser(service.give_up, made.code, "没有人在家。", "owner_absent")
    assert "kind" in refusal.value.errors
    made.as_appraiser(service.give_up, made.code, "车坏在路上了。", "appraiser_away")
    made.run()
    assert (made.order.state, made.visit.state, made.fee.refund_fen) == ("unable", "cancelled", FEE + WAY)


def test_every_pair_of_state_and_event_has_its_answer() -> None:
    listed = {(state, event) for state, event in VISIT_FLOW.table}
    for state in VISIT_FLOW.states:
        for event in VISIT_FLOW.events:
            assert VISIT_FLOW.can(state, event) == ((state, event) in listed)
    assert all(VISIT_FLOW.can(state, "cancel") == (state in RUNNING) for state in VISIT_FLOW.states)


def test_the_terms_know_both_reasons_of_a_missed_visit(hub: Hub) -> None:
    with hub.look() as work:
        terms = terms_on(shanghai_day(work.now))
    assert all(terms.reason(kind) is not None for kind in ("owner_absent", "appraiser_away"))


def _other_district() -> str:
    return catalogue.districts()[1].code
