"""Cleans one photo in a process of its own: ``python -I decode.py SOURCE FOLDER``.

Reads JPEG, PNG or WebP (by decoding, never by name), turns it upright, and writes card.webp, page.webp and zoom.webp made
of fresh pixels: position, camera data, comments and anything behind the picture stay behind. Prints one JSON object, either
{"width", "height", "sha256"} of the zoom file or {"error"}. The process limits its own memory, time and file size before
it opens the source, so that a hostile file can hurt nothing else.
"""

from __future__ import annotations

import hashlib
import io
import json
import resource
import sys
import warnings
from pathlib import Path

from PIL import Image, ImageCms

MEMORY_BYTES = 1_200 * 1024 * 1024  # 40 million pixels need about 500 MB in the worst mode, with one copy
CPU_SECONDS = 20
FILE_BYTES = 32 * 1024 * 1024
MOST_PIXELS = 40_000_000
LEAST_SIDE = 100
SIZES = {"zoom": (2000, 86), "page": (1080, 82), "card": (480, 80)}  # longest side in pixels, WebP quality


class Refused(Exception):
    """The photo cannot be used; the argument is the error code."""


def limit_this_process() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def upright(image: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF orientation says; damaged camera data leaves it as it is."""
    try:
        orientation = image.getexif().get(0x0112)
    except Exception:  # whatever is wrong in camera data must not cost the photo
        return image
    turn = Image.Transpose
    ways = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_270,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_90,
    }
    return image.transpose(ways[orientation]) if orientation in ways else image


def in_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB on white; a colour profile is honoured when it can be read."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")  # 16 bits a pixel
    if image.mode in ("P", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            image = converted or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            image = image.convert("RGB")  # a broken profile: the colours as they are
    fresh = Image.new("RGB", image.size, "white")
    if image.mode == "RGBA":
        fresh.paste(image, mask=image.getchannel("A"))
    else:
        fresh.paste(image.convert("RGB"))
    return fresh


def clean(source: Path, folder: Path) -> dict[str, int | str]:
    """Write the three sizes into the folder; returns width, height and hash of the zoom file.

    Raises Refused with one of the codes unreadable, too_many_pixels, too_small.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image: Image.Image = Image.open(source, formats=("JPEG", "PNG", "WEBP"))
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise Refused("too_many_pixels")
        if min(width, height) < LEAST_SIDE:
            raise Refused("too_small")
        zoom = SIZES["zoom"][0]
        image.draft("RGB", (zoom, zoom))  # JPEG can be decoded smaller at once
        image.load()
        profile = image.info.get("icc_profile")
        image = upright(image)
        if image.mode in ("RGB", "L", "CMYK", "RGBA"):
            image.thumbnail((zoom, zoom), Image.Resampling.LANCZOS)
        image = in_rgb(image, profile)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused("too_many_pixels") from None
    except (Refused, MemoryError):
        raise
    except Exception:  # decoders fail in many ways on hostile bytes; all of them mean the same to the owner
        raise Refused("unreadable") from None
    result: dict[str, int | str] = {}
    for size, (longest, quality) in SIZES.items():  # from large to small
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        picture = Image.new("RGB", image.size)
        picture.paste(image)
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=4)
        (folder / f"{size}.webp").write_bytes(buffer.getvalue())
        if size == "zoom":
            result = {"width": picture.width, "height": picture.height, "sha256": hashlib.sha256(buffer.getvalue()).hexdigest()}
    return result


def main() -> None:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    limit_this_process()
    try:
        answer: dict[str, int | str] = clean(source, folder)
    except Refused as refusal:
        answer = {"error": str(refusal)}
    except MemoryError:
        answer = {"error": "too_demanding"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
