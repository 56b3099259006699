"""Pages of payments: paying, waiting, a seller's money, the staff's books; the provider's webhook; the practice checkout."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.accounts import queries as accounts
from app.kernel.errors import InvalidInput, NotFound
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import jobs, queries, rules, service
from app.payments.forms import NoteForm, PayAllTheSameForm
from app.payments.provider import Bank, Sandbox, Split
from app.payments.provider.face import ACTIVE
from app.payments.provider.sandbox import LATE_SECONDS
from app.payments.routes.blueprint import bp
from app.payments.states import CANCELLED, FAILED, OPEN, SETTLED
from app.web import allow, begin, current_actor, hub, look, render
from app.web.paper import paper
from app.web.redirects import safe_path
from app.web.security import csrf, policy_header

SANDBOX_HEADER = "HTTP_SANDBOX_SIGNATURE"
STRIPE_HEADER = "HTTP_STRIPE_SIGNATURE"


@bp.get("/pay/<code>")
@allow("member")
def pay(code: str) -> Answer:
    with look() as work:
        payment = queries.my_payment(work, code)
        if payment.state == SETTLED:
            return redirect(safe_path(payment.return_link), code=303)
        in_time = work.now < payment.deadline_at
        can_pay = payment.state in (OPEN, FAILED) and in_time
        provider = hub().provider
        shown = {"can_pay": can_pay, "is_practice": not provider.live, "takes_days": provider.takes_days}
        page = render("payments/pay.html", payment=payment, **shown)
        return _leads_on(page)


@bp.post("/pay/<code>")
@allow("member")
def start(code: str) -> Answer:
    return redirect(jobs.open_checkout(hub(), current_actor(), code), code=303)


@bp.get("/pay/<code>/done")
@allow("member")
def done(code: str) -> Answer:
    """Back from the provider: a browser's return proves nothing, so the page waits for the provider's own word."""
    with look() as work:
        payment = queries.my_payment(work, code)
        onward = {SETTLED: safe_path(payment.return_link), FAILED: url_for("payments.pay", code=code)}.get(payment.state)
        if onward is None:
            return render(
                "payments/done.html",
                "payments/_waiting.html",
                payment=payment,
                is_cancelled=payment.state == CANCELLED,
                takes_days=hub().provider.takes_days,
            )
    if request.headers.get("HX-Request"):
        answer = make_response("", 200)
        answer.headers["HX-Redirect"] = onward
        return answer
    return redirect(onward, code=303)


@bp.get("/pay/<code>/receipt")
@allow("member")
def receipt(code: str) -> Answer:
    """What was paid and what became of it, for who has paid."""
    with look() as work:
        return render("payments/receipt.html", **_receipt(work, code))


@bp.get("/pay/<code>/receipt.pdf")
@allow("member")
def receipt_pdf(code: str) -> Answer:
    with look() as work:
        values = _receipt(work, code)
        page = render("payments/receipt_paper.html", made_at=work.now, **values)
        data = values["receipt"].as_data(values["payer"].display_name)
    otherwise = url_for("payments.receipt", code=code)
    return paper(page, f"xunyi-receipt-{code}", "The receipt as a file for programs", data, otherwise)


def _receipt(work: Work, code: str) -> dict[str, Any]:
    payer = accounts.user_by_id(work, current_actor().id)
    return {"receipt": queries.receipt(work, code), "payer": payer, "is_practice": not hub().provider.live}


@bp.get("/account/money")
@allow("member")
def statement() -> Answer:
    with look() as work:
        user = accounts.user_by_id(work, current_actor().id)
        money, months = queries.statement(work, user), queries.months_of(work, user)
        account = _account(work, None)
        return _leads_on(render("payments/statement.html", money=money, agency=None, months=months, account=account))


@bp.post("/account/money/account")
@allow("member")
def open_account() -> Answer:
    """To the provider's own pages, where whoever is to be paid says who they are and where the money goes."""
    return redirect(jobs.open_account(hub(), current_actor()), code=303)


