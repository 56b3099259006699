"""Where the drawn things stand: a street, a car park, a kitchen, a bathroom, a living room."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw, ImageFilter

from app.demo.canvas import FINE, HEIGHT, SIZE, WIDTH, Canvas, noise
from app.demo.paint import Rgb, hsv, shaded

GROUND = 640.0  # where cars stand, in pixels from the top


def outdoors(rng: random.Random) -> Canvas:
    """A place in the town: wall, hedge or trees behind, asphalt or paving in front."""
    size = SIZE
    picture = Image.new("RGB", size)
    horizon = int((GROUND - rng.uniform(70, 110)) * FINE)
    rng.choice((_wall, _wall, _trees, _trees, _yard))(picture, rng, horizon)
    base = rng.choice(((150, 150, 148), (166, 162, 156), (138, 142, 146), (176, 170, 160)))
    floor = noise(rng, base, ((320, 90, 26), (24, 10, 22), (2, 6, 20)), (size[0], size[1] - horizon))
    picture.paste(floor, (0, horizon))
    board = Canvas(picture)
    edge = horizon / FINE
    board.veil([(0, edge - 4), (WIDTH, edge - 4), (WIDTH, edge + 8), (0, edge + 8)], (40, 42, 44), 0.35, blur=3)
    if rng.random() < 0.5:
        for x in (rng.uniform(-40, 40), rng.uniform(1010, 1090)):
            lean = -110 if x < 540 else 110
            board.shape([(x, edge + 14), (x + 13, edge + 14), (x + 13 + lean, HEIGHT), (x - 10 + lean, HEIGHT)], (226, 226, 220))
    _sun(board, rng)
    return board


def _wall(picture: Image.Image, rng: random.Random, horizon: int) -> None:
    base = rng.choice(((216, 208, 196), (198, 204, 206), (210, 198, 186), (188, 196, 190), (224, 220, 212)))
    picture.paste(noise(rng, base, ((12, 6, 14), (540, 300, 10)), (picture.width, horizon)), (0, 0))
    draw = ImageDraw.Draw(picture)
    seam = shaded(base, 0.90)
    if rng.random() < 0.5:
        high = 72
        for row, y in enumerate(range(horizon % high, horizon, high)):
            draw.line((0, y, picture.width, y), fill=seam, width=3)
            for x in range(-high + (row % 2) * high, picture.width, high * 2):
                draw.line((x, y, x, y + high), fill=seam, width=3)
    else:
        left = rng.randint(60, 960)
        for number in range(2):
            x = left + number * 310
            draw.rectangle((x, horizon - 563, x + 207, horizon - 244), fill=shaded(base, 0.84))
            draw.rectangle((x + 12, horizon - 551, x + 195, horizon - 256), fill=(126, 146, 156))
            draw.polygon([(x + 12, horizon - 551), (x + 111, horizon - 551), (x + 12, horizon - 415)], fill=(158, 176, 184))
            draw.line((x + 104, horizon - 551, x + 104, horizon - 256), fill=shaded(base, 0.84), width=9)
    draw.rectangle((0, horizon - 52, picture.width, horizon), fill=shaded(base, 0.80))


def _trees(picture: Image.Image, rng: random.Random, horizon: int) -> None:
    """A green belt far away, out of focus, under a light sky."""
    small = Image.new("RGB", (picture.width // 8, horizon // 8), (222, 232, 238))
    draw = ImageDraw.Draw(small)
    hue = rng.uniform(0.24, 0.36)
    for _ in range(150):
        x, y = rng.uniform(0, small.width), small.height * rng.uniform(0.35, 1.0)
        size = rng.uniform(5, 17)
        draw.ellipse(
            (x - size, y - size, x + size, y + size),
            fill=hsv(hue + rng.uniform(-0.04, 0.04), rng.uniform(0.22, 0.42), rng.uniform(0.42, 0.74)),
        )
    for _ in range(rng.randint(2, 5)):
        x = rng.uniform(0, small.width)
        draw.rectangle((x, small.height * 0.5, x + 4, small.height), fill=(96, 84, 74))
    picture.paste(small.filter(ImageFilter.GaussianBlur(3)).resize((picture.width, horizon), Image.Resampling.BILINEAR), (0, 0))


def _yard(picture: Image.Image, rng: random.Random, horizon: int) -> None:
    """A roller door of a garage."""
    base = rng.choice(((196, 200, 204), (178, 188, 192), (206, 200, 190)))
    picture.paste(noise(rng, base, ((10, 5, 10), (540, 300, 8)), (picture.width, horizon)), (0, 0))
    draw = ImageDraw.Draw(picture)
    left, right = rng.randint(90, 220), picture.width - rng.randint(90, 220)
    door = shaded(base, rng.choice((0.78, 1.08)))
    draw.rectangle((left, 90, right, horizon), fill=door)
    for y in range(104, horizon, 33):
        draw.line((left, y, right, y), fill=shaded(door, 0.90), width=5)
        draw.line((left, y + 5, right, y + 5), fill=shaded(door, 1.10), width=2)
    draw.rectangle((left - 20, 71, right + 20, 90), fill=shaded(base, 0.72))


def _sun(board: Canvas, rng: random.Random) -> None:
    x = rng.uniform(-120, 380)
    board.veil([(x, 0), (x + 360, 0), (x + 660, HEIGHT), (x + 300, HEIGHT)], (255, 250, 236), 0.16, blur=40)


# -- rooms ---------------------------------------------------------------------------------------------------------------


def tiled(rng: random.Random) -> Canvas:
    """A wall of tiles: kitchens and bathrooms."""
    size = SIZE
    base = rng.choice(((232, 232, 228), (222, 230, 230), (236, 228, 216), (214, 222, 216), (226, 222, 230)))
    picture = noise(rng, base, ((7, 5, 12), (540, 400, 6)), size)
    draw = ImageDraw.Draw(picture)
    wide, high = rng.choice(((150, 150), (240, 120), (120, 60), (180, 300)))
    wide, high = round(wide * FINE), round(high * FINE)
    offset = rng.choice((0, wide // 2))
    for row, y in enumerate(range(-(rng.randrange(high)), size[1], high)):
        draw.line((0, y, size[0], y), fill=shaded(base, 0.88), width=4)
        draw.line((0, y + 4, size[0], y + 4), fill=shaded(base, 1.3), width=2)
        for x in range(-wide + (offset if row % 2 else 0), size[0], wide):
            draw.line((x, y, x, y + high), fill=shaded(base, 0.88), width=4)
    board = Canvas(picture)
    _window_light(board, rng)
    return board


def plastered(rng: random.Random, *, floor: float | None = None) -> Canvas:
    """A painted wall, with a floor below when ``floor`` says where it begins."""
    size = SIZE
    base = rng.choice(((232, 227, 218), (219, 225, 222), (226, 221, 226), (236, 230, 222), (212, 219, 226), (222, 214, 202)))
    picture = noise(rng, base, ((5, 4, 10), (540, 400, 6)), size)
    if floor is not None:
        wood: Rgb = rng.choice(((188, 154, 118), (206, 180, 148), (166, 140, 114), (198, 192, 184)))
        top = int(floor * FINE)
        boards = noise(rng, wood, ((6, 160, 22), (40, 300, 14)), (size[0], size[1] - top))
        draw = ImageDraw.Draw(boards)
        for y in range(0, boards.height, 55):
            draw.line((0, y, boards.width, y), fill=shaded(wood, 0.82), width=3)
        picture.paste(boards, (0, top))
        skirt = ImageDraw.Draw(picture)
        skirt.rectangle((0, top - 33, size[0], top), fill=shaded(base, 1.35))
        skirt.line((0, top - 33, size[0], top - 33), fill=shaded(base, 0.9), width=3)
    board = Canvas(picture)
    _window_light(board, rng)
    return board


def _window_light(board: Canvas, rng: random.Random) -> None:
    x = rng.uniform(-160, 260)
    for pane in (0, 150):
        points = [(x + pane, 0), (x + pane + 120, 0), (x + pane + 420, HEIGHT), (x + pane + 300, HEIGHT)]
        board.veil(points, (255, 252, 242), 0.22, blur=18)
    board.veil([(700, HEIGHT), (WIDTH + 60, 240), (WIDTH + 60, HEIGHT + 60)], (60, 60, 66), 0.18, blur=70)
