"""Estimates are given: once for the same question, day, model and rows, and stored with everything that they follow from."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from app.kernel.canonical import canonical, sha256_hex
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.valuation.asking import PLAIN, Asked, from_plain
from app.valuation.evidence import Until, alike, graded, known_new_price, newest
from app.valuation.models import PriceModel, Valuation
from app.valuation.queries import serving, worth_from
from app.valuation.standard import formula_scheme
from app.valuation.store import DOOR, Desk
from app.valuation.valuing import RULES, Serving, document
from app.valuation.worth import Worth

SOLD_WITH_FEE = ("phone", "appliance")  # cars are offered and found here, not bought: no fee is known

_LAST = select(Valuation).where(Valuation.listing_id == bindparam("listing_id")).order_by(Valuation.id.desc()).limit(1)
_SAME = select(Valuation).where(Valuation.same_as == bindparam("same_as"))


def value(work: Work, asked: Asked, purpose: str, *, listing_id: int | None = None, report_id: int | None = None) -> Worth:
    """Make and store one estimate; the same question on the same day, by the same model and sales, gives the stored one back.

    Of a listing only its newest one is given back: what holds for a listing is always its newest. Raises ModelDamaged.
    """
    desk = cast(Desk, work.doors[DOOR])
    on, until = shanghai_day(work.now), newest(work, asked.category, desk.may_invent)
    row = serving(work, asked.category)
    if row is not None and row.is_invented and not desk.may_invent:
        row = None
    scheme = formula_scheme(work, asked.category, asked.energy, on)
    inputs = {
        "asked": asked.to_plain(),
        "day": on.isoformat(),
        "new_price_fen": known_new_price(work, asked, until),
        "scheme": scheme.reference if scheme else None,
        "fee_bp": desk.fee_bp if asked.category in SOLD_WITH_FEE else None,
        "may_invent": desk.may_invent,
    }
    last = work.session.scalars(_LAST, {"listing_id": listing_id}).first() if listing_id is not None else None
    if last is not None and _answers(last, purpose, inputs, row, until):
        return worth_from(last)
    question = {
        "inputs": inputs,
        "rules": RULES,
        "model": row.sha256 if row else None,
        "seen": [until.sale_id, until.price_id],
        "for": [purpose, listing_id, report_id],
        "after": last.id if last else None,  # answers that went back to what they were have an estimate that is the newest
    }
    same_as = sha256_hex(canonical(question))
    stored = work.session.scalars(_SAME, {"same_as": same_as}).first()
    if stored is None:
        found = answer(work, desk, inputs, row, until)
        stored = Valuation(
            purpose=purpose,
            category=asked.category,
            basis=found["basis"],
            listing_id=listing_id,
            report_id=report_id,
            model_id=row.id if row else None,
            given_on=on,
            seen_sale_id=until.sale_id,
            seen_price_id=until.price_id,
            inputs=inputs,
            document=found,
            sha256=sha256_hex(canonical(found)),
            same_as=same_as,
            made_at=work.now,
        )
        try:
            with work.session.begin_nested():
                work.session.add(stored)
        except IntegrityError:  # somebody asked the same in this moment
            stored = work.session.scalars(_SAME, {"same_as": same_as}).one()
    return worth_from(stored)


def _answers(last: Valuation, purpose: str, inputs: dict[str, Any], row: PriceModel | None, until: Until) -> bool:
    """Whether this question was answered by that row."""
    seen = (last.seen_sale_id, last.seen_price_id) == (until.sale_id, until.price_id)
    by = last.model_id == (row.id if row else None) and last.document["rules"] == RULES
    return seen and by and last.purpose == purpose and last.inputs == inputs


def answer(work: Work, desk: Desk, inputs: dict[str, Any], row: PriceModel | None, until: Until) -> dict[str, Any]:
    """The document for these inputs by this model and the rows up to these. At most five queries."""
    asked, on = from_plain(inputs["asked"]), date.fromisoformat(inputs["day"])
    by = None
    if row is not None and asked.condition == PLAIN:
        assert row.sha256 is not None
        by = Serving(row.name, row.sha256, row.price_kind, bool(row.is_invented), desk.model(row.name, row.sha256))
    seen = alike(work, asked, on, until)
    if inputs["scheme"] is None or asked.score_tenths is None:
        return document(inputs, by, seen)
    return document(inputs, by, seen, graded(work, asked, on, until), get_scheme(work, inputs["scheme"]))


def recheck(work: Work, stored: Valuation) -> list[str]:
    """Compute a stored estimate again from its inputs; what differs, in one line each, else nothing. Raises ModelDamaged."""
    desk = cast(Desk, work.doors[DOOR])
    found = []
    if stored.document["rules"] != RULES:
        return [f"{stored.code}: made by the rules {stored.document['rules']}, and these are {RULES}"]
    if sha256_hex(canonical(stored.document)) != stored.sha256:
        found.append(f"{stored.code}: the stored document is not that of its hash")
    row = work.session.get(PriceModel, stored.model_id) if stored.model_id is not None else None
    again = answer(work, desk, stored.inputs, row, Until(stored.seen_sale_id, stored.seen_price_id, stored.inputs["may_invent"]))
    if canonical(again) != canonical(stored.document):
        names = sorted(name for name in {*again, *stored.document} if again.get(name) != stored.document.get(name))
        found.append(f"{stored.code}: computed again, these differ: {', '.join(names)}")
    return found
