"""One item, many buyers at the same moment: exactly one gets it, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.kernel.errors import Conflict
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings import queries, service
from app.listings.errors import BeingBought, ListingNotFound, ListingNotOnSale, PriceChanged, StaleDraft
from app.listings.models import Listing
from tests.accounts.making import actor, make_user
from tests.listings.making import fresh, make_draft, make_listing

BUYERS = 8
PRICE = 238_000

Try = Callable[[Hub, str], None]


def guarded(hub: Hub, code: str) -> None:
    with hub.begin(SYSTEM) as work:
        service.reserve(work, code, PRICE)


looked = threading.Barrier(BUYERS, timeout=60)


def naive(hub: Hub, code: str) -> None:
    """The planted fault: look first, write afterwards, without a guard in the statement. All have looked before any writes."""
    with hub.look() as work:
        listing = queries.public_listing(work, code)
        if listing.state != "active":
            raise ListingNotOnSale()
        listing_id = listing.id
    looked.wait()
    with hub.begin(SYSTEM) as work:
        work.session.execute(update(Listing).where(Listing.id == listing_id).values(state="reserved"))


def race(hub: Hub, code: str, attempt: Try) -> tuple[int, list[Conflict]]:
    """All buyers at once; how many won, and what the others were told."""
    gate = threading.Barrier(BUYERS)
    won: list[bool] = []
    lost: list[Conflict] = []

    def buyer() -> None:
        gate.wait()
        try:
            attempt(hub, code)
            won.append(True)
        except Conflict as refusal:
            lost.append(refusal)

    threads = [threading.Thread(target=buyer) for _ in range(BUYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(won), lost


def test_of_eight_buyers_exactly_one_gets_the_item(hub: Hub) -> None:
    seller = make_user(hub)
    for _ in range(5):
        listing = make_listing(hub, seller, price_fen=PRICE)
        won, lost = race(hub, listing.code, guarded)
        assert (won, len(lost)) == (1, BUYERS - 1)
        assert {type(refusal) for refusal in lost} == {ListingNotOnSale}
        held = fresh(hub, listing.id)
        assert (held.state, held.version) == ("reserved", listing.version + 1)


def test_the_race_would_show_a_missing_guard(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub), price_fen=PRICE)
    won, _ = race(hub, listing.code, naive)
    assert won == BUYERS, "this test can tell a build that sells more than once"


def test_a_buyer_who_saw_another_price_is_told_the_new_one(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub), price_fen=PRICE)
    with pytest.raises(PriceChanged) as refused, hub.begin() as work:
        service.reserve(work, listing.code, PRICE - 100)
    assert refused.value.values["price_fen"] == PRICE
    assert fresh(hub, listing.id).state == "active"


def test_price_and_sale_at_the_same_moment_never_mix(hub: Hub) -> None:
    """A seller raises the price while buyers buy at the old one: either the sale or the edit comes first, never half of both."""
    seller = make_user(hub)
    me = actor(hub, seller)
    for _ in range(6):
        listing = make_listing(hub, seller, price_fen=PRICE)
        gate = threading.Barrier(2)
        outcome: dict[str, object] = {}

        def buy(code: str = listing.code, gate: threading.Barrier = gate, outcome: dict[str, object] = outcome) -> None:
            gate.wait()
            try:
                with hub.begin() as work:
                    outcome["promised"] = service.reserve(work, code, PRICE).price_fen
            except Conflict as refusal:
                outcome["buy"] = refusal

        def edit(
            code: str = listing.code,
            rev: int = listing.revision,
            gate: threading.Barrier = gate,
            outcome: dict[str, object] = outcome,
        ) -> None:
            gate.wait()
            try:
                with hub.begin(me) as work:
                    service.edit(work, code, PRICE * 2, "", rev)
                outcome["edited"] = True
            except (BeingBought, StaleDraft) as refusal:
                outcome["edit"] = refusal

        threads = [threading.Thread(target=each) for each in (buy, edit)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = fresh(hub, listing.id)
        if "promised" in outcome:
            assert (outcome["promised"], after.state, after.price_fen) == (PRICE, "reserved", PRICE)
            assert "edit" in outcome
        else:
            assert (after.state, after.price_fen) == ("active", PRICE * 2)
            assert isinstance(outcome["buy"], PriceChanged)


@pytest.mark.parametrize(
    ("state", "kind"),
    [("draft", ListingNotFound), ("paused", ListingNotOnSale), ("sold", ListingNotOnSale), ("expired", ListingNotOnSale),
     ("withdrawn", ListingNotOnSale), ("removed", ListingNotOnSale), ("reserved", ListingNotOnSale)],
)  # fmt: skip
def test_what_is_not_on_sale_cannot_be_reserved(hub: Hub, state: str, kind: type[Exception]) -> None:
    listing = make_listing(hub, make_user(hub), state=state, price_fen=PRICE)
    with pytest.raises(kind), hub.begin() as work:
        service.reserve(work, listing.code, PRICE)
    assert fresh(hub, listing.id).state == state


def test_an_unknown_code_is_not_found(hub: Hub) -> None:
    make_draft(hub, make_user(hub), photos=0)
    with pytest.raises(ListingNotFound), hub.begin() as work:
        service.reserve(work, "0" * 26, PRICE)


def test_a_reservation_promises_the_present_version(hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller, price_fen=PRICE)
    with hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, PRICE - 1000, "", listing.revision)
    with hub.begin() as work:
        promised = service.reserve(work, listing.code, PRICE - 1000)
        assert (promised.no, promised.price_fen) == (2, PRICE - 1000)
