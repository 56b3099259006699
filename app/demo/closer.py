"""Closer pictures: a car's seats, engine bay and tyres, and the working side of an appliance."""

from __future__ import annotations

import math
import random

from app.demo.appliances import _scuffs
from app.demo.canvas import Canvas, metal, rounded
from app.demo.kitchen import worktop
from app.demo.paint import Rgb, hsv, shaded
from app.demo.scenes import tiled

TRIMS: tuple[Rgb, ...] = ((52, 54, 58), (92, 80, 70), (176, 158, 136), (120, 116, 112), (72, 44, 40))


def draw_seats(rng: random.Random, rgb: Rgb, wear: int, *, electric: bool) -> Canvas:
    """Both rows through the open door."""
    trim = rng.choice(TRIMS)
    board = worktop(rng, shaded(trim, 0.55))
    board.shaded_box(-10, -10, 1090, 330, [(0, (196, 208, 216)), (1, (150, 160, 166))])
    board.shape([(0, 0), (0, 810), (70, 810), (118, 60), (170, 0)], shaded(rgb, 0.9))
    board.shape([(1080, 0), (1080, 810), (1010, 810), (966, 60), (910, 0)], shaded(rgb, 0.8))
    for x in (330, 740):
        lean = rng.uniform(-8, 8)
        board.shadow(x - 190, 690, x + 190, 790, 0.6, 14)
        back = rounded([(x - 120 + lean, 190), (x + 120 + lean, 190), (x + 165, 540), (x - 165, 540)], 46)
        board.shaded_shape(back, [(0, shaded(trim, 0.8)), (0.3, shaded(trim, 1.15)), (1, shaded(trim, 0.72))], across=True)
        board.shaded_shape(
            rounded([(x - 66 + lean, 96), (x + 66 + lean, 96), (x + 74 + lean, 180), (x - 74 + lean, 180)], 30), metal(trim, 0.2)
        )
        seat = rounded([(x - 165, 540), (x + 165, 540), (x + 200, 700), (x + 170, 740), (x - 170, 740), (x - 200, 700)], 40)
        board.shaded_shape(seat, [(0, shaded(trim, 0.78)), (0.2, shaded(trim, 1.12)), (1, shaded(trim, 0.6))])
        for stitch in (-62, 62):
            board.line([(x + stitch * 0.8 + lean, 200), (x + stitch, 530), (x + stitch * 1.15, 720)], shaded(trim, 0.55), 3)
        for row in range(4):
            board.line([(x - 60, 260 + row * 66), (x + 60, 260 + row * 66)], shaded(trim, 0.82), 2)
        if wear:
            for _ in range(wear * 3):
                cx, cy = x + rng.uniform(-140, 100), rng.uniform(560, 700)
                board.line([(cx, cy), (cx + rng.uniform(14, 50), cy + rng.uniform(-8, 8))], shaded(trim, 1.3), 1.4)
    board.line([(250, 0), (262, 250), (440, 560)], (38, 40, 44), 13)
    board.box(500, 560, 570, 800, shaded(trim, 0.5), 16)
    board.disc(535, 610, 24, (30, 32, 35), outline=(150, 154, 158), width=3)
    return board


def draw_bay(rng: random.Random, rgb: Rgb, wear: int, *, electric: bool) -> Canvas:
    """Under the bonnet, from above: covers, hoses, battery; a tray where there is no engine."""
    board = worktop(rng, (40, 42, 45))
    board.shape([(0, 0), (1080, 0), (1080, 60), (0, 60)], (70, 74, 78))
    board.shape(rounded([(0, 60), (150, 70), (190, 740), (0, 810)], 20), shaded(rgb, 0.82))
    board.shape(rounded([(1080, 60), (930, 70), (890, 740), (1080, 810)], 20), shaded(rgb, 0.74))
    board.shaded_box(170, 730, 910, 830, [(0, shaded(rgb, 1.1)), (1, shaded(rgb, 0.7))], 30)
    if electric:
        board.shaded_shape(rounded([(230, 130), (850, 130), (820, 660), (260, 660)], 60), metal((62, 65, 70), 0.25))
        board.box(330, 240, 750, 560, (44, 46, 50), 40)
        board.line([(330, 400), (750, 400)], (84, 88, 92), 4)
    else:
        cover = rng.choice(((54, 56, 60), (72, 74, 78), (44, 50, 58)))
        board.shaded_shape(rounded([(330, 180), (740, 180), (760, 520), (310, 520)], 30), metal(cover, 0.3))
        for rib in range(5):
            board.line([(360 + rib * 90, 210), (352 + rib * 94, 490)], shaded(cover, 0.7), 5)
        board.disc(700, 480, 26, (206, 170, 60), outline=(120, 96, 30), width=3)
        board.line([(330, 300), (230, 330), (220, 520), (300, 640)], (24, 25, 27), 34)
        board.line([(330, 296), (236, 326), (228, 516)], (70, 72, 76), 5)
        board.shaded_box(400, 580, 690, 690, metal((80, 84, 88), 0.3), 12)
        for fin in range(12):
            board.line([(414 + fin * 23, 590), (414 + fin * 23, 680)], (48, 50, 54), 4)
    board.shaded_box(790, 210, 900, 400, metal((34, 36, 40), 0.3), 8)
    board.box(806, 196, 830, 214, (176, 50, 46), 4)
    board.box(860, 196, 884, 214, (60, 62, 66), 4)
    board.disc(235, 180, 42, (226, 228, 222), outline=(150, 152, 150), width=4)
    board.disc(235, 180, 20, (60, 100, 170))
    for _ in range(4 + wear * 9):
        x, y = rng.uniform(180, 900), rng.uniform(100, 720)
        board.veil([(x - 30, y), (x, y - 14), (x + 34, y), (x, y + 16)], (150, 142, 130), 0.10 + 0.05 * wear, blur=9)
    return board


