"""Claims through their verbs: on which right they rest, who answers, and where the money goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.aftersales import errors, queries, service
from app.aftersales.models import ClaimItem, ClaimProposal
from app.aftersales.states import BUYER_TURN, DENIED, ESCALATED, OVERTAKEN, PARTIAL, REMEDIED, RETURN, SELLER_TURN, WITHDRAWN
from app.credit.models import CreditFactKey
from app.kernel.clock import advance as move_clock
from app.kernel.errors import Conflict, DomainError, InvalidInput
from app.kernel.hub import Hub
from app.kernel.outbox import OutboxRow, dead_deliveries
from app.kernel.work import SYSTEM
from app.payments import queries as money
from app.payments.events import BankDisputeLost
from app.trades import errors as trades_errors
from app.trades import service as trades
from app.trades.models import Order
from app.trades.states import ACCEPTANCE, CLOSED_REFUNDED, COMPLETED, FULFILLING
from tests.accounts.making import make_user
from tests.aftersales.making import ITEM, WORDS, arrived, claim, fresh, make_claim, pieces, wanted
from tests.listings.making import tiny_photo
from tests.payments.making import run_money, settled_payment
from tests.trades.making import as_buyer, as_seller, make_order, money_of
from tests.trades.making import fresh as fresh_order
from tests.trades.test_banks import decide, dispute

PRICE = 238_000
FEE = 4_760


def advance(hub: Hub, by: timedelta) -> None:
    """Move the clock; nothing that is due has happened yet."""
    with hub.begin(SYSTEM) as work:
        move_clock(work, by)


def balances(hub: Hub, order: Order) -> tuple[int, int]:
    """What the seller is owed or was paid out of this order, and what the platform keeps, fen."""
    with hub.look() as work:
        parts = money.released_parts(work, order.payment_code)
        assert parts is not None
        return parts.released_fen - parts.fee_fen, parts.fee_fen


def said_of(hub: Hub, type: str, code: str) -> dict[str, str]:
    """What the record will say of a claim."""
    with hub.look() as work:
        key = select(CreditFactKey.outbox_id).where(CreditFactKey.key == f"{type}:{code}")
        payload = work.session.scalars(select(OutboxRow.payload).where(OutboxRow.id.in_(key))).one()
    return dict(payload["data"])


def facts(hub: Hub, code: str) -> set[str]:
    with hub.look() as work:
        keys = work.session.scalars(select(CreditFactKey.key)).all()
    return {key.split(":")[0] for key in keys if code in key}


def books_hold(hub: Hub) -> None:
    with hub.look() as work:
        assert money.verify(work, hub.provider) == []


def test_a_partial_refund_of_held_money_completes_the_sale_with_the_rest(hub: Hub) -> None:
    row, order = make_claim(hub)
    assert fresh_order(hub, order).held_by_claim == row.code
    assert money_of(hub, order).frozen
    as_seller(hub, order, service.accept, row.code, row.version)
    run_money(hub)
    done, sold, state = fresh(hub, row), fresh_order(hub, order), money_of(hub, order)
    assert (done.state, done.result_remedy, done.result_fen) == (REMEDIED, PARTIAL, 20_000)
    assert (sold.state, sold.held_by_claim) == (COMPLETED, None)
    assert (state.refunded_fen, state.released_fen, state.held_fen, state.frozen) == (20_000, 218_000, 0, False)
    fee = FEE - (2 * FEE * 20_000 + PRICE) // (2 * PRICE)
    assert balances(hub, order) == (218_000 - fee, fee)
    assert said_of(hub, "dispute.opened", row.code)["problem"] == row.code
    end = said_of(hub, "dispute.settled", row.code)
    assert (end["problem"], end["outcome"]) == (row.code, "agreed")
    books_hold(hub)


def test_after_the_completion_it_is_taken_from_what_the_seller_got(hub: Hub) -> None:
    row, order = make_claim(hub, order=arrived(hub, COMPLETED))
    as_seller(hub, order, service.accept, row.code, row.version)
    run_money(hub)
    assert fresh(hub, row).state == REMEDIED
    assert fresh_order(hub, order).state == COMPLETED
    assert money_of(hub, order).refunded_fen == 20_000
    books_hold(hub)


def test_the_seven_day_return_needs_no_item_and_no_photo(hub: Hub) -> None:
    order = arrived(hub)
    row = claim(hub, order, reason="change_of_mind", remedy=RETURN, items=[], photos=[], amount_fen=None)
    assert row.right_code == "seven_day_return"
    with pytest.raises(errors.NoSuchRight):
        claim(hub, arrived(hub, seller=make_user(hub)), reason="change_of_mind", remedy=RETURN, items=[], photos=[])


def test_the_right_is_computed_and_written_down(hub: Hub) -> None:
    assert claim(hub, arrived(hub)).right_code == "nonconformity_return"
    private = arrived(hub, seller=make_user(hub))
    row = claim(hub, private)
    assert (row.right_code, row.right_until) == ("inspection_period", private.acceptance_due_at)


def test_after_the_period_it_is_refused_with_the_period_and_its_source(hub: Hub) -> None:
    order = arrived(hub, COMPLETED)
    assert order.delivered_at is not None
    advance(hub, timedelta(days=12))
    with pytest.raises(errors.ClaimTooLate) as refusal:
        claim(hub, order)
    assert refusal.value.values["name"] == "质量不符退货"
    assert refusal.value.values["source"].startswith("消费者权益保护法第二十四条")
    assert refusal.value.values["until"].endswith("23:59:59")
    assert fresh_order(hub, order).held_by_claim is None


def test_a_private_seller_answers_only_during_the_time_for_checking(hub: Hub) -> None:
    order = arrived(hub, COMPLETED, seller=make_user(hub))
    advance(hub, timedelta(hours=73))
    with pytest.raises(errors.ClaimTooLate) as refusal:
        claim(hub, order)
    assert refusal.value.values["name"] == "个人卖家验货期"


def test_an_item_is_claimed_about_once_whatever_became_of_it(hub: Hub) -> None:
    _row, order = make_claim(hub, WITHDRAWN)
    with pytest.raises(errors.ItemClaimed):
        claim(hub, order)
    again = claim(hub, order, items=["report:frame"])
    assert again.state == SELLER_TURN
    with pytest.raises(errors.AnotherClaimOpen):
        claim(hub, order, items=["report:back_cover"])


def test_evidence_of_another_order_is_refused(hub: Hub) -> None:
    photo = tiny_photo(77)
    claim(hub, arrived(hub), photos=[photo])
    with pytest.raises(errors.EvidenceElsewhere) as refusal:
        claim(hub, arrived(hub), photos=[photo])
    assert "photos" in refusal.value.errors


@pytest.mark.parametrize("amount", [None, 0, -1, PRICE, PRICE + 1, 10**12])
def test_an_amount_above_what_can_go_back_is_refused_and_says_the_most(hub: Hub, amount: int | None) -> None:
    with pytest.raises(InvalidInput) as refusal:
        claim(hub, arrived(hub), amount_fen=amount)
    assert "amount" in refusal.value.errors
    assert refusal.value.values["most"] == "¥2,379.99"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "mood"}, "reason"),
        ({"remedy": "money"}, "remedy"),
        ({"text": "太短"}, "text"),
        ({"text": "长" * 1001}, "text"),
        ({"items": []}, "items"),
        ({"items": ["report:nothing"]}, "items"),
        ({"photos": []}, "photos"),
        ({"photos": [tiny_photo(number) for number in range(7)]}, "photos"),
        ({"reason": "change_of_mind"}, "remedy"),
    ],
)
def test_what_cannot_be_used_is_named(hub: Hub, change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        claim(hub, arrived(hub), **change)
    assert field in refusal.value.errors


def test_a_claim_needs_the_item_in_the_buyers_hands_and_the_buyer(hub: Hub) -> None:
    with pytest.raises(errors.NotReceived):
        claim(hub, make_order(hub, FULFILLING))
    with pytest.raises(errors.NotReceived):
        claim(hub, make_order(hub, CLOSED_REFUNDED))
    order = arrived(hub)
    with pytest.raises(errors.NotYourTurn):
        as_seller(hub, order, service.open_claim, hub.store, hub.sealer, order.code, wanted())


def test_while_it_is_open_nothing_else_moves_order_or_money(hub: Hub) -> None:
    row, order = make_claim(hub)
    version = fresh_order(hub, order).version
    with pytest.raises(trades_errors.ClaimOpen):
        as_buyer(hub, order, trades.accept, order.code, version)
    with pytest.raises(trades_errors.ClaimOpen):
        as_buyer(hub, order, trades.report_problem, order.code, "defect", WORDS)
    advance(hub, timedelta(hours=40))
    run_money(hub)
    advance(hub, timedelta(hours=7))
    run_money(hub)
    assert (fresh_order(hub, order).state, fresh(hub, row).state) == (ACCEPTANCE, SELLER_TURN)
    assert money_of(hub, order).held_fen == PRICE


def test_the_time_for_checking_stands_still_while_it_is_open(hub: Hub) -> None:
    order = arrived(hub)
    advance(hub, timedelta(hours=70))
    left = order.acceptance_due_at
    row = claim(hub, order)
    advance(hub, timedelta(hours=10))
    as_buyer(hub, order, service.withdraw, row.code, row.version)
    assert left is not None
    moved = fresh_order(hub, order).acceptance_due_at
    assert moved is not None
    assert abs(moved - left - timedelta(hours=10)) < timedelta(minutes=1)
    advance(hub, timedelta(hours=3))
    run_money(hub)
    assert fresh_order(hub, order).state == COMPLETED


def test_offers_and_counter_offers_until_both_agree(hub: Hub) -> None:
    row, order = make_claim(hub)
    as_seller(hub, order, service.offer, row.code, row.version, PARTIAL, 5_000, "愿意退五十元，边缘的胶不影响使用。")
    row = fresh(hub, row)
    assert (row.state, row.last_fen) == (BUYER_TURN, 5_000)
    as_buyer(hub, order, service.ask_again, row.code, row.version, PARTIAL, 12_000, "退一百二十元我就留下这台手机。")
    row = fresh(hub, row)
    as_seller(hub, order, service.offer, row.code, row.version, PARTIAL, 9_999, "九十九元九角九，这是最后的报价。")
    row = fresh(hub, row)
    as_buyer(hub, order, service.agree, row.code, row.version)
    run_money(hub)
    assert fresh(hub, row).result_fen == 9_999
    assert money_of(hub, order).refunded_fen == 9_999
    with hub.look() as work:
        said = work.session.scalars(
            select(ClaimProposal.amount_fen).where(ClaimProposal.claim_id == row.id).order_by(ClaimProposal.no)
        )
        assert list(said) == [20_000, 5_000, 12_000, 9_999]
    books_hold(hub)


def test_a_buyer_asks_three_times_at_most(hub: Hub) -> None:
    row, order = make_claim(hub)
    for fen in (19_000, 18_000):
        as_seller(hub, order, service.refuse, row.code, fresh(hub, row).version, "发货前的视频里屏幕完好，没有换过。")
        as_buyer(hub, order, service.ask_again, row.code, fresh(hub, row).version, PARTIAL, fen, "再少一点也可以，请考虑。")
    as_seller(hub, order, service.refuse, row.code, fresh(hub, row).version, "发货前的视频里屏幕完好，没有换过。")
    with pytest.raises(errors.TooManyRounds):
        as_buyer(hub, order, service.ask_again, row.code, fresh(hub, row).version, PARTIAL, 17_000, "再少一点也可以，请考虑。")
    with pytest.raises(errors.NothingOffered):
        as_buyer(hub, order, service.agree, row.code, fresh(hub, row).version)


@pytest.mark.parametrize(("state", "after", "hours"), [(SELLER_TURN, REMEDIED, 48), (BUYER_TURN, DENIED, 72)])
def test_silence_decides_by_the_rules_and_not_a_second_early(hub: Hub, state: str, after: str, hours: int) -> None:
    row, order = make_claim(hub, state)
    advance(hub, timedelta(hours=hours) - timedelta(minutes=5))
    run_money(hub)
    assert fresh(hub, row).state == state
    advance(hub, timedelta(minutes=6))
    verb, side = (service.accept, as_seller) if state == SELLER_TURN else (service.escalate, as_buyer)
    with pytest.raises(errors.TurnOver):
        side(hub, order, verb, row.code, row.version)
    run_money(hub)
    assert fresh(hub, row).state == after
    outcome = said_of(hub, "dispute.settled", row.code)["outcome"]
    assert outcome == ("silence" if state == SELLER_TURN else "lapsed")
    assert fresh_order(hub, order).held_by_claim is None


def test_an_offer_that_nobody_answers_ends_the_claim_without_money(hub: Hub) -> None:
    row, order = make_claim(hub)
    as_seller(hub, order, service.offer, row.code, row.version, RETURN, None, "可以退货，请把手机寄回来。")
    advance(hub, timedelta(hours=73))
    run_money(hub)
    assert fresh(hub, row).state == WITHDRAWN
    assert money_of(hub, order).held_fen == PRICE


def test_staff_see_every_claim_that_waits_for_a_ruling_however_many_newer_ones_there_are(hub: Hub) -> None:
    waiting = [make_claim(hub, ESCALATED)[0].code for _ in range(2)]
    newest = [make_claim(hub)[0].code for _ in range(2)][-1]
    with hub.look() as work:
        assert [row.code for row, _order in queries.for_staff(work, limit=1)] == [*waiting, newest]


def test_what_is_ruled_out_lets_the_order_go_on(hub: Hub) -> None:
    _row, order = make_claim(hub, DENIED)
    gone = fresh_order(hub, order)
    assert (gone.state, gone.held_by_claim) == (ACCEPTANCE, None)
    as_buyer(hub, order, trades.accept, order.code, gone.version)
    assert fresh_order(hub, order).state == COMPLETED


def test_a_step_from_an_old_page_meets_a_conflict(hub: Hub) -> None:
    row, order = make_claim(hub)
    as_seller(hub, order, service.offer, row.code, row.version, PARTIAL, 5_000, "愿意退五十元，边缘的胶不影响使用。")
    with pytest.raises(Conflict):
        as_buyer(hub, order, service.agree, row.code, row.version)


def test_evidence_is_chained_and_a_change_is_seen(hub: Hub) -> None:
    row, _ = make_claim(hub, photos=[tiny_photo(number) for number in (201, 202, 203, 202)])
    found = pieces(hub, row)
    assert len(found) == 3, "the same photo twice is one piece"
    assert queries.is_chain_whole(row, found)
    for wrong in (found[1:], found[:1] + found[2:], [found[0], found[2], found[1]]):
        assert not queries.is_chain_whole(row, wrong)
    found[1].photo.upload_sha256 = "0" * 64
    assert not queries.is_chain_whole(row, found)


def test_items_are_kept_as_they_were_promised(hub: Hub) -> None:
    row, _ = make_claim(hub)
    with hub.look() as work:
        item = work.session.scalars(select(ClaimItem).where(ClaimItem.claim_id == row.id)).one()
        assert (item.item_key, item.name["zh"]) == (ITEM, "屏幕玻璃")
        assert item.promised["zh"]


def test_both_sides_are_told_in_the_same_transaction(hub: Hub) -> None:
    row, order = make_claim(hub)
    with hub.look() as work:
        texts = work.session.scalars(select(OutboxRow.name)).all()
    assert "CreditFact" in texts
    with pytest.raises(DomainError):
        as_buyer(hub, order, service.agree, row.code, row.version)
    assert fresh(hub, row).state == SELLER_TURN


@pytest.mark.parametrize("part", [1, 3], ids=["all", "a third"])
def test_the_bank_that_keeps_the_money_frees_the_order_and_nothing_is_left_undelivered(hub: Hub, part: int) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = make_claim(hub)
    decide(hub, dispute(hub, order, order.total_fen // part), won=False)
    assert money_of(hub, order).held_fen == 0
    assert fresh(hub, row).state == OVERTAKEN
    assert (fresh_order(hub, order).held_by_claim, fresh_order(hub, order).state) == (None, "closed_refunded")
    with hub.look() as work:
        assert dead_deliveries(work) == []
        assert money.verify(work, hub.provider) == []


@pytest.mark.parametrize("state", [SELLER_TURN, BUYER_TURN])
def test_a_dispute_that_was_won_takes_nobodys_turn(hub: Hub, state: str) -> None:
    """While the bank looks the clock decides nothing; when the money is back, whose turn it was still has it."""
    settled_payment(hub, amount_fen=5_000_000)
    row, order = make_claim(hub, state)
    ref = dispute(hub, order)
    for _ in range(6):
        advance(hub, timedelta(days=1))
        hub.drain()
    assert fresh(hub, row).state == state
    decide(hub, ref, won=True)
    if state == SELLER_TURN:
        as_seller(hub, order, service.refuse, row.code, row.version, "发货前的视频里屏幕完好，没有换过。")
    else:
        as_buyer(hub, order, service.escalate, row.code, row.version)
    assert fresh(hub, row).state == (BUYER_TURN if state == SELLER_TURN else ESCALATED)


def test_silence_agrees_only_to_what_was_shown(hub: Hub) -> None:
    """A file that is no photo passes until it is prepared; it does not let the clock move money."""
    row, order = make_claim(hub, photos=[tiny_photo(1)[:40] + b"no photo"])
    advance(hub, timedelta(hours=49))
    hub.drain()
    assert fresh(hub, row).state == ESCALATED
    assert money_of(hub, order).refunded_fen == 0
    shown, theirs = make_claim(hub, photos=[tiny_photo(2)[:40] + b"nor this", tiny_photo(3)])
    advance(hub, timedelta(hours=49))
    hub.drain()
    assert fresh(hub, shown).state == REMEDIED
    assert fresh_order(hub, theirs).state == COMPLETED


def test_silence_agrees_to_nothing_before_the_photos_are_prepared(hub: Hub) -> None:
    row, _order = make_claim(hub)
    advance(hub, timedelta(hours=49))
    with hub.begin(SYSTEM) as work:
        service.on_due(work, row.id)
    waits = fresh(hub, row)
    assert waits.state == SELLER_TURN
    assert waits.due_at is not None
    assert row.due_at is not None
    assert waits.due_at > row.due_at
    hub.drain()
    advance(hub, timedelta(hours=2))
    hub.drain()
    assert fresh(hub, row).state == REMEDIED


def test_the_bank_overtakes_a_claim(hub: Hub) -> None:
    row, order = make_claim(hub)
    with hub.begin() as work:
        service.on_bank_dispute_lost(work, BankDisputeLost(order.payment_code, "x" * 26, 0))
    assert fresh(hub, row).state == OVERTAKEN
    assert fresh_order(hub, order).held_by_claim is None
    assert not money_of(hub, order).frozen
    assert said_of(hub, "dispute.settled", row.code)["outcome"] == "overtaken"
