"""Draws a car from its side, its front and its rear. No maker's mark, no real model."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from app.demo.canvas import Canvas, Corner, Point, rounded
from app.demo.paint import Rgb, mixed, shaded

At = Callable[[float, float], Point]  # from shares of the car to pixels
TYRE = (30, 31, 33)
PLASTIC = (44, 46, 49)


@dataclass(frozen=True)
class CarShape:
    """One model's proportions. ``length`` in pixels; heights in shares of the length, x from the nose at 0."""

    body: str
    length: float
    outline: tuple[Corner, ...]
    glass: tuple[Corner, ...]
    pillars: tuple[float, ...]
    doors: tuple[float, ...]
    axles: tuple[float, float]
    wheel: float
    spokes: int
    lamp: int
    grille: int


_SIDES: dict[str, dict[str, object]] = {
    "sedan": {
        "length": 850,
        "outline": (
            (0.012, 0.062, 0.01), (0.0, 0.115, 0.03), (0.018, 0.163, 0.04), (0.13, 0.198, 0.08), (0.275, 0.216, 0.03),
            (0.425, 0.315, 0.10), (0.545, 0.331, 0.10), (0.665, 0.318, 0.10), (0.845, 0.236, 0.05), (0.975, 0.228, 0.02),
            (0.998, 0.165, 0.04), (0.985, 0.068, 0.02),
        ),
        "glass": ((0.308, 0.219, 0.01), (0.435, 0.303, 0.03), (0.55, 0.314, 0.05), (0.652, 0.303, 0.04), (0.79, 0.232, 0.01)),
        "pillars": (0.525, 0.70), "doors": (0.325, 0.53, 0.715), "axles": (0.185, 0.785),
    },
    "hatchback": {
        "length": 740,
        "outline": (
            (0.014, 0.070, 0.01), (0.0, 0.130, 0.03), (0.02, 0.190, 0.04), (0.12, 0.226, 0.08), (0.265, 0.248, 0.03),
            (0.40, 0.352, 0.10), (0.56, 0.372, 0.12), (0.80, 0.352, 0.08), (0.93, 0.288, 0.06), (0.985, 0.235, 0.03),
            (0.992, 0.150, 0.04), (0.98, 0.078, 0.02),
        ),
        "glass": ((0.30, 0.250, 0.01), (0.412, 0.337, 0.03), (0.56, 0.354, 0.05), (0.775, 0.337, 0.03), (0.86, 0.268, 0.02)),
        "pillars": (0.54, 0.735), "doors": (0.315, 0.55, 0.745), "axles": (0.185, 0.80),
    },
    "suv": {
        "length": 800,
        "outline": (
            (0.012, 0.082, 0.01), (0.0, 0.150, 0.03), (0.012, 0.222, 0.03), (0.13, 0.258, 0.06), (0.255, 0.270, 0.03),
            (0.365, 0.372, 0.08), (0.52, 0.394, 0.10), (0.84, 0.382, 0.06), (0.955, 0.292, 0.06), (0.990, 0.255, 0.02),
            (0.996, 0.160, 0.03), (0.98, 0.088, 0.02),
        ),
        "glass": ((0.288, 0.273, 0.01), (0.378, 0.355, 0.03), (0.53, 0.375, 0.05), (0.82, 0.365, 0.03), (0.895, 0.290, 0.02)),
        "pillars": (0.52, 0.70), "doors": (0.305, 0.53, 0.715), "axles": (0.180, 0.795),
    },
    "mpv": {
        "length": 880,
        "outline": (
            (0.012, 0.068, 0.01), (0.0, 0.130, 0.03), (0.012, 0.185, 0.03), (0.10, 0.222, 0.06), (0.19, 0.245, 0.03),
            (0.315, 0.345, 0.08), (0.50, 0.366, 0.10), (0.90, 0.358, 0.05), (0.975, 0.262, 0.05), (0.994, 0.155, 0.03),
            (0.985, 0.072, 0.02),
        ),
        "glass": ((0.222, 0.246, 0.01), (0.328, 0.330, 0.03), (0.50, 0.349, 0.05), (0.88, 0.342, 0.03), (0.935, 0.262, 0.02)),
        "pillars": (0.43, 0.67), "doors": (0.26, 0.44, 0.68), "axles": (0.170, 0.790),
    },
    "coupe": {
        "length": 840,
        "outline": (
            (0.014, 0.056, 0.01), (0.0, 0.105, 0.03), (0.020, 0.150, 0.04), (0.15, 0.186, 0.10), (0.31, 0.205, 0.03),
            (0.455, 0.288, 0.10), (0.56, 0.299, 0.10), (0.70, 0.280, 0.14), (0.90, 0.218, 0.08), (0.985, 0.208, 0.02),
            (0.996, 0.140, 0.04), (0.982, 0.060, 0.02),
        ),
        "glass": ((0.345, 0.209, 0.01), (0.468, 0.277, 0.03), (0.56, 0.284, 0.05), (0.68, 0.266, 0.06), (0.80, 0.222, 0.01)),
        "pillars": (0.64,), "doors": (0.36, 0.66), "axles": (0.190, 0.785),
    },
    "wagon": {
        "length": 870,
        "outline": (
            (0.012, 0.062, 0.01), (0.0, 0.115, 0.03), (0.018, 0.163, 0.04), (0.13, 0.198, 0.08), (0.27, 0.216, 0.03),
            (0.41, 0.312, 0.10), (0.56, 0.330, 0.10), (0.86, 0.315, 0.08), (0.955, 0.242, 0.05), (0.993, 0.222, 0.02),
            (0.997, 0.150, 0.04), (0.985, 0.068, 0.02),
        ),
        "glass": ((0.303, 0.219, 0.01), (0.42, 0.300, 0.03), (0.56, 0.314, 0.05), (0.84, 0.300, 0.04), (0.905, 0.240, 0.01)),
        "pillars": (0.52, 0.70), "doors": (0.32, 0.53, 0.715), "axles": (0.182, 0.785),
    },
    "pickup": {
        "length": 890,
        "outline": (
            (0.012, 0.085, 0.01), (0.0, 0.150, 0.02), (0.010, 0.215, 0.03), (0.12, 0.240, 0.05), (0.235, 0.248, 0.03),
            (0.335, 0.345, 0.06), (0.45, 0.360, 0.06), (0.595, 0.350, 0.04), (0.635, 0.248, 0.01), (0.985, 0.240, 0.01),
            (0.992, 0.150, 0.02), (0.985, 0.095, 0.02),
        ),
        "glass": ((0.268, 0.251, 0.01), (0.346, 0.330, 0.03), (0.45, 0.343, 0.04), (0.582, 0.335, 0.02), (0.612, 0.255, 0.01)),
        "pillars": (0.455,), "doors": (0.285, 0.465, 0.62), "axles": (0.170, 0.800),
    },
    "van": {
        "length": 800,
        "outline": (
            (0.012, 0.075, 0.01), (0.0, 0.140, 0.03), (0.010, 0.205, 0.03), (0.055, 0.255, 0.04), (0.165, 0.390, 0.08),
            (0.35, 0.412, 0.08), (0.93, 0.408, 0.04), (0.988, 0.330, 0.04), (0.994, 0.160, 0.02), (0.985, 0.082, 0.02),
        ),
        "glass": ((0.105, 0.258, 0.01), (0.182, 0.372, 0.03), (0.35, 0.388, 0.04), (0.915, 0.385, 0.02), (0.945, 0.268, 0.02)),
        "pillars": (0.33, 0.62), "doors": (0.145, 0.345, 0.63), "axles": (0.175, 0.790),
    },
}  # fmt: skip


