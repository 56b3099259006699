"""Draws what is sold in the demo, as JPEG bytes: phones on a table in daylight, cars in the street, appliances in their rooms.

These are drawings, not photos: no maker's mark, no logo, no real product. The same arguments always give the same bytes
(with one version of Pillow); another seed gives another place, light, angle and other marks of use. Worked at 1600 x 1200 and
reduced to 800 x 600, which is what pages show and smooths every edge; about 0.08 s of one core each.
"""

import io
import random
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter

from app.demo.appliances import air_conditioner, refrigerator, tv, washing_machine
from app.demo.canvas import noise
from app.demo.cars import draw_end, draw_side, make_car
from app.demo.closer import draw_bay, draw_seats, draw_tyre, working_side
from app.demo.cockpit import draw_cockpit
from app.demo.kitchen import electric_water_heater, gas_hob, gas_water_heater, microwave, range_hood
from app.demo.paint import Rgb, read_colour, shaded
from app.demo.phones import Shape, draw_back, draw_box, draw_cable, draw_front, draw_long_edge, draw_short_edge, make_shape
from app.demo.scenes import GROUND, outdoors
from app.demo.small import rating_plate, small_appliance
from app.goods import catalogue

WIDTH, HEIGHT = 1600, 1200
REDUCE = 2
QUALITY = 86

Shot = Literal["front", "back", "side", "box"]
SHOTS: tuple[Shot, ...] = ("front", "back", "side", "box")
CarShot = Literal["left_front", "front", "right_rear", "dashboard", "seats", "bay", "wheels"]
CAR_SHOTS: tuple[CarShot, ...] = ("left_front", "front", "right_rear", "dashboard", "seats", "bay", "wheels")
ApplianceShot = Literal["whole", "plate", "inside"]
APPLIANCE_SHOTS: tuple[ApplianceShot, ...] = ("whole", "plate", "inside")


def draw_phone(seed: str, shot: Shot, colour: str, wear: int, *, model: str = "") -> bytes:
    """One picture of a phone, 800 x 600 pixels.

    `colour` is a colour code of the catalogue or "#RRGGBB"; `wear` goes from 0 (as new) to 3 (scratched, nicked, cracked).
    Phones with the same `model` text share their proportions; without it the seed decides. Raises ValueError for an unknown
    shot, colour or wear.
    """
    if shot not in SHOTS:
        raise ValueError(f"unknown shot {shot!r}")
    if wear not in (0, 1, 2, 3):
        raise ValueError(f"wear must be 0, 1, 2 or 3, not {wear!r}")
    rgb = read_colour(colour)
    shape = make_shape(_dice(f"shape/{model or seed}"))
    picture = _table(_dice(f"table/{seed}"), _dice(f"light/{seed}/{shot}"))
    scene = _dice(f"scene/{seed}/{shot}")
    {"front": _front_scene, "back": _back_scene, "side": _side_scene, "box": _box_scene}[shot](picture, scene, shape, rgb, wear)
    return _as_jpeg(picture.reduce(REDUCE))


@dataclass(frozen=True, slots=True)
class CarLook:
    """What the pictures of a car show. ``body`` is a code of the catalogue."""

    body: str
    colour: str
    mileage_km: int
    electric: bool
    wear: int


def draw_car(seed: str, shot: CarShot, look: CarLook, *, model: str = "") -> bytes:
    """One picture of a car, 800 x 600 pixels. Cars with the same ``model`` text share their proportions.

    Raises ValueError for an unknown shot, body, colour or wear.
    """
    if shot not in CAR_SHOTS or look.wear not in (0, 1, 2, 3):
        raise ValueError(f"unknown shot {shot!r} or wear {look.wear!r}")
    car, rgb, rng = make_car(_dice(f"car/{model or seed}"), look.body), read_colour(look.colour), _dice(f"car/{seed}/{shot}")
    if shot in ("seats", "bay", "wheels"):
        board = {"seats": draw_seats, "bay": draw_bay, "wheels": draw_tyre}[shot](rng, rgb, look.wear, electric=look.electric)
        return _as_jpeg(board.finished())
    board = outdoors(_dice(f"place/{seed}"))
    if shot == "dashboard":
        draw_cockpit(board, rng, look.mileage_km, look.wear, electric=look.electric)
    elif shot == "left_front":
        draw_side(board, rng, car, rgb, look.wear, GROUND + 10)
    else:
        draw_end(board, rng, car, rgb, look.wear, GROUND + 30, rear=shot == "right_rear", electric=look.electric)
    return _as_jpeg(board.finished())


