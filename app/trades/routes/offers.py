"""Pages of bargaining: offer a price, one negotiation, all of mine, and a seller's lowest price."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed
from app.kernel.money import format_yuan
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import queries as listings
from app.trades import queries as trades
from app.trades.carrying import carrying
from app.trades.errors import AlreadyBargaining, CarsNotSoldYet
from app.trades.forms import CounterForm, FloorForm, OfferForm, VersionForm
from app.trades.queries import offers as queries
from app.trades.queries.carrying import offered_by, slots
from app.trades.routes.blueprint import bp
from app.trades.routes.buying import gone_page
from app.trades.rules import offers as rules
from app.trades.service import offers as service
from app.trades.states.offers import ACCEPTED, BUYER, OPEN
from app.trades.wording import STATE_WORDS
from app.web import allow, begin, current_actor, hub, look, render


@bp.get("/items/<code>/offer")
@allow("member")
def start_offer(code: str) -> AnyResponse:
    """Offer a price. Who is bargaining about it already goes on there."""
    form = OfferForm()
    with look() as work:
        listing = listings.once_public_listing(work, code)
        running = queries.open_of_buyer(work, [listing.id], work.actor.id)
        target = None if running is None else url_for("trades.negotiation", code=running.code)
        last = trades.last_address(work, hub().sealer, work.actor.id)
    if target is not None:
        return redirect(target, code=303)
    if last is not None:
        form.name.data, form.phone.data, form.address.data = last.name, last.phone, last.address
    return _offer_page(code, form)


@bp.post("/items/<code>/offer")
@allow("member")
def make_offer(code: str) -> AnyResponse:
    """Send the offer to the seller."""
    form = OfferForm()
    if not form.validate_on_submit():
        return _offer_page(code, form, 422)
    typed = form.price.data, form.delivery.data, form.typed_address(), form.further.data or ()
    try:
        with begin() as work:
            made = service.make_offer(work, hub().sealer, hub().settings, code, *typed)
    except AlreadyBargaining:
        return redirect(url_for("trades.start_offer", code=code), code=303)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _offer_page(code, form, refusal.status)
    flash(_("Your offer is with the seller. You are told as soon as there is an answer."), "success")
    return redirect(url_for("trades.negotiation", code=made.code), code=303)


@bp.get("/my/offers")
@allow("member")
def my_offers() -> Response:
    """Everything the reader bargains about; what waits for an answer from them comes first."""
    with look() as work:
        rows = queries.negotiations_of(work, work.actor.id)
        sides = {row.id: queries.side_of(work, row) for row in rows}
        waiting = {row.id for row in rows if queries.waits_for(work, row)}
        cards = {card.id: card for card in listings.cards(work, [row.listing_id for row in rows])}
    rows.sort(key=lambda row: row.id not in waiting)
    return render("trades/offers/mine.html", rows=rows, sides=sides, cards=cards, waiting=waiting, words=STATE_WORDS)


@bp.get("/offers/<code>")
@allow("member")
def negotiation(code: str) -> Response:
    """One negotiation, for its buyer and its seller."""
    return _page(code)


@bp.post("/offers/<code>/accept")
@allow("member")
def accept_offer(code: str) -> AnyResponse:
    """Say yes. A buyer goes on to pay; a seller sees that it is reserved."""
    form = VersionForm()
    if not form.validate_on_submit():
        return _page(code, 422, refused=form)
    try:
        with begin() as work:
            order = service.accept(work, hub().sealer, hub().settings, code, form.version)
            is_bundle = queries.bundle_of(work, order.id) is not None
            is_buyer = order.buyer_id == work.actor.id
            payment_code = order.payment_code
    except (Conflict, NotAllowed) as refusal:
        return _refused(code, form, refusal)
    if is_buyer and is_bundle:
        return redirect(url_for("trades.negotiation", code=code), code=303)
    if is_buyer:
        return redirect(url_for("payments.pay", code=payment_code), code=303)
    flash(_("Accepted. The item is reserved for the buyer, who now pays."), "success")
    return redirect(url_for("trades.negotiation", code=code), code=303)


@bp.post("/offers/<code>/counter")
@allow("member")
def counter_offer(code: str) -> AnyResponse:
    """Name another price."""
    form = CounterForm()
    price = form.price.data
    return _step(
        code,
        form,
        lambda work: service.counter(work, hub().settings, code, price, form.version),
        _("Your price is with the other side."),
    )


@bp.post("/offers/<code>/decline")
@allow("member")
def decline_offer(code: str) -> AnyResponse:
    """Say no to the standing offer."""
    form = VersionForm()
    return _step(code, form, lambda work: service.decline(work, code, form.version), _("Declined."))


@bp.post("/offers/<code>/withdraw")
@allow("member")
def withdraw_offer(code: str) -> AnyResponse:
    """Take one's own offer back."""
    form = VersionForm()
    return _step(code, form, lambda work: service.withdraw(work, code, form.version), _("Your offer is taken back."))


