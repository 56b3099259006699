"""More files for the door of photos than tests/media/hostile.py has: name -> (bytes, what must come of it)."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.media.hostile import HTML, chunk, jpeg_claiming, png, saved, with_exif, zeros
from tests.media.making import photo_bytes, picture

NAMES = [
    "../../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\autoexec.bat", "a\x00.jpg", "\x00", "a" * 300 + ".jpg", "é" * 300, "身份证.jpg", "照片 1.jpg",
    ".htaccess", ".", "..", "...", "con", "nul.jpg", "a.php", "a.jpg.php", "a.php%00.jpg", "a.svg", "a.html", "a/b.jpg", "a;b.jpg", "a\"b.jpg", "a'b.jpg", "a|b.jpg",
    "$(id).jpg", "`id`.jpg", "-rf.jpg", "~root.jpg", "\u202egpj.exe", "😀.jpg", "%2e%2e%2fx", "<script>alert(1)</script>.jpg", "=cmd.jpg", "link -> /etc/passwd", " ",
]  # fmt: skip


def jpeg_with(marker: int, body: bytes) -> bytes:
    """A photo with one more segment right after its head."""
    photo = photo_bytes()
    return photo[:2] + b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body + photo[2:]


def png_with(*chunks: bytes) -> bytes:
    """A photo with chunks put in after its head."""
    photo = photo_bytes("PNG")
    return photo[:33] + b"".join(chunks) + photo[33:]


def profile_bomb() -> bytes:
    """An iCCP chunk of 100 bytes that unpacks to 60 MB."""
    return png_with(chunk(b"iCCP", b"x\x00\x00" + zeros(60_000_000)))


def many_frames() -> bytes:
    frames = [Image.new("RGB", (120, 120), (number % 256, 90, 90)) for number in range(300)]
    return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=10)


def mpo() -> bytes:
    """Two photos in one file, as 3D cameras write them."""
    buffer = io.BytesIO()
    picture().save(buffer, "MPO", save_all=True, append_images=[picture(seed=1)])
    return buffer.getvalue()


def photo_with_secrets(format: str) -> tuple[bytes, list[bytes]]:
    """A photo that tells where and with what it was taken, and the words in it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B], exif[0x010E] = "SECRETMAKER", "SECRETMODEL", "SECRETOWNER", "SECRETWORDS"
    exif.get_ifd(0x8825)[29] = "2026:SECRET"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf>SECRETXMP</rdf></x:xmpmeta>'
    secrets = [b"SECRETMAKER", b"SECRETMODEL", b"SECRETOWNER", b"SECRETWORDS", b"2026:SECRET", b"SECRETXMP", b"SECRETTAIL"]
    options: dict[str, object] = {"exif": exif}
    if format == "JPEG":
        options |= {"comment": b"SECRETCOMMENT", "xmp": xmp}
        secrets.append(b"SECRETCOMMENT")
    elif format == "PNG":
        info = PngInfo()
        info.add_text("Author", "SECRETTEXT")
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = info
        secrets.append(b"SECRETTEXT")
    else:
        options["xmp"] = xmp
    return saved(picture(), format, **options) + b"SECRETTAIL", secrets


