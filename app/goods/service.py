"""Verbs about things: register, claim for sale, release, hand to a new owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.goods import catalogue
from app.goods.errors import BadImei, BadSerial, BadVin, ThingAlreadyOnSale, ThingChangedHands, UnknownModel
from app.goods.events import ThingTransferred
from app.goods.models import CATEGORIES, REGISTERED, Thing, ThingClaim, ThingOwner, ThingStatement
from app.goods.queries import OTHER, holder_of, owned_thing, statement_of
from app.kernel.audit import record
from app.kernel.errors import InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from grading.ids import check_imei, check_serial, check_vin, has_model_year, vin_years

__all__ = [
    "claim",
    "claim_numbers",
    "doubts_about_vin",
    "owned_thing",
    "read_imei",
    "read_serial",
    "read_vin",
    "record_statement",
    "register_thing",
    "release_claim",
    "transfer",
]


YEARS_IN_STOCK = 3  # after its model year a new car may still be waiting for its first owner


def read_imei(text: str) -> str:
    """The IMEI as it is stored. Raises BadImei saying what is wrong with what was typed."""
    check = check_imei(text)
    if not check.ok:
        assert check.reason is not None
        raise BadImei(check.reason)
    return check.value


def read_serial(text: str) -> str:
    """The serial number as it is stored. Raises BadSerial."""
    check = check_serial(text)
    if not check.ok:
        raise BadSerial()
    return check.value


def read_vin(text: str) -> str:
    """The VIN as it is stored. Raises BadVin; a digit that makers elsewhere need not use is no error (see grading.ids)."""
    check = check_vin(text)
    if not check.ok:
        assert check.reason is not None
        raise BadVin(check.reason)
    return check.value


@dataclass(frozen=True)
class Doubt:
    """Something that counts but should be looked at again: a message to be translated, and its values."""

    message: str
    values: Mapping[str, str] = field(default_factory=dict)


def doubts_about_vin(vin: str, first_used: str | None) -> list[Doubt]:
    """What the owner should compare once more in a VIN that was accepted; ``first_used`` is the month "2019-05".

    A car is registered from the year before its model year to a few years after it (our own bounds).
    """
    doubts = []
    if check_vin(vin).reason == "vin_unchecked":
        doubts.append(
            Doubt(
                N_(
                    "The ninth sign of this VIN does not fit the others. Some makers do not use it, so it may be right: "
                    "please compare every sign with the licence."
                )
            )
        )
    years = vin_years(vin) if has_model_year(vin) and first_used else ()
    if first_used and years and not any(year - 1 <= int(first_used[:4]) <= year + YEARS_IN_STOCK for year in years):
        told = " / ".join(str(year) for year in years)
        message = N_(
            "The tenth sign of this VIN stands for the model year %(years)s, but you said that the car was first registered in "
            "%(registered)s. Please compare both with the licence."
        )
        doubts.append(Doubt(message, {"years": told, "registered": first_used}))
    return doubts


def register_thing(
    work: Work,
    category: str,
    brand: str,
    model: str,
    attributes: Mapping[str, Any],
    imei: str | None = None,
    serial: str | None = None,
    vin: str | None = None,
) -> Thing:
    """Write down a thing that the actor owns, with the first row of its owner history.

    ``attributes`` may hold storage_gb (int) and colour (catalogue code), brand_name and model_name where the catalogue does
    not list them, and further facts as the attribute schema of the category asks them. A thing of the same model, size and
    number that the actor owns already is given back with these facts, not made twice.
    Raises BadImei, BadSerial, BadVin, UnknownModel, InvalidInput.
    """
    facts = {key: value for key, value in attributes.items() if value not in (None, "")}
    storage_gb, colour = facts.pop("storage_gb", None), facts.pop("colour", None)
    _check_model(category, brand, model, facts)
    if storage_gb is not None and (not isinstance(storage_gb, int) or storage_gb <= 0):
        raise InvalidInput({"storage_gb": N_("Please choose the storage size.")})
    imei = read_imei(imei) if imei else None
    serial = read_serial(serial) if serial else None
    vin = read_vin(vin) if vin else None
    known = _own_thing_with(work, category, brand, imei, serial, vin)
    if known is not None and (known.brand, known.model, known.storage_gb) == (brand, model, storage_gb):
        known.attributes = facts
        work.session.flush()
        return known
    thing = Thing(
        category=category,
        brand=brand,
        model=model,
        storage_gb=storage_gb,
        colour=colour,
        attributes=facts,
        imei=imei,
        serial=serial,
        vin=vin,
        owner_id=work.actor.id,
        created_at=work.now,
    )
    work.session.add(thing)
    work.session.flush()
    work.session.add(ThingOwner(thing_id=thing.id, seq=1, owner_id=thing.owner_id, acquired_at=work.now, via=REGISTERED))
    record(work, "thing.register", "thing", thing.id, {"category": category, "brand": brand, "model": model})
    work.session.flush()
    return thing


def record_statement(
    work: Work, thing: Thing, version_sha256: str, scheme_id: str, contradicted_by: Mapping[str, Sequence[str]] | None
) -> None:
    """Write down what the owner says about the thing in public. Saying the same again (a renewed offer) adds nothing."""
    said = None if contradicted_by is None else {item: list(answers) for item, answers in contradicted_by.items()}
    last = statement_of(work, thing.id, thing.owner_id, work.now)
    if last is not None and (last.scheme_id, last.contradicted_by) == (scheme_id, said):
        return
    work.session.add(
        ThingStatement(
            thing_id=thing.id,
            owner_id=thing.owner_id,
            said_at=work.now,
            version_sha256=version_sha256,
            scheme_id=scheme_id,
            contradicted_by=said,
        )
    )
    work.session.flush()


def claim(work: Work, thing: Thing, holder: str) -> None:
    """Put the thing's numbers on sale for one listing (its code is the ``holder``). Claiming again for the same is harmless.

    Raises ThingAlreadyOnSale when another listing holds one of them; the database's partial unique index decides.
    """
    for kind, value in claim_numbers(thing):
        held = holder_of(work, kind, value)
        if held is not None and held.holder == holder and held.thing_id == thing.id:
            continue
        try:
            with work.session.begin_nested():
                work.session.add(ThingClaim(kind=kind, value=value, thing_id=thing.id, holder=holder, claimed_at=work.now))
        except IntegrityError as taken:
            raise ThingAlreadyOnSale() from taken


def release_claim(work: Work, thing: Thing) -> None:
    """The thing's numbers are no longer on sale."""
    work.session.execute(
        update(ThingClaim).where(ThingClaim.thing_id == thing.id, ThingClaim.released_at.is_(None)).values(released_at=work.now)
    )


