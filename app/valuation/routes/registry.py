"""For operators: the registry of price models, with what each showed before it might answer, and who decided what."""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Response, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.audit import AuditEntry
from app.kernel.errors import Conflict, DomainError, InvalidInput, Unavailable
from app.kernel.work import Work
from app.valuation import queries, service, wording
from app.valuation.errors import ModelDamaged
from app.valuation.forms.registry import AnsweringForm, TrainingForm
from app.valuation.models import PriceModel
from app.valuation.routes.blueprint import bp
from app.valuation.states import FITTED, FITTING, RETIRED, SERVING, WANTED
from app.valuation.store import DOOR, Desk
from app.web import allow, begin, look, render
from app.web.languages import gettext as _
from app.web.languages import present


@bp.get("/operator/models")
@allow("operator")
def price_models() -> Response:
    return _list(TrainingForm(formdata=None))


@bp.post("/operator/models")
@allow("operator")
def train_model() -> AnyResponse:
    """Ask for a model; the worker trains it."""
    form = TrainingForm()
    if not form.validate_on_submit():
        return _list(form, 422)
    try:
        with begin() as work:
            name = service.want_model(
                work, form.category.data, form.price_kind.data, is_quick=form.is_quick.data, promotes=form.promotes.data
            ).name
    except Conflict as refusal:
        form.take(refusal)
        return _list(form, refusal.status)
    return redirect(url_for("valuation.price_model", name=name), code=303)


@bp.get("/operator/models/<name>")
@allow("operator")
def price_model(name: str) -> Response:
    return _model(name)


@bp.post("/operator/models/<name>/promote")
@allow("operator")
def promote_model(name: str) -> AnyResponse:
    return _answers(name, is_back=False)


@bp.post("/operator/models/<name>/roll-back")
@allow("operator")
def roll_back_model(name: str) -> AnyResponse:
    """Take this model back: the one that answered before it does so again."""
    return _answers(name, is_back=True)


def _answers(name: str, *, is_back: bool) -> AnyResponse:
    form = AnsweringForm()
    if not form.validate_on_submit():
        return _model(name, form, 422)
    reason = form.reason.data or ""
    try:
        with begin() as work:
            row = queries.model_of_name(work, name)
            if is_back:
                row = service.roll_back(work, row.category, reason=reason, instead_of=row.name)
            else:
                row = service.promote(work, name, reason=reason, instead_of=form.instead_of.data or "")
            now = row.name
    except (Conflict, InvalidInput, Unavailable) as refusal:
        form.take(refusal)
        return _model(name, form, refusal.status)
    flash(_("%(name)s answers from now on. What is on sale is valued anew.", name=now), "success")
    return redirect(url_for("valuation.price_model", name=now), code=303)


def _list(form: TrainingForm, status: int = 200) -> Response:
    with look() as work:
        rows = queries.models(work)
    return render(
        "valuation/models.html", "valuation/_models.html", form=form, rows=rows, is_waiting=_is_waiting(*rows), status=status
    )


def _model(name: str, form: AnsweringForm | None = None, status: int = 200) -> Response:
    with look() as work:
        row = queries.model_of_name(work, name)
        serves, before = queries.serving(work, row.category), queries.earlier(work, row.category)
        told = queries.history(work, row)
        people = _people(work, told)
        card, damaged = _card(work, row)
    is_serving = row.state == SERVING
    if form is None:
        form = AnsweringForm(formdata=None, data={"instead_of": serves.name if serves else ""})
    context: dict[str, Any] = {
        "row": row,
        "serves": serves,
        "before": before if is_serving else None,
        "may_promote": row.state in (FITTED, RETIRED),
        "form": form,
        "card": card,
        "damaged": damaged,
        "events": [_event(each, people) for each in told if each.verb in wording.DONE],
        "drifts": [each for each in told if each.verb == "price_model.watch"],
        "is_waiting": _is_waiting(row),
    }
    return render("valuation/model.html", "valuation/_model_state.html", status=status, **context)


def _is_waiting(*rows: PriceModel) -> bool:
    return any(row.state in (WANTED, FITTING) for row in rows)


def _people(work: Work, told: list[AuditEntry]) -> dict[str, str]:
    codes = {each.actor_code for each in told if each.actor_kind == "user"}
    return {code: accounts.user_by_code(work, code).display_name for code in codes}


def _event(entry: AuditEntry, people: dict[str, str]) -> dict[str, Any]:
    """As the timeline draws it."""
    told = {**entry.detail}
    said = [str(told["reason"])] if told.get("reason") else []
    said += [_("in its place: %(name)s", name=told["by"])] if told.get("by") else []
    who = people.get(entry.actor_code, _("the worker") if entry.actor_kind == "system" else entry.actor_code)
    return {"what": _(wording.DONE[entry.verb]), "who": who, "at": entry.at, "detail": " · ".join(said)}


def _card(work: Work, row: PriceModel) -> tuple[list[tuple[str, Any]], DomainError | None]:
    """The model card in the reader's language as parts: heading, text, list, table. The refusal where its folder was changed."""
    if row.sha256 is None:
        return [], None
    desk = cast(Desk, work.doors[DOOR])
    try:
        return card_parts(desk.card(row.name, row.sha256, "zh" if present().code == "zh" else "en")), None
    except ModelDamaged as refusal:
        return [], refusal


def card_parts(text: str) -> list[tuple[str, Any]]:
    """The few forms of Markdown that our own cards are written in."""
    parts: list[tuple[str, Any]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            parts.append(("heading", line.lstrip("# ")))
        elif re.fullmatch(r"[|:\- ]+", line):
            continue
        else:
            kind = "list" if line.startswith("- ") else "table" if line.startswith("|") else "text"
            body: Any = [cell.strip() for cell in line.strip("|").split("|")] if kind == "table" else line.removeprefix("- ")
            if kind != "text" and parts and parts[-1][0] == kind:
                parts[-1][1].append(body)
            else:
                parts.append((kind, body if kind == "text" else [body]))
    return parts
