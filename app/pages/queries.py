"""What the pages of no single room show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.aftersales import queries as aftersales
from app.appraisal.models import Appraisal, Fee
from app.kernel.deadlines import MAX_ATTEMPTS, Deadline, gave_up
from app.kernel.ids import is_code
from app.kernel.outbox import Delivery, OutboxRow, dead_deliveries
from app.kernel.work import Work
from app.listings.models import Listing
from app.notices import queries as notices
from app.payments import queries as payments
from app.peerreviews.models import PeerReview
from app.reinspection.models import Reinspection
from app.trades.models import Negotiation, Order, TradeCase
from app.trades.queries.offers import awaits


@dataclass(frozen=True)
class Shell:
    """The frame of every page: who reads, how many unread notices."""

    unread: int
    display_name: str | None


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for the reader: what, how many, where."""

    kind: str
    count: int


SIGNED_OUT = Shell(0, None)
_HAS_FEE = select(Fee.id).where(Fee.appraisal_id == Appraisal.id).exists()


def shell(work: Work) -> Shell:
    """The reader's name and unread notices: two queries."""
    if work.actor.user_id is None:
        return SIGNED_OUT
    user = accounts.user_by_id(work, work.actor.user_id)
    return Shell(notices.unread_count(work), user.display_name)


def waiting(work: Work) -> list[Waiting]:
    """What waits for the reader, the most urgent kinds first; kinds with nothing are left out."""
    me, actor = work.actor.id, work.actor
    counts = [
        ("to_pay", _count(work, Order, Order.buyer_id == me, Order.state == "awaiting_payment")),
        ("to_ship", _count(work, Order, Order.seller_id == me, Order.state == "paid")),
        ("to_receive", _count(work, Order, Order.buyer_id == me, Order.state == "fulfilling")),
        ("to_accept", _count(work, Order, Order.buyer_id == me, Order.state == "acceptance")),
        ("claims_to_answer", aftersales.waiting_for(work, me)),
        ("disputes_to_decide", aftersales.disputes_to_decide(work, me)),
        ("to_answer", _count(work, Negotiation, awaits(me))),
        ("fee_to_pay", _count(work, Appraisal, Appraisal.owner_id == me, Appraisal.state == "quoted")),
        ("item_to_bring", _count(work, Appraisal, Appraisal.owner_id == me, Appraisal.state == "accepted", _HAS_FEE)),
        ("deposit_to_pay", _count(work, Reinspection, Reinspection.by_id == me, Reinspection.state == "awaiting_deposit")),
        ("drafts", _count(work, Listing, Listing.seller_id == me, Listing.state == "draft")),
    ]
    if agency := actor.organisation_id("appraiser"):
        open_states = ("requested", "assigned", "accepted", "scheduled", "awaiting_item", "item_received", "inspecting")
        counts.append(("to_appraise", _count(work, Appraisal, Appraisal.agency_id == agency, Appraisal.state.in_(open_states))))
    if actor.has("appraiser"):
        counts.append(("to_look_again", _count(work, PeerReview, PeerReview.person_id == me)))
    if actor.has("operator"):
        counts.append(("to_find_reviewer", _count(work, PeerReview, PeerReview.staff_reason.is_not(None))))
        counts.append(("to_review", _count(work, Listing, Listing.state == "in_review")))
        counts.append(("to_assign", _count(work, Fee, Fee.staff_reason.is_not(None))))
        counts.append(("to_reinspect", _count(work, Reinspection, Reinspection.staff_reason.is_not(None))))
        counts.append(("unpaid_agencies", len(payments.unpaid_agencies(work))))
        counts.append(("cases", _count(work, TradeCase, TradeCase.state == "open")))
        counts.append(("disputes_for_staff", aftersales.disputes_that_wait_for_staff(work)))
        late = _count(work, Deadline, Deadline.fired_at.is_(None), Deadline.attempts >= MAX_ATTEMPTS)
        counts.append(("dead_jobs", _count(work, Delivery, Delivery.state == "dead") + late))
    return [Waiting(kind, count) for kind, count in counts if count]


@dataclass(frozen=True)
class Job:
    """One delivery or deadline that gave up, for staff."""

    delivery: Delivery
    news: OutboxRow

    @property
    def about(self) -> str:
        """Which rows the news speaks of, by their numbers and codes; nothing that somebody typed."""
        told = [(name, value) for name, value in self.news.payload.items() if is_code(str(value)) or name.endswith("_id")]
        return " ".join(f"{name}={value}" for name, value in told if value is not None)


def stuck_jobs(work: Work) -> tuple[list[Job], list[Deadline]]:
    """Deliveries and deadlines that gave up, newest first."""
    return [Job(*row) for row in dead_deliveries(work)], gave_up(work)


def _count(work: Work, model: type, *conditions: object) -> int:
    return work.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]
