"""What touches the provider: opening a checkout, carrying out commands, taking in its messages, asking it when unsure.

The network is never inside a transaction: what is needed is stored, the call is made, a second small transaction notes the
answer. Every call may be made again with the same key, so a kill at any line only costs time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from app.kernel.faults import describe
from app.kernel.hub import Hub
from app.kernel.work import Actor
from app.payments import service
from app.payments.errors import LedgerRefused, NoAccountsHere, NotPractice, ObjectUnknown, ProviderRefused
from app.payments.events import MoneyCommandPlanned, PaymentCancelled
from app.payments.jobs.bank import import_statement as import_statement
from app.payments.jobs.bank import open_file as open_file
from app.payments.jobs.bank import require_bank as require_bank
from app.payments.provider import Sandbox
from app.payments.provider.face import ACTIVE, Intent, PaymentProvider, ProviderEvent
from app.payments.queries import (
    Comparison,
    agencies_with_money,
    compare,
    emptied_holds,
    find_account,
    my_payment,
    payment_by_code,
    receiver,
    unfinished_commands,
    unsure_accounts,
    verify_with,
    waiting_payments,
)
from app.payments.service import commands, news
from app.payments.states import CANCELLED, PLANNED

log = structlog.get_logger("payments")

UNSURE_AFTER = timedelta(minutes=2)


def execute(hub: Hub, event: MoneyCommandPlanned) -> None:
    """Give one planned refund or payout to the provider. ProviderUnavailable passes through: the queue tries again."""
    provider: PaymentProvider = hub.provider
    with hub.begin() as work:
        call = commands.claim(work, event.command_id, provider.name if provider.needs_accounts else "")
    if call is None:
        return
    if call.kind == "refund":
        take_back(hub, call)
    elif not call.intent_id:
        finish_emptied(hub)
    try:
        if call.kind == "refund":
            receipt = provider.refund(call.key, call.intent_id, call.amount_fen, call.metadata)
        else:
            where = call.account or call.destination
            receipt = provider.payout(call.key, where, call.amount_fen, call.currency, call.metadata, call.intent_id)
    except ProviderRefused as refusal:
        with hub.begin() as work:
            commands.note_refused(work, call, str(refusal.values.get("reason", "")))
        return
    with hub.begin() as work:
        commands.note_submitted(work, call, receipt.id)


def take_back(hub: Hub, call: commands.Call) -> None:
    """Before a refund after the release: take what it makes a debt out of the payouts, where the provider can. What a receiver
    has not got any more stays a debt."""
    provider = hub.provider
    if not provider.takes_back:
        return
    with hub.begin() as work:
        calls = service.plan_take_backs(work, call.command_id)
    for each in calls:
        try:
            receipt = provider.take_back(each.key, each.payout_ref, each.amount_fen, each.metadata)
        except ProviderRefused as refusal:
            with hub.begin() as work:
                service.note_not_taken(work, each.code, str(refusal.values.get("reason", "")))
            continue
        with hub.begin() as work:
            service.note_taken(work, provider.name, each.code, receipt.id)


def finish_emptied(hub: Hub) -> int:
    """Tell a provider that freezes the money of each payment of which nothing more is paid on; returns of how many.

    Until then what is left of a payment (the platform's fee, an agency's earnings) cannot be paid to anybody.
    """
    provider = hub.provider
    if not provider.finishes:
        return 0
    frozen: dict[str, str] = provider.frozen()
    with hub.look() as work:
        emptied = emptied_holds(work, list(frozen))
    for code in emptied:
        provider.finish(frozen[code])
    return len(emptied)


def open_checkout(hub: Hub, actor: Actor, payment_code: str) -> str:
    """Where the payer goes to pay: the checkout page of their try at the provider.

    A try that was begun is asked about, not made again: the provider may have forgotten its key, and a second checkout of
    one try could be paid besides the first. One that has ended there unpaid gives way to a new try.
    """
    provider: PaymentProvider = hub.provider
    with hub.begin(actor) as work:
        attempt = service.begin_attempt(work, payment_code)
    if attempt.intent_id:
        begun = provider.retrieve_intent(attempt.intent_id)
        if begun.status != "failed":
            return begun.checkout_path
        with hub.begin(actor) as work:
            service.end_attempt(work, attempt, "ended_unpaid")
            attempt = service.begin_attempt(work, payment_code)
    return_url = f"{hub.settings.base_url.rstrip('/')}/pay/{payment_code}/done"
    what = (attempt.amount_fen, attempt.currency, attempt.metadata, return_url, attempt.subject)
    intent = provider.create_intent(attempt.key, *what)
    with hub.begin(actor) as work:
        service.note_intent(work, attempt, intent.id)
    return intent.checkout_path


def end_checkout(hub: Hub, event: PaymentCancelled) -> None:
    """End the checkout of a payment that nobody asks for any more. Money that was faster is sent back when it is heard of."""
    provider = hub.provider
    with hub.look() as work:
        payment = payment_by_code(work, event.payment_code)
        intent_id = payment.intent_id if payment.state == CANCELLED else None
    if provider.ends_checkouts and intent_id is not None:
        provider.cancel_intent(intent_id)


def open_account(hub: Hub, actor: Actor, organisation_id: int | None = None) -> str:
    """Where somebody answers the provider's questions so that they can be paid there; the account is made on the first visit.

    ``organisation_id``: the account of an agency that the actor manages. Raises NoAccountsHere where no account is needed.
    """
    provider = hub.provider
    if not provider.needs_accounts:
        raise NoAccountsHere()
    with hub.look(actor) as work:
        owner, name = receiver(work, organisation_id)
        known = find_account(work, provider.name, owner)
        ref = known.ref if known is not None else ""
    if not ref:
        made = provider.create_account(f"account:{owner}", owner, name)
        with hub.begin(actor) as work:
            ref = service.note_account(work, provider.name, owner, made).ref
    back = "/agency/money" if organisation_id is not None else "/account/money"
    return str(provider.account_page(ref, hub.settings.base_url.rstrip("/") + back))


def pay_in_practice(hub: Hub, actor: Actor, payment_code: str, *, paid: bool) -> None:
    """The practice payer decides at once what a person decides on the practice page. The news comes by webhook as always.

    Raises NotPractice where the provider moves real money, and what ``open_checkout`` raises. Deciding twice changes nothing.
    """
    provider = hub.provider
    if not isinstance(provider, Sandbox):
        raise NotPractice()
    open_checkout(hub, actor, payment_code)
    with hub.look(actor) as work:
        intent_id = my_payment(work, payment_code).intent_id
    assert intent_id is not None
    provider.books.decide(intent_id, paid=paid)


def receive_webhook(hub: Hub, raw: bytes, header: bytes) -> str:
    """Take in one message. Raises WebhookRefused; ObjectUnknown when the provider shall send it again later.

    The signature's time is compared with the machine's clock: the demo clock moves our days, not the provider's.
    """
    provider: PaymentProvider = hub.provider
    event = provider.verify_webhook(raw, header, datetime.now(UTC))
    outcome = take_in(hub, event)
    if outcome == news.PARKED:
        raise ObjectUnknown()
    return outcome


def take_in(hub: Hub, event: ProviderEvent) -> str:
    """Act upon a verified event in one transaction, or put it aside in another."""
    provider: PaymentProvider = hub.provider
    actor = Actor("provider", code=provider.name)
    try:
        outcome = hub.db.run(actor, lambda work: service.take_in(work, provider.name, event, live=provider.live))
    except ObjectUnknown:
        outcome = hub.db.run(actor, lambda work: service.park(work, event))
    except LedgerRefused:  # sending it again cannot help: a person must look
        outcome = hub.db.run(actor, lambda work: service.set_aside(work, event, "books_refuse"))
    log.info("provider_event", type=event.type, event_id=event.id, outcome=outcome)
    return outcome


def reconcile(hub: Hub, *, older_than: timedelta = UNSURE_AFTER) -> int:
    """Ask the provider about everything that should have been confirmed by now; returns how much was news to us.

    This is how an event that was lost on its way is found. What it says goes through the same door as its messages.
    """
    provider: PaymentProvider = hub.provider
    with hub.look() as work:
        limit = work.now - older_than
        payments = [(row.code, row.intent_id, row.attempt) for row in waiting_payments(work, limit)]
        waiting = [row for row in unfinished_commands(work) if row.entered_at <= limit and row.state != PLANNED]
        unsure = [(row.code, row.round) for row in waiting]
    events = [event for code, intent_id, attempt in payments if (event := _asked(provider, code, intent_id, attempt))]
    if unsure:
        events += _confirmed(provider, unsure)
    events += _opened(hub)
    finish_emptied(hub)
    return sum(take_in(hub, event) == news.APPLIED for event in events)


def reconciler(hub: Hub, every_seconds: float = 60) -> Callable[[], None]:
    """For the worker: a function that may be called at every tick and reconciles about once a minute."""
    last = time.monotonic()

    def tick() -> None:
        nonlocal last
        if time.monotonic() - last >= every_seconds:
            last = time.monotonic()
            reconcile(hub)

    return tick


def pay_agencies(hub: Hub) -> int:
    """Plan today's payout of every agency that is owed something; returns how many. The provider is asked by ``execute``."""
    with hub.look() as work:
        owed = agencies_with_money(work)
    planned = 0
    for organisation_id in owed:
        with hub.begin() as work:
            planned += service.pay_out_agency(work, organisation_id) is not None
    return planned


