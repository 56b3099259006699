"""The one door to the payment provider. ``from_settings`` opens the one that the settings name."""

from __future__ import annotations

from app.payments.provider.bank import Bank, BankBooks
from app.payments.provider.face import Intent, Movement, PaymentProvider, Receipt
from app.payments.provider.face import ProviderEvent as ProviderEvent
from app.payments.provider.sandbox import Sandbox
from app.payments.provider.split import Limits, Split
from app.payments.provider.stripe import Stripe
from config import Settings

__all__ = [
    "Bank",
    "BankBooks",
    "Intent",
    "Movement",
    "PaymentProvider",
    "ProviderEvent",
    "Receipt",
    "Sandbox",
    "Split",
    "Stripe",
    "from_settings",
    "practice",
]


def from_settings(settings: Settings, bank_books: BankBooks | None = None) -> PaymentProvider:
    """The payment door of this marketplace. ``bank_books``: where the bank door keeps what it asked for and was told; no other
    door needs them."""
    if settings.payment_provider == "bank":
        assert bank_books is not None
        return Bank(bank_books)
    if settings.payment_provider == "stripe":
        return Stripe(
            settings.stripe_key.get_secret_value(),
            tuple(each.get_secret_value() for each in settings.stripe_webhook_secrets),
            country=settings.stripe_country,
            api_url=settings.stripe_api_url,
        )
    return practice(settings)


def practice(settings: Settings) -> Sandbox:
    """A door that moves no money and whose events a process of ours sends: the practice provider, or the split simulation."""
    if settings.payment_provider == "split":
        limits = Limits(settings.split_freeze_days, settings.split_requests, settings.split_receivers)
        return Split(settings.folder("sandbox"), settings.secret("webhook"), limits)
    return Sandbox(settings.folder("sandbox"), settings.secret("webhook"))
