"""Keys of the authority and the notes that it signed: registered by two officers, uploaded under a purpose."""

from __future__ import annotations

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.credit.queries import FINDING_KINDS
from app.kernel.errors import InvalidInput
from app.oversight import queries, service
from app.oversight.forms import FindingForm, KeyForm
from app.oversight.routes.blueprint import bp
from app.web import allow, begin, look, render


@bp.get("/oversight/keys")
@allow("officer")
def keys() -> Response:
    """The authority's keys, and the form for a new one."""
    return _keys(KeyForm())


@bp.post("/oversight/keys")
@allow("officer")
def propose_key() -> AnyResponse:
    """Bring a public key; it counts once another officer has confirmed it."""
    form = KeyForm()
    if not form.validate_on_submit():
        return _keys(form, 422)
    try:
        with begin() as work:
            service.propose_key(work, form.vkey.data or "")
    except InvalidInput as refusal:
        form.take(refusal)
        return _keys(form, 422)
    return redirect(url_for("oversight.keys"), 303)


@bp.post("/oversight/keys/<key_code>/confirm")
@allow("officer")
def confirm_key(key_code: str) -> AnyResponse:
    with begin() as work:
        service.confirm_key(work, key_code)
    return redirect(url_for("oversight.keys"), 303)


@bp.post("/oversight/keys/<key_code>/end")
@allow("officer")
def end_key(key_code: str) -> AnyResponse:
    with begin() as work:
        service.end_key(work, key_code)
    return redirect(url_for("oversight.keys"), 303)


@bp.route("/oversight/<code>/findings", methods=["GET", "POST"])
@allow("officer")
def findings(code: str) -> AnyResponse:
    """Every signed finding, and the form for a new note."""
    form = FindingForm()
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.append_finding(work, code, form.note.data or "")
            return redirect(url_for("oversight.findings", code=code), 303)
        except InvalidInput as refusal:
            form.take(refusal)
    with look() as work:
        return render(
            "oversight/findings.html",
            status=422 if form.is_submitted() else 200,
            purpose=queries.own_purpose(work, code),
            findings=queries.findings(work, code),
            has_key=queries.has_usable_key(work),
            kinds=FINDING_KINDS,
            form=form,
        )


def _keys(form: KeyForm, status: int = 200) -> Response:
    with look() as work:
        return render("oversight/keys.html", status=status, form=form, keys=queries.own_keys(work), reader=work.actor.id)
