"""Reads of peer reviews, for pages and verbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.accounts.models import User
from app.appraisal import queries as appraisal
from app.appraisal.models import Agreement, Appraisal, Report
from app.goods.models import Thing
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.listings.models import Listing
from app.peerreviews.errors import ReviewNotFound
from app.peerreviews.models import SENIOR, Asking, PeerReview, ReviewDecision, ReviewResult
from app.peerreviews.states import ASKED, DECIDING, LOOKING, WITH_SOMEBODY, WITHOUT
from app.valuation import queries as valuation

HELD = "second_look"  # state of an order whose signed report waits
BACK = ("inspecting", "report_draft", "peer_review")  # states of one whose appraiser looks again


@dataclass(frozen=True)
class Eligible:
    """Somebody who can be asked, and the agency for which they work."""

    user: User
    agency_id: int


def find_review(work: Work, code: str, *, lock: bool = False) -> PeerReview | None:
    wanted = select(PeerReview).where(PeerReview.code == code)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(wanted).first() if is_code(code) else None


def locked(work: Work, review_id: int) -> PeerReview:
    """The review as it stands now, for whoever is about to move it."""
    wanted = select(PeerReview).where(PeerReview.id == review_id).with_for_update()
    return work.session.scalars(wanted.execution_options(populate_existing=True)).one()


def review_of_order(work: Work, appraisal_id: int, *, lock: bool = False) -> PeerReview | None:
    """The second look that the order's first report waits for, or waited for."""
    wanted = select(PeerReview).where(PeerReview.appraisal_id == appraisal_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(wanted).first()


def own_review(work: Work, code: str, *, lock: bool = False) -> PeerReview:
    """The review that waits for the actor. Raises ReviewNotFound for everybody else's, and for one that moved on."""
    found = find_review(work, code, lock=lock)
    if found is None or found.person_id is None or found.person_id != work.actor.user_id:
        raise ReviewNotFound()
    return found


def is_entitled(work: Work, review: PeerReview, asking: Asking) -> bool:
    """Whether who was asked may still look or decide: not suspended with the agency for which they were asked, with a certificate
    that was not withdrawn (one that has expired finishes what was begun), and not too close to the item's owners."""
    order = appraisal.appraisal_by_id(work, review.appraisal_id)
    thing = work.session.get_one(Thing, order.thing_id)
    return (
        not appraisal.may_sign(work, asking.agency_id)
        and appraisal.may_sign_as(work, asking.person_id, review.category, senior=asking.role == SENIOR)
        and not appraisal.conflicts(work, order, thing, asking.person_id)
    )


def readable_review(work: Work, code: str) -> PeerReview:
    """A review for whoever may read how it came out: its appraiser, who looked or decided, their managers, staff.

    Who is asked to look is sent to the form (``own_review``) and reads nothing here before handing in. Raises ReviewNotFound.
    """
    found = find_review(work, code)
    if found is None or not _may_read(work, found):
        raise ReviewNotFound()
    return found


def results_of(work: Work, review_id: int) -> list[ReviewResult]:
    """The comparisons, the blind one first."""
    return list(work.session.scalars(select(ReviewResult).where(ReviewResult.review_id == review_id).order_by(ReviewResult.no)))


def last_results(work: Work, review_ids: Sequence[int]) -> dict[int, ReviewResult]:
    """Id of a review -> its newest comparison, for those that have one. One query."""
    rows = select(ReviewResult).where(ReviewResult.review_id.in_(review_ids)).order_by(ReviewResult.no)
    return {row.review_id: row for row in work.session.scalars(rows)}


def decisions_of(work: Work, review_id: int) -> dict[int, ReviewDecision]:
    """Id of a result -> what a senior decided about it."""
    rows = select(ReviewDecision).join(ReviewResult, ReviewResult.id == ReviewDecision.result_id)
    return {row.result_id: row for row in work.session.scalars(rows.where(ReviewResult.review_id == review_id))}


def askings_of(work: Work, review_id: int) -> list[Asking]:
    """Who was asked, in order."""
    return list(work.session.scalars(select(Asking).where(Asking.review_id == review_id).order_by(Asking.no)))


def open_asking(work: Work, review_id: int) -> Asking | None:
    rows = select(Asking).where(Asking.review_id == review_id, Asking.answer.is_(None)).order_by(Asking.no.desc())
    return work.session.scalars(rows.limit(1)).first()


def is_waited_for(work: Work, review: PeerReview) -> bool:
    """Whether the order still goes towards a report: it waits for the second look, or its appraiser looks again."""
    state = work.session.scalar(select(Appraisal.state).where(Appraisal.id == review.appraisal_id))
    return state == HELD or (review.state == LOOKING and state in BACK)


def is_counted(work: Work, report_id: int, source: str) -> bool:
    found = select(Agreement.id).where(Agreement.report_id == report_id, Agreement.source == source)
    return work.session.scalars(found).first() is not None


def issued_by(work: Work, appraiser_id: int, category: str) -> int:
    """How many first reports the person has issued in the category, for whatever agency."""
    rows = select(func.count()).select_from(Report).join(Thing, Thing.id == Report.thing_id)
    return work.session.scalar(rows.where(Report.appraiser_id == appraiser_id, Report.no == 1, Thing.category == category)) or 0


def value_of(work: Work, thing: Thing, tier: str | None) -> int | None:
    """What the thing is worth, fen: the larger of the newest asking price and the estimate for the grade. None: nothing known."""
    asking = select(Listing.price_fen).where(Listing.thing_id == thing.id, Listing.price_fen.is_not(None))
    price_fen = work.session.scalars(asking.order_by(Listing.id.desc()).limit(1)).first()
    told = thing.attributes
    estimate = valuation.estimate(
        work,
        thing.category,
        thing.brand,
        thing.model,
        thing.storage_gb,
        tier,
        kind=told.get("type"),
        first_used=told.get("registered"),
        mileage_km=int(told["mileage"]) if str(told.get("mileage", "")).isdigit() else None,
    )
    return max([each for each in (price_fen, estimate.median_fen) if each is not None], default=None)


# Who can be asked


def eligible(work: Work, review: PeerReview, role: str, *, again: bool = False) -> list[Eligible]:
    """Who may be asked, by public code: people of the agency itself, and only where there is none of other licensed agencies.

    Never the appraiser, nor the senior who signed too (both know the grade), nor, to decide, who looked; nobody who is close to
    the item's owners. Seniors look only where nobody else can: they are kept for deciding. Who passed it on or did not
    act is left out unless ``again`` (staff).
    """
    order = appraisal.appraisal_by_id(work, review.appraisal_id)
    thing = work.session.get_one(Thing, order.thing_id)
    draft = appraisal.draft_by_id(work, review.draft_id)
    barred = {review.appraiser_id, draft.appraiser_id, draft.reviewer_id}
    barred |= {result.reviewer_id for result in results_of(work, review.id)}
    if not again:
        gone = ("passed", "timed_out")
        barred |= {one.person_id for one in askings_of(work, review.id) if one.role == role and one.answer in gone}

    def of(agency_id: int) -> list[Eligible]:
        people = [one for one in appraisal.appraisers_for(work, agency_id, review.category) if one.id not in barred]
        people = [one for one in people if not appraisal.conflicts(work, order, thing, one.id)]
        seniors = [one for one in people if appraisal.is_senior(work, one.id, review.category)]
        others = [one for one in people if one not in seniors]
        return [Eligible(one, agency_id) for one in (seniors if role == SENIOR else people if again else others or seniors)]

    own = of(review.agency_id) if not appraisal.may_sign(work, review.agency_id) else []
    found = own or [
        one for agency in appraisal.agencies_for(work, review.category) if agency.id != review.agency_id for one in of(agency.id)
    ]
    by_code = {one.user.code: one for one in found}  # one person of two agencies is one candidate
    return [by_code[code] for code in sorted(by_code)]


# Lists


def waiting_for(work: Work, user_id: int) -> list[PeerReview]:
    """What waits for the person: second looks and decisions, the soonest first."""
    own = select(PeerReview).where(PeerReview.person_id == user_id, PeerReview.state.in_(WITH_SOMEBODY))
    return list(work.session.scalars(own.order_by(PeerReview.due_at)))


def done_by(work: Work, user_id: int, limit: int = 50) -> list[PeerReview]:
    """Reviews that the person took part in and that have a result: as appraiser, second person or senior; newest first."""
    took_part = select(ReviewResult.review_id).where(
        or_(ReviewResult.appraiser_id == user_id, ReviewResult.reviewer_id == user_id)
    )
    decided = (
        select(ReviewResult.review_id)
        .join(ReviewDecision, ReviewDecision.result_id == ReviewResult.id)
        .where(ReviewDecision.by_id == user_id)
    )
    rows = select(PeerReview).where(or_(PeerReview.id.in_(took_part), PeerReview.id.in_(decided)))
    rows = rows.where(or_(PeerReview.person_id.is_(None), PeerReview.person_id != user_id))
    return list(work.session.scalars(rows.order_by(PeerReview.id.desc()).limit(limit)))


def without_anybody(work: Work, limit: int = 100) -> list[PeerReview]:
    """Reviews for which nobody is named, the one that waits longest first."""
    rows = select(PeerReview).where(PeerReview.state.in_(WITHOUT)).order_by(PeerReview.entered_at).limit(limit)
    return list(work.session.scalars(rows))


def things_of(work: Work, reviews: Sequence[PeerReview]) -> dict[int, Thing]:
    """Id of a review -> its thing. Two queries."""
    orders = appraisal.appraisals_by_id(work, [one.appraisal_id for one in reviews])
    ids = {order.thing_id for order in orders.values()}
    things = {one.id: one for one in work.session.scalars(select(Thing).where(Thing.id.in_(ids)))} if ids else {}
    return {one.id: things[orders[one.appraisal_id].thing_id] for one in reviews}


def _may_read(work: Work, review: PeerReview) -> bool:
    me = work.actor.user_id
    if me is None or (review.state == ASKED and review.person_id == me):
        return False
    if work.actor.has("operator") or me == review.appraiser_id or (review.state == DECIDING and review.person_id == me):
        return True
    took_part = any(me == row.reviewer_id for row in results_of(work, review.id))
    decided = any(me == row.by_id for row in decisions_of(work, review.id).values())
    manages = work.actor.organisation_id("manager") == review.agency_id and review.state not in (*WITH_SOMEBODY, *WITHOUT)
    return took_part or decided or manages
