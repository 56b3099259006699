"""For staff: paid orders that nobody takes, and things that did not go back."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.forms import StaffForm
from app.appraisal.queries.assigning import COLLEAGUE, DEALT, ELSEWHERE, MAY_NOT, OWN
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import name_of
from app.appraisal.states import AWAITING_ITEM
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.text import N_
from app.kernel.work import Work
from app.web import allow, begin, look, render
from app.web.forms import Form

AGAINST = {
    OWN: N_("It is their own"),
    COLLEAGUE: N_("Works with the owner"),
    DEALT: N_("Dealt with the owner in the last twelve months"),
    MAY_NOT: N_("May not take work now"),
    ELSEWHERE: N_("Is expected elsewhere at that time"),
    "asked": N_("Was asked already"),
}


@bp.get("/operator/appraisals")
@allow("operator")
def waiting() -> Response:
    """Everything that waits for staff, the oldest first."""
    with look() as work:
        rows = queries.waiting_for_staff(work)
        things = goods.things_by_id(work, [order.thing_id for order, _fee in rows])
        names = {order.id: name_of(things[order.thing_id]) for order, _fee in rows}
        agencies = accounts.organisations_by_id(work, [order.agency_id for order, _fee in rows])
        return render("appraisal/waiting.html", rows=rows, names=names, agencies=agencies)


@bp.get("/operator/appraisals/<code>")
@allow("operator")
def waiting_one(code: str) -> Response:
    """One of them: who was asked, who could be, and what stands against each."""
    return _staff_page(code)


@bp.post("/operator/appraisals/<code>/assign")
@allow("operator")
def assign(code: str) -> AnyResponse:
    form = StaffForm()

    def step(work: Work) -> None:
        service.assign_by_staff(work, code, form.appraiser.data or "")

    return _take(code, form, step, _("The appraiser is asked."))


@bp.post("/operator/appraisals/<code>/override")
@allow("operator")
def propose_override(code: str) -> AnyResponse:
    form = StaffForm()

    def step(work: Work) -> None:
        service.propose_override(work, code, form.appraiser.data or "", form.reason.data or "")

    return _take(code, form, step, _("Somebody else of the staff must confirm it."))


@bp.post("/operator/appraisals/<code>/override/<override_code>")
@allow("operator")
def confirm_override(code: str, override_code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.confirm_override(work, override_code)

    return _take(code, StaffForm(), step, _("Two of the staff let it pass. The appraiser can be named now."))


@bp.post("/operator/appraisals/<code>/reject")
@allow("operator")
def reject(code: str) -> AnyResponse:
    form = StaffForm()

    def step(work: Work) -> None:
        service.reject_by_staff(work, code, form.reason.data or "")

    return _take(code, form, step, _("The order has ended and the whole fee goes back."), leave=True)


@bp.post("/operator/appraisals/<code>/back-noted")
@allow("operator")
def note_back(code: str) -> AnyResponse:
    form = StaffForm()

    def step(work: Work) -> None:
        service.note_back(work, code, form.reason.data or "")

    return _take(code, form, step, _("Your note is kept."), leave=True)


@bp.post("/operator/appraisals/<code>/end")
@allow("operator")
def end_late(code: str) -> AnyResponse:
    form = StaffForm()

    def step(work: Work) -> None:
        service.end_late(work, code, form.reason.data or "", form.absent.data or "")

    return _take(code, form, step, _("The order has ended. What goes back of the fee stands on its page."), leave=True)


def _take(code: str, form: StaffForm, step: Any, said: str, *, leave: bool = False) -> AnyResponse:
    if not form.validate_on_submit():
        return _staff_page(code, form, status=422)
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        form.take(refusal)
        return _staff_page(code, form, status=refusal.status)
    flash(said, "success")
    target = url_for("appraisal.waiting") if leave else url_for("appraisal.waiting_one", code=code)
    return redirect(target, code=303)


def _staff_page(code: str, form: Form | None = None, status: int = 200) -> Response:
    with look() as work:
        order = queries.order_for_staff(work, code)
        thing = work.session.get_one(Thing, order.thing_id)
        known = queries.candidates(work, order, thing)
        overrides = queries.overrides_of(work, order.id)
        absences = queries.absences(work, order)
        form = form or StaffForm(formdata=None)
        if isinstance(form, StaffForm):
            if order.state == AWAITING_ITEM:
                form.ask_of_parcel(service.share_unsent(work, order))
            form.appraiser.choices = [(one.user.code, one.user.display_name) for one in known]
        asked = queries.assignments_of(work, order.id)
        people = accounts.users_by_id(
            work,
            [row.appraiser_id for row in asked]
            + [each.appraiser_id for each in overrides]
            + [each.proposed_by for each in overrides]
            + [order.owner_id],
        )
        return render(
            "appraisal/waiting_one.html",
            status=status,
            order=order,
            thing_name=name_of(thing),
            agency=accounts.organisation_by_id(work, order.agency_id),
            fee=queries.fee_of(work, order),
            holder=queries.holder(work, order),
            may_end=queries.may_be_ended(work, order),
            owner_may=queries.may_take_back(work, order),
            is_late=queries.is_late(work, order),
            known=known,
            against=AGAINST,
            asked=asked,
            absences=absences,
            overrides=overrides,
            people=people,
            form=form,
        )
