"""Rows of a statement that fit nothing: kept apart in the books, assigned by a person, or sent back to whoever sent them."""

import pytest

from app.kernel.errors import BadState
from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import RowDoesNotFit
from tests.payments.banking import balance, do, money, open_rows, reference_of, rows_in, run, settled, sound, state, transfer_of
from tests.payments.making import AMOUNT, make_payment


def test_another_amount_settles_nothing_lies_in_the_books_and_goes_back(hub, bank):
    payment = make_payment(hub)
    bank.transfer(payment.code, AMOUNT - 1)
    run(hub, bank)
    ((code, why, _),) = open_rows(hub)
    assert (why, state(hub, payment)) == ("wrong_amount", "open")
    assert balance(hub, f"unassigned:{code}") == AMOUNT - 1
    sound(hub)
    with pytest.raises(RowDoesNotFit):
        do(hub, service.assign_row, code, reference_of(hub, payment.code))
    do(hub, service.return_row, code)
    with pytest.raises(BadState):
        do(hub, service.return_row, code)
    run(hub, bank)
    assert (balance(hub, f"unassigned:{code}"), open_rows(hub), rows_in(hub, "returning")) == (0, [], 0)
    sound(hub)


def test_a_forgotten_reference_is_assigned_and_what_is_too_much_goes_back(hub, bank):
    payment = make_payment(hub)
    reference = reference_of(hub, payment.code)
    bank.book(AMOUNT + 500, "手机")
    run(hub, bank)
    ((code, why, _),) = open_rows(hub)
    assert why == "unknown_reference"
    with pytest.raises(RowDoesNotFit):
        do(hub, service.assign_row, code, "XP00000000")
    with hub.begin(SYSTEM) as work:  # and our note of the try was lost
        queries.payment_by_code(work, payment.code).intent_id = None
    do(hub, service.assign_row, code, f" {reference.lower()} ")
    assert (state(hub, payment), money(hub, payment).held_fen) == ("settled", AMOUNT)
    run(hub, bank)
    assert (balance(hub, f"unassigned:{code}"), rows_in(hub, "open", "returning")) == (0, 0)
    assert balance(hub, "psp_clearing:bank") == AMOUNT
    with pytest.raises(BadState):
        do(hub, service.assign_row, code, reference)
    do(hub, service.refund, payment.code, AMOUNT, "a", "agreed")  # to the account that the assigned row came from
    run(hub, bank)
    assert money(hub, payment).refund_paid_fen == AMOUNT
    with hub.look() as work:
        assert queries.money_desk(work).paid_in_fen == AMOUNT
    sound(hub)


def test_what_is_paid_twice_is_kept_apart_and_goes_back(hub, bank):
    payment = settled(hub, bank)
    reference = bank.printed[-1].rsplit(",", 1)[1]
    bank.book(AMOUNT, reference)
    run(hub, bank)
    ((code, why, _),) = open_rows(hub)
    assert (why, money(hub, payment).captured_fen) == ("double", AMOUNT)
    with pytest.raises(RowDoesNotFit):
        do(hub, service.assign_row, code, reference)
    do(hub, service.return_row, code)
    run(hub, bank)
    assert balance(hub, "psp_clearing:bank") == AMOUNT
    sound(hub)


def test_money_for_a_reservation_that_is_over_goes_back_by_itself(hub, bank):
    payment = make_payment(hub)
    bank.transfer(payment.code)
    do(hub, service.cancel_hold, payment.code, "time")
    run(hub, bank)
    assert (state(hub, payment), money(hub, payment).refund_paid_fen, open_rows(hub)) == ("cancelled", AMOUNT, [])
    sound(hub)


def test_a_row_is_not_assigned_to_what_nobody_asks_for_any_more(hub, bank):
    payment = make_payment(hub)
    reference = reference_of(hub, payment.code)
    do(hub, service.cancel_hold, payment.code, "time")
    bank.book(AMOUNT, "手机")
    run(hub, bank)
    ((code, _, _),) = open_rows(hub)
    with pytest.raises(RowDoesNotFit):
        do(hub, service.assign_row, code, reference)
    assert [each[0] for each in open_rows(hub)] == [code]
    sound(hub)


def test_a_row_pays_one_payment_even_when_its_rest_comes_back(hub, bank):
    """Refunds of a payment look for their sender at its row: two payments out of one row would share it."""
    first, second = make_payment(hub), make_payment(hub)
    bank.book(2 * AMOUNT, "两件一起付")
    run(hub, bank)
    ((code, _, _),) = open_rows(hub)
    do(hub, service.assign_row, code, reference_of(hub, first.code))
    with hub.begin(SYSTEM) as work:  # the bank cannot carry out the way back of the rest
        file = service.export_transfers(work)
        (rest,) = queries.transfers_of_file(work, file.code)
        service.refuse_transfer(work, rest.code, "account closed")
    assert [each[0] for each in open_rows(hub)] == [code]
    with pytest.raises(RowDoesNotFit):
        do(hub, service.assign_row, code, reference_of(hub, second.code))
    assert (state(hub, first), state(hub, second), balance(hub, f"unassigned:{code}")) == ("settled", "open", AMOUNT)
    do(hub, service.return_row, code)
    run(hub, bank)
    assert (rows_in(hub, "open", "returning"), balance(hub, "psp_clearing:bank")) == (0, AMOUNT)
    sound(hub)


@pytest.mark.parametrize("off", [1, -1, 50_000])
def test_a_number_of_ours_in_a_memo_does_not_make_it_somebody_elses_money(hub, bank, off):
    """What fits nothing goes back to its sender, whatever transfer of ours its memo names."""
    payment = settled(hub, bank)
    refund = do(hub, service.refund, payment.code, AMOUNT, "a", "agreed").code
    run(hub, bank)
    theirs = transfer_of(hub, refund)
    bank.send_back(theirs.reference, AMOUNT + off)
    run(hub, bank)
    ((code, why, _),) = open_rows(hub)
    assert why == "wrong_amount"
    back = do(hub, service.return_row, code)
    assert (back.destination, back.destination == theirs.destination) == (f"row:{code}", False)
    run(hub, bank)
    assert balance(hub, f"unassigned:{code}") == 0
    sound(hub)