def make_car(rng: random.Random, body: str) -> CarShape:
    """The proportions of a model with this body: another seed, another car."""
    side = _SIDES[body]
    tall = rng.uniform(0.965, 1.04)
    bend = rng.uniform(-0.010, 0.010)

    def changed(corners: object) -> tuple[Corner, ...]:
        return tuple((x + bend * (1 - abs(2 * x - 1)), y * tall, r) for x, y, r in corners)  # type: ignore[attr-defined]

    low = 0.072 if body in ("suv", "pickup") else 0.066
    return CarShape(
        body=body,
        length=float(side["length"]) * rng.uniform(0.97, 1.03),  # type: ignore[arg-type]
        outline=changed(side["outline"]),
        glass=changed(side["glass"]),
        pillars=tuple(x + bend for x in side["pillars"]),  # type: ignore[attr-defined]
        doors=tuple(x + bend for x in side["doors"]),  # type: ignore[attr-defined]
        axles=side["axles"],  # type: ignore[arg-type]
        wheel=low * (850 / float(side["length"])) ** 0.7 * rng.uniform(0.98, 1.05),  # type: ignore[arg-type]
        spokes=rng.choice((5, 5, 6, 7, 8, 10)),
        lamp=rng.randrange(4),
        grille=rng.randrange(4),
    )


