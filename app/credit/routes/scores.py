"""Score cards of sellers and appraisers: the grade, everything on which it rests, and what would change it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, make_response, request

from app.accounts.models import User
from app.credit.errors import NoScoreYet, ScoreRulesNotFound, TileNotFound
from app.credit.log.canonical import canonical
from app.credit.log.errors import WrongSize
from app.credit.log.scores import Card
from app.credit.queries import (
    appraiser_by_code,
    appraiser_card,
    case_key,
    count_of,
    seller_by_code,
    seller_card,
    seller_case,
    seller_summary,
)
from app.credit.routes.blueprint import bp
from app.credit.routes.showing import card_page
from app.credit.store import CASES, by_version
from app.kernel.work import Work
from app.web import allow, look, render


@bp.get("/sellers/<code>/score")
@allow("anyone")
def score(code: str) -> Response:
    """A seller's grade with every piece of evidence, in words for people who buy."""
    with look() as work:
        user = seller_by_code(work, code)
        page = card_page(work, user, seller_card(work, user.id), "seller")
        return render("credit/score.html", summary=seller_summary(work, user.id), **page)


@bp.get("/sellers/<code>/score.json")
@allow("anyone")
def score_file(code: str) -> Response:
    """The whole card as canonical JSON: who computes it from the log gets the same bytes."""
    with look() as work:
        return _card_file(seller_card(work, seller_by_code(work, code).id))


@bp.get("/appraisers/<code>/score")
@allow("anyone")
def appraiser_score(code: str) -> Response:
    """An appraiser's grade with every second look on which it rests."""
    with look() as work:
        user = appraiser_by_code(work, code)
        page = card_page(work, user, appraiser_card(work, user.id), "appraiser")
        counts = count_of(work, user.id, "appraisal.issued", "appraisal.reinspection_drawn", "appraisal.reinspected")
        return render("credit/appraiser_score.html", counts=counts, **page)


@bp.get("/appraisers/<code>/score.json")
@allow("anyone")
def appraiser_score_file(code: str) -> Response:
    """The whole card as canonical JSON, as of a seller."""
    with look() as work:
        return _card_file(appraiser_card(work, appraiser_by_code(work, code).id))


@bp.get("/credit/policies/<rules>/<int:version>.json")
@allow("anyone")
def policy_file(rules: str, version: int) -> Response:
    """A version of the rules of scores, in the bytes whose SHA-256 stands in the log."""
    policy = by_version(rules, version)
    if policy is None:
        raise ScoreRulesNotFound()
    return _json(policy.content)


@bp.get("/sellers/<code>/case.zip")
@allow("anyone")
def case_file(code: str) -> Response:
    """Everything recorded of a seller with its proofs, checked without us by ``xunyi audit verify``."""
    return _case(seller_by_code, code)


@bp.get("/appraisers/<code>/case.zip")
@allow("anyone")
def appraiser_case_file(code: str) -> Response:
    """The same of an appraiser."""
    return _case(appraiser_by_code, code)


def _case(by_code: Callable[[Work, str], User], code: str) -> Response:
    """The case file, kept for the next reader; nobody holds a connection to the database while waiting for a turn."""
    last = _last()
    with look() as work:
        content = CASES.find(case_key(work, by_code(work, code).id, last))
    if content is None:
        with CASES.turn(), look() as work:
            content = _made(work, by_code(work, code).id, last)
    answer = make_response(content)
    answer.mimetype = "application/zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-case-{code}.zip"'
    return answer


def _made(work: Work, user_id: int, last: int | None) -> bytes:
    key = case_key(work, user_id, last)
    content = CASES.find(key)
    if content is None:
        try:
            content = seller_case(work, user_id, last)
        except WrongSize as trouble:
            raise TileNotFound() from trouble
        CASES.keep(key, content)
    return content


def _last() -> int | None:
    """The size of the reader's own checkpoint, from the address. Raises TileNotFound for what is no size."""
    typed = request.args.get("last", "")
    last = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    if typed and last is None:
        raise TileNotFound()
    return last


def _card_file(card: Card | None) -> Response:
    if card is None:
        raise NoScoreYet()
    return _json(canonical(card.as_data()))


def _json(content: bytes) -> Response:
    answer = make_response(content)
    answer.mimetype = "application/json"
    return answer
