"""Colours, gradients and masks for the drawn pictures of the demo."""

import colorsys

from PIL import Image, ImageDraw

from app.goods import catalogue

Rgb = tuple[int, int, int]


def read_colour(colour: str) -> Rgb:
    known = catalogue.find_colour(colour)
    text = known.rgb if known else colour
    if len(text) != 7 or text[0] != "#":
        raise ValueError(f"unknown colour {colour!r}")
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def shaded(rgb: Rgb, light: float) -> Rgb:
    """Darker below 1; above 1 towards white, so that white phones keep their highlights."""
    if light <= 1:
        return (int(rgb[0] * light), int(rgb[1] * light), int(rgb[2] * light))
    share = min(1.0, (light - 1) * 0.9)
    return (
        int(rgb[0] + (255 - rgb[0]) * share),
        int(rgb[1] + (255 - rgb[1]) * share),
        int(rgb[2] + (255 - rgb[2]) * share),
    )


def frame_metal(rgb: Rgb) -> Rgb:
    """The frame's colour: the back's, greyer and a little darker."""
    grey = sum(rgb) / 3
    return (int((rgb[0] + grey) / 2 * 0.90), int((rgb[1] + grey) / 2 * 0.90), int((rgb[2] + grey) / 2 * 0.91))


def hsv(hue: float, saturation: float, value: float) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return (int(red * 255), int(green * 255), int(blue * 255))


def ramp(width: int, height: int, light: Rgb, dark: Rgb) -> Image.Image:
    """From light at the upper left to dark at the lower right."""
    small = Image.new("RGB", (4, 6))
    small.putdata([mixed(light, dark, (column / 3 * 0.4 + row / 5 * 0.6)) for row in range(6) for column in range(4)])
    return small.resize((width, height), Image.Resampling.BICUBIC)


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    return (
        int(one[0] + (other[0] - one[0]) * share),
        int(one[1] + (other[1] - one[1]) * share),
        int(one[2] + (other[2] - one[2]) * share),
    )


def round_mask(size: tuple[int, int], radius: int) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), max(0, radius), fill=255)
    return mask
