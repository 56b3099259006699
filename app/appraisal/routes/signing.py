"""The last look before signing, the frozen draft, and its signatures: by key, or in the demo by typed name."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.errors import AppraisalNotFound, OwnThing, TooClose
from app.appraisal.forms import ConfirmForm, FreezeForm, ReferBackForm, SignatureForm, SignForm, read_rev
from app.appraisal.models import Appraisal
from app.appraisal.parts import FACTS
from app.appraisal.refusals import DraftMoved
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.inspections import inspection_page
from app.appraisal.routes.showing import order_page
from app.appraisal.states import REVIEWED, SECOND_LOOK
from app.goods.models import Thing
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.web import allow, begin, current_actor, look, render
from grading import GradeResult, Scheme
from grading.report import ReportError, read_detached


@bp.route("/appraisals/<code>/sign", methods=["GET", "POST"])
@allow("appraiser")
def sign(code: str) -> AnyResponse:
    """The last look before signing. Without a key of one's own the demo's signer signs, and the report says so."""
    form = SignForm()
    status = 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        try:
            with begin() as work:
                report = service.sign(work, code, form.name.data or "", read_rev(form.rev.data), form.reviewer.data or "")
            if report is None:
                return _waits(code, _("Your part is done. The senior appraiser has been told."))
            return redirect(url_for("appraisal.report", code=report.code), code=303)
        except (Conflict, InvalidInput) as refusal:
            form.take(refusal)
            status = refusal.status
    return _sign_page(code, form, FreezeForm(formdata=None), status)


@bp.post("/appraisals/<code>/freeze")
@allow("appraiser")
def freeze(code: str) -> AnyResponse:
    """Make the draft that is signed with a key."""
    form = FreezeForm()
    status = 422
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.freeze(work, code, read_rev(form.rev.data), form.reviewer.data or "")
            return redirect(url_for("appraisal.draft", code=code), code=303)
        except (Conflict, InvalidInput) as refusal:
            form.take(refusal)
            status = refusal.status
    return _sign_page(code, SignForm(formdata=None), form, status)


@bp.get("/appraisals/<code>/draft")
@allow("appraiser")
def draft(code: str) -> Response:
    """The frozen draft, for its appraiser and its senior: what it says, and the ways of signing it."""
    return _draft_page(code)


@bp.get("/appraisals/<code>/draft.json")
@allow("appraiser")
def draft_json(code: str) -> Response:
    """The canonical bytes that are signed."""
    with look() as work:
        found = _draft(work, code)["draft"]
    answer = Response(canonical(found.content), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-draft-{found.code}.json"'
    return answer


@bp.post("/appraisals/<code>/draft/signature")
@allow("appraiser")
def add_signature(code: str) -> AnyResponse:
    """Take a signature made in the browser or by a command. Whatever is refused, the draft and every answer are kept."""
    form = SignatureForm()
    status = 422
    if form.validate_on_submit():
        try:
            part = read_detached(form.sent)
            with begin() as work:
                report = service.add_signature(work, code, service.Signed(part["kid"], part["value"], part["content_sha256"]))
            return _after(code, report)
        except ReportError:
            form.file.errors = [
                _("Choose the signature file that the command wrote for this draft.")
                if not form.sent
                else _("This is no signature file, or it is damaged. Please make it once more; the draft is kept.")
            ]
        except (Conflict, OwnThing, TooClose) as refusal:
            form.take(refusal)
            status = refusal.status
    return _draft_page(code, status, signature_form=form)


@bp.post("/appraisals/<code>/draft/confirm")
@allow("appraiser")
def confirm(code: str) -> AnyResponse:
    """The senior's yes by typed name to the draft that the page showed, where the demo's signer signs.

    When another draft was made since, it is shown, with the name still typed; when none waits any more, the refusal says so.
    """
    form = ConfirmForm()
    status = 422
    if form.validate_on_submit():
        try:
            with begin() as work:
                report = service.confirm(work, code, form.name.data or "", form.sha256.data or "")
            return _after(code, report)
        except (Conflict, InvalidInput, OwnThing, TooClose) as refusal:
            if not _is_shown(code):
                raise
            form.take(refusal)
            status = refusal.status
    return _draft_page(code, status, confirm_form=form)


@bp.post("/appraisals/<code>/draft/refer-back")
@allow("appraiser")
def refer_back(code: str) -> AnyResponse:
    """The senior asks for another look."""
    form = ReferBackForm()
    if form.validate_on_submit():
        with begin() as work:
            service.refer_back(work, code, form.reason.data or "")
        flash(_("The appraiser has been told what to look at again."), "success")
        return redirect(url_for("appraisal.queue"), code=303)
    return _draft_page(code, 422, refer_form=form)


@bp.post("/appraisals/<code>/draft/reopen")
@allow("appraiser")
def reopen(code: str) -> AnyResponse:
    """The appraiser takes the draft back."""
    with begin() as work:
        service.reopen(work, code)
    flash(_("The draft was taken back. Every answer is still there."), "success")
    return redirect(url_for("appraisal.inspect", code=code), code=303)


@bp.post("/appraisals/<code>/drop-correction")
@allow("appraiser")
def drop_correction(code: str) -> AnyResponse:
    """Give a correction up."""
    with begin() as work:
        service.drop_correction(work, code)
    flash(_("The correction was dropped. The report stays as it was."), "success")
    return redirect(url_for("appraisal.show", code=code), code=303)


def _after(code: str, report: Any) -> AnyResponse:
    if report is None:
        return _waits(code, _("Your signature is kept. The senior appraiser has been told."))
    flash(_("The report is signed. Its PDF will be ready in a few seconds."), "success")
    return redirect(url_for("appraisal.report", code=report.code), code=303)


def _waits(code: str, for_senior: str) -> AnyResponse:
    """Where to, once somebody has signed and there is no report yet: the senior signs next, or a second person looks."""
    with look() as work:
        is_signed = queries.visible_appraisal(work, code).state == SECOND_LOOK
    if is_signed:
        flash(_("Signed. Before the report is issued, somebody who does not know the grade looks a second time."), "success")
        return redirect(url_for("appraisal.show", code=code), code=303)
    flash(for_senior, "success")
    return redirect(url_for("appraisal.draft", code=code), code=303)


def _sign_page(code: str, sign_form: SignForm, freeze_form: FreezeForm, status: int) -> AnyResponse:
    with look() as work:
        if request.method == "POST":
            queries.own_inspection(work, code)  # a colleague's order is not found, also when the form alone would be refused
        page = inspection_page(work, code, sign_form)
        if page is None:
            return redirect(url_for("appraisal.show", code=code), code=303)
        freeze_form.rev.data = sign_form.rev.data
        page |= _who_signs(work, page["order"], page["thing"])
        page["lacks_seal"] = queries.lacks_seal(work, page["order"], page["result"])
        page["unread"] = _unread(work, page["order"], page["scheme"], page["result"])
    choices = {user.code: user.display_name for user in page["reviewers"]}
    for form in (sign_form, freeze_form):
        form.reviewer.choices = choices
        if not form.reviewer.data and choices:
            form.reviewer.data = next(iter(choices))
    return render("appraisal/sign.html", status=status, **page, freeze_form=freeze_form)


def _unread(work: Work, order: Appraisal, scheme: Scheme, result: GradeResult) -> list[dict[str, Any]]:
    """The numbers that still have to name their instrument, with the part of the form in which they stand."""
    items = scheme.items_by_key
    names = {fact.key: dict(fact.name) for fact in scheme.facts}
    return [
        {"key": key, "section": FACTS if key in names else items[key].section, "name": names.get(key) or dict(items[key].name)}
        for key in service.without_own_instrument(work, order, scheme, result)
    ]


def _who_signs(work: Work, order: Appraisal, thing: Thing) -> dict[str, Any]:
    me = current_actor().id
    with_senior = thing.category in service.TWO_SIGN
    reviewers = queries.reviewers_of(work, order, thing, me) if with_senior else []
    holders = queries.keys_that_sign(work, [me, *(user.id for user in reviewers)])
    has_key = me in holders
    if has_key:
        reviewers = [user for user in reviewers if user.id in holders]
    return {
        "has_key": has_key,
        "by_operator": service.operator_signer(work) is not None and not has_key,
        "with_senior": with_senior,
        "reviewers": reviewers,
    }


def _is_shown(code: str) -> bool:
    """Whether there is a draft for the reader to see, still or again."""
    with look() as work:
        try:
            queries.draft_to_sign(work, code)
        except AppraisalNotFound:
            return False
    return True


def _draft(work: Work, code: str) -> dict[str, Any]:
    """The page's order with the draft that waits for a signature. Raises AppraisalNotFound for all but those who sign it."""
    _order, found = queries.draft_to_sign(work, code)
    return order_page(work, code) | {"draft": found}