def paymaster(hub: Hub, every_seconds: float = 3600) -> Callable[[], None]:
    """For the worker: pays the agencies at its first tick and then about once an hour; each is paid once a day."""
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds
            pay_agencies(hub)

    return tick


def check_books(hub: Hub) -> int:
    """Verify the ledger against itself and the provider's list, for /metrics and the log; returns the number of differences."""
    compared = compare_books(hub)
    with hub.look() as work:
        found = len(verify_with(work, compared))
    hub.metrics.ledger_verified(found, compared.unreconciled_fen)
    (log.error if found else log.info)("ledger_verified", difference_count=found, unreconciled_fen=compared.unreconciled_fen)
    return found


def compare_books(hub: Hub) -> Comparison:
    """Book the fees that the provider has kept, compare our books with its own list and keep what was found."""
    learn_fees(hub)
    with hub.look() as work:
        compared = compare(work, hub.provider)
    with hub.begin() as work:
        service.keep_comparison(work, compared)
    return compared


def learn_fees(hub: Hub) -> int:
    """Book what the provider kept for itself of what passed through it; returns how many fees were new."""
    movements = [each for each in hub.provider.list_movements() if each.kind == "fee"]
    if not movements:
        return 0
    with hub.begin() as work:
        return service.book_fees(work, hub.provider.name, movements)


