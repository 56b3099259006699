"""Schemes: data files that say what is looked at, what each finding costs and where the figure comes from.

`load_scheme(id)` gives a frozen scheme of this package, `list_schemes()` their ids, `scheme_for(category, day)` the one
in force on a day, `read_scheme(file, data)` reads any file's bytes. A broken file is refused with every fault and its place.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from functools import lru_cache
from importlib import resources

from pydantic import ValidationError

from grading.errors import Problem, SchemeError
from grading.schemes.building import build_scheme
from grading.schemes.checks import check_document
from grading.schemes.document import SchemePart
from grading.schemes.model import PLACES, Item, Option, Scheme, Section, Status, Tier
from grading.schemes.reading import read_document

__all__ = [
    "PLACES",
    "Item",
    "Option",
    "Scheme",
    "Section",
    "Status",
    "Tier",
    "list_schemes",
    "load_scheme",
    "read_scheme",
    "scheme_for",
]

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{1,58}[a-z0-9]")


@lru_cache(maxsize=64)
def load_scheme(scheme_id: str) -> Scheme:
    """The scheme with this id, read once per process. Raises SchemeError when there is none or its file is broken."""
    if _ID.fullmatch(scheme_id):  # also keeps a name from walking out of the folder
        file = resources.files("grading") / "data" / f"{scheme_id}.yaml"
        if file.is_file():
            return read_scheme(f"{scheme_id}.yaml", file.read_bytes())
    raise SchemeError(f"{scheme_id[:60]}.yaml", [Problem("", "there is no such scheme")])


def list_schemes() -> tuple[str, ...]:
    """The ids of all schemes of this package, sorted."""
    folder = resources.files("grading") / "data"
    return tuple(sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")))


def scheme_for(category: str, day: datetime.date) -> Scheme:
    """The scheme of a category in force on the day of the appraisal (the latest one begun). Raises SchemeError."""
    schemes = [
        scheme
        for scheme in map(load_scheme, list_schemes())
        if scheme.category == category
        and scheme.effective_from <= day
        and (scheme.effective_until is None or day <= scheme.effective_until)
    ]
    if not schemes:
        raise SchemeError(category[:60], [Problem("", f"no scheme of this category is in force on {day.isoformat()}")])
    return max(schemes, key=lambda scheme: (scheme.effective_from, scheme.id))


def read_scheme(file: str, data: bytes) -> Scheme:
    """Read one scheme from the bytes of a file. Raises SchemeError with every fault of the first stage that finds any:
    YAML and its traps, then the shape, then the rules across the document.
    """
    plain = read_document(file, data)
    try:
        document = SchemePart.model_validate(plain)
    except ValidationError as error:
        raise SchemeError(file, [Problem(_path(e["loc"]), e["msg"]) for e in error.errors(include_url=False)]) from error
    problems = check_document(document, re.split(r"[/\\]", file)[-1].removesuffix(".yaml"))
    if problems:
        raise SchemeError(file, problems)
    return build_scheme(document, hashlib.sha256(data).hexdigest())


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path
