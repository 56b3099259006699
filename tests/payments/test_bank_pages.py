"""The bank door's pages: what the payer sees, and the operator's work with statements, rows and payment files."""

import io

import pytest

from app.kernel.audit import AuditEntry
from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.models import BankRow, BankTransfer
from tests.accounts.making import make_member, make_user, send_form, sign_in, token_of
from tests.payments.banking import PaperBank, read, reference_of, row, statement, use_bank
from tests.payments.making import AMOUNT, make_payment

HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE bank_row; --",
    "\u202eevil",
    "\x00",
    "𝕏𝕡" * 300,
    "９" * 50,
    "{{7*7}}",
    "../../etc/passwd",
]


@pytest.fixture
def bank(hub):
    use_bank(hub)
    return PaperBank(hub)


@pytest.fixture
def operator(client, hub, bank):
    person = make_member(hub, "operator")
    client.set_cookie("lang", "en")
    sign_in(client, hub, person)
    return person


def text_of(answer):
    return answer.get_data(as_text=True)


def token(client):
    return token_of(client.get("/operator/money/bank"))


def upload(client, data, name="statement.csv"):
    values = {"csrf_token": token(client), "file": (io.BytesIO(data), name)}
    return client.post("/operator/money/bank/statements", data=values, content_type="multipart/form-data")


def post(client, address, **values):
    return client.post(address, data={"csrf_token": token(client), **values})


def the_row(hub, state="open"):
    with hub.look() as work:
        return work.session.query(BankRow).filter_by(state=state).one().code


def test_the_payer_sees_account_amount_and_reference_and_waits_without_being_hurried(client, hub, bank):
    payer = make_user(hub, name="周晓雨")
    client.set_cookie("lang", "en")
    sign_in(client, hub, payer)
    payment = make_payment(hub, payer=payer, return_link="/notices")
    page = text_of(client.get(f"/pay/{payment.code}"))
    assert "Show me what to transfer" in page
    there = send_form(client, f"/pay/{payment.code}").headers["Location"]
    assert there.startswith("/bank/transfers/")
    page = text_of(client.get(there))
    reference = reference_of(hub, payment.code)
    assert reference in page
    assert "TEST 0000 0000 0001" in page
    assert "This is a test bank" in page
    waiting = text_of(client.get(f"/pay/{payment.code}/done"))
    assert "every 2s" not in waiting
    assert "next working day" in waiting
    assert send_form(client, f"/pay/{payment.code}").headers["Location"] == there  # asked again, the same instruction
    read(hub, row(AMOUNT, reference))
    assert client.get(f"/pay/{payment.code}/done").headers["Location"] == "/notices"
    assert "Your transfer has arrived" in text_of(client.get(there))


def test_a_stranger_sees_no_instruction(client, hub, bank):
    payment = make_payment(hub)
    reference_of(hub, payment.code)
    with hub.look() as work:
        code = queries.payment_by_code(work, payment.code).intent_id
    sign_in(client, hub, make_user(hub))
    for address in (code, "0" * 26, "x", "%00", "a" * 3000):
        assert client.get(f"/bank/transfers/{address}").status_code == 404


def test_when_nobody_asks_for_it_the_account_is_not_shown_any_more(client, hub, bank):
    payer = make_user(hub)
    client.set_cookie("lang", "en")
    sign_in(client, hub, payer)
    payment = make_payment(hub, payer=payer)
    there = send_form(client, f"/pay/{payment.code}").headers["Location"]
    with hub.begin(SYSTEM) as work:
        service.cancel_hold(work, payment.code)
    page = text_of(client.get(there))
    assert "Nobody asks for this transfer any more" in page
    assert "TEST 0000" not in page


def test_the_operator_reads_a_statement_and_sees_which_rows_were_left_out(client, hub, operator):
    payment = make_payment(hub)
    data = statement(row(AMOUNT, reference_of(hub, payment.code)), "B1,yesterday,5,CNY,,,x")
    assert upload(client, data).status_code == 303
    page = text_of(client.get("/operator/money/bank"))
    assert "1 rows are new, 0 were known already, 1 could not be read." in page
    assert "Line 3: The day cannot be read" in page
    upload(client, data)
    assert "0 rows are new, 1 were known already" in text_of(client.get("/operator/money/bank"))
    assert "Every row of its statements is matched" in text_of(client.get("/operator/money"))


def test_a_file_that_cannot_be_read_is_said_beside_the_field(client, hub, operator):
    for data, words in (
        (b"a,b\n1,2", "The first row must name"),
        (b"", "The file is empty"),
        (b"\xff\xff\xff", "cannot be read"),
    ):
        answer = upload(client, data)
        assert answer.status_code == 422
        assert words in text_of(answer)
    assert upload(client, b"", name="").status_code == 422


