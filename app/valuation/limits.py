"""How many estimates may be asked for: each is computed and kept for good."""

from __future__ import annotations

from app.kernel.rates import Limit

ASKED = Limit("valuation.ask", most=30, seconds=600)  # of one person
ASKED_NEARBY = Limit("valuation.ask.network", most=300, seconds=600)  # of one network: many households may share an address
