"""The room's only page, for everybody."""

from __future__ import annotations

from flask import Blueprint, Response

from app.kernel.time import shanghai_day
from app.regulations import queries
from app.web import allow, look, render

bp = Blueprint("regulations", __name__)

CATEGORIES = ("phone", "appliance", "car")


@bp.get("/rights")
@allow("anyone")
def index() -> Response:
    """Every right with its period, conditions, who pays, and on what it rests."""
    with look() as work:
        chosen = queries.rules_on(shanghai_day(work.now))
    return render("regulations/index.html", rules=chosen, categories=CATEGORIES, words=queries, years=queries.known_years())
