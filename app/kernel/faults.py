"""Faults in words that hold nothing a person gave us: kinds, places in the code, names of constraints.

The message of an exception often quotes the value that caused it (``invalid literal ... '138...'``, PostgreSQL's ``Key
(email)=(...)``), so messages are kept only of kinds that speak of code.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from app.kernel.errors import DomainError

# Kinds whose messages name code: attributes, modules, templates, argument lists.
SPEAK_OF_CODE = frozenset(
    {
        "AttributeError",
        "BuildError",
        "ImportError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotImplementedError",
        "RecursionError",
        "TemplateNotFound",
        "TemplateSyntaxError",
        "TypeError",
        "UnboundLocalError",
        "UndefinedError",
        "ZeroDivisionError",
    }
)


def describe(trouble: BaseException) -> str:
    """One line for a log: the kind, and what may be said of it."""
    kind = type(trouble).__name__
    if isinstance(trouble, DomainError):
        return f"{kind}: {trouble.code}"
    if isinstance(trouble, DBAPIError):
        return f"{kind}: {_database_words(trouble)}"
    if isinstance(trouble, OSError) and trouble.strerror:
        return f"{kind}: {trouble.strerror}"
    return f"{kind}: {trouble}"[:300] if kind in SPEAK_OF_CODE else kind


def for_staff(trouble: BaseException) -> str:
    """The same for a row that staff read: with the exception's own words, except those of a database, which quote rows."""
    return describe(trouble) if isinstance(trouble, DBAPIError) else f"{type(trouble).__name__}: {trouble}"[:500]


def trace_of(trouble: BaseException) -> str:
    """The traceback with files, lines and source, of the fault and of what led to it; no values, no messages but the above."""
    return "\n".join(_parts(trouble, set()))


def _parts(trouble: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(trouble))
    before = trouble.__cause__ or (None if trouble.__suppress_context__ else trouble.__context__)
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    yield "".join(traceback.StackSummary.extract(traceback.walk_tb(trouble.__traceback__), lookup_lines=True).format()).rstrip()
    yield describe(trouble)
    if isinstance(trouble, DBAPIError) and trouble.statement:
        yield f"[SQL: {' '.join(trouble.statement.split())[:2000]}]"


def _database_words(trouble: DBAPIError) -> str:
    """SQLite names columns and says our triggers' sentences. PostgreSQL quotes rows, so only its state and the constraint."""
    original = trouble.orig
    state = getattr(original, "sqlstate", None)
    if type(original).__module__.split(".")[0] == "sqlite3":
        return str(original)[:300]
    constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
    return " ".join(word for word in (state, constraint) if word) or type(original).__name__
