"""An appraiser's own pages: certificates, courses, proficiency tests."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import proving, queries, service
from app.appraisal.forms import PREFIX, answers
from app.appraisal.forms_register import CertificateForm, CourseForm, SheetForm
from app.appraisal.register_words import CATEGORY_WORDS, LEVEL_WORDS
from app.appraisal.requirements import requirements
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.register import WORDS, appraiser_page
from app.goods.models import CATEGORIES
from app.kernel.errors import InvalidInput
from app.web import allow, begin, current_actor, look, render
from app.web.rendering import in_language
from grading import Item, load_scheme


@bp.get("/appraiser/me")
@allow("appraiser")
def my_register() -> Response:
    """What I can show, what ends when, and the tests that I can take."""
    with look() as work:
        person = accounts.user_by_id(work, current_actor().id)
        agencies = accounts.organisations_by_id(work, queries.agencies_of(current_actor()))
        may = {
            agency: {category: queries.appraiser_may(work, person.id, agency.id, category) for category in CATEGORIES}
            for agency in agencies.values()
        }
        return render(
            "appraisal/my_register.html",
            **appraiser_page(work, person.code),
            may=may,
            tests=queries.open_tests(work, person.id),
            rule=requirements().proficiency,
            words=WORDS,
        )


@bp.route("/appraiser/certificates/new", methods=["GET", "POST"])
@allow("appraiser")
def new_certificate() -> AnyResponse:
    form = CertificateForm()
    form.category.choices = [(each, _(CATEGORY_WORDS[each])) for each in CATEGORIES]
    form.level.choices = [(each, _(words)) for each, words in LEVEL_WORDS.items()]
    if form.validate_on_submit() and form.valid_from.data and form.valid_until.data:
        try:
            with begin() as work:
                service.hand_in_certificate(
                    work,
                    form.category.data,
                    form.level.data,
                    form.number.data or "",
                    form.issuer.data or "",
                    form.valid_from.data,
                    form.valid_until.data,
                )
            flash(_("The certificate is handed in. It counts as soon as the operator has confirmed it."), "success")
            return redirect(url_for("appraisal.my_register"), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    return render("appraisal/certificate_new.html", form=form, status=422 if request.method == "POST" else 200)


@bp.route("/appraiser/courses/new", methods=["GET", "POST"])
@allow("appraiser")
def new_course() -> AnyResponse:
    form = CourseForm()
    if form.validate_on_submit() and form.taken_on.data:
        try:
            with begin() as work:
                service.record_course(
                    work,
                    form.title.data or "",
                    form.provider.data or "",
                    form.hours.data or 0,
                    form.taken_on.data,
                    form.evidence.data or "",
                )
            flash(_("The course is recorded and its hours count."), "success")
            return redirect(url_for("appraisal.my_register"), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    return render("appraisal/course_new.html", form=form, status=422 if request.method == "POST" else 200)


@bp.post("/appraiser/tests/begin/<category>")
@allow("appraiser")
def begin_test(category: str) -> AnyResponse:
    with begin() as work:
        test = service.begin_test(work, category)
    return redirect(url_for("appraisal.proficiency_test", code=test.code), code=303)


@bp.route("/appraiser/tests/<code>", methods=["GET", "POST"])
@allow("appraiser")
def proficiency_test(code: str) -> AnyResponse:
    """The sample's sheet and the items that it asks; after handing in, the result item by item."""
    form, typed, errors = SheetForm(), answers(request.form), dict[str, str]()
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.hand_in_test(work, code, typed)
            return redirect(url_for("appraisal.proficiency_test", code=code), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
            errors = {key.removeprefix(PREFIX): message for key, message in refusal.errors.items()}
    with look() as work:
        test, result = queries.own_test(work, code)
        over = test.closed_at is not None or test.due_at <= work.now
    scheme = load_scheme(test.scheme_id)
    one = proving.sample(test.category, test.sample)
    return render(
        "appraisal/proficiency_test.html",
        status=422 if request.method == "POST" else 200,
        test=test,
        result=result,
        over=over,
        sample=one,
        scheme=scheme,
        items=proving.items_of(scheme, one),
        by_key=scheme.items_by_key,
        said=_said,
        form=form,
        typed=typed,
        errors=errors,
        rule=requirements().proficiency,
        words=WORDS,
    )


def _said(item: Item, answer: str) -> str:
    """An answer in the scheme's words: the option or the mark with its code; a number with its unit."""
    option = item.option(answer)
    if option is not None:
        return in_language(dict(option.name))
    mark = next((each for each in item.marks if each.value == answer), None)
    if mark is not None:
        return f"{mark.value} {in_language(dict(mark.name))}"
    return f"{answer} {item.unit}".strip()
