"""Disputes for who decides them, and the list of staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.aftersales import queries, service
from app.aftersales.forms import NOTHING, PassForm, RulingForm
from app.aftersales.models import Claim, ClaimDispute
from app.aftersales.routes.blueprint import bp
from app.aftersales.routes.claims import facts_of
from app.aftersales.routes.words import cited_words
from app.aftersales.service import Ruling
from app.aftersales.states import CARRYING_OUT, DECIDING, WAITING
from app.aftersales.wording import DISPUTE_WORDS, LEG_WORDS, SIDE_WORDS
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.trades.models import Order
from app.web import allow, begin, current_actor, hub, look, render
from app.web.forms import Form
from app.web.rendering import in_language


@bp.get("/my/disputes")
@allow("appraiser", "operator")
def my_disputes() -> Response:
    """What waits for the reader to decide, and what they have decided."""
    with look() as work:
        rows = queries.my_disputes(work, current_actor().id)
    return render("aftersales/disputes.html", rows=rows, me=current_actor().id, words=DISPUTE_WORDS, deciding=DECIDING)


@bp.get("/disputes/<code>")
@allow("appraiser", "operator")
def dispute(code: str) -> Response:
    """Both sides and all evidence, and the form of the ruling for who decides."""
    return _page(code)


@bp.post("/disputes/<code>/rule")
@allow("appraiser", "operator")
def rule(code: str) -> AnyResponse:
    form = RulingForm()

    def step(work: Work) -> None:
        chosen = form.remedy.data or "?"
        ruling = Ruling(
            remedy="" if chosen == NOTHING else chosen,
            fault=form.fault.data or "",
            reasons=form.reasons.data or "",
            amount_fen=form.amount.data,
            clauses=form.clauses.data or (),
            evidence=form.evidence.data or (),
        )
        service.rule(work, code, form.version, ruling)

    return _take(code, "ruling", form, step, _("Your ruling is given. Both sides read it with its reasons."))


@bp.post("/disputes/<code>/pass")
@allow("appraiser", "operator")
def pass_on(code: str) -> AnyResponse:
    """Who was drawn cannot decide it."""
    form = PassForm()

    def step(work: Work) -> None:
        service.pass_on(work, code, form.reason.data or "")

    return _take(code, "passing", form, step, _("It goes to the next person."))


@bp.get("/operator/disputes")
@allow("operator")
def all_disputes() -> Response:
    """Every dispute: who has it, until when, and how far the money of a final ruling is."""
    return _staff_page()


@bp.post("/operator/disputes/<code>/draw")
@allow("operator")
def draw_dispute(code: str) -> AnyResponse:
    """Draw the next person now."""
    return _staff_step(lambda work: service.draw_again(work, hub().sealer, code), _("Somebody was drawn and is asked."))


@bp.post("/operator/disputes/<code>/carry-out")
@allow("operator")
def carry_out(code: str) -> AnyResponse:
    """Carry a final ruling out again: what is booked is not booked twice, what the payer refused is asked for again."""
    return _staff_step(lambda work: service.run_again(work, code), _("Looked at again. How far it is stands here."))


def _staff_step(step: Callable[[Work], object], said: str) -> AnyResponse:
    try:
        with begin() as work:
            step(work)
    except Conflict as refusal:
        form = Form(formdata=None)
        form.take(refusal)
        return _staff_page(form, refusal.status)
    flash(said, "success")
    return redirect(url_for("aftersales.all_disputes"), code=303)


def _staff_page(form: Form | None = None, status: int = 200) -> Response:
    with look() as work:
        rows = queries.disputes_for_staff(work)
        ids = {each.person_id for each, _order in rows if each.person_id is not None}
        return render(
            "aftersales/all_disputes.html",
            status=status,
            rows=[
                (each, order, work.session.get_one(Claim, each.claim_id), queries.legs_of(work, each.id)) for each, order in rows
            ],
            people=accounts.users_by_id(work, ids),
            form=form or Form(formdata=None),
            words=DISPUTE_WORDS,
            leg_words=LEG_WORDS,
            sides=SIDE_WORDS,
            waiting=WAITING,
            carrying_out=CARRYING_OUT,
        )


def _take(code: str, name: str, form: Form, step: Callable[[Work], None], said: str) -> AnyResponse:
    with look() as work:
        queries.own_dispute(work, code)  # who may not decide it is told before anything that was typed
    if not form.validate_on_submit():
        return _page(code, 422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (Conflict, InvalidInput) as refusal:
        form.take(refusal)
        return _page(code, refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("aftersales.my_disputes"), code=303)


def _page(code: str, status: int = 200, **typed: Any) -> Response:
    with look() as work:
        found = queries.readable_dispute(work, code)
        claim = work.session.get_one(Claim, found.claim_id)
        order = work.session.get_one(Order, claim.order_id)
        decides = found.state == DECIDING and found.person_id == current_actor().user_id
        forms = _forms(work, found, claim, order, typed) if decides else {}
        refused = [form for form in forms.values() if form.error_list]
        facts = facts_of(work, claim, order)
        return render("aftersales/dispute.html", status=status, dispute=found, forms=forms, refused=refused, **facts)


def _forms(work: Work, found: ClaimDispute, claim: Claim, order: Order, typed: dict[str, Any]) -> dict[str, Any]:
    ruling: RulingForm = typed.get("ruling") or RulingForm(formdata=None)
    passing: PassForm = typed.get("passing") or PassForm(formdata=None)
    ruling.show_version(found.version)
    passing.show_version(found.version)
    ruling.show(
        service.ruling_remedies(work, claim, order),
        [(rule.code, in_language(rule.name.names)) for rule in queries.clauses_of(work, order)],
        [(each.ref, cited_words(each)) for each in queries.cited(work, claim, order)],
    )
    return {"ruling": ruling, "passing": passing}
