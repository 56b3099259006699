"""A photo's way: received, cleaned once, shown to those who may see it, or deleted."""

from __future__ import annotations

import hashlib
import os
import time

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.kernel.outbox import OutboxRow
from app.kernel.work import SYSTEM, Actor
from app.media import errors, jobs, service
from app.media.events import PhotoReceived
from app.media.models import Photo, UploadDay
from app.media.queries import own_photo, photo_file, photos_by_code, photos_by_id, public_photo
from tests.accounts.making import make_user
from tests.media.making import detached, make_photo, photo_bytes


@pytest.fixture
def owner(hub):
    return make_user(hub).id


def photo_of(hub, photo_id):
    with hub.look(SYSTEM) as work:
        return detached(work.session, photo_id)


def test_photo_becomes_ready_after_the_worker_ran(hub, owner):
    with hub.begin() as work:
        photo = service.receive(work, hub.store, owner, photo_bytes(width=3000, height=1500))
    assert photo.state == "received"
    assert hub.store.incoming(photo.code).exists()
    hub.drain()
    ready = photo_of(hub, photo.id)
    assert (ready.state, ready.width, ready.height, ready.audience) == ("ready", 2000, 1000, "owner")
    assert not hub.store.incoming(photo.code).exists()
    zoom = hub.store.path(photo.code, "zoom").read_bytes()
    assert hashlib.sha256(zoom).hexdigest() == ready.sha256
    assert photo_file(hub.store, ready, "card").content_type == "image/webp"


def test_broken_photo_fails_with_a_sentence(hub, owner):
    data = photo_bytes()
    with hub.begin() as work:
        photo = service.receive(work, hub.store, owner, data[: len(data) // 2])
    hub.drain()
    failed = photo_of(hub, photo.id)
    assert (failed.state, failed.error) == ("failed", "unreadable")
    assert "damaged" in failed.sentence
    assert not hub.store.incoming(photo.code).exists()
    with pytest.raises(errors.PhotoNotFound):
        photo_file(hub.store, failed, "card")


def test_job_may_run_twice(hub, owner):
    photo = make_photo(hub, owner)
    before = hub.store.path(photo.code, "zoom").stat().st_mtime_ns
    jobs.prepare_photo(hub, PhotoReceived(photo.id))
    again = photo_of(hub, photo.id)
    assert (again.state, again.sha256) == ("ready", photo.sha256)
    assert hub.store.path(photo.code, "zoom").stat().st_mtime_ns == before


def test_job_killed_after_the_files_is_finished_by_the_next_run(hub, owner, monkeypatch):
    with hub.begin() as work:
        photo = service.receive(work, hub.store, owner, photo_bytes())

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.prepare_photo(hub, PhotoReceived(photo.id))
    assert photo_of(hub, photo.id).state == "received"
    jobs.prepare_photo(hub, PhotoReceived(photo.id))
    assert photo_of(hub, photo.id).state == "ready"


def test_file_without_a_row_is_swept_after_a_day_and_nothing_else(hub, owner):
    with hub.begin() as work:
        stray = service.receive(work, hub.store, owner, photo_bytes()).code
        work.session.rollback()  # the process ends between the file and the commit
    with hub.begin() as work:
        waiting = service.receive(work, hub.store, owner, photo_bytes()).code
    assert hub.store.incoming(stray).exists()
    assert jobs.forget_strays(hub) == 0  # it may still be on its way
    long_ago = time.time() - 2 * 24 * 3600
    for code in (stray, waiting):
        os.utime(hub.store.incoming(code), (long_ago, long_ago))
    assert jobs.forget_strays(hub) == 1
    assert not hub.store.incoming(stray).exists()
    assert hub.store.incoming(waiting).exists()
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Photo)) == 1


def test_deleted_draft_takes_its_files_along(hub, owner):
    photo = make_photo(hub, owner)
    with hub.begin() as work:
        service.delete(work, work.session.get(Photo, photo.id))
        event = work.session.scalars(select(OutboxRow).where(OutboxRow.name == "PhotoDeleted")).one()
        assert event.payload == {"photo_code": photo.code}
    jobs.remove_files(hub, jobs.PhotoDeleted(photo.code))
    jobs.remove_files(hub, jobs.PhotoDeleted(photo.code))
    with pytest.raises(errors.PhotoNotFound):
        hub.store.path(photo.code, "zoom")
    assert photo_of(hub, photo.id) is None


def test_photo_deleted_while_it_is_cleaned_leaves_no_files(hub, owner, monkeypatch):
    with hub.begin() as work:
        photo = service.receive(work, hub.store, owner, photo_bytes())
    real = jobs.clean

    def meanwhile(store, code):
        cleaned = real(store, code)
        with hub.begin() as work:
            service.delete(work, work.session.get(Photo, photo.id))
        return cleaned

    monkeypatch.setattr(jobs, "clean", meanwhile)
    jobs.prepare_photo(hub, PhotoReceived(photo.id))
    with pytest.raises(errors.PhotoNotFound):
        hub.store.path(photo.code, "zoom")