def draw_tyre(rng: random.Random, rgb: Rgb, wear: int, *, electric: bool) -> Canvas:
    """The tread of one tyre, turned out; worn ones have shallower grooves."""
    board = worktop(rng, (138, 138, 136))
    board.shaded_box(-10, -10, 1090, 150, [(0, shaded(rgb, 1.1)), (1, shaded(rgb, 0.7))])
    board.shape(rounded([(150, 40), (930, 40), (1010, 420), (70, 420)], 60), (20, 21, 23))
    x = 540 + rng.uniform(-20, 20)
    board.shadow(x - 250, 700, x + 260, 780, 0.7, 12)
    tone = (48, 49, 52)
    board.shaded_box(
        x - 210,
        110,
        x + 210,
        750,
        [(0, (26, 27, 29)), (0.25, shaded(tone, 1.2)), (0.7, tone), (1, (24, 25, 27))],
        90,
        across=True,
    )
    groove = (14, 15, 16) if wear < 3 else (32, 33, 35)
    for line in (-116, -40, 40, 116):
        board.box(x + line - 9, 118, x + line + 9, 742, groove, 4)
    slant = rng.choice((-1, 1)) * rng.uniform(12, 26)
    for row in range(17):
        y = 140 + row * 36
        for line in (-160, -78, 0, 78, 160):
            board.line([(x + line - 26, y), (x + line + 26, y + slant)], groove, 4 if wear < 2 else 3)
    board.veil([(x - 190, 130), (x - 120, 130), (x - 120, 730), (x - 190, 730)], (220, 224, 228), 0.12, blur=14)
    for _ in range(6 + wear * 5):
        board.disc(x + rng.uniform(-190, 190), rng.uniform(150, 720), rng.uniform(2, 4), (150, 146, 138))
    return board


def working_side(rng: random.Random, wear: int, kind: str, features: frozenset[str]) -> Canvas:
    """Where an appliance works: shelves, drum, outlet, lit screen, burner, filter."""
    draw = {
        "refrigerator": _shelves, "washing_machine": _drum, "tv": _test_picture, "air_conditioner": _outlet, "gas_hob": _flame,
        "range_hood": _filter, "microwave": _cavity, "electric_water_heater": _panel, "gas_water_heater": _panel,
    }.get(kind, _controls)  # fmt: skip
    return draw(rng, wear)


def _shelves(rng: random.Random, wear: int) -> Canvas:
    board = worktop(rng, (226, 230, 232))
    board.shaded_box(150, -20, 930, 830, [(0, (246, 249, 250)), (0.5, (234, 239, 241)), (1, (206, 212, 216))], 10)
    board.veil([(300, 20), (780, 20), (700, 300), (380, 300)], (255, 255, 255), 0.9, blur=50)
    board.box(440, 24, 640, 44, (255, 255, 250), 8)
    for y in (210, 390, 560):
        board.veil([(170, y), (910, y), (910, y + 14), (170, y + 14)], (150, 190, 196), 0.55)
        board.line([(170, y), (910, y)], (240, 248, 250), 3)
        board.line([(170, y + 15), (910, y + 15)], (120, 140, 146), 2)
    for left in (190, 550):
        board.veil(rounded([(left, 640), (left + 330, 640), (left + 318, 800), (left + 12, 800)], 16), (190, 214, 220), 0.7)
        board.line([(left, 640), (left + 330, 640)], (246, 250, 250), 6)
        board.box(left + 110, 654, left + 220, 672, (160, 176, 182), 8)
    for thing in range(rng.randint(1, 4)):
        x, tone = 230 + thing * 170 + rng.uniform(-20, 20), hsv(rng.random(), 0.3, 0.85)
        board.shaded_box(x, 300, x + 66, 390, metal(tone, 0.2), 10)
        board.box(x + 6, 288, x + 60, 304, shaded(tone, 0.7), 4)
    _scuffs(board, rng, wear, (190, 60, 860, 200), (234, 239, 241))
    return board