@bp.get("/items/<code>/floor")
@allow("member")
def floor(code: str) -> Response:
    """A seller's lowest price, for the seller alone."""
    with look() as work:
        known = queries.floor_of(work, listings.own_published(work, code).id)
    return _floor_page(code, FloorForm(formdata=None, data={"floor": known}))


@bp.post("/items/<code>/floor")
@allow("member")
def set_floor(code: str) -> AnyResponse:
    """Keep or remove it."""
    form = FloorForm()
    wanted = (form.floor.raw_data or [""])[0].strip()
    if not form.validate_on_submit():
        return _floor_page(code, form, 422)
    try:
        with begin() as work:
            service.set_floor(work, code, form.floor.data if wanted else None)
    except InvalidInput as refusal:
        form.take(refusal)
        return _floor_page(code, form, refusal.status)
    flash(_("Your lowest price is kept. Only you can see it.") if wanted else _("You have no lowest price now."), "success")
    return redirect(url_for("listings.mine"), code=303)


def _step(code: str, form: VersionForm, step: Callable[[Work], object], said: str) -> AnyResponse:
    if not form.validate_on_submit():
        return _page(code, 422, refused=form)
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        return _refused(code, form, refusal)
    flash(said, "success")
    return redirect(url_for("trades.negotiation", code=code), code=303)


def _refused(code: str, form: VersionForm, refusal: DomainError) -> Response:
    form.take(refusal)
    return _page(code, refusal.status, refused=form)


def _page(code: str, status: int = 200, refused: VersionForm | None = None) -> Response:
    with look() as work:
        row = queries.own(work, code)
        side = queries.side_of(work, row)
        listing = listings.listing_by_id(work, row.listing_id)
        assert listing is not None
        lots = queries.lots(work, row)
        asking_fen = sum(lot.price_fen or 0 for lot in lots) or row.asking_fen
        least, most = rules.bounds(side, asking_fen, (row.last_by, row.last_fen), hub().settings.offer_least_percent)
        order = trades.order_by_id(work, row.order_id) if row.order_id is not None else None
        is_bundle = len(lots) > 1
        orders = queries.orders_of_bundle(work, row) if is_bundle and order else []
        people = accounts.users_by_id(work, [row.buyer_id, row.seller_id])
        typed = refused if isinstance(refused, CounterForm) else CounterForm(formdata=None)
        answer = VersionForm(formdata=None)
        for form in (typed, answer):
            form.show_version(row.version)
        return render(
            "trades/offers/show.html",
            status=status,
            row=row,
            side=side,
            other=people[row.seller_id if side == BUYER else row.buyer_id],
            offers=queries.offers_of(work, row.id),
            is_my_turn=row.state == OPEN and row.last_by != side and work.now < row.due_at,
            can_withdraw=row.state == OPEN and row.last_by == side,
            listing=listing,
            asking_fen=asking_fen,
            cards=listings.cards(work, [lot.id for lot in lots]),
            shares=queries.shares_of(row, lots, orders) if is_bundle else {},
            orders={each.listing_id: each for each in orders},
            bounds=(least, most) if least <= most and row.last_no < rules.MOST_ROUNDS else None,
            order=order if row.state == ACCEPTED else None,
            counter=typed,
            answer=answer,
            refused=refused,
            state_word=STATE_WORDS[row.state],
        )


def _offer_page(code: str, form: OfferForm, status: int = 200) -> AnyResponse:
    settings = hub().settings
    with look() as work:
        listing = listings.once_public_listing(work, code)
        if not trades.is_for_sale(listing.state):
            return gone_page(code, form)
        if listing.category == "car":
            raise CarsNotSoldYet()
        others = [
            card
            for card in listings.on_sale_of(work, listing.seller_id)
            if card.id != listing.id and card.category == listing.category
        ][: rules.MOST_LOTS - 1]
        form.further.choices = [(card.code, f"{card.title} · {format_yuan(card.price_fen or 0)}") for card in others]
        form.offer(listing.by_parcel, listing.by_meeting, listing.category)
        room = offered_by(work, listing)
        if room is not None:
            form.offer_room(room.installs, slots(shanghai_day(work.now)), carrying().parts)
        asking_fen = listing.price_fen or 0
        least, most = rules.bounds(BUYER, asking_fen, None, settings.offer_least_percent)
        return render(
            "trades/offers/make.html",
            status=status,
            form=form,
            listing=listing,
            card=listings.cards(work, [listing.id])[0],
            seller=accounts.user_by_id(work, listing.seller_id),
            is_own=listing.seller_id == current_actor().user_id,
            asking_fen=asking_fen,
            least_fen=least,
            most_fen=most,
            hours=settings.offer_hours,
            pay_hours=max(settings.offer_pay_hours, settings.time_to_pay // 60),
            ship_days=settings.ship_days,
            room=room,
            carrying=carrying(),
        )


def _floor_page(code: str, form: FloorForm, status: int = 200) -> Response:
    with look() as work:
        listing = listings.own_published(work, code)
        return render(
            "trades/offers/floor.html",
            status=status,
            form=form,
            listing=listing,
            asking_fen=listing.price_fen or 0,
            seen_days=rules.SEEN_HOURS // 24,
        )