def _draft_page(code: str, status: int = 200, **forms: Any) -> Response:
    with look() as work:
        page = _draft(work, code)
        found, order = page["draft"], page["order"]
        me = current_actor().user_id
        in_review = order.state in REVIEWED
        page |= {
            "content": found.content,
            "result": found.content["result"],
            "by_operator": found.content["signature"]["kind"] == "operator",
            "is_appraiser": me == found.appraiser_id,
            "may_sign": page["against_correction"] is None and me == (found.reviewer_id if in_review else found.appraiser_id),
            "in_review": in_review,
            "signed": queries.signatures_of(work, found.id),
            "reviewer": accounts.user_by_id(work, found.reviewer_id) if found.reviewer_id else None,
            "keys": queries.keys_that_sign(work, [current_actor().id]).get(current_actor().id, []),
        }
    made = {"signature_form": SignatureForm, "confirm_form": ConfirmForm, "refer_form": ReferBackForm}
    page |= {name: forms.get(name) or form(formdata=None) for name, form in made.items()}
    _show_draft(page["confirm_form"], found.sha256)
    return render("appraisal/draft.html", status=status, **page)


def _show_draft(form: ConfirmForm, sha256: str) -> None:
    """The form of a page that shows this draft; it says so when what was sent belonged to another one."""
    if form.sha256.data and form.sha256.data != sha256 and not form.problems:
        form.take(DraftMoved())
    form.sha256.data = sha256
