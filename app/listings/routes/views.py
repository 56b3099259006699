"""What the pages of listings show, gathered once: the offer as a reader sees it, and photos with their addresses."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.accounts import queries as accounts
from app.appraisal import queries as appraisal
from app.credit import queries as credit
from app.goods import catalogue
from app.goods.queries import name_of
from app.kernel.money import fee_half_up
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import policy, queries, rules, wizard
from app.listings.models import Listing
from app.listings.schema import Schema, schema_by_id
from app.listings.states import ACTIVE, DRAFT, EXPIRED, IN_REVIEW, PAUSED, PUBLIC, REMOVED, RESERVED, SOLD, WITHDRAWN
from app.listings.wording import answer_lines
from app.regulations import queries as regulations
from app.valuation import queries as valuation
from app.web.languages import gettext as _
from app.web.rendering import in_language
from config import Settings

STATE_NAMES = {
    DRAFT: N_("Draft"),
    IN_REVIEW: N_("Being looked at"),
    ACTIVE: N_("On sale"),
    PAUSED: N_("Paused"),
    RESERVED: N_("Reserved"),
    SOLD: N_("Sold"),
    EXPIRED: N_("Expired"),
    WITHDRAWN: N_("Withdrawn"),
    REMOVED: N_("Taken down"),
}
STATE_TONES = {ACTIVE: "good", IN_REVIEW: "attention", RESERVED: "info", REMOVED: "danger"}
STATE_SENTENCES = {
    IN_REVIEW: N_("Our staff look at this listing before it is shown. You will be told as soon as it is decided."),
    ACTIVE: N_("This is on sale. Everybody can see it."),
    PAUSED: N_("This listing is paused. Nobody else can see it; you can put it on sale again."),
    RESERVED: N_(
        "This belongs to an order; under My orders you read what happens next. You can offer or withdraw it again when "
        "the order has ended and you have the item."
    ),
    SOLD: N_("This is sold. The page stays readable, because the buyer's order points at it."),
    EXPIRED: N_("Its time on sale is over. Nobody else can see it; you can renew it."),
    WITHDRAWN: N_("You have withdrawn this listing. Nobody else can see it."),
    REMOVED: N_("Our staff took this listing down. Nobody else can see it."),
}
RESERVED_FOR_OTHERS = N_(
    "This belongs to an order, so nobody else can buy it now. If the sale does not come about, it may be offered again."
)
SOLD_FOR_OTHERS = N_("This is sold. The page stays readable as part of the record.")


def gallery_photos(work: Work, listing: Listing, *, public: bool) -> list[dict[str, Any]]:
    """The ready photos for the gallery; those that are not public are served by this room."""
    shown = []
    for photo in queries.photos_of(work, listing.id):
        if photo.state == "ready":
            size: dict[str, Any] = {"width": photo.width, "height": photo.height, "sha256": photo.sha256, "shot": photo.shot}
            if public:
                shown.append({"code": photo.code, **size})
            else:
                src = url_for("listings.photo", code=listing.code, photo_code=photo.code, size="page")
                shown.append({"src": src, **size})
    return shown


def facts_of(schema: Schema, listing: Listing) -> list[tuple[str, Any]]:
    """What the thing is: (name, value), from the answers as they stand."""
    draft = listing.draft
    colour = catalogue.find_colour(draft.get("colour") or "")
    number = next((draft[each.code] for each in schema.numbers if draft.get(each.code)), "")
    kind = catalogue.find_kind(draft.get("type") or "")
    named = _("VIN") if schema.has("vin") else _("IMEI") if draft.get("imei") else _("Serial number")
    lines: list[tuple[Any, Any]] = [(_("Kind"), kind.name.model_dump())] if kind else []
    lines.append((_("Model"), name_of(schema.category, draft.get("brand", ""), draft.get("model", ""), draft)))
    if schema.has("storage_gb"):
        lines.append((_("Storage"), wizard.storage_text(draft["storage_gb"]) if draft.get("storage_gb") else ""))
    if schema.has("colour"):
        lines.append((_("Colour"), colour.name.model_dump() if colour else (_("Another colour") if draft.get("colour") else "")))
    lines.append((named, f"•••• {number[-4:]}" if number else ""))
    told = answer_lines(schema.facts, wizard.facts_told(schema, draft))
    return [*lines, *((in_language(name), _one(value)) for name, value in told)]


def _one(value: Any) -> Any:
    """Several words as one text; others as they are."""
    return _(", ").join(in_language(each) for each in value) if isinstance(value, list) else value


def offer_page(work: Work, listing: Listing, settings: Settings) -> dict[str, Any]:
    """Everything that the page of one offer shows."""
    schema = schema_by_id(listing.schema_id)
    draft = listing.draft
    mine = policy.is_seller(work.actor, listing)
    is_public = listing.state in PUBLIC
    report = appraisal.latest_report(work, listing.thing_id) if listing.thing_id is not None else None
    report_state = appraisal.report_state(work, report) if report is not None else None
    result = report.content["result"] if report is not None else {}
    is_draft = listing.state == DRAFT  # then the answers count, not what an earlier version said
    price_fen = draft.get("price_fen") if is_draft else listing.price_fen
    told = queries.told_verdict(
        wizard.headlines(schema, {**wizard.facts_told(schema, draft), **wizard.answers_told(schema, draft)})
    )
    past_life = rules.past_life_years({**draft.get("facts", {}), "type": draft.get("type")}, shanghai_day(work.now))
    frozen = queries.version(work, listing.id, listing.current_version_no) if listing.current_version_no else None
    decision = queries.last_decision(work, listing.id) if mine or not is_public else None
    checking_hours = 24 * settings.appliance_acceptance_days if listing.category == "appliance" else settings.acceptance_hours
    sale = queries.sale_facts(work, listing, checking_hours)
    worth = None if is_draft else valuation.worth_of_listing(work, listing.id)
    return {
        "listing": listing,
        "title": wizard.title_of(schema, draft) if is_draft else listing.title,
        "photos": gallery_photos(work, listing, public=is_public),
        "verdict": told if is_draft else queries.verdict_of(listing, report_state),
        "report_state": report_state,
        "facts": facts_of(schema, listing),
        "answers": answer_lines((*schema.questions, *schema.handing), wizard.answers_told(schema, draft)),
        "schema": schema,
        "erases": schema.needs_erasing(draft),
        "past_life": past_life,
        "description": draft.get("description", "") if is_draft else listing.description,
        "price_fen": price_fen,
        "worth": worth,
        "rating": valuation.rate(worth, price_fen) if worth is not None and price_fen else None,
        "district": queries.district_names(draft.get("district", "") if is_draft else listing.district),
        "by_parcel": bool(draft.get("by_parcel")),
        "by_meeting": bool(draft.get("by_meeting")),
        "seller": accounts.user_by_id(work, listing.seller_id),
        "summary": credit.seller_summary(work, listing.seller_id),
        "report": report,
        "report_result": result,
        "report_days": (work.now - report.signed_at).days if report is not None else 0,
        "defects": appraisal.findings_to_tell(report) if report is not None else [],
        "version": frozen,
        "mine": mine,
        "is_public": is_public,
        "is_sold": listing.state == SOLD,
        "state_name": STATE_NAMES[listing.state],
        "state_sentence": _state_sentence(listing, mine),
        "can_buy": policy.can_buy(work.actor, listing),
        "can_sell_again": policy.can_sell_again(work.actor, listing),
        "can_edit": policy.can_edit(work.actor, listing),
        "can_appraise": policy.can_ask_for_appraisal(work.actor, listing) and listing.thing_id is not None,
        "thing_code": frozen.content["thing"]["code"] if frozen is not None else "",
        "verbs": own_verbs(listing) if mine else [],
        "decision": decision,
        "decision_rules": rules.reasons(decision.rules) if decision is not None else [],
        "decision_is_refusal": decision is not None and decision.kind in ("rules", "reject", "take_down"),
        "fee_fen": fee_half_up(price_fen, settings.fee_bp) if price_fen and policy.is_bought_here(listing) else None,
        "acceptance_hours": settings.acceptance_hours,
        "acceptance_days": settings.appliance_acceptance_days if listing.category == "appliance" else None,
        "seller_kind": sale.seller_kind,
        "rights": regulations.rights_of(sale, work.now),
        "rights_words": regulations,
        "can_be_bought": policy.is_bought_here(listing),
        "ship_days": settings.ship_days,
    }


def own_verbs(listing: Listing) -> list[tuple[str, str, str]]:
    """What the seller can do with the listing now: (verb, label, kind of button)."""
    offered = {
        ACTIVE: [("pause", _("Pause"), "secondary"), ("withdraw", _("Withdraw for good"), "quiet")],
        PAUSED: [("resume", _("Put it on sale again"), "primary"), ("withdraw", _("Withdraw for good"), "quiet")],
        EXPIRED: [("renew", _("Renew it"), "primary"), ("withdraw", _("Withdraw for good"), "quiet")],
        IN_REVIEW: [("withdraw", _("Withdraw for good"), "quiet")],
    }
    return offered.get(listing.state, [])


def _state_sentence(listing: Listing, mine: bool) -> str:
    if mine:
        sentence = STATE_SENTENCES.get(listing.state, "")
    else:
        sentence = {RESERVED: RESERVED_FOR_OTHERS, SOLD: SOLD_FOR_OTHERS}.get(listing.state, "")
    return _(sentence) if sentence else ""
