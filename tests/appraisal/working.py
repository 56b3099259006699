"""What tests of the workbench do: answers of a device, photos, and what they come to."""

from __future__ import annotations

from app.appraisal import queries, service
from app.appraisal.service import Given
from app.kernel.hub import Hub
from app.media.models import Photo
from tests.accounts.making import actor, make_user
from tests.appraisal.making import Case, make_inspection
from tests.goods.making import make_car
from tests.media.making import photo_bytes, prepare_once


def car_case(hub: Hub) -> Case:
    """An accepted car with a combustion engine."""
    owner = make_user(hub, name="周小满")
    return make_inspection(hub, thing=make_car(hub, owner), owner=owner)


def given(hub: Hub, case: Case, *answers: Given, key: str | None = None) -> service.Merged:
    with hub.begin(actor(hub, case.appraiser)) as work:
        return service.save_answers(work, case.code, answers, key)


def add(hub: Hub, case: Case, seed: int = 1, **about: object) -> str:
    """Send a photo and let it be prepared; its code."""
    with hub.begin(actor(hub, case.appraiser)) as work:
        row = service.add_photo(work, hub.store, hub.sealer, case.code, photo_bytes(seed=seed), **about)  # type: ignore[arg-type]
        photo_id, code = row.photo_id, work.session.get_one(Photo, row.photo_id).code
    prepare_once(hub, photo_id)
    return code


def evidence(hub: Hub, case: Case) -> dict:
    with hub.look(actor(hub, case.appraiser)) as work:
        return queries.inspection_evidence(work, queries.visible_appraisal(work, case.code))
