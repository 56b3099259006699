"""A score card in words: its parts, and what every piece of evidence gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from app.accounts.models import User
from app.credit.log.scorepolicies import ScorePolicy
from app.credit.log.scores import UNRATED, Card, Piece, Side
from app.credit.log.weights import ONE
from app.credit.queries import Entry, events_of, outlook, sentence
from app.credit.store import by_sha256
from app.credit.wording import CARD_WORDS, LEANS, PIECES, CardWords
from app.kernel.text import N_
from app.kernel.work import Work

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


def card_page(work: Work, user: User, card: Card | None, kind: str) -> dict[str, Any]:
    """What the page of somebody's card needs; without a card it says that there is none."""
    policy = by_sha256(card.policy_sha256) if card else None
    entries = {entry.idx: entry for entry in events_of(work, user.id)} if card else {}
    words = CARD_WORDS[kind]
    return {
        "code": user.code,
        "display_name": user.display_name,
        "card": card,
        "policy": policy,
        "outlook": outlook(work, card) if card and card.grade != UNRATED else None,
        "words": words,
        "parts": _parts(card, policy, entries, words) if card and policy else [],
    }


def _parts(card: Card, policy: ScorePolicy, entries: Mapping[int, Entry], words: CardWords) -> list[Part]:
    total = sum(policy.dimensions.values())
    parts = [
        Part(
            name,
            policy.dimensions[name] * 100 // total,
            side,
            [_row(piece, entries[piece.idx], policy, words) for piece in side.pieces[: -MOST_ROWS - 1 : -1]],
            max(0, len(side.pieces) - MOST_ROWS),
        )
        for name, side in card.sides.items()
    ]
    return sorted(parts, key=lambda part: -part.share)


def _row(piece: Piece, entry: Entry, policy: ScorePolicy, words: CardWords) -> tuple[int, str, Any, str]:
    message, values = sentence(entry.type, entry.data)
    said = str(gettext(message, **values) if values else gettext(message))
    return piece.idx, said, entry.at, _gives(piece, entry, policy, words)


def _gives(piece: Piece, entry: Entry, policy: ScorePolicy, words: CardWords) -> str:
    """What a piece of evidence gives, such as "good · 0.58 of a sale (age 0.97, amount 0.60)"."""
    if piece.why_not:
        return str(gettext(words.not_counted[piece.why_not]))
    weight = _times(piece.weight)
    leans = LEANS.get(str(entry.data.get("found"))) if piece.dimension == policy.bias else None
    if leans is not None:
        said = gettext(leans, tiers=entry.data.get("tiers_apart", 0), weight=weight)
    else:
        said = gettext("%(kind)s, counts %(weight)s", kind=gettext(PIECES[piece.outcome]), weight=weight)
    reasons = [f"{gettext(FACTORS[name])} {_times(factor)}" for name, factor in piece.factors.items() if factor != ONE]
    return f"{said}（{'，'.join(reasons)}）" if reasons else str(said)


def _times(ppm: int) -> str:
    return f"{ppm / ONE:.2f}"
