"""The seller's verbs once the answers are there: publish, edit, pause, resume, renew, withdraw; and what time and reports do."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.accounts import queries as accounts
from app.appraisal import queries as appraisal
from app.appraisal.events import ReportRevoked, ReportSigned, ReportTookPlace
from app.appraisal.models import Report
from app.credit import service as credit
from app.goods import queries as goods_queries
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import add_days, iso_seconds
from app.kernel.work import Work
from app.listings import rules, wizard
from app.listings.errors import (
    BeingBought,
    ChangedSinceSeen,
    ListingIncomplete,
    ListingNotFound,
    NoLongerOffered,
    ThingNotTradable,
)
from app.listings.events import ListingChanged, ListingClosed, ListingPublished
from app.listings.models import Listing, ListingVersion
from app.listings.queries import listing_by_id, own_draft, own_listing, photos_of
from app.listings.schema import schema_by_id
from app.listings.service.condition import declare_condition
from app.listings.service.declaring import state_repairs
from app.listings.service.drafting import keep_answers
from app.listings.service.registering import register
from app.listings.service.reviewing import decide, fired, send_to_review
from app.listings.service.telling import tell
from app.listings.states import (
    ACTIVE,
    CLAIMING,
    DRAFT,
    EDITABLE,
    EXPIRE,
    LISTING_FLOW,
    PAUSE,
    PUBLISH,
    RENEW,
    RESERVED,
    RESUME,
    SOLD,
    TAKE_DOWN,
    WITHDRAW,
    WITHDRAWN,
)
from app.listings.versions import snapshot
from app.media import service as media

LISTING_DAYS = 60
REMIND_DAYS_BEFORE = 3
# statuses of a report after which a thing may not be sold here
REFUSED_BY_REPORT = ("prohibited", "recycle_only", "unsafe", "not_tradable")


def publish(work: Work, code: str, days: int = LISTING_DAYS, seen_revision: int | None = None) -> Listing:
    """Offer the thing: register it, claim its numbers, freeze a version; active at once unless a review rule fires.

    ``seen_revision``: that of the check page on which Publish was pressed. Raises ListingIncomplete with what is missing,
    ChangedSinceSeen, ThingAlreadyOnSale, ThingNotTradable.
    """
    listing = own_draft(work, code)
    work.session.refresh(listing, with_for_update=True)  # no answer can slip in between what is checked and what is frozen
    schema = schema_by_id(listing.schema_id)
    photos = photos_of(work, listing.id)
    lacks = wizard.missing(schema, listing.draft, photos)
    if lacks:
        raise ListingIncomplete({f"{lack.step}.{lack.screen}": lack.message for lack in lacks})
    if seen_revision is not None and seen_revision != listing.revision:
        raise ChangedSinceSeen()
    thing = register(work, listing)
    goods.claim(work, thing, listing.code)
    if goods_queries.belongs_to_another(work, thing):  # staff decide first, and meanwhile the owner stays free to sell
        goods.release_claim(work, thing)
    _copy_answers(work, listing, thing)
    refuse_untradable(work, listing)
    listing.expires_at = add_days(work.now, days)
    freeze(work, listing, thing)
    codes = fired(work, listing, thing)
    if codes:
        send_to_review(work, listing, codes)
    else:
        LISTING_FLOW.apply(work, listing, PUBLISH)
        go_public(work, listing)
    return listing


def edit(work: Work, code: str, price_fen: int, description: str, expected_revision: int) -> Listing:
    """Change price and text of an offer: a new frozen version; a rule that fires sends it to review first.

    Raises StaleDraft, InvalidInput by field, BeingBought while an order holds it, NoLongerOffered, ListingNotFound for a draft.
    """
    listing = own_listing(work, code)
    if listing.state == DRAFT:
        raise ListingNotFound()
    if listing.state not in EDITABLE:
        raise BeingBought() if listing.state == RESERVED else NoLongerOffered()
    schema = schema_by_id(listing.schema_id)
    answers = {**listing.draft, "price_fen": wizard.checked_price(price_fen)}
    answers = wizard.accept(schema, answers, wizard.Screen("condition", "notes"), {"description": description})
    if answers == listing.draft:
        return listing
    keep_answers(work, listing, answers, expected_revision)
    thing = work.session.get_one(Thing, listing.thing_id)
    _copy_answers(work, listing, thing)
    freeze(work, listing, thing)
    codes = fired(work, listing, thing)
    if codes:
        send_to_review(work, listing, codes)
        clear_deadlines(work, "listing", listing.id)
        announce(work, ListingClosed(listing.id))
    elif listing.state == ACTIVE:
        announce(work, ListingChanged(listing.id))
    return listing


def pause(work: Work, code: str) -> Listing:
    """Take the offer off the shelf for a while; its number stays claimed."""
    return _leave(work, own_listing(work, code), PAUSE)


def resume(work: Work, code: str, days: int = LISTING_DAYS) -> Listing:
    """Offer a paused listing again; when its days ran out in the meantime they start anew."""
    listing = own_listing(work, code)
    LISTING_FLOW.apply(work, listing, RESUME)
    if listing.expires_at is None or listing.expires_at <= work.now:
        listing.expires_at = add_days(work.now, days)
    go_public(work, listing)
    return listing


def renew(work: Work, code: str, days: int = LISTING_DAYS) -> Listing:
    """Offer an expired listing again. Raises ThingAlreadyOnSale when its number is in another offer by now."""
    listing = own_listing(work, code)
    LISTING_FLOW.apply(work, listing, RENEW)
    thing = work.session.get_one(Thing, listing.thing_id)
    if thing.owner_id != listing.seller_id:
        raise ListingNotFound()
    goods.claim(work, thing, listing.code)
    listing.expires_at = add_days(work.now, days)
    go_public(work, listing)
    return listing


def withdraw(work: Work, code: str) -> Listing:
    """End the offer for good; the seller may make a new one at any time."""
    return _leave(work, own_listing(work, code), WITHDRAW)


def on_expiry(work: Work, listing_id: int) -> None:
    """The offer's days are over (deadline)."""
    listing = listing_by_id(work, listing_id)
    if listing is None or listing.state != ACTIVE or listing.expires_at is None or listing.expires_at > work.now:
        return
    _leave(work, listing, EXPIRE)
    tell(work, listing, N_("“%(title)s” has been on sale for its full time and is no longer shown. You can renew it."), "expired")