def draw_appliance(seed: str, shot: ApplianceShot, code: str, wear: int) -> bytes:
    """One picture of an appliance, 800 x 600 pixels. ``code``: "brand/model" of the catalogue; its type decides what is drawn.

    Raises ValueError for an unknown shot, model or wear.
    """
    model = catalogue.find_model("appliance", *code.split("/", 1)) if "/" in code else None
    if shot not in APPLIANCE_SHOTS or model is None or wear not in (0, 1, 2, 3):
        raise ValueError(f"unknown shot {shot!r}, model {code!r} or wear {wear!r}")
    rng = _dice(f"appliance/{seed}/{'look' if shot == 'whole' else shot}")
    if shot == "plate":
        return _as_jpeg(rating_plate(rng, wear).finished())
    if shot == "inside":
        return _as_jpeg(working_side(rng, wear, model.type, frozenset(model.features)).finished())
    if model.type == "small_appliance":
        return _as_jpeg(small_appliance(rng, wear, model.code).finished())
    size = float(model.capacity.value) if model.capacity else 0.0
    return _as_jpeg(_APPLIANCES[model.type](rng, wear, frozenset(model.features), size).finished())


_APPLIANCES = {
    "tv": tv,
    "refrigerator": refrigerator,
    "washing_machine": washing_machine,
    "air_conditioner": air_conditioner,
    "electric_water_heater": electric_water_heater,
    "gas_water_heater": gas_water_heater,
    "gas_hob": gas_hob,
    "range_hood": range_hood,
    "microwave": microwave,
}


def _as_jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, subsampling=1)
    return out.getvalue()


# -- scenes of phones ---------------------------------------------------------------------------------------------------