@cache
def FILES() -> dict[str, tuple[bytes, str]]:
    jpeg, png_file, webp = photo_bytes(), photo_bytes("PNG"), photo_bytes("WEBP")
    found: dict[str, tuple[bytes, str]] = {
        f"orientation {number}": (with_exif(number), "ready") for number in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 65535)
    }
    found |= {
        "two photos in one (MPO)": (mpo(), "ready"),
        "webp of 300 frames": (many_frames(), "ready"),
        "comment of html": (jpeg_with(0xFE, HTML), "ready"),
        "comment of php": (jpeg_with(0xFE, b"<?php system($_GET['c']); ?>"), "ready"),
        "longest comment": (jpeg_with(0xFE, b"A" * 65_533), "ready"),
        "exif without an end": (jpeg_with(0xE1, b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"\xff" * 60), "ready"),
        "exif that points at itself": (
            jpeg_with(
                0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00i\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00\x00"
            ),
            "ready",
        ),
        "xmp with an entity": (
            jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"),
            "ready",
        ),
        "jpeg and zip in one": (jpeg + b"PK\x05\x06" + bytes(18), "ready"),
        "jpeg and pdf in one": (jpeg + b"%PDF-1.7\n%%EOF", "ready"),
        "jpeg and javascript in one": (b"\xff\xd8\xff\xe0/*" + bytes(0x2F00) + b"*/=alert(1)/*" + jpeg, "unreadable"),
        "png with svg behind it": (png_file + b"<svg onload=alert(1)>", "ready"),
        "png with a link in its text": (png_with(chunk(b"tEXt", b"Comment\x00<script>alert(1)</script>")), "ready"),
        "png with unknown critical chunk": (png_with(chunk(b"EVIL", b"x")), "ready"),
        "png with two heads": (png_with(png_file[8:33]), "ready"),
        "png without pixels": (png_file[:33] + chunk(b"IEND", b""), "unreadable"),
        "png that claims no size": (png(0, 0, zeros(1)), "unreadable"),
        "png of negative size": (png(0xFFFFFFFF, 0xFFFFFFFF, zeros(10)), "too_many_pixels"),
        "png that claims 1 x 60000": (png(1, 60_000, zeros(60_000 * 4)), "too_small"),
        "png that claims 60000 x 1": (png(60_000, 1, zeros(1 + 60_000 * 3)), "too_small"),
        "png with a profile of 60 MB": (profile_bomb(), "unreadable"),
        "png with a broken stream": (png_file[:41] + b"\x00" * 40 + png_file[81:], "unreadable"),
        "png of more pixels than it says": (png(200, 200, zeros(200_000_000)), "ready"),
        "png of depth 3": (png(200, 200, zeros(1000), depth=3), "unreadable"),
        "png of colour type 7": (png(200, 200, zeros(1000), colour=7), "unreadable"),
        "jpeg that claims 0 x 0": (jpeg_claiming(0, 0), "unreadable"),
        "jpeg that claims 65535 x 1": (jpeg_claiming(65_535, 1), "too_small"),
        "jpeg without tables": (jpeg[:2] + jpeg[jpeg.index(b"\xff\xc0") :], "unreadable"),
        "jpeg of markers only": (b"\xff\xd8" + b"\xff\xd8" * 5_000, "unreadable"),
        "jpeg with a length of nothing": (b"\xff\xd8\xff\xe0\x00\x00" + jpeg[4:], "ready"),
        "jpeg in cmyk with a profile": (
            saved(
                picture().convert("CMYK"), "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
            ),
            "ready",
        ),
        "webp without a loss": (photo_bytes("WEBP", lossless=True), "ready"),
        "webp with a wrong size": (webp[:4] + struct.pack("<I", 0xFFFFFFFF) + webp[8:], "unreadable"),
        "webp of nothing": (b"RIFF\x04\x00\x00\x00WEBP", "unreadable"),
        "riff that is a sound": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), "refused"),
        "psd": (b"8BPS\x00\x01" + bytes(400), "refused"),
        "ico": (b"\x00\x00\x01\x00\x01\x00" + bytes(400), "refused"),
        "tga": (b"\x00\x00\x02" + bytes(400), "refused"),
        "jpeg 2000": (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(400), "refused"),
        "jpeg xl": (b"\xff\x0a" + bytes(400), "refused"),
        "dng": (b"II*\x00" + bytes(400), "refused"),
        "fits": (b"SIMPLE  =                    T" + bytes(400), "refused"),
        "mp4": (b"\x00\x00\x00\x18ftypmp42" + bytes(400), "refused"),
        "gzip of a photo": (zlib.compress(jpeg), "refused"),
        "photo after a line break": (b"\n" + jpeg, "refused"),
        "photo as base64": (b"/9j/4AAQSkZJRgABAQ" + b"A" * 400, "refused"),
        "data address": (b"data:image/jpeg;base64,/9j/4AAQ", "refused"),
        "one byte": (b"\xff", "refused"),
        "html that calls itself a photo": (b"<!-- \xff\xd8\xff -->" + HTML, "refused"),
    }
    return found
