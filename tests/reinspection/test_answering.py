"""The first report was wrong: what its agency pays, to whom, out of what, and what it owes from then on; to the fen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.accounts.models import User
from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.kernel.hub import Hub
from app.payments import jobs
from app.payments import queries as money
from app.payments import service as payments
from app.reinspection import queries
from app.reinspection.models import Liability
from app.reinspection.rules import Compared, compensation
from app.reinspection.service import contesting
from app.reinspection.states import AMENDED, UPHELD
from app.reinspection.terms import Answering, terms_by_id
from app.trades.states import COMPLETED, PAID
from tests.accounts.making import make_member, make_organisation, make_user
from tests.appraisal.making import Case, clean_answers, close, make_inspection, sign
from tests.appraisal.paying import FEE, Paid, make_paid
from tests.payments.making import sandbox
from tests.reinspection.buying import bought
from tests.reinspection.making import DEPOSIT, Scene, contested
from tests.reinspection.test_corrections import begin, finish
from tests.reinspection.test_pages import browser
from tests.trades.making import make_order, user
from tests.trades.test_race import at_once

AGENCY_PART, PLATFORM_PART = 7_999, 889  # of FEE
TWO_LOWER, ONE_LOWER = {"screen_glass": "light"}, {"back_cover": "light"}


def paid_scene(hub: Hub) -> tuple[Scene, Paid]:
    """A phone whose appraisal was paid for, with its report, and another agency that could look again."""
    paid = make_paid(hub, "issued")
    paid.hand_back()
    with hub.look() as work:
        report = appraisals.report_of(work, paid.order)
    assert report is not None
    other = make_organisation(hub, "agency", "明准鉴定")
    people = {other.id: make_member(hub, "appraiser", user=make_user(hub, name="程野"), organisation=other)}
    case = Case(paid.code, paid.thing, paid.owner, paid.agency, paid.appraiser)
    return Scene(hub, case, report, [other], people), paid


def decided(hub: Hub, **answers: str) -> tuple[Scene, Paid]:
    scene, paid = paid_scene(hub)
    scene.contest()
    scene.pay().look_again(**answers)
    return scene, paid


def liability(scene: Scene) -> Liability | None:
    with scene.hub.look() as work:
        return queries.liability_of(work, scene.row)


def balances(hub: Hub, paid: Paid) -> tuple[int, int, int, int]:
    """Owed to the first agency, owed by it, fees of the platform, given as goodwill."""
    with hub.look() as work:
        names = (f"appraiser_payable:{paid.agency.code}", f"appraiser_debt:{paid.agency.code}", "fee_revenue", "goodwill")
        return tuple(money.balance(work, name) for name in names)  # type: ignore[return-value]


def test_two_tiers_give_the_fee_back_and_the_first_agency_pays_the_second_look(hub: Hub) -> None:
    scene, paid = decided(hub, **TWO_LOWER)
    found = liability(scene)
    assert found is not None
    assert (scene.row.state, scene.row.steps, scene.row.platform_fen) == (AMENDED, 2, 0)
    assert (found.cost_fen, found.fee_fen, found.platform_fen, found.compensation_fen) == (DEPOSIT, FEE, PLATFORM_PART, 0)
    assert (found.paid_fen, found.debt_fen) == (AGENCY_PART, DEPOSIT), "the earned fee is gone, the second look is owed"
    assert balances(hub, paid) == (0, DEPOSIT, 0, 0)
    assert scene.owed_to(scene.order.agency_id) == DEPOSIT, "whoever looked has its money at once"
    state = paid.money
    assert (state.state, state.refunded_fen, state.refund_paid_fen) == ("refunded", FEE, FEE)
    scene.books_balance()


def test_one_tier_pays_the_second_look_and_nothing_else(hub: Hub) -> None:
    scene, paid = decided(hub, **ONE_LOWER)
    found = liability(scene)
    assert found is not None
    assert (scene.row.steps, scene.row.is_liable) == (1, False)
    assert (found.cost_fen, found.fee_fen, found.compensation_fen, found.paid_fen, found.debt_fen) == (DEPOSIT, 0, 0, DEPOSIT, 0)
    assert balances(hub, paid) == (AGENCY_PART - DEPOSIT, 0, PLATFORM_PART, 0)
    scene.books_balance()


def test_a_grade_that_was_found_again_costs_the_first_agency_nothing(hub: Hub) -> None:
    scene, paid = decided(hub)
    assert (scene.row.state, liability(scene)) == (UPHELD, None)
    assert balances(hub, paid) == (AGENCY_PART, 0, PLATFORM_PART, 0)


def test_what_is_on_its_way_to_the_agency_is_not_touched(hub: Hub) -> None:
    make_order(hub, PAID)  # so that there is money at the provider
    scene, paid = paid_scene(hub)
    jobs.pay_agencies(hub)  # planned, not given to the provider
    sandbox(hub).books.refuse_next(f"organisation:{paid.agency.code}", "account_closed")
    scene.contest()
    scene.pay().look_again(**TWO_LOWER)
    found = liability(scene)
    assert found is not None
    assert (found.paid_fen, found.debt_fen) == (0, AGENCY_PART + DEPOSIT)
    assert balances(hub, paid)[:2] == (AGENCY_PART, AGENCY_PART + DEPOSIT)
    with hub.begin() as work:
        [failed] = money.agency_commands(work, paid.agency.id)
        payments.retry_command(work, failed.code)
    scene.run()
    assert balances(hub, paid)[:2] == (0, AGENCY_PART + DEPOSIT)
    scene.books_balance()


def test_a_debt_is_set_against_what_the_agency_earns_next_before_anything_is_paid_out(hub: Hub) -> None:
    make_order(hub, PAID)  # so that there is money at the provider
    scene, paid = decided(hub, **TWO_LOWER)
    again = Paid(hub, "", paid.thing, paid.owner, paid.agency, paid.manager, paid.place, paid.appraisers)
    earn(hub, paid, 4_000)
    assert jobs.pay_agencies(hub) == 0, "all of it is set against the debt"
    assert balances(hub, again)[:2] == (0, DEPOSIT - 4_000)
    earn(hub, paid, 5_000)
    scene.later(days=1)
    assert jobs.pay_agencies(hub) == 1
    scene.run()
    with hub.look() as work:
        lines = money.agency_statement(work, paid.agency)
    assert (lines.balance_fen, lines.debt_fen) == (0, 0)
    assert [(line.kind, line.amount_fen) for line in lines.lines] == [
        ("paid_out", -3_000),
        ("set_off", -2_000),
        ("other", 5_000),
        ("set_off", -4_000),
        ("other", 4_000),
        ("answered_for", DEPOSIT - AGENCY_PART),
        ("answered_for", -DEPOSIT),
        ("released", AGENCY_PART),
    ]
    scene.books_balance()


def earn(hub: Hub, paid: Paid, fen: int) -> None:
    """Something that the agency earns, of the platform's own money."""
    with hub.begin() as work:
        lines = [("goodwill", "expense", fen), (money.agency_account(paid.agency.code), "liability", -fen)]
        payments.post(work, f"test:{fen}", "earned", lines)


