"""Appraisals for programs: the same verbs and reads as the pages."""

from app.appraisal.api import orders, inspecting, drafts, handing, offers, erasure  # isort: skip - the order of the document
from app.appraisal.api.orders import face

__all__ = ["drafts", "erasure", "face", "handing", "inspecting", "offers", "orders"]
