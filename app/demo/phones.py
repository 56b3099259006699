"""Draws one phone as a sprite: its front, its back, its edges; and the box it came in."""

import math
import random
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from app.demo.marks import crack, edge_wear, gloss, nicks, rolled_edges, scratches
from app.demo.paint import Rgb, frame_metal, ramp, round_mask, shaded
from app.demo.screens import draw_screen

FINE = 1  # sprites are as large as in the picture; the whole picture is reduced in the end, which smooths every edge


@dataclass(frozen=True, slots=True)
class Shape:
    """Proportions of a model. Lengths in pixels of the finished picture."""

    width: int
    height: int
    radius: int
    bezel: int
    cutout: Literal["pill", "hole", "notch", "left-hole"]
    cameras: Literal["square-2", "square-3", "round", "column", "bar", "free"]
    flat_edges: bool


def make_shape(rng: random.Random) -> Shape:
    height = rng.randint(930, 1010)
    width = int(height * rng.uniform(0.462, 0.488))
    flat = rng.random() < 0.5
    return Shape(
        width=width,
        height=height,
        radius=rng.randint(56, 76) if flat else rng.randint(48, 66),
        bezel=rng.randint(13, 20),
        cutout=rng.choice(("pill", "hole", "hole", "notch", "left-hole")),
        cameras=rng.choice(("square-2", "square-3", "round", "column", "bar", "free")),
        flat_edges=flat,
    )


