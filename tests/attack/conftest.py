"""The populated marketplace of the guards, for attacks on pages; and how large an attack is."""

from __future__ import annotations

import os

from tests.guards.conftest import town

FULL = os.environ.get("XUNYI_DRILL") == "full"

__all__ = ["FULL", "town"]
