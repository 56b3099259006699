"""The door to Stripe: Checkout takes the money, it stays in the platform's balance, transfers pass it on to recipients' accounts.

Nothing of the SDK leaves this file and its neighbour ``stripe_words``: every answer becomes a plain dictionary first. Every POST
carries the key that was stored before the call. Stripe may forget a key after a day, so what was asked before is looked for
first: a refund or transfer that carries our command and round is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import stripe
import structlog

from app.kernel.faults import describe
from app.payments.errors import ProviderRefused, ProviderUnavailable
from app.payments.provider import signature, stripe_words
from app.payments.provider.face import Account, Intent, Movement, ProviderEvent, Receipt

log = structlog.get_logger("payments")

stripe.enable_telemetry = False

API_VERSION = "2026-10-28.endive"  # the one whose shapes stripe_words knows; the SDK's own at 16.1
PAGES = "https://*.stripe.com"  # where Checkout and a receiver's questions are
CONNECT_SECONDS, READ_SECONDS = 5, 20
RETRIES = 2  # of one call, with the same key
PAGE = 100


class Stripe:
    """One platform's account at Stripe. ``api_url``: another server than Stripe's own, for trials on one machine."""

    name = "stripe"
    needs_accounts = True
    ends_checkouts = True
    takes_days = False
    takes_back = True
    finishes = False

    def __init__(
        self,
        key: str,
        webhook_secrets: tuple[str, ...],
        *,
        country: str,
        api_url: str = "",
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        self.live = key.startswith(("sk_live_", "rk_live_"))
        self.pages = (api_url,) if api_url else (PAGES,)
        self._secrets = tuple(each.encode() for each in webhook_secrets)
        self._country = country.lower()
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_url} if api_url else None,
            max_network_retries=RETRIES,
            http_client=http_client or stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
        )

    def create_intent(
        self, key: str, amount_fen: int, currency: str, metadata: Mapping[str, str], return_url: str, subject: str = ""
    ) -> Intent:
        payment_code = metadata["payment_code"]
        item = {
            "quantity": 1,
            "price_data": {
                "currency": currency.lower(),
                "unit_amount": amount_fen,
                "product_data": {"name": subject[:200] or payment_code},
            },
        }
        params: Any = {
            "mode": "payment",
            "line_items": [item],
            "client_reference_id": payment_code,
            "metadata": dict(metadata),
            "payment_intent_data": {"metadata": dict(metadata), "transfer_group": payment_code},
            "adaptive_pricing": {"enabled": False},  # the payer pays the amount and currency that we hold
            "success_url": return_url,
            "cancel_url": return_url.removesuffix("/done"),
        }
        with _speaking():
            made = self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return stripe_words.intent(made.to_dict())

    def retrieve_intent(self, intent_id: str) -> Intent:
        return stripe_words.intent(self._session(intent_id))

    def find_by_metadata(self, name: str, value: str) -> list[Intent]:
        """Checkouts that were paid, by what was given with them. Stripe's search knows a payment about a minute late."""
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        with _speaking():
            found = self._client.v1.payment_intents.search({"query": f"metadata['{name}']:'{quoted}'", "limit": PAGE})
            intents = [each.to_dict()["id"] for each in found.auto_paging_iter()]
            sessions = [
                each.to_dict()
                for intent_id in intents
                for each in self._client.v1.checkout.sessions.list({"payment_intent": intent_id}).auto_paging_iter()
            ]
        return [stripe_words.intent(each) for each in sessions]

    def cancel_intent(self, intent_id: str) -> None:
        """Nobody may pay there any more. One that is paid or over stays as it is."""
        try:
            with _speaking():
                self._client.v1.checkout.sessions.expire(intent_id, {}, {"idempotency_key": f"expire:{intent_id}"})
        except ProviderRefused:
            if self.retrieve_intent(intent_id).status == "open":
                raise

    def refund(self, key: str, intent_id: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt:
        paid = stripe_words.payment_of(self._session(intent_id))
        if paid is None:
            raise ProviderRefused(reason="intent_not_paid")
        with _speaking():
            known = self._client.v1.refunds.list({"payment_intent": paid.id, "limit": PAGE})
            found = _mine(known.auto_paging_iter(), metadata)
            if found is None:
                params: Any = {"payment_intent": paid.id, "amount": amount_fen, "metadata": dict(metadata)}
                found = self._client.v1.refunds.create(params, {"idempotency_key": key}).to_dict()
        return Receipt(found["id"], stripe_words.REFUND_STATES.get(found["status"], "pending"))

    def payout(
        self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str], source: str = ""
    ) -> Receipt:
        """A transfer to a recipient's account. ``source``: the checkout whose money this is, so that nobody waits for it to
        become available."""
        group = metadata.get("payment_code") or metadata["command_code"]
        params: Any = {
            "amount": amount_fen,
            "currency": currency.lower(),
            "destination": destination,
            "transfer_group": group,
            "metadata": dict(metadata),
        }
        paid = stripe_words.payment_of(self._session(source)) if source else None
        if paid is not None:
            params["source_transaction"] = paid.charge
        with _speaking():
            known = self._client.v1.transfers.list({"transfer_group": group, "limit": PAGE})
            found = _mine(known.auto_paging_iter(), metadata)
            if found is None:
                found = self._client.v1.transfers.create(params, {"idempotency_key": key}).to_dict()
        return Receipt(found["id"], "succeeded")

    def take_back(self, key: str, payout_ref: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt:
        """A reversal of a transfer. What was asked before is looked for first, as with refunds and transfers."""
        with _speaking():
            known = self._client.v1.transfers.reversals.list(payout_ref, {"limit": PAGE})
            code = metadata["take_back_code"]
            plain = (each.to_dict() for each in known.auto_paging_iter())
            found = next((each for each in plain if (each.get("metadata") or {}).get("take_back_code") == code), None)
            if found is None:
                params: Any = {"amount": amount_fen, "metadata": dict(metadata)}
                found = self._client.v1.transfers.reversals.create(payout_ref, params, {"idempotency_key": key}).to_dict()
        return Receipt(found["id"], "succeeded")

    def list_movements(self) -> list[Movement]:
        with _speaking():
            listed = self._client.v1.balance_transactions.list({"limit": PAGE, "expand": ["data.source"]})
            return [move for each in listed.auto_paging_iter() for move in stripe_words.movements(each.to_dict())]

    def create_account(self, key: str, owner: str, name: str) -> Account:
        """An account that can receive transfers; its owner answers Stripe's questions on Stripe's own pages."""
        params: Any = {
            "display_name": name,
            "dashboard": "express",
            "identity": {"country": self._country},
            "defaults": {"responsibilities": {"fees_collector": "application", "losses_collector": "application"}},
            "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
            "include": ["configuration.recipient"],
            "metadata": {"owner": owner},
        }
        with _speaking():
            made = self._client.v2.core.accounts.create(params, {"idempotency_key": key})
        return stripe_words.account(made.to_dict())

    def retrieve_account(self, ref: str) -> Account:
        with _speaking():
            found = self._client.v2.core.accounts.retrieve(ref, {"include": ["configuration.recipient"]})
        return stripe_words.account(found.to_dict())

    def account_page(self, ref: str, back_url: str) -> str:
        """Where the owner of an account answers Stripe's questions: an address that works once."""
        flow: Any = {"refresh_url": back_url, "return_url": back_url}
        params: Any = {"account": ref, "use_case": {"type": "account_onboarding", "account_onboarding": flow}}
        with _speaking():
            return str(self._client.v2.core.account_links.create(params).to_dict()["url"])

    def verify_webhook(self, raw: bytes, header: bytes, now: datetime) -> ProviderEvent:
        """Stripe signs as the sandbox does; ours refuses also the future, which the SDK's check lets pass.

        A dispute carries nothing of ours and a thin event nothing at all: Stripe is asked, outside of any transaction.
        """
        signature.check_any(self._secrets, raw, header, now.timestamp())
        told = stripe_words.told(raw)
        if told.ask == "payment":
            with _speaking():
                paid = self._client.v1.payment_intents.retrieve(told.ref).to_dict()
            return told.event(paid.get("metadata") or {})
        if told.ask == "account":
            return told.event({"transfers": self.retrieve_account(told.ref).transfers})
        return told.event({})

    def _session(self, session_id: str) -> dict[str, Any]:
        with _speaking():
            found = self._client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
            return found.to_dict()


def _mine(listed: Iterator[Any], metadata: Mapping[str, str]) -> dict[str, Any] | None:
    """The one that this command and round have made already."""
    wanted = (metadata.get("command_code"), metadata.get("round"))
    for each in listed:
        given = each.to_dict().get("metadata") or {}
        if wanted[0] is not None and (given.get("command_code"), given.get("round")) == wanted:
            return dict(each.to_dict())
    return None


@contextmanager
def _speaking() -> Iterator[None]:
    """Stripe's troubles in our two words. A key that Stripe does not accept says nothing about the payment: ask again later."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError, stripe.AuthenticationError) as trouble:
        log.warning("provider_trouble", kind="stripe", error=describe(trouble))
        raise ProviderUnavailable() from trouble
    except stripe.IdempotencyError as other:
        raise ProviderRefused(reason="key_with_other_values") from other
    except stripe.StripeError as refusal:
        raise ProviderRefused(reason=refusal.code or type(refusal).__name__) from refusal
