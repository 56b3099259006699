"""How the states of orders read on the regulator's pages."""

from __future__ import annotations

from app.kernel.text import N_

ORDER_STATES = {
    "awaiting_payment": N_("waiting for payment"),
    "paid": N_("paid, not sent yet"),
    "fulfilling": N_("on its way"),
    "acceptance": N_("being checked by the buyer"),
    "completed": N_("completed"),
    "cancelled_unpaid": N_("cancelled, never paid"),
    "cancelled_before_ship": N_("cancelled before sending, refunded"),
    "cancelled_platform": N_("stopped by the platform, refunded"),
    "closed_refunded": N_("closed, refunded"),
}