def test_shared_photo_is_not_deleted(hub, owner):
    photo = make_photo(hub, owner, public=True)
    with hub.begin() as work, pytest.raises(errors.PhotoInUse):
        service.delete(work, work.session.get(Photo, photo.id))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM photo WHERE id = {id}",
        "UPDATE photo SET sha256 = 'x' WHERE id = {id}",
        "UPDATE photo SET state = 'received', sha256 = NULL, width = NULL, height = NULL WHERE id = {id}",
        "UPDATE photo SET owner_id = 8 WHERE id = {id}",
        "UPDATE photo SET upload_sha256 = 'x' WHERE id = {id}",
        "UPDATE photo SET audience = 'everybody' WHERE id = {id}",
        "UPDATE photo SET width = NULL WHERE id = {id}",
    ],
)
def test_database_refuses_to_change_a_settled_photo(hub, owner, statement):
    photo = make_photo(hub, owner, public=True)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement.format(id=photo.id)))
    assert photo_of(hub, photo.id).sha256 == photo.sha256


def test_unready_photo_cannot_be_public(hub, owner):
    photo = make_photo(hub, owner, ready=False)
    with hub.begin() as work:
        service.publish(work, [photo.id])
    assert photo_of(hub, photo.id).audience == "owner"
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(f"UPDATE photo SET audience = 'public' WHERE id = {photo.id}"))


def test_daily_limit_of_photos_is_told_and_deleting_does_not_help(hub, owner, monkeypatch):
    monkeypatch.setattr(service, "MOST_PHOTOS_A_DAY", 2)
    for _ in range(2):
        photo = make_photo(hub, owner)
        with hub.begin() as work:
            service.delete(work, work.session.get(Photo, photo.id))
    with pytest.raises(errors.TooManyPhotosToday), hub.begin() as work:
        service.receive(work, hub.store, owner, photo_bytes())
    make_photo(hub, make_user(hub).id)  # somebody else is not concerned
    with hub.look() as work:
        assert work.session.scalars(select(UploadDay).where(UploadDay.owner_id == owner)).one().photos == 2


def test_daily_limit_of_bytes_is_kept(hub, owner, monkeypatch):
    data = photo_bytes()
    monkeypatch.setattr(service, "MOST_BYTES_A_DAY", 2 * len(data))
    for _ in range(2):
        with hub.begin() as work:
            service.receive(work, hub.store, owner, data)
    with pytest.raises(errors.TooManyPhotosToday), hub.begin() as work:
        service.receive(work, hub.store, owner, data)


def test_look_ups_keep_the_order_and_leave_out_the_unknown(hub, owner):
    first, second = make_photo(hub, owner), make_photo(hub, owner, seed=1)
    with hub.look() as work:
        assert [photo.id for photo in photos_by_code(work, [second.code, "nothing", first.code])] == [second.id, first.id]
        assert photos_by_code(work, []) == []
        assert set(photos_by_id(work, [first.id, 999])) == {first.id}


def test_only_the_owner_finds_an_own_photo_and_everybody_the_public_one(hub, owner):
    photo = make_photo(hub, owner)
    with hub.look(Actor("user", owner)) as work:
        assert own_photo(work, photo.code).id == photo.id
        with pytest.raises(errors.PhotoNotFound):
            public_photo(work, photo.code)
    with hub.look(Actor("user", make_user(hub).id)) as work, pytest.raises(errors.PhotoNotFound):
        own_photo(work, photo.code)


def test_public_photo_is_served_for_good_and_private_ones_are_not(hub, owner, client):
    shown, draft = make_photo(hub, owner, public=True), make_photo(hub, owner, seed=1)
    answer = client.get(f"/media/{shown.code}/card.webp")
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"public", "immutable", "max-age=31536000"} <= set(answer.headers["Cache-Control"].split(", "))
    assert "Set-Cookie" not in answer.headers
    again = client.get(f"/media/{shown.code}/card.webp", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for path in (
        f"/media/{draft.code}/card.webp",
        f"/media/{shown.code}/huge.webp",
        f"/media/{shown.code}/..%2fcard.webp",
        "/media/..%2f..%2fkeys/card.webp",
        "/media/" + "z" * 26 + "/card.webp",
    ):
        assert client.get(path).status_code == 404, path


def test_withdrawn_photo_is_no_longer_served(hub, owner, client):
    photo = make_photo(hub, owner, public=True)
    with hub.begin() as work:
        service.withdraw(work, [photo.id])
    assert client.get(f"/media/{photo.code}/card.webp").status_code == 404