def on_expiry_reminder(work: Work, listing_id: int) -> None:
    """Three days before (deadline)."""
    listing = listing_by_id(work, listing_id)
    if listing is None or listing.state != ACTIVE or listing.expires_at is None:
        return
    tell(work, listing, N_("“%(title)s” will be on sale for three more days. Afterwards you can renew it."), "expiry_reminder")


def on_report_signed(work: Work, event: ReportSigned | ReportTookPlace) -> None:
    """A report about the thing of a listing: its grade is shown, and pinned in a new version while it is on offer.

    A thing that may not be traded is taken off the shelf at once. A second look's report is heard when it takes the first
    one's place, not when it is signed.
    """
    if isinstance(event, ReportSigned) and appraisal.is_second_look(work, event.report_code):
        return
    over = (SOLD, WITHDRAWN)
    concerned = select(Listing).where(Listing.thing_id == event.thing_id, Listing.state.not_in(over)).order_by(Listing.id)
    for listing in work.session.scalars(concerned).all():
        thing = work.session.get_one(Thing, event.thing_id)
        report = appraisal.latest_report(work, thing.id)
        _copy_report(work, listing, report)
        if listing.state in (RESERVED, DRAFT):
            continue  # an order holds the version that was promised; the answers of a draft may be half changed
        freeze(work, listing, thing)
        if _is_barred(work, thing) and LISTING_FLOW.can(listing.state, TAKE_DOWN):
            remove(work, listing, rules.reason_text([rules.NOT_TRADABLE]), decided_by_id=None)
        elif listing.state == ACTIVE:
            announce(work, ListingChanged(listing.id))


