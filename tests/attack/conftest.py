"""The populated marketplace of the guards, for attacks on its pages, and the state to which each attack goes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack.vault import Vault, vault_of
from tests.guards.conftest import Town, town

__all__ = ["town", "vault"]


@pytest.fixture(scope="module")
def vault(town: Town) -> Iterator[Vault]:
    with vault_of(town.hub) as vault:
        yield vault
