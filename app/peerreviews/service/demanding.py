"""Whether a signed report waits for a second person: asked by appraisal in the moment of the last signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.appraisal import queries as appraisal
from app.goods.models import Thing
from app.kernel.draw import draw
from app.kernel.errors import BadState
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.peerreviews import queries
from app.peerreviews.events import ReviewerWanted
from app.peerreviews.models import DIFFERED, PeerReview
from app.peerreviews.rules import reasons_for
from app.peerreviews.service.comparing import compare
from app.peerreviews.states import LOOKING, REVIEW_FLOW, WAITING
from config import Settings

SHARE = "peer-review"  # purpose of the draw; its subject is the order's code, its result one of 100
HUNDRED = 100


@dataclass(frozen=True)
class Demands:
    """What the settings ask for, with the day's sealed seed to draw from: the door that wiring opens for appraisal."""

    first: int
    percent: int
    above_fen: int
    sealer: Sealer

    @classmethod
    def from_settings(cls, settings: Settings, sealer: Sealer) -> Demands:
        return cls(settings.review_first, settings.review_percent, settings.review_above_fen, sealer)

    def wanted(self, work: Work, appraisal_id: int, draft_id: int) -> bool:
        """Whether this draft waits. A draft of after the appraiser looked again is compared with what the second person found.

        Nothing is asked twice: of one order there is one second look, and one draw.
        """
        review = queries.review_of_order(work, appraisal_id, lock=True)
        if review is not None:
            if review.state != LOOKING:
                raise BadState(REVIEW_FLOW.name, review.state, "sign", REVIEW_FLOW.allowed(review.state))
            return compare(work, review, appraisal.draft_by_id(work, draft_id)).outcome == DIFFERED
        if not (self.first or self.percent or self.above_fen):
            return False
        return self._asked_for(work, appraisal_id, draft_id)

    def _asked_for(self, work: Work, appraisal_id: int, draft_id: int) -> bool:
        draft, order = appraisal.draft_by_id(work, draft_id), appraisal.appraisal_by_id(work, appraisal_id)
        thing = work.session.get_one(Thing, order.thing_id)
        drawn = draw(work, self.sealer, SHARE, order.code, HUNDRED) if self.percent else None
        figures: dict[str, Any] = {
            "issued": queries.issued_by(work, draft.appraiser_id, thing.category),
            "first": self.first,
            "value_fen": queries.value_of(work, thing, draft.content["result"]["tier"]) if self.above_fen else None,
            "above_fen": self.above_fen,
            "drawn": drawn,
            "percent": self.percent,
        }
        reasons = reasons_for(**figures)
        if not reasons:
            return False
        review = PeerReview(
            appraisal_id=order.id,
            draft_id=draft.id,
            agency_id=order.agency_id,
            appraiser_id=draft.appraiser_id,
            category=thing.category,
            reasons=list(reasons),
            basis=figures,
            created_at=work.now,
            answers={},
            state=WAITING,
            version=1,
            entered_at=work.now,
        )
        work.session.add(review)
        work.session.flush()
        REVIEW_FLOW.start(work, review, {"appraisal": order.code, "draft": draft.code, "reasons": list(reasons)})
        announce(work, ReviewerWanted(review.id))
        return True