def on_report_revoked(work: Work, event: ReportRevoked) -> None:
    """A report was withdrawn: lists no longer find the thing by its grade. That and why is read from the report itself.

    Where an earlier one bars the thing from sale, it is off the shelf again.
    """
    concerned = select(Listing).where(Listing.report_code == event.report_code).order_by(Listing.id)
    for listing in work.session.scalars(concerned).all():
        listing.tier = None  # and stays so: see _tier
        if listing.state in (RESERVED, DRAFT, SOLD, WITHDRAWN):
            continue
        thing = work.session.get_one(Thing, event.thing_id)
        freeze(work, listing, thing)
        if _is_barred(work, thing) and LISTING_FLOW.can(listing.state, TAKE_DOWN):
            remove(work, listing, rules.reason_text([rules.NOT_TRADABLE]), decided_by_id=None)
        elif listing.state == ACTIVE:
            announce(work, ListingChanged(listing.id))


def refuse_untradable(work: Work, listing: Listing) -> None:
    """Raises ThingNotTradable when the newest report about the object, under whichever registration, bars it from sale."""
    if _is_barred(work, work.session.get_one(Thing, listing.thing_id)):
        raise ThingNotTradable()


def go_public(work: Work, listing: Listing) -> None:
    """What follows from being active again: photos, clock, news, the seller's record. The state is active already.

    Every way back on sale comes through here. Raises ThingNotTradable.
    """
    refuse_untradable(work, listing)
    media.publish(work, [photo.photo_id for photo in photos_of(work, listing.id)])
    promised = _current_version(work, listing)
    state_repairs(work, listing, promised)
    declare_condition(work, listing, promised)
    if listing.published_at is None:
        listing.published_at = work.now
        credit.record(
            work,
            "listing.published",
            listing.seller_id,
            {
                "listing": listing.code,
                "category": listing.category,
                "amount_band": credit.amount_band(promised.price_fen),
                "tier": credit.tier_word(listing.tier),
                "version": promised.no,
                "content_sha256": promised.sha256,
            },
            key=f"listing.published:{listing.code}",
        )
    start_clock(work, listing)
    announce(work, ListingPublished(listing.id))


def catch_up_with_reports(work: Work, listing: Listing) -> bool:
    """Pin what a report said while an order held the listing; take it down when it may not be sold any more.

    Gives back whether it is still offered.
    """
    thing = work.session.get_one(Thing, listing.thing_id)
    report = appraisal.latest_report(work, thing.id)
    _copy_report(work, listing, report)
    if _report_line(work, report) != _current_version(work, listing).content["report"]:
        freeze(work, listing, thing)
    if not _is_barred(work, thing):
        return True
    remove(work, listing, rules.reason_text([rules.NOT_TRADABLE]), decided_by_id=None)
    return False


def start_clock(work: Work, listing: Listing) -> None:
    """Set the deadlines of an active listing."""
    assert listing.expires_at is not None
    set_deadline(work, "listing", listing.id, "expiry", max(listing.expires_at, work.now), listing.version)
    remind_at = listing.expires_at - timedelta(days=REMIND_DAYS_BEFORE)
    if remind_at > work.now:
        set_deadline(work, "listing", listing.id, "expiry_reminder", remind_at, listing.version)


def freeze(work: Work, listing: Listing, thing: Thing) -> ListingVersion:
    """Write the next frozen version of what the listing says now."""
    assert listing.price_fen is not None
    no = listing.current_version_no + 1
    schema = schema_by_id(listing.schema_id)
    content = snapshot(
        listing_code=listing.code,
        no=no,
        schema_id=listing.schema_id,
        seller_code=accounts.user_by_id(work, listing.seller_id).code,
        thing_code=thing.code,
        title=listing.title,
        draft=listing.draft,
        facts=wizard.facts_told(schema, listing.draft),
        answers=wizard.answers_told(schema, listing.draft),
        photos=[{"code": photo.code, "sha256": photo.sha256 or "", "shot": photo.shot} for photo in photos_of(work, listing.id)],
        report=_report_line(work, appraisal.latest_report(work, thing.id)),
        at=iso_seconds(work.now),
    )
    frozen = ListingVersion(
        listing_id=listing.id,
        no=no,
        content=content,
        sha256=sha256_hex(canonical(content)),
        price_fen=listing.price_fen,
        title=listing.title,
        at=work.now,
    )
    work.session.add(frozen)
    listing.current_version_no = no
    work.session.flush()
    return frozen


