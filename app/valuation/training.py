"""One fit, from the rows that were seen to a folder and its gates. Touches no database: a fit may take minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.kernel.canonical import canonical, sha256_hex
from app.valuation.errors import TooFewPrices
from app.valuation.evidence import Seen
from app.valuation.features import cells, columns_of
from app.valuation.gates import Gate, directions, limits, measure, split
from grading.pricing.artifacts import save
from grading.pricing.card import cards
from grading.pricing.fitting import Settings, fit
from grading.pricing.table import Table, table_of
from grading.schemes import Scheme

SEED = 7
THREADS = 1  # the same bytes on every machine; the fits of categories may run side by side


@dataclass(frozen=True)
class Fitted:
    """What a fit gives to the registry. ``facts`` in whole numbers and words."""

    sha256: str
    is_invented: bool
    facts: dict[str, Any]
    gates: tuple[Gate, ...]


def table_from(seen: Sequence[Seen]) -> Table:
    """The rows as a table with prices in yuan."""
    rows = [{**cells(each.thing), "price": each.price_fen / 100, "thing": f"{each.source}-{each.id}"} for each in seen]
    return table_of(rows)


def train(
    seen: Sequence[Seen],
    folder: Path,
    before: Mapping[str, Any] | None = None,
    schemes: Sequence[Scheme] = (),
    *,
    is_quick: bool,
    progress: Callable[[str], None],
) -> Fitted:
    """Fit on most of the rows, measure the gates on those held back, and keep a folder.

    A quick model is the one that was measured; otherwise it is fitted once more on every row, in the same way. ``before``: the
    facts of the model that serves now; ``schemes``: whose formula it must beat.
    Raises TooFewPrices, grading's TableRefused.
    """
    started = time.monotonic()
    if len(seen) < limits().least_rows:
        raise TooFewPrices(count=len(seen), least=limits().least_rows)
    columns = columns_of(seen[0].thing.category)
    settings = Settings(seed=SEED, threads=THREADS, quick=is_quick)
    learned, held = split(seen, SEED)
    model, cleaned = fit(table_from(learned), columns, settings, progress)
    progress("measuring the gates")
    gates, measures = measure(model, learned, held, before, schemes, is_quick=is_quick)
    used = learned
    if not is_quick:
        model, cleaned = fit(table_from(seen), columns, settings, progress)
        used = list(seen)
        gates = [directions(model, held, is_quick=False) if gate.name == "directions" else gate for gate in gates]
    data = sha256_hex(canonical([[each.source, each.id, each.price_fen] for each in used]))
    counts = {"rows": cleaned.report.n_rows, "used": cleaned.report.n_used}
    texts = cards(model, counts, data)
    extra = {
        "report.json": _text(cleaned.report.to_plain()),
        "metrics.json": _text(model.facts),
        "gates.json": _text([gate.to_plain() for gate in gates]),
        **{f"card.{language}.md": text.encode("utf-8") for language, text in texts.items()},
    }
    about = {"data": {"rows_sha256": data, **counts}, "settings": {"seed": SEED, "threads": THREADS, "quick": is_quick}}
    manifest = save(model, folder, extra, about)
    facts = {**counts, **measures, "data_sha256": data, "seconds": round(time.monotonic() - started)}
    return Fitted(str(manifest["sha256"]), any(each.is_invented for each in used), facts, tuple(gates))


def _text(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")
