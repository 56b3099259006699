"""A report is signed: by the appraiser, and for a car also by a senior of the agency. Keys of their own, or the demo's signer."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.errors import AppraisalNotFound, FindingsMoved, InstrumentsMissing, NameDiffers, NotComplete, ShotsGone
from app.appraisal.events import ReportSigned
from app.appraisal.guidance import shots_of
from app.appraisal.inspecting import is_stopped
from app.appraisal.models import Appraisal, Report, ReportDraft, ReportSignature, SigningKey
from app.appraisal.models.drafts import APPRAISER, OPERATOR, REVIEWER
from app.appraisal.provider import SECOND_LOOK, SecondLook
from app.appraisal.queries import (
    draft_of,
    inspection_evidence,
    key_by_kid,
    keys_that_sign,
    lacks_seal,
    may_sign,
    may_sign_as,
    photos_of_inspection,
    reviewers_of,
    set_at_once,
    shots_taken,
    visible_appraisal,
)
from app.appraisal.refusals import (
    CertificateWithdrawn,
    DraftMoved,
    KeyNewerThanDraft,
    KeyNotYours,
    KeyRevoked,
    NoReviewer,
    OwnKeyNeeded,
    PhotosWaiting,
    ReviewerUnknown,
    SealFirst,
    SignatureWrong,
)
from app.appraisal.rules import NOT_DECLARED, PERSONAL_SECTIONS, folded, section_of
from app.appraisal.service.coming import expect_by
from app.appraisal.service.correcting import refuse_silenced
from app.appraisal.service.fetching import for_inspector, tell_owners
from app.appraisal.service.freezing import freeze_content, report_from, result_of
from app.appraisal.service.keys import operator_key, operator_signer
from app.appraisal.service.leaving import end_if_left
from app.appraisal.service.measuring import without_own_instrument
from app.appraisal.service.ordering import refuse_own
from app.appraisal.states import (
    AFTER_ISSUE,
    APPRAISAL_FLOW,
    CONFIRM,
    FREEZE,
    FROZEN,
    HAND_ON,
    HOLD,
    REFER_BACK,
    REOPEN,
    REVIEWED,
    SIGN,
    WORKED_ON,
)
from app.credit import service as credit
from app.goods.models import Thing
from app.goods.queries import hold_thing
from app.kernel.canonical import canonical
from app.kernel.errors import BadState, InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import add_days, iso_seconds
from app.kernel.work import Work
from app.media import service as media
from app.notices.service import notify
from app.schemes.queries import get_scheme
from grading.report import Key

LOOK_DAYS = 21  # for a second look, with everybody who may be asked in turn; then staff may end it. Our own choice
TWO_SIGN = ("car",)  # categories whose every report a senior signs too


@dataclass(frozen=True)
class Signed:
    """A signature as it comes in: which key, 64 bytes as hexadecimal digits, and the hash of what was signed."""

    kid: str
    value: str
    sha256: str


def sign(work: Work, code: str, name: str, expected_rev: int, reviewer: str = "") -> Report | None:
    """Freeze the findings into a report in one step, signed by the demo's signer for the appraiser whose own name is typed.

    A car waits for its senior (``reviewer``: a code; the first whom the agency has when none is named), some reports for a
    second look: then None.
    Raises NotComplete while required items are open (unless what was found has ended the inspection), SealFirst,
    InstrumentsMissing where a required number names none of the agency's instruments of its kind, PhotosWaiting,
    NameDiffers, FindingsMoved, OwnThing (the thing may have been bought by the appraiser since it was accepted), TooClose,
    OwnKeyNeeded where no demo signer is, or the person has a key; of a correction ReportSilenced, ReportContested.
    """
    appraisal, thing, appraiser = _ready(work, code, expected_rev, SIGN)
    senior = _reviewer(work, appraisal, thing, reviewer, with_key=False)
    if folded(name) != folded(appraiser.display_name):
        raise NameDiffers()
    if operator_signer(work) is None or keys_that_sign(work, [appraiser.id]):
        raise OwnKeyNeeded()
    draft = freeze_content(work, appraisal, thing, appraiser, senior, by_operator=True)
    if senior is not None:
        _hand_on(work, appraisal, draft, senior)
        return None
    _sign_as_operator(work, draft)
    return _finish(work, appraisal, draft, SIGN)


def freeze(work: Work, code: str, expected_rev: int, reviewer: str = "") -> ReportDraft:
    """Freeze the findings for a signature with the appraiser's own key: what is signed are the draft's canonical bytes.

    Raises what ``sign`` raises, and OwnKeyNeeded for somebody without a key.
    """
    appraisal, thing, appraiser = _ready(work, code, expected_rev, FREEZE)
    if not keys_that_sign(work, [appraiser.id]):
        raise OwnKeyNeeded()
    senior = _reviewer(work, appraisal, thing, reviewer, with_key=True)
    draft = freeze_content(work, appraisal, thing, appraiser, senior, by_operator=False)
    APPRAISAL_FLOW.apply(work, appraisal, FREEZE, detail={"draft": draft.code, "sha256": draft.sha256})
    return draft


def add_signature(work: Work, code: str, given: Signed) -> Report | None:
    """Take the actor's signature over the draft: the appraiser's first, then the senior's. None while one is still missing,
    or a second look is wanted.

    Raises DraftMoved (another draft was made since), KeyNotYours, KeyRevoked, KeyNewerThanDraft, SignatureWrong, and
    AgencySuspended, CertificateWithdrawn, OwnThing, TooClose; whatever is refused, draft and findings stay as they are.
    """
    appraisal = visible_appraisal(work, code)
    work.session.refresh(appraisal, with_for_update=True)
    role = role_in(work, appraisal)
    draft = draft_of(work, appraisal)
    if draft is None or draft.sha256 != given.sha256 or draft.content["signature"]["kind"] != "key":
        raise DraftMoved()
    refuse_barred(work, appraisal, role)
    _refuse_silenced(work, appraisal)
    key = _own_key(work, given.kid, draft)
    if not Key(bytes.fromhex(key.public_key), "", None, "").fits(_signature_bytes(given.value), canonical(draft.content)):
        raise SignatureWrong()
    _keep(work, draft, role, key, given.value)
    if role == APPRAISER and draft.reviewer_id is not None:
        _hand_on(work, appraisal, draft, accounts.user_by_id(work, draft.reviewer_id))
        return None
    return _finish(work, appraisal, draft, CONFIRM if role == REVIEWER else SIGN)


def confirm(work: Work, code: str, name: str, sha256: str) -> Report | None:
    """The senior's yes to a report that the demo's signer signs, by the own typed name; None where a second look is wanted.

    ``sha256``: the hash of the draft that the senior has seen. Raises DraftMoved when it is not the one that waits (taken back,
    or made anew since), NameDiffers, AgencySuspended, CertificateWithdrawn, OwnThing, TooClose.
    """
    appraisal = visible_appraisal(work, code)
    work.session.refresh(appraisal, with_for_update=True)
    draft, signer = draft_of(work, appraisal), operator_signer(work)
    if role_in(work, appraisal) != REVIEWER or draft is None:
        raise AppraisalNotFound()
    if draft.sha256 != sha256:
        raise DraftMoved()
    refuse_barred(work, appraisal, REVIEWER)
    _refuse_silenced(work, appraisal)
    if signer is None or draft.content["signature"]["kind"] != "operator":
        raise OwnKeyNeeded()
    if folded(name) != folded(accounts.user_by_id(work, work.actor.id).display_name):
        raise NameDiffers()
    _sign_as_operator(work, draft)
    return _finish(work, appraisal, draft, CONFIRM)


def reopen(work: Work, code: str) -> Appraisal:
    """The appraiser takes the draft back before the last signature; every answer is there, the draft's signature goes with it."""
    appraisal = for_inspector(work, code)
    APPRAISAL_FLOW.apply(work, appraisal, REOPEN)
    return appraisal


