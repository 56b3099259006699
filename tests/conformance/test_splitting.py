"""TS64: what only payers with split settlement do."""

import pytest

from app.payments import jobs
from app.payments.errors import ProviderRefused
from app.payments.provider.split import Limits, SplitBooks
from tests.payments.making import AMOUNT

pytestmark = pytest.mark.needs("split")


def test_ts64_the_money_is_frozen_for_its_order_shared_and_the_rest_freed(world):
    seller, payment = world.seller(), world.paid()
    assert (world.outside.order(payment.code).state, world.outside.order(payment.code).frozen_fen) == ("frozen", AMOUNT)
    jobs.finish_emptied(world.hub)  # what other scenarios have left
    free = free_fen(world)
    world.release(payment, seller, AMOUNT, 2_000)
    assert world.outside.order(payment.code).requests == 1
    jobs.finish_emptied(world.hub)
    order = world.outside.order(payment.code)
    assert (order.state, order.frozen_fen, free_fen(world) - free) == ("finished", 0, 2_000)
    assert world.payouts(seller) == [("succeeded", AMOUNT - 2_000)]
    world.sound()


def free_fen(world):
    books = world.outside.books
    with books._read() as db:
        return books._free(db, "CNY")


def test_ts64_nothing_is_finished_while_something_is_held_or_on_its_way(world):
    seller, payment = world.seller(), world.paid()
    world.release(payment, seller, 40_000)
    jobs.finish_emptied(world.hub)
    assert (world.outside.order(payment.code).state, world.outside.order(payment.code).frozen_fen) == ("frozen", 60_000)
    world.refund(payment, 60_000)
    jobs.finish_emptied(world.hub)
    assert world.outside.order(payment.code).state == "finished"
    world.sound()


def test_ts64_a_freeze_that_is_over_frees_itself_and_the_seller_is_paid_out_of_the_free_money(own_world):
    world = own_world
    seller, payment = world.seller(), world.paid()
    books, start = world.outside.books, world.outside.books.clock
    books.clock = lambda: start() + 181 * 86_400
    assert (world.outside.order(payment.code).state, world.outside.order(payment.code).frozen_fen) == ("freed", 0)
    with pytest.raises(ProviderRefused, match="nothing_frozen"):
        books.share("late", intent(world, payment), [("user:x", 1)], {})
    world.release(payment, seller)
    assert world.payouts(seller) == [("succeeded", AMOUNT)]
    world.sound()


def test_ts64_a_share_goes_back_before_the_refund_is_paid(world):
    seller = world.seller()
    payment = world.sold(seller)
    jobs.finish_emptied(world.hub)
    told = []
    books = world.outside.books
    kept = books.return_share, books.refund

    def noted(name, verb):
        def call(*values):
            told.append(name)
            return verb(*values)

        return call

    books.return_share, books.refund = noted("return", kept[0]), noted("refund", kept[1])
    try:
        world.give_back(payment, AMOUNT)
    finally:
        books.return_share, books.refund = kept
    assert told == ["return", "refund"]
    assert world.money(payment).refund_paid_fen == AMOUNT
    world.sound()


def intent(world, payment):
    from tests.conformance.drivers import intent_of

    return intent_of(world.hub, payment.code)


@pytest.fixture
def books(tmp_path):
    """A payer of its own: four requests of an order, two receivers of a request."""
    return SplitBooks(tmp_path, Limits(freeze_days=30, requests=4, receivers=2))


def paid(books, fen=1_000):
    made = books.create_intent(f"k{fen}", fen, "CNY", {"payment_code": f"p{fen}"}, "http://127.0.0.1/x")
    books.decide(made["id"], paid=True)
    return made["id"]


def test_ts64_more_requests_or_receivers_than_allowed_are_refused(books):
    order = paid(books)
    with pytest.raises(ProviderRefused, match="too_many_receivers"):
        books.share("many", order, [("a", 1), ("b", 1), ("c", 1)], {})
    assert len(books.share("two", order, [("a", 100), ("b", 50)], {})) == 2
    for number in range(3):
        books.share(f"more{number}", order, [("a", 1)], {})
    with pytest.raises(ProviderRefused, match="too_many_requests"):
        books.share("fifth", order, [("a", 1)], {})
    assert books.share("two", order, [("a", 100), ("b", 50)], {}) == books.share("two", order, [("a", 100), ("b", 50)], {})
    assert books.order(order).frozen_fen == 1_000 - 153


def test_ts64_never_more_is_shared_returned_or_refunded_than_there_is(books):
    order = paid(books)
    with pytest.raises(ProviderRefused, match="more_than_frozen"):
        books.share("a", order, [("a", 600), ("b", 401)], {})
    first, _ = books.share("b", order, [("a", 600), ("b", 300)], {})
    with pytest.raises(ProviderRefused, match="balance_too_low"):
        books.refund("r", order, 101, {})
    with pytest.raises(ProviderRefused, match="more_than_shared"):
        books.return_share("c", first, 601, {})
    books.return_share("d", first, 200, {})
    books.withdraw("a")
    with pytest.raises(ProviderRefused, match="receiver_balance_too_low"):
        books.return_share("e", first, 1, {})
    assert books.order(order).frozen_fen == 300
    books.finish(order)
    books.finish(order)
    with pytest.raises(ProviderRefused, match="nothing_frozen"):
        books.share("f", order, [("a", 1)], {})
    with pytest.raises(ProviderRefused, match="balance_too_low"):
        books.transfer("g", "b", 301, "CNY", {})
    books.refund("h", order, 300, {})
    with pytest.raises(ProviderRefused, match="balance_too_low"):
        books.transfer("i", "b", 1, "CNY", {})