def draw_front(rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> Image.Image:
    width, height, radius, bezel = (each * FINE for each in (shape.width, shape.height, shape.radius, shape.bezel))
    rim = 5 * FINE
    sprite = Image.new("RGB", (width, height), (12, 13, 15))
    screen = draw_screen(rng, width - 2 * bezel, height - 2 * bezel)
    sprite.paste(screen, (bezel, bezel), round_mask(screen.size, radius - bezel))
    draw = ImageDraw.Draw(sprite)
    _cutout(draw, shape, width, bezel)
    gloss(sprite, rng, 26)
    scratches(sprite, rng, wear, (bezel, bezel, width - bezel, height - bezel), (255, 255, 255))
    if wear >= 3:
        crack(sprite, rng, width, height)
    _frame(draw, width, height, radius, rim, frame_metal(rgb))
    nicks(sprite, rng, wear, radius)
    return _cut_out(sprite, radius)


def draw_back(rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> Image.Image:
    width, height, radius = (each * FINE for each in (shape.width, shape.height, shape.radius))
    rim = (5 if shape.flat_edges else 3) * FINE
    sprite = ramp(width, height, shaded(rgb, 1.10), shaded(rgb, 0.90))
    if not shape.flat_edges:
        rolled_edges(sprite)
    gloss(sprite, rng, 34)
    _cameras(sprite, shape, rgb)
    scratch = (70, 70, 72) if sum(rgb) > 420 else (255, 255, 255)
    scratches(sprite, rng, wear, (rim * 3, height // 3, width - rim * 3, height - rim * 3), scratch)
    _frame(ImageDraw.Draw(sprite), width, height, radius, rim, frame_metal(rgb))
    nicks(sprite, rng, wear, radius)
    return _cut_out(sprite, radius)


def draw_long_edge(rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> Image.Image:
    length, thick = shape.height * FINE * 27 // 20, 118 * FINE
    sprite = _bar(shape, length, thick, rgb)
    draw = ImageDraw.Draw(sprite)
    top, bottom = thick * 0.36, thick * 0.64
    metal = frame_metal(rgb)
    for left, size in ((0.20, 0.045), (0.285, 0.085), (0.385, 0.085)):
        box = (length * left, top, length * (left + size), bottom)
        draw.rounded_rectangle((box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3), thick * 0.15, fill=(*shaded(metal, 0.55), 255))
        draw.rounded_rectangle(box, thick * 0.14, fill=(*shaded(metal, 1.08), 255))
        draw.line((box[0] + 14, box[1] + 5, box[2] - 14, box[1] + 5), fill=(*shaded(metal, 1.35), 255), width=4)
    draw.rounded_rectangle((length * 0.60, top, length * 0.71, bottom), 10, outline=(*shaded(metal, 0.62), 255), width=4)
    draw.ellipse((length * 0.722, thick * 0.46, length * 0.722 + thick * 0.08, thick * 0.54), fill=(*shaded(metal, 0.35), 255))
    edge_wear(sprite, rng, wear)
    return sprite.reduce(FINE)


def draw_short_edge(rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> Image.Image:
    length, thick = shape.width * FINE * 27 // 20, 118 * FINE
    sprite = _bar(shape, length, thick, rgb)
    draw = ImageDraw.Draw(sprite)
    metal, middle = frame_metal(rgb), thick * 0.5
    port = (length * 0.43, middle - thick * 0.12, length * 0.57, middle + thick * 0.12)
    draw.rounded_rectangle((port[0] - 5, port[1] - 5, port[2] + 5, port[3] + 5), thick * 0.14, fill=(*shaded(metal, 1.25), 255))
    draw.rounded_rectangle(port, thick * 0.12, fill=(22, 23, 25, 255))
    draw.rounded_rectangle((port[0] + 26, middle - 5, port[2] - 26, middle + 5), 5, fill=(78, 80, 84, 255))
    hole = thick * 0.055
    for side in (-1, 1):
        for number in range(5 if side > 0 else rng.choice((2, 3, 5))):
            x = length * 0.5 + side * (length * 0.135 + number * thick * 0.21)
            draw.ellipse((x - hole, middle - hole, x + hole, middle + hole), fill=(26, 27, 29, 255))
    edge_wear(sprite, rng, wear)
    return sprite.reduce(FINE)


def _frame(draw: ImageDraw.ImageDraw, width: int, height: int, radius: int, rim: int, metal: Rgb) -> None:
    """The metal around: dark outside, a thin line of light, then the rim itself."""
    draw.rounded_rectangle((0, 0, width - 1, height - 1), radius, outline=metal, width=rim)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), radius, outline=shaded(metal, 0.66), width=5)
    draw.rounded_rectangle((5, 5, width - 6, height - 6), radius - 5, outline=shaded(metal, 1.34), width=2)


def _cut_out(sprite: Image.Image, radius: int) -> Image.Image:
    """Reduced to its final size, with the corners taken away."""
    mask = round_mask(sprite.size, radius).reduce(FINE)
    small = sprite.reduce(FINE) if FINE > 1 else sprite
    small.putalpha(mask)
    return small


def _bar(shape: Shape, length: int, thick: int, rgb: Rgb) -> Image.Image:
    """An edge seen from the side: glass, frame, glass. Flat frames have hard bands, round ones a soft curve of light."""
    metal = frame_metal(rgb)
    column = Image.new("RGB", (1, 32))
    draw = ImageDraw.Draw(column)
    for row in range(32):
        place = row / 31
        if shape.flat_edges:
            light = 1.30 if row in (3, 4) else 0.62 if row in (28, 29) else 1.06 - place * 0.16
        else:
            light = 0.55 + 0.75 * math.sin(math.pi * min(1.0, place * 1.15 + 0.08)) ** 1.4
        draw.point((0, row), shaded(metal, light))
    for row in (0, 1, 2):
        draw.point((0, row), (30, 32, 36))
        draw.point((0, 31 - row), shaded(rgb, 0.80))
    sprite = Image.new("RGBA", (length, thick))
    band = column.resize((length, thick), Image.Resampling.BICUBIC)
    radius = int(thick * (0.22 if shape.flat_edges else 0.46))
    sprite.paste(band, (0, 0), round_mask((length, thick), radius))
    ends = Image.new("L", (64, 1))
    ends.putdata([int(150 * max(0.0, 1 - min(x, 63 - x) / 5) ** 1.5) for x in range(64)])
    shade = ImageChops.multiply(ends.resize((length, thick), Image.Resampling.BICUBIC), sprite.getchannel("A"))
    sprite.paste((*shaded(metal, 0.45), 255), (0, 0), shade)
    line = ImageDraw.Draw(sprite)
    for place in (0.075, 0.925):
        line.rectangle((length * place, thick * 0.1, length * place + 9, thick * 0.9), fill=(*shaded(metal, 0.80), 255))
    return sprite


def _cutout(draw: ImageDraw.ImageDraw, shape: Shape, width: int, bezel: int) -> None:
    black, lens, middle = (8, 9, 10, 255), (28, 34, 52, 255), width / 2
    if shape.cutout == "notch":
        draw.rounded_rectangle((middle - width * 0.2, bezel - 24, middle + width * 0.2, bezel + 54), 26, fill=black)
        x, y = middle + width * 0.11, bezel + 24
    elif shape.cutout == "pill":
        draw.rounded_rectangle((middle - width * 0.115, bezel + 24, middle + width * 0.115, bezel + 82), 29, fill=black)
        x, y = middle + width * 0.075, bezel + 53
    else:
        x, y = (middle if shape.cutout == "hole" else width * 0.12), bezel + 48
        draw.ellipse((x - 25, y - 25, x + 25, y + 25), fill=black)
    draw.ellipse((x - 13, y - 13, x + 13, y + 13), fill=lens)
    draw.ellipse((x - 8, y - 9, x - 1, y - 2), fill=(96, 108, 140, 255))


def _cameras(sprite: Image.Image, shape: Shape, rgb: Rgb) -> None:
    unit = sprite.width / 10
    island, glass = shaded(rgb, 0.95), unit * 0.92
    lenses: list[tuple[float, float, float]]
    if shape.cameras in ("square-2", "square-3"):
        box = (unit * 0.6, unit * 0.6, unit * 5.0, unit * 5.0)
        _island(sprite, box, unit * 1.25, island)
        lenses = (
            [(1.75, 1.75, 1), (3.85, 3.85, 1)]
            if shape.cameras == "square-2"
            else [(1.75, 1.75, 1), (1.75, 3.85, 1), (3.8, 2.8, 1)]
        )
        flash = (3.85, 1.65) if shape.cameras == "square-2" else (3.95, 1.25)
    elif shape.cameras == "round":
        box = (unit * 2.0, unit * 1.0, unit * 8.0, unit * 7.0)
        _island(sprite, box, unit * 3, island)
        lenses = [(3.75, 2.85, 1), (6.25, 2.85, 1), (3.75, 5.2, 1), (6.25, 5.2, 0.86)]
        flash = (5.0, 4.0)
    elif shape.cameras == "column":
        box = (unit * 0.7, unit * 0.7, unit * 3.2, unit * 7.3)
        _island(sprite, box, unit * 1.25, island)
        lenses = [(1.95, 1.95, 0.95), (1.95, 4.0, 0.95), (1.95, 6.05, 0.95)]
        flash = (4.1, 1.6)
    elif shape.cameras == "bar":
        box = (unit * 0.7, unit * 1.3, unit * 9.3, unit * 4.0)
        _island(sprite, box, unit * 1.3, island)
        lenses = [(2.2, 2.65, 0.95), (4.6, 2.65, 0.95), (6.6, 2.65, 0.62)]
        flash = (8.2, 2.65)
    else:
        lenses = [(2.0, 2.0, 0.96), (2.0, 4.5, 0.96), (2.0, 6.75, 0.78)]
        flash = (4.05, 2.0)
    for x, y, scale in lenses:
        _lens(sprite, x * unit, y * unit, glass * scale, rgb)
    x, y, size = flash[0] * unit, flash[1] * unit, unit * 0.34
    draw = ImageDraw.Draw(sprite)
    draw.ellipse((x - size, y - size, x + size, y + size), fill=(250, 243, 222, 255), outline=(*shaded(rgb, 0.7), 255), width=3)


def _island(sprite: Image.Image, box: tuple[float, float, float, float], radius: float, rgb: Rgb) -> None:
    """A raised plate: a small shadow below right, a line of light above left."""
    corners = tuple(int(each) for each in box)
    margin = 24
    spread = (corners[2] - corners[0] + 2 * margin, corners[3] - corners[1] + 2 * margin)
    mask = Image.new("L", (spread[0] // 4, spread[1] // 4))
    ImageDraw.Draw(mask).rounded_rectangle(
        ((margin + 8) / 4, (margin + 8) / 4, (spread[0] - margin + 8) / 4, (spread[1] - margin + 8) / 4), radius / 4, fill=110
    )
    soft = mask.filter(ImageFilter.GaussianBlur(2.5)).resize(spread, Image.Resampling.BILINEAR)
    sprite.paste((20, 20, 22, 255), (corners[0] - margin, corners[1] - margin), soft)
    width, height = corners[2] - corners[0], corners[3] - corners[1]
    plate = ramp(width, height, shaded(rgb, 1.08), shaded(rgb, 0.90))
    sprite.paste(plate, (corners[0], corners[1]), round_mask((width, height), int(radius)))
    draw = ImageDraw.Draw(sprite)
    draw.rounded_rectangle(corners, radius, outline=(*shaded(rgb, 0.74), 255), width=3)
    inner = (corners[0] + 3, corners[1] + 3, corners[2] - 3, corners[3] - 3)
    draw.rounded_rectangle(inner, radius - 3, outline=(*shaded(rgb, 1.22), 255), width=2)


def _lens(sprite: Image.Image, x: float, y: float, radius: float, rgb: Rgb) -> None:
    draw = ImageDraw.Draw(sprite)

    def ring(share: float, fill: Rgb, dx: float = 0, dy: float = 0) -> None:
        size = radius * share
        draw.ellipse((x + dx - size, y + dy - size, x + dx + size, y + dy + size), fill=(*fill, 255))

    ring(1.08, shaded(frame_metal(rgb), 0.62))
    ring(1.02, shaded(frame_metal(rgb), 1.16))
    ring(0.92, (16, 17, 20))
    ring(0.74, (30, 33, 40))
    ring(0.66, (12, 13, 16))
    ring(0.46, (28, 36, 58))
    ring(0.34, (14, 17, 30))
    ring(0.15, (64, 76, 116), -radius * 0.14, -radius * 0.14)
    ring(0.06, (226, 232, 246), -radius * 0.19, -radius * 0.21)
    ring(0.05, (92, 84, 120), radius * 0.2, radius * 0.22)


# -- box and cable -------------------------------------------------------------------------------------------------------


def draw_box(rng: random.Random, shape: Shape) -> Image.Image:
    """A closed box without any print but the raised outline of a phone."""
    width, height = int(shape.width * 1.22) * FINE, int(shape.height * 0.86) * FINE
    base = rng.choice(((244, 243, 240), (236, 233, 226), (52, 54, 58), (206, 190, 166)))
    sprite = ramp(width, height, shaded(base, 1.03), shaded(base, 0.93))
    draw = ImageDraw.Draw(sprite)
    draw.rounded_rectangle((2, 2, width - 3, height - 3), 22, outline=(*shaded(base, 0.84), 255), width=4)
    draw.line((24, 10, width - 24, 10), fill=(*shaded(base, 1.08), 255), width=4)
    left, top, right, bottom = (int(each) for each in (width * 0.27, height * 0.17, width * 0.73, height * 0.83))
    draw.rounded_rectangle((left + 5, top + 6, right + 5, bottom + 6), 80, outline=(*shaded(base, 1.10), 255), width=6)
    draw.rounded_rectangle((left, top, right, bottom), 80, outline=(*shaded(base, 0.88), 255), width=6)
    return _cut_out(sprite, 22)


def draw_cable(rng: random.Random) -> Image.Image:
    size = 330 * FINE
    sprite = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(sprite)
    middle = size / 2
    for turn in range(4):
        across = size * (0.25 + 0.045 * turn)
        squeeze = 0.90 + 0.02 * rng.randint(0, 3)
        ring = (middle - across, middle - across * squeeze, middle + across, middle + across * squeeze)
        draw.ellipse(ring, outline=(196, 194, 190, 255), width=22)
        draw.ellipse(tuple(each - 3 for each in ring), outline=(246, 245, 242, 255), width=11)
    tie, plug = size * 0.865, size * 0.09
    draw.rounded_rectangle((tie - 34, middle - 40, tie + 34, middle + 40), 14, fill=(214, 212, 208, 255))
    draw.rounded_rectangle((tie - 30, middle - 38, tie + 30, middle + 26), 12, fill=(240, 239, 236, 255))
    for x in (middle - plug * 0.75, middle + plug * 0.95):
        top = size * 0.06
        draw.rounded_rectangle((x - 9, top + plug, x + 9, size * 0.27), 8, fill=(238, 237, 234, 255))
        draw.rounded_rectangle((x - 26, top + 30, x + 26, top + plug + 26), 12, fill=(232, 230, 226, 255))
        draw.rounded_rectangle((x - 22, top + 30, x + 12, top + plug + 22), 10, fill=(248, 247, 245, 255))
        draw.rounded_rectangle((x - 15, top, x + 15, top + 34), 6, fill=(176, 178, 182, 255))
    return sprite.reduce(FINE)
