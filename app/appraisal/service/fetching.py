"""The order that a verb is about, fetched for whoever may act on it, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.appraisal.errors import AppraisalNotFound
from app.appraisal.models import Appraisal
from app.appraisal.queries import own_inspection
from app.goods.models import Thing
from app.kernel.work import Work
from app.notices.service import notify


def for_inspector(work: Work, code: str) -> Appraisal:
    """The appraiser's own inspection, locked until the end of the transaction: a save cannot slip in beside a signature."""
    appraisal = own_inspection(work, code)
    work.session.refresh(appraisal, with_for_update=True)
    return appraisal


def locked(work: Work, appraisal_id: int) -> Appraisal:
    """The order as it stands now, for whoever is about to move it: nobody else does so before this transaction ends."""
    appraisal = work.session.get_one(Appraisal, appraisal_id)
    work.session.refresh(appraisal, with_for_update=True)
    return appraisal


def side_of(work: Work, appraisal: Appraisal) -> str:
    """As what the actor takes part in a meeting. Raises AppraisalNotFound for a colleague of the appraiser."""
    if work.actor.user_id == appraisal.owner_id:
        return "owner"
    if work.actor.user_id == appraisal.appraiser_id:
        return "agency"
    raise AppraisalNotFound()


def tell_owner(
    work: Work, appraisal: Appraisal, message: str, step: str, link: str = "", values: Mapping[str, Any] | None = None
) -> None:
    notify(
        work,
        appraisal.owner_id,
        text=message,
        values=values or {},
        link=link or f"/appraisals/{appraisal.code}",
        key=f"appraisal.{step}:{appraisal.code}",
        mail=True,
    )


def tell_owners(work: Work, appraisal: Appraisal, message: str, step: str, link: str) -> None:
    """Tell who asked for the report and, where somebody else owns the thing by now, that person too."""
    tell_owner(work, appraisal, message, step, link=link)
    owner_id = work.session.get_one(Thing, appraisal.thing_id).owner_id
    if owner_id != appraisal.owner_id:
        notify(work, owner_id, text=message, values={}, link=link, key=f"appraisal.{step}:{appraisal.code}", mail=True)


def tell_appraiser(work: Work, appraisal: Appraisal, message: str, step: str, user_id: int | None = None) -> None:
    """Tell the appraiser of the order (or whoever was it) by notice."""
    who = user_id or appraisal.appraiser_id
    if who is not None:
        notify(
            work,
            who,
            text=message,
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.{step}:{appraisal.code}",
            mail=False,
        )
