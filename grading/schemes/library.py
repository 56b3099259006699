"""The schemes of one folder: which there are, which revision is meant, which one is in force on a day, which a report used.

A file is named after its scheme's id, `gbt30323-2013.yaml`; a corrected revision lies beside it as `gbt30323-2013_r2.yaml`.
A reference is an id with or without its revision: `gbt30323-2013/r2`, or `gbt30323-2013` for the newest of them. A version that
names no revision ("2026.1") is the first of its id: `phone-2026.1/r1`.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from grading.errors import Problem, SchemeError
from grading.schemes.building import build_scheme
from grading.schemes.checks import check_document
from grading.schemes.document import SchemePart
from grading.schemes.model import Scheme
from grading.schemes.reading import read_document

_REFERENCE = re.compile(r"([a-z0-9][a-z0-9.-]{1,58}[a-z0-9])(?:/(r[1-9][0-9]{0,3}))?")
_STEM = re.compile(r"([a-z0-9][a-z0-9.-]{1,58}[a-z0-9])(?:_(r[1-9][0-9]{0,3}))?")
_FIRST = "r1"


class SchemeLibrary:
    """The scheme files of a folder, each read once. Every method raises SchemeError for a file that is broken.

    A scheme without `effective_until` holds until the next one begins. Two that would be in force on one day are refused:
    of one id whenever its revisions are looked at together, of one category by `in_force`.
    """

    def __init__(self, folder: Traversable | Path) -> None:
        self._folder = folder
        self._read: dict[str, Scheme] = {}

    def references(self) -> tuple[str, ...]:
        """What `load` takes, sorted: ids, with the revision where an id has several."""
        found: list[str] = []
        for scheme_id, revisions in self._files().items():
            several = len(revisions) > 1
            found += [f"{scheme_id}/{revision}" if several else scheme_id for revision in revisions.values()]
        return tuple(sorted(found))

    def load(self, reference: str) -> Scheme:
        """The scheme with this id and revision; without a revision the newest. Raises SchemeError when there is none."""
        parts = _REFERENCE.fullmatch(reference)  # also keeps a name from walking out of the folder
        if parts is not None:
            revisions = self.revisions(parts[1])
            wanted = [scheme for scheme in revisions if parts[2] in (None, scheme.revision or _FIRST)]
            if wanted:
                return wanted[-1]
        raise SchemeError(f"{reference[:60]}.yaml", [Problem("", "there is no such scheme")])

    def revisions(self, scheme_id: str) -> tuple[Scheme, ...]:
        """Every revision of an id, oldest first; empty when there is none."""
        return _one_after_another(self._load(file) for file in self._files().get(scheme_id, ()))

    def in_force(self, category: str, day: datetime.date) -> Scheme:
        """The scheme of a category in force on the day of the appraisal. Raises SchemeError when there is none."""
        every = [scheme for scheme_id in self._files() for scheme in self.revisions(scheme_id) if scheme.category == category]
        return _on(every, day, category, "scheme of this category")

    def revision_on(self, scheme_id: str, day: datetime.date) -> Scheme:
        """The revision of an id in force on the day of the appraisal. Raises SchemeError when there is none."""
        return _on(self.revisions(scheme_id), day, scheme_id, "revision of this scheme")

    def find(self, scheme_id: str, sha256: object) -> Scheme | None:
        """The revision of an id that is the very file with this SHA-256, as a report names it."""
        return next((scheme for scheme in self.revisions(scheme_id) if scheme.sha256 == sha256), None)

    def data(self, scheme: Scheme) -> bytes:
        """The bytes of the file that this scheme of the folder was read from."""
        return (self._folder / scheme.file_name).read_bytes()

    def _files(self) -> dict[str, dict[str, str]]:
        """Of every id the files with their revisions, as the names say."""
        found: dict[str, dict[str, str]] = {}
        for name in sorted(file.name for file in self._folder.iterdir()):
            if name.endswith(".yaml"):
                parts = _STEM.fullmatch(name.removesuffix(".yaml"))
                if parts is None:
                    raise SchemeError(name, [Problem("", "is not the name of a scheme's file")])
                found.setdefault(parts[1], {})[name] = parts[2] or _FIRST
        return found

    def _load(self, name: str) -> Scheme:
        if name not in self._read:
            self._read[name] = read_scheme(name, (self._folder / name).read_bytes())
        return self._read[name]


def read_scheme(file: str, data: bytes, *, named: bool = True) -> Scheme:
    """Read one scheme from the bytes of a file. Raises SchemeError with every fault of the first stage that finds any:
    YAML and its traps, then the shape, then the rules across the document.

    ``named``: the file's name must be that of its scheme, as in a folder of schemes.
    """
    plain = read_document(file, data)
    try:
        document = SchemePart.model_validate(plain)
    except ValidationError as error:
        raise SchemeError(file, [Problem(_path(e["loc"]), e["msg"]) for e in error.errors(include_url=False)]) from error
    problems = check_document(document, re.split(r"[/\\]", file)[-1].removesuffix(".yaml") if named else None)
    if problems:
        raise SchemeError(file, problems)
    return build_scheme(document, hashlib.sha256(data).hexdigest())


def _one_after_another(schemes: Iterable[Scheme]) -> tuple[Scheme, ...]:
    """Schemes in the order in which they begin. Raises SchemeError where two would be in force on one day."""
    ordered = tuple(sorted(schemes, key=lambda scheme: (scheme.effective_from, scheme.reference)))
    for earlier, later in pairwise(ordered):
        until = earlier.effective_until or earlier.effective_from
        if later.effective_from <= until:
            what = f"begins on {later.effective_from}, but {earlier.reference} is in force until {until}"
            raise SchemeError(f"{later.reference}.yaml", [Problem("meta.effective_from", what)])
        if later.id == earlier.id and later.number < earlier.number:
            what = f"begins after {earlier.reference}, which is the later revision"
            raise SchemeError(f"{later.reference}.yaml", [Problem("meta.effective_from", what)])
    return ordered


def _on(schemes: Iterable[Scheme], day: datetime.date, name: str, what: str) -> Scheme:
    begun = [scheme for scheme in _one_after_another(schemes) if scheme.effective_from <= day]
    if begun and (begun[-1].effective_until is None or day <= begun[-1].effective_until):
        return begun[-1]
    raise SchemeError(name[:60], [Problem("", f"no {what} is in force on {day.isoformat()}")])


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path
