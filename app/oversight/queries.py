"""What officers read under a purpose, and what people see of it. Every reading of a person needs its access row first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import Organisation, User
from app.appraisal import queries as register
from app.appraisal.models import Suspension
from app.appraisal.queries import AgencyEntry
from app.credit import queries as credit
from app.credit.queries import Answers, Display, Entry, Fault, KeyEntry, SellerSummary, Uploaded
from app.kernel.work import Work
from app.oversight.errors import NoAccessRow, PurposeNotFound
from app.oversight.models import AccessRow, Purpose
from app.oversight.policy import require_officer, require_open
from app.trades.models import Order

FOUND = 20  # search results
LISTED = 200  # rows of a list of accesses


@dataclass(frozen=True)
class OrderFacts:
    """One sale as the regulator reads it: no address, no buyer's name. Amounts in fen."""

    code: str
    title: str
    state: str
    tier: str | None
    price_fen: int
    created_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True)
class SellerRecord:
    """Everything on one seller at one moment. ``faults`` is empty when every hash and the whole chain were recomputed right."""

    code: str
    display_name: str
    pseudonym: str | None
    summary: SellerSummary
    entries: list[Entry]
    faults: list[Fault]
    displays: list[Display]  # adverse entries, also those of which public pages say nothing any more
    orders: list[OrderFacts]


@dataclass(frozen=True)
class Reading:
    """One access for reading about it. The subject sees no officer's name and no case number."""

    at: datetime
    what: str
    authority: str
    officer: str
    case_no: str
    subject_code: str
    subject_name: str


def own_purpose(work: Work, code: str, *, to_use: bool = False) -> Purpose:
    """A purpose of the acting officer, under the authority of today. Raises OfficersOnly, PurposeNotFound; PurposeClosed when
    it is ``to_use``."""
    organisation_id = require_officer(work)
    mine = (Purpose.code == code) & (Purpose.officer_id == work.actor.id) & (Purpose.organisation_id == organisation_id)
    purpose = work.session.scalars(select(Purpose).where(mine)).first()
    if purpose is None:
        raise PurposeNotFound()
    if to_use:
        require_open(purpose)
    return purpose


def purposes(work: Work, limit: int = 50) -> list[Purpose]:
    """The acting officer's purposes, open ones first, then the latest."""
    organisation_id = require_officer(work)
    mine = select(Purpose).where(Purpose.officer_id == work.actor.id, Purpose.organisation_id == organisation_id)
    return list(work.session.scalars(mine.order_by(Purpose.closed_at.is_not(None), Purpose.id.desc()).limit(limit)))


def find_sellers(work: Work, purpose_code: str, words: str) -> list[tuple[str, str]]:
    """(code, public name) of people whose name contains the words or whose code is this. Under an open purpose of the officer."""
    own_purpose(work, purpose_code, to_use=True)
    wanted = words.strip()
    if not wanted:
        return []
    matching = or_(User.code == wanted, User.display_name.contains(wanted, autoescape=True))
    rows = select(User.code, User.display_name).where(matching).order_by(User.display_name, User.id).limit(FOUND)
    return [(row.code, row.display_name) for row in work.session.execute(rows)]


def agencies(work: Work, purpose_code: str) -> list[AgencyEntry]:
    """Every agency of the register with its licences and open suspensions. Under an open purpose of the officer."""
    own_purpose(work, purpose_code, to_use=True)
    return register.directory(work)


def agency_suspensions(work: Work, purpose_code: str, agency_code: str) -> tuple[Organisation, list[Suspension]]:
    """An agency and all its suspensions, newest first. Under an open purpose of the officer."""
    own_purpose(work, purpose_code, to_use=True)
    agency = register.agency_by_code(work, agency_code)
    return agency, register.suspensions_of(work, agency.id)


def own_keys(work: Work) -> list[KeyEntry]:
    """The keys of the acting officer's authority. Nothing of a person: no purpose is needed."""
    return credit.regulator_keys(work, require_officer(work))


def has_usable_key(work: Work) -> bool:
    """Whether the acting officer's authority can sign findings."""
    return bool(credit.usable_keys(work, require_officer(work)))


def findings(work: Work, purpose_code: str) -> list[Uploaded]:
    """Signed findings of all authorities, newest first. Under a purpose of the officer, closed ones too: the log is public."""
    own_purpose(work, purpose_code)
    return credit.findings(work)


def answers(work: Work, access_id: int, as_of: date) -> Answers:
    """What the log says on a day, for the access row that was written before it is asked. Raises NoAccessRow."""
    access = work.session.get(AccessRow, access_id)
    if access is None or access.what != "search" or access.officer_id != work.actor.user_id:
        raise NoAccessRow(f"no access row {access_id} for this reader")
    return credit.answers(work, as_of)


def seller_record(work: Work, access_id: int) -> SellerRecord:
    """The record that this access row was written for. Raises NoAccessRow when the row is not there or not the officer's."""
    access = work.session.get(AccessRow, access_id)
    if access is None or access.subject_id is None or access.officer_id != work.actor.user_id:
        raise NoAccessRow(f"no access row {access_id} for this reader")
    user = work.session.get_one(User, access.subject_id)
    pseudonym = credit.pseudonym_of(work, user.id)
    return SellerRecord(
        code=user.code,
        display_name=user.display_name,
        pseudonym=pseudonym,
        displays=credit.all_displays(work, pseudonym) if pseudonym else [],
        summary=credit.seller_summary(work, user.id),
        entries=credit.events_of(work, user.id),
        faults=credit.verify(work, user.id),
        orders=_orders(work, user.id),
    )


def readings(work: Work, purpose_code: str | None = None) -> list[Reading]:
    """All accesses, newest first, for officers: of one own purpose, or of everybody."""
    require_officer(work)
    rows = _readings()
    if purpose_code is not None:
        rows = rows.where(AccessRow.purpose_id == own_purpose(work, purpose_code).id)
    return [Reading(*row) for row in work.session.execute(rows.limit(LISTED))]


def readings_of_me(work: Work) -> list[Reading]:
    """Who read the acting person's record: the authority, never the officer or the case."""
    rows = _readings().where(AccessRow.subject_id == work.actor.id).limit(LISTED)
    found = [Reading(*row) for row in work.session.execute(rows)]
    return [Reading(one.at, one.what, one.authority, "", "", one.subject_code, one.subject_name) for one in found]


def _readings() -> Select[datetime, str, str, str, str, str, str]:
    officer, subject = aliased(User), aliased(User)
    return (
        select(
            AccessRow.at,
            AccessRow.what,
            Organisation.name,
            officer.display_name,
            Purpose.case_no,
            AccessRow.subject_code,
            subject.display_name,
        )
        .join(Purpose, Purpose.id == AccessRow.purpose_id)
        .join(Organisation, Organisation.id == AccessRow.organisation_id)
        .join(officer, officer.id == AccessRow.officer_id)
        .outerjoin(subject, subject.id == AccessRow.subject_id)
        .order_by(AccessRow.id.desc())
    )


def _orders(work: Work, seller_id: int) -> list[OrderFacts]:
    sold = select(
        Order.code,
        Order.title,
        Order.state,
        Order.tier,
        Order.price_fen,
        Order.created_at,
        Order.paid_at,
        Order.shipped_at,
        Order.completed_at,
    ).where(Order.seller_id == seller_id)
    return [OrderFacts(*row) for row in work.session.execute(sold.order_by(Order.id.desc()).limit(1000))]
