"""Photos of an inspection and the marks on them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.appraisal import service
from app.appraisal.errors import (
    MarkRefused,
    PhotoElsewhere,
)
from app.appraisal.service import Box, Given
from app.kernel.hub import Hub
from app.media.models import Photo
from app.media.queries import original_file
from tests.accounts.making import actor
from tests.appraisal.working import add, car_case, evidence, given
from tests.media.making import photo_bytes


def test_a_photo_keeps_its_sealed_original_and_stands_in_the_evidence_with_its_marks(hub: Hub) -> None:
    case = car_case(hub)
    given(hub, case, Given("item_21", "XS2"))
    code = add(hub, case, item_key="item_21", boxes=[Box("item_21", "XS2", 100, 250, 300, 200)])
    told = evidence(hub, case)
    (photo,) = told["photos"]
    assert photo["photo"] == code
    assert photo["marks"] == [{"no": 1, "item": "item_21", "code": "XS2", "degree": 2, "box": [100, 250, 300, 200]}]
    assert told["without_photo"] == []
    with hub.look() as work:
        row = work.session.scalars(select(Photo).where(Photo.code == code)).one()
        content, kind = original_file(hub.store, hub.sealer, row)
        assert (content, kind) == (photo_bytes(seed=1), "image/jpeg")
        assert hub.store.original(code) != content
        assert (photo["sha256"], photo["original_sha256"]) == (row.sha256, row.upload_sha256)


def test_the_same_photo_sent_again_is_kept_once(hub: Hub) -> None:
    case = car_case(hub)
    codes = {add(hub, case, item_key="item_21", device_key="photo-0001") for _ in range(2)}
    assert len(codes) == 1
    assert len(evidence(hub, case)["photos"]) == 1


@pytest.mark.parametrize("about", [{"item_key": "touch"}, {"shot": "engine_bay.back"}, {"shot": "P4.back"}, {}])
def test_a_photo_of_what_this_inspection_does_not_have_is_refused(hub: Hub, about: dict[str, str]) -> None:
    case = car_case(hub)
    with pytest.raises(PhotoElsewhere):
        add(hub, case, **about)


def test_a_photo_of_another_inspection_cannot_be_marked_or_removed(hub: Hub) -> None:
    mine, other = car_case(hub), car_case(hub)
    foreign = add(hub, other, item_key="item_21")
    for verb in (
        lambda work: service.mark_photo(work, mine.code, foreign, []),
        lambda work: service.remove_photo(work, mine.code, foreign),
    ):
        with pytest.raises(PhotoElsewhere), hub.begin(actor(hub, mine.appraiser)) as work:
            verb(work)
    with hub.begin(actor(hub, other.appraiser)) as work:
        service.remove_photo(work, other.code, foreign)
    hub.drain()
    assert evidence(hub, other)["photos"] == []


@pytest.mark.parametrize(
    "box",
    [
        Box("item_21", "XS2", 900, 0, 200, 100),
        Box("item_21", "XS2", -1, 0, 20, 10),
        Box("item_21", "XS2", 0, 0, 0, 10),
        Box("item_21", "XS9", 0, 0, 10, 10),
        Box("touch", "ok", 0, 0, 10, 10),
    ],
)
def test_a_mark_outside_the_photo_or_of_an_unknown_answer_is_refused(hub: Hub, box: Box) -> None:
    case = car_case(hub)
    with pytest.raises(MarkRefused):
        add(hub, case, item_key="item_21", boxes=[box])
