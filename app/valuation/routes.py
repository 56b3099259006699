"""What is it worth? A quick answer for everybody."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.valuation.forms import WorthForm, WorthOfAppliance, WorthOfCar
from app.valuation.queries import estimate, sold_models
from app.web import allow, look, render

bp = Blueprint("valuation", __name__)

_FORMS = {"car": WorthOfCar, "appliance": WorthOfAppliance}


@bp.get("/worth")
@allow("anyone")
def quick() -> Response:
    """The price range of a thing from real sales; without a question only the form."""
    category = request.args.get("category", "")
    category = category if category in _FORMS else "phone"
    is_asked = ("phone" if category == "phone" else "thing") in request.args
    typed = request.args if is_asked else None
    with look() as work:
        form = WorthForm(typed) if category == "phone" else _FORMS[category](typed, sold_models(work, category))
        page = {"form": form, "category": category, "found": None, "estimate": None}
        if not is_asked:
            return render("valuation/worth.html", **page)
        if not form.validate() or form.found is None:
            return render("valuation/worth.html", status=422, **page)
        page |= {"found": form.found, "estimate": estimate(work, **form.asked)}
    return render("valuation/worth.html", **page)
