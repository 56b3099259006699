"""What both sides are told at each step of an order, once per step."""

from __future__ import annotations

from datetime import datetime

from app.kernel.money import format_yuan
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.trades.models import Order
from app.trades.rules import BUYER, SELLER, clock_words

# step -> who is told -> sentence. Every sentence may use %(title)s, %(price)s, %(due)s, %(net)s, and what the caller adds.
SENTENCES: dict[str, dict[str, str]] = {
    "reserved": {
        SELLER: N_("Somebody has reserved “%(title)s” for %(price)s and is paying now. Please do not send anything yet."),
    },
    "pay_failed": {
        BUYER: N_("The payment for “%(title)s” did not go through. You can try again until %(due)s."),
    },
    "paid": {
        BUYER: N_(
            "Your payment of %(price)s for “%(title)s” has arrived. The platform holds it until you have accepted the item."
        ),
        SELLER: N_("“%(title)s” is paid: %(price)s is held by the platform. Please send it, or arrange to meet, by %(due)s."),
    },
    "ship_reminder": {
        SELLER: N_("“%(title)s” waits to be sent. After %(due)s the order ends and the buyer gets the money back."),
    },
    "shipped": {
        BUYER: N_("“%(title)s” has been shipped. When you have it, please confirm the receipt, by %(due)s at the latest."),
    },
    "arranged": {
        BUYER: N_(
            "A meeting for “%(title)s” is arranged. Your six digits are on the order page; give them after you have "
            "checked the item."
        ),
    },
    "rearranged": {
        BUYER: N_("The place or time for handing over “%(title)s” has changed. Please look at the order page."),
    },
    "change_proposed": {
        BUYER: N_(
            "Bringing “%(title)s” is to cost %(amount)s more. Look at the order page: you can refuse free of charge, then you "
            "get everything back."
        ),
    },
    "change_accepted": {
        SELLER: N_("The buyer accepts %(amount)s more for bringing “%(title)s”, paid to whoever brings it."),
    },
    "change_refused": {
        BUYER: N_("You have refused the change. “%(title)s” goes back, and %(price)s is on its way back to you."),
        SELLER: N_("The buyer refuses the change. Please take “%(title)s” back; the buyer gets all the money back."),
    },
    "arrived": {
        BUYER: N_(
            "“%(title)s” is in your room. Say on the order page when it is installed: then your time for checking begins, on "
            "%(due)s at the latest."
        ),
        SELLER: N_("“%(title)s” is in the buyer's room and will be installed, by %(due)s at the latest."),
    },
    "delivered": {
        BUYER: N_("You have “%(title)s”. Please check it and accept it, or report a problem, by %(due)s."),
        SELLER: N_("The buyer has “%(title)s” and is checking it until %(due)s."),
    },
    "check_differs": {
        BUYER: N_(
            "You found “%(title)s” different from what was promised. Open a claim by %(due)s; your list is filled in there "
            "already."
        ),
        SELLER: N_(
            "The buyer compared “%(title)s” with what was promised and found %(count)s differences. They are on its page."
        ),
    },
    "check_passed": {
        SELLER: N_("The buyer compared “%(title)s” with what was promised and found no difference."),
    },
    "check_reminder": {
        BUYER: N_(
            "“%(title)s” differs from what was promised, and no claim is open. After %(due)s the sale is completed and the "
            "seller is paid."
        ),
    },
    "completed": {
        BUYER: N_("The sale of “%(title)s” is completed. It is yours now."),
        SELLER: N_("The sale of “%(title)s” is completed. %(net)s has been credited to you and will be paid out."),
    },
    "completed_in_part": {
        BUYER: N_("The sale of “%(title)s” is completed. It is yours, and %(back)s goes back to you."),
        SELLER: N_("The sale of “%(title)s” is completed. After the part that went back, %(net)s has been credited to you."),
    },
    "claim_ended": {
        BUYER: N_("The claim about “%(title)s” has ended. You can check and accept the item until %(due)s."),
        SELLER: N_("The claim about “%(title)s” has ended. The buyer can check the item until %(due)s."),
    },
    "problem": {
        BUYER: N_("Your problem with “%(title)s” has been noted. The money stays with the platform until staff have decided."),
        SELLER: N_(
            "The buyer reports a problem with “%(title)s”. You can answer on the order page; the money stays with the platform "
            "until staff have decided."
        ),
    },
    "cancel_asked": {
        SELLER: N_(
            "The buyer wants to cancel “%(title)s”. If the buyer has the item, say so by %(due)s; otherwise the order ends."
        ),
    },
    "cancel_objected": {
        BUYER: N_(
            "The seller of “%(title)s” says that you have the item. The money stays with the platform until staff have decided."
        ),
        SELLER: N_(
            "Your objection about “%(title)s” has been noted. The money stays with the platform until staff have decided."
        ),
    },
    "no_receipt": {
        BUYER: N_("The handover of “%(title)s” was not confirmed in time. Staff are looking into it; your money is still held."),
        SELLER: N_("The handover of “%(title)s” was not confirmed in time. Staff are looking into it; the money is still held."),
    },
    "settled": {
        BUYER: N_("The problem with “%(title)s” is settled. You can check and accept the item until %(due)s."),
        SELLER: N_("The problem with “%(title)s” is settled. The buyer can check the item until %(due)s."),
    },
    "ruled_release": {
        BUYER: N_("Staff have decided about “%(title)s”: the money goes to the seller. The reasons are on the order page."),
        SELLER: N_("Staff have decided about “%(title)s”: %(net)s has been credited to you. The reasons are on the order page."),
    },
    "ruled_refund": {
        BUYER: N_("Staff have decided about “%(title)s”: you get %(price)s back. The reasons are on the order page."),
        SELLER: N_("Staff have decided about “%(title)s”: the buyer gets the money back. The reasons are on the order page."),
    },
    "ruled_refund_back": {
        BUYER: N_("Staff have decided about “%(title)s”: you get %(price)s back. How the item goes back is on the order page."),
        SELLER: N_(
            "Staff have decided about “%(title)s”: the buyer gets the money back. On the order page you say where the item goes "
            "back to."
        ),
    },
    "ask_back": {
        BUYER: N_("The seller of “%(title)s” has named the address for sending it back. Please send it by %(due)s."),
    },
    "send_back": {
        SELLER: N_("“%(title)s” is on its way back to you. Say on the order page when you have it."),
    },
    "take_back": {
        BUYER: N_("The seller has “%(title)s” again. You do not need to do anything more."),
    },
    "ask_back_reminder": {
        SELLER: N_("“%(title)s” is still with the buyer. Please say on the order page where it goes back to."),
    },
    "return_reminder": {
        BUYER: N_("“%(title)s” has to be on its way back to its seller by %(due)s. The address is on the order page."),
    },
    "take_back_reminder": {
        SELLER: N_("Do you have “%(title)s” again? Please say so on the order page; then you can put it back on sale."),
    },
    "cancelled_unpaid": {
        BUYER: N_("Your reservation of “%(title)s” has ended without a payment."),
        SELLER: N_("The reservation of “%(title)s” has ended without a payment. It is on sale again."),
    },
    "buyer_cancelled": {
        BUYER: N_("You have cancelled the order of “%(title)s”. %(price)s is on its way back to you."),
        SELLER: N_("The buyer has cancelled the order of “%(title)s”. Please do not send anything."),
    },
    "bundle_ended": {
        BUYER: N_("The bundle with “%(title)s” was let go, so its order has ended. %(price)s is on its way back to you."),
        SELLER: N_("The buyer has let the bundle with “%(title)s” go. Please do not send anything."),
    },
    "seller_cancelled": {
        BUYER: N_("The seller has cancelled the order of “%(title)s”. %(price)s is on its way back to you."),
        SELLER: N_("You have cancelled the order of “%(title)s”. The buyer gets the money back, and your record says so."),
    },
    "not_shipped": {
        BUYER: N_("“%(title)s” was not sent in time. The order has ended; %(price)s is on its way back to you."),
        SELLER: N_(
            "“%(title)s” was not sent in time. The order has ended, the buyer gets the money back, and your record says so."
        ),
    },
    "stopped": {
        BUYER: N_("The platform has stopped the order of “%(title)s”. Nothing is lost: what you paid comes back."),
        SELLER: N_("The platform has stopped the order of “%(title)s”. Please do not send anything."),
    },
    "refund_paid": {
        BUYER: N_("The refund for “%(title)s” has been sent to the account from which you paid."),
    },
    "bank_opened": {
        BUYER: N_("Your bank has taken the payment for “%(title)s” back to look at it. Nothing moves until it has decided."),
        SELLER: N_("The buyer's bank is looking at the payment for “%(title)s”. Nothing moves until it has decided."),
    },
    "bank_won": {
        BUYER: N_("Your bank has decided: the payment for “%(title)s” stands."),
        SELLER: N_("The buyer's bank has decided: the payment for “%(title)s” stands."),
    },
    "bank_lost": {
        BUYER: N_("Your bank has given you the money for “%(title)s” back. The order has ended."),
        SELLER: N_("The buyer's bank has given the buyer the money for “%(title)s” back. Please do not send anything."),
    },
    "bank_lost_back": {
        BUYER: N_("Your bank has given you the money for “%(title)s” back. How the item goes back is on the order page."),
        SELLER: N_(
            "The buyer's bank has given the buyer the money for “%(title)s” back. On the order page you say where the item goes "
            "back to."
        ),
    },
    "bank_lost_late": {
        BUYER: N_("Your bank has given you the money for “%(title)s” back."),
        SELLER: N_(
            "The buyer's bank has taken back the money for “%(title)s”, although the sale was completed. It is set against your "
            "next sales; “My money” shows it."
        ),
    },
    "given_back": {
        BUYER: N_("Staff have decided that you get %(amount)s of the price of “%(title)s” back. Reason: %(reason)s"),
        SELLER: N_(
            "Staff have decided that the buyer of “%(title)s” gets %(amount)s back. Your part is taken from what is owed to you, "
            "or set against your next sales; “My money” shows it. Reason: %(reason)s"
        ),
    },
    "review_by_buyer": {
        SELLER: N_(
            "The buyer has reviewed the sale of “%(title)s”. Nobody reads it until you have reviewed it too, or until %(due)s."
        ),
    },
    "review_by_seller": {
        BUYER: N_(
            "The seller has reviewed the sale of “%(title)s”. Nobody reads it until you have reviewed it too, or until %(due)s."
        ),
    },
    "review_opened_buyer": {
        SELLER: N_("The buyer's review of “%(title)s” is open now. You find it on the order page."),
    },
    "review_opened_seller": {
        BUYER: N_("The seller's review of “%(title)s” is open now. You find it on the order page."),
    },
    "review_hidden": {
        BUYER: N_("The platform has hidden the text of a review of “%(title)s”. The reason is on the order page."),
        SELLER: N_("The platform has hidden the text of a review of “%(title)s”. The reason is on the order page."),
    },
    "payout_returned": {
        SELLER: N_("The bank has sent back the payout for “%(title)s”. The money stays yours; we look into it and try again."),
    },
    "payout_paid": {
        SELLER: N_("The money for “%(title)s” has been paid out to your account."),
    },
}


def tell(work: Work, order: Order, step: str, due: datetime | None = None, again: str = "", **more: str) -> None:
    """Tell both sides about one step; the same step of the same order is told once (``again`` marks a repetition)."""
    values = {
        "title": order.title,
        "price": format_yuan(order.total_fen),
        "net": format_yuan(order.total_fen - order.fee_fen),
        "due": "" if due is None else clock_words(due),
        **more,
    }
    people = {BUYER: order.buyer_id, SELLER: order.seller_id}
    key = f"order.{step}:{order.code}" + (f":{again}" if again else "")
    for role, sentence in SENTENCES[step].items():
        notify(work, people[role], text=sentence, values=values, link=f"/orders/{order.code}", key=key, mail=step != "reserved")
