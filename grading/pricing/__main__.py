"""The command line, `python -m grading.pricing --help`: fit a table, estimate another, see how good it was and why.

Exit code 0: done; 2: refused, with the reason as JSON on the error output. Answers are JSON on the standard output.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from grading.pricing.artifacts import load, read_manifest, save
from grading.pricing.card import cards
from grading.pricing.columns import read_columns
from grading.pricing.errors import PricingError, TableRefused
from grading.pricing.evaluating import evaluate
from grading.pricing.explaining import explain
from grading.pricing.fitting import Settings, fit
from grading.pricing.intervals import LEVELS
from grading.pricing.model import Estimates
from grading.pricing.table import read_table, table_of

__all__ = ["main"]

HEADER = ("row", "price", "low80", "high80", "low90", "high90", "basis")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m grading.pricing", description="Estimate prices from a table of prices.")
    commands = parser.add_subparsers(dest="command", required=True)
    threads = argparse.ArgumentParser(add_help=False)
    threads.add_argument("--threads", type=_count, default=0, help="threads (default: one per processor)")

    def declare(name: str, run: Callable[[argparse.Namespace], object], text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, parents=[threads])
        one.set_defaults(run=run)
        return one

    one = declare("fit", _fit, "learn from a table and write the model's folder")
    one.add_argument("--table", type=Path, required=True, help="CSV, plain or gzipped")
    one.add_argument("--columns", type=Path, required=True, help="what the columns mean (YAML)")
    one.add_argument("--out", type=Path, required=True, help="folder to write")
    one.add_argument("--seed", type=int, default=7, help="the same seed and threads give the same model")
    one.add_argument("--quick", action="store_true", help="a coarse model in seconds, to try a table out")
    one = declare("predict", _predict, f"estimate every row of a table ({','.join(HEADER)})")
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--table", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True, help="CSV to write")
    one = declare("evaluate", _evaluate, "how good the estimates of a table with prices are (JSON)")
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--table", type=Path, required=True)
    one = declare("explain", _explain, "the reasons of one estimate, in money (JSON)")
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--row", required=True, help="a JSON object of column and value, a file of it, or - for standard input")
    one = declare("card", _card, "the model card, Chinese and English (Markdown)")
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--language", choices=("zh", "en"), help="only one of the two")
    given = parser.parse_args(arguments)
    try:
        answer = given.run(given)
    except PricingError as error:
        print(json.dumps(error.to_plain(), ensure_ascii=False, indent=2), file=sys.stderr)
        return 2
    except OSError as error:
        print(json.dumps({"error": "file", "message": str(error)}, ensure_ascii=False, indent=2), file=sys.stderr)
        return 2
    print(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2))
    return 0


def _fit(given: argparse.Namespace) -> object:
    columns = read_columns(given.columns)
    table = read_table(given.table)
    settings = Settings(seed=given.seed, threads=given.threads, quick=given.quick)
    model, cleaned = fit(table, columns, settings, lambda said: print(said, file=sys.stderr, flush=True))
    report = cleaned.report.to_plain()
    content = hashlib.sha256(np.ascontiguousarray(cleaned.price).tobytes())
    for name, values in cleaned.frame.numbers.items():
        content.update(name.encode() + np.ascontiguousarray(values).tobytes())
    for name, words in cleaned.frame.words.items():
        content.update(json.dumps([name, *words]).encode())
    texts = cards(model, {"rows": cleaned.report.n_rows, "used": cleaned.report.n_used}, table.sha256)
    extra = {
        "report.json": _text(report),
        "metrics.json": _text(model.facts),
        **{f"card.{language}.md": text.encode("utf-8") for language, text in texts.items()},
    }
    about = {
        "data": {
            "table_sha256": table.sha256,
            "used_sha256": content.hexdigest(),
            "rows": cleaned.report.n_rows,
            "used": cleaned.report.n_used,
        },
        "settings": {"seed": settings.seed, "threads": settings.n_threads, "quick": settings.quick},
    }
    manifest = save(model, given.out, extra, about)
    return {"model": str(given.out), "sha256": manifest["sha256"], "report": report, "metrics": model.facts}


def _predict(given: argparse.Namespace) -> object:
    model = load(given.model)
    table = read_table(given.table)
    estimates = model.estimate(table, given.threads or Settings().n_threads)
    write_estimates(given.out, estimates, model.step)
    counts: dict[str, int] = {}
    for basis in estimates.basis:
        counts[basis] = counts.get(basis, 0) + 1
    estimates.report.notes[:0] = table.notes
    return {"rows": table.n_rows, "basis": counts, "report": estimates.report.to_plain()}


def write_estimates(file: Path, estimates: Estimates, step: float) -> None:
    """The estimates as CSV: `row` is the 0-based data row; a refused row has empty numbers."""
    places = 0 if step >= 1 else 2
    numbers = [estimates.price]
    for level in LEVELS:
        numbers += [estimates.low[level], estimates.high[level]]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        for row, basis in enumerate(estimates.basis):
            cells = ["" if np.isnan(values[row]) else f"{values[row]:.{places}f}" for values in numbers]
            writer.writerow([row, *cells, basis])


def _evaluate(given: argparse.Namespace) -> object:
    model = load(given.model)
    table = read_table(given.table)
    if model.columns.target not in table.columns:
        raise TableRefused(f"{given.table}: no column {model.columns.target!r} to compare with", column=model.columns.target)
    return evaluate(model, table, given.threads or Settings().n_threads)


def _explain(given: argparse.Namespace) -> object:
    model = load(given.model)
    table = table_of([_row(given.row)])
    estimates = model.estimate(table)
    answer: dict[str, object] = {"currency": model.columns.currency, "basis": estimates.basis[0], "price": None, "reasons": []}
    found = explain(model, table)
    if found is not None:
        answer["price"] = _plain(found.price)
        for level in LEVELS:
            answer[f"low{level}"] = round(float(estimates.low[level][0]), 2)
            answer[f"high{level}"] = round(float(estimates.high[level][0]), 2)
        answer["support"] = estimates.support[0]
        answer["start"] = _plain(found.start)
        answer["reasons"] = [
            {"column": one.column, "value": one.value, "step": _plain(one.step), "factor": round(one.factor, 6)}
            for one in found.reasons
        ]
    answer["report"] = estimates.report.to_plain()
    return answer


def _row(given: str) -> dict[str, object]:
    text = given
    if given == "-":
        text = sys.stdin.read()
    elif not given.lstrip().startswith("{"):
        text = Path(given.removeprefix("@")).read_text(encoding="utf-8")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise TableRefused(f"the row is not JSON: {error}") from error
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict) or any(isinstance(value, dict | list) for value in document.values()):
        raise TableRefused("the row must be one JSON object of column and value")
    return document


def _card(given: argparse.Namespace) -> object:
    read_manifest(given.model)
    languages = [given.language] if given.language else ["zh", "en"]
    return "\n".join((given.model / f"card.{language}.md").read_text(encoding="utf-8") for language in languages)


def _plain(value: object) -> int | float:
    number = float(str(value))
    return int(number) if number.is_integer() else number


def _text(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    raise SystemExit(main())
