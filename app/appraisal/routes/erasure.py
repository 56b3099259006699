"""Test, erase, seal: the steps of a thing that stores data, on one page."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.errors import NoErasureHere
from app.appraisal.forms import CheckForm, ErasureForm, SealForm
from app.appraisal.guidance import words_of_stop
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import order_page
from app.appraisal.states import WORKED_ON
from app.goods.models import Thing
from app.kernel.errors import InvalidInput
from app.kernel.time import shanghai_day
from app.schemes.queries import get_scheme
from app.web import allow, begin, current_actor, hub, look, render
from app.web.rendering import in_language
from grading import Scheme


@bp.get("/appraisals/<code>/erasure")
@allow("appraiser")
def erasure(code: str) -> AnyResponse:
    """How far the thing is, for every appraiser of the agency; forms for whoever has the next step."""
    return _erasure_page(code)


@bp.post("/appraisals/<code>/erasure")
@allow("appraiser")
def certify(code: str) -> AnyResponse:
    """The certificate of erasure."""
    form = ErasureForm()
    _choices(form, code)
    if not form.validate_on_submit():
        return _erasure_page(code, erasure_form=form, status=422)
    try:
        with begin() as work:
            service.record_erasure(work, hub().sealer, code, form.typed(), form.name.data or "")
    except InvalidInput as refusal:
        form.take(refusal)
        return _erasure_page(code, erasure_form=form, status=422)
    flash(_("The certificate is kept and cannot be changed any more."), "success")
    return redirect(url_for("appraisal.erasure", code=code), code=303)


@bp.post("/appraisals/<code>/erasure/check")
@allow("appraiser")
def check_erasure(code: str) -> AnyResponse:
    """A colleague's look whether the data are gone."""
    form = CheckForm()
    if not form.validate_on_submit():
        return _erasure_page(code, check_form=form, status=422)
    with begin() as work:
        service.check_erasure(work, code, form.outcome.data, form.method.data or "")
    flash(_("Your check is kept."), "success")
    return redirect(url_for("appraisal.erasure", code=code), code=303)


@bp.post("/appraisals/<code>/seal")
@allow("appraiser")
def seal(code: str) -> AnyResponse:
    """The number of the seal."""
    with look() as work:
        queries.own_inspection(work, code)  # a colleague's order is not found, also when the form alone would be refused
    form = SealForm()
    if not form.validate_on_submit():
        return _erasure_page(code, seal_form=form, status=422)
    try:
        with begin() as work:
            service.seal(work, code, form.seal_no.data or "")
    except InvalidInput as refusal:
        form.take(refusal)
        return _erasure_page(code, seal_form=form, status=422)
    flash(_("The seal's number is kept and will stand in the report."), "success")
    return redirect(url_for("appraisal.erasure", code=code), code=303)


def _erasure_page(
    code: str,
    *,
    erasure_form: ErasureForm | None = None,
    check_form: CheckForm | None = None,
    seal_form: SealForm | None = None,
    status: int = 200,
) -> AnyResponse:
    with look() as work:
        page = order_page(work, code)
        order, thing = page["order"], page["thing"]
        scheme = get_scheme(work, order.scheme_id)
        if scheme.erasure_certificate is None or order.agency_id not in queries.agencies_of(current_actor()):
            raise NoErasureHere()
        steps = queries.erasure_steps(work, order, service.graded(work, order, thing, shanghai_day(work.now)))
        people = [steps.certificate.operator_id] if steps.certificate else []
        people += [steps.check.checker_id] if steps.check else []
        names = {user_id: user.display_name for user_id, user in accounts.users_by_id(work, people).items()}
    form = erasure_form or ErasureForm(formdata=None, storage_capacity_gb=str(thing.storage_gb or ""))
    form.method.choices = _methods(scheme)
    mine = order.appraiser_id == current_actor().user_id
    is_unchecked = steps.certificate is not None and steps.check is None and order.state in WORKED_ON
    may_check = is_unchecked and steps.certificate.operator_id != current_actor().user_id  # type: ignore[union-attr]
    beside: dict[str, Any] = {
        "erasing": steps,
        "people": names,
        "erasure_form": form,
        "check_form": check_form or CheckForm(formdata=None),
        "seal_form": seal_form or SealForm(formdata=None),
        "mine": mine and page["can_inspect"],
        "may_check": may_check,
        "needless": _barred_methods(scheme),
        "why_barred": words_of_stop(scheme, scheme.items_by_key["erase_method"]),
    }
    return render("appraisal/erasure.html", status=status, **(page | beside | {"scheme": scheme}))


def _choices(form: ErasureForm, code: str) -> None:
    with look() as work:
        order = queries.own_inspection(work, code)
        work.session.get_one(Thing, order.thing_id)
        scheme = get_scheme(work, order.scheme_id)
    if scheme.erasure_certificate is None:
        raise NoErasureHere()
    form.method.choices = _methods(scheme)


def _methods(scheme: Scheme) -> dict[str, str]:
    item = scheme.items_by_key["erase_method"]
    return {value: in_language(dict(item.option(value).name)) for value in service.acceptable_methods(scheme)}  # type: ignore[union-attr]


def _barred_methods(scheme: Scheme) -> list[str]:
    item = scheme.items_by_key["erase_method"]
    return [in_language(dict(option.name)) for option in item.options if option.effect == "ungradable"]
