"""What happens to an offer: publishing, versions, editing, time, reports, and every pair of state and event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.accounts.models import User
from app.appraisal.events import ReportSigned
from app.credit.models import CreditEvent
from app.goods import queries as goods
from app.goods import service as goods_service
from app.goods.errors import ThingAlreadyOnSale
from app.goods.models import Thing
from app.kernel.audit import AuditEntry
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.clock import advance
from app.kernel.errors import BadState, Conflict, InvalidInput, NotFound
from app.kernel.hub import Hub
from app.kernel.outbox import OutboxRow
from app.listings import queries, service, wizard
from app.listings.errors import BeingBought, ListingIncomplete, ListingNotFound, StaleDraft
from app.listings.models import Listing, ListingVersion
from app.listings.schema import schema_by_id
from app.listings.states import CLAIMING, LISTING_FLOW, PUBLIC, STATES
from app.media.models import Photo
from app.notices.models import Notice
from tests.accounts.making import actor, make_member, make_user
from tests.listings.making import fresh, make_draft, make_imei, make_listing, tiny_photo
from tests.media.making import prepare_once


@pytest.fixture
def seller(hub: Hub) -> User:
    return make_user(hub)


def test_publishing_freezes_a_version_whose_hash_anybody_can_recompute(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, price_fen=238_000)
    with hub.look() as work:
        frozen = queries.version(work, listing.id, 1)
        assert sha256_hex(canonical(frozen.content)) == frozen.sha256
        assert (frozen.content["listing"], frozen.content["price_fen"]) == (listing.code, 238_000)
        shown = {photo.code: photo.sha256 for photo in queries.photos_of(work, listing.id)}
        assert {photo["code"]: photo["sha256"] for photo in frozen.content["photos"]} == shown
        whole = canonical(frozen.content).decode()
        assert listing.draft["imei"] not in whole, "the whole number is nobody's business"
        assert seller.email not in whole


def test_publishing_makes_the_photos_public_and_claims_the_number(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.look() as work:
        ids = [photo.photo_id for photo in queries.photos_of(work, listing.id)]
        assert set(work.session.scalars(select(Photo.audience).where(Photo.id.in_(ids)))) == {"public"}
        held = goods.holder_of(work, "imei", listing.draft["imei"])
        assert held is not None
        assert held.holder == listing.code


def test_publishing_enters_the_sellers_record_once(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    for verb in (service.pause, service.resume):
        with hub.begin(actor(hub, seller)) as work:
            verb(work, listing.code)
    hub.drain()
    with hub.look() as work:
        kinds = select(func.count()).select_from(CreditEvent).where(CreditEvent.type == "listing.published")
        assert work.session.scalars(kinds).one() == 1


@pytest.mark.parametrize(
    "missing",
    ["model", "storage_gb", "colour", "imei", "price_fen", "district", "wiped"],
)
def test_nothing_incomplete_is_published(hub: Hub, seller: User, missing: str) -> None:
    draft = make_draft(hub, seller, **{missing: None})
    with pytest.raises(ListingIncomplete), hub.begin(actor(hub, seller)) as work:
        service.publish(work, draft.code)
    assert fresh(hub, draft.id).state == "draft"


def test_three_photos_are_needed(hub: Hub, seller: User) -> None:
    draft = make_draft(hub, seller, photos=2)
    with pytest.raises(ListingIncomplete) as refused, hub.begin(actor(hub, seller)) as work:
        service.publish(work, draft.code)
    assert "photos.photos" in refused.value.errors


def test_every_required_shot_is_needed(hub: Hub, seller: User) -> None:
    draft = make_draft(hub, seller, photos=0)
    for number in range(3):
        with hub.begin(actor(hub, seller)) as work:
            photo = service.add_photo(work, hub.store, draft.code, tiny_photo(number), "front")
        prepare_once(hub, photo.id)
    with pytest.raises(ListingIncomplete), hub.begin(actor(hub, seller)) as work:
        service.publish(work, draft.code)
    with hub.look() as work:
        lacks = wizard.missing(schema_by_id(draft.schema_id), draft.draft, queries.photos_of(work, draft.id))
    assert [lack.names["zh"] for lack in lacks if lack.names] == ["背面", "边框"]


def test_the_same_picture_is_taken_once(hub: Hub, seller: User) -> None:
    draft = make_draft(hub, seller, photos=1)
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, seller)) as work:
        service.add_photo(work, hub.store, draft.code, tiny_photo(0), "back")
    assert "photo" in refused.value.errors


def test_every_question_needs_an_answer(hub: Hub, seller: User) -> None:
    draft = make_draft(hub, seller, answers={"power": "good"})
    with pytest.raises(ListingIncomplete) as refused, hub.begin(actor(hub, seller)) as work:
        service.publish(work, draft.code)
    assert "condition.water" in refused.value.errors
    assert "condition.power" not in refused.value.errors


def test_the_same_phone_is_on_sale_once_and_the_second_draft_is_kept(hub: Hub, seller: User) -> None:
    imei = make_imei()
    make_listing(hub, seller, imei=imei)
    second = make_draft(hub, seller, imei=imei)
    with pytest.raises(ThingAlreadyOnSale), hub.begin(actor(hub, seller)) as work:
        service.publish(work, second.code)
    assert fresh(hub, second.id).state == "draft"


def test_a_number_that_somebody_else_has_on_sale_is_refused_at_once(hub: Hub, seller: User) -> None:
    imei = make_imei()
    make_listing(hub, seller, imei=imei)
    who = make_user(hub)
    second = make_draft(hub, who, imei=imei)
    with pytest.raises(ThingAlreadyOnSale), hub.begin(actor(hub, who)) as work:
        service.publish(work, second.code)
    assert fresh(hub, second.id).state == "draft"


@pytest.mark.parametrize("state", STATES)
def test_a_number_is_held_exactly_while_it_is_offered(hub: Hub, seller: User, state: str) -> None:
    words = {"description": "微信联系"} if state == "in_review" else {}
    listing = make_listing(hub, seller, state=state, **words)
    with hub.look() as work:
        held = goods.holder_of(work, "imei", listing.draft["imei"]) if listing.draft else None
        assert (held is not None) == (state in CLAIMING)


def test_who_has_sold_a_phone_does_not_lock_out_its_new_owner(hub: Hub, seller: User) -> None:
    sold = make_listing(hub, seller, state="sold")
    buyer = make_user(hub)
    with hub.begin() as work:
        goods_service.transfer(work, work.session.get_one(Thing, sold.thing_id), buyer.id, via="order")
    again = make_listing(hub, seller, state="in_review", imei=sold.draft["imei"])
    with hub.look() as work:
        decision = queries.last_decision(work, again.id)
        assert decision is not None
        assert decision.rules == ["other_owner"]
        assert goods.holder_of(work, "imei", sold.draft["imei"]) is None
    by_owner = make_listing(hub, buyer, imei=sold.draft["imei"], storage_gb=256)  # even with a slip in the answers
    with pytest.raises(ThingAlreadyOnSale), hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.approve(work, again.code, again.version)
    assert (fresh(hub, again.id).state, fresh(hub, by_owner.id).state) == ("in_review", "active")


def test_a_number_that_somebody_else_registered_first_waits_for_staff_who_can_let_it_through(hub: Hub, seller: User) -> None:
    first = make_listing(hub, seller, state="withdrawn")
    second = make_listing(hub, make_user(hub), state="in_review", imei=first.draft["imei"])
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.approve(work, second.code, second.version)
    with hub.look() as work:
        held = goods.holder_of(work, "imei", first.draft["imei"])
        assert held is not None
        assert held.holder == second.code


# Versions


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE listing_version SET price_fen = 1",
        "UPDATE listing_version SET content = '{}'",
        "DELETE FROM listing_version",
        "UPDATE listing_decision SET reason = 'nothing'",
        "DELETE FROM listing_decision",
    ],
)
def test_versions_and_decisions_cannot_be_rewritten(hub: Hub, seller: User, attack: str) -> None:
    make_listing(hub, seller)
    make_listing(hub, seller, state="removed")
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(attack))


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE listing SET seller_id = seller_id + 1",
        "UPDATE listing SET code = 'stolen'",
        "UPDATE listing SET price_fen = 0",
        "UPDATE listing SET price_fen = -1",
        "UPDATE listing SET price_fen = NULL",
        "UPDATE listing SET state = 'free'",
        "UPDATE listing SET thing_id = NULL",
    ],
)
def test_the_database_refuses_a_broken_offer(hub: Hub, seller: User, attack: str) -> None:
    make_user(hub)
    make_listing(hub, seller)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(attack))


def test_one_thing_cannot_be_in_two_offers_even_past_our_own_code(hub: Hub, seller: User) -> None:
    first, second = make_listing(hub, seller), make_listing(hub, seller)
    taken = update(Listing).where(Listing.id == second.id).values(thing_id=fresh(hub, first.id).thing_id)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(taken)


def test_an_edit_is_a_new_version_and_the_old_one_stays(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, price_fen=238_000)
    with hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, 220_000, "降价。", listing.revision)
    edited = fresh(hub, listing.id)
    assert (edited.price_fen, edited.current_version_no, edited.state) == (220_000, 2, "active")
    with hub.look() as work:
        assert [row.price_fen for row in queries.versions_of(work, listing.id)] == [220_000, 238_000]
    assert _news(hub, listing.id)[-1] == "ListingChanged"


def test_saving_without_a_change_makes_no_version(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, listing.price_fen or 0, listing.description, listing.revision)
    assert fresh(hub, listing.id).current_version_no == 1


def test_an_edit_on_an_old_page_is_refused(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, 200_000, "", listing.revision)
    with pytest.raises(StaleDraft), hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, 190_000, "", listing.revision)
    assert fresh(hub, listing.id).price_fen == 200_000


@pytest.mark.parametrize("price", [0, -1, 10**12, None])
def test_a_price_must_be_one(hub: Hub, seller: User, price: Any) -> None:
    listing = make_listing(hub, seller)
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, price, "", listing.revision)
    assert "price" in refused.value.errors


def test_a_reserved_offer_is_not_edited(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="reserved")
    with pytest.raises(BeingBought), hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, 1, "", listing.revision)


def test_an_edit_that_makes_a_rule_fire_goes_to_review_first(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.edit(work, listing.code, listing.price_fen or 0, "加微信 abc", listing.revision)
    assert fresh(hub, listing.id).state == "in_review"
    assert _news(hub, listing.id)[-1] == "ListingClosed"


# Every pair of state and event

VERBS: dict[str, Any] = {
    "publish": lambda work, row: service.publish(work, row.code),
    "reserve": lambda work, row: service.reserve(work, row.code, row.price_fen or 0),
    "unreserve": lambda work, row: service.unreserve(work, row.id),
    "set_aside": lambda work, row: service.unreserve(work, row.id, back_on_sale=False),
    "sell": lambda work, row: service.mark_sold(work, row.id),
    "pause": lambda work, row: service.pause(work, row.code),
    "resume": lambda work, row: service.resume(work, row.code),
    "renew": lambda work, row: service.renew(work, row.code),
    "withdraw": lambda work, row: service.withdraw(work, row.code),
}


@pytest.mark.parametrize("state", STATES)
def test_what_the_table_does_not_list_is_refused_with_what_is_allowed(hub: Hub, seller: User, state: str) -> None:
    words = {"description": "微信联系"} if state == "in_review" else {}
    listing = make_listing(hub, seller, state=state, **words)
    refused_events = [name for name in LISTING_FLOW.events if not LISTING_FLOW.can(state, name)]
    for name in refused_events:
        with hub.begin() as work:
            row = work.session.get_one(Listing, listing.id)
            before = (row.state, row.version)
            with pytest.raises(BadState) as refused:
                LISTING_FLOW.apply(work, row, name)
            assert refused.value.values["allowed"] == LISTING_FLOW.allowed(state)
            assert (row.state, row.version) == before


@pytest.mark.parametrize(("state", "verb"), [(state, verb) for state in STATES for verb in VERBS])
def test_the_verbs_follow_the_table(hub: Hub, seller: User, state: str, verb: str) -> None:
    words = {"description": "微信联系"} if state == "in_review" else {}
    listing = make_listing(hub, seller, state=state, **words)
    allowed = LISTING_FLOW.can(state, verb)
    before = fresh(hub, listing.id)
    if allowed:
        with hub.begin(actor(hub, seller)) as work:
            VERBS[verb](work, before)
        after = fresh(hub, listing.id)
        assert after.state == LISTING_FLOW.table[state, verb]
        assert after.version == before.version + 1
        assert _last_move(hub, listing.id) == (state, after.state)
    else:
        with pytest.raises((Conflict, NotFound)), hub.begin(actor(hub, seller)) as work:
            VERBS[verb](work, before)
        assert fresh(hub, listing.id).state == state


@pytest.mark.parametrize("verb", ["pause", "resume", "renew", "withdraw", "publish"])
def test_nobody_does_anything_with_other_peoples_listings(hub: Hub, seller: User, verb: str) -> None:
    listing = make_listing(hub, seller)
    with pytest.raises(ListingNotFound), hub.begin(actor(hub, make_user(hub))) as work:
        VERBS[verb](work, listing)
    assert fresh(hub, listing.id).state == "active"


@pytest.mark.parametrize("state", STATES)
def test_the_public_sees_exactly_the_public_states(hub: Hub, seller: User, state: str) -> None:
    words = {"description": "微信联系"} if state == "in_review" else {}
    listing = make_listing(hub, seller, state=state, **words)
    with hub.look() as work:
        if state in PUBLIC:
            assert queries.public_listing(work, listing.code).id == listing.id
        else:
            with pytest.raises(ListingNotFound):
                queries.public_listing(work, listing.code)
            with pytest.raises(ListingNotFound):
                queries.readable_listing(work, listing.code)
    with hub.look(actor(hub, seller)) as work:
        assert queries.readable_listing(work, listing.code).id == listing.id


# Time


def test_an_offer_is_reminded_three_days_before_and_expires_after_sixty(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    hub.drain()
    _later(hub, days=58)
    assert _told(hub, seller) == ["listing.expiry_reminder"]
    assert fresh(hub, listing.id).state == "active"
    _later(hub, days=3)
    assert fresh(hub, listing.id).state == "expired"
    assert _told(hub, seller) == ["listing.expiry_reminder", "listing.expired"]
    with hub.begin(actor(hub, seller)) as work:
        service.renew(work, listing.code)
    renewed = fresh(hub, listing.id)
    assert renewed.state == "active"
    _later(hub, days=61)
    assert fresh(hub, listing.id).state == "expired"
    assert len(_told(hub, seller)) == 4, "the reminder of the second period is a new one"


def test_a_paused_offer_does_not_expire_and_gets_new_days_when_it_comes_back_late(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="paused")
    _later(hub, days=90)
    assert fresh(hub, listing.id).state == "paused"
    with hub.begin(actor(hub, seller)) as work:
        service.resume(work, listing.code)
    _later(hub, days=1)
    assert fresh(hub, listing.id).state == "active"


def test_an_offer_that_comes_back_from_an_order_too_late_expires_at_once(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="reserved")
    _later(hub, days=70)
    assert fresh(hub, listing.id).state == "reserved", "an order holds it"
    with hub.begin() as work:
        service.unreserve(work, listing.id)
    hub.drain()
    assert fresh(hub, listing.id).state == "expired"


def test_an_offer_that_is_set_aside_waits_for_its_seller_and_keeps_its_number(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="reserved")
    with hub.begin() as work:
        service.unreserve(work, listing.id, back_on_sale=False)
    hub.drain()
    with hub.look() as work:
        assert goods.holder_of(work, "imei", listing.draft["imei"]) is not None
    assert fresh(hub, listing.id).state == "paused"
    assert _news(hub, listing.id)[-1] == "ListingClosed"
    assert _told(hub, seller) == ["listing.set_aside"]
    with hub.begin(actor(hub, seller)) as work:
        service.resume(work, listing.code)
    assert fresh(hub, listing.id).state == "active"


def test_a_deadline_of_an_earlier_stand_does_nothing(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin() as work:
        service.on_expiry(work, listing.id)
    assert fresh(hub, listing.id).state == "active"


def test_what_was_renewed_by_somebody_else_meanwhile_is_refused(hub: Hub, seller: User) -> None:
    imei = make_imei()
    listing = make_listing(hub, seller, state="expired", imei=imei)
    other = make_listing(hub, make_user(hub), state="in_review", imei=imei)  # staff look whose it is
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.approve(work, other.code, other.version)
    with pytest.raises(ThingAlreadyOnSale), hub.begin(actor(hub, seller)) as work:
        service.renew(work, listing.code)
    assert fresh(hub, listing.id).state == "expired"


# Reports


def test_a_report_about_another_thing_changes_nothing(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.begin() as work:
        service.on_report_signed(work, ReportSigned("x" * 26, (listing.thing_id or 0) + 1, "A", "graded"))
    assert fresh(hub, listing.id).current_version_no == 1


# Cards


def test_cards_come_in_the_asked_order_with_two_queries(hub: Hub, seller: User) -> None:
    made = [make_listing(hub, seller, photos=3) for _ in range(3)]
    wanted = [made[2].id, made[0].id, 10**6, made[1].id]
    with hub.look() as work:
        seen: list[str] = []
        engine = work.session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
        found = queries.cards(work, wanted)
        assert len(seen) <= 3
    assert [card.id for card in found] == [made[2].id, made[0].id, made[1].id]
    card = found[0]
    assert (card.title, str(card.district), card.state) == ("iPhone 13 128GB 午夜色", "渝北", "active")
    assert "未鉴定" in str(card.verdict)
    assert "电池 88%" in card.verdict["zh"]
    assert card.photo is not None
    assert card.photo.state == "ready"
    with hub.look() as work:
        assert queries.cards(work, []) == []
        assert [one.id for one in queries.recent(work, 2)] == [made[2].id, made[1].id]


def test_versions_are_told_apart_by_their_number(hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    with hub.look() as work:
        assert isinstance(queries.version(work, listing.id, 1), ListingVersion)
        with pytest.raises(ListingNotFound):
            queries.version(work, listing.id, 2)


def _later(hub: Hub, days: int) -> None:
    with hub.begin() as work:
        advance(work, timedelta(days=days))
    hub.drain()


def _told(hub: Hub, user: User) -> list[str]:
    with hub.look() as work:
        keys = work.session.scalars(select(Notice.key).where(Notice.user_id == user.id).order_by(Notice.id))
        return [key.split(":")[0] for key in keys]


def _news(hub: Hub, listing_id: int) -> list[str]:
    with hub.look() as work:
        rows = work.session.scalars(select(OutboxRow).where(OutboxRow.name.like("Listing%")).order_by(OutboxRow.id))
        return [row.name for row in rows if row.payload.get("listing_id") == listing_id]


def _last_move(hub: Hub, listing_id: int) -> tuple[str | None, str | None]:
    with hub.look() as work:
        moves = select(AuditEntry).where(
            AuditEntry.entity == "listing", AuditEntry.entity_id == listing_id, AuditEntry.to_state.is_not(None)
        )
        last = work.session.scalars(moves.order_by(AuditEntry.id.desc()).limit(1)).one()
        return last.from_state, last.to_state
