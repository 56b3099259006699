"""Who looks a second time, and who decides where two grades differ: drawn, passed on, or named by staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.accounts import queries as accounts
from app.accounts.events import MemberLeft
from app.appraisal import queries as appraisal
from app.appraisal.events import EndedWithoutReport
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.draw import draw
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.peerreviews import queries
from app.peerreviews.errors import NobodyLeft, NotEligible, NotEntitled, ReviewNotFound
from app.peerreviews.events import ReviewerWanted
from app.peerreviews.models import NOBODY, REVIEWER, SENIOR, Asking, PeerReview
from app.peerreviews.queries import Eligible
from app.peerreviews.states import END, NAME, OPEN, PASS, REVIEW_FLOW, TIMEOUT, WAITING, WITH_SOMEBODY, WITHOUT

PURPOSES = {REVIEWER: "peer-reviewer", SENIOR: "peer-review-senior"}  # of the draws; the subject is "<review>:<no>"
DAYS = 3  # to act; then the next one is drawn. Our own choice
AGAIN_HOURS = 24  # after which it is drawn again where nobody was there


def ask_next(work: Work, sealer: Sealer, review_id: int) -> None:
    """Draw the next person for a review that has nobody (job). Nothing when somebody is named.

    Where nobody is left staff are told, and it is drawn again a day later: people and certificates come and go.
    """
    review = queries.locked(work, review_id)
    if review.state not in WITHOUT or _has_ended(work, review):
        return
    role = role_wanted(review)
    pool = queries.eligible(work, review, role)
    if not pool:
        _show_staff(work, review)
        return
    no = len(queries.askings_of(work, review.id)) + 1
    codes = [one.user.code for one in pool]
    chosen = pool[draw(work, sealer, PURPOSES[role], f"{review.code}:{no}", len(pool), codes)]
    _ask(work, review, role, chosen, "draw", pool)


def name_by_staff(work: Work, code: str, person_code: str) -> PeerReview:
    """A member of staff names the person; one who was asked before may be asked again. Raises NotEligible."""
    review = _for_staff(work, code)
    role = role_wanted(review)
    pool = queries.eligible(work, review, role, again=True)
    chosen = next((one for one in pool if one.user.code == person_code), None)
    if chosen is None:
        raise NotEligible()
    _ask(work, review, role, chosen, "staff", pool)
    return review


def draw_again(work: Work, sealer: Sealer, code: str) -> PeerReview:
    """A member of staff has it drawn again, now. Raises NobodyLeft when there is still nobody."""
    review = _for_staff(work, code)
    ask_next(work, sealer, review.id)
    if review.state in WITHOUT:
        raise NobodyLeft()
    return review


def pass_on(work: Work, code: str, reason: str) -> PeerReview:
    """Who was asked cannot do it: the next person is drawn. Raises ReviewNotFound for everybody else."""
    review = queries.own_review(work, code, lock=True)
    reason = reason.strip()
    if not 4 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please say why, in a few words.")})
    _back(work, review, PASS, "passed", reason)
    return review


def on_timeout(work: Work, review_id: int) -> None:
    """Who was asked did not act in time: the next person is drawn, and the order waits on."""
    review = queries.locked(work, review_id)
    if review.state not in WITH_SOMEBODY or review.due_at is None or work.now < review.due_at or _has_ended(work, review):
        return
    assert review.person_id is not None
    notify(
        work,
        review.person_id,
        text=N_("You did not act on a second look in time, so it went to the next person."),
        values={},
        link="/peer-reviews",
        key=f"peer_review.timed_out:{review.code}:{review.version}",
        mail=False,
    )
    _back(work, review, TIMEOUT, "timed_out", None)


def on_wait(work: Work, review_id: int) -> None:
    """A day without anybody: it is drawn again."""
    review = queries.locked(work, review_id)
    if review.state in WITHOUT and not _has_ended(work, review):
        announce(work, ReviewerWanted(review.id))


def on_order_ended(work: Work, event: EndedWithoutReport) -> None:
    """The order has ended without a report: the look at it is closed at once. Again does nothing."""
    review = queries.review_of_order(work, event.appraisal_id)
    if review is not None:
        _has_ended(work, queries.locked(work, review.id))


def role_wanted(review: PeerReview) -> str:
    return REVIEWER if review.state == WAITING else SENIOR


def refuse_barred(work: Work, review: PeerReview) -> None:
    """Raises NotEntitled for who was drawn and may not answer any more."""
    asking = queries.open_asking(work, review.id)
    assert asking is not None  # somebody is named
    if not queries.is_entitled(work, review, asking):
        raise NotEntitled()


def on_member_left(work: Work, event: MemberLeft) -> None:
    """Who was asked no longer works for the agency for which they were: the next one is drawn at once. Again does nothing."""
    membership = accounts.membership_by_id(work, event.membership_id)
    still_there = accounts.members(work, membership.organisation_id, "appraiser")
    if membership.role != "appraiser" or membership.user_id in {one.id for one in still_there}:
        return
    for waiting in queries.waiting_for(work, membership.user_id):
        review = queries.locked(work, waiting.id)
        asking = queries.open_asking(work, review.id)
        is_theirs = asking is not None and asking.person_id == membership.user_id
        if is_theirs and asking.agency_id == membership.organisation_id and not _has_ended(work, review):  # type: ignore[union-attr]
            _back(work, review, PASS, "passed", None)


def close_asking(work: Work, review: PeerReview, answer: str, reason: str | None = None) -> None:
    """Note what became of the one who was asked. The deadline goes first: see appraisal.service.assigning.answer."""
    clear_deadlines(work, "peer_review", review.id, "act")
    waiting = queries.open_asking(work, review.id)
    if waiting is not None:
        waiting.answer, waiting.answered_at, waiting.reason = answer, work.now, reason
    work.session.flush()


def free_person(work: Work, review: PeerReview) -> None:
    """Nobody is to act any more. After the step: while the state names somebody, the database asks who."""
    review.person_id, review.due_at = None, None
    work.session.flush()


def _ask(work: Work, review: PeerReview, role: str, chosen: Eligible, by: str, pool: Sequence[Eligible]) -> None:
    no = len(queries.askings_of(work, review.id)) + 1
    considered = [one.user.code for one in pool]
    work.session.add(
        Asking(
            review_id=review.id,
            no=no,
            role=role,
            person_id=chosen.user.id,
            agency_id=chosen.agency_id,
            by=by,
            considered=considered,
            asked_at=work.now,
        )
    )
    review.person_id, review.due_at, review.staff_reason = chosen.user.id, work.now + timedelta(days=DAYS), None
    clear_deadlines(work, "peer_review", review.id, "wait")
    REVIEW_FLOW.apply(work, review, NAME, detail={"person": chosen.user.code, "role": role, "by": by, "no": no})
    set_deadline(work, "peer_review", review.id, "act", review.due_at, review.version)
    text = (
        N_("Please look at an item a second time, without knowing the first grade, within %(days)s days.")
        if role == REVIEWER
        else N_("Two grades of the same item differ. Please decide as a senior appraiser within %(days)s days.")
    )
    notify(
        work,
        chosen.user.id,
        text=text,
        values={"days": DAYS},
        link=f"/peer-reviews/{review.code}",
        key=f"peer_review.asked:{review.code}:{no}",
        mail=True,
    )


def _back(work: Work, review: PeerReview, event: str, answer: str, reason: str | None) -> None:
    close_asking(work, review, answer, reason)
    if event in (PASS, TIMEOUT) and review.state == "asked":
        review.answers, review.answers_rev = {}, review.answers_rev + 1  # the next person begins with an empty form
        work.session.flush()
    REVIEW_FLOW.apply(work, review, event, reason=reason)
    free_person(work, review)
    announce(work, ReviewerWanted(review.id))


def _has_ended(work: Work, review: PeerReview) -> bool:
    """Close a review whose order ended without a report (the item was sold): nobody needs to look any more."""
    if review.state not in OPEN or queries.is_waited_for(work, review):
        return False
    close_asking(work, review, "ended")
    clear_deadlines(work, "peer_review", review.id, "wait")
    REVIEW_FLOW.apply(work, review, END)
    review.staff_reason = None
    free_person(work, review)
    return True


def _show_staff(work: Work, review: PeerReview) -> None:
    review.staff_reason = NOBODY
    set_deadline(work, "peer_review", review.id, "wait", work.now + timedelta(hours=AGAIN_HOURS), review.version)
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("A signed report waits for a second look and nobody can be asked. Please look at it."),
            values={},
            link="/operator/peer-reviews",
            key=f"peer_review.nobody:{review.code}:{review.version}",
            mail=False,
        )


def _for_staff(work: Work, code: str) -> PeerReview:
    """A review without anybody, locked, for a member of staff. Raises NotAllowed, ReviewNotFound,
    PartyCannotDecide.
    """
    if not work.actor.has("operator"):
        raise NotAllowed()
    review = queries.find_review(work, code, lock=True)
    if review is None or review.state not in WITHOUT or _has_ended(work, review):
        raise ReviewNotFound()
    appraisal.refuse_party(work, appraisal.appraisal_by_id(work, review.appraisal_id))
    return review