@bp.post("/agency/money/account")
@allow("manager")
def open_agency_account() -> Answer:
    return redirect(jobs.open_account(hub(), current_actor(), current_actor().organisation_id("manager")), code=303)


def _account(work: Work, organisation_id: int | None) -> dict[str, Any] | None:
    """How the reader's account at the provider stands; None where none is needed."""
    provider = hub().provider
    if not provider.needs_accounts:
        return None
    found = queries.find_account(work, provider.name, queries.receiver(work, organisation_id)[0])
    where = "payments.open_account" if organisation_id is None else "payments.open_agency_account"
    return {"is_open": found is not None, "is_ready": found is not None and found.transfers == ACTIVE, "where": where}


def _leads_on(page: Response) -> Response:
    """A page with a form that leads to the provider's own pages."""
    page.headers["Content-Security-Policy"] = policy_header(hub().provider.pages)
    return page


@bp.get("/account/money/<month>")
@allow("member")
def month(month: str) -> Answer:
    """A seller's statement of one calendar month, such as 2026-11."""
    with look() as work:
        return render("payments/month.html", **_month(work, month))


@bp.get("/account/money/<month>.pdf")
@allow("member")
def month_pdf(month: str) -> Answer:
    with look() as work:
        values = _month(work, month)
        page = render("payments/month_paper.html", made_at=work.now, **values)
        data = values["found"].as_data(values["owner"].display_name, values["owner"].code)
    otherwise = url_for("payments.month", month=month)
    return paper(page, f"xunyi-statement-{month}", "The statement as a file for programs", data, otherwise)


def _month(work: Work, month: str) -> dict[str, Any]:
    owner = accounts.user_by_id(work, current_actor().id)
    return {"found": queries.month_statement(work, owner, month), "owner": owner, "is_practice": not hub().provider.live}


@bp.get("/agency/money")
@allow("manager")
def agency_statement() -> Answer:
    """What the reader's agency has earned, and what of it was paid out."""
    with look() as work:
        agency_id = current_actor().organisation_id("manager")
        assert agency_id is not None  # the policy of the page
        agency = accounts.organisation_by_id(work, agency_id)
        money, account = queries.agency_statement(work, agency), _account(work, agency_id)
        return _leads_on(render("payments/statement.html", money=money, agency=agency, months=[], account=account))


@bp.get("/operator/money")
@allow("operator")
def overview() -> Answer:
    return _overview(NoteForm())


@bp.post("/operator/money/compare")
@allow("operator")
def compare() -> Answer:
    """Compare with the provider's list now, instead of waiting for the worker."""
    found = jobs.compare_books(hub())
    if found.differences:
        flash(_("The lists differ. Every difference is named below."), "attention")
    else:
        flash(_("Both lists agree."), "success")
    return redirect(url_for("payments.overview"), code=303)


@bp.post("/operator/money/commands/<code>/retry")
@allow("operator")
def retry(code: str) -> Answer:
    with begin() as work:
        service.retry_command(work, code)
    flash(_("The provider is asked once more."), "success")
    return redirect(url_for("payments.overview"), code=303)


@bp.post("/operator/money/anomalies/<code>/close")
@allow("operator")
def close_anomaly(code: str) -> Answer:
    with look() as work:
        queries.open_anomaly(work, code)
    form = NoteForm()
    if not form.validate_on_submit():
        return _overview(form, about=code, status=422)
    with begin() as work:
        service.close_anomaly(work, code, form.note.data or "")
    flash(_("The entry is closed and your note is kept with it."), "success")
    return redirect(url_for("payments.overview"), code=303)


