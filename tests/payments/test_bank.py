"""The bank door: statements, rows that do not fit, payment files; every movement of it in the books and in the comparison."""

import csv
import io
import threading

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.cli import commands
from app.kernel.work import SYSTEM
from app.payments import bankfile, jobs, queries, service
from app.payments.errors import NoBankHere, NothingToExport, RowDoesNotFit, RowNotThatWay, StatementUnreadable
from app.payments.models import BankTransfer
from app.payments.service.bank.resolving import FEE, LOSS
from tests.accounts.making import make_user
from tests.payments.banking import (
    balance,
    do,
    money,
    open_rows,
    read,
    reference_of,
    row,
    rows_in,
    run,
    settled,
    sound,
    state,
    statement,
    transfer_of,
)
from tests.payments.making import AMOUNT, make_payment


def test_a_transfer_with_amount_and_reference_settles_the_payment_and_the_same_file_twice_does_nothing(hub, bank):
    payment = make_payment(hub)
    booked = bank.transfer(payment.code)
    first = read(hub, booked)
    assert (first.new_count, first.known_count, first.faults) == (1, 0, [])
    assert state(hub, payment) == "settled"
    again = read(hub, booked)
    assert (again.new_count, again.known_count, again.faults) == (0, 1, [])
    assert money(hub, payment).captured_fen == AMOUNT
    sound(hub)


def test_however_a_reference_is_typed_it_is_found(hub, bank):
    for change in (str.lower, lambda word: " ".join(word), lambda word: f"PAY{word}!", lambda word: word[:5] + "-" + word[5:],
                   lambda word: word[:2] + word[2:].replace("0", "O").replace("1", "l"),
                   lambda word: "".join(chr(ord(sign) + 0xFEE0) for sign in word)):  # fmt: skip
        payment = make_payment(hub)
        read(hub, row(AMOUNT, change(reference_of(hub, payment.code))))
        assert state(hub, payment) == "settled"
    sound(hub)


def test_the_same_number_with_other_values_is_named_and_nothing_of_it_counts(hub, bank):
    payment, other = make_payment(hub), make_payment(hub)
    read(hub, row(AMOUNT, reference_of(hub, payment.code), number="A1"))
    again = read(hub, row(AMOUNT, reference_of(hub, other.code), number="A1"))
    assert again.faults == [{"line": 2, "fault": "reused"}]
    assert state(hub, other) == "open"
    sound(hub)


def test_rows_that_cannot_be_read_are_named_and_the_others_count(hub, bank):
    payment = make_payment(hub)
    lines = [
        row(AMOUNT, reference_of(hub, payment.code)),
        "A2,2026-02-30,1.00,CNY,a,b,c",
        "A3,2026-11-30,1.005,CNY,a,b,c",
        "A4,2026-11-30,1e3,CNY,a,b,c",
        "A5,2026-11-30,０,CNY,a,b,c",
        "A6,2026-11-30,5.00,USD,a,b,c",
        ",2026-11-30,5.00,CNY,a,b,c",
        "A8,2026-11-30",
        "A9,2026-11-30,0,CNY,a,b,c",
        "A10,2026-11-30,10000000000.00,CNY,a,b,c",
        row(AMOUNT, "", name=""),
        row(AMOUNT, "", account=" "),
        row(-100, "", name="", account=""),
    ]
    found = read(hub, *lines)
    assert found.faults == [
        {"line": 3, "fault": "day"},
        *({"line": line, "fault": "amount"} for line in (4, 5, 6)),
        {"line": 7, "fault": "currency"},
        {"line": 8, "fault": "number"},
        {"line": 9, "fault": "columns"},
        *({"line": line, "fault": "amount"} for line in (10, 11)),
        *({"line": line, "fault": "sender"} for line in (12, 13)),
    ]
    assert (found.new_count, state(hub, payment)) == (2, "settled")


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"a,b\n1,2", b"number,day,amount\n1,2026-11-30,5", b"x" * 2_000_001, b"\n\n"]
)
def test_a_file_that_is_no_statement_is_refused_as_a_whole(hub, bank, data):
    with pytest.raises(StatementUnreadable):
        jobs.import_statement(hub, data)
    assert rows_in(hub, "open", "resolved") == 0


def test_a_banks_own_heads_and_letters_are_read(hub, bank):
    payment = make_payment(hub)
    words = f'流水号,日期,金额,币种,对方户名,对方账号,附言\n\'001,20261130,"1,000.00",人民币,王小明,6222,{reference_of(hub, payment.code)}\n'
    jobs.import_statement(hub, words.encode("gb18030"))
    assert state(hub, payment) == "settled"
    lines, _ = bankfile.read(b"Ref,day,Betrag,memo\n1,2026/11/30,-5,x", {"number": "ref", "amount": "betrag"}, "CNY")
    assert [(line.number, line.amount_fen) for _, line in lines] == [("1", -500)]