def remove(work: Work, listing: Listing, reason: str, decided_by_id: int | None, expected_version: int | None = None) -> None:
    """Take a listing down with its statement of reasons (staff, or the system after a report)."""
    LISTING_FLOW.apply(work, listing, TAKE_DOWN, reason=reason, expected_version=expected_version)
    listing.removed_by_id = decided_by_id
    closed(work, listing)
    media.withdraw(work, [photo.photo_id for photo in photos_of(work, listing.id)])
    decide(work, listing, "take_down", reason, decided_by_id=decided_by_id)
    tell(
        work,
        listing,
        N_(
            "We have taken “%(title)s” down. Reason: %(reason)s "
            "If you think that this is wrong, tell us; somebody else will look again."
        ),
        f"take_down:{listing.version}",
        reason=reason,
    )


def closed(work: Work, listing: Listing) -> None:
    """What follows from no longer being on offer: no deadlines, the number is free unless it is only paused or in review."""
    clear_deadlines(work, "listing", listing.id)
    if listing.state not in CLAIMING and listing.thing_id is not None:
        goods.release_claim(work, work.session.get_one(Thing, listing.thing_id))
    work.session.flush()
    announce(work, ListingClosed(listing.id))


def _leave(work: Work, listing: Listing, event: str) -> Listing:
    LISTING_FLOW.apply(work, listing, event)
    closed(work, listing)
    return listing


def _copy_answers(work: Work, listing: Listing, thing: Thing) -> None:
    """Bring the columns that lists, search and orders read in line with the answers."""
    draft = listing.draft
    listing.thing_id = thing.id
    schema = schema_by_id(listing.schema_id)
    listing.title = wizard.title_of(schema, draft)
    listing.brand, listing.model = draft["brand"], draft["model"]
    listing.storage_gb, listing.colour = draft.get("storage_gb"), draft.get("colour")
    listing.description = draft.get("description", "")
    told = {**wizard.facts_told(schema, draft), **wizard.answers_told(schema, draft)}
    listing.summary = wizard.headlines(schema, told)
    for column, value in wizard.columns_of(schema, draft).items():
        setattr(listing, column, value)
    listing.price_fen = draft["price_fen"]
    listing.district = draft["district"]
    listing.by_parcel, listing.by_meeting = bool(draft.get("by_parcel")), bool(draft.get("by_meeting"))
    _copy_report(work, listing, appraisal.latest_report(work, thing.id))
    work.session.flush()


def _copy_report(work: Work, listing: Listing, report: Report | None) -> None:
    listing.report_code = report.code if report else None
    listing.tier = _tier(work, report) if report else None
    listing.report_status = report.status if report else None
    listing.reported_at = report.signed_at if report else None


def _report_line(work: Work, report: Report | None) -> dict[str, str | None] | None:
    if report is None:
        return None
    return {"code": report.code, "sha256": report.sha256, "tier": _tier(work, report), "status": report.status}


def _tier(work: Work, report: Report) -> str | None:
    """A report that was withdrawn is named, with its reason, and gives no grade."""
    return None if appraisal.is_withdrawn(work, report) else report.tier


def _is_barred(work: Work, thing: Thing) -> bool:
    report = appraisal.latest_report_about(work, thing)
    return report is not None and report.status in REFUSED_BY_REPORT


def _current_version(work: Work, listing: Listing) -> ListingVersion:
    same = (ListingVersion.listing_id == listing.id, ListingVersion.no == listing.current_version_no)
    return work.session.scalars(select(ListingVersion).where(*same)).one()
