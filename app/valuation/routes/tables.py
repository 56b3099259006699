"""For operators: price tables of others are uploaded, looked through without keeping anything, and imported."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, InvalidInput
from app.kernel.time import shanghai_day
from app.valuation import jobs, queries, service, wording
from app.valuation.events import TableSent
from app.valuation.fields import fields_of, guess
from app.valuation.forms.tables import ProvenanceForm, UploadForm, filled, form_for, kinds_of_price
from app.valuation.importing import LISTED, rejects, table_of_file
from app.valuation.models import PriceImport
from app.valuation.routes.blueprint import bp
from app.valuation.states import CHECKED, CHECKING, IMPORTED, IMPORTING, UPLOADED
from app.web import allow, begin, hub, look, render
from app.web.languages import gettext as _

AT_ONCE = 4_000  # rows that are read while the operator waits (under two seconds); more are read by the worker


@bp.get("/operator/prices")
@allow("operator")
def price_tables() -> Response:
    return _list(UploadForm(formdata=None))


@bp.post("/operator/prices")
@allow("operator")
def upload_table() -> AnyResponse:
    """Take in the file; where it comes from is asked on its own page."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _list(form, 422)
    name, data = form.sent
    try:
        with begin() as work:
            code = service.upload(work, form.category.data, name, data).code
    except InvalidInput as refusal:
        form.take(refusal)
        return _list(form, 422)
    return redirect(url_for("valuation.price_import", code=code), code=303)


@bp.get("/operator/prices/<code>")
@allow("operator")
def price_import(code: str) -> Response:
    return _import(code)


@bp.post("/operator/prices/<code>/check")
@allow("operator")
def check_table(code: str) -> AnyResponse:
    """Read every row by what was chosen; nothing of it is kept yet."""
    with look() as work:
        row = queries.price_import(work, code)
        form = _form_of(row)()
    kinds_of_price(form)
    if not form.validate_on_submit():
        return _import(code, form, 422)
    at_once = row.n_rows <= AT_ONCE
    try:
        with begin() as work:
            asked = service.ask_to_check(work, code, form.told, by_job=not at_once)
            event = TableSent(asked.id, asked.version)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _import(code, form, refusal.status)
    if at_once:
        jobs.read_table(hub(), event)
    return redirect(url_for("valuation.price_import", code=code, _anchor="found"), code=303)


@bp.post("/operator/prices/<code>/import")
@allow("operator")
def import_table(code: str) -> AnyResponse:
    """Keep the rows that the check found."""
    version = request.form.get("version", "")
    try:
        with begin() as work:
            found = queries.price_import(work, code)
            at_once = found.n_rows <= AT_ONCE
            asked = service.ask_to_import(
                work, code, int(version) if version.isascii() and version.isdigit() else 0, by_job=not at_once
            )
            event = TableSent(asked.id, asked.version)
    except Conflict as refusal:
        with look() as work:
            form = _filled(queries.price_import(work, code), shanghai_day(work.now))
        form.take(refusal)
        return _import(code, form, refusal.status)
    if at_once:
        jobs.read_table(hub(), event)
    return redirect(url_for("valuation.price_import", code=code), code=303)


@bp.post("/operator/prices/<code>/drop")
@allow("operator")
def drop_table(code: str) -> AnyResponse:
    with begin() as work:
        service.drop_import(work, code)
    flash(_("Put away. Nothing of it was kept."), "success")
    return redirect(url_for("valuation.price_tables"), code=303)


@bp.get("/operator/prices/<code>/left-out.csv")
@allow("operator")
def rejected_rows(code: str) -> Response:
    """The rows that were left out, with the reasons, to be corrected and uploaded again."""
    with look() as work:
        row = queries.price_import(work, code)
        table = table_of_file(queries.bytes_of_import(work, row))
        faults = row.report.get("faults", [])
        category = row.category
    labels = _labels(category)
    data = rejects(
        table,
        faults,
        lambda fault: f"{labels[fault['field']]}: {_(wording.PROBLEMS[fault['code']])}",
        (_("Row of the file"), _("Reason")),
    )
    answer = Response(data.encode(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="left-out-{code}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _labels(category: str) -> dict[str, str]:
    return {field.name: _(field.label) for field in fields_of(category)}


def _form_of(row: PriceImport) -> type[ProvenanceForm]:
    return form_for(row.category, row.headings)


def _filled(row: PriceImport, today: date) -> ProvenanceForm:
    form_class = _form_of(row)
    return filled(form_class, row.told, guess(row.category, form_class.headings), today)


def _list(form: UploadForm, status: int = 200) -> Response:
    with look() as work:
        tables, waiting = queries.tables(work), queries.open_imports(work)
    return render("valuation/tables.html", form=form, tables=tables, waiting=waiting, status=status)


def _import(code: str, form: ProvenanceForm | None = None, status: int = 200) -> Response:
    with look() as work:
        row = queries.price_import(work, code)
        table = queries.table_of_import(work, row)
        is_open = row.state in (UPLOADED, CHECKING, CHECKED)
        if form is None and is_open:
            form = _filled(row, shanghai_day(work.now))
        sample = [(each, queries.title_of(each["asked"])) for each in row.report.get("sample", ())]
    is_waiting, is_script = row.state in (CHECKING, IMPORTING), bool(request.headers.get("HX-Request"))
    answer = render(
        f"valuation/{'_table_waiting' if is_script else 'table'}.html",
        row=row,
        report=row.report,
        sample=sample,
        table=table,
        form=form,
        labels=_labels(row.category),
        listed=LISTED,
        is_waiting=is_waiting,
        is_checked=row.state == CHECKED,
        is_imported=row.state == IMPORTED,
        is_importing=row.state == IMPORTING,
        status=status,
    )
    if is_script and not is_waiting:
        answer.headers["HX-Refresh"] = "true"  # the job is done: the whole page shows what it found
    return answer
