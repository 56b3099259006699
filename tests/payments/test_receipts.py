"""Receipts of payers and statements of sellers: figures of the ledger alone, as a page and as a PDF with the same figures."""

import io
import json
from datetime import timedelta

import pytest
from pypdf import PdfReader

from app.accounts import queries as accounts
from app.kernel.clock import advance
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import NoReceipt, NoSuchMonth, PaymentNotFound
from app.web.printing import PATIENCE_SECONDS, Printer, PrinterBusy
from tests.accounts.making import actor, make_user, sign_in
from tests.payments.making import AMOUNT, make_payment, run_money, settled_payment


def receipt_of(hub, payer, code):
    with hub.look(actor(hub, payer)) as work:
        return queries.receipt(work, code)


def month_of(hub, person, month):
    with hub.look() as work:
        return queries.month_statement(work, accounts.user_by_id(work, person.id), month)


def this_month(hub):
    with hub.look() as work:
        return shanghai_day(work.now).isoformat()[:7]


def sell(hub, seller, fee=2_000):
    """A sale whose money was released and is about to be paid out."""
    sold = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        parts = [(queries.seller_account(work, seller.id), AMOUNT - fee), ("fee_revenue", fee)]
        service.release(work, sold.code, parts, "r")
    return sold


def seller_reads(client, hub):
    seller = make_user(hub, name="许清和")
    client.set_cookie("lang", "en")
    sign_in(client, hub, seller)
    return seller


def test_a_receipt_says_what_was_paid_what_goes_back_and_what_is_held(hub):
    payer = make_user(hub)
    paid = settled_payment(hub, payer=payer)
    with hub.begin(SYSTEM) as work:
        service.refund(work, paid.code, 30_000, "part", "agreed")
    found = receipt_of(hub, payer, paid.code)
    assert (found.money.captured_fen, found.money.refunded_fen, found.money.held_fen) == (AMOUNT, 30_000, 70_000)
    assert found.spent_fen == 70_000
    assert [line.kind for line in found.lines] == ["paid", "refund_decided"]
    run_money(hub)
    assert [line.kind for line in receipt_of(hub, payer, paid.code).lines] == ["paid", "refund_decided", "refund_paid"]


def test_nothing_paid_gives_no_receipt_and_a_strangers_does_not_exist(hub):
    payer = make_user(hub)
    with pytest.raises(NoReceipt):
        receipt_of(hub, payer, make_payment(hub, payer=payer).code)
    with pytest.raises(PaymentNotFound):
        receipt_of(hub, payer, settled_payment(hub).code)


def test_a_month_begins_where_the_last_one_ended_and_names_every_fee(hub):
    seller, first = make_user(hub), this_month(hub)
    sell(hub, seller)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=31))
    second = this_month(hub)
    run_money(hub)
    sell(hub, seller, fee=1)
    earlier, later = month_of(hub, seller, first), month_of(hub, seller, second)
    assert [(line.kind, line.gross_fen, line.fee_fen, line.amount_fen, line.balance_fen) for line in earlier.lines] == [
        ("released", AMOUNT, 2_000, 98_000, 98_000)
    ]
    assert (earlier.opening_fen, earlier.closing_fen, later.opening_fen) == (0, 98_000, 98_000)
    assert [(line.kind, line.amount_fen) for line in later.lines] == [("paid_out", -98_000), ("released", AMOUNT - 1)]
    assert (later.gross_fen, later.fee_fen, later.total("paid_out"), later.other_fen) == (AMOUNT, 1, -98_000, 0)
    assert later.closing_fen == AMOUNT - 1
    with hub.look() as work:
        assert queries.months_of(work, accounts.user_by_id(work, seller.id))[:2] == [second, first]


