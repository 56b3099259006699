"""Reads about things, for pages and for the rooms above."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from app.goods import catalogue
from app.goods.errors import ThingNotFound
from app.goods.models import REGISTERED, Thing, ThingClaim, ThingOwner, ThingStatement
from app.kernel.ids import is_code
from app.kernel.work import Work

OTHER = "other"  # brand or model that the catalogue does not list; its name lies in the attributes


def owned_thing(work: Work, code: str) -> Thing:
    """The actor's own thing. Raises ThingNotFound also for other people's things."""
    thing = thing_by_code(work, code)
    if thing is None or thing.owner_id != work.actor.user_id:
        raise ThingNotFound()
    return thing


def thing_by_code(work: Work, code: str) -> Thing | None:
    if not is_code(code):
        return None
    return work.session.scalars(select(Thing).where(Thing.code == code)).first()


def thing_by_id(work: Work, thing_id: int) -> Thing | None:
    return work.session.get(Thing, thing_id)


def hold_thing(work: Work, thing_id: int) -> None:
    """Until the end of the transaction nobody else does what asks for the same hold, whatever order it belongs to."""
    work.session.execute(select(Thing.id).where(Thing.id == thing_id).with_for_update(key_share=True))


def things_by_id(work: Work, thing_ids: Iterable[int]) -> dict[int, Thing]:
    """Several things at once, by id; one query."""
    wanted = set(thing_ids)
    found = work.session.scalars(select(Thing).where(Thing.id.in_(wanted))) if wanted else ()
    return {thing.id: thing for thing in found}


def things_of(work: Work, owner_id: int) -> list[Thing]:
    """What somebody owns now, newest first."""
    return list(work.session.scalars(select(Thing).where(Thing.owner_id == owner_id).order_by(Thing.id.desc())))


def owners_of(work: Work, thing_id: int) -> list[ThingOwner]:
    """The owner history, first owner first."""
    rows = select(ThingOwner).where(ThingOwner.thing_id == thing_id).order_by(ThingOwner.seq)
    return list(work.session.scalars(rows))


def statement_of(work: Work, thing_id: int, owner_id: int, until: datetime) -> ThingStatement | None:
    """The last thing that this owner had said about the thing in public by then."""
    said = select(ThingStatement).where(
        ThingStatement.thing_id == thing_id, ThingStatement.owner_id == owner_id, ThingStatement.said_at <= until
    )
    return work.session.scalars(said.order_by(ThingStatement.id.desc()).limit(1)).first()


def holder_of(work: Work, kind: str, value: str) -> ThingClaim | None:
    """The claim that holds this number on sale just now, if there is one."""
    held = ThingClaim.released_at.is_(None)
    return work.session.scalars(select(ThingClaim).where(ThingClaim.kind == kind, ThingClaim.value == value, held)).first()


def is_on_sale(work: Work, thing_id: int) -> bool:
    """Whether somebody offers the thing just now."""
    held = select(ThingClaim.id).where(ThingClaim.thing_id == thing_id, ThingClaim.released_at.is_(None))
    return work.session.scalars(held.limit(1)).first() is not None


def earlier_holders(work: Work, kind: str, value: str) -> list[str]:
    """Codes of the listings under which this number was ever on sale, oldest first."""
    rows = select(ThingClaim.holder).where(ThingClaim.kind == kind, ThingClaim.value == value).order_by(ThingClaim.id)
    return list(dict.fromkeys(work.session.scalars(rows)))


def dealt_with(work: Work, one_id: int, other_id: int, since: datetime) -> bool:
    """Whether a thing went from one of the two people to the other since then."""
    before, after = aliased(ThingOwner), aliased(ThingOwner)
    went = select(after.id).join(before, and_(before.thing_id == after.thing_id, before.seq + 1 == after.seq))
    between = or_(
        and_(before.owner_id == one_id, after.owner_id == other_id),
        and_(before.owner_id == other_id, after.owner_id == one_id),
    )
    return work.session.scalars(went.where(between, after.acquired_at >= since).limit(1)).first() is not None


def belongs_to_another(work: Work, thing: Thing) -> bool:
    """Whether one of the thing's numbers is known to be somebody else's.

    Known is the owner to whom an order brought it last; without any order, the one who registered the number first.
    """
    same = []
    if thing.imei:
        same.append(Thing.imei == thing.imei)
    if thing.serial:
        same.append(and_(Thing.brand == thing.brand, Thing.serial == thing.serial))
    if thing.vin:
        same.append(Thing.vin == thing.vin)
    return any(_known_owner(work, number) not in (None, thing.owner_id) for number in same)


def _known_owner(work: Work, same_number: ColumnElement[bool]) -> int | None:
    owners = select(Thing.owner_id).join(ThingOwner, ThingOwner.thing_id == Thing.id).where(same_number).limit(1)
    brought = owners.where(ThingOwner.via != REGISTERED).order_by(ThingOwner.id.desc())
    first = owners.order_by(ThingOwner.id)
    return work.session.scalars(brought).first() or work.session.scalars(first).first()


def name_of(category: str, brand: str, model: str, attributes: dict[str, object] | None = None) -> str:
    """How a Chinese page writes the model: "iPhone 13", "华为 Mate 60 Pro", or what the owner typed."""
    listed = catalogue.find_model(category, brand, model)
    if listed is not None:
        return listed.name
    typed = attributes or {}
    known = catalogue.find_brand(category, brand)
    brand_name = known.name.zh if known else str(typed.get("brand_name") or "")
    return " ".join(part for part in (brand_name, str(typed.get("model_name") or "")) if part)
