"""Our books against the provider's own list: every difference has its name, in the terminal and on the operator's page."""

import dataclasses

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.models import Reconciliation
from app.payments.provider.face import Movement
from tests.accounts.making import make_member, make_user, send_form, sign_in
from tests.payments.making import AMOUNT, begin_checkout, make_payment, run_money, sandbox, settled_payment


class Lying:
    """The provider, whose list somebody has changed."""

    def __init__(self, door, change):
        self.door, self.change = door, change

    def __getattr__(self, name):
        return getattr(self.door, name)

    def list_movements(self):
        return self.change(self.door.list_movements())


@pytest.fixture
def busy(hub):
    """One payment held, one sale paid out, one refund."""
    settled_payment(hub)
    sold, seller = settled_payment(hub), make_user(hub)
    with hub.begin(SYSTEM) as work:
        service.release(work, sold.code, [(queries.seller_account(work, seller.id), 98_000), ("fee_revenue", 2_000)], "r")
    back = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.refund(work, back.code, AMOUNT, "a", "agreed")
    run_money(hub)
    return hub


def differences(hub, change=lambda movements: movements):
    with hub.look() as work:
        return queries.compare(work, Lying(hub.provider, change)).differences


def kinds(hub, change):
    return [each.kind for each in differences(hub, change)]


def test_sound_books_agree_in_every_line_and_sum(busy):
    with busy.look() as work:
        found = queries.compare(work, busy.provider)
    assert (found.differences, found.ours_count, found.theirs_count) == ((), 5, 5)
    assert found.ours_fen == found.theirs_fen == 3 * AMOUNT - 98_000 - AMOUNT


def test_what_they_do_not_list_is_missing_with_them(busy):
    assert kinds(busy, lambda movements: movements[1:]) == ["missing_with_them"]


def test_what_we_know_nothing_about_is_missing_with_us(busy):
    """TS65: an unknown line is shown with its id and amount."""
    stray = Movement("payout", "po_stray", 700, "CNY", {})
    (found,) = differences(busy, lambda movements: [*movements, stray])
    assert (found.kind, found.key, found.ours_fen, found.theirs_fen, found.refs) == (
        "missing_with_us", "payout:po_stray", 0, -700, ("po_stray",),
    )  # fmt: skip


def test_another_amount_and_another_currency_are_named(busy):
    def first(**changes):
        return lambda movements: [dataclasses.replace(movements[0], **changes), *movements[1:]]

    assert kinds(busy, first(amount_fen=AMOUNT + 1)) == ["amount"]
    assert kinds(busy, first(currency="USD")) == ["currency"]


def test_what_they_list_twice_is_a_duplicate(busy):
    assert kinds(busy, lambda movements: [*movements, dataclasses.replace(movements[-1], id="po_again")]) == ["duplicate"]


def test_what_they_have_done_and_we_wait_for_differs_in_its_state(busy):
    """The event was lost on its way: our payment is open, theirs has succeeded."""
    waiting = make_payment(busy)
    sandbox(busy).books.decide(begin_checkout(busy, waiting.code), paid=True)
    (found,) = differences(busy)
    assert (found.kind, found.key) == ("state", f"capture:{waiting.code}")
    run_money(busy)
    assert differences(busy) == ()


def test_disputes_and_returned_payouts_are_lines_of_both_lists(busy):
    with busy.look() as work:
        held = next(name for name, fen in queries.balances(work).items() if name.startswith("escrow:") and fen == AMOUNT)
        intent = queries.payment_by_code(work, held.split(":")[1]).intent_id
    ref = sandbox(busy).books.dispute(intent, AMOUNT, "fraudulent")
    assert [each.kind for each in differences(busy)] == ["missing_with_us"]
    run_money(busy)
    assert differences(busy) == ()
    sandbox(busy).books.decide_dispute(ref, won=True)
    assert [each.kind for each in differences(busy)] == ["state"]
    run_money(busy)
    assert differences(busy) == ()


def test_what_was_found_is_kept_and_never_changed(busy):
    busy.provider = Lying(busy.provider, lambda movements: movements[1:])
    assert jobs.compare_books(busy).unreconciled_fen == AMOUNT
    with busy.look() as work:
        kept = queries.last_reconciliation(work)
        assert [each["kind"] for each in kept.differences] == ["missing_with_them"]
        assert (kept.ours_count, kept.theirs_count) == (5, 4)
    with pytest.raises(Exception, match="append-only"), busy.begin(SYSTEM) as work:
        work.session.query(Reconciliation).update({"ours_fen": 0})


def test_the_operator_sees_every_difference_and_compares_again(client, busy):
    client.set_cookie("lang", "en")
    sign_in(client, busy, make_member(busy, "operator"))
    assert "Not compared yet" in client.get("/operator/money").get_data(as_text=True)
    honest = busy.provider
    busy.provider = Lying(honest, lambda movements: movements[1:])
    assert send_form(client, "/operator/money", to="/operator/money/compare").status_code == 303
    assert "the provider does not list it" in client.get("/operator/money").get_data(as_text=True)
    busy.provider = honest
    send_form(client, "/operator/money", to="/operator/money/compare")
    page = client.get("/operator/money").get_data(as_text=True)
    assert "No difference." in page
    assert "5 movements in our books" in page


def test_the_command_names_each_difference_and_ends_with_one(busy, monkeypatch):
    monkeypatch.setattr("app.cli.commands.create_hub", lambda *args, **more: busy)
    fine = CliRunner().invoke(main, ["ledger", "reconcile"])
    assert (fine.exit_code, "5 movements" in fine.output) == (0, True)
    busy.provider = Lying(busy.provider, lambda movements: movements[1:])
    wrong = CliRunner().invoke(main, ["ledger", "reconcile"])
    assert wrong.exit_code == 1
    assert "missing_with_them: capture:" in wrong.output
