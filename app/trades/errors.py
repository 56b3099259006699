"""What the room refuses, in words for the person who asked."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.kernel.text import N_


class OrderNotFound(NotFound):
    """No such order, or the reader is neither its buyer nor its seller."""

    code = "order_not_found"
    message = N_("We could not find this order. Only its buyer and its seller can open it.")


class AddressNotShown(NotFound):
    """There is no address in this order, or this reader may not see it now."""

    code = "address_not_shown"
    message = N_("There is no address that you can see. A seller sees it from the payment to the end of the sale.")


class ReturnAddressNotShown(NotFound):
    code = "return_address_not_shown"
    message = N_("No address for sending it back is named, or the item is with its seller again.")


class NoMeetingCode(NotFound):
    code = "no_meeting_code"
    message = N_("No meeting is arranged for this order, so there is no code.")


class CaseNotFound(NotFound):
    code = "case_not_found"
    message = N_("We could not find this case.")


class OwnThing(NotAllowed):
    """The seller wanted to buy their own thing."""

    code = "own_thing"
    message = N_("This item is yours. You cannot buy it yourself.")


class CarsNotSoldYet(Conflict):
    """Cars are offered, appraised and found here; buying one will be a process of its own."""

    code = "cars_not_sold_yet"
    message = N_("Cars cannot be bought here yet. Look at it together, have it appraised, and settle the sale between you.")


class NotYourStep(NotAllowed):
    """A party of the order asked for a step that belongs to the other side."""

    code = "not_your_step"
    message = N_("This step belongs to the other side of the sale.")


class StaffOnly(NotAllowed):
    code = "staff_only"
    message = N_("Only the platform's staff may do this.")


class PartyCannotRule(NotAllowed):
    """The operator is buyer or seller of the order."""

    code = "party_cannot_rule"
    message = N_("You are buyer or seller in this order, so a colleague must decide it.")


class AlreadyPaid(Conflict):
    """The money arrived in the same moment in which the order was to be cancelled unpaid."""

    code = "already_paid"
    message = N_("Your payment has just arrived. Please open the order again: you can still cancel it until it is shipped.")


class ProblemOpen(Conflict):
    """Nothing about the money moves while a problem is being looked at."""

    code = "problem_open"
    message = N_("A problem has been reported for this order. The money stays with the platform until staff have decided.")


class ClaimOpen(Conflict):
    """A claim holds the order."""

    code = "claim_open"
    message = N_("A claim about this order is open. The money stays with the platform until the claim has ended.")


class WindowOver(Conflict):
    """The time for checking the thing is over."""

    code = "window_over"
    message = N_("The time for checking the item ended on %(until)s, so a problem can no longer be reported here.")


class AlreadyShipped(Conflict):
    """The thing is on its way, so the order can no longer be cancelled."""

    code = "already_shipped"
    message = N_(
        "The item has been shipped, so the order can no longer be cancelled. The buyer can report a problem after receiving it."
    )


class NoOpenProblem(Conflict):
    code = "no_open_problem"
    message = N_("No problem is open for this order.")


class AnsweredOnce(Conflict):
    code = "answered_once"
    message = N_("Your answer is kept already; it does not change any more.")


class CancelAsked(Conflict):
    """The buyer wants to end the meeting; that is answered first."""

    code = "cancel_asked"
    message = N_("The buyer has asked to cancel. Please answer that first.")


class NoCancelAsked(Conflict):
    code = "no_cancel_asked"
    message = N_("The buyer has not asked to cancel.")


class WithdrawnOnce(Conflict):
    """Each withdrawal begins the time for checking again, so there is one of them."""

    code = "withdrawn_once"
    message = N_("You have taken back a problem before. Staff will decide about this one.")


class NotAway(Conflict):
    """The thing is with its seller: not sold and refunded, or back already."""

    code = "not_away"
    message = N_("The item is with its seller, so nothing has to go back.")


class SentBack(Conflict):
    """The thing is on its way back already, so the address for it no longer changes."""

    code = "sent_back"
    message = N_("The item is on its way back already.")


class NoReturnAddress(Conflict):
    code = "no_return_address"
    message = N_("The seller has not said yet where the item goes back to.")


class WrongDelivery(Conflict):
    """A parcel step in an order that is handed over in person, or the other way round."""

    code = "wrong_delivery"
    message = N_("This order is handed over in another way, so this step does not belong to it.")


class BadAddress(InvalidInput):
    """The delivery address cannot be used; one sentence per field."""

    code = "bad_address"


class BadShipment(InvalidInput):
    """Carrier, tracking number or the erasure confirmation is missing or malformed."""

    code = "bad_shipment"


class NegotiationNotFound(NotFound):
    """No such negotiation, or the reader is neither its buyer nor its seller."""

    code = "negotiation_not_found"
    message = N_("We could not find this offer. Only the buyer and the seller can open it.")


class AlreadyBargaining(Conflict):
    """This buyer has an offer for this thing that is still open."""

    code = "already_bargaining"
    message = N_("You have an open offer for this item already. Go on with that one.")


class TooManyOffers(Conflict):
    """The cap on new negotiations in one category and day."""

    code = "too_many_offers"
    message = N_("You have made %(most)s offers of this kind today. Tomorrow you can make more.")


class TooManyRounds(Conflict):
    """Both sides have named prices often enough."""

    code = "too_many_rounds"
    message = N_("%(most)s prices have been named here. Accept the last one, or let it go.")


class OtherSidesTurn(NotAllowed):
    """Somebody wanted to answer their own offer."""

    code = "other_sides_turn"
    message = N_("This is your own offer. The other side answers it.")


class NotYourOffer(NotAllowed):
    """Somebody wanted to take back the other side's offer."""

    code = "not_your_offer"
    message = N_("The standing offer is not yours. You can accept it, name another price, or decline.")


