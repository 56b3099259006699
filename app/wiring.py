"""Who hears which news, which deadline is whose, and which doors to the outside are open."""

from __future__ import annotations

import importlib
import importlib.util

from app.kernel.hub import Hub
from app.kernel.outbox import Listener

# event name -> (room module, function, outside?)
NEWS = {
    "RegistrationRequested": [("notices.jobs", "mail_registration", False)],
    "ResetRequested": [("notices.jobs", "mail_reset", False)],
    "PasswordChanged": [("notices.jobs", "tell_password_changed", False)],
    "MailQueued": [("notices.jobs", "send_mail", True)],
    "PhotoReceived": [("media.jobs", "prepare_photo", True)],
    "PaymentSettled": [("trades.service", "on_payment_settled", False)],
    "PaymentFailed": [("trades.service", "on_payment_failed", False)],
    "RefundPaid": [("trades.service", "on_refund_paid", False)],
    "PayoutPaid": [("trades.service", "on_payout_paid", False)],
    "MoneyCommandPlanned": [("payments.jobs", "execute", True)],
    "CreditFact": [("credit.jobs", "sequence", True)],
    "ReportSigned": [("listings.service", "on_report_signed", False)],
    "OrderCompleted": [("valuation.service", "on_order_completed", False)],
    "ListingPublished": [("search.jobs", "index_listing", True)],
    "ListingChanged": [("search.jobs", "index_listing", True)],
    "ListingClosed": [("search.jobs", "index_listing", True)],
}
DEADLINES = {
    ("order", "pay"): ("trades.service", "on_pay_timeout"),
    ("order", "ship"): ("trades.service", "on_ship_timeout"),
    ("order", "ship_reminder"): ("trades.service", "on_ship_reminder"),
    ("order", "no_receipt"): ("trades.service", "on_no_receipt"),
    ("order", "acceptance"): ("trades.service", "on_acceptance_timeout"),
    ("listing", "expiry"): ("listings.service", "on_expiry"),
    ("listing", "expiry_reminder"): ("listings.service", "on_expiry_reminder"),
}


def _find(module: str, name: str):  # noqa: ANN202
    if importlib.util.find_spec(f"app.{module}") is None:
        return None
    return getattr(importlib.import_module(f"app.{module}"), name, None)


def connect(hub: Hub) -> None:
    listeners = {}
    for event, heard in NEWS.items():
        found = []
        for module, name, outside in heard:
            handle = _find(module, name)
            if handle is not None:
                found.append(Listener(f"{module}.{name}", handle, outside))
        listeners[event] = tuple(found)
    hub.listeners = listeners
    hub.deadline_handlers = {key: handler for key, place in DEADLINES.items() if (handler := _find(*place))}
    for attribute, module in (("store", "media.store"), ("mailer", "notices.provider"), ("provider", "payments.provider"), ("index", "search.index")):
        build = _find(module, "from_settings")
        if build is not None:
            setattr(hub, attribute, build(hub.settings))