def transfer(work: Work, thing: Thing, to_user_id: int, via: str) -> None:
    """Give the thing to its new owner and write the owner history, both or neither. ``via`` is the order's code.

    Raises ThingChangedHands when somebody else became the owner since the thing was read.
    """
    before = thing.owner_id
    moved = work.session.execute(
        update(Thing)
        .where(Thing.id == thing.id, Thing.owner_id == before)
        .values(owner_id=to_user_id)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise ThingChangedHands()
    last = work.session.execute(select(func.max(ThingOwner.seq)).where(ThingOwner.thing_id == thing.id)).scalar_one()
    work.session.add(ThingOwner(thing_id=thing.id, seq=(last or 0) + 1, owner_id=to_user_id, acquired_at=work.now, via=via))
    record(work, "thing.transfer", "thing", thing.id, {"via": via})
    announce(work, ThingTransferred(thing.id, via))
    work.session.flush()
    work.session.refresh(thing, attribute_names=["owner_id"])


def claim_numbers(thing: Thing) -> list[tuple[str, str]]:
    """The numbers of the thing as they are claimed: (kind, value)."""
    return [
        (kind, value) for kind, value in (("imei", thing.imei), ("serial", _serial_claim(thing)), ("vin", thing.vin)) if value
    ]


def _serial_claim(thing: Thing) -> str | None:
    """Two makers may use the same serial number on appliances; a phone's is looked at by itself."""
    return f"{thing.brand}:{thing.serial}" if thing.serial and thing.category == "appliance" else thing.serial


def _check_model(category: str, brand: str, model: str, facts: Mapping[str, Any]) -> None:
    if category not in CATEGORIES:
        raise InvalidInput({"category": N_("This kind of item cannot be sold here yet.")})
    listed = catalogue.find_model(category, brand, model) is not None
    known_brand = catalogue.find_brand(category, brand) is not None or (brand == OTHER and bool(facts.get("brand_name")))
    described = model == OTHER and bool(facts.get("model_name")) and known_brand
    if not listed and not described:
        raise UnknownModel()


def _own_thing_with(work: Work, category: str, brand: str, imei: str | None, serial: str | None, vin: str | None) -> Thing | None:
    if vin is not None:
        same = Thing.vin == vin
    elif imei is not None:
        same = Thing.imei == imei
    elif serial is not None:
        same = and_(Thing.serial == serial, or_(Thing.category == "phone", Thing.brand == brand))
    else:
        return None
    mine = select(Thing).where(Thing.owner_id == work.actor.id, Thing.category == category, same)
    return work.session.scalars(mine.order_by(Thing.id.desc()).limit(1)).first()
