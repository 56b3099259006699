"""Refusals of the room."""

from __future__ import annotations

from typing import Any, ClassVar

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


class ModelReplaced(Conflict):
    """Another model began to serve since the page was opened."""

    code = "price_model_replaced"
    message = N_("Another price model began to answer in the meantime. Please look again at which one does now, and decide anew.")


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


class ImportNotFound(NotFound):
    """No price table was uploaded under this code."""

    code = "price_import_not_found"
    message = N_("There is no uploaded price table with this code.")


class ImportForgotten(Conflict):
    """The file of an import is no longer kept."""

    code = "price_import_forgotten"
    message = N_("The file was kept for 30 days and is gone. Please upload it again.")


class NothingToImport(Conflict):
    """The check found no row that could be kept."""

    code = "price_import_empty"
    message = N_("No row of this table can be used. Please look at the faults, choose the columns again, or correct the file.")


class TableUnusable(InvalidInput):
    """A file that is no table of prices."""

    code = "price_table_unusable"
    sentences: ClassVar[dict[str, str]] = {
        "empty": N_("There is nothing in this file. It needs a line of headings and at least one row."),
        "workbook": N_("This is a workbook or an archive. Please save the sheet as CSV and choose that file."),
        "unreadable": N_("This file cannot be unpacked. Please send it as CSV or as CSV packed with gzip."),
        "too_large": N_("This file is too large: at most %(rows)s rows, %(columns)s columns and %(size)s MB. Please split it."),
        "not_csv": N_("The rows of this file cannot be told apart. Please save it as CSV again."),
        "twice": N_("The heading “%(column)s” stands there twice. Please give every column a heading of its own."),
        "not_text": N_("This is no table of text in UTF-8 or GB 18030. Please save it as CSV."),
        "one_column": N_("Only one column was found. Commas, semicolons or tabs have to stand between the columns."),
    }

    def __init__(self, fault: str, **values: Any) -> None:
        super().__init__({"file": self.sentences[fault]}, **values)


class TooFewPrices(InvalidInput):
    """Nothing sound can be learned from so few prices."""

    code = "too_few_prices"
    message = N_("There are %(count)s prices of this kind; a price model needs at least %(least)s.")
