"""The blind form: answers are kept as they come, and handed in once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update

from app.appraisal import queries as appraisal
from app.appraisal import service as appraisals
from app.appraisal.queries import BlindSheet
from app.kernel.errors import BadState, InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.peerreviews import queries
from app.peerreviews.errors import NotJudgedEnough, ReviewMoved
from app.peerreviews.models import AGREES, PeerReview, ReviewResult
from app.peerreviews.rules import least_judged
from app.peerreviews.service.asking import close_asking, free_person, refuse_barred
from app.peerreviews.service.comparing import compare
from app.peerreviews.states import AGREE, ASKED, REVIEW_FLOW

OPEN_ITEM = N_("Please answer, or choose “cannot tell from here”.")


@dataclass(frozen=True)
class Kept:
    """What one save came to. ``refused``: key -> the reason in both languages; all others are kept."""

    rev: int
    refused: Mapping[str, Mapping[str, str]]


def save(work: Work, code: str, answers: Mapping[str, str], expected_rev: int) -> Kept:
    """Keep the second person's answers; an empty one takes an answer back. Keys that are not asked are left out.

    Raises ReviewNotFound, BadState once it was handed in, ReviewMoved when ``expected_rev`` is not the present count.
    """
    return _keep(work, _asked(work, code), answers, expected_rev)[0]


def hand_in(work: Work, code: str, answers: Mapping[str, str], expected_rev: int) -> ReviewResult:
    """Keep the answers, compare both grades, freeze them. The same grade: the report is issued. Another: a senior decides.

    Raises InvalidInput by item ("item-KEY") while one is open or refused, NotJudgedEnough, NotEntitled, and what ``save`` raises.
    """
    review = queries.own_review(work, code)
    appraisals.held(work, review.appraisal_id)  # the order is locked first, as by everybody who moves both
    review = _asked(work, code)
    refuse_barred(work, review)
    kept, sheet = _keep(work, review, answers, expected_rev)
    if kept.refused:
        raise InvalidInput({f"item-{key}": words["en"] for key, words in kept.refused.items()}, refused=kept.refused)
    open_keys = [key for key in must_answer(sheet) if not review.answers.get(key)]
    if open_keys:
        raise InvalidInput({f"item-{key}": OPEN_ITEM for key in open_keys})
    judged = sum(1 for key in sheet.asked if review.answers.get(key) not in (None, "", appraisal.NOT_JUDGED))
    if judged < least_judged(len(sheet.asked)):
        raise NotJudgedEnough(least=least_judged(len(sheet.asked)), judged=judged)
    close_asking(work, review, "handed_in")
    result = compare(work, review, appraisal.draft_by_id(work, review.draft_id))
    free_person(work, review)
    if result.outcome == AGREES:
        appraisals.let_through(work, review.appraisal_id)
    return result


def must_answer(sheet: BlindSheet) -> list[str]:
    """Keys that need an answer before the form is handed in: required items, and of groups each one."""
    items = [ask.item for part in sheet.parts for ask in part.asks]
    return [item.key for item in items if item.required or item.required_any]


def _asked(work: Work, code: str) -> PeerReview:
    review = queries.own_review(work, code, lock=True)
    if review.state != ASKED:
        raise BadState(REVIEW_FLOW.name, review.state, AGREE, REVIEW_FLOW.allowed(review.state))
    return review


def _keep(work: Work, review: PeerReview, answers: Mapping[str, str], expected_rev: int) -> tuple[Kept, BlindSheet]:
    sheet = appraisal.blind_sheet(work, appraisal.draft_by_id(work, review.draft_id))
    given = {key: answers[key].strip() for key in sheet.asked if key in answers}
    judged = {key: value for key, value in given.items() if value not in ("", appraisal.NOT_JUDGED)}
    own = {key: value for key, value in review.answers.items() if value != appraisal.NOT_JUDGED}
    refused = appraisals.refusals(sheet.scheme, judged, sheet.thing, own, shanghai_day(work.now)) if judged else {}
    kept = {**review.answers, **{key: value for key, value in given.items() if key not in refused}}
    kept = {key: value for key, value in kept.items() if value}
    saved = work.session.execute(
        update(PeerReview)
        .where(PeerReview.id == review.id, PeerReview.answers_rev == expected_rev)
        .values(answers=kept, answers_rev=expected_rev + 1)
        .execution_options(synchronize_session=False)
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise ReviewMoved()
    work.session.refresh(review, attribute_names=["answers", "answers_rev"])
    return Kept(review.answers_rev, refused), sheet
