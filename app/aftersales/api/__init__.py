"""Claims for programs: open one, answer it, follow it, and the way back."""

from app.aftersales.api import returning
from app.aftersales.api.claims import face

__all__ = ["face", "returning"]
