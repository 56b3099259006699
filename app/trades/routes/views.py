"""What the pages of an order and of a case show, gathered once, and how a step is taken from the order's page."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.listings import queries as listings
from app.regulations import queries as regulations
from app.trades import choices, policy, queries, rules, service
from app.trades.carrying import carrying
from app.trades.forms import (
    CancelForm,
    ChangeForm,
    CodeForm,
    MeetingForm,
    ParcelForm,
    ReturnForm,
    ReviewForm,
    ShipForm,
    VersionForm,
    WordsForm,
    lift_choices,
)
from app.trades.models import Order
from app.trades.queries import offers
from app.trades.queries.carrying import delivery_of
from app.trades.queries.changes import can_change, changes_of
from app.trades.queries.checking import can_check, check_of
from app.trades.queries.reviews import reviews_for
from app.trades.queries.rights import rights_of_order, terms_of
from app.trades.timeline import timeline
from app.trades.wording import CHANGE_REASONS, CHANGE_STATES, HIDDEN_WORDS, INSTALLER_WORDS
from app.web import begin, hub, look, render
from app.web.forms import Form


def take_step(code: str, form: Form, name: str, step: Any, said: str) -> AnyResponse:
    """Read the form, take the step, go back to the order; a refusal is shown on the order's page with what was typed."""
    if not form.validate_on_submit():
        return order_page(code, status=422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return order_page(code, status=refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("trades.show", code=code), code=303)


def order_page(code: str, status: int = 200, **typed: Form) -> AnyResponse:
    with look() as work:
        order = queries.own_order(work, code)
        is_seller = policy.role_in(work.actor, order) == rules.SELLER
        is_shown = queries.sees_address(order, rules.SELLER if is_seller else rules.BUYER)
        is_return_shown = queries.sees_return_address(order)
    if is_shown if is_seller else is_return_shown:
        with begin() as work:  # one side is about to be shown where the other lives: that is written down first
            service.note_address_shown(work, code)
    sealer = hub().sealer
    with look() as work:
        order = queries.own_order(work, code)
        role = policy.role_in(work.actor, order) or rules.BUYER
        page = facts(work, order, role)
        return_address = queries.return_address_of(order, sealer) if is_return_shown else None
        forms: dict[str, Form] = {
            "ship": ShipForm(formdata=None),
            "arrange": MeetingForm(formdata=None, data={"place": order.meet_place}),
            "enter_code": CodeForm(formdata=None),
            "words": WordsForm(formdata=None),
            "review": ReviewForm(formdata=None),
            "ask_back": ReturnForm(formdata=None, data=return_address.as_dict() if return_address else None),
            "send_back": ParcelForm(formdata=None),
            "cancel": CancelForm(formdata=None, data={"expected_version": order.version}),
            "change": ChangeForm(formdata=None),
            "accept": VersionForm(formdata=None, data={"expected_version": order.version}),
            **typed,
        }
        for form in forms.values():
            if isinstance(form, ParcelForm) and order.category == "phone":
                form.without_own_delivery()
            if isinstance(form, VersionForm):
                form.show_version(order.version)
        return render(
            "trades/show.html",
            status=status,
            promise_url=url_for("trades.promise", code=code),
            forms=forms,
            refused=[form for form in typed.values() if form.error_list],
            address=queries.address_of(order, sealer) if is_shown else None,
            return_address=return_address,
            meet_code=queries.meet_code(order, sealer) if "tell_code" in page["standing"].actions else None,
            **page,
        )


def facts(work: Work, order: Order, role: str) -> dict[str, Any]:
    """What the order's page and the case's page both show."""
    standing = queries.standing(work, order, role)
    people = accounts.users_by_id(work, [order.buyer_id, order.seller_id])
    buyer, seller = people[order.buyer_id], people[order.seller_id]
    history = queries.history(work, order.id)
    cases = queries.cases_of(work, order.id)
    listing = listings.listing_by_id(work, order.listing_id)
    return {
        "answerable": [case.code for case in cases if queries.can_answer(case, order, role)],
        "order": order,
        "role": role,
        "standing": standing,
        "buyer": buyer,
        "seller": seller,
        "steps": timeline(history, order.state, order.delivery, standing.status, buyer.code, seller.code),
        "cases": cases,
        "listing": listing,
        "version": listings.version(work, order.listing_id, order.listing_version_no),
        "card": listings.cards(work, [order.listing_id])[0],
        "carrier": choices.name_of("carrier", order.carrier) if order.carrier else None,
        "return_carrier": choices.name_of("carrier", order.return_carrier) if order.return_carrier else None,
        "name_of": choices.name_of,
        "holds_data": listing is not None and listings.holds_data(listing),
        "lifts": dict(lift_choices()),
        "bundle": offers.bundle_of(work, order.id),
        "rights": rights_of_order(work, order),
        "rights_words": regulations,
        "can_claim": queries.can_claim(order),
        "can_check": can_check(order),
        "installers": INSTALLER_WORDS,
        "changes": changes_of(work, order.id),
        "can_change": can_change(order),
        "change_reasons": CHANGE_REASONS,
        "change_states": CHANGE_STATES,
        "room": delivery_of(work, order.id),
        "carrying": carrying(),
        "check": check_of(work, order.id),
        "terms": terms_of(work, order.id),
        "reviews": reviews_for(work, order, role),
        "hidden_words": HIDDEN_WORDS,
    }


def promise_page(work: Work, order: Order, back_url: str, file_url: str) -> Response:
    """The frozen version of an order in words. Its hash is taken again from the stored content every time it is shown."""
    frozen = listings.version(work, order.listing_id, order.listing_version_no)
    listing = listings.listing_by_id(work, order.listing_id)
    return render(
        "trades/promise.html",
        order=order,
        version=frozen,
        answers=listings.promised_answers(frozen),
        photos=listings.promised_photos(frozen),
        photos_are_public=listing is not None and listings.is_public(listing),
        holds_data=listing is not None and listings.holds_data(listing),
        district=listings.district_names(frozen.content["district"]),
        seller=accounts.user_by_id(work, order.seller_id),
        is_genuine=sha256_hex(canonical(frozen.content)) == order.listing_version_sha256,
        back_url=back_url,
        file_url=file_url,
    )


def version_answer(work: Work, order: Order) -> Response:
    answer = Response(
        canonical(listings.version(work, order.listing_id, order.listing_version_no).content), mimetype="application/json"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-order-{order.code}-promise.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