def refer_back(work: Work, code: str, reason: str) -> Appraisal:
    """The senior asks the appraiser for another look, in words."""
    appraisal = visible_appraisal(work, code)
    work.session.refresh(appraisal, with_for_update=True)
    if role_in(work, appraisal) != REVIEWER:
        raise AppraisalNotFound()
    reason = reason.strip()
    if not reason:
        raise InvalidInput({"reason": N_("Please say what the appraiser should look at again.")})
    APPRAISAL_FLOW.apply(work, appraisal, REFER_BACK, reason=reason)
    assert appraisal.appraiser_id is not None
    notify(
        work,
        appraisal.appraiser_id,
        text=N_("The senior reviewer has sent a report back to you: %(reason)s"),
        values={"reason": reason},
        link=f"/appraisals/{appraisal.code}",
        key=f"appraisal.referred_back:{appraisal.code}:{appraisal.version}",
        mail=False,
    )
    end_if_left(work, appraisal)
    return appraisal


def role_in(work: Work, appraisal: Appraisal) -> str:
    """Whose signature is waited for, when it is the actor's. Raises DraftMoved for the appraiser while it is not, and for the
    senior of a draft that was taken back; AppraisalNotFound for everybody else."""
    draft, me = draft_of(work, appraisal), work.actor.user_id
    if draft is not None:
        if appraisal.state in FROZEN and draft.appraiser_id == me:
            return APPRAISER
        if appraisal.state in REVIEWED and draft.reviewer_id == me:
            return REVIEWER
    was_taken_back = draft is not None and draft.reviewer_id == me and appraisal.state in WORKED_ON
    if appraisal.appraiser_id == me or was_taken_back:
        raise DraftMoved()
    raise AppraisalNotFound()


