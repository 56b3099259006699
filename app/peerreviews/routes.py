"""Pages of peer reviews: what waits for me, the blind form, both grades and a senior's decision, staff's list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries as appraisal
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.work import Work
from app.media.queries import photo_file
from app.peerreviews import queries, service
from app.peerreviews.forms import PREFIX, BlindForm, DecideForm, NameForm, PassForm, answers
from app.peerreviews.models import AGREES, PeerReview
from app.peerreviews.rules import least_judged
from app.peerreviews.states import ASKED, DECIDING
from app.peerreviews.wording import BY_WORDS, OUTCOME_WORDS, REASON_WORDS, ROLE_WORDS, STATE_WORDS
from app.schemes.queries import get_scheme
from app.web import allow, begin, current_actor, hub, look, render
from app.web.forms import Form
from app.web.rendering import in_language
from grading import Scheme

bp = Blueprint("peerreviews", __name__)
WORDS = {"states": STATE_WORDS, "reasons": REASON_WORDS, "outcomes": OUTCOME_WORDS, "roles": ROLE_WORDS, "by": BY_WORDS}


@bp.get("/peer-reviews")
@allow("appraiser")
def mine() -> Response:
    """Second looks and decisions that wait for the reader, and how earlier ones came out."""
    with look() as work:
        waiting, done = queries.waiting_for(work, current_actor().id), queries.done_by(work, current_actor().id)
        things = queries.things_of(work, [*waiting, *done])
        last = queries.last_results(work, [one.id for one in done])
    names = {review_id: _name(thing) for review_id, thing in things.items()}
    return render("peerreviews/mine.html", waiting=waiting, done=done, names=names, last=last, words=WORDS)


@bp.get("/peer-reviews/<code>")
@allow("appraiser", "manager", "operator")
def show(code: str) -> Response:
    """The blind form for whoever is asked to look; for everybody who may read it, both grades."""
    return _page(code)


@bp.post("/peer-reviews/<code>/save")
@allow("appraiser")
def save(code: str) -> AnyResponse:
    """Keep what was answered so far. A refused answer is named beside its item; all others are kept."""
    form, typed = BlindForm(), answers(request.form)
    if not form.validate_on_submit():
        return _page(code, 422, blind=form, typed=typed)
    try:
        with begin() as work:
            kept = service.save(work, code, typed, form.seen)
    except Conflict as refusal:
        form.take(refusal)
        return _page(code, refusal.status, blind=form, typed=typed)
    if kept.refused:
        wrong = {key: in_language(dict(words)) for key, words in kept.refused.items()}
        return _page(code, 422, typed={key: typed[key] for key in wrong}, wrong=wrong)
    flash(_("Your answers are kept."), "success")
    return redirect(url_for("peerreviews.show", code=code), code=303)


@bp.post("/peer-reviews/<code>/hand-in")
@allow("appraiser")
def hand_in(code: str) -> AnyResponse:
    """Hand the second look in. What is open or refused is named, and nothing that was typed is lost."""
    form, typed = BlindForm(), answers(request.form)
    if not form.validate_on_submit():
        return _page(code, 422, blind=form, typed=typed)
    try:
        with begin() as work:
            outcome = service.hand_in(work, code, typed, form.seen).outcome
    except (Conflict, InvalidInput) as refusal:
        errors = refusal.errors if isinstance(refusal, InvalidInput) else {}
        told = refusal.values.get("refused", {})
        wrong = {
            key.removeprefix(PREFIX): in_language(dict(told[key.removeprefix(PREFIX)]))
            if key.removeprefix(PREFIX) in told
            else _(text)
            for key, text in errors.items()
        }
        if not wrong:
            form.take(refusal)
        return _page(code, refusal.status, blind=form, typed=typed, wrong=wrong)
    said = _("You came to the same grade. The report is issued.")
    flash(said if outcome == AGREES else _("You came to another grade. A senior appraiser decides now."), "success")
    return redirect(url_for("peerreviews.show", code=code), code=303)


@bp.post("/peer-reviews/<code>/pass")
@allow("appraiser")
def pass_on(code: str) -> AnyResponse:
    """Who was asked cannot do it."""
    form = PassForm()

    def step(work: Work) -> None:
        service.pass_on(work, code, form.reason.data or "")

    return _take(code, "passing", form, step, _("It goes to the next person."))


@bp.post("/peer-reviews/<code>/decide")
@allow("appraiser")
def decide(code: str) -> AnyResponse:
    """The senior's word."""
    form = DecideForm()

    def step(work: Work) -> None:
        service.decide(work, code, form.decision.data or "", form.reason.data or "")

    return _take(code, "deciding", form, step, _("Your decision is kept. Both of them can read it."))


