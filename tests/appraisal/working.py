"""What tests of the workbench do: answers of a device, photos, and what they come to."""

from __future__ import annotations

from app.appraisal import queries, service
from app.appraisal.service import Given
from app.kernel.hub import Hub
from app.media.models import Photo
from tests.accounts.making import actor, make_user
from tests.appraisal.making import Case, make_inspection
from tests.goods.making import make_appliance, make_car
from tests.journeys.test_categories import answer_all
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


# A washing machine of class I that is sound, and what is measured on it.
MEASURED = {"leakage_ma": "0.1", "earth_ohm": "0.09", "insulation_i_mohm": "80"}
SOUND = {"protection_class": "I", "start_date": "2023-06-01", **MEASURED}
KINDS = {"leakage_ma": "leakage_tester", "earth_ohm": "earth_tester", "insulation_i_mohm": "insulation_tester"}


def washing_machine(hub: Hub, **who: object) -> Case:
    """An accepted washing machine."""
    owner = make_user(hub, name="周小满")
    return make_inspection(hub, thing=make_appliance(hub, owner), owner=owner, **who)


def measure_all(hub: Hub, case: Case, **changes: str) -> None:
    """Everything is answered; each number names the agency's instrument of its kind, where it has one."""
    with hub.look(actor(hub, case.appraiser)) as work:
        kits = {kit.kind: kit.serial for kit in queries.instruments(work, case.agency.id)}
    answer_all(hub, case.code, case.appraiser, **SOUND | changes)
    named = [Given(key, value, value, kits[KINDS[key]]) for key, value in MEASURED.items() if KINDS[key] in kits]
    if named:
        assert not given(hub, case, *named).refused
