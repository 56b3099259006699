"""Rooms are entered by their front doors only: what an import contract cannot say."""

from __future__ import annotations

import grimp
import pytest

from app.factory import ROOMS

PUBLIC = {"service", "queries", "events", "models", "errors"}
OPENERS = (
    "app.factory",
    "app.wiring",
    "app.cli",
    "app.demo",
    "app.api",
)  # they build and connect; they may touch routes, jobs, doors


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("app", "grading", include_external_packages=False, cache_dir=None)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 2 and parts[0] == "app" and parts[1] in ROOMS else None


def private_entries(graph: grimp.ImportGraph) -> list[str]:
    faults = []
    for module in graph.modules:
        if module.startswith(OPENERS):
            continue
        for imported in graph.find_modules_directly_imported_by(module):
            room = room_of(imported)
            if room is None or room_of(module) == room or module == f"app.{room}":
                continue
            part = imported.split(".")[2]
            if part not in PUBLIC and not (room == "goods" and part == "catalogue"):
                faults.append(f"{module} -> {imported}")
    return sorted(faults)


def test_rooms_are_entered_by_their_public_files_only(graph: grimp.ImportGraph) -> None:
    assert private_entries(graph) == []


def test_the_check_sees_a_planted_breach(graph: grimp.ImportGraph) -> None:
    graph.add_import(importer="app.trades.service", imported="app.listings.rules")
    assert private_entries(graph) == ["app.trades.service -> app.listings.rules"]
    graph.remove_import(importer="app.trades.service", imported="app.listings.rules")
