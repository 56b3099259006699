"""Where the parts of a drawing lie: pure geometry on a stored estimate, in hundredths of the drawing's width and height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.valuation.worth import Month, Step, Worth

MONTHS = 24  # of the curve on pages; the library goes on to 60
STANDS_STILL = 12  # months at the end of the whole curve
GRID = 4  # lines of the curve's scale at most, about


@dataclass(frozen=True)
class Bar:
    """One step of the waterfall: what it is, the price before and after it in fen, and where its bar lies (hundredths)."""

    step: Step
    before_fen: int
    after_fen: int
    left: float
    width: float
    zero: float  # where the price before the step lies

    @property
    def is_rise(self) -> bool:
        return self.step.step_fen >= 0


@dataclass(frozen=True)
class Fall:
    """The whole waterfall: from the start over every bar to the end; ``end_fen`` is the estimate."""

    start_fen: int
    end_fen: int
    start: float
    end: float
    bars: tuple[Bar, ...]


def waterfall(worth: Worth) -> Fall | None:
    """The steps one after the other; None where the estimate has none. Steps that change nothing are left out of the drawing.

    Raises ValueError when the steps do not sum exactly: such an estimate must not be shown with reasons.
    """
    if worth.span is None or worth.start_fen is None or not worth.steps:
        return None
    reached = [worth.start_fen]
    for step in worth.steps:
        reached.append(reached[-1] + step.step_fen)
    if reached[-1] != worth.span.point_fen:
        raise ValueError(f"the steps of {worth.code} lead to {reached[-1]}, not to {worth.span.point_fen}")
    least, most = min(reached), max(reached)
    room = max(most - least, 1)

    def place(fen: int) -> float:
        return round(2 + (fen - least) * 96 / room, 2)

    bars = [
        Bar(step, before, after, min(place(before), place(after)), round(abs(place(after) - place(before)), 2), place(before))
        for step, before, after in zip(worth.steps, reached, reached[1:], strict=False)
        if step.step_fen
    ]
    return Fall(reached[0], reached[-1], place(reached[0]), place(reached[-1]), tuple(bars))


@dataclass(frozen=True)
class Curve:
    """The estimate over the coming months: SVG paths in a field of 100 x 100, and the lines of the scale (height, fen).

    ``level_from``: the month from which on the model has seen nothing so old, so that its line stays level; ``level`` is that
    part of the line, "" where there is none.
    """

    months: tuple[Month, ...]
    line: str
    level: str
    level_from: int | None
    band: str
    scale: tuple[tuple[float, int], ...]


def curve(months: Sequence[Month], most: int = MONTHS) -> Curve | None:
    """The first ``most`` months drawn; None with fewer than two points."""
    shown = tuple(sorted((one for one in months if one.months <= most), key=lambda one: one.months))
    if len(shown) < 2:
        return None
    top = max(one.high80_fen for one in shown)
    step = _round_step(top)
    ceiling = -(-top // step) * step
    last = shown[-1].months

    def across(one: Month) -> float:
        return round(one.months * 100 / last, 2)

    def down(fen: int) -> float:
        return round(100 - fen * 100 / ceiling, 2)

    level_from = _level_from(months)
    level_from = None if level_from is None or level_from >= last else level_from
    falling = [one for one in shown if level_from is None or one.months <= level_from]
    level = [one for one in shown if level_from is not None and one.months >= level_from]
    line, after = (" L".join(f"{across(one)} {down(one.point_fen)}" for one in part) for part in (falling, level))
    upper = [f"{across(one)} {down(one.high80_fen)}" for one in shown]
    lower = [f"{across(one)} {down(one.low80_fen)}" for one in reversed(shown)]
    return Curve(
        shown,
        f"M{line}",
        f"M{after}" if after else "",
        level_from,
        "M" + " L".join([*upper, *lower]) + "z",
        tuple((down(fen), fen) for fen in range(0, ceiling + 1, step)),
    )


def _level_from(months: Sequence[Month]) -> int | None:
    """The first month of the level end of a curve. None where it still changes within its last year: a price that falls by steps
    stands still for some months too."""
    ordered = sorted(months, key=lambda one: one.months)
    end = ordered[-1]
    first = next(one for at, one in enumerate(ordered) if all(each.point_fen == end.point_fen for each in ordered[at:])).months
    return first if end.months - first >= STANDS_STILL else None


def _round_step(top_fen: int) -> int:
    """A round amount of which about four reach the top: 1, 2 or 5 with zeros."""
    wanted = max(top_fen // GRID, 1)
    power = 10 ** (len(str(wanted)) - 1)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted)
