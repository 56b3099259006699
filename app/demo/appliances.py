"""Draws the larger appliances where they stand: televisions, refrigerators, washing machines, air conditioners."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from app.demo.canvas import Canvas, metal, rounded
from app.demo.paint import Rgb, hsv, shaded
from app.demo.scenes import plastered, tiled

FLOOR = 620.0
WHITES: tuple[Rgb, ...] = ((240, 240, 236), (233, 235, 236), (244, 241, 234))
METALS: tuple[Rgb, ...] = ((186, 188, 190), (172, 174, 178), (92, 95, 99), (214, 208, 198), (200, 190, 172), (70, 74, 80))


def tv(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """A television on its stand or on the wall, with a landscape on the screen."""
    board = plastered(rng, floor=700)
    inch = max(32.0, min(size or 55, 100))
    wide = 430 + (inch - 32) * 6.4
    wide = min(wide, 900)
    high, x = wide * 0.575, 540 + rng.uniform(-16, 16)
    top = 560 - high - 14
    wood: Rgb = rng.choice(((158, 122, 92), (226, 222, 214), (96, 88, 82)))
    board.shadow(70, 688, 1010, 722, 0.5, 12)
    board.shaded_box(90, 566, 990, 704, [(0, shaded(wood, 1.15)), (0.1, wood), (1, shaded(wood, 0.75))], 4)
    for split in (390, 690):
        board.line([(split, 584), (split, 700)], shaded(wood, 0.6), 2)
    on_wall = rng.random() < 0.35
    if on_wall:
        board.veil(
            [
                (x - wide / 2, top + 30),
                (x + wide / 2 + 14, top + 30),
                (x + wide / 2 + 14, top + high),
                (x - wide / 2, top + high),
            ],
            (30, 30, 34),
            0.4,
            blur=12,
        )
        top -= 30
    else:
        for side in (-1, 1):
            foot = x + side * wide * 0.34
            board.line([(foot, top + high - 4), (foot + side * 30, 566)], (44, 46, 50), 8)
            board.line([(foot, top + high - 4), (foot - side * 16, 566)], (44, 46, 50), 8)
        board.shadow(x - wide * 0.42, 560, x + wide * 0.42, 574, 0.55, 6)
    board.box(x - wide / 2, top, x + wide / 2, top + high, (22, 23, 26), 6)
    edge = 7
    left, right, upper, lower = x - wide / 2 + edge, x + wide / 2 - edge, top + edge, top + high - edge - 5
    hue = rng.random()
    board.shaded_box(
        left,
        upper,
        right,
        lower,
        [(0, hsv(hue, 0.30, 0.96)), (0.55, hsv(hue + 0.06, 0.14, 0.98)), (1, hsv(hue + 0.1, 0.3, 0.8))],
        2,
    )
    for layer in range(4):
        tone = hsv(hue + 0.05 * layer, 0.26 + 0.10 * layer, 0.84 - 0.17 * layer)
        phase, swing = rng.uniform(0, 6), high * rng.uniform(0.04, 0.09)
        base = upper + high * (0.42 + 0.12 * layer)
        hills = [
            (left + (right - left) * step / 30, min(lower, base + swing * math.sin(phase + step * (0.24 + 0.05 * layer))))
            for step in range(31)
        ]
        board.shape([*hills, (right, lower), (left, lower)], tone)
    if "oled" not in features:
        board.veil([(left + 60, upper), (left + 220, upper), (left + 90, lower), (left - 0, lower)], (255, 255, 255), 0.10)
    if wear >= 3:
        for _ in range(3):
            stripe = rng.uniform(left + 40, right - 40)
            board.line([(stripe, upper), (stripe, lower)], hsv(rng.random(), 0.5, 0.9), 1.5)
    elif wear == 2:
        board.line([(right - 90, upper + 50), (right - 60, upper + 62)], (220, 224, 226), 1.2)
    return board


def refrigerator(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """Doors by what the model is: one, two or three above each other, side by side, four in a cross, a chest."""
    board = plastered(rng, floor=690)
    if "chest-freezer" in features:
        return _chest(board, rng, wear, size)
    big = bool(features & {"side-by-side", "cross-door", "french-door"})
    small = "single-door" in features
    colour = rng.choice(METALS if big or rng.random() < 0.6 else WHITES)
    wide = 360.0 if big else 210.0 if small else 268.0
    high = 330.0 if small else (600.0 if big else 560.0)
    x, ground = 540 + rng.uniform(-40, 40), 748.0
    left, right, top = x - wide / 2, x + wide / 2, ground - high
    board.shadow(left - 20, ground - 16, right + 28, ground + 18, 0.6, 10)
    board.veil(
        [(right - 4, top + 20), (right + 44, top + 60), (right + 44, ground), (right - 4, ground)], (30, 30, 34), 0.4, blur=14
    )
    board.box(left, top, right, ground - 6, shaded(colour, 0.55), 8)
    for foot in (left + 16, right - 34):
        board.box(foot, ground - 10, foot + 18, ground, (40, 42, 44), 3)
    gap = 4
    rows = {"two-door": (0.36,), "three-door": (0.30, 0.55), "single-door": ()}
    kind = next(
        (code for code in ("side-by-side", "cross-door", "french-door", "three-door", "single-door") if code in features),
        "two-door",
    )
    doors: list[tuple[float, float, float, float, str]] = []
    bottom = ground - 12
    if kind == "side-by-side":
        split = left + wide * 0.46
        doors = [(left, top, split - gap / 2, bottom, "right"), (split + gap / 2, top, right, bottom, "left")]
    elif kind == "cross-door":
        mid, belt = x, top + high * 0.57
        doors = [
            (left, top, mid - gap / 2, belt - gap / 2, "right"), (mid + gap / 2, top, right, belt - gap / 2, "left"),
            (left, belt + gap / 2, mid - gap / 2, bottom, "right"), (mid + gap / 2, belt + gap / 2, right, bottom, "left"),
        ]  # fmt: skip
    elif kind == "french-door":
        mid, belt, low = x, top + high * 0.55, top + high * 0.77
        doors = [
            (left, top, mid - gap / 2, belt - gap / 2, "right"), (mid + gap / 2, top, right, belt - gap / 2, "left"),
            (left, belt + gap / 2, right, low - gap / 2, "top"), (left, low + gap / 2, right, bottom, "top"),
        ]  # fmt: skip
    else:
        cuts = [0.0, *rows[kind], 1.0]
        for upper, lower in pairwise(cuts):
            doors.append(
                (
                    left,
                    top + (bottom - top) * upper + (gap / 2 if upper else 0),
                    right,
                    top + (bottom - top) * lower - (gap / 2 if lower < 1 else 0),
                    "left",
                )
            )
    hidden = rng.random() < 0.4
    for dl, dt, dr, db, handle in doors:
        board.shaded_box(dl, dt, dr, db, metal(colour, 0.16), 6, across=True)
        board.box(dl + 0.5, dt + 0.5, dr - 0.5, db - 0.5, None, 6, outline=shaded(colour, 0.72), width=1.5)
        board.line([(dl + 8, dt + 2), (dr - 8, dt + 2)], shaded(colour, 1.35), 1.4)
        _handle(board, (dl, dt, dr, db), handle, colour, hidden=hidden)
    if big and rng.random() < 0.6:
        dl, dt, dr, _, _ = doors[0]
        board.box((dl + dr) / 2 - 24, dt + 70, (dl + dr) / 2 + 24, dt + 104, (26, 28, 31), 4)
        board.text((dl + dr) / 2, dt + 87, rng.choice(("-18", "4", "3")), 17, (150, 214, 230))
    _scuffs(board, rng, wear, (left + 20, top + 40, right - 20, ground - 40), colour)
    return board


def _handle(board: Canvas, door: tuple[float, float, float, float], side: str, colour: Rgb, *, hidden: bool) -> None:
    left, top, right, bottom = door
    if side == "top":
        board.line([(left + 40, top + 9), (right - 40, top + 9)], shaded(colour, 0.5), 5)
        return
    if hidden:
        x = right - 2 if side == "right" else left + 2
        board.line([(x, top + 16), (x, bottom - 16)], shaded(colour, 0.45), 4)
        return
    x = right - 18 if side == "right" else left + 18
    middle, reach = (top + bottom) / 2, min(150, (bottom - top) * 0.32)
    board.box(x - 4 + 3, middle - reach + 4, x + 4 + 3, middle + reach + 4, shaded(colour, 0.45), 4)
    board.shaded_box(x - 4, middle - reach, x + 5, middle + reach, metal((210, 212, 214), 0.3), 4, across=True)


def _chest(board: Canvas, rng: random.Random, wear: int, size: float) -> Canvas:
    colour = rng.choice(WHITES)
    wide, high, ground = 420 + min(size or 200, 300) * 0.9, 360.0, 744.0
    left, right, top = 540 - wide / 2, 540 + wide / 2, ground - high
    board.shadow(left - 20, ground - 14, right + 26, ground + 18, 0.6, 10)
    board.shaded_box(left, top + 56, right, ground - 8, [(0, shaded(colour, 0.96)), (0.4, colour), (1, shaded(colour, 0.80))], 8)
    board.shaded_box(left - 6, top, right + 6, top + 58, [(0, shaded(colour, 1.5)), (0.5, colour), (1, shaded(colour, 0.78))], 12)
    board.line([(left, top + 60), (right, top + 60)], (120, 122, 124), 3)
    board.box(540 - 60, top + 44, 540 + 60, top + 66, (176, 180, 184), 8)
    board.box(right - 130, ground - 90, right - 40, ground - 40, (70, 74, 78), 6)
    for slot in range(5):
        board.line([(right - 122, ground - 80 + slot * 8), (right - 48, ground - 80 + slot * 8)], (112, 116, 120), 2)
    board.disc(left + 60, ground - 64, 15, (214, 216, 218), outline=(150, 152, 154), width=2)
    _scuffs(board, rng, wear, (left + 30, top + 90, right - 30, ground - 40), colour)
    return board


def washing_machine(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """With a porthole (front loader, dryer), with a lid (top loader), or with two tubs."""
    board = tiled(rng) if rng.random() < 0.6 else plastered(rng, floor=690)
    ground = 748.0
    if "front-loader" in features or "dryer" in features:
        return _porthole(board, rng, wear, ground)
    return _lid(board, rng, wear, ground, mini="mini" in features, twin="twin-tub" in features)


def _porthole(board: Canvas, rng: random.Random, wear: int, ground: float) -> Canvas:
    colour = rng.choice((*WHITES, (176, 178, 182), (84, 88, 94)))
    wide, high, x = 430.0, 590.0, 540 + rng.uniform(-36, 36)
    left, right, top = x - wide / 2, x + wide / 2, ground - high
    board.shadow(left - 22, ground - 14, right + 30, ground + 18, 0.65, 10)
    board.veil(
        [(right - 4, top + 20), (right + 40, top + 60), (right + 40, ground), (right - 4, ground)], (30, 30, 34), 0.35, blur=14
    )
    board.shaded_box(left, top, right, ground - 8, metal(colour, 0.14), 12)
    board.box(left, top, right, ground - 8, None, 12, outline=shaded(colour, 0.7), width=1.5)
    for foot in (left + 22, right - 48):
        board.box(foot, ground - 10, foot + 26, ground, (40, 42, 44), 3)
    panel = rng.choice(((34, 36, 40), shaded(colour, 0.94)))
    dark = sum(panel) < 300
    board.box(left + 1, top + 1, right - 1, top + 92, panel, 11)
    board.line([(left, top + 92), (right, top + 92)], shaded(colour, 0.66), 2)
    board.box(
        left + 18, top + 20, left + 128, top + 76, shaded(panel, 1.18 if dark else 0.95), 6, outline=shaded(panel, 0.7), width=1
    )
    knob = x + rng.choice((-10, 0, 30))
    board.disc(knob, top + 47, 29, shaded((200, 202, 205), 0.9), outline=(120, 122, 125), width=2)
    board.disc(knob, top + 45, 23, (226, 228, 230))
    board.line([(knob, top + 45), (knob + 8, top + 26)], (90, 94, 98), 3)
    board.box(right - 146, top + 24, right - 26, top + 70, (18, 20, 24), 5)
    board.text(right - 86, top + 47, f"0:{rng.choice((15, 30, 45, 58))}", 24, (140, 222, 206))
    y, big = top + 92 + (high - 100) * 0.47, 150.0
    board.disc(x, y + 4, big + 10, shaded(colour, 0.62))
    board.disc(x, y, big + 8, (206, 208, 211) if rng.random() < 0.6 else (70, 72, 76))
    board.disc(x, y, big - 12, (58, 61, 66))
    board.disc(x, y, big - 26, (34, 38, 43))
    for ring in range(3):
        board.arc(x, y, big - 44 - ring * 26, 200 + ring * 8, 340, (92, 98, 104), 3)
    for hole in range(18):
        angle = hole * math.tau / 18
        board.disc(x + math.cos(angle) * (big - 52), y + math.sin(angle) * (big - 52), 3.2, (84, 90, 96))
    board.veil([(x - 86, y - 84), (x - 18, y - 116), (x - 66, y + 30), (x - 108, y + 24)], (236, 244, 250), 0.30, blur=4)
    board.box(x + big - 16, y - 26, x + big + 8, y + 26, shaded((206, 208, 211), 0.8), 8)
    board.box(left + 26, ground - 74, left + 112, ground - 36, None, 5, outline=shaded(colour, 0.76), width=1.5)
    _scuffs(board, rng, wear, (left + 16, top + 120, right - 16, ground - 30), colour)
    return board


def _lid(board: Canvas, rng: random.Random, wear: int, ground: float, *, mini: bool, twin: bool) -> Canvas:
    colour = rng.choice((*WHITES, (188, 190, 194), (150, 142, 136)))
    wide = 300.0 if mini else (560.0 if twin else 400.0)
    high = 360.0 if mini else 520.0
    x = 540 + rng.uniform(-30, 30)
    left, right, top = x - wide / 2, x + wide / 2, ground - high
    board.shadow(left - 20, ground - 14, right + 28, ground + 18, 0.65, 10)
    board.veil(
        [(right - 4, top + 20), (right + 40, top + 60), (right + 40, ground), (right - 4, ground)], (30, 30, 34), 0.35, blur=14
    )
    body = rounded([(left + 4, top + 60), (right - 4, top + 60), (right, ground - 8), (left, ground - 8)], 12)
    board.shaded_shape(body, metal(colour, 0.14), across=True)
    deck = rounded([(left + 26, top - 34), (right - 26, top - 34), (right + 2, top + 64), (left - 2, top + 64)], 14)
    board.shaded_shape(deck, [(0, shaded(colour, 0.86)), (1, shaded(colour, 1.10))])
    board.shape(
        rounded([(left + 30, top - 62), (right - 30, top - 62), (right - 26, top - 26), (left + 26, top - 26)], 8),
        shaded(colour, 0.74),
    )
    board.box(x - wide * 0.30, top - 56, x + wide * 0.30, top - 32, (26, 28, 32), 5)
    for key in range(4):
        board.disc(x - wide * 0.24 + key * 22, top - 44, 5, (190, 194, 198))
    board.text(x + wide * 0.20, top - 44, f"0:{rng.choice((28, 36, 45))}", 16, (140, 222, 206))
    lids = ((-0.40, -0.02), (0.04, 0.40)) if twin else ((-0.38, 0.38),)
    for start, end in lids:
        glass = rounded(
            [
                (x + wide * start + 8, top - 14),
                (x + wide * end - 8, top - 14),
                (x + wide * end + 6, top + 48),
                (x + wide * start - 6, top + 48),
            ],
            10,
        )
        board.shaded_shape(glass, [(0, (74, 82, 90)), (1, (40, 45, 51))])
        board.veil(
            [
                (x + wide * start + 30, top - 10),
                (x + wide * start + 80, top - 10),
                (x + wide * start + 50, top + 44),
                (x + wide * start + 8, top + 44),
            ],
            (235, 242, 248),
            0.28,
        )
    board.line([(left + 4, top + 64), (right - 4, top + 64)], shaded(colour, 0.70), 2)
    board.line([(left + 8, ground - 60), (right - 8, ground - 60)], shaded(colour, 0.82), 2)
    for foot in (left + 18, right - 44):
        board.box(foot, ground - 10, foot + 26, ground, (40, 42, 44), 3)
    _scuffs(board, rng, wear, (left + 20, top + 100, right - 20, ground - 70), colour)
    return board


def air_conditioner(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """On the wall, standing, or on castors."""
    if "floor-standing" in features:
        return _tower(rng, wear)
    if "portable" in features:
        return _portable(rng, wear)
    board = plastered(rng, floor=None)
    colour = rng.choice((*WHITES, (222, 206, 178), (66, 68, 72)))
    wide, high = 640.0 + (size or 1) * 60, 214.0
    x, top = 540 + rng.uniform(-24, 24), 190 + rng.uniform(-24, 24)
    left, right = x - wide / 2, x + wide / 2
    board.veil(
        [(left + 10, top + 30), (right + 18, top + 30), (right + 18, top + high + 30), (left + 10, top + high + 30)],
        (30, 30, 34),
        0.40,
        blur=16,
    )
    body = rounded(
        [
            (left, top, 16),
            (right, top, 16),
            (right, top + high - 46, 30),
            (right - 26, top + high, 20),
            (left + 26, top + high, 20),
            (left, top + high - 46, 30),
        ]
    )
    board.shaded_shape(body, [(0, shaded(colour, 1.2)), (0.12, colour), (0.72, shaded(colour, 0.95)), (1, shaded(colour, 0.74))])
    board.line([(left + 4, top + high * 0.66), (right - 4, top + high * 0.66)], shaded(colour, 0.80), 1.6)
    flap = rounded(
        [
            (left + 34, top + high - 50),
            (right - 34, top + high - 50),
            (right - 46, top + high - 16),
            (left + 46, top + high - 16),
        ],
        8,
    )
    board.shape(flap, (38, 41, 45))
    board.shaded_box(
        left + 40, top + high - 42, right - 40, top + high - 20, [(0, shaded(colour, 1.1)), (1, shaded(colour, 0.8))], 6
    )
    for slot in range(12):
        spot = left + 80 + slot * (wide - 160) / 11
        board.line([(spot, top + high - 49), (spot, top + high - 43)], (90, 94, 98), 2)
    board.text(
        right - 96,
        top + high * 0.54,
        str(rng.choice((24, 25, 26, 27))),
        34,
        shaded(colour, 0.80) if sum(colour) > 400 else (180, 226, 220),
    )
    board.line([(right - 30, top + high - 6), (right + 60, top + high + 40), (1100, top + high + 46)], (226, 224, 218), 15)
    board.line([(60, 700), (60, 560)], (220, 220, 216), 1)
    _scuffs(board, rng, wear, (left + 30, top + 30, right - 30, top + high - 70), colour)
    return board


def _tower(rng: random.Random, wear: int) -> Canvas:
    board = plastered(rng, floor=690)
    colour = rng.choice((*WHITES, (214, 190, 160), (196, 60, 56), (84, 88, 92)))
    wide, high, ground, x = 210.0, 640.0, 752.0, 540 + rng.uniform(-60, 60)
    left, right, top = x - wide / 2, x + wide / 2, ground - high
    board.shadow(left - 24, ground - 16, right + 34, ground + 18, 0.65, 10)
    board.veil([(right, top + 30), (right + 44, top + 70), (right + 44, ground), (right, ground)], (30, 30, 34), 0.35, blur=14)
    board.shaded_box(
        left,
        top,
        right,
        ground - 8,
        [(0, shaded(colour, 0.80)), (0.22, shaded(colour, 1.12)), (0.6, colour), (1, shaded(colour, 0.68))],
        44,
        across=True,
    )
    board.box(left + 34, top + 46, right - 34, top + 300, (36, 38, 42), 16)
    for blade in range(7):
        spot = left + 52 + blade * (wide - 104) / 6
        board.line([(spot, top + 58), (spot, top + 288)], (96, 100, 104), 3)
    board.box(x - 34, top + 322, x + 34, top + 362, (22, 24, 28), 8)
    board.text(x, top + 342, str(rng.choice((25, 26, 27))), 24, (150, 220, 214))
    board.line([(left + 20, top + 420), (right - 20, top + 420)], shaded(colour, 0.72), 1.6)
    board.box(left - 8, ground - 22, right + 8, ground - 4, shaded(colour, 0.60), 10)
    _scuffs(board, rng, wear, (left + 30, top + 400, right - 30, ground - 60), colour)
    return board


def _portable(rng: random.Random, wear: int) -> Canvas:
    board = plastered(rng, floor=690)
    colour = rng.choice(WHITES)
    wide, high, ground, x = 290.0, 470.0, 750.0, 500.0
    left, right, top = x - wide / 2, x + wide / 2, ground - high
    board.shadow(left - 20, ground - 14, right + 30, ground + 18, 0.6, 10)
    board.line([(right - 30, top + 190), (right + 140, top + 150), (right + 250, top - 130)], (206, 206, 202), 62)
    for ring in range(9):
        spot = right + 20 + ring * 24
        board.line([(spot - 8, top + 204 - ring * 30), (spot + 16, top + 142 - ring * 34)], (176, 176, 172), 3)
    board.shaded_box(left, top, right, ground - 18, metal(colour, 0.16), 40, across=True)
    board.box(left + 30, top + 34, right - 30, top + 118, (40, 42, 46), 14)
    for blade in range(5):
        board.line([(left + 44, top + 50 + blade * 13), (right - 44, top + 50 + blade * 13)], (104, 108, 112), 4)
    board.box(x - 70, top + 140, x + 70, top + 176, (24, 26, 30), 9)
    board.text(x, top + 158, "26", 24, (150, 220, 214))
    for wheel in (left + 40, right - 40):
        board.disc(wheel, ground - 10, 11, (42, 44, 46))
    _scuffs(board, rng, wear, (left + 30, top + 220, right - 30, ground - 60), colour)
    return board


def _scuffs(board: Canvas, rng: random.Random, wear: int, area: tuple[float, float, float, float], colour: Rgb) -> None:
    """Scratches, more with more use; a shallow dent and a rust spot with the most."""
    left, top, right, bottom = area
    tone = shaded(colour, 0.72) if sum(colour) > 380 else shaded(colour, 1.6)
    for _ in range((0, 2, 6, 11)[wear]):
        x, y = rng.uniform(left, right - 30), rng.uniform(top, bottom)
        board.line([(x, y), (x + rng.uniform(8, 20 + 10 * wear), y + rng.uniform(-7, 7))], tone, 1.2)
    if wear >= 3:
        x, y = rng.uniform(left + 30, right - 30), rng.uniform((top + bottom) / 2, bottom)
        board.veil([(x - 20, y), (x, y - 12), (x + 22, y), (x, y + 14)], (20, 20, 24), 0.28, blur=5)
        for _ in range(5):
            board.disc(rng.uniform(left, left + 40), bottom + rng.uniform(-12, 12), rng.uniform(2, 5), (150, 98, 62))
