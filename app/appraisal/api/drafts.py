"""A report between its signatures: the frozen draft, the senior's yes, sent back, taken back."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.appraisal import errors, queries, refusals, service
from app.appraisal.api.orders import FEE, MOVES, OWN, READ, WRITE, appraisal_answer, face
from app.appraisal.models import Appraisal, ReportDraft
from app.appraisal.schemas import AppraisalOut, Reason, ReportDraftOut, Signature
from app.appraisal.states import REVIEWED
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.web.api import Answer, Call, Tag

_SAME = {"code": "$request.path.code"}
_MARK = 8  # hexadecimal digits of the draft's hash that its tag holds


@face.get(
    "/appraisals/{code}/draft",
    id="getReportDraft",
    summary=N_("The frozen draft of a report that waits for a signature"),
    roles=("appraiser",),
    scope=READ,
    answer=ReportDraftOut,
    tagged=True,
    refusals=(errors.AppraisalNotFound,),
    links={
        "confirm": ("confirmReport", _SAME),
        "refer_back": ("referBackReport", _SAME),
        "reopen": ("reopenReport", _SAME),
    },
)
def draft(call: Call, code: str) -> Answer:
    """For its appraiser and the senior whom it names: everything that the report will say. Its ETag stands for exactly this draft
    and is what `confirmReport` wants."""
    order, found = queries.draft_to_sign(call.work, code)
    shape = ReportDraftOut(
        code=found.code,
        appraisal=order.code,
        state=order.state,
        sha256=found.sha256,
        waits_for="senior" if order.state in REVIEWED else "appraiser",
        appraiser=accounts.user_by_id(call.work, found.appraiser_id).display_name,
        senior=accounts.user_by_id(call.work, found.reviewer_id).display_name if found.reviewer_id else None,
        frozen_at=iso_seconds(found.frozen_at),
        content=found.content,
    )
    return Answer(shape, _tag(order, found))


@face.post(
    "/appraisals/{code}/confirm",
    id="confirmReport",
    summary=N_("Confirm a car's report as the senior"),
    roles=("appraiser",),
    scope=WRITE,
    body=Signature,
    example={"name": "江予安"},
    answer=AppraisalOut,
    tagged=True,
    if_match="needed",
    refusals=(
        *(*MOVES, *OWN, errors.NameDiffers, errors.AgencySuspended),
        *(refusals.OwnKeyNeeded, refusals.DraftMoved, refusals.CertificateWithdrawn),
        *(refusals.ReportConfirming, refusals.ReportContested, refusals.ReportSilenced),
    ),
    links={"report": ("getReport", {"code": "$response.body#/report"})},
)
def confirm(call: Call, code: str) -> Answer:
    """The second signature, by the senior appraiser whom the draft names, over exactly the draft that was seen (If-Match with the
    ETag of `getReportDraft`). The report is issued with it."""
    service.confirm(call.work, code, call.body.name, _seen_draft(call, code).sha256)
    return appraisal_answer(call.work, queries.visible_appraisal(call.work, code))


@face.post(
    "/appraisals/{code}/refer-back",
    id="referBackReport",
    summary=N_("Send a report back to its appraiser as the senior"),
    roles=("appraiser",),
    scope=WRITE,
    body=Reason,
    example={"reason": "左前翼子板的漆膜厚度与照片不符，请再测一次。"},
    answer=AppraisalOut,
    tagged=True,
    if_match="needed",
    refusals=(*MOVES, *FEE, InvalidInput, refusals.DraftMoved),
)
def refer_back(call: Call, code: str) -> Answer:
    """The appraiser is told why and changes answers; the next draft is another one, with another ETag."""
    _seen_draft(call, code)
    return appraisal_answer(call.work, service.refer_back(call.work, code, call.body.reason))


@face.post(
    "/appraisals/{code}/reopen",
    id="reopenReport",
    summary=N_("Take a frozen report back as its appraiser"),
    roles=("appraiser",),
    scope=WRITE,
    answer=AppraisalOut,
    tagged=True,
    refusals=MOVES,
    links={"findings": ("getFindings", _SAME), "save": ("saveFindings", _SAME), "sign": ("signReport", _SAME)},
)
def reopen(call: Call, code: str) -> Answer:
    """Before the last signature. Every answer is there; a signature over the draft goes with it."""
    return appraisal_answer(call.work, service.reopen(call.work, code))


def _seen_draft(call: Call, code: str) -> ReportDraft:
    """The order's newest draft, which the program has seen as it is. Raises AppraisalNotFound, Stale."""
    order = queries.visible_appraisal(call.work, code)
    found = queries.draft_of(call.work, order)
    if found is None:
        raise errors.AppraisalNotFound()
    call.seen.require(order.version, order.findings_rev, found.sha256[:_MARK])  # type: ignore[union-attr]
    return found


def _tag(order: Appraisal, found: ReportDraft) -> Tag:
    return Tag(order.version, order.findings_rev, found.sha256[:_MARK])