@bp.post("/operator/money/agencies/<code>/pay")
@allow("operator")
def pay_agency(code: str) -> Answer:
    """An agency that nobody manages is paid to its account at the provider; the operator answers for it."""
    with look() as work:
        accounts.organisation_by_code(work, code)
    form = PayAllTheSameForm()
    if not form.validate_on_submit():
        return _overview(NoteForm(formdata=None), about=code, status=422, pay_form=form)
    with begin() as work:
        service.pay_out_unmanaged(work, code, form.reason.data or "")
    flash(_("The payout is planned. Your name and your reason are kept with it."), "success")
    return redirect(url_for("payments.overview"), code=303)


def _overview(form: NoteForm, *, about: str = "", status: int = 200, pay_form: PayAllTheSameForm | None = None) -> Response:
    with look() as work:
        commands = queries.unfinished_commands(work)
        return render(
            "payments/overview.html",
            status=status,
            desk=queries.money_desk(work),
            disputes=queries.disputes_for_staff(work),
            compared=queries.last_reconciliation(work),
            differences=rules.DIFFERENCE_WORDS,
            commands=commands,
            agencies=queries.agencies_by_command(work, [each.id for each in commands]),
            people=accounts.users_by_id(work, {each.user_id for each in commands}),
            anomalies=queries.anomalies(work),
            words=rules.ANOMALY_WORDS,
            families=rules.FAMILY_WORDS,
            unpaid=queries.unpaid_agencies(work),
            rows_waiting=queries.count_waiting_rows(work) if isinstance(hub().provider, Bank) else None,
            form=form,
            pay_form=pay_form or PayAllTheSameForm(formdata=None),
            about=about,
        )


# The provider


@bp.post("/payments/webhooks/sandbox")
@csrf.exempt
@allow("provider")
def webhook() -> Answer:
    """The raw bytes are checked before anything reads them. 2xx only after the commit; everything else is sent again."""
    return _received("sandbox", SANDBOX_HEADER)


@bp.post("/payments/webhooks/stripe")
@csrf.exempt
@allow("provider")
def stripe_webhook() -> Answer:
    return _received("stripe", STRIPE_HEADER)


def _received(provider: str, name: str) -> Answer:
    door = hub().provider
    if not (isinstance(door, Sandbox) if provider == "sandbox" else door.name == provider):
        raise NotFound()
    header = request.environ.get(name, "").encode("latin-1", "replace")
    return jsonify(outcome=jobs.receive_webhook(hub(), request.get_data(cache=False), header))


@bp.get("/sandbox/checkout/<intent_id>")
@allow("anyone")
def sandbox_checkout(intent_id: str) -> Answer:
    """The practice provider's own page: it knows its books only, and whoever has the random address may pay."""
    door = _sandbox()
    intent = door.books.intent(intent_id)
    if intent is None:
        raise NotFound()
    shown = {
        "back": _path_of(intent["return_url"]),
        "is_challenged": door.books.is_challenged(intent_id),
        "late_seconds": LATE_SECONDS,
        "limits": door.limits if isinstance(door, Split) else None,
        "order": door.books.order(intent_id) if isinstance(door, Split) else None,
    }
    return render("payments/sandbox.html", intent=intent, **shown)


@bp.post("/sandbox/checkout/<intent_id>")
@allow("anyone")
def sandbox_decide(intent_id: str) -> Answer:
    sandbox = _sandbox()
    intent = sandbox.books.intent(intent_id)
    if intent is None:
        raise NotFound()
    if not sandbox.press(intent_id, request.form.get("decision", "")):
        raise InvalidInput({"decision": N_("Please press one of the buttons of the checkout.")})
    if sandbox.books.is_challenged(intent_id):
        return redirect(url_for("payments.sandbox_checkout", intent_id=intent_id), code=303)
    return redirect(_path_of(intent["return_url"]), code=303)


def _sandbox() -> Sandbox:
    provider = hub().provider
    if not isinstance(provider, Sandbox):
        raise NotFound()
    return provider


def _path_of(return_url: str) -> str:
    """The way back on whatever name this browser calls us by (127.0.0.1 or localhost): its session lives there."""
    return safe_path(urlsplit(return_url).path)