def lacquer(rgb: Rgb) -> list[tuple[float, Rgb]]:
    """Sky on top, a bright shoulder, the colour itself, and the street below."""
    return [
        (0.0, shaded(rgb, 1.25)),
        (0.30, shaded(rgb, 1.10)),
        (0.44, shaded(rgb, 1.30)),
        (0.50, shaded(rgb, 1.02)),
        (0.74, shaded(rgb, 0.86)),
        (1.0, shaded(rgb, 0.52)),
    ]


def draw_side(board: Canvas, rng: random.Random, car: CarShape, rgb: Rgb, wear: int, ground: float) -> None:
    """The car from its left side, nose to the left, on the line ``ground`` (pixels from the top)."""
    left = (1080 - car.length) / 2 + rng.uniform(-16, 16)

    def at(x: float, y: float) -> Point:
        return (left + x * car.length, ground - y * car.length)

    def path(corners: tuple[Corner, ...]) -> list[Point]:
        return rounded([(*at(corner[0], corner[1]), corner[2] * car.length) for corner in corners])  # type: ignore[misc]

    radius = car.wheel * car.length
    board.shadow(left - 10, ground - 16, left + car.length + 14, ground + 24, 0.72, 9)
    board.shape([at(0.10, 0.10), at(0.93, 0.10), at(0.93, 0.035), at(0.10, 0.035)], (18, 18, 20))
    body = path(car.outline)
    board.shaded_shape(body, lacquer(rgb))
    _panels(board, car, at, rgb)
    glass = path(car.glass)
    board.shape(_grown(glass, 1.035), shaded(rgb, 0.42))
    board.shaded_shape(glass, [(0, (118, 134, 146)), (0.45, (66, 78, 88)), (1, (34, 40, 46))])
    _reflection(board, glass, rng)
    base = min(corner[1] for corner in car.glass)
    for x in car.pillars:
        lean = 0.012 if x < 0.6 else 0.022
        board.shape(
            [
                at(x, base),
                at(x + 0.016, base),
                at(x + 0.016 - lean, _above(car, x + 0.016 - lean)),
                at(x - lean, _above(car, x - lean)),
            ],
            shaded(rgb, 0.30),
        )
    _lights(board, car, at)
    sill = 0.070 if car.body in ("suv", "pickup", "van") else 0.058
    front, back = car.axles
    board.shape([at(front, sill + 0.022), at(back, sill + 0.022), at(back, sill - 0.008), at(front, sill - 0.008)], PLASTIC)
    board.shape(rounded([at(0.022, sill + 0.024), at(front, sill + 0.024), at(front, sill), at(0.034, sill + 0.004)], 5), PLASTIC)
    board.shape(rounded([at(back, sill + 0.024), at(0.978, sill + 0.024), at(0.968, sill + 0.004), at(back, sill)], 5), PLASTIC)
    for x in car.axles:
        centre = at(x, car.wheel)
        board.disc(centre[0], centre[1] - 1, radius * 1.20, (22, 23, 25))
        _wheel(board, rng, centre, radius, car.spokes)
    if wear:
        _marks(board, rng, at, wear, rgb)