@bp.get("/peer-reviews/<code>/photos/<photo_code>/<size>.webp")
@allow("appraiser", "manager", "operator")
def photo(code: str, photo_code: str, size: str) -> AnyResponse:
    """A photo of the inspection, for whoever looks a second time or may read how it came out."""
    with look() as work:
        review = _mine_to_answer(work, code) or queries.readable_review(work, code)
        order = appraisal.appraisal_by_id(work, review.appraisal_id)
        _row, found = appraisal.inspection_photo(work, order, photo_code)
        file = photo_file(hub().store, found, size)
    answer = make_response(file.path.read_bytes())  # at most about a megabyte, by the sizes we keep
    answer.mimetype = file.content_type
    answer.set_etag(file.etag)
    answer.cache_control.private = True
    answer.cache_control.max_age = 3600
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer.make_conditional(request)


# Staff


@bp.get("/operator/peer-reviews")
@allow("operator")
def waiting() -> Response:
    """Second looks and decisions that nobody has, the one that waits longest first."""
    return _staff_page()


@bp.post("/operator/peer-reviews/<code>/draw")
@allow("operator")
def draw_again(code: str) -> AnyResponse:
    """Draw the next person now."""
    try:
        with begin() as work:
            service.draw_again(work, hub().sealer, code)
    except (Conflict, NotAllowed) as refusal:
        form = NameForm(formdata=None)
        form.take(refusal)
        return _staff_page(form, refusal.status)
    flash(_("Somebody was drawn and is asked."), "success")
    return redirect(url_for("peerreviews.waiting"), code=303)


@bp.post("/operator/peer-reviews/<code>/name")
@allow("operator")
def name(code: str) -> AnyResponse:
    """Ask a person by name; also one who was asked before."""
    form = NameForm()
    if not form.validate_on_submit():
        return _staff_page(form, 422)
    try:
        with begin() as work:
            service.name_by_staff(work, code, form.code)
    except (Conflict, NotAllowed) as refusal:
        form.take(refusal)
        return _staff_page(form, refusal.status)
    flash(_("The person is asked."), "success")
    return redirect(url_for("peerreviews.waiting"), code=303)


def _staff_page(form: NameForm | None = None, status: int = 200) -> Response:
    with look() as work:
        things = queries.things_of(work, reviews := queries.without_anybody(work))
        rows = [(review, _name(things[review.id]), service.role_wanted(review)) for review in reviews]
        agencies = accounts.organisations_by_id(work, {one.agency_id for one in reviews})
    form = form or NameForm(formdata=None)
    return render("peerreviews/waiting.html", status=status, rows=rows, agencies=agencies, form=form, words=WORDS)


