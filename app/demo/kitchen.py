"""Draws what hangs and stands in kitchens and bathrooms: water heaters, hobs, hoods, microwaves, small appliances; and plates."""

from __future__ import annotations

import math
import random

from app.demo.appliances import METALS, WHITES, _scuffs
from app.demo.canvas import SIZE, Canvas, metal, noise, rounded
from app.demo.paint import Rgb, mixed, shaded
from app.demo.scenes import tiled


def electric_water_heater(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """A lying tank on the wall, with its pipes."""
    board = tiled(rng)
    colour = rng.choice((*WHITES, (196, 198, 202), (206, 190, 170)))
    wide, high = 420 + min(size or 60, 100) * 3.2, 250 + min(size or 60, 100) * 0.5
    x, top = 540 + rng.uniform(-20, 20), 200.0
    left, right = x - wide / 2, x + wide / 2
    for pipe, tone in ((x - 120, (196, 90, 80)), (x + 120, (90, 120, 176))):
        board.line([(pipe, top + high - 6), (pipe, HEIGHT_OF_PIPES)], (198, 200, 203), 15)
        board.line([(pipe - 4, top + high), (pipe - 4, HEIGHT_OF_PIPES)], (236, 238, 240), 3)
        board.box(pipe - 13, top + high + 2, pipe + 13, top + high + 22, tone, 4)
    board.veil(
        [(left + 10, top + 40), (right + 20, top + 40), (right + 20, top + high + 34), (left + 10, top + high + 34)],
        (30, 30, 34),
        0.42,
        blur=16,
    )
    board.shaded_box(
        left,
        top,
        right,
        top + high,
        [(0, shaded(colour, 0.92)), (0.22, shaded(colour, 1.25)), (0.55, colour), (1, shaded(colour, 0.62))],
        high * 0.42,
    )
    for edge in (left + 46, right - 46):
        board.line([(edge, top + 8), (edge, top + high - 8)], shaded(colour, 0.82), 2)
    board.box(x - 96, top + high * 0.56, x + 96, top + high * 0.80, (28, 30, 34), 10)
    board.text(x - 34, top + high * 0.68, str(rng.choice((45, 50, 55, 60))), 34, (236, 168, 110))
    for key in range(3):
        board.disc(x + 24 + key * 26, top + high * 0.68, 7, (120, 126, 132))
    _scuffs(board, rng, wear, (left + 80, top + 40, right - 80, top + high * 0.5), colour)
    return board


HEIGHT_OF_PIPES = 830.0


def gas_water_heater(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """A tall box with a display, its flue on top and three pipes below."""
    board = tiled(rng)
    colour = rng.choice((*WHITES, *METALS[:4]))
    wide, high, x, top = 330.0, 500.0, 540 + rng.uniform(-50, 50), 140.0
    left, right = x - wide / 2, x + wide / 2
    board.shaded_box(
        x - 34, -10, x + 34, top + 6, [(0, (150, 153, 156)), (0.3, (226, 228, 230)), (1, (140, 143, 146))], across=True
    )
    for ring in range(6):
        board.line([(x - 34, 8 + ring * 22), (x + 34, 8 + ring * 22)], (150, 152, 155), 2)
    for pipe, tone in ((x - 90, (90, 120, 176)), (x, (226, 196, 90)), (x + 90, (196, 90, 80))):
        board.line([(pipe, top + high - 4), (pipe, HEIGHT_OF_PIPES)], (196, 198, 201), 14)
        board.line([(pipe - 4, top + high), (pipe - 4, HEIGHT_OF_PIPES)], (236, 238, 240), 3)
        board.box(pipe - 12, top + high + 4, pipe + 12, top + high + 22, tone, 4)
    board.veil(
        [(left + 12, top + 30), (right + 24, top + 30), (right + 24, top + high + 26), (left + 12, top + high + 26)],
        (30, 30, 34),
        0.42,
        blur=16,
    )
    board.shaded_box(left, top, right, top + high, metal(colour, 0.18), 16, across=True)
    board.box(left, top, right, top + high, None, 16, outline=shaded(colour, 0.72), width=1.5)
    board.box(left + 40, top + high * 0.60, right - 40, top + high * 0.82, (24, 26, 30), 12)
    board.text(x - 40, top + high * 0.71, str(rng.choice((40, 42, 45, 48))), 46, (226, 236, 238))
    board.text(x + 4, top + high * 0.68, "°C", 20, (170, 178, 184))
    for key in range(2):
        board.disc(x + 62, top + high * (0.675 + key * 0.075), 11, None, outline=(150, 158, 164), width=2)
    board.line([(left + 20, top + high * 0.90), (right - 20, top + high * 0.90)], shaded(colour, 0.74), 2)
    _scuffs(board, rng, wear, (left + 30, top + 40, right - 30, top + high * 0.55), colour)
    return board


def gas_hob(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """Seen from above on the worktop."""
    stone: Rgb = rng.choice(((206, 202, 194), (176, 172, 168), (222, 220, 216), (150, 140, 130)))
    board = worktop(rng, stone)
    count = 3 if "three-burner" in features else 1 if "one-burner" in features else 2
    wide, high = (440.0 if count == 1 else 800.0), 470.0
    left, top = 540 - wide / 2 + rng.uniform(-12, 12), 170.0
    right, bottom = left + wide, top + high
    colour: Rgb = rng.choice(((26, 27, 30), (26, 27, 30), (190, 192, 195), (46, 40, 38)))
    board.veil(
        [(left, top + 14), (right + 12, top + 14), (right + 12, bottom + 16), (left, bottom + 16)], (20, 20, 22), 0.5, blur=9
    )
    board.shaded_box(left, top, right, bottom, metal(colour, 0.22), 14)
    board.box(left, top, right, bottom, None, 14, outline=(176, 178, 181), width=3)
    places = {
        1: [(0.5, 0.44, 1.0)],
        2: [(0.27, 0.43, 1.0), (0.73, 0.43, 1.0)],
        3: [(0.20, 0.44, 1.0), (0.5, 0.34, 0.62), (0.80, 0.44, 1.0)],
    }[count]
    for share_x, share_y, scale in places:
        _burner(board, rng, left + wide * share_x, top + high * share_y, 118 * scale)
    for number in range(count):
        x = 540 + (number - (count - 1) / 2) * 110
        board.disc(x + 2, bottom - 44, 26, (12, 12, 14))
        board.disc(x, bottom - 47, 25, (206, 208, 210), outline=(120, 122, 125), width=2)
        board.disc(x, bottom - 48, 17, (232, 234, 236))
        board.line([(x, bottom - 48), (x, bottom - 66)], (90, 92, 96), 4)
    board.veil(
        [(left + 90, top + 4), (left + 230, top + 4), (left + 60, bottom - 4), (left + 8, bottom - 90)],
        (255, 255, 255),
        0.12,
        blur=3,
    )
    if wear:
        for _ in range(wear * 7):
            x, y = rng.uniform(left + 20, right - 20), rng.uniform(top + 20, bottom - 90)
            board.disc(x, y, rng.uniform(1.5, 3.5 + wear), mixed(colour, (150, 110, 70), 0.35))
        _scuffs(board, rng, wear, (left + 20, top + 20, right - 30, bottom - 90), colour)
    return board


def _burner(board: Canvas, rng: random.Random, x: float, y: float, radius: float) -> None:
    for arm in range(5):
        angle = math.tau * arm / 5 - math.pi / 2
        near, far = radius * 0.50, radius * 1.16
        ends = [(x + math.cos(angle) * near, y + math.sin(angle) * near), (x + math.cos(angle) * far, y + math.sin(angle) * far)]
        board.line([(px + 3, py + 5) for px, py in ends], (10, 10, 12), 13)
        board.line(ends, (60, 62, 66), 12)
        board.line([(px - 2, py - 2) for px, py in ends], (110, 113, 117), 3)
    board.disc(x, y, radius * 1.16, None, outline=(70, 72, 76), width=7)
    board.disc(x, y, radius * 0.62, (40, 42, 45))
    board.disc(x, y, radius * 0.58, (176, 158, 120))
    board.disc(x, y, radius * 0.48, (58, 56, 54))
    for hole in range(28):
        angle = hole * math.tau / 28
        board.disc(x + math.cos(angle) * radius * 0.53, y + math.sin(angle) * radius * 0.53, 2.2, (50, 44, 36))
    board.disc(x, y, radius * 0.24, (172, 154, 118))
    board.disc(x, y, radius * 0.15, (64, 60, 56))


def range_hood(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """A canopy with its chimney, a slanted pane, or a hob with its own extractor."""
    board = tiled(rng)
    colour = rng.choice(((190, 192, 195), (174, 176, 180), (64, 66, 70), (206, 204, 200)))
    x, wide = 540 + rng.uniform(-20, 20), 720.0
    left, right = x - wide / 2, x + wide / 2
    counter: Rgb = rng.choice(((214, 210, 202), (96, 92, 90)))
    if "integrated-stove" in features:
        return _integrated(board, rng, wear, x)
    board.shaded_box(-10, 690, 1090, 820, [(0, shaded(counter, 1.2)), (0.15, counter), (1, shaded(counter, 0.7))])
    board.box(x - 250, 676, x + 250, 692, (34, 35, 38), 4)
    for spot in (x - 130, x + 130):
        board.oval(spot - 76, 664, spot + 76, 682, (56, 58, 62))
    board.shaded_box(x - 118, -10, x + 118, 250, metal(colour, 0.24), across=True)
    if "side-suction" in features:
        pane = rounded([(left + 40, 210), (right - 40, 210), (right, 470), (left, 470)], 14)
        board.veil([(left + 20, 260), (right + 30, 260), (right + 30, 500), (left + 20, 500)], (20, 20, 24), 0.45, blur=14)
        board.shaded_shape(pane, [(0, (62, 65, 70)), (0.4, (34, 36, 40)), (1, (20, 21, 24))])
        board.veil([(left + 130, 214), (left + 300, 214), (left + 220, 466), (left + 60, 466)], (255, 255, 255), 0.14)
        board.shaded_box(left, 466, right, 500, metal(colour, 0.25), 6)
        board.box(left + 130, 300, right - 130, 380, None, 10, outline=(96, 100, 104), width=3)
        panel = 482.0
    else:
        board.veil([(left, 320), (right + 30, 320), (right + 30, 420), (left, 420)], (20, 20, 24), 0.45, blur=14)
        board.shaded_shape(
            rounded([(x - 150, 240), (x + 150, 240), (right - 10, 330), (left + 10, 330)], 10),
            [(0, shaded(colour, 0.92)), (1, shaded(colour, 1.12))],
        )
        board.shaded_box(left, 328, right, 388, metal(colour, 0.26), 8)
        board.shape([(left + 30, 388), (right - 30, 388), (right - 90, 404), (left + 90, 404)], (44, 46, 50))
        panel = 358.0
    board.box(x - 110, panel - 15, x + 110, panel + 15, (20, 21, 24), 6)
    for key in range(5):
        board.disc(x - 80 + key * 40, panel, 6, (150, 214, 200) if key == 1 else (130, 134, 138))
    if wear:
        for _ in range(wear * 6):
            board.disc(
                rng.uniform(left + 30, right - 30),
                panel + rng.uniform(-50, -10),
                rng.uniform(1, 2 + wear),
                mixed(colour, (170, 130, 70), 0.5),
            )
    _scuffs(board, rng, wear, (left + 60, panel - 40, right - 60, panel - 16), colour)
    return board


def _integrated(board: Canvas, rng: random.Random, wear: int, x: float) -> Canvas:
    colour: Rgb = rng.choice(((44, 45, 49), (180, 182, 186)))
    left, right = x - 330, x + 330
    board.shadow(left - 20, 772, right + 20, 800, 0.6, 9)
    board.shaded_box(left, 430, right, 786, metal(colour, 0.2), 6)
    board.shaded_box(left, 220, right, 420, [(0, shaded(colour, 1.25)), (1, shaded(colour, 0.7))], 10)
    board.box(left + 60, 330, right - 60, 396, (18, 19, 22), 8)
    for slot in range(9):
        board.line([(left + 80 + slot * 62, 340), (left + 80 + slot * 62, 386)], (74, 77, 82), 3)
    board.box(x - 120, 250, x + 120, 290, (14, 15, 18), 6)
    board.text(x, 270, "12:30", 24, (150, 220, 206))
    board.shaded_box(left - 10, 412, right + 10, 442, [(0, (70, 72, 76)), (1, (24, 25, 28))], 5)
    for spot in (x - 160, x + 160):
        board.oval(spot - 96, 402, spot + 96, 426, (92, 94, 98))
        board.disc(spot, 474, 20, (206, 208, 210), outline=(110, 112, 115), width=2)
    board.box(left + 30, 520, right - 30, 740, (18, 19, 21), 10)
    board.veil([(left + 80, 524), (left + 220, 524), (left + 150, 736), (left + 36, 736)], (255, 255, 255), 0.13)
    board.box(left + 60, 506, right - 60, 516, (196, 198, 201), 5)
    _scuffs(board, rng, wear, (left + 20, 450, right - 20, 505), colour)
    return board


def microwave(rng: random.Random, wear: int, features: frozenset[str], size: float) -> Canvas:
    """On the worktop, or in a cabinet when it is built in."""
    stone: Rgb = rng.choice(((206, 202, 194), (186, 176, 164), (222, 220, 216)))
    board = tiled(rng)
    colour = rng.choice((*WHITES, (60, 62, 66), (186, 188, 191), (150, 44, 44), (212, 222, 216)))
    wide, high = 640.0, 380.0
    left, top = 540 - wide / 2 + rng.uniform(-24, 24), 250.0
    right, bottom = left + wide, top + high
    if "built-in" in features:
        wood: Rgb = rng.choice(((226, 222, 214), (120, 104, 90), (70, 74, 80)))
        board.shaded_box(left - 60, -10, right + 60, 830, [(0, shaded(wood, 1.1)), (1, shaded(wood, 0.85))])
        board.line([(left - 60, top - 40), (right + 60, top - 40)], shaded(wood, 0.6), 3)
        board.line([(left - 60, bottom + 40), (right + 60, bottom + 40)], shaded(wood, 0.6), 3)
        colour = (40, 42, 46)
    else:
        board.shaded_box(-10, bottom - 10, 1090, 830, [(0, shaded(stone, 1.15)), (0.12, stone), (1, shaded(stone, 0.72))])
        board.shadow(left - 14, bottom - 12, right + 24, bottom + 18, 0.6, 9)
    board.shaded_box(left, top, right, bottom, metal(colour, 0.18), 16)
    board.box(left, top, right, bottom, None, 16, outline=shaded(colour, 0.66), width=1.5)
    split = right - 160
    board.box(left + 18, top + 18, split - 8, bottom - 18, (22, 23, 26), 12)
    board.box(left + 70, top + 62, split - 60, bottom - 62, (46, 44, 42), 10)
    board.veil(
        [(left + 120, top + 24), (left + 270, top + 24), (left + 170, bottom - 24), (left + 40, bottom - 24)],
        (255, 255, 255),
        0.13,
    )
    board.oval(left + 130, bottom - 110, split - 120, bottom - 76, (78, 74, 68))
    board.shaded_box(split - 34, top + 50, split - 20, bottom - 50, metal((206, 208, 211), 0.3), 6, across=True)
    dark = sum(colour) < 380
    ink = (214, 218, 220) if dark else (70, 74, 78)
    board.box(split + 16, top + 34, right - 22, top + 84, (16, 18, 20), 6)
    board.text((split + right) / 2 - 3, top + 59, f"{rng.choice((1, 2, 3, 10))}:{rng.choice(('00', '30'))}", 28, (150, 226, 190))
    if "turntable" in features:
        for y in (top + 150, top + 270):
            board.disc((split + right) / 2 - 3, y, 42, shaded(colour, 0.84), outline=shaded(colour, 0.6), width=2)
            board.line([((split + right) / 2 - 3, y), ((split + right) / 2 + 14, y - 30)], ink, 4)
    else:
        for row in range(4):
            for column in range(3):
                spot = split + 34 + column * 38
                board.box(spot, top + 110 + row * 46, spot + 26, top + 138 + row * 46, shaded(colour, 1.25 if dark else 0.88), 5)
        board.box(split + 22, bottom - 70, right - 28, bottom - 34, shaded(colour, 1.3 if dark else 0.80), 8)
    for foot in (left + 40, right - 70):
        board.box(foot, bottom - 2, foot + 30, bottom + 8, (44, 46, 48), 2)
    _scuffs(board, rng, wear, (left + 20, top + 6, right - 40, top + 16), colour)
    return board


def worktop(rng: random.Random, stone: Rgb) -> Canvas:
    """A worktop or table seen from above."""
    board = Canvas(noise(rng, stone, ((500, 380, 26), (60, 40, 12), (6, 4, 12)), SIZE))
    x = rng.uniform(-100, 200)
    board.veil([(x, 0), (x + 240, 0), (x + 560, 810), (x + 320, 810)], (255, 252, 242), 0.2, blur=24)
    return board