def _above(car: CarShape, x: float) -> float:
    """How high the glass reaches at x."""
    for first, second in zip(car.glass, car.glass[1:], strict=False):
        if first[0] <= x <= second[0]:
            return first[1] + (second[1] - first[1]) * (x - first[0]) / (second[0] - first[0]) - 0.002
    return min(corner[1] for corner in car.glass)


def _panels(board: Canvas, car: CarShape, at: At, rgb: Rgb) -> None:
    """Door gaps, handles, the crease along the side and the mirror."""
    seam = shaded(rgb, 0.50)
    base = min(y for _, y, *_ in car.glass)
    for number, x in enumerate(car.doors):
        lean = -0.015 if number else 0.0
        board.line([at(x, base + 0.002), at(x + lean, base * 0.70), at(x + lean + 0.012, 0.085)], seam, 1.6)
    for first, second in zip(car.doors, car.doors[1:], strict=False):
        place = at(second - 0.055, base - 0.028)
        board.box(place[0], place[1], place[0] + 0.042 * car.length, place[1] + 6, shaded(rgb, 0.66), 3)
        board.line([(place[0] + 2, place[1] + 1), (place[0] + 0.04 * car.length, place[1] + 1)], shaded(rgb, 1.4), 1)
        board.line([at(first, 0.088), at(second, 0.088)], seam, 1.4)
    board.line([at(0.05, base - 0.055), at(0.30, base - 0.045), at(0.94, base - 0.040)], shaded(rgb, 1.35), 1.6)
    board.line([at(0.05, base - 0.060), at(0.30, base - 0.050), at(0.94, base - 0.045)], shaded(rgb, 0.70), 1.6)
    mirror = at(car.doors[0] + 0.035, base + 0.012)
    board.box(mirror[0] - 4, mirror[1] - 15, mirror[0] + 34, mirror[1] + 7, shaded(rgb, 0.80), 9)
    board.box(mirror[0] - 2, mirror[1] - 13, mirror[0] + 28, mirror[1] - 5, shaded(rgb, 1.22), 5)


def _lights(board: Canvas, car: CarShape, at: At) -> None:
    heights = {"suv": 0.05, "pickup": 0.05, "mpv": 0.025, "van": 0.04, "hatchback": 0.028}
    lift = heights.get(car.body, 0.0)
    front = [(0.008, 0.135), (0.020, 0.162), (0.105, 0.180), (0.085, 0.157), (0.030, 0.142)]
    board.shape([at(x, y + lift) for x, y in front], (232, 238, 242))
    board.line([at(x, y + lift) for x, y in (*front, front[0])], (96, 102, 108), 1.4)
    back = [(0.930, 0.205), (0.985, 0.208), (0.994, 0.165), (0.960, 0.172)]
    lower = {"coupe": -0.022, "van": 0.02, "hatchback": 0.03, "suv": 0.04, "mpv": 0.035, "pickup": 0.015}.get(car.body, 0.0)
    board.shape([at(x, y + lower) for x, y in back], (170, 36, 34))
    board.line([at(0.938, 0.196 + lower), at(0.983, 0.198 + lower)], (232, 120, 108), 2)


