"""What the room refuses, in words for the person who asked."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.kernel.text import N_


class ClaimNotFound(NotFound):
    """No such claim, or the reader is neither side of its order, nor decides it, nor staff."""

    code = "claim_not_found"
    message = N_("We could not find this claim. Only the buyer and the seller of its order can open it.")


class NotYourTurn(NotAllowed):
    """This step belongs to the other side."""

    code = "not_your_turn"
    message = N_("This step of the claim belongs to the other side.")


class DisputeNotFound(NotFound):
    """There is none, or it is not this person's to decide or to read."""

    code = "dispute_not_found"
    message = N_("This dispute does not exist, or it is not yours to decide.")


class NotNeutral(Conflict):
    """Who was drawn could not be drawn now."""

    code = "not_neutral"
    message = N_("You have come too close to one side, so you cannot decide here any more. Please pass it on.")


class NobodyToDecide(Conflict):
    """Nobody can be drawn."""

    code = "nobody_to_decide"
    message = N_("Nobody can be drawn: everybody who may decide is too close to one side, or was drawn before.")


class NotRuled(Conflict):
    """There is no ruling that can be accepted or appealed now."""

    code = "not_ruled"
    message = N_("There is no ruling to accept or to appeal now: it is not given yet, or it is final already.")


class AcceptedAlready(Conflict):
    code = "accepted_already"
    message = N_("You have accepted this ruling already.")


class RuledAlready(Conflict):
    """What an arbitrator decided is not undone by taking the claim back."""

    code = "ruled_already"
    message = N_("There is a ruling about this claim, so it can no longer be taken back. You can accept the ruling or appeal.")


class NothingToCarryOut(Conflict):
    code = "nothing_to_carry_out"
    message = N_("There is nothing to carry out: the ruling is not final, or everything has gone its way.")


class NotReceived(Conflict):
    """A claim is about what arrived."""

    code = "not_received"
    message = N_("A claim can be opened from the receipt of the item on, while the order is not refunded.")


class AnotherClaimOpen(Conflict):
    """One at a time for an order."""

    code = "another_claim_open"
    message = N_("A claim about this order is open already. Please go on with that one.")


class ItemClaimed(Conflict):
    """Each item of the report is claimed about once."""

    code = "item_claimed"
    message = N_("There was a claim about “%(name)s” in this order already. An item can be claimed about once.")


class ClaimTooLate(Conflict):
    """The right existed, and its period is over."""

    code = "claim_too_late"
    message = N_("The period of this right is over: %(name)s, until %(until)s. Source: %(source)s.")


class NoSuchRight(Conflict):
    """The buyer of such a sale has no right to this."""

    code = "no_such_right"
    message = N_("This order has no right to what you ask for. Its rights stand on the order page.")


class ReturnExcluded(Conflict):
    """The buyer confirmed an exception for this very order."""

    code = "return_excluded"
    message = N_(
        "You confirmed separately for this order that it cannot be returned without a reason: %(name)s. Source: %(source)s."
    )


class ThingNotWithBuyer(Conflict):
    """After the completion the buyer gave the item away, or offers it."""

    code = "thing_not_with_buyer"
    message = N_("This item has another owner, or it is on sale. Only what is yours and not offered can go back.")


class NotGoingBack(Conflict):
    code = "not_going_back"
    message = N_("No return is agreed in this claim, or it has ended.")


class SentAlready(Conflict):
    code = "sent_already"
    message = N_("The item is on its way already.")


class NothingSent(Conflict):
    code = "nothing_sent"
    message = N_("The buyer has not said yet that the item is on its way.")


class StillUnderway(Conflict):
    """A parcel takes its days."""

    code = "still_underway"
    message = N_("The parcel may still be on its way. From %(day)s on you can say that nothing has come.")


class AddressMissing(Conflict):
    code = "address_missing"
    message = N_("The seller has not named an address for the return yet.")


class EvidenceElsewhere(InvalidInput):
    """The same photo was evidence in another order."""

    code = "evidence_elsewhere"


class TurnOver(Conflict):
    """Its time is over, also when the clock has not worked it off yet."""

    code = "turn_over"
    message = N_("The time for this answer is over. Please look at the claim again in a moment.")


class TooManyRounds(Conflict):
    code = "too_many_claim_rounds"
    message = N_("You have asked %(most)s times. Accept what is offered, let an arbitrator decide, or take the claim back.")


class NothingOffered(Conflict):
    """There is no offer to agree to: the seller refused."""

    code = "nothing_offered"
    message = N_("The seller has refused, so there is nothing to agree to. You can ask again or let an arbitrator decide.")
