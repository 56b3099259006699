"""The one door to the payment provider. ``from_settings`` opens the one that the settings name."""

from __future__ import annotations

from app.payments.provider.face import Intent, Movement, PaymentProvider, Receipt
from app.payments.provider.face import ProviderEvent as ProviderEvent
from app.payments.provider.sandbox import Sandbox
from config import Settings

__all__ = ["Intent", "Movement", "PaymentProvider", "ProviderEvent", "Receipt", "Sandbox", "from_settings"]


def from_settings(settings: Settings) -> PaymentProvider:
    """The payment door of this marketplace (only the sandbox exists so far)."""
    return Sandbox(settings.folder("sandbox"), settings.secret("webhook"))
