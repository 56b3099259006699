"""Who reads and who must act."""

from __future__ import annotations

BUYER = "buyer"
SELLER = "seller"
STAFF = "staff"
NOBODY = "nobody"
ROLES = (BUYER, SELLER, STAFF)