def _wheel(board: Canvas, rng: random.Random, centre: Point, radius: float, spokes: int) -> None:
    x, y = centre
    board.disc(x, y, radius, TYRE)
    board.disc(x, y, radius * 0.97, None, outline=(52, 53, 56), width=2)
    rim = radius * 0.70
    board.disc(x, y, rim, (64, 66, 70))
    board.disc(x, y, rim, None, outline=(206, 209, 212), width=4)
    turn = rng.uniform(0, math.tau)
    for spoke in range(spokes):
        angle = turn + spoke * math.tau / spokes
        wide = 0.9 / spokes
        points = [
            (x + math.cos(angle - wide) * rim * 0.20, y + math.sin(angle - wide) * rim * 0.20),
            (x + math.cos(angle - wide * 0.55) * rim * 0.95, y + math.sin(angle - wide * 0.55) * rim * 0.95),
            (x + math.cos(angle + wide * 0.55) * rim * 0.95, y + math.sin(angle + wide * 0.55) * rim * 0.95),
            (x + math.cos(angle + wide) * rim * 0.20, y + math.sin(angle + wide) * rim * 0.20),
        ]
        light = 0.92 + 0.22 * math.sin(angle - 2.2)
        board.shape(points, shaded((186, 189, 193), light))
    board.disc(x, y, rim * 0.20, (150, 153, 157))
    board.disc(x, y, rim * 0.12, (84, 87, 91))


def _reflection(board: Canvas, glass: list[Point], rng: random.Random) -> None:
    left, right = min(x for x, _ in glass), max(x for x, _ in glass)
    top, bottom = min(y for _, y in glass), max(y for _, y in glass)
    start = left + (right - left) * rng.uniform(0.32, 0.52)
    lean = (bottom - top) * 0.5
    for shift, wide in ((0, 40), (56, 14)):
        x = start + shift
        board.veil(
            [(x + lean, top + 3), (x + lean + wide, top + 3), (x + wide, bottom - 3), (x, bottom - 3)], (230, 240, 246), 0.22
        )


def _marks(board: Canvas, rng: random.Random, at: At, wear: int, rgb: Rgb) -> None:
    """Scratches on the doors and the bumpers, a shallow dent with the most use."""
    tone = shaded(rgb, 1.5) if sum(rgb) < 420 else shaded(rgb, 0.66)
    for _ in range((0, 2, 5, 9)[wear]):
        x, y = rng.choice((rng.uniform(0.03, 0.11), rng.uniform(0.34, 0.72), rng.uniform(0.88, 0.96))), rng.uniform(0.10, 0.18)
        span = rng.uniform(0.01, 0.02 + 0.012 * wear)
        board.line([at(x, y), at(x + span, y + rng.uniform(-0.006, 0.006))], tone, 1.3)
    if wear >= 3:
        x, y = at(rng.uniform(0.40, 0.66), 0.135)
        board.veil([(x - 26, y), (x, y - 13), (x + 28, y), (x, y + 15)], (20, 20, 24), 0.30, blur=5)
        board.veil([(x - 18, y + 6), (x, y + 2), (x + 20, y + 8), (x, y + 16)], (255, 255, 255), 0.22, blur=4)


def _grown(points: list[Point], factor: float) -> list[Point]:
    x = (min(p for p, _ in points) + max(p for p, _ in points)) / 2
    y = (min(p for _, p in points) + max(p for _, p in points)) / 2
    return [(x + (px - x) * factor, y + (py - y) * (1 + (factor - 1) * 2.2)) for px, py in points]


# -- from the front and from behind --------------------------------------------------------------------------------------


