"""The tables of the bench, as Markdown, from the files of its runs: everybody beside everybody, losers included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from grading.pricing.table import Floats
from tests.bench.pricing.baselines import SINGLE

_PREFIX = "baseline: "
_DRAWS = 1000


def report(folder: Path) -> None:
    """Print what the runs in the folder say."""
    runs: dict[tuple[str, str], list[Mapping[str, Floats]]] = {}
    for file in sorted(folder.glob("*-ours.npz")):
        usual = file.with_name(file.name.replace("-ours.", "-usual."))
        if not usual.exists():
            print(f"left out: {file.name}, the usual ways have not been fitted on its rows yet")
            continue
        name, split, _, _ = file.stem.rsplit("-", 3)
        with np.load(file, allow_pickle=False) as own, np.load(usual, allow_pickle=False) as others:
            assert np.array_equal(own["rows"], others["rows"]), f"{file.name}: not the rows of the usual ways"
            runs.setdefault((split, name), []).append(dict(others) | dict(own))
    for (split, name), parts in sorted(runs.items()):
        print(f"\n### {name}, {split}: {len(parts)} repeat(s), {sum(len(p['price']) for p in parts):,} test rows\n")
        errors(parts)
        intervals(parts)
    for split in sorted({split for split, _ in runs}):
        verdict(split, {name: parts for (one, name), parts in runs.items() if one == split})
    health(runs)


def errors(parts: list[Mapping[str, Floats]]) -> None:
    """Median error, MAPE, MAE and R2 of log price of every method, over the rows of all repeats."""
    price = np.concatenate([part["price"] for part in parts])
    print("| method | median error % | MAPE % | MAE | R2 of log |\n|---|---|---|---|---|")
    for name in methods(parts):
        guess = np.concatenate([part[name] for part in parts])
        share, logs = np.abs(guess / price - 1), np.log(price)
        fit = 1 - np.square(np.log(guess) - logs).sum() / np.square(logs - logs.mean()).sum()
        shown = "**ours**" if name == "ours" else name.removeprefix(_PREFIX)
        print(
            f"| {shown} | {100 * np.median(share):.2f} | {100 * share.mean():.2f} | {np.abs(guess - price).mean():,.0f} | {fit:.3f} |"
        )


def intervals(parts: list[Mapping[str, Floats]]) -> None:
    """Coverage and median width of the 90 % ranges, ours and the usual ones."""
    print("\n| 90 % range | covers % | standard error | median width % |\n|---|---|---|---|")
    names = ["ours", *sorted(key.removeprefix("low: ") for key in parts[0] if key.startswith("low: "))]
    for name in names:
        low, high = ("low90", "high90") if name == "ours" else (f"low: {name}", f"high: {name}")
        inside = np.concatenate([(p[low] <= p["price"]) & (p["price"] <= p[high]) for p in parts])
        width = np.concatenate([(p[high] - p[low]) / p["ours"] for p in parts])
        error = np.sqrt(0.09 / len(inside))
        print(f"| {name} | {100 * inside.mean():.1f} | {100 * error:.1f} | {100 * np.median(width):.1f} |")
    basis = np.concatenate([part["basis"] for part in parts])
    inside = np.concatenate([(p["low90"] <= p["price"]) & (p["price"] <= p["high90"]) for p in parts])
    said = ", ".join(
        f"{one} {100 * inside[basis == one].mean():.1f} % of {int((basis == one).sum()):,}" for one in sorted(set(basis.tolist()))
    )
    print(f"\nours by basis: {said}")


def verdict(split: str, sets: Mapping[str, list[Mapping[str, Floats]]]) -> None:
    """Ours against the best single baseline of each set, with the share of bootstrap draws in which ours was not better."""
    print(f"\n### {split}: ours against the best single baseline\n")
    print("| set | measure | best single | its value | ours | gain % | p (not better) | p (worse by more than 1 %) |")
    print("|---|---|---|---|---|---|---|---|")
    gains: dict[str, list[float]] = {"MAE": [], "MAPE": []}
    for name, parts in sorted(sets.items()):
        price = np.concatenate([part["price"] for part in parts])
        for measure, scale in (("MAE", np.ones(len(price))), ("MAPE", price)):
            loss = {one: np.abs(np.concatenate([p[one] for p in parts]) - price) / scale for one in methods(parts)}
            singles = [one for one in loss if one.removeprefix(_PREFIX) in SINGLE]
            best = min(singles, key=lambda one: loss[one].mean())
            ours, theirs = loss["ours"], loss[best]
            draw = np.random.default_rng(1).integers(0, len(price), (_DRAWS, len(price))) if len(price) < 20_000 else None
            rng = np.random.default_rng(2)
            ratios = np.array(
                [
                    (ours[rows].sum() / theirs[rows].sum())
                    for rows in (draw if draw is not None else (rng.integers(0, len(price), len(price)) for _ in range(_DRAWS)))
                ]
            )
            gain = 100 * (1 - ours.mean() / theirs.mean())
            gains[measure].append(gain)
            unit = 100 if measure == "MAPE" else 1
            print(
                f"| {name} | {measure} | {best.removeprefix(_PREFIX)} | {unit * theirs.mean():,.2f} | {unit * ours.mean():,.2f} "
                f"| {gain:+.1f} | {np.mean(ratios >= 1):.3f} | {np.mean(ratios > 1.01):.3f} |"
            )
    print(f"\nmedian set: MAE {np.median(gains['MAE']):+.1f} %, MAPE {np.median(gains['MAPE']):+.1f} %")


def health(runs: Mapping[tuple[str, str], list[Mapping[str, Floats]]]) -> None:
    """Directions, sums, and times: of the processor (one thread) where not said otherwise."""
    print("\n### Directions, sums, times\n")
    print(
        "| set | split | pairs | turned round | ends turned round | sums wrong | point p95 ms | reasons p95 ms | fit s (rows) | load |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (split, name), parts in sorted(runs.items()):
        total = {key: int(sum(int(p[key]) for p in parts)) for key in ("pairs", "pairs_wrong", "ends_wrong", "sums_wrong")}
        most = {
            key: max(float(p[key]) for p in parts)
            for key in ("point_ms", "reasons_ms", "seconds_100k", "fit_seconds", "fit_processor", "load")
        }
        print(
            f"| {name} | {split} | {total['pairs']:,} | {total['pairs_wrong']} | {total['ends_wrong']} | {total['sums_wrong']} "
            f"| {most['point_ms']:.1f} | {most['reasons_ms']:.1f} | {most['seconds_100k']:.1f} "
            f"| {most['fit_seconds']:.0f}, {most['fit_processor']:.0f} ({int(parts[0]['n_train']):,}) "
            f"| {most['load']:.0f} |"
        )


def methods(parts: list[Mapping[str, Floats]]) -> list[str]:
    """The names of all methods of a set, ours first."""
    return ["ours", *(key for key in parts[0] if key.startswith(_PREFIX))]
