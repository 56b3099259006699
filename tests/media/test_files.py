"""Every kind of file that may be sent ends as a clean photo or as a plain sentence."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.kernel.ids import new_code
from app.media import errors, jobs
from app.media.rules import SIZES, kind_of
from app.media.service import _refuse_unusable
from app.media.store import PhotoStore
from tests.media import hostile
from tests.media.making import photo_bytes


@pytest.fixture
def store(tmp_path):
    return PhotoStore(tmp_path / "media")


def cleaned(store, data):
    code = new_code()
    store.take_in(code, data)
    return jobs.clean(store, code)


def test_there_are_at_least_forty_hostile_files():
    assert len(hostile.files()) >= 40


@pytest.mark.parametrize("name", sorted(hostile.files()))
def test_file_ends_as_expected(store, name):
    data, expected = hostile.files()[name]
    if expected == "refused":
        with pytest.raises(errors.PhotoRefused):
            _refuse_unusable(data)
        return
    _refuse_unusable(data)
    prepared, files = cleaned(store, data)
    if expected != "ready":
        assert (prepared.error, files) == (expected, {})
        return
    assert prepared.error is None
    for size, longest in SIZES.items():
        with Image.open(io.BytesIO(files[size])) as image:
            assert image.format == "WEBP"
            assert image.mode == "RGB"
            assert max(image.size) <= longest
            assert getattr(image, "n_frames", 1) == 1
            assert not image.getexif()
            assert set(image.info) <= {"background", "loop", "timestamp", "duration"}
        for secret in (b"SECRET", b"script", b"php", b"PK\x03\x04", b"EXIF", b"ICCP"):
            assert secret not in files[size]


def test_photo_is_turned_upright_for_every_orientation(store):
    # The drawn picture has a dark-green rectangle left of and above the centre; after turning it must be there again.
    upright = Image.new("RGB", (400, 200), "white")
    upright.paste((200, 0, 0), (0, 0, 100, 100))
    turns = {
        1: lambda image: image,
        2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
        4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
        7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
        8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
    }
    for orientation, turn in turns.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        _, files = cleaned(store, hostile.saved(turn(upright), "JPEG", exif=exif, quality=95))
        with Image.open(io.BytesIO(files["zoom"])) as image:
            assert image.size == (400, 200), orientation
            red, green, _ = image.getpixel((50, 50))
            assert red > 150, orientation
            assert green < 80, orientation
            assert min(image.getpixel((350, 150))) > 200, orientation


def test_sixteen_bit_grey_keeps_its_brightness(store):
    _, files = cleaned(store, hostile.saved(Image.new("I;16", (300, 200), 40_000), "PNG"))
    with Image.open(io.BytesIO(files["zoom"])) as image:
        assert all(abs(value - 40_000 // 256) <= 3 for value in image.getpixel((20, 20)))


def test_transparent_parts_become_white(store):
    _, files = cleaned(store, hostile.saved(Image.new("RGBA", (300, 200), (10, 10, 10, 0)), "PNG"))
    with Image.open(io.BytesIO(files["zoom"])) as image:
        assert min(image.getpixel((20, 20))) >= 250


def test_largest_allowed_photo_fits_into_the_limits(store):
    big = io.BytesIO()
    Image.new("RGBA", (8000, 5000), (20, 90, 60, 200)).save(big, "PNG", compress_level=1)
    prepared, _ = cleaned(store, big.getvalue())
    assert (prepared.width, prepared.height, prepared.error) == (2000, 1250, None)


def test_same_photo_gives_the_same_bytes(store):
    first, second = cleaned(store, photo_bytes()), cleaned(store, photo_bytes())
    assert first == second


def test_lying_name_does_not_matter_because_no_name_is_asked():
    assert kind_of(photo_bytes("PNG")) == "png"
    assert kind_of(photo_bytes("WEBP")) == "webp"


def test_decoder_that_is_killed_by_its_limits_fails_only_this_photo(store, monkeypatch, tmp_path):
    greedy = tmp_path / "greedy.py"
    greedy.write_text("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass\n")
    monkeypatch.setattr(jobs, "DECODER", greedy)
    prepared, files = cleaned(store, photo_bytes())
    assert (prepared.error, files) == ("too_demanding", {})


def test_lost_bytes_are_said_to_be_lost(store):
    assert jobs.clean(store, new_code())[0].error == "lost"


@pytest.mark.parametrize("code", ["", "..", "../../etc/passwd", "a" * 25, "A" * 26, "a/" * 13, "\x00" * 26])
def test_no_path_leads_out_of_the_store(store, code):
    for act in (store.incoming, store.drop_incoming, store.remove, lambda each: store.path(each, "card")):
        with pytest.raises(errors.PhotoNotFound):
            act(code)
    for size in ("../x", "", "card.webp", "c" * 11):
        with pytest.raises(errors.PhotoNotFound):
            store.path(new_code(), size)


def test_interrupted_write_leaves_no_half_file(store, monkeypatch):
    code = new_code()

    def broken(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("app.media.store.os.fsync", broken)
    with pytest.raises(OSError):
        store.take_in(code, b"x" * 1000)
    assert not store.incoming(code).exists()
    assert not list((store.folder / "drafts").iterdir())