def draw_end(board: Canvas, rng: random.Random, car: CarShape, rgb: Rgb, wear: int, ground: float, *, rear: bool,
             electric: bool) -> None:  # fmt: skip
    """The car's front or rear, standing on ``ground``."""
    tall = {"suv": 1.12, "van": 1.24, "mpv": 1.14, "pickup": 1.14, "coupe": 0.86}.get(car.body, 0.97)
    wide, middle = 560.0, 540 + rng.uniform(-12, 12)
    high = 440 * tall

    def at(x: float, y: float) -> Point:
        return (middle + x * wide / 2, ground - y * high)

    board.shadow(middle - wide / 2 - 14, ground - 20, middle + wide / 2 + 14, ground + 20, 0.75, 9)
    for side in (-1, 1):
        board.box(middle + side * wide * 0.41 - 34, ground - 92, middle + side * wide * 0.41 + 34, ground, TYRE, 14)
    roof = 0.66 if car.body in ("van", "mpv", "pickup") else 0.60
    cabin = rounded(
        [(*at(-0.90, 0.56), 10), (*at(-roof, 0.955), 34), (*at(0, 1.0), 130), (*at(roof, 0.955), 34), (*at(0.90, 0.56), 10)]
    )
    board.shaded_shape(cabin, [(0, shaded(rgb, 1.22)), (1, shaded(rgb, 0.78))])
    pane = rounded(
        [
            (*at(-0.80, 0.585), 12),
            (*at(-roof + 0.055, 0.925), 28),
            (*at(0, 0.955), 120),
            (*at(roof - 0.055, 0.925), 28),
            (*at(0.80, 0.585), 12),
        ]
    )
    board.shaded_shape(pane, [(0, (128, 144, 155)), (0.5, (70, 82, 92)), (1, (40, 47, 53))])
    board.veil([at(-0.30, 0.93), at(-0.05, 0.94), at(-0.30, 0.60), at(-0.62, 0.60)], (235, 243, 248), 0.20)
    if not rear:
        for wiper in (-0.34, 0.34):
            board.line([at(wiper - 0.30, 0.60), at(wiper + 0.20, 0.64)], (26, 28, 30), 3)
    for side in (-1, 1):
        x, y = at(side * 1.03, 0.63)
        board.box(x - 30, y - 20, x + 30, y + 18, shaded(rgb, 0.86), 14)
    lower = rounded(
        [
            (*at(-0.97, 0.10), 26), (*at(-1.0, 0.36), 40), (*at(-0.93, 0.60), 46), (*at(-0.5, 0.635), 90), (*at(0.5, 0.635), 90),
            (*at(0.93, 0.60), 46), (*at(1.0, 0.36), 40), (*at(0.97, 0.10), 26),
        ]
    )  # fmt: skip
    board.shaded_shape(lower, [(0, shaded(rgb, 1.28)), (0.20, shaded(rgb, 1.06)), (0.55, rgb), (1, shaded(rgb, 0.60))])
    board.line([at(-0.72, 0.545), at(-0.3, 0.56), at(0.3, 0.56), at(0.72, 0.545)], shaded(rgb, 0.70), 2)
    board.shape(rounded([at(-0.92, 0.09), at(-0.88, 0.20), at(0.88, 0.20), at(0.92, 0.09)], 14), PLASTIC)
    (_rear_face if rear else _front_face)(board, car, at, rgb, electric)
    plate = at(0, 0.37 if rear else 0.215)
    board.box(plate[0] - 70, plate[1] - 21, plate[0] + 70, plate[1] + 21, (214, 238, 214) if electric else (38, 82, 150), 5)
    board.box(plate[0] - 60, plate[1] - 12, plate[0] + 60, plate[1] + 12, (238, 238, 236), 3)  # the number is covered
    if wear >= 2:
        tone = shaded(rgb, 1.5) if sum(rgb) < 420 else shaded(rgb, 0.66)
        for _ in range(3 * (wear - 1)):
            x, y = rng.choice((-1, 1)) * rng.uniform(0.60, 0.90), rng.uniform(0.24, 0.34)
            board.line([at(x, y), at(x + rng.uniform(-0.1, 0.1), y + 0.02)], tone, 1.5)


