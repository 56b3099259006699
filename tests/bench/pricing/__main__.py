"""`make bench`: the estimator beside the baselines of the trade, on the same rows in the same run.

    python -m tests.bench.pricing [--sets che168 guazi] [--splits random unseen] [--repeats 5] [--out build/pricing-bench] [--threads 2]

Every run of a set, split and repeat is written at once, ours and the usual ways each into a file of its own that names the rows
of the test, and what is there already is not made again, so a broken-off bench goes on where it stopped. `--only` runs one of
the two; `--report` only prints the tables of what is there.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from grading.pricing.cleaning import Cleaned, Frame, clean
from grading.pricing.columns import parse_columns
from grading.pricing.features import group_folds, random_folds
from grading.pricing.fitting import Settings, fit_cleaned
from grading.pricing.table import read_table
from tests.bench.pricing import baselines, checks, ranges, reporting
from tests.bench.pricing.sets import SETS, Set

N_FOLDS = 5
PARTS = ("ours", "usual")


def main() -> None:
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pricing")
    parser.add_argument("--sets", nargs="*", default=[one.name for one in SETS])
    parser.add_argument("--splits", nargs="*", default=["random", "unseen", "time"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("build/pricing-bench"))
    parser.add_argument("--only", choices=PARTS)
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
                    if one.name not in given.sets or split not in given.splits or not one.path.exists():
                        continue
                    for part in PARTS if given.only is None else (given.only,):
                        file = given.out / f"{one.name}-{split}-{repeat}-{part}.npz"
                        if not file.exists() and not (split == "time" and repeat):
                            run(one, split, repeat, given.threads, file, part)
    reporting.report(given.out)


def run(one: Set, split: str, repeat: int, threads: int, file: Path, what: str) -> None:
    """One split: ours or every baseline on the same rows; prices, ranges and times go into one file."""
    began = time.perf_counter()
    cleaned = clean(read_table(one.path), parse_columns(one.roles))
    test = held_out(cleaned, split, repeat)
    train_rows, test_rows = np.flatnonzero(~test), np.flatnonzero(test)
    part = Cleaned(
        cleaned.columns,
        cleaned.frame.rows(train_rows),
        cleaned.price[train_rows],
        train_rows,
        cleaned.time[train_rows],
        [cleaned.group[row] for row in train_rows.tolist()],
        cleaned.limits,
        cleaned.report,
    )
    ahead = cleaned.frame.rows(test_rows)
    saved: dict[str, object] = {"price": cleaned.price[test_rows], "rows": test_rows, "n_train": len(train_rows)}
    if what == "ours":
        saved |= ours(part, ahead, Settings(threads=threads, seed=7 + repeat), is_first=repeat == 0 and split == one.splits[0])
    else:
        saved |= usual(one, split, part, ahead, threads, 7 + repeat)
    saved["load"] = os.getloadavg()[0]
    unfinished = file.with_suffix(".part.npz")
    np.savez_compressed(unfinished, **{name: np.asarray(value) for name, value in saved.items()})
    unfinished.rename(file)
    print(
        f"{one.name} {split} {repeat} {what}: {len(train_rows)} + {len(test_rows)} rows, {time.perf_counter() - began:.0f} s",
        flush=True,
    )


def ours(part: Cleaned, ahead: Frame, settings: Settings, *, is_first: bool) -> dict[str, object]:
    """The library's prices, ranges and times; `is_first`: 100,000 rows are really estimated, else reckoned from the test rows."""
    start, spent = time.perf_counter(), time.process_time()
    model = fit_cleaned(part, settings)
    saved: dict[str, object] = {"fit_seconds": time.perf_counter() - start, "fit_processor": time.process_time() - spent}
    found = model.estimate_frame(ahead, threads=settings.n_threads)
    saved |= {"ours": found.price, "basis": np.array(found.basis)}
    for level in (80, 90):
        saved[f"low{level}"], saved[f"high{level}"] = found.low[level], found.high[level]
    many = ahead.rows(np.arange(100_000) % ahead.n_rows) if is_first else ahead
    spent = time.process_time()
    model.estimate_frame(many, threads=settings.n_threads)
    saved["seconds_100k"] = (time.process_time() - spent) * 100_000 / many.n_rows
    return saved | checks.check(model, ahead, part.columns, n_pairs=2000)


def usual(one: Set, split: str, part: Cleaned, ahead: Frame, threads: int, seed: int) -> dict[str, object]:
    """Prices and ranges of every baseline."""
    rows = baselines.Rows(part.columns, part.frame, np.log(part.price), ahead, one.age or None, one.per_year, threads, seed)
    saved: dict[str, object] = {f"baseline: {name}": np.exp(values) for name, values in baselines.fit_all(rows).items()}
    groups = [group or f"row {row}" for row, group in enumerate(part.group)] if split == "unseen" else None
    for name, (low, high) in ranges.fit_ranges(rows, groups).items():
        saved[f"low: {name}"], saved[f"high: {name}"] = np.exp(low), np.exp(high)
    return saved


def held_out(cleaned: Cleaned, split: str, repeat: int) -> np.typing.NDArray[np.bool_]:
    """Which rows are kept for the test: a random fifth, a fifth of the series, or the newest fifth.

    Of series the five repeats are the five parts of one division, so that each is a test once. (Another division for each
    repeat and always its first part had the largest series in every test: battery cars were one model to three fifths.)
    """
    if split == "time":
        return np.asarray(cleaned.time > np.quantile(cleaned.time[np.isfinite(cleaned.time)], 0.8))
    if split == "unseen":
        names = [group or f"row {row}" for row, group in enumerate(cleaned.group)]
        return np.asarray(group_folds(names, N_FOLDS, 100 + repeat // N_FOLDS) == repeat % N_FOLDS)
    return np.asarray(random_folds(cleaned.frame.n_rows, N_FOLDS, 100 + repeat) == 0)


if __name__ == "__main__":
    main()
