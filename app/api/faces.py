"""Every room that can be used by programs, in the order of the document."""

from __future__ import annotations

from functools import cache

from app.accounts import api as accounts
from app.accounts.rules import SCOPES
from app.aftersales import api as aftersales
from app.appraisal import api as appraisal
from app.credit import api as credit
from app.goods import api as goods
from app.listings import api as listings
from app.notices import api as notices
from app.payments import api as payments
from app.regulations import api as regulations
from app.reinspection import api as reinspection
from app.search import api as search
from app.trades import api as trades
from app.trades.api import offers
from app.valuation import api as valuation
from app.web.api import Face, Operation

PREFIX = "/api/v1"
FACES: tuple[Face, ...] = (
    accounts.face,
    goods.face,
    search.face,
    listings.face,
    appraisal.face,
    reinspection.face,
    valuation.face,
    regulations.face,
    offers.face,
    trades.face,
    aftersales.face,
    payments.face,
    credit.face,
    notices.face,
)


@cache
def operations() -> dict[str, Operation]:
    """Every operation by its id. Raises RuntimeError on one that is declared twice or asks for a scope that nobody has."""
    found: dict[str, Operation] = {}
    places: set[tuple[str, str]] = set()
    for operation in (each for face in FACES for each in face.operations):
        place = (operation.method, operation.path)
        if operation.id in found or place in places:
            raise RuntimeError(f"{operation.id} is declared twice")
        if operation.scope is not None and operation.scope not in SCOPES:
            raise RuntimeError(f"{operation.id}: nobody can allow {operation.scope}")
        found[operation.id] = operation
        places.add(place)
    return found