def _front_face(board: Canvas, car: CarShape, at: At, rgb: Rgb, electric: bool) -> None:
    for side in (-1, 1):
        lamp = [
            [(0.94, 0.47), (0.90, 0.54), (0.54, 0.50), (0.56, 0.44), (0.90, 0.42)],
            [(0.95, 0.50), (0.92, 0.55), (0.50, 0.50), (0.52, 0.47)],
            [(0.93, 0.42), (0.92, 0.53), (0.62, 0.53), (0.58, 0.43)],
            [(0.95, 0.44), (0.88, 0.54), (0.46, 0.515), (0.60, 0.47)],
        ][car.lamp]
        shape = rounded([at(side * x, y) for x, y in lamp], 8)
        board.shape(shape, (60, 65, 70))
        inner = rounded([at(side * (0.75 + (x - 0.75) * 0.82), 0.485 + (y - 0.485) * 0.70) for x, y in lamp], 6)
        board.shaded_shape(inner, [(0, (246, 250, 252)), (1, (176, 188, 198))])
        x, y = at(side * 0.76, 0.48)
        board.disc(x, y, 9, (255, 255, 255))
        fog = at(side * 0.76, 0.235)
        board.box(fog[0] - 34, fog[1] - 12, fog[0] + 34, fog[1] + 12, (30, 32, 35), 10)
        board.disc(fog[0], fog[1], 7, (210, 216, 220))
    if electric:
        board.line([at(-0.5, 0.475), at(0.5, 0.475)], shaded(rgb, 0.62), 3)
        return
    top, low = (0.50, 0.30) if car.grille != 2 else (0.52, 0.26)
    shape = [
        [(-0.44, top), (0.44, top), (0.36, low), (-0.36, low)],
        [(-0.40, top - 0.02), (0.40, top - 0.02), (0.46, low), (-0.46, low)],
        [(-0.34, top), (0.34, top), (0.40, low + 0.10), (0.30, low), (-0.30, low), (-0.40, low + 0.10)],
        [(-0.48, top - 0.03), (0.48, top - 0.03), (0.48, low + 0.06), (-0.48, low + 0.06)],
    ][car.grille]
    outer = rounded([at(x, y) for x, y in shape], 12)
    board.shape(outer, (190, 194, 198))
    board.shape(rounded([at(x * 0.955, 0.40 + (y - 0.40) * 0.90) for x, y in shape], 10), (26, 28, 30))
    bars = 5 if car.grille % 2 else 4
    for bar in range(bars):
        y = low + 0.035 + (top - low - 0.09) * (bar + 0.5) / bars
        board.line([at(-0.36, y), at(0.36, y)], (112, 116, 120), 3)


def _rear_face(board: Canvas, car: CarShape, at: At, rgb: Rgb, electric: bool) -> None:
    for side in (-1, 1):
        lamp = [
            [(0.95, 0.44), (0.93, 0.54), (0.52, 0.53), (0.54, 0.47)],
            [(0.95, 0.38), (0.94, 0.55), (0.78, 0.55), (0.76, 0.40)],
            [(0.95, 0.47), (0.93, 0.54), (0.42, 0.53), (0.42, 0.49)],
            [(0.95, 0.42), (0.92, 0.55), (0.66, 0.54), (0.60, 0.45)],
        ][car.lamp]
        board.shaded_shape(rounded([at(side * x, y) for x, y in lamp], 8), [(0, (206, 54, 46)), (1, (122, 20, 22))])
        board.line([at(side * 0.90, 0.505), at(side * 0.68, 0.50)], (255, 176, 160), 3)
        pipe = at(side * 0.62, 0.125)
        if not electric:
            board.box(pipe[0] - 24, pipe[1] - 8, pipe[0] + 24, pipe[1] + 8, (186, 189, 192), 7)
            board.box(pipe[0] - 19, pipe[1] - 5, pipe[0] + 19, pipe[1] + 5, (20, 21, 22), 5)
    if car.lamp in (2, 3):
        board.box(*at(-0.45, 0.515), *at(0.45, 0.495), (150, 30, 30), 3)
    board.line([at(-0.62, 0.30), at(0.62, 0.30)], shaded(rgb, 0.66), 2)
    board.box(*at(-0.16, 0.46), *at(0.16, 0.435), mixed((196, 199, 202), rgb, 0.2), 5)
