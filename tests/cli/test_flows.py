"""The page of life cycles says what the tables say, of every machine there is."""

from __future__ import annotations

import importlib

from app.cli.flows import FLOWS, page
from app.factory import ROOT
from app.kernel.flow import Flow


def test_the_page_is_what_the_tables_print() -> None:
    assert (ROOT / "docs" / "flows.md").read_text(encoding="utf-8") == page(FLOWS), "run: xunyi docs flows > docs/flows.md"


def test_every_machine_is_on_the_page() -> None:
    rooms = sorted(path.parent.name for path in (ROOT / "app").glob("*/states.py"))
    found = {
        id(value): f"{room}: {value.name}"
        for room in rooms
        for value in vars(importlib.import_module(f"app.{room}.states")).values()
        if isinstance(value, Flow)
    }
    listed = {id(machine) for machine in FLOWS}
    assert [name for key, name in found.items() if key not in listed] == []
    assert len(listed) == len(FLOWS) == len({machine.name for machine in FLOWS})


def test_who_brings_an_event_about_is_said_of_all_events_or_of_none() -> None:
    for machine in FLOWS:
        assert not machine.by or set(machine.by) == set(machine.events), machine.name