def released(hub, bank, fen=AMOUNT):
    payment, seller = settled(hub, bank), make_user(hub, name="林小满")
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), fen)], "r")
    hub.drain()
    with hub.look() as work:
        (command,) = queries.payouts_of(work, seller.id, "submitted")
        return payment, seller, command.code


def test_a_payout_leaves_with_a_file_and_counts_when_the_statement_shows_it(hub, bank):
    _, seller, code = released(hub, bank)
    file = do(hub, service.export_transfers)
    assert (file.count, file.total_fen) == (1, AMOUNT)
    with pytest.raises(NothingToExport):
        do(hub, service.export_transfers)
    with hub.look() as work:
        assert queries.find_command(work, code).state == "submitted"
    sent = transfer_of(hub, code)
    read(hub, row(-AMOUNT, f"{sent.reference} Xunyi"))
    with hub.look() as work:
        assert queries.find_command(work, code).state == "succeeded"
    assert balance(hub, f"seller_payable:{seller.code}") == 0
    sound(hub)


def test_a_transfer_that_was_typed_by_hand_is_recognised_and_never_put_into_a_file(hub, bank):
    _, _, code = released(hub, bank)
    read(hub, row(-AMOUNT, transfer_of(hub, code).reference))
    assert transfer_of(hub, code).state == "confirmed"
    with pytest.raises(NothingToExport):
        do(hub, service.export_transfers)
    sound(hub)


def test_a_transfer_that_the_bank_makes_twice_is_named_and_booked_as_a_loss(hub, bank):
    settled(hub, bank)
    _, _, code = released(hub, bank)
    run(hub, bank)
    bank.book(-AMOUNT, transfer_of(hub, code).reference)
    run(hub, bank)
    ((row_code, why, fen),) = open_rows(hub)
    assert (why, fen) == ("not_expected", -AMOUNT)
    with hub.look() as work:
        (found,) = queries.compare(work, hub.provider).differences
    assert (found.kind, found.theirs_fen) == ("missing_with_us", -AMOUNT)
    with pytest.raises(RowDoesNotFit):
        do(hub, service.assign_row, row_code, transfer_of(hub, code).reference)
    with pytest.raises(RowNotThatWay):
        do(hub, service.return_row, row_code)
    do(hub, service.book_row, row_code, LOSS)
    assert balance(hub, "bad_debt") == AMOUNT
    sound(hub)


def test_a_fee_of_the_bank_is_booked_and_a_lost_reference_is_found_again(hub, bank):
    settled(hub, bank)
    bank.book(-250, "账户管理费")
    _, _, code = released(hub, bank, AMOUNT - 1_000)
    do(hub, service.export_transfers)
    bank.book(-(AMOUNT - 1_000), "电汇")
    bank.day()
    fee, lost = sorted(open_rows(hub), key=lambda each: -each[2])
    do(hub, service.book_row, fee[0], FEE)
    do(hub, service.assign_row, lost[0], transfer_of(hub, code).reference)
    assert (balance(hub, "psp_fees"), open_rows(hub)) == (250, [])
    assert transfer_of(hub, code).state == "confirmed"
    sound(hub)


def test_a_payout_that_the_bank_refuses_or_sends_back_is_owed_again(hub, bank):
    _, seller, code = released(hub, bank)
    bank.refuses[f"user:{seller.code}"] = "户名不符"
    bank.day()
    with hub.look() as work:
        assert (queries.find_command(work, code).state, queries.find_command(work, code).last_error) == ("failed", "户名不符")
    do(hub, service.retry_command, code)
    run(hub, bank)
    sent = transfer_of(hub, code)
    assert sent.state == "confirmed"
    bank.send_back(sent.reference, AMOUNT)
    run(hub, bank)
    assert (transfer_of(hub, code).state, balance(hub, f"seller_payable:{seller.code}")) == ("came_back", AMOUNT)
    sound(hub)


def test_a_refund_that_comes_back_waits_and_is_sent_once_more_to_whom_it_was_for(hub, bank):
    payment = settled(hub, bank)
    code = do(hub, service.refund, payment.code, AMOUNT, "a", "agreed").code
    run(hub, bank)
    sent = transfer_of(hub, code)
    bank.send_back(sent.reference, AMOUNT)
    run(hub, bank)
    ((row_code, why, _),) = open_rows(hub)
    assert why == "refund_came_back"
    back = do(hub, service.return_row, row_code)
    assert back.destination == sent.destination
    with hub.begin(SYSTEM) as work:  # and the bank refuses it, so that somebody decides anew
        service.export_transfers(work)
        service.refuse_transfer(work, back.code, "account closed")
    assert [each[0] for each in open_rows(hub)] == [row_code]
    do(hub, service.return_row, row_code)
    run(hub, bank)
    assert (open_rows(hub), balance(hub, "psp_clearing:bank")) == ([], 0)
    sound(hub)


