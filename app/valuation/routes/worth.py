"""What is it worth? A free answer for everybody: asked by a POST, kept, and shown under an address of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.goods import catalogue
from app.kernel import rates
from app.kernel.canonical import canonical
from app.kernel.networks import ip_prefix
from app.kernel.time import shanghai_day
from app.kernel.work import VISITOR
from app.valuation import queries, service, wording
from app.valuation.drawing import curve, waterfall
from app.valuation.forms.worth import CATEGORIES, FORMS, BrandForm, WorthForm, size_words
from app.valuation.limits import ASKED, ASKED_NEARBY
from app.valuation.routes.blueprint import bp
from app.valuation.sheet import sheet
from app.valuation.worth import Step, Worth
from app.web import allow, begin, current_actor, hub, look, render
from app.web.api.errors import TooManyRequests
from app.web.languages import gettext as _
from app.web.rendering import in_language


@bp.get("/worth")
@allow("anyone")
def quick() -> Response:
    """The form: first the brand, then what its category is asked."""
    category = _category(request.args)
    brands = BrandForm(category, request.args if "brand" in request.args else None)
    if "brand" in request.args and not brands.validate():
        return _page(category, brands, None, 422)
    form = None
    if brands.chosen is not None:
        with look() as work:
            form = FORMS[category](brands.chosen, shanghai_day(work.now))
    return _page(category, brands, form)


@bp.post("/worth")
@allow("anyone")
def ask() -> AnyResponse:
    """Make and keep an estimate; its page has an address that can be kept and shared."""
    category = _category(request.form)
    brands = BrandForm(category, request.form)
    if not brands.validate() or brands.chosen is None:
        return _page(category, brands, None, 422)
    with look() as work:
        form = FORMS[category](brands.chosen, shanghai_day(work.now))
    if not form.validate():
        return _page(category, brands, form, 422)
    try:
        _count()
    except TooManyRequests as refusal:
        form.take(refusal)
        answer = _page(category, brands, form, refusal.status)
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
        return answer
    with begin() as work:
        code = service.value(work, service.Asked(**form.asked), "public").code
    return redirect(url_for("valuation.show", code=code), code=303)


@bp.get("/worth/<code>")
@allow("anyone")
def show(code: str) -> Response:
    """A stored estimate: the number, how sure it is, why, and what it was compared with."""
    with look() as work:
        stored = queries.given(work, code)
        worth = queries.worth_from(stored)
        asked = stored.inputs["asked"]
        pictures = queries.pictures(work, worth)
    return render(
        "valuation/show.html",
        worth=worth,
        told=_told(asked),
        curve=curve(worth.curve),
        brand=asked["brand"],
        pictures=pictures,
    )


@bp.get("/worth/<code>.json")
@allow("anyone")
def worth_json(code: str) -> Response:
    """The document of an estimate, exactly the bytes of its hash."""
    with look() as work:
        stored = queries.given(work, code)
        data = canonical(stored.document)
    return _file(data, "application/json", f"xunyi-worth-{code}.json")


@bp.get("/worth/<code>.csv")
@allow("anyone")
def worth_csv(code: str) -> Response:
    """The figures of an estimate for spreadsheets."""
    with look() as work:
        data = sheet(queries.worth_from(queries.given(work, code)))
    return _file(data.encode("utf-8"), "text/csv", f"xunyi-worth-{code}.csv")


@bp.get("/worth/ratings")
@allow("anyone")
def ratings() -> Response:
    """By which cut points a price is called high or low, for each category."""
    with look() as work:
        published = [(category, _published(queries.cut_points(work, category))) for category in CATEGORIES]
    return render("valuation/ratings.html", published=published)


def _published(found: tuple[str, tuple[float, ...]] | None) -> tuple[str, list[str]] | None:
    return found and (found[0], [f"{cut:+.2f}".replace("-", "−") for cut in found[1]])


def _page(category: str, brands: BrandForm, form: WorthForm | None, status: int = 200) -> Response:
    return render("valuation/worth.html", status=status, category=category, brands=brands, form=form)


def _category(given: Mapping[str, str]) -> str:
    category = given.get("category", "")
    return category if category in CATEGORIES else CATEGORIES[0]


def _count() -> None:
    """Count one question in a transaction of its own. Raises TooManyRequests."""
    actor = current_actor()
    limit, who = (ASKED, actor.code) if actor.user_id is not None else (ASKED_NEARBY, ip_prefix(request.remote_addr))
    subject = hub().sealer.blind_index(who, "rate.asker")[:32]
    standing = hub().db.run(VISITOR, partial(rates.count, limit=limit, subject=subject))
    if standing.is_over:
        raise TooManyRequests(standing.reset_seconds)


def _file(data: bytes, mimetype: str, name: str) -> Response:
    answer = Response(data, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


NOT_TOLD = ("storage", "age", "use", "battery", "place")  # what the form asks, one step for each; a grade has several answers


def step_words(step: Step, worth: Worth) -> str:
    """What the thing says to this step, for a reader: "128 GB", or that it was not told."""
    if step.name == "model":
        return worth.title
    if step.name == "season":
        return _("month %(month)s", month=step.value)
    return _words(step.name, step.value) or (_("not told") if step.name in NOT_TOLD else "")


bp.record_once(lambda state: state.app.jinja_env.globals.update(worth_fall=waterfall, worth_said=step_words))


def _words(name: str, value: str) -> str:
    if not value:
        return ""
    if name == "storage":
        return size_words(int(value))
    if name == "age":
        years, months = divmod(int(value), 12)
        return (
            _("%(years)s years %(months)s months", years=years, months=months) if years else _("%(months)s months", months=months)
        )
    if name == "use":
        return f"{int(value):,} {_('km')}"
    if name == "battery":
        return f"{value} %"
    if name == "grade":
        return _("grade %(tier)s", tier=value)
    if name == "place":
        found = catalogue.find_district(value)
        return in_language(found.name.model_dump()) if found else value
    return value


_TOLD = (
    ("storage_gb", "storage"),
    ("mileage_km", "use"),
    ("battery_health", "battery"),
    ("tier", "grade"),
    ("district", "place"),
)


def _told(asked: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was told of the thing, label and words; what was not told is left out."""
    since = asked.get("first_used")
    told = [(_("In use since"), str(since))] if since else []
    return told + [
        (_(wording.STEPS[word]), _words(word, str(asked[name]))) for name, word in _TOLD if asked.get(name) is not None
    ]
