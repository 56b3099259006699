"""What the two sides of an order do about a problem: report it, answer it, take it back, and return what was refunded."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.trades import policy, queries, rules, service
from app.trades.forms import ParcelForm, ProblemForm, ReturnForm, WordsForm
from app.trades.routes.blueprint import bp
from app.trades.routes.views import take_step
from app.web import allow, begin, hub, look, render
from app.web.forms import Form


@bp.get("/orders/<code>/problem")
@allow("member")
def problem(code: str) -> AnyResponse:
    """The page on which the buyer says what is wrong."""
    return _problem_page(code, ProblemForm())


@bp.post("/orders/<code>/problem")
@allow("member")
def report_problem(code: str) -> AnyResponse:
    form = ProblemForm()
    if not form.validate_on_submit():
        return _problem_page(code, form, status=422)
    try:
        with begin() as work:
            service.report_problem(work, code, form.reason.data, form.text.data or "")
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _problem_page(code, form, status=refusal.status)
    flash(_("The problem is noted. The money stays where it is."), "success")
    return redirect(url_for("trades.show", code=code), code=303)


@bp.post("/orders/<code>/problem/answer")
@allow("member")
def answer_case(code: str) -> AnyResponse:
    """The other side of a case says what it has to say, once."""
    form = WordsForm()

    def step(work: Work) -> None:
        service.answer_case(work, code, form.text.data or "")

    return take_step(code, form, "words", step, _("Your answer is kept. Staff and the other side read it."))


@bp.post("/orders/<code>/problem/withdraw")
@allow("member")
def withdraw_problem(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.withdraw_problem(work, code)

    return take_step(code, Form(), "withdraw", step, _("The problem is taken back. You have time again to check the item."))


@bp.post("/orders/<code>/return-address")
@allow("member")
def ask_back(code: str) -> AnyResponse:
    """The seller of a refunded order says where the item goes back to."""
    form = ReturnForm()

    def step(work: Work) -> None:
        service.ask_back(
            work,
            hub().sealer,
            hub().settings.return_days,
            code,
            form.name.data or "",
            form.phone.data or "",
            form.address.data or "",
        )

    return take_step(code, form, "ask_back", step, _("The buyer knows where the item goes back to."))


@bp.post("/orders/<code>/send-back")
@allow("member")
def send_back(code: str) -> AnyResponse:
    """The buyer of a refunded order has sent the item back."""
    form = ParcelForm()

    def step(work: Work) -> None:
        service.send_back(work, code, form.carrier.data or "", form.tracking_no.data or "")

    return take_step(code, form, "send_back", step, _("The seller knows that it is on its way back."))


@bp.post("/orders/<code>/take-back")
@allow("member")
def take_back(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.take_back(work, code)

    said = _("The item is with you again. Its listing is paused: correct it, then put it back on sale.")
    return take_step(code, Form(), "take_back", step, said)


def _problem_page(code: str, form: ProblemForm, status: int = 200) -> AnyResponse:
    with look() as work:
        order = queries.own_order(work, code)
        policy.require(work.actor, order, rules.BUYER)
        standing = queries.standing(work, order, rules.BUYER)
        can_report = "problem" in standing.actions
        if can_report or request.method == "POST":
            return render("trades/problem.html", status=status, order=order, form=form, standing=standing, can_report=can_report)
    return redirect(url_for("trades.show", code=code), code=303)