def refuse_barred(work: Work, appraisal: Appraisal, role: str) -> None:
    """Raises AgencySuspended, CertificateWithdrawn, and OwnThing, TooClose for whoever has come close to the owner since.

    What has only expired does not stop: what was begun is finished.
    """
    for hindrance in may_sign(work, appraisal.agency_id):
        raise hindrance.refusal(**hindrance.values)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    if not may_sign_as(work, work.actor.id, thing.category, senior=role == REVIEWER):
        raise CertificateWithdrawn()
    refuse_own(work, appraisal, thing)


def _ready(work: Work, code: str, expected_rev: int, event: str) -> tuple[Appraisal, Thing, User]:
    appraisal = for_inspector(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    if appraisal.state not in WORKED_ON:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, event, APPRAISAL_FLOW.allowed(appraisal.state))
    if appraisal.findings_rev != expected_rev:
        raise FindingsMoved()
    refuse_barred(work, appraisal, APPRAISER)
    _refuse_silenced(work, appraisal)
    result = result_of(work, appraisal, thing)
    if result.missing and not is_stopped(get_scheme(work, appraisal.scheme_id), result):
        raise NotComplete(count=len(result.missing))
    if lacks_seal(work, appraisal, result):
        raise SealFirst()
    unread = without_own_instrument(work, appraisal, get_scheme(work, appraisal.scheme_id), result)
    if unread:
        raise InstrumentsMissing(count=len(unread))
    if inspection_evidence(work, appraisal)["photos_waiting"]:
        raise PhotosWaiting()
    _shots_are_there(work, appraisal)
    return appraisal, thing, accounts.user_by_id(work, work.actor.id)


def _refuse_silenced(work: Work, appraisal: Appraisal) -> None:
    """A next version follows only a report that still speaks for its thing. Raises ReportSilenced, ReportContested."""
    if appraisal.state in AFTER_ISSUE:
        hold_thing(work, appraisal.thing_id)  # no other report is signed for it, and nothing is decided about it, meanwhile
        refuse_silenced(work, appraisal)


def _shots_are_there(work: Work, appraisal: Appraisal) -> None:
    """Raises ShotsGone when a section was set to "nothing found" by photos that were taken out, or failed, since."""
    scheme, at_once, taken = (
        get_scheme(work, appraisal.scheme_id),
        set(set_at_once(work, appraisal)),
        shots_taken(work, appraisal),
    )
    relied_on = {item.section for item in scheme.items if item.key in at_once}
    gone = [
        shot.code
        for section, shots in shots_of(scheme).items()
        if section in relied_on
        for shot in shots
        if f"{section}.{shot.code}" not in taken
    ]
    if gone:
        raise ShotsGone(count=len(gone))


def _reviewer(work: Work, appraisal: Appraisal, thing: Thing, wanted: str, *, with_key: bool) -> User | None:
    if thing.category not in TWO_SIGN:
        return None
    accounts.hold_roles(work, appraisal.agency_id)  # nobody is chosen who is sent away in the same moment
    able = reviewers_of(work, appraisal, thing, work.actor.id)
    if with_key:
        holders = keys_that_sign(work, [user.id for user in able])
        able = [user for user in able if user.id in holders]
    if not able:
        raise NoReviewer()
    if not wanted:
        return able[0]
    chosen = next((user for user in able if user.code == wanted), None)
    if chosen is None:
        raise ReviewerUnknown()
    return chosen


