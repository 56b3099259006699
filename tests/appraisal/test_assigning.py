"""Who takes a paid order: by load and lot, never too close, in time; and what staff do when nobody does."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.errors import AppraisalNotFound, NoCandidate, NotYourTurn, OverrideNeeded, SecondPersonNeeded, TooClose
from app.appraisal.models import Appraisal
from app.appraisal.queries.assigning import COLLEAGUE, DEALT, OWN
from app.goods import service as goods
from app.kernel import clock, draw
from app.kernel.audit import AuditEntry
from app.kernel.errors import BadState, Conflict, InvalidInput, NotAllowed
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_organisation
from tests.appraisal.making import make_request
from tests.appraisal.paying import FEE, Paid, make_paid, make_quote
from tests.goods.making import make_thing
from tests.trades.test_race import at_once


def staff(hub: Hub) -> User:
    return make_member(hub, "operator")


def test_among_equals_the_draw_decides_and_anybody_can_replay_the_choice(hub: Hub) -> None:
    paid = make_paid(hub, "assigned")
    [row] = paid.assignments
    assert [each["open"] for each in row.considered] == [0, 0, 0]
    codes = sorted(person.code for person in paid.appraisers)
    assert [each["appraiser"] for each in row.considered] == codes
    with hub.look() as work:
        entry = draw.find_entry(work, "appraiser", f"{paid.code}:1")
    assert entry is not None
    assert (entry.n, entry.candidates, entry.candidates[entry.result]) == (3, codes, paid.appraiser.code)
    paid.later(days=1)
    with hub.begin(SYSTEM) as work:
        draw.keep_seeds(work, hub.sealer)
        told = draw.document(work, shanghai_day(row.assigned_at))
    assert told is not None
    assert draw.differences(told) == []
    assert hashlib.sha256(bytes.fromhex(told["seed"])).hexdigest() == told["seed_sha256"]


def test_who_has_the_least_work_comes_first(hub: Hub) -> None:
    paid = make_quote(hub)
    busy = paid.appraisers[:2]
    for person in busy:  # free orders of the same agency count as work too
        paid.by(paid.manager, service.set_price, paid.agency.id, "phone", None, 3)
        case = make_request(hub, agency=paid.agency, appraiser=person)
        paid.by(person, service.accept, case.code)
    paid.pay()
    assert paid.appraiser.id == paid.appraisers[2].id
    assert sorted(each["open"] for each in paid.assignments[0].considered) == [0, 1, 1]
    assert draw_count(hub) == 1, "one candidate is drawn and logged as well"


def draw_count(hub: Hub) -> int:
    with hub.look() as work:
        return len(work.session.scalars(select(draw.DrawEntry)).all())


def test_passing_on_and_silence_lead_to_the_next_one_and_after_three_to_staff(hub: Hub) -> None:
    paid = make_paid(hub, "assigned", appraisers=4)
    seen = [paid.appraiser.id]
    paid.as_appraiser(service.decline, paid.code, "这周外出。")
    paid.run()
    assert paid.appraiser.id not in seen
    seen.append(paid.appraiser.id)
    paid.later(hours=4.1)
    assert paid.appraiser.id not in seen, "no answer in four hours"
    paid.as_appraiser(service.decline, paid.code, "仪器在检定。")
    paid.run()
    assert (paid.order.state, paid.order.appraiser_id, paid.fee.staff_reason, paid.fee.passes) == ("fee_paid", None, "passes", 3)
    assert [row.answer for row in paid.assignments] == ["passed", "timed_out", "passed"]
    assert paid.money.held_fen == FEE, "the fee stays where it is"
    with hub.look(actor(hub, staff(hub))) as work:
        assert [order.code for order, _fee in queries.waiting_for_staff(work)] == [paid.code]


def test_an_answer_in_time_is_not_taken_away_by_the_clock(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    paid.later(hours=5)
    assert paid.order.state == "accepted"


def test_only_who_was_drawn_answers(hub: Hub) -> None:
    paid = make_paid(hub, "assigned")
    others = [person for person in paid.appraisers if person.id != paid.appraiser.id]
    for verb in (
        lambda who: paid.by(who, service.accept, paid.code),
        lambda who: paid.by(who, service.decline, paid.code, "不方便"),
    ):
        with pytest.raises(NotYourTurn):
            verb(others[0])
    with pytest.raises(AppraisalNotFound):
        paid.by(make_member(hub, "appraiser"), service.accept, paid.code)
    assert paid.order.state == "assigned"


def close(hub: Hub, how: str, paid: Paid, person: User) -> None:
    """Bring an appraiser too close to the owner."""
    if how == COLLEAGUE:
        house = make_organisation(hub, "dealer", "循二手行")
        for each in (person, paid.owner):
            make_member(hub, "dealer", user=each, organisation=house)
    elif how == DEALT:
        thing = make_thing(hub, person)
        with hub.begin(SYSTEM) as work:
            goods.transfer(work, work.session.merge(thing), paid.owner.id, via="0" * 26)


@pytest.mark.parametrize("how", [COLLEAGUE, DEALT])
def test_nobody_too_close_is_drawn_and_the_log_says_why(hub: Hub, how: str) -> None:
    paid = make_quote(hub, appraisers=2)
    close(hub, how, paid, paid.appraisers[0])
    paid.pay()
    assert paid.appraiser.id == paid.appraisers[1].id
    against = {each["appraiser"]: each["against"] for each in paid.assignments[0].considered}
    assert against == {paid.appraisers[0].code: [how], paid.appraisers[1].code: []}


def test_an_owner_who_appraises_for_the_agency_is_never_drawn(hub: Hub) -> None:
    paid = make_quote(hub, appraisers=1)
    make_member(hub, "appraiser", user=paid.owner, organisation=paid.agency)  # joins the agency after asking it
    paid.pay()
    assert paid.order.state == "fee_paid", "the only other one is a colleague now"
    assert paid.fee.staff_reason == "nobody"
    with hub.look() as work:
        known = {one.user.id: one.against for one in queries.candidates(work, paid.order, paid.thing)}
    assert known == {paid.owner.id: (OWN,), paid.appraisers[0].id: (COLLEAGUE,)}


def test_two_of_the_staff_together_let_a_conflict_pass_and_it_is_on_record(hub: Hub) -> None:
    paid = make_quote(hub, appraisers=1)
    person = paid.appraisers[0]
    close(hub, COLLEAGUE, paid, person)
    paid.pay()
    assert paid.fee.staff_reason == "nobody"
    one, two = staff(hub), staff(hub)
    with pytest.raises(OverrideNeeded):
        paid.by(one, service.assign_by_staff, paid.code, person.code)
    with pytest.raises(InvalidInput):
        paid.by(one, service.propose_override, paid.code, person.code, "短")
    proposed = paid.by(one, service.propose_override, paid.code, person.code, "全市只有他有这台检测设备，物主同意。")
    with pytest.raises(SecondPersonNeeded):
        paid.by(one, service.confirm_override, proposed.code)
    with pytest.raises(OverrideNeeded):
        paid.by(two, service.assign_by_staff, paid.code, person.code)
    paid.by(two, service.confirm_override, proposed.code)
    paid.by(one, service.assign_by_staff, paid.code, person.code)
    assert (paid.order.state, paid.assignments[0].by, paid.fee.staff_reason) == ("assigned", "staff", None)
    paid.accept().bring().receive().answer_all().sign()
    assert paid.order.state == "issued", "the report can be signed too"
    with hub.look() as work:
        verbs = work.session.scalars(select(AuditEntry.verb).where(AuditEntry.verb.like("appraisal.override%")))
        assert list(verbs) == ["appraisal.override_proposed", "appraisal.override_confirmed"]
    paid.books_balance()


def test_what_was_let_pass_for_one_order_is_not_for_another(hub: Hub) -> None:
    paid = make_quote(hub, appraisers=1)
    person = paid.appraisers[0]
    close(hub, COLLEAGUE, paid, person)
    paid.pay()
    proposed = paid.by(staff(hub), service.propose_override, paid.code, person.code, "全市只有他有这台检测设备。")
    paid.by(staff(hub), service.confirm_override, proposed.code)
    paid.by(paid.manager, service.set_price, paid.agency.id, "phone", None, 3)
    other = make_request(hub, owner=paid.owner, agency=paid.agency, appraiser=person)
    with pytest.raises(TooClose):
        paid.by(person, service.accept, other.code)


def test_nobody_lets_an_own_thing_pass(hub: Hub) -> None:
    paid = make_quote(hub, appraisers=0)
    with hub.begin(SYSTEM) as work:
        accounts.add_member(work, work.session.get_one(User, paid.owner.id), work.session.merge(paid.agency), "appraiser")
    paid.pay()
    with pytest.raises(NoCandidate):
        paid.by(staff(hub), service.propose_override, paid.code, paid.owner.code, "没有别人可以做了，请放行。")


def test_staff_end_an_order_that_nobody_takes_and_the_whole_fee_goes_back(hub: Hub) -> None:
    paid = make_paid(hub, "fee_paid")
    with pytest.raises(NotAllowed):
        paid.by(paid.manager, service.reject_by_staff, paid.code, "没有人可以接这一单。")
    paid.by(staff(hub), service.reject_by_staff, paid.code, "没有人可以接这一单。")
    paid.run()
    assert (paid.order.state, paid.fee.refund_fen) == ("declined", FEE)
    paid.books_balance()


def test_staff_ask_again_somebody_who_had_passed_it_on(hub: Hub) -> None:
    paid = make_paid(hub, "assigned", appraisers=1)
    first = paid.appraiser
    paid.as_appraiser(service.decline, paid.code, "今天不行。")
    paid.run()
    assert paid.fee.staff_reason == "nobody"
    paid.by(staff(hub), service.assign_by_staff, paid.code, first.code)
    assert paid.appraiser.id == first.id
    with pytest.raises(BadState):
        paid.by(staff(hub), service.assign_by_staff, paid.code, first.code)


def test_a_job_that_runs_twice_names_one_appraiser(hub: Hub) -> None:
    paid = make_paid(hub, "assigned")
    for _ in range(3):
        with hub.begin(SYSTEM) as work:
            service.assign(work, hub.sealer, paid.order.id)
    assert len(paid.assignments) == 1


@pytest.mark.parametrize("round_", range(5))
def test_two_appraisers_who_accept_one_order_in_the_same_moment(hub: Hub, round_: int) -> None:
    """A free order, which whoever comes first takes: one has it, the other is told that it moved on."""
    agency = make_organisation(hub, "agency")
    people = [make_member(hub, "appraiser", organisation=agency) for _ in range(2)]
    case = make_request(hub, agency=agency, appraiser=people[0])

    def accepting(who: User):
        as_who = actor(hub, who)

        def accept() -> Appraisal:
            with hub.begin(as_who) as work:
                return service.accept(work, case.code)

        return accept

    answers = at_once(*(accepting(who) for who in people))
    assert sum(isinstance(answer, Appraisal) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    winner = people[[isinstance(answer, Appraisal) for answer in answers].index(True)]
    with hub.look() as work:
        order = work.session.scalars(select(Appraisal).where(Appraisal.code == case.code)).one()
        assert (order.state, order.appraiser_id) == ("accepted", winner.id)


@pytest.mark.parametrize("round_", range(3))
def test_accepting_in_the_moment_in_which_the_time_is_over(hub: Hub, round_: int) -> None:
    paid = make_paid(hub, "assigned")
    drawn = actor(hub, paid.appraiser)
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(hours=4, minutes=1))

    def accept() -> Appraisal:
        with hub.begin(drawn) as work:
            return service.accept(work, paid.code)

    answers = at_once(accept, hub.sweep)
    order = paid.order
    if isinstance(answers[0], Appraisal):
        assert (order.state, order.appraiser_id) == ("accepted", drawn.user_id)
    else:
        assert isinstance(answers[0], Conflict | AppraisalNotFound), answers
        assert order.appraiser_id != drawn.user_id
    paid.run()
    assert paid.money.held_fen == FEE
