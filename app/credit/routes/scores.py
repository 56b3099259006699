"""The score card of a seller: the grade, everything on which it rests, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, request
from flask_babel import gettext

from app.credit import wording
from app.credit.errors import NoScoreYet, ScoreRulesNotFound, TileNotFound
from app.credit.log.canonical import canonical
from app.credit.log.errors import WrongSize
from app.credit.log.scorepolicies import ScorePolicy
from app.credit.log.scores import UNRATED, Card, Piece, Side
from app.credit.log.weights import ONE
from app.credit.queries import Entry, events_of, outlook, seller_by_code, seller_card, seller_case, seller_summary, sentence
from app.credit.routes.blueprint import bp
from app.credit.store import by_sha256, by_version
from app.kernel.text import N_
from app.web import allow, look, render

MOST_ROWS = 100  # of one part of the card; the file holds all
FACTORS = {
    "decay": N_("age"),
    "price": N_("amount"),
    "counterparty": N_("same buyer again"),
    "escrow": N_("money not held by the platform"),
}


@dataclass(frozen=True)
class Part:
    """One dimension of a card, as the page shows it. ``rows``: (place in the log, what happened, when, what it gives)."""

    name: str
    share: int  # of the score, in percent
    side: Side
    rows: list[tuple[int, str, Any, str]]
    left_out: int


@bp.get("/sellers/<code>/score")
@allow("anyone")
def score(code: str) -> Response:
    """A seller's grade with every piece of evidence, in words for people who buy."""
    with look() as work:
        user = seller_by_code(work, code)
        card = seller_card(work, user.id)
        policy = by_sha256(card.policy_sha256) if card else None
        entries = {entry.idx: entry for entry in events_of(work, user.id)} if card else {}
        return render(
            "credit/score.html",
            code=user.code,
            display_name=user.display_name,
            summary=seller_summary(work, user.id),
            card=card,
            policy=policy,
            outlook=outlook(work, card) if card and card.grade != UNRATED else None,
            words=wording,
            parts=_parts(card, policy, entries) if card and policy else [],
        )


@bp.get("/sellers/<code>/score.json")
@allow("anyone")
def score_file(code: str) -> Response:
    """The whole card as canonical JSON: who computes it from the log gets the same bytes."""
    with look() as work:
        card = seller_card(work, seller_by_code(work, code).id)
    if card is None:
        raise NoScoreYet()
    return _json(canonical(card.as_data()))


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
    typed = request.args.get("last", "")
    last = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    if typed and last is None:
        raise TileNotFound()
    with look() as work:
        try:
            content = seller_case(work, seller_by_code(work, code).id, last)
        except WrongSize as trouble:
            raise TileNotFound() from trouble
    answer = make_response(content)
    answer.mimetype = "application/zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-case-{code}.zip"'
    return answer


def _parts(card: Card, policy: ScorePolicy, entries: Mapping[int, Entry]) -> list[Part]:
    total = sum(policy.dimensions.values())
    parts = [
        Part(
            name,
            policy.dimensions[name] * 100 // total,
            side,
            [_row(piece, entries[piece.idx]) for piece in side.pieces[: -MOST_ROWS - 1 : -1]],
            max(0, len(side.pieces) - MOST_ROWS),
        )
        for name, side in card.sides.items()
    ]
    return sorted(parts, key=lambda part: -part.share)


def _row(piece: Piece, entry: Entry) -> tuple[int, str, Any, str]:
    message, values = sentence(entry.type, entry.data)
    return piece.idx, str(gettext(message, **values) if values else gettext(message)), entry.at, _gives(piece)


def _gives(piece: Piece) -> str:
    """What a piece of evidence gives, such as "good · 0.58 of a sale (age 0.97, amount 0.60)"."""
    if piece.why_not:
        return str(gettext(wording.NOT_COUNTED[piece.why_not]))
    said = gettext("%(kind)s, counts %(weight)s", kind=gettext(wording.PIECES[piece.outcome]), weight=_times(piece.weight))
    reasons = [f"{gettext(FACTORS[name])} {_times(factor)}" for name, factor in piece.factors.items() if factor != ONE]
    return f"{said}（{'，'.join(reasons)}）" if reasons else str(said)


def _times(ppm: int) -> str:
    return f"{ppm / ONE:.2f}"


def _json(content: bytes) -> Response:
    answer = make_response(content)
    answer.mimetype = "application/json"
    return answer
