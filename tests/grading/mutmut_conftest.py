"""For `make mutate` only, as conftest.py: what was kept before a mutant was planted would hide it."""

from __future__ import annotations

from grading.engine.looking import looking


def pytest_sessionstart() -> None:
    """The engine keeps what an option says, once per scheme and process: forget it."""
    looking.cache_clear()
