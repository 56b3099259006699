"""The verbs: sales are observed, tables are kept, estimates are given, models are registered."""

from app.valuation.asking import Asked, Row, from_listing
from app.valuation.service.giving import recheck, value
from app.valuation.service.importing import ask_to_check, ask_to_import, drop_import, on_forget, upload
from app.valuation.service.keeping import keep_table
from app.valuation.service.observing import in_order, observe, on_order_completed
from app.valuation.service.registry import promote, register_model, roll_back, want_model

__all__ = [
    "Asked",
    "Row",
    "ask_to_check",
    "ask_to_import",
    "drop_import",
    "from_listing",
    "in_order",
    "keep_table",
    "observe",
    "on_forget",
    "on_order_completed",
    "promote",
    "recheck",
    "register_model",
    "roll_back",
    "upload",
    "value",
    "want_model",
]
