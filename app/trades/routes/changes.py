"""Changes on site, on the order's page: proposed by the seller, accepted or refused by the buyer."""

from __future__ import annotations

from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.work import Work
from app.trades import service
from app.trades.forms import ChangeForm, VersionForm
from app.trades.routes.blueprint import bp
from app.trades.routes.views import take_step
from app.web import allow
from app.web.forms import Form


@bp.post("/orders/<code>/change")
@allow("member")
def propose_change(code: str) -> AnyResponse:
    form = ChangeForm()

    def step(work: Work) -> None:
        service.propose_change(work, code, form.reason.data or "", form.words.data or "", form.amount.data)

    return take_step(code, form, "change", step, _("The buyer is asked. Wait for the answer before you carry it in."))


@bp.post("/orders/<code>/change/accept")
@allow("member")
def accept_change(code: str) -> AnyResponse:
    form = VersionForm()

    def step(work: Work) -> None:
        service.accept_change(work, code, form.version)

    return take_step(code, form, "accept", step, _("The seller knows that you accept it."))


@bp.post("/orders/<code>/change/refuse")
@allow("member")
def refuse_change(code: str) -> AnyResponse:
    form = VersionForm()

    def step(work: Work) -> None:
        service.refuse_change(work, code, form.version)

    return take_step(code, form, "accept", step, _("It goes back, and all your money is on its way back to you."))


@bp.post("/orders/<code>/change/withdraw")
@allow("member")
def withdraw_change(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.withdraw_change(work, code)

    return take_step(code, Form(), "withdraw", step, _("The change is taken back."))