def _front_scene(picture: Image.Image, rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> None:
    _lay(picture, draw_front(rng, shape, rgb, wear), rng.uniform(-15, 15), (800 + rng.randint(-60, 60), 600))


def _back_scene(picture: Image.Image, rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> None:
    _lay(picture, draw_back(rng, shape, rgb, wear), rng.uniform(-24, 24), (800 + rng.randint(-60, 60), 600))


def _side_scene(picture: Image.Image, rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> None:
    tilt = rng.uniform(-3, 3)
    _lay(picture, draw_long_edge(rng, shape, rgb, wear), tilt, (800, 430), height=34)
    _lay(picture, draw_short_edge(rng, shape, rgb, wear), tilt, (800, 800), height=34)


def _box_scene(picture: Image.Image, rng: random.Random, shape: Shape, rgb: Rgb, wear: int) -> None:
    _lay(picture, draw_box(rng, shape), rng.uniform(-4, 3), (430, 600), height=30)
    _lay(picture, draw_cable(rng), rng.uniform(-30, 30), (1385, 900), height=4)
    _lay(picture, draw_back(rng, shape, rgb, wear), rng.uniform(-5, 5), (980, 600))


def _lay(picture: Image.Image, sprite: Image.Image, angle: float, centre: tuple[int, int], *, height: int = 14) -> None:
    """Put a sprite on the table with the shadows of light from the upper left. `height`: how far it stands off, in pixels."""
    edged = Image.new("RGBA", (sprite.width + 4, sprite.height + 4))  # an empty edge, so that turning smooths the outline
    edged.paste(sprite, (2, 2))
    turned = edged.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    left, top = centre[0] - turned.width // 2, centre[1] - turned.height // 2
    mask = turned.getchannel("A")
    for offset, blur, strength in ((height * 2.6, height * 2.4, 0.36), (height * 0.9, height * 0.8, 0.38), (2.0, 3.0, 0.42)):
        _shadow(picture, mask, (left + int(offset * 0.55), top + int(offset)), blur, strength)
    picture.paste(turned, (left, top), turned)


def _shadow(picture: Image.Image, mask: Image.Image, at: tuple[int, int], blur: float, strength: float) -> None:
    """Blurred on a quarter of the size, which looks the same and takes a sixteenth of the time."""
    shrink = 4 if blur > 8 else 2
    margin = int(blur * 3) // shrink * shrink + shrink
    size = ((mask.width + 2 * margin) // shrink, (mask.height + 2 * margin) // shrink)
    small = Image.new("L", size)
    small.paste(mask.reduce(shrink), (margin // shrink, margin // shrink))
    small = small.filter(ImageFilter.GaussianBlur(blur / shrink)).point(lambda value: int(value * strength))
    soft = small.resize((size[0] * shrink, size[1] * shrink), Image.Resampling.BILINEAR)
    picture.paste((38, 34, 32), (at[0] - margin, at[1] - margin), soft)


# -- the table -----------------------------------------------------------------------------------------------------------


def _table(rng: random.Random, light: random.Random) -> Image.Image:
    surface = rng.choice((_wood, _linen, _stone, _paper))
    picture = surface(rng)
    _daylight(picture, light)
    return picture


def _wood(rng: random.Random) -> Image.Image:
    base = rng.choice(((214, 190, 160), (198, 172, 142), (226, 210, 186), (186, 166, 146)))
    picture = _surface(rng, base, ((10, 300, 26), (40, 400, 18), (6, 60, 22)))
    draw = ImageDraw.Draw(picture)
    for seam in range(rng.randint(150, 330), HEIGHT, 400):
        draw.line((0, seam, WIDTH, seam), fill=shaded(base, 0.72), width=2)
        draw.line((0, seam + 2, WIDTH, seam + 2), fill=shaded(base, 1.07), width=1)
    return picture


def _linen(rng: random.Random) -> Image.Image:
    base = rng.choice(((222, 216, 206), (206, 212, 214), (214, 208, 212), (203, 209, 198)))
    return _surface(rng, base, ((400, 12, 13), (12, 300, 13), (533, 400, 14), (5, 4, 12)))


def _stone(rng: random.Random) -> Image.Image:
    base = rng.choice(((222, 221, 218), (196, 199, 202), (232, 228, 221), (176, 182, 184)))
    return _surface(rng, base, ((7, 5, 18), (40, 30, 10), (533, 400, 12)))


def _paper(rng: random.Random) -> Image.Image:
    base = rng.choice(((238, 234, 226), (224, 231, 228), (232, 224, 218), (220, 226, 234)))
    return _surface(rng, base, ((4, 3, 10), (533, 400, 5)))


def _surface(rng: random.Random, base: Rgb, grains: tuple[tuple[int, int, int], ...]) -> Image.Image:
    """A tabletop of even noise of the seed, made at half the size: it lies below what is shown, a little out of focus."""
    return noise(rng, base, grains, (WIDTH // 2, HEIGHT // 2)).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)


def _daylight(picture: Image.Image, rng: random.Random) -> None:
    """A window at the upper left: two panes of light over the table, and a slow fall of light to the lower right."""
    small = Image.new("L", (WIDTH // 8, HEIGHT // 8))
    draw = ImageDraw.Draw(small)
    x, slope = rng.randint(-20, 60), rng.uniform(0.35, 0.75)
    for pane in range(2):
        left, run = x + pane * 74, slope * small.height
        draw.polygon([(left, 0), (left + 60, 0), (left + 60 + run, small.height), (left + run, small.height)], fill=74)
    small = small.filter(ImageFilter.GaussianBlur(6))
    picture.paste((255, 251, 240), (0, 0), small.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))
    fall = Image.new("L", (5, 4))
    fall.putdata([min(90, int((column * 1.1 + row) ** 1.7 * 3.2)) for row in range(4) for column in range(5)])
    soft = fall.resize((WIDTH // 8, HEIGHT // 8), Image.Resampling.BICUBIC).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    picture.paste((60, 58, 62), (0, 0), soft)


def _dice(text: str) -> random.Random:
    return random.Random(text)  # noqa: S311 - drawings must come out the same every time; nothing here is secret
