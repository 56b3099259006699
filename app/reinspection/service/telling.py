"""The re-inspection that a verb is about, locked, and who is told. The second agency is told nothing but that there is work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.accounts import queries as accounts
from app.goods import queries as goods
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.reinspection.models import Reinspection
from app.reinspection.queries import people_of, report_of, thing_of


def locked(work: Work, reinspection_id: int) -> Reinspection:
    """The row as it stands now, for whoever is about to move it: nobody else does so before this transaction ends."""
    work.session.flush()
    row = work.session.get_one(Reinspection, reinspection_id)
    work.session.refresh(row, with_for_update=True)
    return row


def tell(
    work: Work, row: Reinspection, user_id: int, message: str, step: str, values: Mapping[str, Any] | None = None, link: str = ""
) -> None:
    """One notice by page and mail. ``message`` may name the thing as %(thing)s."""
    thing = thing_of(work, row)
    named = {"thing": goods.name_of(thing.category, thing.brand, thing.model, thing.attributes), **(values or {})}
    used = {key: value for key, value in named.items() if f"%({key})s" in message}
    notify(
        work,
        user_id,
        text=message,
        values=used,
        link=link or f"/contests/{row.code}",
        key=f"reinspection.{step}:{row.code}:{user_id}",
        mail=True,
    )


def tell_parties(work: Work, row: Reinspection, message: str, step: str, values: Mapping[str, Any] | None = None) -> None:
    """Who asked, who shows the thing, and its owner."""
    for user_id in sorted(people_of(work, row) | {thing_of(work, row).owner_id}):
        follows = user_id in people_of(work, row)
        link = "" if follows else f"/reports/{report_of(work, row).code}"
        tell(work, row, user_id, message, step, values, link)


def tell_first_appraiser(work: Work, row: Reinspection, message: str, step: str) -> None:
    """Whoever signed the report that is contested."""
    report = report_of(work, row)
    tell(work, row, report.appraiser_id, message, f"appraiser_{step}", link=f"/reports/{report.code}")


def tell_staff(work: Work, row: Reinspection, reason: str) -> None:
    """The operator's people: nobody else can help now."""
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("A re-inspection needs somebody of the staff. Please look at it."),
            values={},
            link=f"/operator/reinspections/{row.code}",
            key=f"reinspection.staff_{reason}:{row.code}:{row.version}",
            mail=False,
        )