@pytest.mark.parametrize("month", ["2019-01", "2099-01", "2026-13", "2026-1", "２０２６-11", "x", "2026-11 "])
def test_a_month_that_is_none_or_has_not_been_has_no_statement(hub, month):
    seller = make_user(hub)
    sell(hub, seller)
    with pytest.raises(NoSuchMonth):
        month_of(hub, seller, month)


def test_the_receipt_is_a_page_and_a_pdf_with_the_same_figures_inside(client, app, hub):
    payer = seller_reads(client, hub)
    paid = settled_payment(hub, payer=payer, subject="iPhone 13 <b>128 GB</b>")
    with hub.begin(SYSTEM) as work:
        service.refund(work, paid.code, 30_050, "part", "agreed")
    page = client.get(f"/pay/{paid.code}/receipt").get_data(as_text=True)
    for said in (paid.code, "许清和", "iPhone 13 &lt;b&gt;128 GB", ".50", "It is not a tax invoice", "test payer"):
        assert said in page
    assert client.get(f"/pay/{paid.code}/receipt.pdf").location == f"/pay/{paid.code}/receipt"  # nothing prints here
    hub.printer = Printer(lambda: app, hub.settings.base_url)
    answer = client.get(f"/pay/{paid.code}/receipt.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "no-store" in answer.headers["Cache-Control"]
    pdf = PdfReader(io.BytesIO(answer.data))
    assert paid.code in "".join(sheet.extract_text() for sheet in pdf.pages)
    file = json.loads(pdf.attachments[f"xunyi-receipt-{paid.code}.json"][0])
    assert (file["paid_fen"], file["refunded_fen"], file["held_fen"], file["spent_fen"]) == (AMOUNT, 30_050, 69_950, 69_950)


def test_the_statement_is_a_page_and_a_pdf(client, app, hub):
    seller = seller_reads(client, hub)
    sell(hub, seller)
    month = this_month(hub)
    assert f"/account/money/{month}" in client.get("/account/money").get_data(as_text=True)
    page = client.get(f"/account/money/{month}").get_data(as_text=True)
    for said in ("Owed to you at the beginning", "Platform fees", "980", "iPhone 13 128 GB"):
        assert said in page
    hub.printer = Printer(lambda: app, hub.settings.base_url)
    pdf = PdfReader(io.BytesIO(client.get(f"/account/money/{month}.pdf").data))
    file = json.loads(pdf.attachments[f"xunyi-statement-{month}.json"][0])
    assert (file["opening_fen"], file["closing_fen"], file["lines"][0]["fee_fen"]) == (0, 98_000, 2_000)
    assert client.get("/account/money/2019-01").status_code == 404
    assert client.get("/account/money/2019-01.pdf").status_code == 404


def test_a_receipt_asks_for_nothing_outside_and_waits_its_turn(app, hub, monkeypatch):
    printer = Printer(lambda: app, hub.settings.base_url)
    made = printer.paper("<p>x<img src='http://127.0.0.1:1/x.png' alt='x'>", "p{color:red}", ("x.json", b"{}", "x"))
    assert made.startswith(b"%PDF")
    monkeypatch.setattr("app.web.printing.PATIENCE_SECONDS", 0.01)
    assert PATIENCE_SECONDS > 1
    with printer._turn, pytest.raises(PrinterBusy):
        printer.paper("<p>x", "", ("x.json", b"{}", "x"))


def test_the_operators_figures_close(hub):
    seller = make_user(hub)
    sell(hub, seller)
    run_money(hub)
    held, back = settled_payment(hub), settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.refund(work, back.code, 10_000, "a", "agreed")
    with hub.look() as work:
        desk = queries.money_desk(work)
        assert (desk.paid_in_fen, desk.paid_out_fen, desk.paid_back_fen) == (3 * AMOUNT, 98_000, 0)
        assert (desk.held_fen, desk.owed_fen, desk.debts_fen) == (2 * AMOUNT - 10_000, 10_000, 0)
        assert desk.own_fen == 2_000 == desk.of("fee_revenue")
        assert held.code != back.code
