"""Limits of photos, and what a file is by its first bytes. The figures are our own choice unless a source is named."""

from __future__ import annotations

MB = 1024 * 1024
MAX_BYTES = 25 * MB
MOST_PHOTOS_A_DAY = 300  # per person and Shanghai day
MOST_BYTES_A_DAY = 800 * MB

SIZES = {"card": 480, "page": 1080, "zoom": 2000}  # longest side in pixels
CONTENT_TYPE = "image/webp"

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def original_place(code: str) -> str:
    """The place for which the original of a photo is sealed (see kernel.seal)."""
    return f"photo.original:{code}"


def kind_of(data: bytes) -> str:
    """``jpeg``, ``png``, ``webp``, ``heic`` or ``unknown``, by the signature only; decoding decides whether it is true."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "heic"
    return "unknown"
