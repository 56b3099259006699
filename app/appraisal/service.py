"""Verbs: an owner asks an agency, an appraiser accepts, answers item by item, and signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.errors import (
    AppraisalAlreadyOpen,
    AppraisalNotFound,
    FindingsMoved,
    NameDiffers,
    NotComplete,
    OwnThing,
    TooClose,
)
from app.appraisal.events import ReportSigned
from app.appraisal.inspecting import computed_findings, graded, refusals, shown_answers, typed_answers, typed_items
from app.appraisal.models import Appraisal, Report
from app.appraisal.queries import agencies, agencies_of, open_appraisal, own_inspection, report_of, visible_appraisal
from app.appraisal.rules import folded, masked, masked_tail, scheme_category
from app.appraisal.states import (
    ACCEPT,
    ACCEPTED,
    APPRAISAL_FLOW,
    BEGIN,
    CANCEL,
    CHANGE_HANDS,
    DECLINE,
    GIVE_UP,
    INSPECTING,
    REQUESTED,
    SIGN,
)
from app.credit import service as credit
from app.goods import queries as goods_queries
from app.goods.events import ThingTransferred
from app.goods.models import Thing
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import BadState, InvalidInput
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work
from app.notices.service import notify
from grading import GradeResult, load_scheme, scheme_for

__all__ = ["computed_findings", "graded", "refusals", "shown_answers", "typed_answers", "typed_items"]

REPORT_FORMAT = "xunyi-report/1"
DEALING_KEEPS_APART_DAYS = 365  # after a sale between them, neither appraises what is the other's; our own choice


@dataclass(frozen=True)
class Saved:
    """What one save of answers came to: the new count of saves, the answers refused (item key -> {"zh", "en"})."""

    rev: int
    refused: Mapping[str, Mapping[str, str]]


def request(work: Work, thing_code: str, agency_code: str) -> Appraisal:
    """Ask an agency to appraise the actor's own thing.

    Raises AppraisalAlreadyOpen when one is under way (the database's partial unique index decides), InvalidInput for an
    unknown agency and for one's own. One that an earlier owner left open ends.
    """
    thing = goods_queries.owned_thing(work, thing_code)
    _end_for_new_owner(work, thing)
    agency = next((agency for agency in agencies(work) if agency.code == agency_code), None)
    if agency is None:
        raise InvalidInput({"agency": N_("Please choose one of the agencies.")})
    if agency.id in {each.id for _role, each in accounts.memberships_of(work, work.actor.id)}:
        raise InvalidInput({"agency": N_("You work for this agency. Please choose another one.")})
    appraisal = Appraisal(
        state=REQUESTED,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        thing_id=thing.id,
        owner_id=work.actor.id,
        agency_id=agency.id,
        scheme_id=scheme_for(scheme_category(thing), shanghai_day(work.now)).reference,
        findings={},
        findings_rev=0,
    )
    try:
        with work.session.begin_nested():
            work.session.add(appraisal)
    except IntegrityError as taken:
        raise AppraisalAlreadyOpen() from taken
    APPRAISAL_FLOW.start(work, appraisal)
    for member in accounts.members(work, agency.id, "appraiser"):
        notify(
            work,
            member.id,
            text=N_("A new item waits for your agency's appraisal."),
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.requested:{appraisal.code}",
            mail=False,
        )
    return appraisal


def accept(work: Work, code: str) -> Appraisal:
    """Take the order as the appraiser who will inspect and sign, by the scheme in force today.

    Raises OwnThing for the owner's own thing, TooClose for a colleague or somebody who dealt with the owner lately.
    """
    appraisal = _for_agency(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    _refuse_own(work, appraisal, thing)
    appraisal.appraiser_id = work.actor.id
    appraisal.scheme_id = scheme_for(scheme_category(thing), shanghai_day(work.now)).reference
    APPRAISAL_FLOW.apply(work, appraisal, ACCEPT)
    _tell_owner(work, appraisal, N_("An appraiser has accepted your item and will inspect it."), "accepted")
    return appraisal


def decline(work: Work, code: str, reason: str) -> Appraisal:
    """Send the order back to the owner, who can ask another agency."""
    appraisal = _for_agency(work, code)
    appraisal.decline_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, DECLINE, reason=reason)
    _tell_owner(work, appraisal, N_("The agency cannot appraise your item now. You can ask another agency."), "declined")
    return appraisal


def give_up(work: Work, code: str, reason: str) -> Appraisal:
    """The appraiser cannot finish (the phone never came, cannot be opened ...); the owner can ask again."""
    appraisal = _for_inspector(work, code)
    reason = reason.strip()
    if not reason:
        raise InvalidInput({"reason": N_("Please say why, in words that the owner understands.")})
    appraisal.decline_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, GIVE_UP, reason=reason)
    _tell_owner(
        work, appraisal, N_("The appraiser could not finish the appraisal of your item. You can ask an agency again."), "unable"
    )
    return appraisal


def on_thing_transferred(work: Work, event: ThingTransferred) -> None:
    """What the earlier owner had asked for ends: the new owner decides whether the thing is appraised."""
    _end_for_new_owner(work, work.session.get_one(Thing, event.thing_id))


def cancel(work: Work, code: str) -> Appraisal:
    """The owner takes the order back before the inspection has begun."""
    appraisal = visible_appraisal(work, code)
    if appraisal.owner_id != work.actor.user_id:
        raise AppraisalNotFound()
    APPRAISAL_FLOW.apply(work, appraisal, CANCEL)
    if appraisal.appraiser_id is not None:
        notify(
            work,
            appraisal.appraiser_id,
            text=N_("The owner has taken back an appraisal that you had accepted."),
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.cancelled:{appraisal.code}",
            mail=False,
        )
    return appraisal


def save_findings(work: Work, code: str, answers: Mapping[str, str], expected_rev: int) -> Saved:
    """Keep the given answers (item key -> text, empty text takes an answer back); items not named stay as they are.

    An answer that the scheme does not know or a number out of range is refused by itself; all others are kept. Items that
    the system computes are never taken from the form. Raises FindingsMoved when ``expected_rev`` is not the present count.
    """
    appraisal = _for_inspector(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    scheme = load_scheme(appraisal.scheme_id)
    if appraisal.state == ACCEPTED:
        APPRAISAL_FLOW.apply(work, appraisal, BEGIN)
    elif appraisal.state != INSPECTING:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, "save", APPRAISAL_FLOW.allowed(appraisal.state))
    wanted = typed_answers(scheme, answers)
    refused = refusals(scheme, wanted, thing, appraisal.findings, shanghai_day(work.now))
    kept = {**appraisal.findings, **{key: answer for key, answer in wanted.items() if key not in refused}}
    kept = {key: answer for key, answer in kept.items() if answer != ""}
    kept |= computed_findings(scheme, thing)
    saved = work.session.execute(
        update(Appraisal)
        .where(Appraisal.id == appraisal.id, Appraisal.findings_rev == expected_rev)
        .values(findings=kept, findings_rev=expected_rev + 1)
        .execution_options(synchronize_session=False)
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise FindingsMoved()
    work.session.refresh(appraisal, attribute_names=["findings", "findings_rev"])
    return Saved(appraisal.findings_rev, refused)


def sign(work: Work, code: str, name: str, expected_rev: int) -> Report:
    """Freeze the findings into a report, signed by the appraiser's own name.

    Raises NotComplete while required items are open, NameDiffers, FindingsMoved, OwnThing (the thing may have been bought
    by the appraiser since it was accepted), TooClose.
    """
    appraisal = _for_inspector(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    _refuse_own(work, appraisal, thing)
    if appraisal.state != INSPECTING:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, SIGN, APPRAISAL_FLOW.allowed(appraisal.state))
    if appraisal.findings_rev != expected_rev:
        raise FindingsMoved()
    appraiser = accounts.user_by_id(work, work.actor.id)
    result = graded(appraisal, thing, shanghai_day(work.now))
    if result.missing:
        raise NotComplete(count=len(result.missing))
    if folded(name) != folded(appraiser.display_name):
        raise NameDiffers()
    report = _freeze(work, appraisal, thing, result, appraiser)
    APPRAISAL_FLOW.apply(work, appraisal, SIGN, detail={"report": report.code, "sha256": report.sha256})
    credit.record(
        work,
        "appraisal.issued",
        appraiser.id,
        {
            "category": thing.category,
            "scheme": report.scheme_id.replace("/", "-"),  # a word of an event has no slash
            "status": report.status,
            "tier": credit.tier_word(report.tier),
            "report_sha256": report.sha256,
        },
        key=f"appraisal.issued:{report.code}",
    )
    announce(work, ReportSigned(report_code=report.code, thing_id=report.thing_id, tier=report.tier, status=report.status))
    _tell_owner(work, appraisal, N_("The appraisal report of your item is signed."), "issued", link=f"/reports/{report.code}")
    return report


def _freeze(work: Work, appraisal: Appraisal, thing: Thing, result: GradeResult, appraiser: User) -> Report:
    scheme = load_scheme(appraisal.scheme_id)
    agency = accounts.organisation_by_id(work, appraisal.agency_id)
    earlier = report_of(work, appraisal)
    code = new_code()
    content = {
        "format": REPORT_FORMAT,
        "report": code,
        "no": (earlier.no if earlier else 0) + 1,
        "scheme": {"id": scheme.id, "version": scheme.version, "sha256": scheme.sha256, "name": dict(scheme.name)},
        "thing": {
            "code": thing.code,
            "name": goods_queries.name_of(thing.category, thing.brand, thing.model, thing.attributes),
            "category": thing.category,
            "brand": thing.brand,
            "model": thing.model,
            "storage_gb": thing.storage_gb,
            "colour": thing.colour,
            "imei_masked": masked(thing.imei),
            **_told_of(thing),
        },
        "result": result.to_content(),
        "agency": {"code": agency.code, "name": agency.name},
        "appraiser": {"code": appraiser.code, "name": appraiser.display_name},
        "signed_at": iso_seconds(work.now),
        "signature": {"kind": "name", "name": appraiser.display_name, "time": "claimed by the signer"},
    }
    report = Report(
        code=code,
        appraisal_id=appraisal.id,
        no=content["no"],
        thing_id=thing.id,
        agency_id=appraisal.agency_id,
        appraiser_id=work.actor.id,
        scheme_id=scheme.reference,
        status=result.status,
        tier=result.tier,
        score=None if result.score is None else str(result.score),
        content=content,
        sha256=sha256_hex(canonical(content)),
        signed_at=work.now,
    )
    work.session.add(report)
    work.session.flush()
    return report


def _told_of(thing: Thing) -> dict[str, Any]:
    """What a report says about the thing besides brand and model; nothing more for phones, whose reports stay as they were."""
    if thing.category == "phone":
        return {}
    number = {"vin_masked": masked_tail(thing.vin)} if thing.category == "car" else {"serial_masked": masked_tail(thing.serial)}
    kept = ("type", "energy", "registered", "mileage", "bought", "made")
    return {**number, **{key: thing.attributes[key] for key in kept if key in thing.attributes}}


def _for_agency(work: Work, code: str) -> Appraisal:
    appraisal = visible_appraisal(work, code)
    if appraisal.agency_id not in agencies_of(work.actor):
        raise AppraisalNotFound()
    return appraisal


def _for_inspector(work: Work, code: str) -> Appraisal:
    """The appraiser's own inspection, locked until the end of the transaction: a save cannot slip in beside a signature."""
    appraisal = own_inspection(work, code)
    work.session.refresh(appraisal, with_for_update=True)
    return appraisal


def _refuse_own(work: Work, appraisal: Appraisal, thing: Thing) -> None:
    owners = {appraisal.owner_id, thing.owner_id}
    if work.actor.id in owners:
        raise OwnThing()
    since = work.now - timedelta(days=DEALING_KEEPS_APART_DAYS)
    colleagues = {each.id for _role, each in accounts.memberships_of(work, work.actor.id)}
    for owner_id in owners:
        if colleagues & {each.id for _role, each in accounts.memberships_of(work, owner_id)}:
            raise TooClose()
        if goods_queries.dealt_with(work, work.actor.id, owner_id, since):
            raise TooClose()


def _end_for_new_owner(work: Work, thing: Thing) -> None:
    """Cancel the open appraisal of somebody who no longer owns the thing, and tell both sides. Again does nothing."""
    appraisal = open_appraisal(work, thing.id)
    if appraisal is None or appraisal.owner_id == thing.owner_id:
        return
    APPRAISAL_FLOW.apply(work, appraisal, CHANGE_HANDS)
    message = N_("An appraisal has ended because the item has a new owner.")
    _tell_owner(work, appraisal, message, "changed_hands")
    if appraisal.appraiser_id is not None:
        notify(
            work,
            appraisal.appraiser_id,
            text=message,
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.changed_hands:{appraisal.code}",
            mail=False,
        )


def _tell_owner(work: Work, appraisal: Appraisal, message: str, step: str, link: str = "") -> None:
    notify(
        work,
        appraisal.owner_id,
        text=message,
        values={},
        link=link or f"/appraisals/{appraisal.code}",
        key=f"appraisal.{step}:{appraisal.code}",
        mail=True,
    )
