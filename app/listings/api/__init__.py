"""Listings for programs: the same verbs and reads as the pages."""

from app.listings.api import questions, drafts, photos, offers  # isort: skip - the order of the document
from app.listings.api.shaping import face

__all__ = ["drafts", "face", "offers", "photos", "questions"]
