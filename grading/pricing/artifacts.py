"""A model as a folder: LightGBM's own texts, JSON tables, and a manifest that names every file's hash. No pickle.

    manifest.json   format, versions, hash of every other file, data fingerprint, settings; last its own hash
    model.json      columns, limits, levels, categories, additive part, weights, ranges
    keys.json       counts and averages by key
    text.json       weights of runs of letters                                  booster-*.txt   trees
    medians.json    stand-ins for empty cells
    metrics.json    held-out errors     report.json   what was found in the table     card.zh.md, card.en.md
    rows.csv        what comparables are chosen from

A folder whose bytes are not those of the manifest is refused, and the file is named.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from grading.pricing.additive import Additive, Term
from grading.pricing.bending import Bend, level
from grading.pricing.boosting import from_text, to_text
from grading.pricing.cleaning import Frame
from grading.pricing.columns import Columns, parse_columns
from grading.pricing.errors import ModelRefused
from grading.pricing.features import Encoder, Plan
from grading.pricing.filling import Filler
from grading.pricing.intervals import SIDES, Calibration
from grading.pricing.keys import Level, LevelTable
from grading.pricing.model import Boosted, Member, Model, Seen, Sigma, Small
from grading.pricing.rising import Rising
from grading.pricing.table import Floats
from grading.pricing.texts import TextScore

__all__ = ["FORMAT", "load", "read_manifest", "save", "versions"]

FORMAT = 3
_MANIFEST = "manifest.json"


def versions() -> dict[str, str]:
    """What a model depends on for the same bits."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": version("scikit-learn"),
        "lightgbm": version("lightgbm"),
    }


def save(model: Model, folder: Path, extra: Mapping[str, bytes], about: Mapping[str, object]) -> dict[str, object]:
    """Write the folder (new files over old ones, what an older model left is removed); gives the manifest.

    `extra`: further files by name (metrics, report, cards); `about`: what the manifest says beside the hashes.
    """
    files = {**_parts(model), **extra}
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("booster-*.txt"), *folder.glob("*.json")):
        old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    manifest: dict[str, object] = {
        "format": FORMAT,
        "versions": versions(),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        **about,
    }
    manifest["sha256"] = hashlib.sha256(_json(manifest)).hexdigest()
    (folder / _MANIFEST).write_bytes(_json(manifest))
    return manifest


