"""The demo's invented market: a generator of observed prices whose truth is known, so that estimates can be judged against it.

Rules and figures are data (``effects.yaml``); models and new prices are those of the demo town's market. The same day always
gives the same tables. Everything that is made here is marked as invented, in every table and on every page that rests on it.
"""

from app.demo.invented.market import price_rows
from app.demo.invented.planting import plant_tables, plantings, want_models
from app.demo.invented.truth import effects, truth_yuan

__all__ = ["effects", "plant_tables", "plantings", "price_rows", "truth_yuan", "want_models"]
