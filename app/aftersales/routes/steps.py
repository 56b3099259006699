"""The steps of a claim: each reads its form, takes one verb and goes back to the claim."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.aftersales import service
from app.aftersales.forms import AddressForm, AppealForm, NothingForm, ProposalForm, ReceiveForm, SendForm, StepForm, WordsForm
from app.aftersales.routes.blueprint import bp
from app.aftersales.routes.claims import claim_page
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.work import Work
from app.web import allow, begin, hub
from app.web.forms import Form


def _take(code: str, form: Form, name: str, step: Callable[[Work], object], said: str) -> AnyResponse:
    if not form.validate_on_submit():
        return claim_page(code, 422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        form.take(refusal)
        return claim_page(code, refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("aftersales.show", code=code), code=303)


@bp.post("/claims/<code>/accept")
@allow("member")
def accept(code: str) -> AnyResponse:
    form = StepForm()
    return _take(
        code, form, "step", lambda work: service.accept(work, code, form.version), _("Agreed. What follows stands on this page.")
    )


@bp.post("/claims/<code>/offer")
@allow("member")
def offer(code: str) -> AnyResponse:
    form = ProposalForm()

    def step(work: Work) -> None:
        service.offer(work, code, form.version, form.remedy.data or "", form.amount.data, form.words.data or "")

    return _take(code, form, "propose", step, _("The buyer has your offer."))


@bp.post("/claims/<code>/refuse")
@allow("member")
def refuse(code: str) -> AnyResponse:
    form = WordsForm()

    def step(work: Work) -> None:
        service.refuse(work, code, form.version, form.words.data or "")

    return _take(code, form, "refuse", step, _("The buyer has your reasons."))


@bp.post("/claims/<code>/agree")
@allow("member")
def agree(code: str) -> AnyResponse:
    form = StepForm()
    return _take(
        code, form, "step", lambda work: service.agree(work, code, form.version), _("Agreed. What follows stands on this page.")
    )


@bp.post("/claims/<code>/ask")
@allow("member")
def ask_again(code: str) -> AnyResponse:
    form = ProposalForm()

    def step(work: Work) -> None:
        service.ask_again(work, code, form.version, form.remedy.data or "", form.amount.data, form.words.data or "")

    return _take(code, form, "propose", step, _("The seller has what you ask for."))


@bp.post("/claims/<code>/escalate")
@allow("member")
def escalate(code: str) -> AnyResponse:
    form = StepForm()
    return _take(code, form, "step", lambda work: service.escalate(work, code, form.version), _("An arbitrator is drawn now."))


@bp.post("/claims/<code>/withdraw")
@allow("member")
def withdraw(code: str) -> AnyResponse:
    form = StepForm()
    return _take(code, form, "step", lambda work: service.withdraw(work, code, form.version), _("The claim is taken back."))


@bp.post("/claims/<code>/return-address")
@allow("member")
def name_address(code: str) -> AnyResponse:
    form = AddressForm()

    def step(work: Work) -> None:
        typed = (form.name.data or "", form.phone.data or "", form.address.data or "")
        service.name_address(work, hub().sealer, code, form.version, *typed)

    return _take(code, form, "address", step, _("The buyer has the address."))


@bp.post("/claims/<code>/send-back")
@allow("member")
def send_back(code: str) -> AnyResponse:
    form = SendForm()

    def step(work: Work) -> None:
        service.send_back(work, code, form.version, form.carrier.data or "", form.tracking_no.data or "")

    return _take(code, form, "send", step, _("The seller has the number of the parcel."))


@bp.post("/claims/<code>/receive-back")
@allow("member")
def receive_back(code: str) -> AnyResponse:
    form = ReceiveForm()

    def step(work: Work) -> None:
        service.receive_back(
            work,
            code,
            form.version,
            form.number.data or "",
            form.seal_no.data or "",
            is_altered=bool(form.is_altered.data),
            words=form.words.data or "",
        )

    return _take(code, form, "receive", step, _("Written down. What follows stands on this page."))


@bp.post("/claims/<code>/nothing-came")
@allow("member")
def nothing_came(code: str) -> AnyResponse:
    form = NothingForm()

    def step(work: Work) -> None:
        service.nothing_came(work, code, form.version, form.words.data or "")

    return _take(code, form, "nothing", step, _("An arbitrator is drawn now."))


@bp.post("/claims/<code>/accept-ruling")
@allow("member")
def accept_ruling(code: str) -> AnyResponse:
    form = StepForm()
    said = _("You have accepted the ruling. What follows stands on this page.")
    return _take(code, form, "accept_ruling", lambda work: service.accept_ruling(work, code, form.version), said)


@bp.post("/claims/<code>/appeal")
@allow("member")
def appeal(code: str) -> AnyResponse:
    form = AppealForm()

    def step(work: Work) -> None:
        service.appeal(work, code, form.version, form.words.data or "")

    return _take(code, form, "appeal", step, _("Another arbitrator is drawn now. The next ruling is final."))
