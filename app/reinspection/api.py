"""Contested grades for programs: doubt a grade, follow it, take it back."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from app.appraisal import errors as appraisals
from app.kernel.errors import BadState, Conflict
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.media import errors as media
from app.payments import errors as payments
from app.reinspection import errors, queries, service
from app.reinspection.models import Reinspection
from app.reinspection.schemas import ContestIn, ContestOut, Contests, LiabilityOut
from app.visits.errors import VisitBegun, VisitSettled, VisitUndecided
from app.web import hub
from app.web.api import Answer, Call, Face, Tag, cut, read_cursor
from app.web.api.shapes import PageQuery

face = Face("contests")

READ, WRITE = "appraisals:read", "appraisals:write"
# The same verbs take photos from their page, and end an order as its room does.
_PHOTOS = (media.PhotoEmpty, media.PhotoFormatUnknown, media.PhotoIsHeic, media.PhotoTooLarge, media.TooManyPhotosToday)
_FEE = (
    appraisals.FeeAlreadyPaid,
    payments.PaymentDisputed,
    payments.PaymentFrozen,
    payments.PaymentNotSettled,
    payments.MoreThanHeld,
    payments.LedgerRefused,
    payments.KeyReused,
    payments.SplitDoesNotSum,
)
_SAME = {"code": "$request.path.code"}
_HERE = {"code": "$response.body#/code"}
_PAY = {"code": "$response.body#/payment"}


@face.post(
    "/reports/{code}/contest",
    id="createContest",
    summary=N_("Doubt the grade of a report"),
    scope=WRITE,
    body=ContestIn,
    example={"reason": "报告写屏幕无划痕，收到时屏幕左下角有一道三厘米的划痕。"},
    answer=ContestOut,
    status=201,
    tagged=True,
    refusals=(
        appraisals.ReportNotFound,
        appraisals.BlindToReport,
        errors.NotConcerned,
        errors.ReportNotInForce,
        errors.ContestTooLate,
        errors.ContestOpen,
        errors.ContestedBefore,
        errors.AppraisalUnderWay,
        *_PHOTOS,
    ),
    links={"contest": ("getContest", _HERE), "pay": ("payPayment", _PAY), "withdraw": ("withdrawContest", _HERE)},
)
def create(call: Call, code: str) -> Answer:
    """By the owner of the item, or somebody who is buying it. It begins when the deposit is paid: then another agency, drawn by
    lot, looks without knowing the first result."""
    row = service.contest(call.work, hub().store, hub().sealer, code, call.body.reason)
    return Answer(_shape(call.work, row), Tag(row.version), url_for("api.getContest", code=row.code))


@face.get(
    "/contests",
    id="listContests",
    summary=N_("Your contests and second looks"),
    scope=READ,
    query=PageQuery,
    answer=Contests,
)
def listed(call: Call) -> Answer:
    """Those that you asked for, and those that you show the item for; newest first."""
    rows = queries.contests_of(
        call.work, call.work.actor.id, read_cursor("listContests", call.query.cursor), call.query.limit + 1
    )
    shown, further = cut(rows, call.query.limit, "listContests", lambda row: row.id)
    return Answer(Contests(items=[_shape(call.work, row) for row in shown], next_cursor=further))


@face.get(
    "/contests/{code}",
    id="getContest",
    summary=N_("How a contest stands, and what came of it"),
    scope=READ,
    answer=ContestOut,
    tagged=True,
    refusals=(errors.ReinspectionNotFound,),
    links={
        "pay": ("payPayment", _PAY),
        "show": ("getHandOver", {"code": "$response.body#/appraisal"}),
        "second_report": ("getReport", {"code": "$response.body#/second_report"}),
    },
)
def show(call: Call, code: str) -> Answer:
    """For who asked and who shows the item; never for the agencies."""
    row = queries.own_reinspection(call.work, code)
    return Answer(_shape(call.work, row), Tag(row.version))


@face.post(
    "/contests/{code}/withdraw",
    id="withdrawContest",
    summary=N_("Take a contest back"),
    scope=WRITE,
    answer=ContestOut,
    tagged=True,
    refusals=(
        errors.ReinspectionNotFound,
        errors.NotConcerned,
        errors.InspectionBegun,
        errors.DepositJustPaid,
        appraisals.ParcelUnderWay,
        appraisals.MeetingOver,
        VisitUndecided,
        VisitBegun,
        VisitSettled,
        BadState,
        Conflict,
        *_FEE,
    ),
    links={"contest": ("getContest", _SAME)},
)
def withdraw(call: Call, code: str) -> Answer:
    """Before the second inspection has begun; the deposit goes back whole. Whoever shows an item that was drawn declines so."""
    row = service.withdraw(call.work, code)
    return Answer(_shape(call.work, row), Tag(row.version))


def _shape(work: Work, row: Reinspection) -> ContestOut:
    order, look, found = queries.order_of(work, row), queries.look_of(work, row), queries.liability_of(work, row)
    asked = row.by_id == work.actor.user_id
    shows = order is not None and order.owner_id == work.actor.user_id
    decided = queries.is_decided(row)
    return ContestOut(
        code=row.code,
        kind=row.kind,
        state=row.state,
        version=row.version,
        report=queries.report_of(work, row).code,
        deposit_fen=row.deposit_fen if asked else None,
        payment=row.payment_code if asked else None,
        pay_due_at=iso_seconds(row.pay_due_at) if asked and row.pay_due_at else None,
        show_due_at=iso_seconds(row.show_due_at) if row.show_due_at else None,
        appraisal=order.code if order is not None and shows else None,
        second_report=queries.second_report_code(work, look) if look is not None and decided else None,
        outcome=row.state if decided else None,
        steps=row.steps if decided else None,
        is_liable=row.is_liable if decided else None,
        liability=LiabilityOut(fee_fen=found.fee_fen, compensation_fen=found.compensation_fen) if found and asked else None,
        refund_fen=row.refund_fen if asked else None,
        reason=row.reason if asked else None,
        end_reason=_(row.end_reason) if row.end_reason else None,
    )