def test_a_row_that_does_not_fit_is_assigned_or_sent_back(client, hub, operator, bank):
    payment = make_payment(hub)
    reference = reference_of(hub, payment.code)
    read(hub, row(AMOUNT, "手机", name="欧阳晴空", account="6222021234567890123"))
    page = text_of(client.get("/operator/money/bank"))
    assert "No reference of ours stands in it" in page
    assert "欧**" in page
    assert "6222021234567890123" not in page
    assert "1 rows of its statements wait for you" in text_of(client.get("/operator/money"))
    code = the_row(hub)
    refused = post(client, f"/operator/money/bank/rows/{code}/assign", reference="XP11111111")
    assert refused.status_code == 422
    assert "There is no payment with this reference" in text_of(refused)
    assert "XP11111111" in text_of(refused)
    assert post(client, f"/operator/money/bank/rows/{code}/assign", reference="").status_code == 422
    assert post(client, f"/operator/money/bank/rows/{code}/book", what="fee").status_code == 409
    assert post(client, f"/operator/money/bank/rows/{code}/assign", reference=reference).status_code == 303
    assert post(client, f"/operator/money/bank/rows/{code}/return").status_code == 409
    with hub.look() as work:
        assert queries.payment_by_code(work, payment.code).state == "settled"


def test_a_payment_file_is_made_once_opened_on_record_and_a_refusal_is_written_down(client, hub, operator, bank):
    read(hub, row(700, "?", name="欧阳晴空", account="6222021234567890123"))
    assert post(client, f"/operator/money/bank/rows/{the_row(hub)}/return").status_code == 303
    assert "Goes back with a payment file" in text_of(client.get("/operator/money/bank"))
    assert post(client, "/operator/money/bank/files").status_code == 303
    assert post(client, "/operator/money/bank/files").status_code == 409
    with hub.look() as work:
        transfer = work.session.query(BankTransfer).one()
        before = work.session.query(AuditEntry).filter_by(verb="bank_file.open").count()
    file = post(client, f"/operator/money/bank/files/{transfer.file_code}")
    assert '"欧阳晴空","6222021234567890123","7"' in text_of(file)
    assert file.headers["Content-Disposition"].startswith("attachment")
    with hub.look() as work:
        assert work.session.query(AuditEntry).filter_by(verb="bank_file.open").count() == before + 1
    assert client.get(f"/operator/money/bank/files/{transfer.file_code}").status_code == 405
    refuse = f"/operator/money/bank/transfers/{transfer.code}/refuse"
    assert post(client, refuse, reason="").status_code == 422
    assert post(client, refuse, reason="户名不符").status_code == 303
    assert post(client, refuse, reason="户名不符").status_code == 409
    assert the_row(hub)


def test_what_left_without_an_order_is_booked(client, hub, operator, bank):
    read(hub, row(1_000, "x"), row(-300, "fee"))
    with hub.look() as work:
        code = work.session.query(BankRow).filter(BankRow.amount_fen < 0).one().code
    assert post(client, f"/operator/money/bank/rows/{code}/book", what="gift").status_code == 422
    assert post(client, f"/operator/money/bank/rows/{code}/book", what="fee").status_code == 303
    with hub.look() as work:
        assert queries.balance(work, "psp_fees") == 300


def test_a_fee_larger_than_everything_there_is_is_refused_in_words(client, hub, operator, bank):
    read(hub, row(-300, "fee"))
    answer = post(client, f"/operator/money/bank/rows/{the_row(hub)}/book", what="fee")
    assert answer.status_code == 409
    assert "The books refuse this movement of money" in text_of(answer)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_refused_in_words_and_shown_as_text(client, hub, operator, bank, value):
    read(hub, row(1_000, "<b>x</b>", name="<i>y</i>"))
    code = the_row(hub)
    for address, field in ((f"rows/{code}/assign", "reference"), (f"rows/{code}/book", "what")):
        answer = post(client, f"/operator/money/bank/{address}", **{field: value})
        assert answer.status_code in (409, 422)
        assert "<script>alert" not in text_of(answer)
    for wrong in ("x", "0" * 26, "%00"):
        for verb in ("assign", "return", "book"):
            assert post(client, f"/operator/money/bank/rows/{wrong}/{verb}", reference=value, what=value).status_code == 404
        assert post(client, f"/operator/money/bank/files/{wrong}").status_code == 404
        assert post(client, f"/operator/money/bank/transfers/{wrong}/refuse", reason=value).status_code == 404
    page = text_of(client.get("/operator/money/bank"))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert upload(client, value.encode("utf-8", "surrogatepass")).status_code == 422
