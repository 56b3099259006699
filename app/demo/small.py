"""Draws small appliances, what their name says, and the rating plate of any appliance."""

from __future__ import annotations

import math
import random

from app.demo.appliances import WHITES, _scuffs
from app.demo.canvas import Canvas, metal, rounded
from app.demo.kitchen import worktop
from app.demo.paint import Rgb, shaded
from app.demo.scenes import plastered, tiled

TINTS: tuple[Rgb, ...] = (*WHITES, (58, 60, 64), (196, 206, 196), (222, 200, 190), (176, 190, 206), (150, 48, 46))


def small_appliance(rng: random.Random, wear: int, code: str) -> Canvas:
    """The thing whose catalogue code is ``code``; a plain pot with a lid for what has no drawing of its own."""
    colour = rng.choice(TINTS)
    for words, draw in _DRAWN:
        if any(word == code or (len(word) > 3 and word in code) for word in words):
            return draw(rng, wear, colour)
    return _pot(rng, wear, colour)


def _on_table(rng: random.Random) -> tuple[Canvas, float]:
    board = tiled(rng)
    stone: Rgb = rng.choice(((206, 202, 194), (190, 164, 132), (222, 220, 216)))
    board.shaded_box(-10, 600, 1090, 830, [(0, shaded(stone, 1.15)), (0.12, stone), (1, shaded(stone, 0.75))])
    return board, 690.0


