"""The wizard's pages: one question a screen, kept at every step, going on where one left off."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import structlog
from flask import Response, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import DomainError, InvalidInput, NotFound
from app.kernel.money import fee_half_up, parse_yuan
from app.kernel.work import Work
from app.listings import answering, policy, queries, service, wizard
from app.listings.errors import AlreadyPublished, ListingIncomplete, StaleDraft
from app.listings.forms import RevisionForm, screen_form
from app.listings.models import Listing, ListingDecision
from app.listings.routes.blueprint import bp
from app.listings.routes.views import offer_page
from app.listings.schema import schema_by_id, sellable
from app.listings.states import DRAFT
from app.valuation import queries as valuation
from app.valuation.errors import ModelDamaged
from app.web import allow, begin, current_actor, hub, look, render

log = structlog.get_logger("web")

DOUBTED = ("number", "registered")  # screens after which the VIN is looked at
VALUED = ("model", "condition", "place")  # steps whose answers change what it is worth
SYMBOLS = {"phone": "phone", "car": "car", "appliance": "appliance"}  # icons of the categories


@bp.get("/sell")
@allow("member")
def start() -> Response:
    """Begin a listing, or go on with one of the unfinished ones."""
    with look() as work:
        drafts = queries.listings_of_seller(work, current_actor().id, [DRAFT])
        ids = [draft.id for draft in drafts]
        photos, decisions = queries.photos_by_listing(work, ids), queries.last_decisions(work, ids)
        lines = [_draft_line(draft, photos.get(draft.id, []), decisions.get(draft.id)) for draft in drafts]
        return render("listings/start.html", drafts=lines, schemas=sellable(), symbols=SYMBOLS)


@bp.post("/sell")
@allow("member")
def create() -> AnyResponse:
    """Open an empty draft and ask the first question."""
    with begin() as work:
        listing = service.start_draft(work, request.form.get("category", "phone"))
    return redirect(url_for("listings.step", code=listing.code, step="model"), code=303)


@bp.get("/sell/<code>")
@allow("member")
def go_on(code: str) -> AnyResponse:
    """The first screen on which something is missing."""
    with look() as work:
        listing = queries.own_listing(work, code)
        if listing.state != DRAFT:
            return redirect(url_for("listings.show", code=code), code=303)
        photos = queries.photos_of(work, listing.id)
        screen = wizard.resume_at(schema_by_id(listing.schema_id), listing.draft, photos)
    return redirect(_address(code, screen), code=303)


@bp.get("/sell/<code>/<step>")
@allow("member")
def step(code: str, step: str) -> AnyResponse:
    """One screen of the wizard."""
    with look() as work:
        listing = queries.own_listing(work, code)
        if listing.state != DRAFT:
            if listing.current_version_no:
                raise AlreadyPublished()
            return redirect(url_for("listings.show", code=code), code=303)
        screen = _screen(listing, step)
        form = screen_form(schema_by_id(listing.schema_id), screen, listing.draft, listing.revision)
        form.back.data = request.args.get("back", "")
        return _page(work, listing, screen, form)


@bp.post("/sell/<code>/<step>")
@allow("member")
def answer(code: str, step: str) -> AnyResponse:
    """Keep the answer and go on; a refused or stale one comes back as it was typed. Autosave gets JSON."""
    autosaves = request.headers.get("X-Autosave") == "1"
    status = 422
    with look() as work:
        listing = queries.own_draft(work, code)
        screen = _screen(listing, step)
        form = screen_form(schema_by_id(listing.schema_id), screen, listing.draft, listing.revision)
    if form.validate_on_submit():
        try:
            with begin() as work:
                saved = service.save_answer(work, code, screen, form.given, form.expected_revision)
                schema = schema_by_id(saved.schema_id)
                revision, following = saved.revision, wizard.beside(schema, screen, 1, saved.draft)
                doubts = wizard.doubts(schema, saved.draft) if screen.code in DOUBTED else []
            _value(code, screen)
            if autosaves:
                return jsonify(fields={"revision": str(revision)})
            for doubt in doubts:
                flash(_(doubt.message) % doubt.values, "attention")
            if form.back.data == "check" or following is None:
                return redirect(url_for("listings.step", code=code, step="check"), code=303)
            return redirect(_address(code, following), code=303)
        except (InvalidInput, StaleDraft) as refusal:
            form.take(refusal)
            status = refusal.status
    if autosaves:
        said = next(iter(message for _field, message in form.error_list), "")
        return jsonify(title=said, status=status), status  # type: ignore[return-value]
    with look() as work:
        listing = queries.own_draft(work, code)
        form.revision.data = str(listing.revision)
        return _page(work, listing, screen, form, status)


@bp.post("/sell/<code>/<step>/worth")
@allow("member")
def try_answer(code: str, step: str) -> Response:
    """The range in the bar of a screen with the answer that is chosen and not kept yet; the kept one where it cannot be used."""
    with look() as work:
        listing = queries.own_draft(work, code)
        screen = _screen(listing, step)
        form = screen_form(schema_by_id(listing.schema_id), screen, listing.draft, listing.revision)
        worth = valuation.worth_of_listing(work, listing.id)
    if form.validate_on_submit():
        with suppress(InvalidInput), begin() as work:
            worth = service.value_answer(work, code, screen, form.given) or worth
    return render("listings/_worth_bar.html", listing=listing, screen=screen, worth=worth)


@bp.get("/sell/<code>/price/view")
@allow("member")
def price_view(code: str) -> Response:
    """The part of the price screen that follows what is typed: where the price stands, fee and what the seller gets."""
    try:
        price_fen: int | None = parse_yuan(request.args.get("price", "").strip()) or None
    except ValueError:
        price_fen = None
    with look() as work:
        listing = queries.own_draft(work, code)
        return render("listings/_price.html", listing=listing, **_price(work, listing, price_fen))


@bp.post("/sell/<code>/publish")
@allow("member")
def publish(code: str) -> AnyResponse:
    """Publish the draft: on sale at once, or looked at first when a rule fired."""
    seen = RevisionForm()
    try:
        with begin() as work:
            listing = service.publish(work, code, hub().settings.listing_days, seen.expected_revision)
            is_on_sale = listing.state == "active"
    except ListingIncomplete as refusal:
        flash(_(refusal.message), "attention")
        return redirect(url_for("listings.step", code=code, step="check"), code=303)
    except (AlreadyPublished, NotFound):
        raise
    except DomainError as refusal:
        return _check_again(code, refusal)
    if is_on_sale:
        flash(_("Your listing is on sale. We tell you as soon as somebody buys it."), "success")
    return redirect(url_for("listings.show", code=code), code=303)


@bp.post("/sell/<code>/appraise")
@allow("member")
def appraise_unoffered(code: str) -> AnyResponse:
    """The item of the draft is registered without being offered; then the owner chooses who appraises it."""
    try:
        with begin() as work:
            thing = service.register_unoffered(work, code)
    except (AlreadyPublished, NotFound):
        raise
    except DomainError as refusal:
        return _check_again(code, refusal)
    return redirect(url_for("appraisal.request_page", thing=thing.code), code=303)


@bp.post("/sell/<code>/discard")
@allow("member")
def discard(code: str) -> AnyResponse:
    """Throw a draft away."""
    with begin() as work:
        service.discard_draft(work, code)
    flash(_("The unfinished listing is deleted."), "info")
    return redirect(url_for("listings.start"), code=303)


def _value(code: str, screen: wizard.Screen) -> None:
    """After an answer that may change it: what the draft is worth. The answer is kept, also where that cannot be told now."""
    if screen.step not in VALUED:
        return
    try:
        with begin() as work:
            service.value_draft(work, code)
    except ModelDamaged as damage:
        log.error("draft_not_valued", entity=code, version=damage.values["name"], error=damage.code)


def _screen(listing: Listing, step: str) -> wizard.Screen:
    wanted = request.form.get("screen") or request.args.get("q")
    screen = wizard.find_screen(schema_by_id(listing.schema_id), step, wanted, listing.draft)
    if screen is None:
        raise NoSuchPage()
    return screen


def _address(code: str, screen: wizard.Screen, back: str | None = None) -> str:
    return url_for("listings.step", code=code, step=screen.step, q=None if screen.is_alone else screen.code, back=back)


def _draft_line(draft: Listing, photos: list[queries.PhotoOf], decision: ListingDecision | None) -> dict[str, Any]:
    schema = schema_by_id(draft.schema_id)
    ready = next((photo for photo in photos if photo.state == "ready"), None)
    src = url_for("listings.photo", code=draft.code, photo_code=ready.code, size="card") if ready else ""
    return {
        "code": draft.code,
        "title": wizard.title_of(schema, draft.draft),
        "photo": {"src": src, "width": ready.width, "height": ready.height} if ready else None,
        "done": len(wizard.done_steps(schema, draft.draft, photos)),
        "total": len(wizard.steps(schema, draft.draft)) - 1,
        "at": draft.entered_at,
        "rejected": decision is not None and decision.kind == "reject",
    }


def _page(work: Work, listing: Listing, screen: wizard.Screen, form: RevisionForm, status: int = 200) -> Response:
    """One screen, drawn by the template of its kind."""
    schema = schema_by_id(listing.schema_id)
    listed = wizard.steps(schema, listing.draft)
    before = wizard.beside(schema, screen, -1, listing.draft)
    back = form.back.data if form.back.data == "check" else None
    context: dict[str, Any] = {
        "listing": listing,
        "schema": schema,
        "category_name": schema.name.names,
        "screen": screen,
        "question": screen.question,
        "form": form,
        "draft": listing.draft,
        "title": wizard.title_of(schema, listing.draft),
        "step_no": listed.index(screen.step) + 1,
        "step_count": len(listed),
        "step_name": wizard.STEP_NAMES[screen.step],
        "step_links": [(_(wizard.STEP_NAMES[each]), url_for("listings.step", code=listing.code, step=each)) for each in listed],
        "back_href": url_for("listings.step", code=listing.code, step="check")
        if back
        else (_address(listing.code, before) if before else url_for("listings.start")),
        "worth": valuation.worth_of_listing(work, listing.id),
        "also": answering.other_names(listing.category, listing.draft, screen.code),
        "others": [each for each in wizard.screens(schema, listing.draft) if each.step == screen.step],
    }
    if screen.step == "photos":
        context |= photo_context(work, listing)
    elif screen.step == "price":
        context |= _price(work, listing, form.data.get("price") or listing.draft.get("price_fen"))
    elif screen.step == "wipe":
        context["guide"] = schema.guide_for(listing.draft.get("brand", ""))
    elif screen.step == "check":
        context |= _check(work, listing)
    elif screen.step == "place":
        context["ship_days"] = hub().settings.ship_days
    return render(f"listings/{_TEMPLATES.get(screen.code, 'question')}.html", status=status, **context)


def photo_context(work: Work, listing: Listing) -> dict[str, Any]:
    """What the list of a draft's photos shows."""
    photos = queries.photos_of(work, listing.id)
    return {
        "listing": listing,
        "schema": schema_by_id(listing.schema_id),
        "photos": photos,
        "waiting": sum(photo.state == "received" for photo in photos),
        "ready": sum(photo.state == "ready" for photo in photos),
        "failed": sum(photo.state == "failed" for photo in photos),
    }


