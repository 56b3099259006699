"""Schemes: data files that say what is looked at, what each finding costs and where the figure comes from.

`load_scheme(reference)` gives a frozen scheme of this package, `list_schemes()` their references, `scheme_for(category, day)`
the one in force on a day, `find_scheme(id, sha256)` the file that a report used; `SchemeLibrary(folder)` does all this for
any folder, `read_scheme(file, data)` reads any file's bytes. A broken file is refused with every fault and its place.
"""

from __future__ import annotations

import datetime
from importlib import resources

from grading.schemes.library import SchemeLibrary, read_scheme
from grading.schemes.model import PLACES, Item, Option, Scheme, Section, Status, Tier

__all__ = [
    "PLACES",
    "Item",
    "Option",
    "Scheme",
    "SchemeLibrary",
    "Section",
    "Status",
    "Tier",
    "find_scheme",
    "list_schemes",
    "load_scheme",
    "read_scheme",
    "scheme_data",
    "scheme_for",
    "scheme_on",
]

_PACKAGE = SchemeLibrary(resources.files("grading") / "data")


def load_scheme(reference: str) -> Scheme:
    """The scheme `gbt30323-2013/r1`, or the newest revision of `gbt30323-2013`, read once per process. Raises SchemeError."""
    return _PACKAGE.load(reference)


def scheme_data(scheme: Scheme) -> bytes:
    """The bytes of the file of a scheme of this package."""
    return _PACKAGE.data(scheme)


def list_schemes() -> tuple[str, ...]:
    """References of all schemes of this package, sorted: ids, with the revision where an id has several."""
    return _PACKAGE.references()


def scheme_for(category: str, day: datetime.date) -> Scheme:
    """The scheme of a category in force on the day of the appraisal. Raises SchemeError."""
    return _PACKAGE.in_force(category, day)


def scheme_on(scheme_id: str, day: datetime.date) -> Scheme:
    """The revision of a scheme in force on the day of the appraisal. Raises SchemeError."""
    return _PACKAGE.revision_on(scheme_id, day)


def find_scheme(scheme_id: str, sha256: object) -> Scheme | None:
    """The revision of a scheme that is the very file with this SHA-256; None when this package has it not."""
    return _PACKAGE.find(scheme_id, sha256)
