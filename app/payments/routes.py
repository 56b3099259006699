"""Pages of payments: paying, waiting, a seller's money, the staff's books; the provider's webhook; the practice checkout."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.accounts import queries as accounts
from app.kernel.errors import InvalidInput, NotFound
from app.kernel.text import N_
from app.payments import jobs, queries, rules, service
from app.payments.forms import NoteForm
from app.payments.provider import Sandbox
from app.payments.states import CANCELLED, FAILED, OPEN, SETTLED
from app.web import allow, begin, current_actor, hub, look, render
from app.web.redirects import safe_path
from app.web.security import csrf

bp = Blueprint("payments", __name__)

SANDBOX_HEADER = "HTTP_SANDBOX_SIGNATURE"


@bp.get("/pay/<code>")
@allow("member")
def pay(code: str) -> Answer:
    with look() as work:
        payment = queries.my_payment(work, code)
        if payment.state == SETTLED:
            return redirect(safe_path(payment.return_link), code=303)
        in_time = work.now < payment.deadline_at
        can_pay = payment.state in (OPEN, FAILED) and in_time
        return render("payments/pay.html", payment=payment, can_pay=can_pay, is_practice=not hub().provider.live)


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
                "payments/done.html", "payments/_waiting.html", payment=payment, is_cancelled=payment.state == CANCELLED
            )
    if request.headers.get("HX-Request"):
        answer = make_response("", 200)
        answer.headers["HX-Redirect"] = onward
        return answer
    return redirect(onward, code=303)


@bp.get("/account/money")
@allow("member")
def statement() -> Answer:
    with look() as work:
        user = accounts.user_by_id(work, current_actor().id)
        return render("payments/statement.html", money=queries.statement(work, user), agency=None)


@bp.get("/agency/money")
@allow("manager")
def agency_statement() -> Answer:
    """What the reader's agency has earned, and what of it was paid out."""
    with look() as work:
        agency_id = current_actor().organisation_id("manager")
        assert agency_id is not None  # the policy of the page
        agency = accounts.organisation_by_id(work, agency_id)
        return render("payments/statement.html", money=queries.agency_statement(work, agency), agency=agency)


@bp.get("/operator/money")
@allow("operator")
def overview() -> Answer:
    return _overview(NoteForm())


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


def _overview(form: NoteForm, *, about: str = "", status: int = 200) -> Response:
    with look() as work:
        commands = queries.unfinished_commands(work)
        return render(
            "payments/overview.html",
            status=status,
            totals=queries.totals_for_staff(work),
            commands=commands,
            agencies=queries.agencies_by_command(work, [each.id for each in commands]),
            people=accounts.users_by_id(work, {each.user_id for each in commands}),
            anomalies=queries.anomalies(work),
            words=rules.ANOMALY_WORDS,
            families=rules.FAMILY_WORDS,
            form=form,
            about=about,
        )


# The provider


@bp.post("/payments/webhooks/sandbox")
@csrf.exempt
@allow("provider")
def webhook() -> Answer:
    """The raw bytes are checked before anything reads them. 2xx only after the commit; everything else is sent again."""
    header = request.environ.get(SANDBOX_HEADER, "").encode("latin-1", "replace")
    return jsonify(outcome=jobs.receive_webhook(hub(), request.get_data(cache=False), header))


@bp.get("/sandbox/checkout/<intent_id>")
@allow("anyone")
def sandbox_checkout(intent_id: str) -> Answer:
    """The practice provider's own page: it knows its books only, and whoever has the random address may pay."""
    intent = _sandbox().books.intent(intent_id)
    if intent is None:
        raise NotFound()
    return render("payments/sandbox.html", intent=intent, back=_path_of(intent["return_url"]))


@bp.post("/sandbox/checkout/<intent_id>")
@allow("anyone")
def sandbox_decide(intent_id: str) -> Answer:
    books = _sandbox().books
    intent = books.intent(intent_id)
    if intent is None:
        raise NotFound()
    if request.form.get("decision") not in ("pay", "decline"):
        raise InvalidInput({"decision": N_("Please press one of the two buttons of the checkout.")})
    books.decide(intent_id, paid=request.form["decision"] == "pay")
    return redirect(_path_of(intent["return_url"]), code=303)


def _sandbox() -> Sandbox:
    provider = hub().provider
    if not isinstance(provider, Sandbox):
        raise NotFound()
    return provider


def _path_of(return_url: str) -> str:
    """The way back on whatever name this browser calls us by (127.0.0.1 or localhost): its session lives there."""
    return safe_path(urlsplit(return_url).path)
