"""Light on glass and marks of use on the drawn phones."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter

from app.demo.paint import Rgb


def gloss(sprite: Image.Image, rng: random.Random, strength: int) -> None:
    """Broad slanting reflections of the window on glass."""
    small = Image.new("L", (sprite.width // 8, sprite.height // 8))
    draw = ImageDraw.Draw(small)
    x = rng.uniform(-0.3, 0.4) * small.width
    for shift, span in ((0.0, 0.34), (0.46, 0.10)):
        left = x + shift * small.width
        right, lean, low = left + span * small.width, small.height * 0.36, small.height
        draw.polygon([(left + lean, 0), (right + lean, 0), (right - lean * 0.3, low), (left - lean * 0.3, low)], fill=strength)
    soft = small.filter(ImageFilter.GaussianBlur(5)).resize(sprite.size, Image.Resampling.BILINEAR)
    sprite.paste((255, 255, 255), (0, 0), soft)


def rolled_edges(sprite: Image.Image) -> None:
    """Glass that bends down at both long sides: darker towards the edge, with a line of light before it."""
    width, height = sprite.size
    dark = [int(92 * max(0.0, 1 - min(x, 63 - x) / 7) ** 1.6) for x in range(64)]
    glow = [int(54 * max(0.0, 1 - abs(min(x, 63 - x) - 8) / 4)) for x in range(64)]
    for values, tone in ((dark, (24, 24, 28)), (glow, (255, 255, 255))):
        row = Image.new("L", (64, 1))
        row.putdata(values)
        band = row.resize((width, 1), Image.Resampling.BICUBIC).resize((width, height), Image.Resampling.NEAREST)
        sprite.paste(tone, (0, 0), band)


def scratches(sprite: Image.Image, rng: random.Random, wear: int, area: tuple[int, int, int, int], colour: Rgb) -> None:
    """Fine lines, more and longer with more use; none at 0."""
    if not wear:
        return
    left, top, right, bottom = area
    layer = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(layer)
    for _ in range((0, 5, 13, 26)[wear]):
        x, y = rng.uniform(0, layer.width), rng.uniform(0, layer.height)
        length, angle = rng.uniform(30, (0, 120, 220, 340)[wear]), rng.gauss(0.9, 0.5)
        bend = rng.uniform(-0.15, 0.15)
        path = [(x, y)]
        for step in range(1, 6):
            turn = angle + bend * step / 5
            path.append((path[-1][0] + math.cos(turn) * length / 5, path[-1][1] + math.sin(turn) * length / 5))
        draw.line(path, fill=rng.randint(50, 90 + 25 * wear), width=rng.choice((2, 2, 3)))
    sprite.paste((*colour, 255), (left, top), layer)


def nicks(sprite: Image.Image, rng: random.Random, wear: int, radius: int) -> None:
    """Chipped places on the frame near the corners: bare metal with a dark side."""
    width, height = sprite.size
    draw = ImageDraw.Draw(sprite)
    for _ in range((0, 0, 2, 4)[wear]):
        right, low = rng.random() < 0.5, rng.random() < 0.6
        turn = rng.uniform(0.15, 1.42)
        cx, cy = (width - radius if right else radius), (height - radius if low else radius)
        x = cx + math.cos(turn) * (radius - 5) * (1 if right else -1)
        y = cy + math.sin(turn) * (radius - 5) * (1 if low else -1)
        size = rng.uniform(8, 8 + 6 * wear)
        points = [
            (x + math.cos(a) * size * rng.uniform(0.5, 1.1), y + math.sin(a) * size * rng.uniform(0.5, 1.1))
            for a in (0, 1, 2, 3, 4, 5)
        ]
        draw.polygon([(px + 3, py + 3) for px, py in points], fill=(60, 58, 56, 255))
        draw.polygon(points, fill=(206, 203, 198, 255))


def crack(sprite: Image.Image, rng: random.Random, width: int, height: int) -> None:
    """A hair crack in the glass that starts at a corner."""
    draw = ImageDraw.Draw(sprite)
    right = rng.random() < 0.5
    start: tuple[float, float] = (width - 40 if right else 40, height - 60)
    for _ in range(rng.randint(3, 5)):
        path, angle = (
            [start],
            rng.uniform(math.pi * 1.12, math.pi * 1.42) if right else rng.uniform(math.pi * 1.58, math.pi * 1.88),
        )
        for _ in range(rng.randint(4, 9)):
            angle += rng.uniform(-0.22, 0.22)
            step = rng.uniform(40, 95)
            path.append((path[-1][0] + math.cos(angle) * step, path[-1][1] + math.sin(angle) * step))
        draw.line([(x + 2, y + 2) for x, y in path], fill=(20, 22, 26, 255), width=3)
        draw.line(path, fill=(232, 236, 240, 255), width=2)


def edge_wear(sprite: Image.Image, rng: random.Random, wear: int) -> None:
    draw = ImageDraw.Draw(sprite)
    width, height = sprite.size
    for _ in range((0, 2, 6, 13)[wear]):
        x, y = rng.uniform(0.05, 0.95) * width, rng.uniform(0.22, 0.78) * height
        length = rng.uniform(12, 30 + 22 * wear)
        draw.line((x, y, x + length, y + rng.uniform(-7, 7)), fill=(228, 226, 222, 255), width=3)
        draw.line((x + 2, y + 4, x + length, y + 4), fill=(70, 68, 66, 255), width=2)
