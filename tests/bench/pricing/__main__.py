"""`make bench`: the estimator beside the baselines of the trade, on the same rows in the same run.

    python -m tests.bench.pricing [--sets che168 guazi] [--splits random unseen] [--repeats 5] [--out build/pricing-bench] [--threads 2]

Every run of a set, split and repeat is written to its own file at once, and a run that is there already is not made again, so a
broken-off bench goes on where it stopped. `--report` only prints the tables of what is there.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from grading.pricing.cleaning import Cleaned, clean
from grading.pricing.columns import parse_columns
from grading.pricing.features import group_folds, random_folds
from grading.pricing.fitting import Settings, fit_cleaned
from grading.pricing.table import read_table
from tests.bench.pricing import baselines, checks, ranges, reporting
from tests.bench.pricing.sets import SETS, Set

N_FOLDS = 5


def main() -> None:
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pricing")
    parser.add_argument("--sets", nargs="*", default=[one.name for one in SETS])
    parser.add_argument("--splits", nargs="*", default=["random", "unseen", "time"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("build/pricing-bench"))
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.report:
        for one in SETS:
            if one.name in given.sets and not one.path.exists():
                print(f"skipped: {one.name} ({one.path} is not here)")
        for repeat in range(given.repeats):
            for one in SETS:
                for split in one.splits:
                    if one.name in given.sets and split in given.splits and one.path.exists():
                        file = given.out / f"{one.name}-{split}-{repeat}.npz"
                        if not file.exists() and not (split == "time" and repeat):
                            run(one, split, repeat, given.threads, file)
    reporting.report(given.out)


def run(one: Set, split: str, repeat: int, threads: int, file: Path) -> None:
    """One split: ours and every baseline on the same rows; prices, ranges and times go into one file."""
    began = time.perf_counter()
    cleaned = clean(read_table(one.path), parse_columns(one.roles))
    test = held_out(cleaned, split, repeat)
    train_rows, test_rows = np.flatnonzero(~test), np.flatnonzero(test)
    train, ahead = cleaned.frame.rows(train_rows), cleaned.frame.rows(test_rows)
    price = cleaned.price[test_rows]
    part = Cleaned(
        cleaned.columns,
        train,
        cleaned.price[train_rows],
        train_rows,
        cleaned.time[train_rows],
        [cleaned.group[row] for row in train_rows.tolist()],
        cleaned.limits,
        cleaned.report,
    )
    start, spent = time.perf_counter(), time.process_time()
    model = fit_cleaned(part, Settings(threads=threads, seed=7 + repeat))
    fit_seconds, fit_processor = time.perf_counter() - start, time.process_time() - spent
    found = model.estimate_frame(ahead, threads=threads)
    saved: dict[str, object] = {"price": price, "ours": found.price, "basis": np.array(found.basis)}
    saved |= {"fit_seconds": fit_seconds, "fit_processor": fit_processor}
    for level in (80, 90):
        saved[f"low{level}"], saved[f"high{level}"] = found.low[level], found.high[level]
    rows = baselines.Rows(cleaned.columns, train, np.log(part.price), ahead, one.age or None, one.per_year, threads, 7 + repeat)
    for name, values in baselines.fit_all(rows).items():
        saved[f"baseline: {name}"] = np.exp(values)
    groups = [group or f"row {row}" for row, group in enumerate(part.group)] if split == "unseen" else None
    for name, (low, high) in ranges.fit_ranges(rows, groups).items():
        saved[f"low: {name}"], saved[f"high: {name}"] = np.exp(low), np.exp(high)
    many = ahead.rows(np.arange(100_000) % ahead.n_rows) if repeat == 0 and split == one.splits[0] else ahead
    spent = time.process_time()
    model.estimate_frame(many, threads=threads)
    saved["seconds_100k"] = (time.process_time() - spent) * 100_000 / many.n_rows
    saved |= checks.check(model, ahead, cleaned.columns, n_pairs=2000)
    saved["n_train"], saved["load"] = len(train_rows), os.getloadavg()[0]
    np.savez_compressed(file, **{name: np.asarray(value) for name, value in saved.items()})
    print(
        f"{one.name} {split} {repeat}: {len(train_rows)} + {len(test_rows)} rows, {time.perf_counter() - began:.0f} s", flush=True
    )


def held_out(cleaned: Cleaned, split: str, repeat: int) -> np.typing.NDArray[np.bool_]:
    """Which rows are kept for the test: a random fifth, a fifth of the series, or the newest fifth."""
    if split == "time":
        return np.asarray(cleaned.time > np.quantile(cleaned.time[np.isfinite(cleaned.time)], 0.8))
    if split == "unseen":
        names = [group or f"row {row}" for row, group in enumerate(cleaned.group)]
        return np.asarray(group_folds(names, N_FOLDS, 100 + repeat) == 0)
    return np.asarray(random_folds(cleaned.frame.n_rows, N_FOLDS, 100 + repeat) == 0)


if __name__ == "__main__":
    main()