def test_the_next_owner_is_compensated_by_the_price_and_the_money_arrives(hub: Hub) -> None:
    make_order(hub, PAID)  # the platform advances it out of what it has at the provider
    scene, order = bought(hub, COMPLETED)
    buyer = user(hub, order.buyer_id)
    scene.contest(buyer)
    scene.pay().look_again(**TWO_LOWER)
    scene.run()
    found = liability(scene)
    assert found is not None
    owed = order.price_fen * 20 // 100
    assert (found.compensation_fen, found.to_id, found.debt_fen) == (owed, buyer.id, owed + DEPOSIT)
    with hub.look() as work:
        mine = money.statement(work, buyer)
    assert [(line.kind, line.amount_fen) for line in mine.lines] == [("paid_out", -owed), ("answered_for", owed)]
    scene.books_balance()


def test_a_correction_after_the_sale_takes_nothing_from_the_buyer(hub: Hub) -> None:
    make_order(hub, PAID)
    scene, order = bought(hub, COMPLETED)
    appraiser = user(hub, scene.first.appraiser_id)
    again = scene.by(appraiser, appraising.correct, scene.first.code, "序列号抄错一位，等级不变。")
    scene.first = scene.by(appraiser, appraising.sign, again.code, appraiser.display_name, again.findings_rev)
    scene.run()
    buyer = user(hub, order.buyer_id)
    scene.contest(buyer)
    scene.pay().look_again(**TWO_LOWER)
    found = liability(scene)
    assert found is not None
    assert (found.compensation_fen, found.to_id) == (order.price_fen * 20 // 100, buyer.id)


def test_of_a_report_that_its_agency_withdraws_the_fee_goes_back(hub: Hub) -> None:
    scene, paid = paid_scene(hub)
    begin(scene)
    scene.first = finish(scene)
    scene.by(paid.manager, appraising.revoke_report, scene.first.code, "电池健康度读错，等级偏高。")
    scene.run()
    state = paid.money
    assert (state.state, state.refunded_fen, state.refund_paid_fen) == ("refunded", FEE, FEE)
    assert balances(hub, paid) == (0, 0, 0, 0)
    with hub.look() as work:
        assert payments.verify(work, hub.provider) == []


def test_a_withdrawal_by_staff_during_the_second_look_takes_nothing_from_the_buyer(hub: Hub) -> None:
    make_order(hub, PAID)
    scene, order = bought(hub, COMPLETED)
    buyer = user(hub, order.buyer_id)
    scene.contest(buyer)
    scene.pay().accept().inspect(**TWO_LOWER)
    scene.by(make_member(hub, "operator"), appraising.revoke_report, scene.first.code, "报告与实物不符，撤回。")
    scene.run()
    scene.sign()
    found = liability(scene)
    assert found is not None
    assert (found.compensation_fen, found.to_id) == (order.price_fen * 20 // 100, buyer.id)
    scene.books_balance()


def test_a_fee_that_went_back_with_the_withdrawal_does_not_go_back_again(hub: Hub) -> None:
    scene, paid = paid_scene(hub)
    scene.contest()
    scene.pay().accept().inspect(**TWO_LOWER)
    scene.by(make_member(hub, "operator"), appraising.revoke_report, scene.first.code, "报告与实物不符，撤回。")
    scene.run()
    scene.sign()
    found = liability(scene)
    assert found is not None
    assert (found.fee_fen, paid.money.refunded_fen) == (0, FEE)
    scene.books_balance()


@pytest.mark.parametrize("is_corrected", [False, True])
def test_a_report_withdrawn_before_anybody_heard_of_it_costs_its_owner_nothing(hub: Hub, is_corrected: bool) -> None:
    paid = make_paid(hub, "inspecting")
    report = signed_unheard(paid)
    if is_corrected:
        again = paid.as_appraiser(appraising.correct, report.code, "序列号抄错一位，等级不变。")
        report = paid.as_appraiser(appraising.sign, paid.code, paid.appraiser.display_name, again.findings_rev)
    paid.by(paid.manager, appraising.revoke_report, report.code, "电池健康度读错，等级偏高。")
    paid.run()
    assert (paid.money.refunded_fen, paid.fee.agency_fen) == (FEE, 0)


def signed_unheard(paid: Paid) -> Any:
    """Signed, and the worker has not come yet."""
    who = paid.appraiser
    rev = close(paid.hub, who, paid.code)
    return paid.by(who, appraising.sign, paid.code, who.display_name, rev)


def test_of_a_report_that_another_one_has_followed_no_fee_goes_back(hub: Hub) -> None:
    scene, paid = paid_scene(hub)
    sign(hub, make_inspection(hub, clean_answers(**ONE_LOWER), thing=scene.thing, owner=scene.owner))
    scene.by(paid.manager, appraising.revoke_report, scene.first.code, "电池健康度读错，等级偏高。")
    scene.run()
    assert paid.money.refunded_fen == 0


def test_while_the_sale_runs_its_own_case_decides_about_the_price(hub: Hub) -> None:
    scene, order = bought(hub, PAID)
    scene.contest(user(hub, order.buyer_id))
    scene.pay().look_again(**TWO_LOWER)
    found = liability(scene)
    assert found is not None
    assert (found.compensation_fen, found.to_id) == (0, None)


def test_what_the_platform_cannot_advance_stays_owed_and_is_tried_again(hub: Hub) -> None:
    scene, order = bought(hub, COMPLETED)
    buyer = user(hub, order.buyer_id)
    scene.contest(buyer)
    scene.pay().look_again(**TWO_LOWER)
    with hub.look() as work:
        [waiting] = money.statement(work, buyer).commands
    assert (waiting.state, waiting.last_error) == ("failed", "balance_too_low")
    make_order(hub, PAID)
    with hub.begin() as work:
        payments.retry_command(work, waiting.code)
    scene.run()
    with hub.look() as work:
        assert money.statement(work, buyer).balance_fen == 0
    scene.books_balance()


def test_who_did_not_buy_it_on_that_report_is_not_compensated(hub: Hub) -> None:
    scene, order = bought(hub, COMPLETED)
    with hub.look() as work:
        from app.trades import queries as trades

        assert trades.bought_on(work, scene.first.thing_id, order.buyer_id, [scene.first.code]) is not None
        assert trades.bought_on(work, scene.first.thing_id, order.seller_id, [scene.first.code]) is None
        assert trades.bought_on(work, scene.first.thing_id, order.buyer_id, ["0" * 26]) is None


def test_a_contest_under_earlier_terms_is_paid_by_the_platform(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contesting, "terms_on", lambda _day: terms_by_id("contest-1"))
    scene, paid = decided(hub, **TWO_LOWER)
    assert (scene.row.platform_fen, liability(scene)) == (DEPOSIT, None)
    assert balances(hub, paid) == (AGENCY_PART, 0, PLATFORM_PART, DEPOSIT)
    scene.books_balance()


TERMS = terms_by_id("contest-2").answering
assert TERMS is not None


@pytest.mark.parametrize(
    ("price", "pair", "owed"),
    [
        (300_000, Compared(False, 2, 0), 60_000),
        (300_000, Compared(False, 3, 0), 90_000),
        (300_000, Compared(False, 5, 0), 90_000),
        (300_000, Compared(False, -2, 0), 0),
        (300_000, Compared(False, None, 0), 0),
        (300_000, Compared(False, None, 1), 90_000),
        (300_000, Compared(False, -3, 2), 90_000),
        (333_333, Compared(False, 2, 0), 66_667),
        (10_000_000, Compared(False, 2, 0), 200_000),
        (1, Compared(False, 2, 0), 0),
    ],
)
def test_compensation_goes_by_the_tiers_by_which_the_grade_was_too_good(price: int, pair: Compared, owed: int) -> None:
    assert compensation(price, pair, TERMS, "phone") == owed


def test_terms_name_every_category() -> None:
    with pytest.raises(ValueError, match="most_compensation_fen"):
        Answering(
            pays_second_look=True, fee_back=True, compensation_bp=1, most_compensation_bp=1, most_compensation_fen={"car": 1}
        )


def test_charges_and_payouts_at_once_never_overdraw(hub: Hub) -> None:
    paid = make_paid(hub, "issued")

    def charging(no: int) -> Callable[[], Any]:
        def charge() -> Any:
            with hub.begin() as work:
                return payments.charge_agency(work, paid.agency.id, f"liability:{no}", "test", [("fee_revenue", 3_000)])

        return charge

    def paying() -> Any:
        with hub.begin() as work:
            return payments.pay_out_agency(work, paid.agency.id)

    answers = at_once(*(charging(no) for no in range(4)), paying, paying)
    assert not [one for one in answers if isinstance(one, Exception)], answers
    paid.run()
    owed, debt = balances(hub, paid)[:2]
    with hub.look() as work:
        assert payments.verify(work, hub.provider) == []
        arrived = AGENCY_PART - owed - sum(one.paid_fen for one in answers if isinstance(one, payments.Charged))
    assert owed >= 0
    assert debt == sum(one.debt_fen for one in answers if isinstance(one, payments.Charged))
    assert debt + AGENCY_PART - owed - arrived == 4 * 3_000


def test_a_charge_of_nothing_is_a_mistake(hub: Hub) -> None:
    paid = make_paid(hub, "issued")
    for wrong in ([], [("fee_revenue", 0)], [("fee_revenue", -5)]):
        with pytest.raises(ValueError, match="more than nothing"), hub.begin() as work:
            payments.charge_agency(work, paid.agency.id, "liability:x", "test", wrong)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reinspection_liability SET compensation_fen = 0",
        "UPDATE reinspection_liability SET debt_fen = debt_fen - 1",
        "DELETE FROM reinspection_liability",
        "INSERT INTO reinspection_liability (code, reinspection_id, agency_id, appraiser_id, at, cost_fen, fee_fen, platform_fen, "
        "compensation_fen, paid_fen, debt_fen) SELECT 'x', reinspection_id, agency_id, appraiser_id, at, 2, 0, 0, 0, 1, 0 "
        "FROM reinspection_liability",
    ],
)
def test_what_an_agency_answers_for_is_said_once_and_whole(hub: Hub, statement: str) -> None:
    decided(hub, **TWO_LOWER)
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text(statement))


