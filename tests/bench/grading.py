"""Inspections graded per second on one core, beside a fixed loop measured in the same run.

Machines differ, so the ratio is what can be compared: how many inspections are graded in the time of one calibration
loop. Run it on a quiet machine: `make bench`. The table goes into docs/bench.md by hand.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

from grading import GradeResult, Scheme, grade, list_schemes, load_scheme
from grading.inputs import read_input
from tests.grading import phone

CARS: dict[str, dict[str, object]] = {
    "clean": {"frame": [], "body": [], "answers": {}},
    "worn": {"frame": [], "body": ["26HH1", "21XS2", "39TREAD4", "14XF1"], "answers": {"43": "B", "51": "C", "76": "C"}},
}
ROUNDS = 7
SECONDS_PER_ROUND = 0.5


def calibrate() -> None:
    """A fixed piece of work of the kind that grading is made of: decimals, dictionaries, texts. About 10 ms."""
    total, seen = Decimal(0), {}
    for number in range(12_000):
        total += Decimal("0.1")
        seen[f"item-{number % 113}"] = total
    assert total == Decimal("1200.0")


def cases() -> Iterator[tuple[str, Callable[[], object]]]:
    """What is measured: phones and cars, clean and worn, from the plain input to the result."""
    yield "phone, clean", lambda: grade(phone.SCHEME, phone.CLEAN)
    worn = phone.CLEAN | {"screen_glass": "light", "back_cover": "visible", "frame": "light", "battery_pct": 82, "age_months": 40}
    yield "phone, worn", lambda: grade(phone.SCHEME, worn)
    scheme = load_scheme("gbt30323-2013")
    for name, given in CARS.items():
        yield f"car, {name}", lambda given=given: _car(scheme, given)


def _car(scheme: Scheme, given: dict[str, object]) -> GradeResult:
    plain = read_input(scheme, given)
    result = grade(scheme, plain.findings, plain.facts)
    assert result.status == "graded"
    return result


def per_second(work: Callable[[], object]) -> float:
    """Calls per second: the median of several rounds."""
    work()
    rates = []
    for _ in range(ROUNDS):
        gc.collect()
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < SECONDS_PER_ROUND:
            work()
            done += 1
        rates.append(done / spent)
    return statistics.median(rates)


def main() -> None:
    """Print the table."""
    loops = per_second(calibrate)
    print(f"schemes: {', '.join(list_schemes())}; median of {ROUNDS} rounds of {SECONDS_PER_ROUND} s of processor time, one core")
    print(f"calibration: {loops:.1f} loops per second\n")
    print("| inspection | per second | per calibration loop |\n|---|---|---|")
    for name, work in cases():
        rate = per_second(work)
        print(f"| {name} | {rate:,.0f} | {rate / loops:.1f} |")


if __name__ == "__main__":
    main()
