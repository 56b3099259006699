"""What is it worth? A quick answer for everybody."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.valuation.forms import WorthForm
from app.valuation.queries import estimate
from app.web import allow, look, render

bp = Blueprint("valuation", __name__)


@bp.get("/worth")
@allow("anyone")
def quick() -> Response:
    """The price range of a phone from real sales; without a question only the form."""
    form = WorthForm(request.args if "phone" in request.args else None)
    if "phone" not in request.args:
        return render("valuation/worth.html", form=form, found=None, estimate=None)
    if not form.validate() or form.found is None:
        return render("valuation/worth.html", status=422, form=form, found=None, estimate=None)
    with look() as work:
        answer = estimate(work, "phone", form.found.brand, form.found.code, form.storage_gb)
    return render("valuation/worth.html", form=form, found=form.found, estimate=answer)
