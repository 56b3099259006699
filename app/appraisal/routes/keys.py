"""The keys with which an appraiser signs: registered with a proof, ended; and the public list of all keys."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.accounts.errors import TooBusy, TooOften, WrongPassword
from app.appraisal import queries, service
from app.appraisal.forms import KeyForm, RevokeKeyForm
from app.appraisal.refusals import KeyNotFound, ProofWrong
from app.appraisal.routes.blueprint import bp
from app.kernel.errors import Conflict
from app.kernel.seal import SealBroken
from app.kernel.work import Work
from app.web import allow, begin, current_actor, hub, look, prove_password, render
from grading.report import ReportError, key_document, read_json

CHALLENGE_LASTS = timedelta(hours=1)
_PROOF_FIELDS = {"format", "person", "public_key", "challenge", "proof"}


@bp.get("/keys")
@allow("appraiser")
def keys() -> Response:
    """One's own keys, and the ways to a new one."""
    return _keys_page(KeyForm(formdata=None))


@bp.post("/keys")
@allow("appraiser")
def register() -> AnyResponse:
    """Register the key whose proof was sent; the private half stays with its holder."""
    form = KeyForm()
    if not form.validate_on_submit():
        return _keys_page(form, 422)
    try:
        proof = _read_proof(form.sent)
        _refuse_old(proof["challenge"])
        with look() as work:
            user = accounts.user_by_id(work, current_actor().id)
        prove_password(user.email, form.password.data or "")
        with begin() as work:
            key = service.register_key(
                work, proof["public_key"], proof["proof"], proof["challenge"], form.label.data or "", until_at=None
            )
        flash(_("The key %(kid)s is registered. From now on you sign with it.", kid=key.kid), "success")
        return redirect(url_for("appraisal.keys"), code=303)
    except WrongPassword:
        form.password.errors = [_("This is not your present password.")]
        return _keys_page(form, 422)
    except (Conflict, TooOften, TooBusy) as refusal:
        form.take(refusal)
        return _keys_page(form, refusal.status)


@bp.route("/keys/<kid>/revoke", methods=["GET", "POST"])
@allow("appraiser")
def revoke_key(kid: str) -> AnyResponse:
    """End a key at once."""
    form = RevokeKeyForm()
    if form.validate_on_submit():
        with begin() as work:
            service.revoke_key(work, kid, form.reason.data or "", form.words.data or "")
        flash(_("The key has ended and signs no more. Reports that it signed before keep their signature."), "success")
        return redirect(url_for("appraisal.keys"), code=303)
    with look() as work:
        key = next((key for key, _ended in queries.keys_of(work, current_actor().id) if key.kid == kid), None)
    if key is None:
        raise KeyNotFound()
    return render("appraisal/key_revoke.html", form=form, key=key, status=422 if request.method == "POST" else 200)


@bp.get("/reports/keys.json")
@allow("anyone")
def public_keys() -> Response:
    """Every public key that ever signed here: keep this list, and verify reports without us."""
    with look() as work:
        listed = key_document(queries.public_keys(work))
    answer = Response(json.dumps(listed, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="xunyi-keys.json"'
    return answer


def _keys_page(form: KeyForm, status: int = 200) -> Response:
    with look() as work:
        owned = queries.keys_of(work, current_actor().id)
        challenge = _challenge(work)
    page: dict[str, Any] = {
        "form": form,
        "owned": owned,
        "challenge": challenge,
        "person": current_actor().code,
        "demo": hub().settings.has_demo_signer,
    }
    return render("appraisal/keys.html", status=status, **page)


def _challenge(work: Work) -> str:
    """A text of ours that a key signs within the hour: sealed for the person, so that nothing needs to be kept."""
    return hub().sealer.seal((work.now + CHALLENGE_LASTS).isoformat(), _place())


def _refuse_old(challenge: str) -> None:
    try:
        until = datetime.fromisoformat(hub().sealer.open(challenge, _place()))
    except (SealBroken, ValueError):
        raise ProofWrong() from None
    with look() as work:
        if work.now > until:
            raise ProofWrong()


def _place() -> str:
    return f"signing_key.challenge:{current_actor().code}"


def _read_proof(data: bytes) -> dict[str, str]:
    try:
        read = read_json(data)
    except ReportError:
        raise ProofWrong() from None
    if not isinstance(read, dict) or set(read) != _PROOF_FIELDS or not all(isinstance(value, str) for value in read.values()):
        raise ProofWrong()
    return {name: str(value) for name, value in read.items()}
