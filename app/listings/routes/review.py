"""The staff's pages: what waits for review with the rules that fired, and decisions about any listing that was sent in."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import DomainError, InvalidInput, NotFound
from app.kernel.text import N_
from app.kernel.work import Work
from app.listings import policy, queries, rules, service
from app.listings.errors import ListingNotFound
from app.listings.forms import FindForm, ReasonForm
from app.listings.models import Listing
from app.listings.routes.blueprint import bp
from app.listings.routes.views import offer_page
from app.listings.states import APPROVE, LISTING_FLOW, REJECT, TAKE_DOWN
from app.web import allow, begin, hub, look, render

SAID = {
    "approve": N_("The listing is on sale."),
    "reject": N_("The listing went back to its seller with your reason."),
    "take_down": N_("The listing is taken down. The seller has your reason."),
    "restore": N_("The listing is on sale again."),
}
DECISION_NAMES = {
    "rules": N_("Sent to review by the rules"),
    "approve": N_("Approved"),
    "reject": N_("Sent back"),
    "take_down": N_("Taken down"),
    "restore": N_("Put back on sale"),
}


@bp.get("/operator/listings")
@allow("operator")
def review_queue() -> AnyResponse:
    """Listings that wait, the longest first; and a box to open any other by its number or address."""
    form = FindForm(request.args, meta={"csrf": False})
    status = 200
    with look() as work:
        wanted = (form.code.data or "").rstrip("/").rsplit("/", 1)[-1]
        if wanted:
            try:
                found = queries.readable_listing(work, wanted)
                return redirect(url_for("listings.review", code=found.code), code=303)
            except NotFound:
                form.code.errors, status = [_("There is no such listing that was ever sent in.")], 404
        waiting = [
            (card, rules.reasons(decision.rules) if decision else [], decision)
            for card, decision in queries.waiting_for_review(work)
        ]
        return render("listings/review_queue.html", waiting=waiting, form=form, status=status)


@bp.get("/operator/listings/<code>")
@allow("operator")
def review(code: str) -> Response:
    """One listing with everything that staff need to decide about it."""
    with look() as work:
        return _page(work, queries.readable_listing(work, code), ReasonForm())


@bp.post("/operator/listings/<code>/<any(approve, reject, take_down, restore):verb>")
@allow("operator")
def decide(code: str, verb: str) -> AnyResponse:
    """A decision; it carries the version of the listing that was looked at."""
    form = ReasonForm()
    status = 422
    if form.validate_on_submit():
        reason = form.reason.data or ""
        try:
            with begin() as work:
                if verb == "approve":
                    service.approve(work, code, form.expected_version)
                else:
                    {"reject": service.reject, "take_down": service.take_down, "restore": service.restore}[verb](
                        work, code, reason, form.expected_version
                    )
            flash(_(SAID[verb]), "success")
            return redirect(url_for("listings.review", code=code), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
        except DomainError as refusal:
            if isinstance(refusal, NotFound):
                raise
            form.take(refusal)
            status = refusal.status
    with look() as work:
        return _page(work, queries.readable_listing(work, code), form, status)


def _page(work: Work, listing: Listing, form: ReasonForm, status: int = 200) -> Response:
    if listing.current_version_no == 0:
        raise ListingNotFound()
    form.version.data = str(listing.version)
    may = policy.can_decide(work.actor, listing)
    offer = offer_page(work, listing, hub().settings)
    decisions = [(row, _(DECISION_NAMES[row.kind]), rules.reasons(row.rules)) for row in queries.decisions_of(work, listing.id)]
    return render(
        "listings/review.html",
        status=status,
        form=form,
        **offer,
        decisions=decisions,
        is_own=policy.is_seller(work.actor, listing),
        can_approve=may and LISTING_FLOW.can(listing.state, APPROVE),
        can_reject=may and LISTING_FLOW.can(listing.state, REJECT),
        can_take_down=may and LISTING_FLOW.can(listing.state, TAKE_DOWN),
        can_restore=policy.can_restore(work.actor, listing),
        held_by_order=listing.state == "reserved",
        removed_by_me=listing.state == "removed" and listing.removed_by_id == work.actor.user_id,
    )
