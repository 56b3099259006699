"""What the drawn phones show on their screens: a lock screen, tiles, or settings. No maker's marks, no real programs."""

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from app.demo.paint import Rgb, hsv, ramp, shaded


def draw_screen(rng: random.Random, width: int, height: int) -> Image.Image:
    picture = _wallpaper(rng, width, height)
    content: Callable[[Image.Image, random.Random], None] = rng.choice(
        (_lock_screen, _lock_screen, _home_screen, _settings_screen)
    )
    content(picture, rng)
    return picture


def _wallpaper(rng: random.Random, width: int, height: int) -> Image.Image:
    """Calm hills of one family of colours under a light sky."""
    hue = rng.random()
    high, low = hsv(hue, 0.16, 0.97), hsv(hue + rng.uniform(-0.08, 0.08), 0.34, 0.74)
    small = ramp(width // 3, height // 3, high, low)
    draw = ImageDraw.Draw(small)
    for layer in range(4):
        tone = hsv(hue + 0.04 * layer - 0.08, 0.24 + 0.09 * layer, 0.87 - 0.17 * layer)
        base, wave, phase = small.height * (0.50 + 0.12 * layer), rng.uniform(18, 50), rng.uniform(0, 6)
        line = [(x, base + wave * math.sin(phase + x / small.width * (3.2 + 1.3 * layer))) for x in range(0, small.width + 8, 8)]
        draw.polygon([*line, (small.width, small.height), (0, small.height)], fill=tone)
    return small.filter(ImageFilter.GaussianBlur(1.0)).resize((width, height), Image.Resampling.BILINEAR)


def _lock_screen(picture: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    clock = f"{rng.randint(8, 17):02d}:{rng.randint(0, 59):02d}"
    font = ImageFont.load_default(width * 0.25)
    draw.text((width / 2, height * 0.19), clock, font=font, fill=(255, 255, 255), anchor="mm")
    draw.rounded_rectangle((width * 0.33, height * 0.265, width * 0.67, height * 0.279), 9, fill=(255, 255, 255))
    _status_row(draw, width, height, (255, 255, 255))
    draw.rounded_rectangle((width * 0.36, height * 0.972, width * 0.64, height * 0.977), 6, fill=(255, 255, 255))


def _home_screen(picture: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    tile, gap = width * 0.155, width * 0.076
    hue = rng.random()
    for row in range(7):
        if row in (4, 5):
            continue
        for column in range(4):
            left, top = gap + column * (tile + gap), height * 0.10 + row * (tile + gap * 1.15)
            colour = hsv(hue + 0.07 * rng.randint(0, 6), rng.uniform(0.05, 0.42), rng.uniform(0.82, 0.99))
            draw.rounded_rectangle((left, top, left + tile, top + tile), tile * 0.25, fill=colour)
            inner, tone = tile * 0.30, shaded(colour, 0.66)
            box = (left + inner, top + inner, left + tile - inner, top + tile - inner)
            if rng.random() < 0.5:
                draw.ellipse(box, fill=tone)
            else:
                draw.rounded_rectangle(box, inner * 0.3, fill=tone)
    _status_row(draw, width, height, (255, 255, 255))


def _settings_screen(picture: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    unit = width / 880
    draw.rectangle((0, 0, width, height), fill=(243, 242, 239))
    draw.rounded_rectangle((width * 0.07, height * 0.085, width * 0.36, height * 0.108), 12 * unit, fill=(52, 56, 60))
    top = height * 0.14
    for group in (1, 3, 4, 2):
        bottom = top + group * height * 0.062
        draw.rounded_rectangle((width * 0.05, top, width * 0.95, bottom), 36 * unit, fill=(255, 255, 255))
        for row in range(group):
            middle = top + (row + 0.5) * height * 0.062
            draw.ellipse(
                (width * 0.09, middle - 30 * unit, width * 0.09 + 60 * unit, middle + 30 * unit),
                fill=hsv(rng.random(), 0.30, 0.78),
            )
            draw.rounded_rectangle(
                (width * 0.21, middle - 11 * unit, width * rng.uniform(0.38, 0.60), middle + 11 * unit),
                11 * unit,
                fill=(150, 154, 158),
            )
            draw.rounded_rectangle(
                (width * 0.80, middle - 22 * unit, width * 0.90, middle + 22 * unit),
                22 * unit,
                fill=rng.choice(((15, 118, 110), (214, 214, 211))),
            )
        top = bottom + height * 0.028
    _status_row(draw, width, height, (52, 56, 60))


def _status_row(draw: ImageDraw.ImageDraw, width: int, height: int, colour: Rgb) -> None:
    """Signal and battery at the upper right."""
    y, unit = height * 0.030, width / 880
    for bar in range(4):
        x = width * 0.80 + bar * 13 * unit
        draw.rounded_rectangle((x, y + (18 - bar * 6) * unit, x + 8 * unit, y + 26 * unit), 2 * unit, fill=colour)
    draw.rounded_rectangle(
        (width * 0.875, y, width * 0.935, y + 26 * unit), 7 * unit, outline=colour, width=max(1, round(3 * unit))
    )
    draw.rounded_rectangle((width * 0.882, y + 7 * unit, width * 0.917, y + 19 * unit), 3 * unit, fill=colour)