def test_everybody_concerned_reads_what_it_comes_to(app: Flask, hub: Hub) -> None:
    scene, paid = decided(hub, **TWO_LOWER)
    staff = browser(app, hub, make_member(hub, "operator"))
    page = staff.get(f"/operator/reinspections/{scene.row.code}").text
    assert "What the first agency answers for" in page
    manager = browser(app, hub, paid.manager)
    statement = manager.get("/agency/money").text
    assert "Another agency found another grade" in statement
    assert "Owed by the agency" in statement
    assert "answers for" in manager.get("/notices").text
    owner = browser(app, hub, paid.owner)
    assert "the whole fee goes back" in owner.get(f"/appraisals/{paid.code}").text
    assert "goes back to you" in owner.get("/notices").text


def test_before_paying_a_contest_says_what_a_buyer_gets(app: Flask, hub: Hub) -> None:
    scene, _paid = paid_scene(hub)
    page = browser(app, hub, scene.owner).get(f"/reports/{scene.first.code}/contest").text
    assert "10 %" in page
    assert "¥2,000" in page


def test_the_list_of_payouts_names_the_agency_and_not_its_manager(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "issued")
    with hub.begin() as work:
        work.session.get_one(User, paid.manager.id).display_name = "佟管账"
    jobs.pay_agencies(hub)
    page = browser(app, hub, make_member(hub, "operator")).get("/operator/money").text
    assert paid.agency.name in page
    assert "佟管账" not in page


def test_a_contest_that_nobody_paid_an_appraisal_for_charges_only_the_second_look(hub: Hub) -> None:
    scene = contested(hub)
    scene.look_again(**TWO_LOWER)
    found = liability(scene)
    assert found is not None
    assert (found.cost_fen, found.fee_fen, found.paid_fen, found.debt_fen) == (DEPOSIT, 0, 0, DEPOSIT)
    scene.books_balance()
