"""Refusals of the room."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from app.kernel.text import N_


class EstimateNotFound(NotFound):
    """No estimate of this code was ever given."""

    code = "estimate_not_found"
    message = N_("There is no estimate with this code.")


class ModelNotFound(NotFound):
    """There is no price model of this name."""

    code = "price_model_not_found"
    message = N_("There is no such price model.")


class ModelDamaged(Unavailable):
    """The folder of a price model is not what was registered; the file is named."""

    code = "price_model_damaged"
    message = N_("The price model %(name)s cannot be used: %(file)s is not as it was registered.")


class InventedModel(Conflict):
    """A model that learned from invented prices is asked to serve where real things are sold."""

    code = "price_model_invented"
    message = N_("The price model %(name)s learned from invented prices. It may serve in the demo only.")


class NothingToGoBackTo(Conflict):
    """No earlier model of the category has served."""

    code = "price_model_no_earlier"
    message = N_("No earlier price model of this category has served.")


class AlreadyWanted(Conflict):
    """A model of the category is waiting or being fitted."""

    code = "price_model_already_wanted"
    message = N_("A price model of this category is being made already.")


class TableKnown(Conflict):
    """The same file was imported before."""

    code = "price_table_known"
    message = N_("This file was imported before.")


class TooFewPrices(InvalidInput):
    """Nothing sound can be learned from so few prices."""

    code = "too_few_prices"
    message = N_("There are %(count)s prices of this kind; a price model needs at least %(least)s.")
