"""Claims for programs: open one, answer it, follow it, the way back, and the two sides' answer to a ruling."""

from app.aftersales.api import disputes, returning
from app.aftersales.api.claims import face

__all__ = ["disputes", "face", "returning"]
