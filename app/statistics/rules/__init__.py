"""Plain rows in, tables out: periods, what is counted by what, what is hidden, the document. No database and no web."""

from app.statistics.rules.counting import DIMENSIONS, FAMILIES, METHOD, Fact, Family, Sheet, age_band, count, tier_cell
from app.statistics.rules.document import Closing, Told, differences, document, sheet_told
from app.statistics.rules.hiding import LEAST, Hidden, Unsafe, determined, equations_of, hide
from app.statistics.rules.periods import BadPeriod, Period, following, period_at, read_period

__all__ = [
    "DIMENSIONS",
    "FAMILIES",
    "LEAST",
    "METHOD",
    "BadPeriod",
    "Closing",
    "Fact",
    "Family",
    "Hidden",
    "Period",
    "Sheet",
    "Told",
    "Unsafe",
    "age_band",
    "count",
    "determined",
    "differences",
    "document",
    "equations_of",
    "following",
    "hide",
    "period_at",
    "read_period",
    "sheet_told",
    "tier_cell",
]
