"""The public page of an offer, its frozen versions, and what the seller does with it."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.listings import queries, service
from app.listings.errors import ListingNotFound
from app.listings.forms import EditForm
from app.listings.routes.blueprint import bp
from app.listings.routes.views import STATE_NAMES, STATE_TONES, gallery_photos, offer_page
from app.listings.states import DRAFT, EDITABLE, PUBLIC, RESERVED
from app.valuation import queries as valuation
from app.web import allow, begin, current_actor, hub, look, render

SAID = {
    "pause": N_("Paused. Nobody else can see it now."),
    "resume": N_("It is on sale again."),
    "renew": N_("It is on sale again for its full time."),
    "withdraw": N_("Withdrawn. You can make a new listing at any time."),
}


@bp.get("/items/<code>")
@allow("anyone")
def show(code: str) -> AnyResponse:
    """One offer: public ones for everybody, the others for their seller and for staff."""
    with look() as work:
        listing = queries.readable_listing(work, code)
        if listing.state == DRAFT:
            return redirect(url_for("listings.go_on", code=code), code=303)
        return render("listings/show.html", **offer_page(work, listing, hub().settings))


@bp.get("/items/<code>/versions/<int:no>.json")
@allow("anyone")
def version_file(code: str, no: int) -> Response:
    """The canonical bytes of a frozen version: their SHA-256 is the one on the page."""
    with look() as work:
        listing = queries.readable_listing(work, code)
        if no != listing.current_version_no and current_actor().user_id != listing.seller_id:
            raise ListingNotFound()  # earlier versions belong to the seller and to the orders made on them
        content = queries.version(work, listing.id, no).content
    answer = Response(canonical(content), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-listing-{code}-{no}.json"'
    return answer


@bp.get("/my/listings")
@allow("member")
def mine() -> Response:
    """The seller's own listings by state."""
    with look() as work:
        found = queries.listings_of_seller(work, current_actor().id)
        cards = queries.cards(work, [row.id for row in found])
        rows = []
        for row, card in zip(found, cards, strict=True):
            shown = card.photo
            src = url_for("listings.photo", code=row.code, photo_code=shown.code, size="card") if shown else ""
            picture = {"src": src, "width": shown.width, "height": shown.height} if shown else None
            rows.append({"listing": row, "card": card, "photo": picture, "tone": STATE_TONES.get(row.state, "plain")})
        return render("listings/mine.html", rows=rows, state_names=STATE_NAMES)


@bp.route("/items/<code>/edit", methods=["GET", "POST"])
@allow("member")
def edit(code: str) -> AnyResponse:
    """Change price and text of an offer; what was promised before stays readable in its own version."""
    with look() as work:
        listing = queries.own_listing(work, code)
        if listing.state not in EDITABLE and request.method == "GET":
            if listing.state == RESERVED:
                flash(_("Somebody is buying this just now, so it cannot be changed."), "attention")
            return redirect(url_for("listings.show", code=code), code=303)
        revision, kept = listing.revision, {"price": listing.price_fen, "description": listing.description}
    form, status = EditForm(data={"revision": str(revision), **kept}), 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                with begin() as work:
                    service.edit(work, code, form.price.data or 0, form.description.data or "", form.expected_revision)
                flash(_("Saved. Buyers see the new version from now on."), "success")
                return redirect(url_for("listings.show", code=code), code=303)
            except (InvalidInput, Conflict) as refusal:
                form.take(refusal)
                form.revision.data, status = str(revision), refusal.status
    with look() as work:
        listing = queries.own_listing(work, code)
        photos = gallery_photos(work, listing, public=listing.state in PUBLIC)
        worth = valuation.worth_of_listing(work, listing.id)
        return render(
            "listings/edit.html",
            status=status,
            form=form,
            listing=listing,
            photos=photos,
            worth=worth,
            rating=valuation.rate(worth, listing.price_fen) if worth is not None else None,
            fee_bp=hub().settings.fee_bp,
        )


@bp.post("/items/<code>/<any(pause, resume, renew, withdraw):verb>")
@allow("member")
def change(code: str, verb: str) -> AnyResponse:
    """Pause, resume, renew or withdraw one's own offer."""
    days = hub().settings.listing_days
    with begin() as work:
        if verb in ("resume", "renew"):
            (service.resume if verb == "resume" else service.renew)(work, code, days)
        else:
            (service.pause if verb == "pause" else service.withdraw)(work, code)
    flash(_(SAID[verb]), "success")
    return redirect(url_for("listings.show", code=code), code=303)


@bp.post("/items/<code>/again")
@allow("member")
def again(code: str) -> AnyResponse:
    """Begin a new listing with the answers of one that was withdrawn."""
    with begin() as work:
        listing = service.sell_again(work, code)
    flash(_("Your answers are here again. Please send photos of how it looks today."), "info")
    return redirect(url_for("listings.go_on", code=listing.code), code=303)