def _pot(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    """Rice cooker, pressure cooker, stew pot."""
    board, ground = _on_table(rng)
    x, wide, high = 540.0, 400.0, 330.0
    board.shadow(x - wide / 2 - 14, ground - 14, x + wide / 2 + 26, ground + 20, 0.6, 9)
    body = rounded(
        [
            (x - wide / 2 + 26, ground - high + 60),
            (x + wide / 2 - 26, ground - high + 60),
            (x + wide / 2, ground - 60),
            (x + wide / 2 - 40, ground),
            (x - wide / 2 + 40, ground),
            (x - wide / 2, ground - 60),
        ],
        40,
    )
    board.shaded_shape(
        body, [(0, shaded(colour, 0.78)), (0.25, shaded(colour, 1.16)), (0.6, colour), (1, shaded(colour, 0.66))], across=True
    )
    lid = rounded(
        [
            (x - wide / 2 + 20, ground - high + 70),
            (x - wide * 0.30, ground - high - 6),
            (x + wide * 0.30, ground - high - 6),
            (x + wide / 2 - 20, ground - high + 70),
        ],
        46,
    )
    board.shaded_shape(lid, [(0, shaded(colour, 1.3)), (1, shaded(colour, 0.9))])
    board.line([(x - wide / 2 + 22, ground - high + 72), (x + wide / 2 - 22, ground - high + 72)], shaded(colour, 0.5), 4)
    board.oval(x - 22, ground - high - 2, x + 22, ground - high + 18, (60, 62, 66))
    board.box(x - 92, ground - 190, x + 92, ground - 70, (26, 28, 31), 18)
    board.text(x, ground - 148, rng.choice(("0:45", "1:20", "18:30")), 34, (236, 176, 110))
    for key in range(4):
        board.disc(x - 57 + key * 38, ground - 98, 9, (120, 126, 130))
    _scuffs(board, rng, wear, (x - 150, ground - 220, x + 120, ground - 200), colour)
    return board


def _kettle(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board, ground = _on_table(rng)
    x = 520.0
    board.shadow(x - 150, ground - 14, x + 190, ground + 20, 0.6, 9)
    board.arc(x + 120, ground - 200, 112, 275, 80, (44, 46, 50), 30)
    body = rounded([(x - 88, ground - 350), (x + 88, ground - 350), (x + 142, ground - 30), (x - 142, ground - 30)], 26)
    board.shaded_shape(
        body, [(0, shaded(colour, 0.75)), (0.28, shaded(colour, 1.2)), (0.6, colour), (1, shaded(colour, 0.62))], across=True
    )
    board.shape(rounded([(x - 86, ground - 340), (x - 150, ground - 330), (x - 96, ground - 262)], 6), shaded(colour, 0.85))
    board.shaded_shape(
        rounded([(x - 84, ground - 352), (x - 50, ground - 386), (x + 50, ground - 386), (x + 84, ground - 352)], 14),
        metal((60, 62, 66)),
    )
    board.shaded_box(x - 150, ground - 34, x + 150, ground, metal((54, 56, 60), 0.3), 10)
    board.disc(x + 116, ground - 17, 6, (220, 120, 80))
    _scuffs(board, rng, wear, (x - 90, ground - 300, x + 70, ground - 60), colour)
    return board


def _blender(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board, ground = _on_table(rng)
    x = 540.0
    board.shadow(x - 130, ground - 14, x + 150, ground + 20, 0.6, 9)
    jug = rounded([(x - 100, ground - 470), (x + 100, ground - 470), (x + 76, ground - 190), (x - 76, ground - 190)], 14)
    board.veil(jug, (196, 214, 220), 0.62)
    board.line([*jug, jug[0]], (140, 158, 164), 4)
    board.arc(x + 96, ground - 340, 74, 280, 80, (60, 62, 66), 20)
    for level in range(5):
        board.line([(x - 70, ground - 230 - level * 44), (x - 40, ground - 230 - level * 44)], (112, 130, 136), 3)
    board.veil(
        [(x - 60, ground - 460), (x - 30, ground - 460), (x - 40, ground - 200), (x - 60, ground - 200)], (255, 255, 255), 0.5
    )
    board.box(x - 106, ground - 500, x + 106, ground - 462, (48, 50, 54), 12)
    body = rounded([(x - 84, ground - 190), (x + 84, ground - 190), (x + 124, ground), (x - 124, ground)], 22)
    board.shaded_shape(
        body, [(0, shaded(colour, 0.8)), (0.3, shaded(colour, 1.18)), (0.6, colour), (1, shaded(colour, 0.64))], across=True
    )
    board.disc(x, ground - 84, 36, (206, 208, 211), outline=(120, 122, 125), width=3)
    board.line([(x, ground - 84), (x + 12, ground - 112)], (80, 84, 88), 5)
    _scuffs(board, rng, wear, (x - 80, ground - 50, x + 60, ground - 20), colour)
    return board


def _fryer(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board, ground = _on_table(rng)
    x = 540.0
    board.shadow(x - 190, ground - 14, x + 210, ground + 20, 0.6, 9)
    body = rounded([(x - 130, ground - 440, 90), (x + 130, ground - 440, 90), (x + 178, ground, 40), (x - 178, ground, 40)])
    board.shaded_shape(
        body, [(0, shaded(colour, 0.74)), (0.28, shaded(colour, 1.18)), (0.6, colour), (1, shaded(colour, 0.62))], across=True
    )
    board.shape(
        rounded([(x - 106, ground - 400), (x + 106, ground - 400), (x + 122, ground - 292), (x - 122, ground - 292)], 24),
        (24, 26, 29),
    )
    board.text(x, ground - 350, rng.choice(("180", "200", "15:00")), 42, (236, 176, 110))
    board.line([(x - 158, ground - 240), (x + 158, ground - 240)], shaded(colour, 0.5), 4)
    board.line([(x - 168, ground - 40), (x + 168, ground - 40)], shaded(colour, 0.6), 3)
    board.shaded_box(x - 40, ground - 222, x + 40, ground - 120, metal((60, 62, 66), 0.3), 16)
    _scuffs(board, rng, wear, (x - 140, ground - 110, x + 110, ground - 60), colour)
    return board


def _plate_cooker(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board = worktop(rng, rng.choice(((206, 202, 194), (190, 164, 132))))
    left, top, right, bottom = 270.0, 140.0, 810.0, 690.0
    board.veil(
        [(left, top + 14), (right + 12, top + 14), (right + 12, bottom + 16), (left, bottom + 16)], (20, 20, 22), 0.5, blur=10
    )
    board.shaded_box(left, top, right, bottom, metal((28, 29, 32), 0.3), 34)
    board.disc(540, 360, 190, None, outline=(120, 124, 128), width=4)
    board.disc(540, 360, 110, None, outline=(74, 78, 82), width=3)
    board.text(540, 610, rng.choice(("1600", "2100", "800")), 40, (226, 96, 70))
    for key in range(6):
        board.disc(340 + key * 80, 656, 9, (130, 134, 138))
    board.veil(
        [(left + 60, top + 4), (left + 200, top + 4), (left + 90, bottom - 4), (left + 6, bottom - 90)], (255, 255, 255), 0.10
    )
    _scuffs(board, rng, wear, (left + 40, top + 40, right - 60, bottom - 160), (28, 29, 32))
    return board


def _oven(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board, ground = _on_table(rng)
    left, right, top = 230.0, 850.0, ground - 400
    board.shadow(left - 14, ground - 14, right + 24, ground + 20, 0.6, 9)
    board.shaded_box(left, top, right, ground, metal(colour, 0.18), 18)
    board.box(left + 24, top + 40, right - 150, ground - 30, (22, 23, 26), 12)
    for rack in range(3):
        board.line([(left + 44, top + 130 + rack * 80), (right - 170, top + 130 + rack * 80)], (120, 104, 84), 3)
    board.veil(
        [(left + 90, top + 44), (left + 220, top + 44), (left + 130, ground - 34), (left + 30, ground - 34)],
        (255, 255, 255),
        0.12,
    )
    board.shaded_box(left + 60, top + 14, right - 186, top + 30, metal((206, 208, 211), 0.3), 7)
    for knob in range(3):
        y = top + 90 + knob * 112
        board.disc(right - 74, y, 38, (204, 206, 209), outline=(120, 122, 125), width=3)
        board.line([(right - 74, y), (right - 58, y - 26)], (80, 84, 88), 5)
    _scuffs(board, rng, wear, (left + 30, top + 6, right - 160, top + 12), colour)
    return board


def _fan(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board = plastered(rng, floor=690)
    x, y, ground = 540 + rng.uniform(-30, 30), 300.0, 752.0
    board.shadow(x - 150, ground - 14, x + 170, ground + 16, 0.6, 9)
    board.shaded_box(x - 12, y + 120, x + 12, ground - 20, metal((206, 208, 210), 0.3), 6, across=True)
    board.shaded_shape(
        rounded([(x - 140, ground - 4), (x - 110, ground - 34), (x + 110, ground - 34), (x + 140, ground - 4)], 16),
        metal(colour, 0.2),
    )
    board.disc(x, y, 200, shaded(colour, 0.86))
    board.disc(x, y, 190, (222, 226, 228))
    turn = rng.uniform(0, 1)
    for blade in range(5):
        angle = turn + blade * math.tau / 5
        points = [
            (x + math.cos(angle + bend) * reach, y + math.sin(angle + bend) * reach)
            for bend, reach in ((0, 40), (-0.1, 178), (0.42, 176), (0.66, 120), (0.7, 40))
        ]
        board.shape(rounded(points, 24), shaded(colour, 0.92 if blade % 2 else 0.98))
    for wire in range(36):
        angle = wire * math.tau / 36
        board.line(
            [
                (x + math.cos(angle) * 44, y + math.sin(angle) * 44),
                (x + math.cos(angle + 0.16) * 192, y + math.sin(angle + 0.16) * 192),
            ],
            (170, 174, 178),
            1.4,
        )
    for ring in (80, 120, 160):
        board.disc(x, y, ring, None, outline=(176, 180, 184), width=1.4)
    board.disc(x, y, 198, None, outline=shaded(colour, 0.7), width=7)
    board.disc(x, y, 44, colour, outline=shaded(colour, 0.7), width=2)
    return board


def _robot(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    wood: Rgb = rng.choice(((188, 154, 118), (206, 180, 148), (198, 192, 184)))
    board = worktop(rng, wood)
    for seam in range(60, 810, 130):
        board.line([(0, seam), (1080, seam)], shaded(wood, 0.84), 2)
    colour = rng.choice(((240, 240, 238), (44, 46, 50)))
    x, y = 540 + rng.uniform(-30, 30), 410.0
    board.shadow(x - 250, y - 220, x + 290, y + 290, 0.55, 14)
    board.disc(x, y, 256, shaded(colour, 0.62))
    board.disc(x, y - 3, 250, shaded(colour, 0.92))
    board.veil([(x - 180, y - 160), (x - 20, y - 236), (x + 30, y - 200), (x - 150, y - 90)], (255, 255, 255), 0.35, blur=14)
    board.arc(x, y - 3, 214, 25, 155, shaded(colour, 0.72), 3)
    board.disc(x, y - 66, 74, shaded(colour, 0.70))
    board.disc(x, y - 70, 70, shaded(colour, 0.86))
    board.disc(x, y - 70, 46, (32, 34, 38))
    for key in (-34, 34):
        board.disc(x + key, y + 76, 20, shaded(colour, 0.80), outline=shaded(colour, 0.6), width=2)
    board.disc(x + 34, y + 76, 6, (110, 200, 170))
    for hair in range(3):
        angle = 2.4 + hair * 2.1
        board.line([(x - 214, y - 190), (x - 214 + math.cos(angle) * 66, y - 190 + math.sin(angle) * 66)], (120, 122, 126), 4)
    _scuffs(board, rng, wear, (x - 150, y + 130, x + 120, y + 200), colour)
    return board


def _stick(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    """Vacuum cleaners, floor washers, mite cleaners: a body, a tube and a head against the wall."""
    board = plastered(rng, floor=690)
    x = 520 + rng.uniform(-40, 40)
    tube: Rgb = rng.choice(((196, 60, 150), (206, 150, 60), (60, 120, 176), (176, 178, 182), (90, 150, 140)))
    ground = 754.0
    board.shadow(x - 160, ground - 12, x + 180, ground + 14, 0.6, 8)
    board.veil([(x + 50, 150), (x + 90, 150), (x + 60, ground), (x + 20, ground)], (30, 30, 34), 0.28, blur=12)
    board.shaded_box(x - 13, 330, x + 13, ground - 46, metal(tube, 0.34), 8, across=True)
    board.shaded_shape(
        rounded([(x - 150, ground - 4), (x - 130, ground - 50), (x + 130, ground - 50), (x + 150, ground - 4)], 14),
        metal((84, 87, 92), 0.3),
    )
    board.box(x - 138, ground - 16, x + 138, ground - 6, shaded(tube, 0.8), 5)
    board.shaded_box(
        x - 52,
        200,
        x + 52,
        380,
        [(0, shaded(colour, 0.75)), (0.3, shaded(colour, 1.2)), (1, shaded(colour, 0.64))],
        36,
        across=True,
    )
    board.veil(rounded([(x - 44, 300), (x + 44, 300), (x + 38, 376), (x - 38, 376)], 18), (190, 200, 206), 0.6)
    board.disc(x, 216, 50, (150, 153, 158), outline=(90, 93, 97), width=3)
    board.disc(x, 216, 26, tube)
    board.arc(x + 66, 220, 62, 270, 110, (54, 56, 60), 24)
    _scuffs(board, rng, wear, (x - 40, 250, x + 20, 290), colour)
    return board


def _purifier(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board = plastered(rng, floor=690)
    colour = rng.choice(WHITES)
    x, wide, high, ground = 540 + rng.uniform(-40, 40), 280.0, 520.0, 752.0
    left, right, top = x - wide / 2, x + wide / 2, ground - high
    board.shadow(left - 18, ground - 14, right + 28, ground + 16, 0.6, 9)
    board.shaded_box(left, top, right, ground - 6, metal(colour, 0.16), 30, across=True)
    board.disc(x, top + 74, 40, (30, 32, 36))
    board.text(x, top + 74, str(rng.randint(8, 48)), 30, (120, 220, 160))
    for row in range(15):
        for column in range(11):
            board.disc(left + 40 + column * 20, top + 190 + row * 20, 4.4, shaded(colour, 0.66))
    _scuffs(board, rng, wear, (left + 20, top + 130, right - 40, top + 170), colour)
    return board


def _humidifier(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board, ground = _on_table(rng)
    x = 540.0
    board.shadow(x - 120, ground - 14, x + 140, ground + 20, 0.6, 9)
    board.veil(
        [(x - 16, ground - 400), (x + 16, ground - 400), (x + 90, ground - 600), (x - 30, ground - 620)],
        (255, 255, 255),
        0.55,
        blur=18,
    )
    tank = rounded([(x - 78, ground - 390, 70), (x + 78, ground - 390, 70), (x + 112, ground - 130), (x - 112, ground - 130)], 20)
    board.shaded_shape(tank, [(0, (172, 196, 204)), (0.3, (222, 236, 240)), (1, (150, 178, 188))], across=True)
    board.veil(
        [(x - 100, ground - 230), (x + 100, ground - 230), (x + 108, ground - 140), (x - 108, ground - 140)],
        (120, 170, 196),
        0.45,
    )
    board.shaded_shape(
        rounded([(x - 112, ground - 132), (x + 112, ground - 132), (x + 104, ground), (x - 104, ground)], 26),
        [(0, shaded(colour, 1.15)), (1, shaded(colour, 0.7))],
    )
    board.disc(x, ground - 64, 24, (206, 208, 211), outline=(120, 122, 125), width=2)
    _scuffs(board, rng, wear, (x - 90, ground - 40, x + 60, ground - 16), colour)
    return board


def _coffee(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board, ground = _on_table(rng)
    left, right, top = 350.0, 730.0, ground - 430
    board.shadow(left - 14, ground - 14, right + 24, ground + 20, 0.6, 9)
    board.shaded_box(left, top, right, top + 150, metal(colour, 0.2), 22)
    board.shaded_box(left + 250, top + 130, right, ground, metal(colour, 0.2), 14, across=True)
    board.shaded_box(left, ground - 46, right, ground, metal((150, 153, 156), 0.3), 8)
    for slot in range(9):
        board.line([(left + 20 + slot * 25, ground - 40), (left + 20 + slot * 25, ground - 22)], (70, 73, 77), 4)
    board.box(left + 84, top + 140, left + 172, top + 186, (150, 153, 157), 8)
    board.box(left - 46, top + 156, left + 92, top + 178, (42, 44, 48), 10)
    board.shape(
        rounded([(left + 84, ground - 132), (left + 176, ground - 132), (left + 164, ground - 50), (left + 96, ground - 50)], 14),
        (244, 244, 240),
    )
    board.arc(left + 182, ground - 96, 24, 270, 100, (236, 236, 232), 9)
    for key in range(3):
        board.disc(left + 90 + key * 90, top + 66, 24, (206, 208, 211), outline=(120, 122, 125), width=2)
    board.disc(right - 50, top + 66, 30, (244, 244, 240), outline=(90, 92, 96), width=4)
    board.line([(right - 50, top + 66), (right - 36, top + 50)], (180, 60, 50), 3)
    _scuffs(board, rng, wear, (left + 30, top + 110, right - 60, top + 140), colour)
    return board


def _heater(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board = plastered(rng, floor=690)
    x, ground = 540.0, 750.0
    colour = rng.choice(WHITES)
    board.shadow(x - 290, ground - 14, x + 310, ground + 16, 0.6, 9)
    for fin in range(11):
        left = x - 270 + fin * 46
        board.shaded_box(
            left,
            ground - 430,
            left + 40,
            ground - 36,
            [(0, shaded(colour, 0.78)), (0.3, shaded(colour, 1.2)), (1, shaded(colour, 0.68))],
            18,
            across=True,
        )
    board.shaded_box(x + 240, ground - 420, x + 310, ground - 44, metal((70, 73, 77), 0.25), 14, across=True)
    for knob in (ground - 350, ground - 270):
        board.disc(x + 275, knob, 22, (206, 208, 211), outline=(120, 122, 125), width=2)
    for foot in (x - 240, x + 200):
        board.box(foot, ground - 30, foot + 60, ground - 14, (54, 56, 60), 6)
        board.disc(foot + 30, ground - 8, 9, (40, 42, 44))
    _scuffs(board, rng, wear, (x - 240, ground - 300, x + 180, ground - 90), colour)
    return board


def _hair_dryer(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    board = worktop(rng, rng.choice(((222, 216, 206), (206, 212, 214), (190, 164, 132))))
    board.veil([(330, 300), (760, 260), (800, 470), (360, 480)], (20, 20, 24), 0.4, blur=16)
    board.shaded_shape(
        rounded([(470, 420), (560, 410), (620, 690), (520, 710)], 30), [(0, shaded(colour, 1.1)), (1, shaded(colour, 0.7))]
    )
    barrel = rounded([(330, 250, 60), (690, 240, 30), (700, 440, 30), (340, 450, 90)])
    board.shaded_shape(barrel, [(0, shaded(colour, 1.25)), (0.4, colour), (1, shaded(colour, 0.62))])
    board.shaded_shape(rounded([(690, 250), (800, 270), (804, 416), (698, 434)], 12), metal((60, 62, 66), 0.3))
    board.disc(392, 348, 74, shaded(colour, 0.8), outline=shaded(colour, 0.6), width=3)
    for ring in (24, 44, 62):
        board.disc(392, 348, ring, None, outline=shaded(colour, 0.55), width=3)
    for key in range(2):
        board.box(536, 500 + key * 54, 566, 540 + key * 54, (70, 73, 77), 8)
    board.line([(566, 704), (600, 780), (760, 800)], (40, 42, 44), 10)
    _scuffs(board, rng, wear, (480, 280, 640, 400), colour)
    return board


def _cabinet(rng: random.Random, wear: int, colour: Rgb) -> Canvas:
    """Dishwashers and water purifiers: a plain box with a panel."""
    board, ground = _on_table(rng)
    left, right, top = 320.0, 760.0, ground - 450
    board.shadow(left - 14, ground - 14, right + 24, ground + 20, 0.6, 9)
    board.shaded_box(left, top, right, ground, metal(colour, 0.16), 18)
    board.box(left + 1, top + 1, right - 1, top + 84, (28, 30, 34), 16)
    board.text(540, top + 44, rng.choice(("45", "0:58", "1:30")), 32, (150, 222, 206))
    for key in range(4):
        board.disc(left + 50 + key * 34, top + 44, 9, (130, 134, 138))
    board.shaded_box(left + 60, top + 104, right - 60, top + 124, metal((206, 208, 211), 0.3), 9)
    board.line([(left + 12, ground - 50), (right - 12, ground - 50)], shaded(colour, 0.74), 2)
    _scuffs(board, rng, wear, (left + 30, top + 160, right - 60, ground - 80), colour)
    return board


def rating_plate(rng: random.Random, wear: int) -> Canvas:
    """The plate with the figures of an appliance: covered number, no maker, no certificate."""
    base = rng.choice((*WHITES, (176, 178, 182), (70, 73, 78)))
    board = worktop(rng, base)
    tilt = rng.uniform(-26, 26)
    left, top, right, bottom = 200.0, 170.0, 880.0, 640.0
    corners = [(left, top + tilt), (right, top - tilt), (right + 4, bottom - tilt), (left + 4, bottom + tilt)]
    board.veil([(x + 5, y + 8) for x, y in corners], (20, 20, 24), 0.35, blur=6)
    label: Rgb = rng.choice(((246, 246, 242), (214, 216, 218), (238, 234, 222)))
    board.shape(rounded(corners, 12), label)
    ink = (58, 62, 66)
    slope = -2 * tilt / (right - left)
    rows = ("220 V~  50 Hz", f"{rng.choice((60, 800, 1200, 1500, 2100))} W", f"IPX{rng.choice((0, 4))}", "Class I")
    for number, text in enumerate(rows):
        y = top + 70 + number * 62 + tilt + slope * 120
        board.box(left + 50, y - 9, left + 50 + rng.uniform(90, 150), y + 9, shaded(label, 0.80), 5)
        board.text(left + 280, y + slope * 200, text, 30, ink, "lm")
        board.line([(left + 36, y + 30), (right - 36, y + 30 + slope * 620)], shaded(label, 0.86), 2)
    y = bottom - 92
    board.box(left + 50, y - 22, left + 300, y + 22, (60, 64, 70), 6)  # the serial number is covered
    x = left + 380.0
    while x < right - 60:
        wide = rng.choice((3, 3, 5, 8))
        board.line([(x, y - 34), (x, y + 34)], ink, wide)
        x += wide + rng.choice((4, 6, 9))
    _scuffs(board, rng, min(3, wear + 1), (left - 90, top - 80, right + 60, bottom + 70), base)
    return board


_DRAWN = (
    (
        ("robot", "t4", "t5", "t6", "t7", "t7s", "t8", "t9", "t10", "t20", "t30", "g10", "g10s", "g20", "p10", "x1", "x2"),
        _robot,
    ),
    (("x10", "x20", "n9", "j1", "j2", "j3", "j4", "s10", "w10"), _robot),
    (("kettle", "health-pot"), _kettle),
    (("blender", "soymilk", "juice"), _blender),
    (("air-fryer",), _fryer),
    (("induction",), _plate_cooker),
    (("oven", "bread"), _oven),
    (("hair-dryer", "supersonic", "airwrap"), _hair_dryer),
    (("coffee", "pixie", "inissia", "vertuo"), _coffee),
    (("purifier-fan", "air-purifier", "purifier-2", "purifier-3", "purifier-4", "dehumidifier"), _purifier),
    (("humidifier",), _humidifier),
    (("fan", "pure-cool"), _fan),
    (("heater",), _heater),
    (("dishwasher", "water-purifier"), _cabinet),
    (("vacuum", "floor-", "mite", "steamer", "v6", "v7", "v8", "v10", "v11", "v12", "v15", "a10", "h12"), _stick),
)  # fmt: skip
