"""Reads of drafts and signatures, and of who may sign."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.errors import AppraisalNotFound
from app.appraisal.models import Appraisal, Report, ReportDraft, ReportSignature, SigningKey
from app.appraisal.queries.assigning import conflicts
from app.appraisal.queries.orders import visible_appraisal
from app.appraisal.queries.register import is_senior
from app.appraisal.states import FROZEN, REVIEWED
from app.goods.models import Thing
from app.kernel.canonical import canonical
from app.kernel.work import Work
from grading.report import join


def draft_of(work: Work, appraisal: Appraisal) -> ReportDraft | None:
    """The newest draft of the order: the one that is signed while the order's state says so."""
    own = select(ReportDraft).where(ReportDraft.appraisal_id == appraisal.id).order_by(ReportDraft.id.desc()).limit(1)
    return work.session.scalars(own).first()


def draft_to_sign(work: Work, code: str) -> tuple[Appraisal, ReportDraft]:
    """An order and its draft that waits for a signature, for the two who sign it. Raises AppraisalNotFound for everybody else."""
    order = visible_appraisal(work, code)
    found, me = draft_of(work, order), work.actor.user_id
    if found is None or me not in (found.appraiser_id, found.reviewer_id) or order.state not in (*FROZEN, *REVIEWED):
        raise AppraisalNotFound()
    return order, found


def signatures_of(work: Work, draft_id: int) -> list[tuple[ReportSignature, SigningKey]]:
    """The signatures over a draft in the order in which they came, each with its key."""
    rows = select(ReportSignature, SigningKey).join(SigningKey, SigningKey.id == ReportSignature.key_id)
    found = work.session.execute(rows.where(ReportSignature.draft_id == draft_id).order_by(ReportSignature.id))
    return [(signature, key) for signature, key in found]


def report_file(work: Work, report: Report) -> bytes:
    """The report as everybody can download and verify it; of one signed by typed name only, its canonical content."""
    if report.draft_id is None:
        return canonical(report.content)
    signed = signatures_of(work, report.draft_id)
    return join(report.content, [(signature.role, key.kid, signature.value) for signature, key in signed])


def reviewers_for(work: Work, agency_id: int, category: str, but_not: int) -> list[User]:
    """The agency's seniors for the category, without this person: one of them signs a car's report too."""
    people = accounts.members(work, agency_id, "appraiser")
    return [user for user in people if user.id != but_not and is_senior(work, user.id, category)]


def reviewers_of(work: Work, appraisal: Appraisal, thing: Thing, but_not: int) -> list[User]:
    """Of those seniors whoever is not too close to the thing's owners, for this order."""
    able = reviewers_for(work, appraisal.agency_id, thing.category, but_not)
    return [user for user in able if not conflicts(work, appraisal, thing, user.id)]


def waiting_for(work: Work, user_id: int) -> list[tuple[Appraisal, ReportDraft]]:
    """The orders whose newest draft waits for this senior's signature, the longest first. One query."""
    return naming(work, user_id, REVIEWED)


def naming(work: Work, user_id: int, states: Collection[str]) -> list[tuple[Appraisal, ReportDraft]]:
    """The orders in these states whose newest draft names this senior, the longest first. One query."""
    newest = (
        select(func.max(ReportDraft.id)).where(ReportDraft.appraisal_id == Appraisal.id).correlate(Appraisal).scalar_subquery()
    )
    rows = (
        select(Appraisal, ReportDraft)
        .join(ReportDraft, ReportDraft.id == newest)
        .where(Appraisal.state.in_(states), ReportDraft.reviewer_id == user_id)
        .order_by(ReportDraft.id)
    )
    return [(appraisal, draft) for appraisal, draft in work.session.execute(rows)]


def photos_of(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The photos that a report names, [] for one of an older format."""
    found: list[Mapping[str, Any]] = content.get("evidence", {}).get("photos", [])
    return found
