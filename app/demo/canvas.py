"""A drawing board for the demo's cars, appliances and rooms: shapes in the pixels of the finished picture, edges smoothed.

Everything is drawn larger by FINE and reduced at the end. Costs stay near the shape: gradients and masks are made only for
the box around it, and soft shadows at an eighth of the size.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from app.demo.paint import Rgb, mixed, shaded

WIDTH, HEIGHT = 1080, 810  # what drawings are measured in
SIZE = (1600, 1200)  # of the work, reduced by REDUCE in the end
REDUCE = 2
FINE = SIZE[0] / WIDTH

Point = tuple[float, float]
Corner = tuple[float, float] | tuple[float, float, float]


class Canvas:
    """One picture in work; (0, 0) is the upper left corner."""

    def __init__(self, ground: Image.Image) -> None:
        self.image = ground
        self.draw = ImageDraw.Draw(self.image)

    def finished(self) -> Image.Image:
        return self.image.reduce(REDUCE)

    # -- plain shapes ----------------------------------------------------------------------------------------------------

    def shape(self, points: Iterable[Point], fill: Rgb) -> None:
        self.draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=fill)

    def line(self, points: Iterable[Point], fill: Rgb, width: float) -> None:
        self.draw.line([(x * FINE, y * FINE) for x, y in points], fill=fill, width=max(1, round(width * FINE)), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, fill: Rgb | None, radius: float = 0, *,
            outline: Rgb | None = None, width: float = 1) -> None:  # fmt: skip
        area = (left * FINE, top * FINE, right * FINE, bottom * FINE)
        self.draw.rounded_rectangle(area, radius * FINE, fill=fill, outline=outline, width=max(1, round(width * FINE)))

    def disc(self, x: float, y: float, radius: float, fill: Rgb | None, *, outline: Rgb | None = None, width: float = 1) -> None:
        self.oval(x - radius, y - radius, x + radius, y + radius, fill, outline=outline, width=width)

    def oval(self, left: float, top: float, right: float, bottom: float, fill: Rgb | None, *,
             outline: Rgb | None = None, width: float = 1) -> None:  # fmt: skip
        area = (left * FINE, top * FINE, right * FINE, bottom * FINE)
        self.draw.ellipse(area, fill=fill, outline=outline, width=max(1, round(width * FINE)))

    def arc(self, x: float, y: float, radius: float, start: float, end: float, fill: Rgb, width: float) -> None:
        area = ((x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE)
        self.draw.arc(area, start, end, fill=fill, width=max(1, round(width * FINE)))

    def text(self, x: float, y: float, words: str, size: float, fill: Rgb, anchor: str = "mm") -> None:
        font = ImageFont.load_default(size * FINE)
        self.draw.text((x * FINE, y * FINE), words, font=font, fill=fill, anchor=anchor)

    # -- light and shade -------------------------------------------------------------------------------------------------

    def shaded_shape(self, points: Sequence[Point], tones: Sequence[tuple[float, Rgb]], *, across: bool = False) -> None:
        """A shape whose colour changes from top to bottom, or from left to right with ``across``: (place 0 to 1, colour)."""
        left, top, right, bottom = self._around(points)
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x * FINE - left, y * FINE - top) for x, y in points], fill=255)
        self.image.paste(_gradient(mask.size, tones, across=across), (left, top), mask)

    def shaded_box(self, left: float, top: float, right: float, bottom: float, tones: Sequence[tuple[float, Rgb]],
                   radius: float = 0, *, across: bool = False) -> None:  # fmt: skip
        size = (round((right - left) * FINE), round((bottom - top) * FINE))
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius * FINE, fill=255)
        self.image.paste(_gradient(size, tones, across=across), (round(left * FINE), round(top * FINE)), mask)

    def veil(self, points: Sequence[Point], fill: Rgb, strength: float, *, blur: float = 0) -> None:
        """A half-transparent shape: a reflection, a shadow. ``strength`` 0 to 1; ``blur`` in pixels softens its edge."""
        shrink = 8 if blur * FINE >= 16 else 2
        margin = blur * 3
        left, top, right, bottom = self._around(points, margin)
        if right <= left or bottom <= top:
            return
        size = (max(1, (right - left) // shrink), max(1, (bottom - top) // shrink))
        mask = Image.new("L", size)
        inside = [((x * FINE - left) / shrink, (y * FINE - top) / shrink) for x, y in points]
        ImageDraw.Draw(mask).polygon(inside, fill=round(255 * strength))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * FINE / shrink))
        self.image.paste(fill, (left, top), mask.resize((size[0] * shrink, size[1] * shrink), Image.Resampling.BILINEAR))

    def shadow(self, left: float, top: float, right: float, bottom: float, strength: float = 0.5, blur: float = 10) -> None:
        """A soft dark oval, for what stands on the ground."""
        self.veil(oval_points(left, top, right, bottom), (24, 24, 28), strength, blur=blur)

    def _around(self, points: Iterable[Point], margin: float = 0) -> tuple[int, int, int, int]:
        listed = list(points)
        left, right = min(x for x, _ in listed) - margin, max(x for x, _ in listed) + margin
        top, bottom = min(y for _, y in listed) - margin, max(y for _, y in listed) + margin
        return (
            max(0, int(left * FINE)),
            max(0, int(top * FINE)),
            min(SIZE[0], int(right * FINE) + 1),
            min(SIZE[1], int(bottom * FINE) + 1),
        )


def rounded(corners: Sequence[Corner], radius: float = 0) -> list[Point]:
    """A polygon whose corners are curves; a corner may bring its own radius."""
    points: list[Point] = []
    count = len(corners)
    for number, corner in enumerate(corners):
        x, y = corner[0], corner[1]
        reach = corner[2] if len(corner) > 2 else radius
        before, after = corners[number - 1], corners[(number + 1) % count]
        start, end = _towards((x, y), before, reach), _towards((x, y), after, reach)
        for step in range(9):
            share = step / 8
            points.append(
                (
                    (1 - share) ** 2 * start[0] + 2 * share * (1 - share) * x + share**2 * end[0],
                    (1 - share) ** 2 * start[1] + 2 * share * (1 - share) * y + share**2 * end[1],
                )
            )
    return points


def oval_points(left: float, top: float, right: float, bottom: float) -> list[Point]:
    x, y, wide, high = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    return [(x + wide * math.cos(turn * math.pi / 24), y + high * math.sin(turn * math.pi / 24)) for turn in range(48)]


def metal(base: Rgb, strength: float = 0.22) -> list[tuple[float, Rgb]]:
    """Brushed metal or lacquer seen from the front, light from the upper left."""
    return [
        (0.0, shaded(base, 1 + strength)),
        (0.18, shaded(base, 1 + strength * 0.35)),
        (0.55, base),
        (1.0, shaded(base, 1 - strength * 0.8)),
    ]


def noise(rng: random.Random, base: Rgb, grains: Sequence[tuple[int, int, int]], size: tuple[int, int]) -> Image.Image:
    """A colour made lighter and darker by even noise of the seed. ``grains``: columns, rows, strength of each layer."""
    layers = Image.new("L", size, 128)
    for columns, rows, strength in grains:
        grain = Image.frombytes("L", (columns, rows), rng.randbytes(columns * rows))
        weak = grain.point([128 + (value - 128) * strength // 255 for value in range(256)])
        layers = ImageChops.add(layers, weak.resize(size, Image.Resampling.BILINEAR), 1, -128)
    tones = [[max(0, min(255, tone + value - 128)) for value in range(256)] for tone in base]
    return Image.merge("RGB", [layers.point(tone) for tone in tones])


def _towards(corner: Point, other: Corner, reach: float) -> Point:
    far = ((other[0] - corner[0]) ** 2 + (other[1] - corner[1]) ** 2) ** 0.5
    share = 0.0 if far == 0 else min(reach, far / 2) / far
    return (corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share)


def _gradient(size: tuple[int, int], tones: Sequence[tuple[float, Rgb]], *, across: bool) -> Image.Image:
    steps = 64
    colours = [_tone(tones, step / (steps - 1)) for step in range(steps)]
    strip = Image.new("RGB", (steps, 1) if across else (1, steps))
    strip.putdata(colours)
    return strip.resize(size, Image.Resampling.BILINEAR)


def _tone(tones: Sequence[tuple[float, Rgb]], place: float) -> Rgb:
    before = tones[0]
    for after in tones:
        if after[0] >= place:
            span = after[0] - before[0]
            return after[1] if span <= 0 else mixed(before[1], after[1], (place - before[0]) / span)
        before = after
    return tones[-1][1]