def _hand_on(work: Work, appraisal: Appraisal, draft: ReportDraft, senior: User) -> None:
    APPRAISAL_FLOW.apply(work, appraisal, HAND_ON, detail={"draft": draft.code, "sha256": draft.sha256})
    notify(
        work,
        senior.id,
        text=N_("A report waits for your signature as its senior reviewer."),
        values={},
        link=f"/appraisals/{appraisal.code}/draft",
        key=f"appraisal.review:{draft.code}",
        mail=True,
    )


def _own_key(work: Work, kid: str, draft: ReportDraft) -> SigningKey:
    key = key_by_kid(work, kid)
    if key is None or key.holder_id != work.actor.id:
        raise KeyNotYours()
    if key.id not in {each.id for each in keys_that_sign(work, [work.actor.id]).get(work.actor.id, ())}:
        raise KeyRevoked()
    if iso_seconds(key.registered_at) > draft.content["signed_at"]:
        raise KeyNewerThanDraft()
    return key


def _signature_bytes(value: str) -> bytes:
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        raise SignatureWrong() from None
    if len(raw) != 64 or raw.hex() != value:
        raise SignatureWrong()
    return raw


def _sign_as_operator(work: Work, draft: ReportDraft) -> None:
    signer = operator_signer(work)
    assert signer is not None
    _keep(work, draft, OPERATOR, operator_key(work, signer), signer.sign(canonical(draft.content)).hex())


def _keep(work: Work, draft: ReportDraft, role: str, key: SigningKey, value: str) -> None:
    work.session.add(ReportSignature(draft_id=draft.id, role=role, key_id=key.id, value=value, received_at=work.now))
    work.session.flush()


def _finish(work: Work, appraisal: Appraisal, draft: ReportDraft, event: str) -> Report | None:
    """Everybody has signed: the report is issued, or waits for a second look. A correction does not wait."""
    door: SecondLook | None = work.doors.get(SECOND_LOOK)
    if door is not None and appraisal.state not in AFTER_ISSUE and door.wanted(work, appraisal.id, draft.id):
        APPRAISAL_FLOW.apply(work, appraisal, HOLD, detail={"draft": draft.code, "sha256": draft.sha256})
        expect_by(work, appraisal, add_days(work.now, LOOK_DAYS))
        return None
    return issue(work, appraisal, draft, event)


def issue(work: Work, appraisal: Appraisal, draft: ReportDraft, event: str) -> Report:
    """The report of a draft that everybody has signed. The database refuses it while a signature or a second look is missing."""
    thing = work.session.get_one(Thing, appraisal.thing_id)
    hold_thing(work, thing.id)
    report = report_from(work, draft, appraisal, thing)
    APPRAISAL_FLOW.apply(work, appraisal, event, detail={"report": report.code, "sha256": report.sha256})
    appraisal.correction_reason = None
    _keep_photos(work, appraisal)
    credit.record(
        work,
        "appraisal.issued",
        report.appraiser_id,
        {
            "category": thing.category,
            "scheme": report.scheme_id.replace("/", "-"),  # a word of an event has no slash
            "status": report.status,
            "tier": credit.tier_word(report.tier),
            "report_sha256": report.sha256,
            "conduct": list(report.content["result"]["credit_events"]) or None,
        },
        key=f"appraisal.issued:{report.code}",
    )
    announce(work, ReportSigned(report_code=report.code, thing_id=report.thing_id, tier=report.tier, status=report.status))
    message = N_("The appraisal report of your item is signed.")
    if report.content["result"]["facts"].get(NOT_DECLARED) is True:
        message = N_("The appraisal report of your item is signed. It names a repair that your offer does not; please read it.")
    if report.no > 1:
        message = N_("The appraisal report of your item was corrected. The earlier one stays readable.")
    tell_owners(work, appraisal, message, f"issued:{report.no}", f"/reports/{report.code}")
    return report


def _keep_photos(work: Work, appraisal: Appraisal) -> None:
    """From now on others rely on them: everybody sees the photos, except of papers and numbers; none can be deleted any more."""
    scheme = get_scheme(work, appraisal.scheme_id)
    ready = [(row, photo) for row, photo in photos_of_inspection(work, appraisal) if photo.state == "ready"]
    personal = {photo.id for row, photo in ready if section_of(scheme, row.item_key, row.shot) in PERSONAL_SECTIONS}
    media.share(work, personal)
    media.publish(work, {photo.id for _row, photo in ready} - personal)