class OfferExpired(Conflict):
    """Its time is over, also when the clock has not worked it off yet."""

    code = "offer_expired"
    message = N_("The time for this offer is over. It can no longer be accepted.")


class OfferNotBelow(Conflict):
    """The asking price has come down below the offer."""

    code = "offer_not_below"
    message = N_("The item now costs %(price)s, which is less than this offer. The buyer can buy it at that price right away.")


class BadBundle(InvalidInput):
    """Not things of one seller and kind, or too many."""

    code = "bad_bundle"
    message = N_("A bundle holds up to %(most)s items of one seller and one kind.")


class BundleBroken(Conflict):
    """Of a bundle something cannot be had any more; nothing of it was reserved."""

    code = "bundle_broken"
    message = N_("No longer to be had: %(titles)s. So nothing was reserved and nothing is to be paid.")


class BundleNotPaid(Conflict):
    """A part of a bundle was to be handed over before all of it was paid."""

    code = "bundle_not_paid"
    message = N_("The buyer has not paid for the whole bundle yet. Please do not send anything.")


class BadOffer(InvalidInput):
    """The price cannot be offered; says between which amounts it may lie."""

    code = "bad_offer"
    message = N_("Please correct the marked price.")


class ReviewNotFound(NotFound):
    code = "review_not_found"
    message = N_("There is no review under this number, or it is still sealed.")


class SaleNotCompleted(Conflict):
    code = "sale_not_completed"
    message = N_("A review can be written once the sale is completed. What you wrote is kept below.")


class ReviewedOnce(Conflict):
    """One review for each side of an order."""

    code = "reviewed_once"
    message = N_("You have reviewed this sale already. A review cannot be changed.")


class ReviewTimeOver(Conflict):
    code = "review_time_over"
    message = N_("The 14 days for reviews of this sale are over.")


class CheckedOnce(Conflict):
    """The buyer has handed in a check of this order."""

    code = "checked_once"
    message = N_(
        "You have handed in your list for this order already. It stays as it is; what you find now belongs into a claim."
    )


class NothingToCheck(Conflict):
    """The time for checking has not begun or is over, or something else is being looked at."""

    code = "nothing_to_check"
    message = N_("There is nothing to compare in this order now: the item is not with you, or its time for checking is over.")


class DeliveryPriced(Conflict):
    """The buyer has not seen yet what bringing it costs by what was typed."""

    code = "delivery_priced"
    message = N_("Bringing it into the room costs %(fee)s by what you have typed. Please look at the sum and send it again.")


class NotInTheRoom(Conflict):
    """It cannot be installed before it has arrived, and not everything is installed."""

    code = "not_in_the_room"
    message = N_("Please confirm first that it has arrived.")


class AlreadyInTheRoom(Conflict):
    code = "already_in_the_room"
    message = N_("You have confirmed that it has arrived. Say when it is installed.")


class NotOnItsWay(Conflict):
    """A change on site is proposed while an appliance is being brought, not before and not afterwards."""

    code = "not_on_its_way"
    message = N_(
        "A change is proposed while the item is being brought: not before it is on its way, and not after it has arrived."
    )


class ChangeWaits(Conflict):
    code = "change_waits"
    message = N_("A change waits for the buyer's answer already. Take it back first if it is not right.")


class NoOpenChange(Conflict):
    code = "no_open_change"
    message = N_("No change waits for an answer.")
