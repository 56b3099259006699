"""The purchase in front of the buyer, and what a second buyer is told."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.errors import InvalidInput
from app.kernel.money import fee_half_up
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.errors import ListingNotOnSale, PriceChanged
from app.listings.models import Listing
from app.regulations import queries as regulations
from app.trades import queries, rules, service
from app.trades.carrying import Charge, carrying
from app.trades.errors import CarsNotSoldYet, DeliveryPriced
from app.trades.forms import BuyForm, DeliveryForm
from app.trades.queries.carrying import offered_by, quote, slots
from app.trades.queries.rights import exceptions_before
from app.trades.routes.blueprint import bp
from app.trades.states import MEET
from app.web import allow, begin, current_actor, hub, look, render


@bp.get("/items/<code>/buy")
@allow("member")
def start_buy(code: str) -> AnyResponse:
    """The purchase in front of the buyer: what, how much, how it comes, and where the money stays."""
    form = BuyForm()
    with look() as work:
        last = queries.last_address(work, hub().sealer, work.actor.id)
    if last is not None:
        form.name.data, form.phone.data, form.address.data = last.name, last.phone, last.address
    return _buy_page(code, form)


@bp.post("/items/<code>/buy")
@allow("member")
def buy(code: str) -> AnyResponse:
    """Reserve and go to pay. Who comes second is told so; who sends the form twice lands on their own order."""
    form = BuyForm()
    if not form.validate_on_submit():
        return _buy_page(code, form, status=422)
    if form.expected_price_fen.data is None:
        form.problems.append(
            _("The price that you saw did not come with the form. Please compare the price below and send it again.")
        )
        return _buy_page(code, form, status=422)
    try:
        with begin() as work:
            order = service.buy(
                work,
                hub().sealer,
                hub().settings,
                code,
                form.expected_price_fen.data,
                form.delivery.data,
                form.typed_address(),
                form.confirmed.data or (),
                form.expected_delivery_fen.data or 0,
            )
    except ListingNotOnSale:
        return gone_page(code, form)
    except (PriceChanged, DeliveryPriced) as refusal:
        form.take(refusal)
        return _buy_page(code, form, status=409)
    except InvalidInput as refusal:
        form.take(refusal)
        return _buy_page(code, form, status=422)
    return redirect(url_for("payments.pay", code=order.payment_code), code=303)


def _buy_page(code: str, form: BuyForm, status: int = 200) -> AnyResponse:
    settings = hub().settings
    with look() as work:
        listing = listings.once_public_listing(work, code)
        if not queries.is_for_sale(listing.state):
            return gone_page(code, form)
        if listing.category == "car":
            raise CarsNotSoldYet()
        price_fen = listing.price_fen or 0
        form.offer(listing.by_parcel, listing.by_meeting, listing.category)
        form.show_price(price_fen)
        room = offered_by(work, listing)
        lines = _lines(work, listing, form) if room is not None else ()
        delivery_fen = sum(each.fen for each in lines or ())
        form.show_delivery(delivery_fen)
        if room is not None:
            form.offer_room(room.installs, slots(shanghai_day(work.now)), carrying().parts)
        checking_hours = rules.acceptance_hours(listing.category, settings)
        asked = exceptions_before(work, listing, checking_hours)
        form.ask_to_confirm(asked)
        return render(
            "trades/buy.html",
            status=status,
            form=form,
            listing=listing,
            card=listings.cards(work, [listing.id])[0],
            seller=accounts.user_by_id(work, listing.seller_id),
            is_own=listing.seller_id == current_actor().user_id,
            price_fen=price_fen,
            room=room,
            carrying=carrying(),
            lines=lines,
            delivery_fen=delivery_fen,
            total_fen=price_fen + delivery_fen,
            fee_bp=settings.fee_bp,
            fee_fen=fee_half_up(price_fen, settings.fee_bp),
            rights=regulations.rights_of(listings.sale_facts(work, listing, checking_hours), work.now),
            rights_words=regulations,
            report=listing.report_code if asked else None,
            pay_minutes=settings.time_to_pay,
            ship_days=settings.ship_days,
            acceptance_hours=settings.acceptance_hours,
            acceptance_days=settings.appliance_acceptance_days if listing.category == "appliance" else None,
        )


def _lines(work: Work, listing: Listing, form: BuyForm) -> tuple[Charge, ...] | None:
    """What bringing it costs by what was typed; None while that is not known."""
    if form.delivery.data == MEET:
        return ()
    return quote(work, listing, form.typed_address()) if form.is_submitted() else None


def gone_page(code: str, form: DeliveryForm) -> AnyResponse:
    """What somebody is told who comes too late; who is buying it already goes to the order. What was typed is shown."""
    with look() as work:
        listing = listings.once_public_listing(work, code)
        mine = queries.open_purchase(work, listing.id, work.actor.id)
        if mine is None:
            typed = form.typed_address() if form.is_submitted() else {}
            return render("trades/gone.html", status=409, listing=listing, gone=queries.gone(listing.state), typed=typed)
        target = url_for("trades.show", code=mine.code)
    return redirect(target, code=303)