def test_only_what_the_money_at_the_bank_covers_goes_into_a_file(hub, bank):
    payment = settled(hub, bank)
    seller = make_user(hub)
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), AMOUNT)], "r")
    run(hub, bank)
    do(hub, service.refund_released, payment.code, AMOUNT, "k", "agreed")
    hub.drain()
    with pytest.raises(NothingToExport):
        do(hub, service.export_transfers)
    settled(hub, bank)
    run(hub, bank)
    assert money(hub, payment).refund_paid_fen == AMOUNT
    sound(hub)


def test_two_imports_and_two_exports_at_once_count_everything_once(hub, bank):
    payments = [make_payment(hub, amount_fen=1000 + number) for number in range(4)]
    rows = [row(payment.amount_fen, reference_of(hub, payment.code)) for payment in payments]
    answers, start = [], threading.Barrier(3)

    def importing():
        start.wait()
        answers.append(jobs.import_statement(hub, statement(*rows)).new_count)

    at_once(importing)
    assert (sum(answers), [state(hub, payment) for payment in payments]) == (4, ["settled"] * 4)
    for payment in payments:
        do(hub, service.refund, payment.code, payment.amount_fen, "a", "agreed")
    hub.drain()
    files = []

    def exporting():
        start.wait()
        try:
            files.append(hub.db.run(SYSTEM, lambda work: service.export_transfers(work).count))
        except NothingToExport:
            files.append(0)

    at_once(exporting)
    assert sum(files) == 4
    run(hub, bank)
    with hub.look() as work:
        assert work.session.query(BankTransfer).filter_by(state="exported").count() == 4
    sound(hub)


def at_once(verb):
    threads = [threading.Thread(target=verb) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_nobody_sees_a_name_or_an_account_in_the_database(hub, bank):
    read(hub, row(500, "hello", name="欧阳晴空", account="6222021234567890123"))
    with hub.look() as work:
        plain = str(work.session.execute(text("SELECT * FROM bank_row")).all())
        (waiting,) = queries.bank_desk(work, hub.sealer).rows
    assert "欧阳" not in plain
    assert "6222021234567890123" not in plain
    assert (waiting.name, waiting.account) == ("欧**", "****0123")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE bank_row SET amount_fen = amount_fen + 1",
        "UPDATE bank_row SET number = 'x'",
        "DELETE FROM bank_row",
        "UPDATE bank_transfer SET destination = 'user:me'",
        "UPDATE bank_transfer SET amount_fen = 1",
        "DELETE FROM bank_transfer",
        "UPDATE bank_instruction SET amount_fen = 1",
        "DELETE FROM bank_instruction",
        "UPDATE bank_row SET kind = 'payout' WHERE amount_fen > 0",
        "UPDATE bank_row SET state = 'open'",
        "INSERT INTO bank_row (code, number, sha256, booked_on, amount_fen, currency, other_sealed, memo, kind, about, why, read_at, state, version, entered_at) "
        "SELECT 'x', number, sha256, booked_on, amount_fen, currency, other_sealed, memo, kind, about, why, read_at, state, version, entered_at FROM bank_row LIMIT 1",
    ],
)
def test_the_database_refuses_to_change_what_the_bank_said_and_was_told(hub, bank, attack):
    payment = settled(hub, bank)
    do(hub, service.refund, payment.code, 5, "a", "agreed")
    run(hub, bank)
    with pytest.raises(IntegrityError), hub.begin(SYSTEM) as work:
        work.session.execute(text(attack))


def test_a_payment_file_holds_what_the_bank_needs_and_no_formula(hub, bank):
    payment = make_payment(hub)
    read(hub, row(AMOUNT, reference_of(hub, payment.code), name="=HYPERLINK(1)", account="+86"))
    code = do(hub, service.refund, payment.code, AMOUNT, "a", "agreed").code
    hub.drain()
    file = do(hub, service.export_transfers)
    head, line = csv.reader(io.StringIO(jobs.open_file(hub, file.code).removeprefix("\ufeff")))
    assert head == ["reference", "name", "account", "amount", "currency", "kind"]
    assert line == [transfer_of(hub, code).reference, "'=HYPERLINK(1)", "'+86", "1000", "CNY", "refund"]


def test_elsewhere_there_is_no_bank(hub):
    with pytest.raises(NoBankHere):
        jobs.import_statement(hub, statement())


def test_a_command_reads_statements_and_writes_payment_files(hub, bank, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "create_hub", lambda *args, **more: hub)
    payment, file = make_payment(hub), tmp_path / "statement.csv"
    file.write_bytes(statement(row(AMOUNT, reference_of(hub, payment.code)), "B2,x,5,CNY,,,"))
    done = CliRunner().invoke(commands.main, ["bank", "import", str(file)])
    assert done.exit_code == 1
    assert "1 new, 0 known, 1 left out" in done.output
    assert "line 3: day: The day cannot be read" in done.output
    assert state(hub, payment) == "settled"
    do(hub, service.refund, payment.code, AMOUNT, "a", "agreed")
    hub.drain()
    done = CliRunner().invoke(commands.main, ["bank", "export"])
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].endswith('"1000","CNY","refund"')
    done = CliRunner().invoke(commands.main, ["bank", "export"])
    assert done.exit_code == 1
