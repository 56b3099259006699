"""The registry of price models: wanted, registered with their gates, promoted, rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.kernel.errors import Conflict, Unavailable
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.valuation.errors import AlreadyWanted, InventedModel, ModelNotFound, ModelReplaced, NothingToGoBackTo
from app.valuation.events import ModelServes, ModelWanted
from app.valuation.evidence import Until
from app.valuation.gates import Gate
from app.valuation.models import PriceModel
from app.valuation.queries import earlier, serving
from app.valuation.states import (
    BEGIN,
    FAIL,
    FITTING,
    MODEL_FLOW,
    PASS,
    PROMOTE,
    REFUSE,
    RETIRE,
    WANTED,
)
from app.valuation.store import DOOR, Desk

LOST = timedelta(hours=6)  # after so long a silent fit counts as failed, and another may be asked for
GONE = timedelta(minutes=3)  # a fit that has said nothing for so long has lost its process


def want_model(
    work: Work,
    category: str,
    price_kind: str = "private_sold",
    *,
    is_quick: bool = False,
    promotes: bool = False,
    by_job: bool = True,
) -> PriceModel:
    """Ask for a price model. ``promotes``: it serves as soon as its gates let it. ``by_job``: else the caller fits it.

    Raises AlreadyWanted.
    """
    going = select(PriceModel).where(PriceModel.category == category, PriceModel.state.in_((WANTED, FITTING)))
    for other in work.session.scalars(going):
        if other.state != FITTING or other.progress_at is None or work.now - other.progress_at < LOST:
            raise AlreadyWanted()
        fail_model(work, other.id, "its process was lost")
    no = work.session.scalar(select(func.count()).select_from(PriceModel).where(PriceModel.category == category)) or 0
    row = PriceModel(
        name=f"{category}-{no + 1}",
        category=category,
        price_kind=price_kind,
        is_quick=is_quick,
        by_id=work.actor.user_id,
        created_at=work.now,
        state=WANTED,
        entered_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError as second:  # somebody else asked in this moment
        raise AlreadyWanted() from second
    MODEL_FLOW.start(work, row, {"price_kind": price_kind, "is_quick": is_quick})
    if by_job:
        announce(work, ModelWanted(row.id, promotes))
    return row


def begin_fit(work: Work, model_id: int) -> PriceModel | None:
    """Take a wanted model, or one whose process died. None: it is done. Raises Unavailable while another process fits it."""
    row = work.session.get_one(PriceModel, model_id)
    if row.state not in (WANTED, FITTING):
        return None
    if row.state == FITTING and row.progress_at is not None and work.now - row.progress_at < GONE:
        raise Unavailable()
    MODEL_FLOW.apply(work, row, BEGIN)
    row.progress, row.progress_at = "reading", work.now
    return row


def note_progress(work: Work, model_id: int, said: str) -> None:
    """What the fit is doing now."""
    row = work.session.get_one(PriceModel, model_id)
    if row.state == FITTING:
        row.progress, row.progress_at = said[:200], work.now


def fail_model(work: Work, model_id: int, why: str) -> None:
    """Nothing sound could be learned."""
    row = work.session.get_one(PriceModel, model_id)
    if MODEL_FLOW.can(row.state, FAIL):
        row.progress, row.progress_at = why[:200], work.now
        MODEL_FLOW.apply(work, row, FAIL, reason=why[:200])


def register_model(
    work: Work,
    model_id: int,
    *,
    sha256: str,
    is_invented: bool,
    until: Until,
    facts: dict[str, Any],
    gates: Sequence[Gate],
) -> PriceModel:
    """Register what was fitted: its folder's hash, what it learned from, its gates. One that failed a gate never serves."""
    row = work.session.get_one(PriceModel, model_id)
    row.sha256, row.is_invented = sha256, is_invented
    row.seen_sale_id, row.seen_price_id = until.sale_id, until.price_id
    row.facts, row.gates = facts, [gate.to_plain() for gate in gates]
    row.progress, row.progress_at = "", work.now
    failed = [gate.name for gate in gates if not gate.passed]
    MODEL_FLOW.apply(work, row, REFUSE if failed or not gates else PASS, detail={"sha256": sha256, "failed": failed})
    return row


def promote(work: Work, name: str, *, reason: str | None = None, instead_of: str | None = None) -> PriceModel:
    """Let a model answer for its category from now on; the one before is retired.

    ``instead_of``: the model that a person saw serving when they decided, "" for none.
    Raises ModelNotFound, InventedModel where real things are sold, ModelDamaged, BadState for one that failed a gate,
    ModelReplaced when another one serves by now.
    """
    row = work.session.scalars(select(PriceModel).where(PriceModel.name == name)).first()
    if row is None:
        raise ModelNotFound()
    desk = cast(Desk, work.doors[DOOR])
    if row.is_invented and not desk.may_invent:
        raise InventedModel(name=row.name)
    if MODEL_FLOW.can(row.state, PROMOTE) and row.sha256 is not None:
        desk.model(row.name, row.sha256)
        before = serving(work, row.category)
        if instead_of is not None and instead_of != (before.name if before else ""):
            raise ModelReplaced()
        if before is not None:
            _retire(work, before, row.name)
    try:
        MODEL_FLOW.apply(work, row, PROMOTE, reason=reason)
    except IntegrityError as second:  # somebody promoted another one in this moment
        raise ModelReplaced() from second
    announce(work, ModelServes(row.id, row.category))
    return row


def _retire(work: Work, before: PriceModel, by: str) -> None:
    try:
        MODEL_FLOW.apply(work, before, RETIRE, detail={"by": by})
    except Conflict as second:
        raise ModelReplaced() from second


def roll_back(work: Work, category: str, *, reason: str | None = None, instead_of: str | None = None) -> PriceModel:
    """Go back to the model that served before. Raises NothingToGoBackTo, ModelDamaged, ModelReplaced."""
    row = earlier(work, category)
    if row is None:
        raise NothingToGoBackTo()
    return promote(work, row.name, reason=reason, instead_of=instead_of)
