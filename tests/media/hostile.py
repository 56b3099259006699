"""Files that people, broken connections and attackers send: name -> (bytes, what must come of it).

The expectation is ``ready``, ``refused`` (at once) or an error code of a failed photo.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.media.making import photo_bytes, picture

HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zeros(length: int) -> bytes:
    """Compressed zeros of this length: a bomb is small on the wire."""
    packer = zlib.compressobj(9)
    out = b"".join(packer.compress(bytes(min(1 << 20, length - start))) for start in range(0, length, 1 << 20))
    return out + packer.flush()


def with_exif(orientation: int = 1) -> bytes:
    image = picture(400, 300)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif[0x0110] = "SECRET-MODEL"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (29.0, 33.0, 46.0)
    return saved(image, "JPEG", exif=exif, comment=b"SECRET-COMMENT")


def bad_orientation() -> bytes:
    data = bytearray(with_exif(6))
    where = data.index(b"Exif\x00\x00") + 6
    data[where : where + 8] = b"\xff" * 8
    return bytes(data)


def iccp_garbage() -> bytes:
    return saved(picture(), "JPEG", icc_profile=b"not a profile" * 40)


def animated(format: str) -> bytes:
    frames = [picture(seed=seed) for seed in range(4)]
    return saved(frames[0], format, save_all=True, append_images=frames[1:], duration=100)


def text_bomb() -> bytes:
    info = PngInfo()
    info.add_text("Comment", "A" * 70_000_000, zip=True)
    return saved(picture(), "PNG", pnginfo=info)


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP whose extended header promises a giant canvas."""
    body = bytearray(photo_bytes("WEBP", exif=b"Exif\x00\x00MM\x00*"))
    at = body.index(b"VP8X") + 12
    body[at : at + 3] = (width - 1).to_bytes(3, "little")
    body[at + 3 : at + 6] = (height - 1).to_bytes(3, "little")
    return bytes(body)


def jpeg_claiming(width: int, height: int) -> bytes:
    data = bytearray(photo_bytes())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


@cache
def files() -> dict[str, tuple[bytes, str]]:
    jpeg, png_file, webp = photo_bytes(), photo_bytes("PNG"), photo_bytes("WEBP")
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(400)
    return {
        "plain jpeg": (jpeg, "ready"),
        "plain png": (png_file, "ready"),
        "plain webp": (webp, "ready"),
        "progressive jpeg": (photo_bytes(progressive=True), "ready"),
        "cmyk jpeg": (saved(picture().convert("CMYK"), "JPEG"), "ready"),
        "grey jpeg": (saved(picture().convert("L"), "JPEG"), "ready"),
        "one bit png": (saved(picture().convert("1"), "PNG"), "ready"),
        "palette png with transparency": (saved(picture().convert("P"), "PNG", transparency=0), "ready"),
        "png with alpha": (saved(picture().convert("RGBA"), "PNG"), "ready"),
        "grey png with alpha": (saved(picture().convert("LA"), "PNG"), "ready"),
        "16 bit grey png": (saved(Image.new("I;16", (300, 200), 40_000), "PNG"), "ready"),
        "16 bit colour png": (png(200, 120, zeros(120 * (1 + 200 * 6)), depth=16), "ready"),
        "png with srgb profile": (
            saved(picture(), "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
            "ready",
        ),
        "jpeg with a garbage profile": (iccp_garbage(), "ready"),
        "jpeg with position and comment": (with_exif(), "ready"),
        "jpeg with damaged camera data": (bad_orientation(), "ready"),
        "jpeg with an orientation that does not exist": (with_exif(99), "ready"),
        "jpeg with html behind it": (jpeg + HTML, "ready"),
        "png with a zip behind it": (png_file + b"PK\x03\x04" + HTML, "ready"),
        "webp with php behind it": (webp + b"<?php system($_GET['c']);", "ready"),
        "animated webp": (animated("WEBP"), "ready"),
        "animated png": (animated("PNG"), "ready"),
        "long thin": (photo_bytes("PNG", 6000, 100), "ready"),
        "empty": (b"", "refused"),
        "zero bytes only": (bytes(5000), "refused"),
        "plain text": (b"hello, this is not a photo", "refused"),
        "html named like a photo": (HTML, "refused"),
        "svg": (SVG, "refused"),
        "svg with xml head": (b'<?xml version="1.0"?>' + SVG, "refused"),
        "gif": (saved(picture(), "GIF"), "refused"),
        "gif and javascript in one": (b"GIF89a/*" + bytes(300) + b"*/=1;alert(1)", "refused"),
        "bmp": (saved(picture(), "BMP"), "refused"),
        "tiff": (saved(picture(), "TIFF"), "refused"),
        "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n", "refused"),
        "pdf": (b"%PDF-1.7\n" + bytes(200), "refused"),
        "zip": (b"PK\x03\x04" + bytes(200), "refused"),
        "program": (b"\x7fELF" + bytes(200), "refused"),
        "heic": (heic, "refused"),
        "avif": (heic.replace(b"ftypheic", b"ftypavif"), "refused"),
        "too many bytes": (jpeg + bytes(25 * 1024 * 1024), "refused"),
        "signature only": (b"\xff\xd8\xff", "unreadable"),
        "jpeg cut in the middle": (jpeg[: len(jpeg) // 2], "unreadable"),
        "png cut in the middle": (png_file[: len(png_file) // 2], "unreadable"),
        "webp cut in the middle": (webp[: len(webp) // 2], "unreadable"),
        "jpeg head before svg": (b"\xff\xd8\xff\xe0" + SVG, "unreadable"),
        "png head before html": (b"\x89PNG\r\n\x1a\n" + HTML, "unreadable"),
        "png with a wrong checksum": (
            png_file.replace(b"IHDR", b"IHDR", 1)[:29] + b"\x00\x00\x00\x00" + png_file[33:],
            "unreadable",
        ),
        "png with damaged pixels": (png(300, 300, b"\x00" * 50), "unreadable"),
        "bomb of 400 million pixels": (png(20_000, 20_000, zeros(20_000 * (1 + 20_000 * 3) // 400)), "too_many_pixels"),
        "jpeg that claims 65535 x 65535": (jpeg_claiming(65_535, 65_535), "too_many_pixels"),
        "webp that claims 16383 x 16383": (webp_claiming(16_383, 16_383), "too_many_pixels"),
        "just above the limit": (png(8000, 5001, zeros(1000)), "too_many_pixels"),
        "one pixel": (photo_bytes("PNG", 1, 1), "too_small"),
        "text bomb in a png": (text_bomb(), "unreadable"),
    }
