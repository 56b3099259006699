"""Licences of agencies: applied for, granted, corrected, withdrawn; suspended and lifted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.accounts.errors import OrganisationNotFound
from app.accounts.models import Organisation
from app.appraisal.errors import AlreadySuspended, LicenceNumberTaken, LicencesOverlap, RegisterEntryNotFound
from app.appraisal.models import Application, Appraisal, Licence, Suspension
from app.appraisal.policy import require_authority, require_manager, require_operator
from app.appraisal.queries.admission import admission
from app.appraisal.queries.register import newest_licences
from app.appraisal.requirements import requirements
from app.appraisal.service import reminding
from app.appraisal.service.fetching import tell_owner
from app.appraisal.states import APPLICATION_FLOW, APPROVE, REFUSE, SUBMITTED, TAKEN, UNSIGNED, WITHDRAW
from app.goods.models import CATEGORIES
from app.kernel.audit import record
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify

REASON = (10, 500)  # code points of a reason that everybody reads
REASON_LENGTH = N_("Please give the reason in one or two sentences: 10 to 500 characters. Everybody can read it.")
DATES_IN_ORDER = N_("The last day must not lie before the first.")


# Applying


def apply(work: Work, category: str, address: str, area_m2: int, documents: Mapping[str, str], note: str) -> Application:
    """The manager asks for a licence of their agency in one category. What the register counts today is kept with it.

    Raises ManagersOnly, InvalidInput by field (category, address, area_m2, document codes), Conflict while one waits.
    """
    agency_id = require_manager(work)
    errors: dict[str, str] = {}
    if category not in CATEGORIES:
        errors["category"] = N_("Please choose one of the answers.")
    if len(address) < 5:
        errors["address"] = N_("Please give the whole address of the premises.")
    if area_m2 < 1:
        errors["area_m2"] = N_("Please type the area in square metres.")
    asked = [document.code for document in requirements().documents]
    errors |= {code: N_("Please fill this in.") for code in asked if len(documents.get(code, "").strip()) < 3}
    if errors:
        raise InvalidInput(errors)
    application = Application(
        agency_id=agency_id,
        category=category,
        applied_by_id=work.actor.id,
        applied_at=work.now,
        address=address,
        area_m2=area_m2,
        documents={code: documents[code].strip() for code in asked},
        note=note,
        found=admission(work, agency_id, category, area_m2).to_json(),
        state=SUBMITTED,
        version=1,
        entered_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(application)
    except IntegrityError as waiting:
        raise Conflict() from waiting
    APPLICATION_FLOW.start(work, application, {"category": category})
    return application


def withdraw_application(work: Work, code: str) -> Application:
    """The manager takes the application back."""
    application = _application(work, code)
    if application.agency_id != require_manager(work):
        raise RegisterEntryNotFound()
    APPLICATION_FLOW.apply(work, application, WITHDRAW)
    return application


def approve(
    work: Work, code: str, licence_no: str, valid_from: date, valid_until: date, reason: str, expected_version: int | None = None
) -> Licence:
    """Grant what was applied for. While a requirement is unmet the reason says why it is granted all the same, for everybody.

    Raises OperatorsOnly, InvalidInput by field, LicencesOverlap, LicenceNumberTaken.
    """
    operator_id = require_operator(work)
    application = _application(work, code)
    unmet = admission(work, application.agency_id, application.category, application.area_m2).unmet
    if unmet and not REASON[0] <= len(reason) <= REASON[1]:
        raise InvalidInput(
            {"reason": N_("Something that is asked for is missing. Please say why the licence is granted all the same.")}
        )
    APPLICATION_FLOW.apply(work, application, APPROVE, detail={"unmet": unmet}, expected_version=expected_version)
    application.decision_reason, application.decided_by_id = reason or None, operator_id
    agency = accounts.organisation_by_id(work, application.agency_id)
    licence = grant(
        work,
        agency,
        application.category,
        licence_no,
        valid_from,
        valid_until,
        reason=reason,
        unmet=unmet,
        application=application,
    )
    return licence


def refuse(work: Work, code: str, reason: str, expected_version: int | None = None) -> Application:
    """Refuse an application with reasons; the agency can apply again."""
    operator_id = require_operator(work)
    _require_reason(reason)
    application = _application(work, code)
    application.decision_reason, application.decided_by_id = reason, operator_id
    APPLICATION_FLOW.apply(work, application, REFUSE, reason=reason, expected_version=expected_version)
    _tell_managers(
        work,
        application.agency_id,
        N_("The application of your agency for a licence was refused. Reason: %(reason)s"),
        {"reason": reason},
        f"register.refused:{application.code}",
    )
    return application


# Licences


def grant(
    work: Work,
    agency: Organisation,
    category: str,
    licence_no: str,
    valid_from: date,
    valid_until: date,
    *,
    reason: str = "",
    unmet: list[str] | None = None,
    application: Application | None = None,
) -> Licence:
    """Write the first version of a licence. Raises OperatorsOnly, InvalidInput, LicencesOverlap, LicenceNumberTaken."""
    operator_id = require_operator(work)
    _check_dates(valid_from, valid_until)
    if agency.kind != "agency":
        raise RegisterEntryNotFound()
    if not 3 <= len(licence_no) <= 60:
        raise InvalidInput({"licence_no": N_("Please type the number of the licence: 3 to 60 characters.")})
    taken = select(Licence).where(
        Licence.licence_no == licence_no, (Licence.agency_id != agency.id) | (Licence.category == category)
    )
    if work.session.scalars(taken).first() is not None:
        raise LicenceNumberTaken()
    licence = Licence(
        agency_id=agency.id,
        category=category,
        licence_no=licence_no,
        version=1,
        action="granted",
        valid_from=valid_from,
        valid_until=valid_until,
        reason=reason,
        unmet=unmet or [],
        application_id=application.id if application else None,
        decided_by_id=operator_id,
        decided_at=work.now,
    )
    _write(work, licence)
    _tell_managers(
        work,
        agency.id,
        N_("Your agency has the licence %(number)s, valid until %(day)s."),
        {"number": licence_no, "day": valid_until.isoformat()},
        f"register.granted:{licence.code}",
    )
    return licence


def correct_licence(work: Work, code: str, valid_from: date, valid_until: date, reason: str) -> Licence:
    """A new version of a licence with other days. The earlier versions stay readable."""
    _check_dates(valid_from, valid_until)
    return _next_version(work, code, "corrected", valid_from, valid_until, reason)


def withdraw_licence(work: Work, code: str, reason: str) -> Licence:
    """End a licence today, for good. For a while is ``suspend``."""
    licence = _licence(work, code)
    return _next_version(work, code, "withdrawn", licence.valid_from, licence.valid_until, reason)


def _next_version(work: Work, code: str, action: str, valid_from: date, valid_until: date, reason: str) -> Licence:
    operator_id = require_operator(work)
    _require_reason(reason)
    licence = _licence(work, code)
    newest = next((one for one in newest_licences(work, [licence.agency_id]) if one.id == licence.id), None)
    if newest is None or newest.action == "withdrawn":
        raise Conflict()
    following = Licence(
        agency_id=licence.agency_id,
        category=licence.category,
        licence_no=licence.licence_no,
        version=licence.version + 1,
        action=action,
        valid_from=valid_from,
        valid_until=valid_until,
        reason=reason,
        unmet=licence.unmet,
        application_id=licence.application_id,
        decided_by_id=operator_id,
        decided_at=work.now,
    )
    _write(work, following)
    ended = action == "withdrawn"
    _tell_managers(
        work,
        licence.agency_id,
        N_("The licence %(number)s of your agency was withdrawn. Reason: %(reason)s")
        if ended
        else N_("The licence %(number)s of your agency was corrected. Reason: %(reason)s"),
        {"number": licence.licence_no, "reason": reason},
        f"register.{action}:{following.code}",
    )
    return following


def _write(work: Work, licence: Licence) -> None:
    try:
        with work.session.begin_nested():
            work.session.add(licence)
    except IntegrityError as misfit:  # the database compares it with the agency's other licences
        raise LicencesOverlap() from misfit
    record(
        work,
        f"licence.{licence.action}",
        "agency_licence",
        licence.id,
        {
            "licence": licence.licence_no,
            "category": licence.category,
            "version": licence.version,
            "valid_from": licence.valid_from.isoformat(),
            "valid_until": licence.valid_until.isoformat(),
            "unmet": licence.unmet,
        },
    )
    if licence.action != "withdrawn":
        reminding.arm_licence(work, licence)


# Suspensions


def suspend(work: Work, agency_code: str, reason: str, *, purpose_code: str | None = None) -> Suspension:
    """Stop new work and signatures of an agency, at once; what was begun is kept. Read by everybody, with the reason.

    By the operator, or by an officer whose open purpose the caller has checked. Raises OperatorsOnly, InvalidInput,
    AlreadySuspended when the same authority's suspension is open.
    """
    authority_id = require_authority(work, "officer" if purpose_code else "operator")
    _require_reason(reason)
    agency = _agency(work, agency_code)
    suspension = Suspension(
        agency_id=agency.id,
        authority_id=authority_id,
        imposed_by_id=work.actor.id,
        since_at=work.now,
        reason=reason,
        purpose_code=purpose_code,
    )
    try:
        with work.session.begin_nested():
            work.session.add(suspension)
    except IntegrityError as open_already:
        raise AlreadySuspended() from open_already
    record(work, "agency.suspend", "organisation", agency.id, {"suspension": suspension.code, "purpose": purpose_code})
    _tell_members(
        work,
        agency.id,
        N_("Your agency is suspended: no new work and no signatures until this is lifted. Answers are kept. Reason: %(reason)s"),
        {"reason": reason},
        f"register.suspended:{suspension.code}",
    )
    _tell_owners(work, agency.id, suspension.code)
    return suspension


def lift(work: Work, code: str, reason: str, *, purpose_code: str | None = None) -> Suspension:
    """End a suspension that the actor's own authority has imposed. Raises RegisterEntryNotFound for another's."""
    authority_id = require_authority(work, "officer" if purpose_code else "operator")
    _require_reason(reason)
    suspension = work.session.scalars(select(Suspension).where(Suspension.code == code)).first()
    if suspension is None or suspension.authority_id != authority_id:
        raise RegisterEntryNotFound()
    lifted = work.session.execute(
        update(Suspension)
        .where(Suspension.id == suspension.id, Suspension.lifted_at.is_(None))
        .values(lifted_at=work.now, lifted_by_id=work.actor.id, lift_reason=reason, lift_purpose_code=purpose_code)
        .execution_options(synchronize_session=False)
    )
    if lifted.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict()
    work.session.refresh(suspension)
    record(work, "agency.lift", "organisation", suspension.agency_id, {"suspension": suspension.code, "purpose": purpose_code})
    _tell_members(
        work,
        suspension.agency_id,
        N_("A suspension of your agency was lifted. Reason: %(reason)s"),
        {"reason": reason},
        f"register.lifted:{suspension.code}",
    )
    return suspension


def _require_reason(reason: str) -> None:
    if not REASON[0] <= len(reason.strip()) <= REASON[1]:
        raise InvalidInput({"reason": REASON_LENGTH})


def _check_dates(valid_from: date, valid_until: date) -> None:
    if valid_until < valid_from:
        raise InvalidInput({"valid_until": DATES_IN_ORDER})
    years = requirements().licence.longest_years
    if (valid_until - valid_from).days > years * 366:
        raise InvalidInput({"valid_until": N_("A licence lasts at most %(years)s years.")}, years=years)


def _agency(work: Work, code: str) -> Organisation:
    try:
        agency = accounts.organisation_by_code(work, code)
    except OrganisationNotFound:
        raise RegisterEntryNotFound() from None
    if agency.kind != "agency":
        raise RegisterEntryNotFound()
    return agency


def _application(work: Work, code: str) -> Application:
    found = work.session.scalars(select(Application).where(Application.code == code)).first()
    if found is None:
        raise RegisterEntryNotFound()
    return found


def _licence(work: Work, code: str) -> Licence:
    found = work.session.scalars(select(Licence).where(Licence.code == code)).first()
    if found is None:
        raise RegisterEntryNotFound()
    return found


def _tell_managers(work: Work, agency_id: int, text: str, values: Mapping[str, str], key: str) -> None:
    for manager in accounts.members(work, agency_id, "manager"):
        notify(work, manager.id, text=text, values=values, link="/agency", key=key)


def _tell_owners(work: Work, agency_id: int, suspension_code: str) -> None:
    """Whose orders the agency has in hand: what they can do now."""
    orders = select(Appraisal).where(Appraisal.agency_id == agency_id, Appraisal.state.in_((*TAKEN, *UNSIGNED)))
    for order in work.session.scalars(orders.order_by(Appraisal.id)).all():
        message = N_(
            "The agency that has your item to appraise is suspended and signs no report for now. Before the inspection you can "
            "take the order back with the whole fee; after that our staff can end it."
        )
        tell_owner(work, order, message, f"suspended.{suspension_code}")


def _tell_members(work: Work, agency_id: int, text: str, values: Mapping[str, str], key: str) -> None:
    link = f"/registry/agencies/{accounts.organisation_by_id(work, agency_id).code}"
    for person in accounts.members(work, agency_id):
        notify(work, person.id, text=text, values=values, link=link, key=key)