def bookkeeper(hub: Hub, every_seconds: float, again_seconds: float = 120) -> Callable[[], None]:
    """For the worker: checks the books at its first tick and then so often; sooner after a difference, which may be money
    that was only on its way.
    """
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds  # before the check: one that fails is not tried at every tick
            if check_books(hub):
                due = time.monotonic() + min(again_seconds, every_seconds)

    return tick


def _asked(provider: PaymentProvider, code: str, intent_id: str | None, attempt: int) -> ProviderEvent | None:
    """What became of a try; found by what we gave with it when our note of its id was lost."""
    if intent_id is not None:
        try:
            intents = [provider.retrieve_intent(intent_id)]
        except ProviderRefused as unknown:  # verify names it; the other payments are still asked about
            log.warning("intent_unknown_to_provider", payment=code, error=describe(unknown))
            return None
    else:
        intents = [one for one in provider.find_by_metadata("payment_code", code) if one.metadata.get("attempt") == str(attempt)]
    return next((_event_of(provider, intent) for intent in intents if intent.status in ("succeeded", "failed")), None)


def _event_of(provider: PaymentProvider, intent: Intent) -> ProviderEvent:
    """What the provider answered about a try that has ended, as its message would have said it."""
    kind, values = f"intent.{intent.status}", (intent.amount_fen, intent.currency, intent.metadata)
    return ProviderEvent(f"asked:{intent.id}:{intent.status}", kind, intent.id, *values, provider.live)


def _opened(hub: Hub) -> list[ProviderEvent]:
    """Accounts that can be paid to although the message about it was lost."""
    provider = hub.provider
    if not provider.needs_accounts:
        return []
    with hub.look() as work:
        refs = unsure_accounts(work, provider.name)
    asked = f"asked:{datetime.now(UTC):%Y%m%d%H%M%S}"
    found = [one for ref in refs if (one := provider.retrieve_account(ref)).transfers == ACTIVE]
    told = {"transfers": ACTIVE}
    return [ProviderEvent(f"{asked}:{one.ref}", "account.changed", one.ref, 0, "", told, provider.live) for one in found]


def _confirmed(provider: PaymentProvider, unsure: list[tuple[str, int]]) -> list[ProviderEvent]:
    wanted = {(code, str(round_)) for code, round_ in unsure}
    types = {"refund": "refund.succeeded", "payout": "payout.paid"}
    return [
        ProviderEvent(f"asked:{one.id}", types[one.kind], one.id, one.amount_fen, one.currency, one.metadata, provider.live)
        for one in provider.list_movements()
        if one.kind in types and (one.metadata.get("command_code"), one.metadata.get("round")) in wanted
    ]
