"""Things: their numbers, who owns them, and that a number is on sale once at a time."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.accounts.models import User
from app.goods import queries, service
from app.goods.errors import BadImei, BadSerial, ThingAlreadyOnSale, ThingChangedHands, ThingNotFound, UnknownModel
from app.goods.models import Thing, ThingClaim
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from grading.ids import vin_check_digit
from tests.accounts.making import actor, make_user
from tests.goods.making import make_thing
from tests.listings.making import make_imei


@pytest.fixture
def owner(hub: Hub) -> User:
    return make_user(hub)


def vin(first: str) -> str:
    """The VIN with its check digit where a zero stands."""
    return first[:8] + vin_check_digit(first) + first[9:]


@pytest.mark.parametrize(
    ("number", "first_used", "doubts"),
    [
        (vin("LSGPC54U0LH123456"), "2020-05", []),
        (vin("LSGPC54U0LH123456"), "2019-12", []),
        (vin("LSGPC54U0LH123456"), "2023-01", []),
        (vin("LSGPC54U0LH123456"), "2018-12", ["1990 / 2020"]),
        (vin("LSGPC54U0LH123456"), "2024-01", ["1990 / 2020"]),
        (vin("LSGPC54U0LH123456"), None, []),
        (vin("LSGPC54U0UH123456"), "2018-12", []),
        (vin("WDBEA30D0HA391172"), "2009-01", []),
        ("WDBEA30D9HA391172", "2009-01", [""]),
    ],
)
def test_what_is_odd_about_a_vin_that_counts_is_said(number: str, first_used: str | None, doubts: list[str]) -> None:
    assert [each.values.get("years", "") for each in service.doubts_about_vin(number, first_used)] == doubts


def test_a_thing_is_registered_with_the_first_row_of_its_history(hub: Hub, owner: User) -> None:
    thing = make_thing(hub, owner)
    with hub.look() as work:
        history = queries.owners_of(work, thing.id)
        assert [(row.seq, row.owner_id, row.via) for row in history] == [(1, owner.id, "registered")]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("359999001234567", "check_digit"),
        ("1234", "too_short"),
        ("3599990012345678901", "too_long"),
        ("3599990012345678", "imeisv"),
        ("35999900123456x", "not_digits"),
        ("000000000000000", "placeholder"),
    ],
)
def test_a_wrong_imei_is_refused_with_what_is_wrong(hub: Hub, owner: User, typed: str, reason: str) -> None:
    with pytest.raises(BadImei) as refused:
        make_thing(hub, owner, imei=typed)
    assert refused.value.reason == reason
    assert refused.value.errors["imei"]


def test_an_imei_may_be_typed_with_spaces_and_full_width_digits(hub: Hub, owner: User) -> None:
    imei = make_imei()
    wide = "".join(chr(ord("０") + int(digit)) for digit in imei[:6]) + " " + imei[6:12] + "-" + imei[12:]
    assert make_thing(hub, owner, imei=wide).imei == imei


def test_a_serial_number_is_checked_by_its_form_only(hub: Hub, owner: User) -> None:
    assert make_thing(hub, owner, imei=None, serial="f2lx 9abc12").serial == "F2LX9ABC12"
    with pytest.raises(BadSerial):
        make_thing(hub, owner, imei=None, serial="???")


def test_a_model_must_be_in_the_catalogue_or_described(hub: Hub, owner: User) -> None:
    with pytest.raises(UnknownModel):
        make_thing(hub, owner, model="iphone-99")
    with pytest.raises(UnknownModel):
        make_thing(hub, owner, brand="other", model="other")
    thing = make_thing(hub, owner, brand="other", model="other", brand_name="小蝶", model_name="K9")
    assert queries.name_of(thing.category, thing.brand, thing.model, thing.attributes) == "小蝶 K9"
    with hub.begin(actor(hub, owner)) as work, pytest.raises(InvalidInput):
        service.register_thing(work, "car", "apple", "iphone-13", {}, make_imei())


def test_the_same_owner_registers_the_same_phone_once(hub: Hub, owner: User) -> None:
    imei = make_imei()
    assert make_thing(hub, owner, imei=imei).id == make_thing(hub, owner, imei=imei).id
    assert make_thing(hub, make_user(hub), imei=imei).id != make_thing(hub, owner, imei=imei).id


def test_other_peoples_things_do_not_exist_for_me(hub: Hub, owner: User) -> None:
    thing = make_thing(hub, owner)
    with hub.look(actor(hub, make_user(hub))) as work, pytest.raises(ThingNotFound):
        queries.owned_thing(work, thing.code)
    with hub.look(actor(hub, owner)) as work:
        assert queries.owned_thing(work, thing.code).id == thing.id


def test_the_same_number_is_on_sale_once(hub: Hub, owner: User) -> None:
    imei = make_imei()
    mine, theirs = make_thing(hub, owner, imei=imei), make_thing(hub, make_user(hub), imei=imei)
    _claim(hub, mine, "listing-1")
    _claim(hub, mine, "listing-1")  # again for the same listing: nothing happens
    for thing, holder in ((theirs, "listing-2"), (mine, "listing-3")):
        with pytest.raises(ThingAlreadyOnSale):
            _claim(hub, thing, holder)
    with hub.begin() as work:
        service.release_claim(work, work.session.get_one(Thing, mine.id))
    _claim(hub, theirs, "listing-2")
    with hub.look() as work:
        assert queries.earlier_holders(work, "imei", imei) == ["listing-1", "listing-2"]
        held = queries.holder_of(work, "imei", imei)
        assert held is not None
        assert held.holder == "listing-2"


def test_the_database_itself_refuses_a_second_claim(hub: Hub, owner: User) -> None:
    thing = make_thing(hub, owner)
    _claim(hub, thing, "listing-1")
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.add(ThingClaim(kind="imei", value=thing.imei, thing_id=thing.id, holder="sly", claimed_at=work.now))


def test_of_eight_claims_at_once_one_wins(hub: Hub, owner: User) -> None:
    imei = make_imei()
    things = [make_thing(hub, make_user(hub), imei=imei) for _ in range(8)]
    gate, won, lost = threading.Barrier(8), [], []

    def claim(thing: Thing, holder: str) -> None:
        gate.wait()
        try:
            _claim(hub, thing, holder)
            won.append(holder)
        except ThingAlreadyOnSale:
            lost.append(holder)

    threads = [threading.Thread(target=claim, args=(thing, f"listing-{number}")) for number, thing in enumerate(things)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)


def test_a_transfer_writes_the_owner_and_the_history_together(hub: Hub, owner: User) -> None:
    thing, buyer = make_thing(hub, owner), make_user(hub)
    with hub.begin() as work:
        service.transfer(work, work.session.get_one(Thing, thing.id), buyer.id, via="order-1")
    with hub.look() as work:
        assert work.session.get_one(Thing, thing.id).owner_id == buyer.id
        assert [(row.seq, row.owner_id, row.via) for row in queries.owners_of(work, thing.id)] == [
            (1, owner.id, "registered"),
            (2, buyer.id, "order-1"),
        ]


def test_a_thing_cannot_be_given_away_twice(hub: Hub, owner: User) -> None:
    thing, first, second = make_thing(hub, owner), make_user(hub), make_user(hub)
    with hub.look() as work:
        stale = work.session.get_one(Thing, thing.id)
        work.session.expunge(stale)
    with hub.begin() as work:
        service.transfer(work, work.session.get_one(Thing, thing.id), first.id, via="order-1")
    with pytest.raises(ThingChangedHands), hub.begin() as work:
        service.transfer(work, stale, second.id, via="order-2")
    with hub.look() as work:
        assert len(queries.owners_of(work, thing.id)) == 2


@pytest.mark.parametrize(
    "attack",
    ["UPDATE thing_owner SET owner_id = owner_id", "DELETE FROM thing_owner", "UPDATE thing_owner SET via = 'stolen'"],
)
def test_the_owner_history_cannot_be_rewritten(hub: Hub, owner: User, attack: str) -> None:
    make_thing(hub, owner)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(attack))
    with hub.look() as work:
        assert work.session.scalars(select(Thing)).one().owner_id == owner.id


def _claim(hub: Hub, thing: Thing, holder: str) -> None:
    with hub.begin() as work:
        service.claim(work, work.session.get_one(Thing, thing.id), holder)
