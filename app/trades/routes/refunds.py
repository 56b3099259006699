"""Staff give the buyer of a completed sale money back."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.errors import Conflict, InvalidInput
from app.payments import queries as money
from app.trades import queries, service, states
from app.trades.forms import RefundForm
from app.trades.routes.blueprint import bp
from app.web import allow, begin, look, render


@bp.get("/operator/refunds")
@allow("operator")
def find_refund() -> AnyResponse:
    """Staff type the number of an order."""
    code = request.args.get("code", "").strip()
    if not code:
        return render("trades/refund_find.html", is_unknown=False, code="")
    with look() as work:
        if not queries.is_order(work, code):
            return render("trades/refund_find.html", status=404, is_unknown=True, code=code)
    return redirect(url_for("trades.refund_order", code=code), code=303)


@bp.get("/operator/orders/<code>/refund")
@allow("operator")
def refund_order(code: str) -> Response:
    """What was released of an order, what can be given back, and who bears it."""
    return _page(code, RefundForm())


@bp.post("/operator/orders/<code>/refund")
@allow("operator")
def give_back(code: str) -> AnyResponse:
    with look() as work:
        queries.order_for_staff(work, code)
    form = RefundForm()
    if not form.validate_on_submit():
        return _page(code, form, status=422)
    try:
        with begin() as work:
            service.refund_completed(work, code, form.amount.data or 0, form.reason.data or "", form.refunded_fen.data or 0)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _page(code, form, status=refusal.status)
    flash(_("The refund is on its way and both sides are told."), "success")
    return redirect(url_for("trades.refund_order", code=code), code=303)


def _page(code: str, form: RefundForm, status: int = 200) -> Response:
    with look() as work:
        order = queries.order_for_staff(work, code)
        state = money.money_state(work, order.payment_code)
        parts = money.released_parts(work, order.payment_code)
        form.show_refunded(state.refunded_fen)
        return render(
            "trades/refund.html",
            status=status,
            order=order,
            people=accounts.users_by_id(work, [order.buyer_id, order.seller_id]),
            money=state,
            parts=parts,
            can_give_back=order.state == states.COMPLETED and parts is not None and parts.left_fen > 0 and not state.disputed_fen,
            form=form,
        )
