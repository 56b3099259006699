"""What both sides are told, once per step."""

from __future__ import annotations

import secrets

from app.kernel.deadlines import set_deadline
from app.kernel.money import format_yuan
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.trades.events import OfferNamed
from app.trades.models.offers import Negotiation
from app.trades.queries import offers as queries
from app.trades.rules import clock_words
from app.trades.rules import offers as rules
from app.trades.states.offers import BUYER, OPEN, SELLER

# step -> who is told -> sentence. Every sentence may use %(title)s, %(price)s, %(due)s and %(gone)s.
SENTENCES: dict[str, dict[str, str]] = {
    "offered": {
        SELLER: N_("Somebody offers %(price)s for “%(title)s”. You can accept, name another price or decline, by %(due)s.")
    },
    "countered_by_seller": {
        BUYER: N_("The seller of “%(title)s” would take %(price)s. You can accept, name another price or decline, by %(due)s.")
    },
    "countered_by_buyer": {
        SELLER: N_("The buyer now offers %(price)s for “%(title)s”. You can accept, name another price or decline, by %(due)s.")
    },
    "accepted_by_seller": {
        BUYER: N_("The seller has accepted your %(price)s for “%(title)s”. It is reserved for you; please pay by %(due)s.")
    },
    "accepted_by_buyer": {SELLER: N_("The buyer has accepted your %(price)s for “%(title)s” and pays by %(due)s.")},
    "declined_by_seller": {BUYER: N_("The seller has declined your offer of %(price)s for “%(title)s”.")},
    "declined_by_buyer": {SELLER: N_("The buyer has declined your price of %(price)s for “%(title)s”.")},
    "withdrawn_by_buyer": {SELLER: N_("The offer of %(price)s for “%(title)s” was taken back.")},
    "withdrawn_by_seller": {BUYER: N_("The seller has taken back the price of %(price)s for “%(title)s”.")},
    "expired": {
        BUYER: N_("The offer of %(price)s for “%(title)s” has ended without an answer."),
        SELLER: N_("The offer of %(price)s for “%(title)s” has ended without an answer."),
    },
    "bundle_superseded": {
        BUYER: N_(
            "“%(gone)s” is no longer on sale. Your offer of %(price)s for the bundle “%(title)s” has ended with that: nothing "
            "of it is reserved."
        )
    },
    "superseded": {BUYER: N_("“%(title)s” is no longer on sale. Your offer of %(price)s has ended with that.")},
}


def on_offer_named(work: Work, event: OfferNamed) -> None:
    """Tell the side that is to answer; of an offer below the seller's lowest price set only when it is declined.

    Here and not in the request that named the price: that one does the same for every price, so its time tells nothing.
    """
    negotiation = queries.by_code(work, event.negotiation_code)
    if negotiation.state != OPEN or negotiation.last_no != event.no or work.now >= negotiation.due_at:
        return
    if negotiation.is_quiet:
        at = rules.quiet_decline_at(work.now, negotiation.due_at, secrets.randbelow)
        set_deadline(work, "negotiation", negotiation.id, "quiet", at, negotiation.version)
        return
    tell(work, negotiation, "offered" if event.no == 1 else f"countered_by_{negotiation.last_by}")


def tell(work: Work, negotiation: Negotiation, step: str, gone: str = "") -> None:
    """Tell one step; ``gone`` is the title of what a bundle has lost.

    Of an offer below the lowest price the seller hears nothing, neither that it came nor that it ended.
    """
    values = {
        "title": negotiation.title,
        "gone": gone,
        "price": format_yuan(negotiation.last_fen),
        "due": clock_words(negotiation.due_at),
    }
    people = {BUYER: negotiation.buyer_id, SELLER: negotiation.seller_id}
    key = f"offer.{step}:{negotiation.code}:{negotiation.last_no}"
    for side, sentence in SENTENCES[step].items():
        if side == BUYER or not negotiation.is_quiet:
            notify(work, people[side], text=sentence, values=values, link=f"/offers/{negotiation.code}", key=key)
