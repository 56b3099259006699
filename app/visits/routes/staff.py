"""For staff: visits about which both sides say different things."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import InvalidInput, NotAllowed
from app.visits import queries, service
from app.visits.forms import DecideForm
from app.visits.routes.blueprint import bp
from app.visits.routes.offering import district_name
from app.web import allow, begin, look, render


@bp.get("/operator/visits")
@allow("operator")
def disputed() -> Response:
    """What each side says, the oldest first, and the decision."""
    return _page()


@bp.post("/operator/visits/<code>/decide")
@allow("operator")
def decide(code: str) -> AnyResponse:
    with look() as work:
        queries.visit_for_staff(work, code)
    form = DecideForm(prefix=code)
    if not form.validate_on_submit():
        return _page(form, code, 422)
    try:
        with begin() as work:
            service.decide(work, code, form.absent.data or "", form.reason.data or "")
    except (InvalidInput, NotAllowed) as refusal:
        form.take(refusal)
        return _page(form, code, refusal.status)
    flash(_("Decided. The order has ended, and both sides are told."), "success")
    return redirect(url_for("visits.disputed"), code=303)


def _page(typed: DecideForm | None = None, about: str = "", status: int = 200) -> Response:
    with look() as work:
        rows = queries.disputed(work)
        forms = {visit.code: DecideForm(formdata=None, prefix=visit.code) for visit, _area, _slot, _agency in rows}
        if typed is not None:
            forms[about] = typed
        names = {area.district: district_name(area.district) for _visit, area, _slot, _agency in rows}
        return render("visits/disputed.html", status=status, rows=rows, forms=forms, names=names, refused=typed)
