"""How long a report counts, and what has changed since: pure rules on what stands in the data file and in the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Row

from app.goods.models import Thing
from grading import Scheme

SEEN = ("type", "energy", "registered", "mileage", "bought", "made")  # facts of the thing beside brand, model, storage, colour


@cache
def _rules() -> Mapping[str, Mapping[str, Any]]:
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("validity.yaml").read_text("utf-8"))
    return loaded


def valid_days(scheme: Scheme, category: str) -> int:
    """Days from the day of the inspection: those that the scheme states for its report, else those of the category."""
    form = scheme.forms.get("appraisal_report")
    return form.valid_days if form is not None and form.valid_days else int(_rules()[category]["days"])


def valid_until(scheme: Scheme, category: str, inspected_on: date) -> date:
    """The last day on which the report counts."""
    return inspected_on + timedelta(days=valid_days(scheme, category))


# The columns of a thing that say it.
SEEN_OF = ("category", "brand", "model", "storage_gb", "colour", "attributes")


def seen_facts(thing: Thing | Row[Any]) -> dict[str, Any]:
    """What lists say about the thing and what may change: kept beside the report as it was on that day."""
    told = {"brand": thing.brand, "model": thing.model, "storage_gb": thing.storage_gb, "colour": thing.colour}
    told |= {key: thing.attributes.get(key) for key in SEEN}
    return {key: value for key, value in told.items() if value is not None}


def changed_facts(category: str, seen: Mapping[str, Any] | None, now: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the facts that are said otherwise now. A car's mileage may grow by the kilometres of the data file."""
    if seen is None:
        return ()
    spare = int(_rules()[category].get("km", 0))
    found = []
    for key in dict.fromkeys((*seen, *now)):
        before, after = seen.get(key), now.get(key)
        if key == "mileage" and isinstance(before, int) and isinstance(after, int):
            if not before <= after <= before + spare:
                found.append(key)
        elif before != after:
            found.append(key)
    return tuple(found)
