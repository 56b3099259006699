"""Why money does not move, in words for the reader, and what the provider's door may raise."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from app.kernel.text import N_


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    message = N_("This payment does not exist, or it is not yours.")


class NoReceipt(NotFound):
    """Nothing was paid, so there is nothing to confirm."""

    code = "no_receipt"
    message = N_("There is no receipt yet: nothing has been paid.")


class NoSuchMonth(NotFound):
    code = "no_such_month"
    message = N_("There is no statement of this month: your money had not moved yet, or the month is still to come.")


class PaymentNotOpen(Conflict):
    """The payer wants to pay, or the opener to cancel, what is already decided."""

    code = "payment_not_open"
    message = N_("This payment is no longer open.")


class NotPractice(Conflict):
    """Somebody wants to pay real money through the interface for programs."""

    code = "not_practice"
    message = N_("Real payments are made on the payment provider's own page. Please open the payment in a browser.")


class NoAccountsHere(Conflict):
    """Somebody asks for an account at a provider that pays without one."""

    code = "no_accounts_here"
    message = N_("No account at the payment provider is needed here: payouts arrive without one.")


class PaymentTimeOver(Conflict):
    code = "payment_time_over"
    message = N_("The time reserved for this payment is over. Nothing was charged.")


class PaymentNotSettled(Conflict):
    code = "payment_not_settled"
    message = N_("The money of this payment has not arrived, so it cannot be moved.")


class PaymentFrozen(Conflict):
    code = "payment_frozen"
    message = N_("This money is held until a reported problem has been decided.")


class PaymentNotFrozen(Conflict):
    code = "payment_not_frozen"
    message = N_("This money is not held by a reported problem.")


class PaymentDisputed(Conflict):
    """The payer's bank has taken the payment back and has not decided."""

    code = "payment_disputed"
    message = N_("The payer's bank has taken this payment back to look at it. Nothing of it moves until the bank has decided.")


class MoreThanReleased(Conflict):
    code = "more_than_released"
    message = N_("That is more than what can still be given back of this payment.")


class MoreThanHeld(Conflict):
    code = "more_than_held"
    message = N_("That is more than what is still held for this payment.")


class SplitDoesNotSum(InvalidInput):
    code = "split_does_not_sum"
    message = N_("The parts must add up exactly to what is released.")


class KeyReused(Conflict):
    """The same idempotency key came back with another content."""

    status = 422
    code = "key_reused"
    message = N_("This step was already done with other amounts.")


class LedgerRefused(Conflict):
    """A guard of the ledger in the database said no."""

    code = "ledger_refused"
    message = N_("The books refuse this movement of money. Nothing was changed.")


class CommandNotFound(NotFound):
    code = "command_not_found"
    message = N_("This money command does not exist.")


class CommandNotStuck(Conflict):
    code = "command_not_stuck"
    message = N_("This money command does not wait for anybody.")


class AnomalyNotFound(NotFound):
    code = "anomaly_not_found"
    message = N_("This entry does not exist.")


class NoteMissing(InvalidInput):
    code = "note_missing"
    message = N_("Please write what you found out.")


class AgencyNotUnpaid(Conflict):
    """Somebody of the staff wants to pay an agency that is managed again, or that was paid meanwhile."""

    code = "agency_not_unpaid"
    message = N_("This agency's money does not wait for you: it is managed again, or it has been paid meanwhile.")


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    message = N_("Please write why the agency is paid although nobody manages it.")


class NoBankHere(NotFound):
    """Somebody opens the bank's pages of a marketplace that is paid through another door."""

    code = "no_bank_here"
    message = N_("Payments do not go through a bank account here.")


class StatementUnreadable(InvalidInput):
    """A bank's statement that is no table, or one without the columns that must be there."""

    code = "statement_unreadable"
    message = N_("This statement cannot be read.")


class RowNotFound(NotFound):
    code = "bank_row_not_found"
    message = N_("This row of a statement does not exist.")


class RowDoesNotFit(InvalidInput):
    """Staff want to assign a row of a statement to something that it cannot be."""

    code = "bank_row_does_not_fit"
    message = N_("This row cannot be assigned to that.")


class RowNotThatWay(Conflict):
    """A row that came in is booked as if it had gone out, or the other way round."""

    code = "bank_row_not_that_way"
    message = N_("That can only be done with money that went the other way.")


class NothingToExport(Conflict):
    code = "nothing_to_export"
    message = N_("No transfer waits that the money at the bank covers. No file was made.")


class TransferNotFound(NotFound):
    code = "bank_transfer_not_found"
    message = N_("This transfer does not exist.")


class WebhookRefused(InvalidInput):
    """The caller is not the provider, or the message is too old or from the future."""

    status = 400
    code = "webhook_refused"
    message = N_("The signature of this message is not valid.")


class ObjectUnknown(Unavailable):
    """An event about something that we do not know yet: the provider shall send it again."""

    code = "object_unknown"
    message = N_("We do not know this object yet. Please send the event again later.")


class ProviderUnavailable(Unavailable):
    """The provider did not answer, so it is not known whether it acted: call again with the same key."""

    code = "provider_unavailable"
    message = N_("The payment provider does not answer at the moment. Please try again in a minute; nothing was charged twice.")


class ProviderRefused(Conflict):
    """The provider answered and will not do it; trying again with the same key cannot help."""

    code = "provider_refused"
    message = N_("The payment provider refused this: %(reason)s")