def read_manifest(folder: Path) -> dict[str, object]:
    """The manifest, once every file has been found as it says. Raises ModelRefused with the file's name."""
    raw = _read(folder, _MANIFEST)
    try:
        manifest = json.loads(raw)
        own = manifest.pop("sha256")
        named = dict(manifest["files"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelRefused(f"{_MANIFEST} was changed: it is not a manifest", file=_MANIFEST) from error
    if hashlib.sha256(_json(manifest)).hexdigest() != own or _json({**manifest, "sha256": own}) != raw:
        raise ModelRefused(f"{_MANIFEST} was changed: its bytes are not those that were written", file=_MANIFEST)
    if manifest.get("format") != FORMAT:
        raise ModelRefused(f"{_MANIFEST}: format {manifest.get('format')!r} is not known", file=_MANIFEST)
    for name, expected in named.items():
        if hashlib.sha256(_read(folder, name)).hexdigest() != expected:
            raise ModelRefused(f"{name} was changed: its bytes are not those of the manifest", file=name)
    return {**manifest, "sha256": own}


def load(folder: Path) -> Model:
    """The model in a folder; it estimates the same bits as the one that was saved. Raises ModelRefused."""
    read_manifest(folder)
    document = json.loads(_read(folder, "model.json"))
    columns = parse_columns(document["columns"])
    limits = {name: (low, high) for name, (low, high) in document["limits"].items()}
    if "small" in document:
        given = document["small"]
        small = Small(given["median"], given["median_half"], given["factor"], given["cost_half"])
        return Model(columns, limits, document["step"], small, document["facts"])
    given = document["plan"]
    levels = tuple(Level(tuple(one["columns"]), one["parent"]) for one in given["levels"])
    plan = Plan(columns, levels, given["series"], tuple(given["text"]), given["categories"])
    tables = tuple(LevelTable(one["counts"], one["values"]) for one in json.loads(_read(folder, "keys.json")))
    text = None
    if document["text_start"] is not None:
        text = TextScore(json.loads(_read(folder, "text.json")), document["text_start"])
    members = tuple(
        Member(
            one["name"],
            one["share"],
            one["base"],
            tuple(one["places"]),
            from_text(_read(folder, one["file"]).decode("utf-8")),
            _rising(one.get("rising")),
        )
        for one in document["members"]
    )
    sigma = document["sigma"]
    below, above = (from_text(_read(folder, f"booster-{side}.txt").decode("utf-8")) for side in SIDES)
    weights = {lane: tuple(values) for lane, values in document["weights"].items()}
    calibration = Calibration(
        {one: tuple(knots) for one, knots in document["knots"].items()},
        {one: {level: tuple(q) for level, q in by.items()} for one, by in document["quantiles"].items()},
    )
    parts = Boosted(
        Encoder(plan, tables, document["start"], text),
        {name: _additive(one) for name, one in document["additives"].items()},
        members,
        (weights, {one: _bend(found) for one, found in document["shifts"].items()}),
        Sigma(below, above, sigma["least"], sigma["most"]),
        calibration,
        Filler(levels, frozenset(given["rare"]), _medians(folder), given["middle"]),
    )
    return Model(columns, limits, document["step"], parts, document["facts"], _seen(folder, columns))


def _rising(document: Mapping[str, Any] | None) -> Rising | None:
    return None if document is None else Rising(document["place"], tuple(document["edges"]), document["usual"])


def _bend(found: float | Sequence[float]) -> Bend:
    """Models before bends have one number for all prices."""
    return Bend(*found) if isinstance(found, Sequence) else level(found)


def _additive(document: Mapping[str, Any]) -> Additive:
    terms = [{**one, "knots": tuple(one["knots"]), "values": tuple(one["values"])} for one in document["terms"]]
    return Additive(document["start"], tuple(Term(**one) for one in terms))


def _seen(folder: Path, columns: Columns) -> Seen:
    lines = csv.reader(io.StringIO(_read(folder, "rows.csv").decode("utf-8"), newline=""))
    names = next(lines)
    cells = dict(zip(names, zip(*lines, strict=True), strict=True))

    def floats(name: str) -> Floats:
        return np.array([cell or "nan" for cell in cells[name]], dtype=np.float64)

    frame = Frame(
        len(cells["row"]),
        {name: floats(f"number {name}") for name in columns.numbers},
        {name: cells[f"word {name}"] for name in columns.words},
    )
    return Seen(frame, floats("price"), floats("point"), [int(row) for row in cells["row"]], cells["id"])


def _rows(seen: Seen) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    numbers, words = seen.frame.numbers, seen.frame.words
    writer.writerow(["row", "id", "price", "point", *(f"number {name}" for name in numbers), *(f"word {name}" for name in words)])
    floats = [["" if np.isnan(one) else repr(float(one)) for one in values] for values in numbers.values()]
    parts = [seen.kept, seen.ids, map(repr, seen.price.tolist()), map(repr, seen.point.tolist()), *floats, *words.values()]
    writer.writerows(zip(*parts, strict=True))
    return stream.getvalue().encode("utf-8")


def _medians(folder: Path) -> dict[str, list[dict[str, float]]]:
    document = json.loads(_read(folder, "medians.json"))
    return {
        name: [{key: math.nan if value is None else value for key, value in by.items()} for by in tables]
        for name, tables in document.items()
    }


def _parts(model: Model) -> dict[str, bytes]:
    document: dict[str, object] = {
        "columns": model.columns.to_plain(),
        "limits": {name: list(pair) for name, pair in model.limits.items()},
        "step": model.step,
        "facts": dict(model.facts),
    }
    parts = model.parts
    if isinstance(parts, Small):
        document["small"] = {
            "median": parts.median,
            "median_half": dict(parts.median_half),
            "factor": parts.factor,
            "cost_half": dict(parts.cost_half),
        }
        return {"model.json": _json(document)}
    plan, text = parts.encoder.plan, parts.encoder.text
    sides = zip(SIDES, (parts.sigma.below, parts.sigma.above), strict=True)
    files = {f"booster-{side}.txt": to_text(booster).encode("utf-8") for side, booster in sides}
    members: list[dict[str, object]] = []
    for member in parts.members:
        name = f"booster-{member.name}.txt"
        files[name] = to_text(member.booster).encode("utf-8")
        given = {"name": member.name, "share": member.share, "base": member.base, "places": list(member.places), "file": name}
        members.append(given if member.rising is None else {**given, "rising": asdict(member.rising)})
    document |= {
        "plan": {
            "levels": [{"columns": list(level.columns), "parent": level.parent} for level in plan.levels],
            "series": plan.series,
            "text": list(plan.text),
            "rare": sorted(parts.filler.rare),
            "middle": dict(parts.filler.middle),
            "categories": {name: dict(codes) for name, codes in plan.categories.items()},
        },
        "start": parts.encoder.start,
        "additives": {
            name: {"start": one.start, "terms": [asdict(term) for term in one.terms]} for name, one in parts.additives.items()
        },
        "text_start": None if text is None else text.start,
        "members": members,
        "weights": {lane: list(values) for lane, values in parts.blend[0].items()},
        "shifts": {one: list(astuple(bend)) for one, bend in parts.blend[1].items()},
        "sigma": {"least": parts.sigma.least, "most": parts.sigma.most},
        "knots": {one: list(knots) for one, knots in parts.calibration.knots.items()},
        "quantiles": {one: {level: list(q) for level, q in by.items()} for one, by in parts.calibration.quantiles.items()},
    }
    files["keys.json"] = _json([{"counts": dict(t.counts), "values": dict(t.values)} for t in parts.encoder.tables])
    files["medians.json"] = _json(
        {
            name: [{key: None if math.isnan(value) else value for key, value in by.items()} for by in tables]
            for name, tables in parts.filler.medians.items()
        }
    )
    if text is not None:
        files["text.json"] = _json(dict(text.weights))
    if model.seen is not None:
        files["rows.csv"] = _rows(model.seen)
    files["model.json"] = _json(document)
    return files


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("utf-8")


def _read(folder: Path, name: str) -> bytes:
    if Path(name).name != name:
        raise ModelRefused(f"{name!r} is not the name of a file of the model", file=name)
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise ModelRefused(f"{name} cannot be read: {error.strerror}", file=name) from error
