"""Draws what the driver of a car sees: wheel, dials and screen, with the mileage on the odometer."""

from __future__ import annotations

import math
import random

from app.demo.canvas import Canvas, rounded
from app.demo.paint import Rgb, shaded


def draw_cockpit(board: Canvas, rng: random.Random, mileage_km: int, wear: int, *, electric: bool) -> None:
    """Wheel, dials and screen; the odometer shows the mileage."""
    trim = rng.choice(((40, 42, 46), (52, 46, 42), (64, 60, 56), (44, 48, 56)))
    board.shaded_box(
        0, 0, 1080, 810, [(0, (176, 194, 206)), (0.20, (208, 218, 222)), (0.34, (150, 156, 150)), (0.36, (92, 96, 92))]
    )
    board.shape([(0, 0), (54, 0), (150, 290), (0, 330)], shaded(trim, 0.9))
    board.shape([(1080, 0), (1040, 0), (960, 280), (1080, 320)], shaded(trim, 0.8))
    dash = rounded([(0, 300, 0), (160, 262, 90), (560, 250, 120), (1080, 280, 0), (1080, 810, 0), (0, 810, 0)])
    board.shaded_shape(dash, [(0, shaded(trim, 1.25)), (0.12, trim), (1, shaded(trim, 0.55))])
    board.line([(0, 470), (1080, 455)], shaded(trim, 1.4), 3)
    board.box(702, 300, 1012, 486, (16, 18, 21), 14)
    hue = rng.choice(((44, 84, 110), (64, 92, 82), (86, 74, 104)))
    board.shaded_box(714, 312, 1000, 474, [(0, hue), (1, shaded(hue, 0.55))], 6)
    board.line([(740, 440), (800, 400), (860, 412), (930, 350), (980, 340)], (238, 240, 236), 5)
    board.disc(930, 350, 9, (240, 196, 90))
    for x in (742, 806, 870, 934, 986):
        board.disc(x, 520, 11, shaded(trim, 0.6))
        board.disc(x, 518, 8, shaded(trim, 1.5))
    board.box(160, 286, 624, 496, shaded(trim, 0.42), 60)
    board.shaded_box(176, 300, 608, 484, [(0, (26, 29, 34)), (1, (12, 13, 16))], 50)
    for x in (268, 516):
        board.disc(x, 392, 76, (18, 20, 23), outline=(120, 126, 132), width=3)
        for step in range(0, 11):
            angle = math.radians(140 + step * 26)
            inner = 60 if step % 2 == 0 else 66
            near, far = (
                (x + math.cos(angle) * inner, 392 + math.sin(angle) * inner),
                (x + math.cos(angle) * 71, 392 + math.sin(angle) * 71),
            )
            board.line([near, far], (220, 224, 228), 2)
        angle = math.radians(142 + rng.uniform(0, 4))
        board.line([(x, 392), (x + math.cos(angle) * 62, 392 + math.sin(angle) * 62)], (224, 92, 60), 4)
        board.disc(x, 392, 8, (90, 94, 98))
    board.text(392, 356, "P", 30, (150, 214, 190))
    board.box(336, 392, 448, 428, (30, 34, 38), 5)
    board.text(392, 410, f"{mileage_km:,}", 24, (236, 240, 242))
    board.text(392, 446, "km", 17, (160, 166, 172))
    if electric:
        for bar in range(6):
            board.box(356 + bar * 13, 318, 366 + bar * 13, 332, (110, 200, 150) if bar < 4 else (54, 60, 64), 2)
    _steering(board, rng, trim, wear)


def _steering(board: Canvas, rng: random.Random, trim: Rgb, wear: int) -> None:
    x, y = 392 + rng.uniform(-6, 6), 640
    leather = shaded(trim, 0.62)
    board.arc(x, y, 292, 0, 360, shaded(leather, 0.6), 46)
    board.arc(x, y, 288, 0, 360, leather, 36)
    board.arc(x, y, 284, 195, 330, shaded(leather, 1.35), 6)
    for points in (
        [(x - 270, y - 30), (x - 80, y - 60), (x - 80, y + 30), (x - 270, y + 20)],
        [(x + 270, y - 30), (x + 80, y - 60), (x + 80, y + 30), (x + 270, y + 20)],
        [(x - 44, y + 60), (x + 44, y + 60), (x + 36, y + 200), (x - 36, y + 200)],
    ):
        board.shape(rounded(points, 10), shaded(leather, 0.9))
    board.shaded_shape(
        rounded([(x - 116, y - 78), (x + 116, y - 78), (x + 96, y + 74), (x, y + 108), (x - 96, y + 74)], 36),
        [(0, shaded(leather, 1.3)), (1, shaded(leather, 0.75))],
    )
    board.oval(x - 34, y - 26, x + 34, y + 20, None, outline=shaded(leather, 1.7), width=3)
    for side in (-1, 1):
        for row in range(2):
            board.box(x + side * 170 - 24, y - 34 + row * 26, x + side * 170 + 24, y - 16 + row * 26, shaded(leather, 0.5), 7)
    if wear >= 2:
        board.veil(
            [(x - 246, y - 160), (x - 190, y - 214), (x - 176, y - 196), (x - 226, y - 146)], (196, 190, 180), 0.28, blur=7
        )
