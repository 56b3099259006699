"""Hostile files and hostile requests at the door where photos come in: a plain sentence, nothing kept, the worker lives on."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from sqlalchemy import delete, select
from werkzeug.test import EnvironBuilder

from app.kernel.hub import Hub
from app.kernel.rates import RateCount
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.listings.queries import photos_of
from app.media import decode, jobs
from app.media.models import Photo
from tests.accounts.making import make_user, sign_in, token_of
from tests.api import making as programs
from tests.appraisal.making import make_inspection
from tests.attack.making_files import FILES, NAMES, photo_with_secrets
from tests.goods.making import make_car
from tests.listings.making import make_draft
from tests.media import hostile
from tests.media.making import photo_bytes
from tests.reinspection.making import make_scene

ALL = {**hostile.files(), **FILES()}


class Seller:
    """Somebody with an empty draft who sends photos from a browser."""

    def __init__(self, hub: Hub, app: Flask) -> None:
        self.hub, self.client = hub, app.test_client()
        self.user = make_user(hub)
        sign_in(self.client, hub, self.user)
        self.draft: Listing = make_draft(hub, self.user, photos=0)
        self.address = f"/sell/{self.draft.code}/photos/add"
        self.token = token_of(self.client.get("/protection"))

    def send(self, data: bytes, name: str = "photo.jpg", kind: str = "image/jpeg", **headers: str) -> tuple[int, str]:
        sent = {"csrf_token": self.token, "photo": (io.BytesIO(data), name, kind)}
        body, content_type = multipart(sent)
        answer = self.client.post(self.address, data=body, content_type=content_type, headers={"X-Upload": "1", **headers})
        return answer.status_code, answer.get_json()["title"] if answer.mimetype == "application/json" else answer.text

    def kept(self) -> list[Photo]:
        with self.hub.look(SYSTEM) as work:
            return [work.session.get_one(Photo, photo.photo_id) for photo in photos_of(work, self.draft.id)]

    def empty_out(self) -> None:
        for photo in self.kept():
            self.client.post(f"/sell/{self.draft.code}/photos/{photo.code}/delete", data={"csrf_token": self.token})


def multipart(sent: dict[str, Any]) -> tuple[bytes, str]:
    """The form as the bytes that a browser sends, and their kind. The test client itself would leave a large one in an open file."""
    environ = EnvironBuilder(method="POST", data=sent, content_type="multipart/form-data").get_environ()
    with environ["wsgi.input"] as stream:
        return stream.read(), environ["CONTENT_TYPE"]


@pytest.fixture
def seller(hub: Hub, app: Flask) -> Seller:
    return Seller(hub, app)


def left_behind(hub: Hub) -> list[str]:
    """Files of the store that are no finished photo."""
    return [
        str(path.relative_to(hub.store.folder))
        for path in hub.store.folder.rglob("*")
        if path.is_file() and "ready" not in path.parts
    ]


def test_there_are_forty_and_more_hostile_files() -> None:
    assert len(ALL) >= 110
    assert len(FILES()) >= 35


@pytest.mark.slow
def test_every_hostile_file_through_the_browsers_door(hub: Hub, seller: Seller) -> None:
    """Refused at once with a Chinese sentence, failed with one, or clean; and nothing of the file stays."""
    faults = []
    for name, (data, expected) in ALL.items():
        status, said = seller.send(data)
        if expected == "refused":
            if not (status in (413, 422) and re.search("[\u4e00-\u9fff]", said)) or seller.kept() or left_behind(hub):
                faults.append(f"{name}: {status} {said[:80]!r}")
            continue
        hub.drain()
        (photo,) = seller.kept()
        wanted = ("ready", None) if expected == "ready" else ("failed", expected)
        if status != 200 or (photo.state, photo.error) != wanted:
            faults.append(f"{name}: {status} {photo.state} {photo.error} instead of {wanted}")
        page = seller.client.get(f"/sell/{seller.draft.code}/photos").text
        if photo.state == "failed" and "photo" in page and not re.search("[\u4e00-\u9fff]", page):
            faults.append(f"{name}: no sentence on the page")
        if left_behind(hub):
            faults.append(f"{name}: left {left_behind(hub)}")
        seller.empty_out()
        hub.drain()
    assert not faults, "\n".join(faults)
    # The door and the worker are as they were.
    assert seller.send(photo_bytes())[0] == 200
    hub.drain()
    assert seller.kept()[0].state == "ready"


def newest(hub: Hub) -> Photo | None:
    with hub.look(SYSTEM) as work:
        return work.session.scalars(select(Photo).order_by(Photo.id.desc()).limit(1)).first()


def by_program(hub: Hub, app: Flask) -> Callable[[bytes], tuple[int, str]]:
    """A program sends photos of a draft."""
    person = make_user(hub)
    draft, program = make_draft(hub, person, photos=0), programs.Program(app, hub, person)

    def send(data: bytes) -> tuple[int, str]:
        for row in program.ok("listPhotos", {"code": draft.code})["items"]:
            program.ok("deletePhoto", {"code": draft.code, "photo_code": row["code"]})
        with hub.begin(SYSTEM) as work:
            work.session.execute(delete(RateCount))  # how often is tried elsewhere
        answer = program.call("addPhoto", {"code": draft.code}, raw=data, kind="image/jpeg", headers={"Accept-Language": "zh"})
        return answer.status_code, answer.get_json().get("detail", "")

    return send


def by_appraiser(hub: Hub, app: Flask) -> Callable[[bytes], tuple[int, str]]:
    """An appraiser photographs a shot of an inspection; what came in is evidence, so its original is kept."""
    owner = make_user(hub)
    case = make_inspection(hub, thing=make_car(hub, owner), owner=owner)
    client = app.test_client()
    sign_in(client, hub, case.appraiser)
    token = token_of(client.get(f"/appraisals/{case.code}/inspect"))

    def send(data: bytes) -> tuple[int, str]:
        sent = {"csrf_token": token, "shot": "engine_bay.engine_bay", "photo": (io.BytesIO(data), "photo.jpg", "image/jpeg")}
        body, content_type = multipart(sent)
        head = {"X-Upload": "1", "Accept": "application/json"}
        answer = client.post(f"/appraisals/{case.code}/photos", data=body, content_type=content_type, headers=head)
        return answer.status_code, answer.get_json().get("title", "")

    return send


@pytest.mark.slow
@pytest.mark.parametrize("door", [by_program, by_appraiser])
def test_every_hostile_file_through_the_other_doors(
    hub: Hub, app: Flask, door: Callable[[Hub, Flask], Callable[[bytes], tuple[int, str]]]
) -> None:
    send, faults = door(hub, app), []
    for name, (data, expected) in ALL.items():
        last, files = newest(hub), set(left_behind(hub))
        status, said = send(data)
        if expected != "refused":
            hub.drain()
        photo, more = newest(hub), set(left_behind(hub)) - files
        is_new = photo is not None and (last is None or photo.id > last.id)
        if expected == "refused":
            if not (400 <= status < 500 and re.search("[\u4e00-\u9fff]", said)) or is_new or more:
                faults.append(f"{name}: {status} {said[:80]!r}, {len(more)} files")
            continue
        wanted = ("ready", None) if expected == "ready" else ("failed", expected)
        had = (photo.state, photo.error) if photo is not None and is_new else None
        if status not in (200, 201) or had != wanted or len(more) > (door is by_appraiser):
            faults.append(f"{name}: {status} {had} instead of {wanted}, {len(more)} files")
    assert not faults, "\n".join(faults)


@pytest.mark.slow
def test_hostile_files_with_the_reasons_of_a_contest_are_refused_and_the_reasons_kept(hub: Hub, app: Flask) -> None:
    """Its owner doubts a grade. A file that is refused opens no contest and loses no word; a clean photo then does."""
    scene = make_scene(hub)
    client = app.test_client()
    sign_in(client, hub, scene.owner)
    address, reason = f"/reports/{scene.first.code}/contest", "屏幕的划痕比报告里写的深得多，请再看一次。"
    token, faults = token_of(client.get(address)), []

    def send(data: bytes) -> tuple[int, str]:
        sent = {"csrf_token": token, "reason": reason, "photos": (io.BytesIO(data), "photo.jpg", "image/jpeg")}
        body, content_type = multipart(sent)
        answer = client.post(address, data=body, content_type=content_type)
        return answer.status_code, answer.text

    refused = {name: data for name, (data, expected) in ALL.items() if expected == "refused" and data}
    assert len(refused) >= 20
    for name, data in refused.items():
        last = newest(hub)
        status, page = send(data)
        photo = newest(hub)
        if status not in (413, 422) or (photo and photo.id) != (last and last.id) or left_behind(hub):
            faults.append(f"{name}: {status}")
        elif status == 422 and reason not in page:
            faults.append(f"{name}: the reasons are lost")
    assert not faults, "\n".join(faults)
    assert send(photo_bytes())[0] == 303


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_place_camera_and_words_in_a_file_are_gone(hub: Hub, seller: Seller, format: str) -> None:
    data, secrets = photo_with_secrets(format)
    assert all(secret in data for secret in secrets), "the file must hold what is looked for"
    assert seller.send(data)[0] == 200
    hub.drain()
    (photo,) = seller.kept()
    for size in ("card", "page", "zoom"):
        kept = hub.store.path(photo.code, size).read_bytes()
        assert not [secret for secret in secrets if secret in kept]
        with Image.open(io.BytesIO(kept)) as image:
            assert not image.getexif()
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
    assert left_behind(hub) == []


@pytest.mark.parametrize("name", NAMES)
def test_name_of_a_file_leads_nowhere_and_is_never_kept(hub: Hub, seller: Seller, name: str) -> None:
    before = {path for path in hub.settings.data_dir.rglob("*") if path.is_file() and "db" not in path.parts}
    status, _ = seller.send(photo_bytes(), name)
    assert status in (200, 400), name
    for photo in seller.kept():
        assert re.fullmatch("[0-9a-z]{26}", photo.code)
    after = {path for path in hub.settings.data_dir.rglob("*") if path.is_file() and "db" not in path.parts}
    assert {path.parent.name for path in after - before} <= {"incoming"}
    assert all(re.fullmatch("[0-9a-z]{26}", path.name) for path in after - before)


def test_refused_name_is_shown_as_text(seller: Seller) -> None:
    sent = {"csrf_token": seller.token, "photo": (io.BytesIO(b"no photo"), "<img src=x onerror=alert(1)>.jpg", "image/jpeg")}
    answer = seller.client.post(seller.address, data=sent, content_type="multipart/form-data", follow_redirects=True)
    assert "<img src=x" not in answer.text
    assert "&lt;img src=x onerror=alert(1)&gt;.jpg" in answer.text


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/x-php", "", "image/jpeg; charset=utf-7", "a" * 2000, "../../x"]
)
def test_type_that_is_claimed_does_not_matter(hub: Hub, seller: Seller, kind: str) -> None:
    assert seller.send(photo_bytes(), kind=kind)[0] == 200
    assert seller.send(b"<html><script>alert(1)</script>", kind=kind or "image/jpeg")[0] == 422


# The request itself

PART = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'


def bodies() -> dict[str, tuple[str, bytes, set[int]]]:
    """name -> (content type, body, statuses that are right)."""
    good = b"--x\r\n" + PART + photo_bytes() + b"\r\n--x--\r\n"
    lost = {400}  # the token is gone with the rest
    return {
        "no boundary": ("multipart/form-data", good, lost),
        "empty boundary": ("multipart/form-data; boundary=", good, lost),
        "another boundary": ("multipart/form-data; boundary=y", good, lost),
        "boundary of 5,000 signs": ("multipart/form-data; boundary=" + "y" * 5000, good, lost),
        "boundary with a line break": ('multipart/form-data; boundary="a\\nb"', good, lost),
        "boundary that is no ASCII": ("multipart/form-data; boundary=\xff", good, lost),
        "never ended": ("multipart/form-data; boundary=x", good[:-20], lost),
        "nothing": ("multipart/form-data; boundary=x", b"", lost),
        "only the end": ("multipart/form-data; boundary=x", b"--x--", lost),
        "no headers": ("multipart/form-data; boundary=x", b"--x\r\n\r\nabc\r\n--x--", lost),
        "header without an end": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 100_000, {400, 413}),
        "a thousand headers": ("multipart/form-data; boundary=x", b"--x\r\n" + b"X-A: b\r\n" * 1000 + PART + b"a\r\n--x--", lost),
        "name without a value": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name\r\n\r\na\r\n--x--", lost),
        "name that is not ASCII": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\na\r\n--x--', lost),
        "filename*": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename*=UTF-8''..%2f..%2fx\r\n\r\na\r\n--x--", lost),
        "broken filename*": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename*=utf-16'%ff\r\n\r\na\r\n--x--", lost),
        "1,200 parts": ("multipart/form-data; boundary=x", b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' for _ in range(1200)) + b"--x--", {413}),
        "a field of 600,000 bytes": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 600_000 + b"\r\n--x--", {413}),
        "26 MB": ("multipart/form-data; boundary=x", b"--x\r\n" + PART + bytes(26 * 1024 * 1024) + b"\r\n--x--", {413}),
        "multipart in multipart": ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n" + PART + b"a\r\n--y--\r\n--x--", lost),
        "mixed": ("multipart/mixed; boundary=x", good, lost),
        "JSON": ("application/json", b'{"photo": "x"}', lost),
        "as it is": ("image/jpeg", photo_bytes(), lost),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(bodies()))
def test_hostile_request_is_refused(hub: Hub, seller: Seller, name: str) -> None:
    kind, body, right = bodies()[name]
    answer = seller.client.post(seller.address, data=body, headers={"Content-Type": kind, "X-Upload": "1"})
    assert answer.status_code in right, answer.status_code
    assert seller.kept() == []
    assert left_behind(hub) == []


def raw(client: FlaskClient, address: str, **environ: object) -> int:
    """A request whose framing headers are as they are given."""
    answer = client.open(address, method="POST", environ_overrides=environ)
    answer.close()
    return answer.status_code


@pytest.mark.parametrize("length", ["-1", "abc", "", "99999999999999999999", "1_0", "１", "0x10", "1e3", " 5", "+5"])
def test_length_that_is_a_lie_breaks_nothing(seller: Seller, length: str) -> None:
    for address in (seller.address, "/sign-in", "/language"):
        assert raw(seller.client, address, CONTENT_LENGTH=length, CONTENT_TYPE="application/x-www-form-urlencoded") in (400, 413)


def test_files_beside_the_photo_and_too_many_photos_are_left_out(hub: Hub, seller: Seller) -> None:
    many = [(io.BytesIO(photo_bytes(width=200, height=200, seed=number)), f"{number}.jpg") for number in range(15)]
    sent = {
        "csrf_token": seller.token,
        "photo": many,
        "other": (io.BytesIO(b"<?php"), "x.php"),
        "photo[]": (io.BytesIO(b"x"), "y"),
    }
    assert (
        seller.client.post(seller.address, data=sent, content_type="multipart/form-data", headers={"X-Upload": "1"}).status_code
        == 200
    )
    assert 1 <= len(seller.kept()) <= 12


def test_pages_without_photos_take_no_large_bodies(seller: Seller) -> None:
    for address in ("/sign-in", "/language", f"/sell/{seller.draft.code}/price", f"/sell/{seller.draft.code}/photos/x/delete"):
        answer = seller.client.post(address, data={"csrf_token": seller.token, "x": "a" * 1_100_000})
        assert answer.status_code == 413, address
        many = "&".join(f"a{number}=1" for number in range(60_000))
        assert seller.client.post(address, data=many, content_type="application/x-www-form-urlencoded").status_code in (400, 413)


def test_stranger_cannot_send_photos_into_a_draft(hub: Hub, app: Flask, seller: Seller) -> None:
    other = Seller(hub, app)
    other.address = seller.address
    assert other.send(photo_bytes())[0] == 404
    assert seller.kept() == []


# The process that opens files


def test_decoder_is_bound_before_it_opens_anything() -> None:
    """safety: memory, time, file size and number of open files of the process that touches foreign bytes."""
    source = jobs.DECODER.read_text()
    assert source.index("limit_this_process()\n    try") < source.index("clean(source, folder)\n    except Refused")
    assert decode.MEMORY_BYTES <= 1_536 * 1024 * 1024
    assert decode.CPU_SECONDS < jobs.WALL_SECONDS


GREEDY = {
    "memory": "x = bytearray(3 * 1024**3)",
    "time": "while True: pass",
    "a large file": "open('big', 'wb').write(b'x' * (64 * 1024**2))",
    "many files": "held = [open('/dev/null') for _ in range(500)]",
    "recursion": "def f(): f()\nimport sys; sys.setrecursionlimit(10**9); f()",
    "noise": "print('x' * 10**6)",
    "silence": "pass",
    "a lie": "print('{\"width\": 1}')",
    "two lines": "print('{}'); print('{}')",
}


@pytest.mark.slow
@pytest.mark.parametrize("how", sorted(GREEDY))
def test_worker_survives_a_decoder_that_runs_wild(
    hub: Hub, seller: Seller, how: str, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """What a hole in a picture library could make of the decoder ends as one photo that cannot be used."""
    body = jobs.DECODER.read_text().replace("CPU_SECONDS = 20", "CPU_SECONDS = 2").split("if __name__")[0]
    wild = tmp_path / "wild.py"
    wild.write_text(f"{body}\nlimit_this_process()\n{GREEDY[how]}\n")
    monkeypatch.setattr(jobs, "DECODER", wild)
    assert seller.send(photo_bytes())[0] == 200
    began = time.monotonic()
    hub.drain()
    assert time.monotonic() - began < jobs.WALL_SECONDS
    (photo,) = seller.kept()
    assert photo.state == "failed"
    assert photo.error in ("too_demanding", "unreadable")
    assert left_behind(hub) == []


def test_odd_numbers_in_camera_data_do_not_cost_the_photo() -> None:
    exif = Image.Exif()
    for tag, value in ((0x0112, 0), (0x0112, 9), (0x0112, 65535), (0x011A, IFDRational(1, 0)), (0x8769, 0xFFFFFFFF)):
        exif[tag] = value
    assert decode.upright(Image.new("RGB", (20, 10))).size == (20, 10)