def _drum(rng: random.Random, wear: int) -> Canvas:
    board = worktop(rng, (222, 224, 226))
    board.disc(540, 405, 392, (196, 198, 202))
    board.disc(540, 405, 372, (92, 96, 102))
    board.disc(540, 405, 344, (170, 174, 178))
    board.disc(540, 405, 250, (138, 142, 147))
    for ring, count in ((320, 46), (288, 40), (226, 34), (190, 28), (154, 22), (118, 16), (82, 10)):
        for hole in range(count):
            angle = hole * math.tau / count + ring
            board.disc(540 + math.cos(angle) * ring, 405 + math.sin(angle) * ring, 5.5, (84, 88, 93))
    turn = rng.uniform(0, 2)
    for fin in range(3):
        angle = turn + fin * math.tau / 3
        points = [
            (540 + math.cos(angle + bend) * reach, 405 + math.sin(angle + bend) * reach)
            for bend, reach in ((-0.12, 250), (0.12, 250), (0.10, 342), (-0.10, 342))
        ]
        board.shape(rounded(points, 10), (206, 209, 212))
    board.veil([(300, 120), (460, 60), (420, 300), (300, 330)], (255, 255, 255), 0.35, blur=24)
    _scuffs(board, rng, wear, (340, 600, 700, 680), (170, 174, 178))
    return board


def _test_picture(rng: random.Random, wear: int) -> Canvas:
    """The lit screen close up: bars of colour, so that dots and stripes would show."""
    board = worktop(rng, (30, 32, 35))
    bars = ((236, 236, 232), (222, 206, 70), (80, 190, 196), (90, 178, 90), (176, 84, 168), (186, 60, 56), (60, 80, 170))
    for number, tone in enumerate(bars):
        board.shaded_box(40 + number * 143, 60, 40 + (number + 1) * 143, 600, [(0, shaded(tone, 1.1)), (1, shaded(tone, 0.92))])
    board.shaded_box(40, 600, 1041, 750, [(0, (250, 250, 250)), (1, (20, 20, 20))], across=True)
    board.box(28, 48, 1053, 762, None, 10, outline=(14, 15, 17), width=16)
    board.veil([(120, 60), (320, 60), (200, 750), (60, 750)], (255, 255, 255), 0.10)
    if wear >= 3:
        for _ in range(3):
            x = rng.uniform(80, 1000)
            board.line([(x, 60), (x, 750)], (40, 240, 120), 2)
    elif wear == 2:
        for _ in range(4):
            board.disc(rng.uniform(80, 1000), rng.uniform(90, 580), 2.5, (20, 20, 22))
    return board


def _outlet(rng: random.Random, wear: int) -> Canvas:
    board = worktop(rng, (236, 236, 232))
    board.shaded_box(-10, 120, 1090, 430, [(0, (250, 250, 248)), (1, (216, 217, 216))])
    board.shape(rounded([(40, 420), (1040, 420), (1080, 650), (0, 650)], 26), (40, 43, 47))
    for blade in range(14):
        left = 90 + blade * 70
        board.shape(rounded([(left, 440), (left + 12, 440), (left + 4, 630), (left - 10, 630)], 4), (92, 96, 101))
    board.shaded_shape(
        rounded([(20, 640), (1060, 640), (1010, 740), (70, 740)], 18), [(0, (246, 246, 243)), (1, (206, 207, 206))]
    )
    for _ in range(wear * 6):
        x, y = rng.uniform(60, 1000), rng.uniform(460, 620)
        board.veil([(x - 16, y), (x, y - 8), (x + 18, y), (x, y + 8)], (170, 164, 152), 0.35, blur=4)
    _scuffs(board, rng, wear, (80, 160, 960, 400), (236, 236, 232))
    return board


def _flame(rng: random.Random, wear: int) -> Canvas:
    board = worktop(rng, (28, 29, 32))
    for flame in range(40):
        angle = flame * math.tau / 40
        near, far = 150, 236 + rng.uniform(-10, 10)
        points = [
            (540 + math.cos(angle + bend) * reach, 400 + math.sin(angle + bend) * reach)
            for bend, reach in ((-0.05, near), (0, far), (0.05, near))
        ]
        board.veil(points, (70, 130, 240), 0.85, blur=2)
    board.disc(540, 400, 170, (46, 48, 52))
    board.disc(540, 400, 150, (170, 150, 110))
    board.disc(540, 400, 118, (52, 50, 48))
    board.disc(540, 400, 58, (166, 148, 112))
    for arm in range(4):
        angle = math.pi / 4 + arm * math.pi / 2
        board.line(
            [
                (540 + math.cos(angle) * 120, 400 + math.sin(angle) * 120),
                (540 + math.cos(angle) * 350, 400 + math.sin(angle) * 350),
            ],
            (74, 77, 82),
            26,
        )
    board.disc(540, 400, 350, None, outline=(84, 87, 92), width=16)
    for _ in range(wear * 12):
        board.disc(rng.uniform(60, 1020), rng.uniform(60, 750), rng.uniform(2, 5), (96, 72, 46))
    return board