def _take(code: str, name: str, form: Form, step: Callable[[Work], None], said: str) -> AnyResponse:
    with look() as work:
        queries.own_review(work, code)  # who may not see it is told before anything that was typed
    if not form.validate_on_submit():
        return _page(code, 422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (Conflict, InvalidInput) as refusal:
        form.take(refusal)
        return _page(code, refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("peerreviews.mine"), code=303)


def _mine_to_answer(work: Work, code: str) -> PeerReview | None:
    """The review when the reader is the one who is asked to look."""
    found = queries.find_review(work, code)
    return found if found is not None and found.state == ASKED and found.person_id == current_actor().user_id else None


def _page(code: str, status: int = 200, **typed: Any) -> Response:
    with look() as work:
        review = _mine_to_answer(work, code)
        if review is not None:
            return render("peerreviews/blind.html", status=status, **_blind(work, review, typed))
        return render("peerreviews/outcome.html", status=status, **_outcome(work, queries.readable_review(work, code), typed))


def _blind(work: Work, review: PeerReview, typed: dict[str, Any]) -> dict[str, Any]:
    """Nothing here comes from the first answers but what everybody may know: photos, numbers, the thing itself."""
    sheet = appraisal.blind_sheet(work, appraisal.draft_by_id(work, review.draft_id))
    form: BlindForm = typed.get("blind") or BlindForm(formdata=None)
    form.rev.data = str(review.answers_rev)
    given = {**review.answers, **typed.get("typed", {})}
    return {
        "review": review,
        "sheet": sheet,
        "thing_name": _name(sheet.thing),
        "form": form,
        "passing": typed.get("passing") or PassForm(formdata=None),
        "given": given,
        "wrong": typed.get("wrong", {}),
        "not_judged": appraisal.NOT_JUDGED,
        "must": frozenset(service.must_answer(sheet)),
        "answered": sum(1 for key in sheet.asked if review.answers.get(key)),
        "least": least_judged(len(sheet.asked)),
    }


def _outcome(work: Work, review: PeerReview, typed: dict[str, Any]) -> dict[str, Any]:
    order = appraisal.appraisal_by_id(work, review.appraisal_id)
    thing = work.session.get_one(Thing, order.thing_id)
    results, askings = queries.results_of(work, review.id), queries.askings_of(work, review.id)
    decisions = queries.decisions_of(work, review.id)
    people = {review.appraiser_id, *(one.person_id for one in askings), *(one.by_id for one in decisions.values())}
    mine = review.person_id == current_actor().user_id
    return {
        "review": review,
        "order": order,
        "report": appraisal.report_of(work, order),
        "thing_name": _name(thing),
        "results": results,
        "decisions": decisions,
        "askings": askings,
        "people": accounts.users_by_id(work, people),
        "agency": accounts.organisation_by_id(work, review.agency_id),
        "photos": [each for _row, each in appraisal.photos_of_inspection(work, order) if each.state == "ready"],
        "may_decide": mine and review.state == DECIDING,
        "passing": typed.get("passing") or PassForm(formdata=None),
        "deciding": typed.get("deciding") or DecideForm(formdata=None),
        "lines": {one.id: _lines(get_scheme(work, order.scheme_id), one.content["differs"]) for one in results},
        "words": WORDS,
    }


def _lines(scheme: Scheme, differs: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """What the two answered differently, in words."""
    facts = {fact.key: fact for fact in scheme.facts}

    def words(key: str, answer: str) -> str:
        if key in facts:
            return _("Yes") if answer == "true" else _("Not the case")
        item = scheme.items_by_key[key]
        option = item.option(answer)
        return in_language({"zh": option.name.zh, "en": option.name.en}) if option is not None else answer or "–"

    found = []
    for one in differs:
        item = scheme.items_by_key.get(one["key"])
        name = item.name if item is not None else facts[one["key"]].name
        called = in_language({"zh": name.zh, "en": name.en})
        label = f"{item.code} {called}" if item is not None else called
        found.append((label, words(one["key"], one["first"]), words(one["key"], one["second"])))
    return found


def _name(thing: Thing) -> str:
    name = goods.name_of(thing.category, thing.brand, thing.model, thing.attributes)
    return f"{name} {thing.storage_gb}GB" if thing.storage_gb else name
