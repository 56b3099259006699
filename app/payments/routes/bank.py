"""The bank door's pages: what a payer shall transfer; the operator's statements, rows that do not fit, and payment files."""

from __future__ import annotations

from typing import TypeVar

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.kernel.errors import Conflict, InvalidInput
from app.payments import bankfile, jobs, queries, rules, service
from app.payments.forms import AssignForm, BookForm, RefuseForm, StatementForm
from app.payments.routes.blueprint import bp
from app.web import allow, begin, current_actor, hub, look, render

F = TypeVar("F", AssignForm, BookForm)


@bp.get("/bank/transfers/<code>")
@allow("member")
def instruction(code: str) -> Response:
    """The account, the amount and the reference, for whoever shall pay."""
    jobs.require_bank(hub())
    with look() as work:
        found, payment = queries.my_instruction(work, code)
        is_open = payment.state in ("open", "failed") and work.now < payment.deadline_at
        return render("payments/transfer.html", instruction=found, payment=payment, is_open=is_open, settings=hub().settings)


@bp.get("/operator/money/bank")
@allow("operator")
def bank() -> Response:
    return _page()


@bp.post("/operator/money/bank/statements")
@allow("operator")
def import_statement() -> Answer:
    jobs.require_bank(hub())
    form = StatementForm()
    if not form.validate_on_submit():
        return _page(422, statement=form)
    try:
        read = jobs.import_statement(hub(), form.sent, current_actor())
    except InvalidInput as refusal:
        form.take(refusal)
        return _page(422, statement=form)
    told = {"new": read.new_count, "known": read.known_count, "faults": len(read.faults)}
    words = _("%(new)s rows are new, %(known)s were known already, %(faults)s could not be read.", **told)
    flash(words, "attention" if read.faults else "success")
    return redirect(url_for("payments.bank"), code=303)


@bp.post("/operator/money/bank/rows/<code>/assign")
@allow("operator")
def assign_row(code: str) -> Answer:
    form = _form_about(code, AssignForm)
    if not form.validate_on_submit():
        return _page(422, about=code, assign=form)
    try:
        with begin() as work:
            service.assign_row(work, code, form.reference.data or "")
    except InvalidInput as refusal:
        form.take(refusal)
        return _page(422, about=code, assign=form)
    flash(_("The row is assigned. What was more than the payment goes back with the next payment file."), "success")
    return redirect(url_for("payments.bank"), code=303)


@bp.post("/operator/money/bank/rows/<code>/return")
@allow("operator")
def return_row(code: str) -> Answer:
    jobs.require_bank(hub())
    with begin() as work:
        service.return_row(work, code)
    flash(_("The money goes back to its sender with the next payment file."), "success")
    return redirect(url_for("payments.bank"), code=303)


@bp.post("/operator/money/bank/rows/<code>/book")
@allow("operator")
def book_row(code: str) -> Answer:
    form = _form_about(code, BookForm)
    if not form.validate_on_submit():
        return _page(422, about=code, book=form)
    try:
        with begin() as work:
            service.book_row(work, code, form.what.data or "")
    except Conflict as refusal:
        form.take(refusal)
        return _page(refusal.status, about=code, book=form)
    flash(_("The row is booked."), "success")
    return redirect(url_for("payments.bank"), code=303)


@bp.post("/operator/money/bank/files")
@allow("operator")
def export_transfers() -> Answer:
    jobs.require_bank(hub())
    with begin() as work:
        made = service.export_transfers(work)
        told = {"count": made.count}
    flash(_("A payment file with %(count)s transfers is ready below. Give it to the bank once.", **told), "success")
    return redirect(url_for("payments.bank", _anchor="files-h"), code=303)


@bp.post("/operator/money/bank/files/<code>")
@allow("operator")
def payment_file(code: str) -> Response:
    """The file itself. Names and accounts are in it, so that who opens it is put on record."""
    data = jobs.open_file(hub(), code, current_actor())
    answer = Response(data.encode(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-transfers-{code}.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.post("/operator/money/bank/transfers/<code>/refuse")
@allow("operator")
def refuse_transfer(code: str) -> Answer:
    jobs.require_bank(hub())
    with look() as work:
        queries.transfer_by_code(work, code)
    form = RefuseForm()
    if not form.validate_on_submit():
        return _page(422, about=code, refuse=form)
    with begin() as work:
        service.refuse_transfer(work, code, form.reason.data or "")
    flash(_("The transfer counts as not sent. A refund or payout can be tried again on the money page."), "success")
    return redirect(url_for("payments.bank"), code=303)


def _form_about(code: str, form: type[F]) -> F:
    """The form that was sent about a row that is there."""
    jobs.require_bank(hub())
    with look() as work:
        queries.row_by_code(work, code)
    return form()


def _page(
    status: int = 200,
    *,
    about: str = "",
    statement: StatementForm | None = None,
    assign: AssignForm | None = None,
    book: BookForm | None = None,
    refuse: RefuseForm | None = None,
) -> Response:
    jobs.require_bank(hub())
    with look() as work:
        return render(
            "payments/bank.html",
            status=status,
            desk=queries.bank_desk(work, hub().sealer),
            words=rules.ROW_WORDS,
            faults=bankfile.FAULT_WORDS,
            about=about,
            statement=statement or StatementForm(formdata=None),
            assign=assign or AssignForm(formdata=None),
            book=book or BookForm(formdata=None),
            refuse=refuse or RefuseForm(formdata=None),
        )