def _filter(rng: random.Random, wear: int) -> Canvas:
    board = tiled(rng)
    board.shaded_box(60, 90, 1020, 720, metal((176, 178, 182), 0.2), 20)
    for row in range(12):
        board.line([(130, 160 + row * 44), (950, 160 + row * 44)], (110, 113, 118), 14)
        board.line([(130, 156 + row * 44), (950, 156 + row * 44)], (214, 216, 219), 4)
    board.box(120, 130, 960, 690, None, 14, outline=(120, 123, 128), width=6)
    for _ in range(wear * 14):
        x, y = rng.uniform(130, 940), rng.uniform(150, 680)
        board.veil([(x - 9, y), (x, y - 6), (x + 9, y), (x, y + 12)], (176, 130, 60), 0.45, blur=3)
    return board


def _cavity(rng: random.Random, wear: int) -> Canvas:
    board = worktop(rng, (206, 208, 210))
    board.shaded_box(90, 80, 990, 730, [(0, (150, 146, 138)), (0.5, (206, 202, 194)), (1, (168, 164, 156))], 26)
    board.shape([(90, 80), (230, 180), (230, 620), (90, 730)], (150, 147, 140))
    board.shape([(990, 80), (850, 180), (850, 620), (990, 730)], (160, 157, 150))
    board.shape([(90, 730), (230, 620), (850, 620), (990, 730)], (196, 193, 186))
    board.veil([(250, 190), (460, 190), (420, 420), (250, 420)], (255, 250, 226), 0.7, blur=40)
    board.oval(260, 610, 820, 716, (214, 226, 228))
    board.oval(280, 618, 800, 704, None, outline=(240, 248, 250), width=3)
    for row in range(5):
        for column in range(7):
            board.disc(884 + column * 12, 300 + row * 14, 3.4, (96, 94, 90))
    for _ in range(wear * 8):
        board.disc(rng.uniform(250, 840), rng.uniform(220, 600), rng.uniform(2, 5), (150, 112, 66))
    return board


def _panel(rng: random.Random, wear: int) -> Canvas:
    board = worktop(rng, (238, 238, 235))
    board.box(180, 200, 900, 600, (24, 26, 30), 40)
    board.text(430, 390, str(rng.choice((40, 42, 45, 48, 55))), 190, (236, 190, 130))
    board.text(590, 320, "°C", 56, (206, 168, 120))
    for key in range(3):
        board.disc(760, 290 + key * 110, 36, None, outline=(150, 158, 164), width=4)
        board.disc(760, 290 + key * 110, 9, (190, 200, 206))
    for bar in range(5):
        board.box(260 + bar * 60, 520, 306 + bar * 60, 540, (110, 206, 170) if bar < 3 else (60, 64, 68), 6)
    _scuffs(board, rng, wear, (200, 620, 860, 720), (238, 238, 235))
    return board


def _controls(rng: random.Random, wear: int) -> Canvas:
    tone = rng.choice(((240, 240, 236), (58, 60, 64), (206, 214, 206), (226, 208, 198)))
    board = worktop(rng, tone)
    dark = sum(tone) < 300
    board.disc(540, 400, 250, shaded(tone, 1.3 if dark else 0.90))
    board.disc(540, 396, 240, shaded(tone, 1.15 if dark else 0.97))
    board.disc(540, 400, 120, (206, 208, 211), outline=(130, 132, 135), width=4)
    board.disc(540, 396, 96, (232, 234, 236))
    angle = rng.uniform(3.6, 5.8)
    board.line([(540, 396), (540 + math.cos(angle) * 86, 396 + math.sin(angle) * 86)], (90, 94, 98), 9)
    for mark in range(11):
        turn = math.radians(140 + mark * 26)
        board.line(
            [(540 + math.cos(turn) * 150, 398 + math.sin(turn) * 150), (540 + math.cos(turn) * 182, 398 + math.sin(turn) * 182)],
            (150, 154, 158) if not dark else (190, 194, 198),
            6,
        )
    board.disc(540, 720, 14, (110, 206, 170))
    _scuffs(board, rng, wear, (120, 100, 900, 700), tone)
    return board