def _price(work: Work, listing: Listing, price_fen: int | None) -> dict[str, Any]:
    fee_bp = hub().settings.fee_bp
    is_paid_here = policy.is_bought_here(listing)
    worth = valuation.worth_of_listing(work, listing.id)
    fee_fen = fee_half_up(price_fen, fee_bp) if price_fen and is_paid_here else None
    return {
        "price_fen": price_fen,
        "is_paid_here": is_paid_here,
        "fee_bp": fee_bp,
        "fee_fen": fee_fen,
        "net_fen": price_fen - fee_fen if price_fen and fee_fen is not None else None,
        "worth": worth,
        "rating": valuation.rate(worth, price_fen) if worth is not None and price_fen else None,
    }


def _check_again(code: str, refusal: DomainError) -> AnyResponse:
    """The check page with what keeps the draft from going on."""
    with look() as work:
        listing, check = queries.own_draft(work, code), wizard.Screen("check", "check")
        form = screen_form(schema_by_id(listing.schema_id), check, listing.draft, listing.revision)
        form.take(refusal)
        return _page(work, listing, check, form, refusal.status)


def _check(work: Work, listing: Listing) -> dict[str, Any]:
    schema = schema_by_id(listing.schema_id)
    photos = queries.photos_of(work, listing.id)
    lacks = wizard.missing(schema, listing.draft, photos)
    decision = queries.last_decision(work, listing.id)
    offer = offer_page(work, listing, hub().settings)
    return {
        **{key: value for key, value in offer.items() if key not in ("listing", "title")},
        "doubts": wizard.doubts(schema, listing.draft),
        "lacks": [(lack, _address(listing.code, wizard.Screen(lack.step, lack.screen), "check")) for lack in lacks],
        "is_described": service.is_described(listing),
        "done": wizard.done_steps(schema, listing.draft, photos),
        "overview": [(each, _(wizard.STEP_NAMES[each])) for each in wizard.steps(schema, listing.draft) if each != "check"],
        "net_fen": offer["price_fen"] - offer["fee_fen"] if offer["fee_fen"] is not None else None,
        "rejected": decision if decision is not None and decision.kind == "reject" else None,
        "listing_days": hub().settings.listing_days,
    }


_TEMPLATES = {
    "type": "question",
    "brand": "brand",
    "model": "model",
    "storage": "question",
    "colour": "question",
    "number": "number",
    "photos": "photos",
    "notes": "notes",
    "price": "price",
    "place": "place",
    "wipe": "wipe",
    "check": "check",
}
