"""Test, erase, seal: certificates with every field, a second person for one in five, seals once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.appraisal import queries, service
from app.appraisal.errors import (
    AlreadySealed,
    AppraisalNotFound,
    CheckPending,
    CheckTooLate,
    EraseFirst,
    NoErasureHere,
    NotTestedYet,
    SamePerson,
    SealTaken,
)
from app.appraisal.models import ErasureCertificate, Report
from app.appraisal.refusals import SealFirst
from app.goods.models import Thing
from app.kernel import draw
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from grading import load_scheme
from tests.accounts.making import actor, make_member, make_user, token_of
from tests.appraisal.making import ERASURE, Case, clean_answers, make_inspection, order_of
from tests.appraisal.test_pages import browser
from tests.goods.making import make_car

ERASED = dict.fromkeys(("erase_consent", "erase_method", "erase_verified", "erase_certificate"))


def tried(hub: Hub) -> Case:
    """A phone of which everything but the erasure has been answered."""
    return make_inspection(hub, clean_answers(**ERASED))


def erase(hub: Hub, case: Case, *, drawn: bool | None = None, name: str = "韩立秋", **changes: str) -> ErasureCertificate:
    """Record an erasure; with ``drawn``, tried until the draw says so: what came out otherwise was never written."""
    for _ in range(60):
        with suppress(_OtherwiseDrawn), hub.begin(actor(hub, case.appraiser)) as work:
            certificate = service.record_erasure(work, hub.sealer, case.code, ERASURE | changes, name)
            entry = draw.find_entry(work, "erasure.check", certificate.code)
            assert entry is not None
            assert entry.n == 5
            if drawn is not None and (entry.result == 0) != drawn:
                raise _OtherwiseDrawn()
            return certificate
    raise AssertionError("the draw never came out so")


class _OtherwiseDrawn(Exception):
    """Ends the transaction without a trace."""


def test_a_certificate_holds_every_field_of_the_scheme_and_answers_the_items(hub: Hub) -> None:
    case = tried(hub)
    made = erase(hub, case)
    wanted = load_scheme("phone-2026.1").erasure_certificate
    assert wanted is not None
    assert made.content.keys() == set(wanted.required_fields)
    assert all(made.content[key] != "" for key in made.content if key != "serial_number")
    assert made.content["imei"] == case.thing.imei
    assert made.sha256 == sha256_hex(canonical(made.content))
    found = order_of(hub, case).findings
    assert [found[key] for key in ERASED] == ["given", "block_erase", "sample", made.code]
    with hub.look(actor(hub, case.appraiser)) as work:
        told = queries.inspection_evidence(work, queries.visible_appraisal(work, case.code))
        how = queries.how_answered(work, queries.visible_appraisal(work, case.code))
    assert (told["erasure"]["sha256"], told["erasure"]["tool_name"], told["seal"]) == (made.sha256, "擦除工具", None)
    assert not {"imei", "serial_number", "consent_evidence_ref", "signature"} & told["erasure"].keys()
    assert how["erase_method"] == "certificate"
    canonical(told)


def test_nothing_is_erased_before_it_was_tested_and_nothing_sealed_before_it_was_erased(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers(**ERASED, touch=None, wifi=None))
    with pytest.raises(NotTestedYet) as open_tests:
        erase(hub, case)
    assert open_tests.value.values == {"count": 2}
    for again in (tried(hub), case):
        with pytest.raises(EraseFirst), hub.begin(actor(hub, again.appraiser)) as work:
            service.seal(work, again.code, "QH-0001")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"method": "factory_reset_only"}, {"method"}),
        ({"method": "none"}, {"method"}),
        ({"method": "crypto_only"}, {"method"}),
        ({"sanitisation_level": "clear"}, {"sanitisation_level"}),
        ({"tool_version": ""}, {"tool_version"}),
        ({"verification_method": "failed"}, {"verification_method"}),
        ({"verification_coverage_pct": "0"}, {"verification_coverage_pct"}),
        ({"verification_coverage_pct": "101", "storage_capacity_gb": "x"}, {"verification_coverage_pct", "storage_capacity_gb"}),
        ({"log_sha256": "AB" * 31 + "AG"}, {"log_sha256"}),
        ({"started_at": "28.11.2026"}, {"started_at"}),
        ({"finished_at": "2026-11-28 09:29"}, {"finished_at"}),
        ({"owner_consent_at": "2026-11-28 10:00"}, {"finished_at"}),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused_by_field(hub: Hub, changes: Mapping[str, str], fields: set[str]) -> None:
    case = tried(hub)
    with pytest.raises(InvalidInput) as refused:
        erase(hub, case, **changes)
    assert refused.value.errors.keys() == fields
    with hub.look() as work:
        assert work.session.scalars(select(ErasureCertificate)).all() == []


def test_a_certificate_is_signed_with_the_own_name_and_never_changed(hub: Hub) -> None:
    case = tried(hub)
    with pytest.raises(InvalidInput):
        erase(hub, case, name="周小满")
    erase(hub, case)
    for statement in ("UPDATE erasure_certificate SET sha256 = sha256", "DELETE FROM erasure_certificate"):
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement))


def test_a_drawn_certificate_waits_for_a_second_person_of_the_agency(hub: Hub) -> None:
    case = tried(hub)
    erase(hub, case, drawn=True)
    colleague = make_member(hub, "appraiser", organisation=case.agency)
    for who, refusal in (
        (case.appraiser, SamePerson),
        (make_member(hub, "appraiser"), AppraisalNotFound),
        (case.owner, SamePerson),
    ):
        with pytest.raises(refusal), hub.begin(actor(hub, who)) as work:
            service.check_erasure(work, case.code, "passed", "另一工具抽查")
    with pytest.raises(CheckPending), hub.begin(actor(hub, case.appraiser)) as work:
        service.seal(work, case.code, "QH-0001")
    with hub.begin(actor(hub, colleague)) as work:
        service.check_erasure(work, case.code, "failed", "另一工具抽查")
    with pytest.raises(CheckPending), hub.begin(actor(hub, case.appraiser)) as work:
        service.seal(work, case.code, "QH-0001")
    erase(hub, case, drawn=True)
    with hub.begin(actor(hub, colleague)) as work:
        service.check_erasure(work, case.code, "passed", "另一工具抽查")
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.seal(work, case.code, " qh-0001 ")
    with hub.look(actor(hub, case.appraiser)) as work:
        told = queries.inspection_evidence(work, queries.visible_appraisal(work, case.code))
    assert told["seal"]["no"] == "QH-0001"
    assert told["erasure"]["check"]["outcome"] == "passed"
    with pytest.raises(AlreadySealed):
        erase(hub, case)


@pytest.mark.parametrize("failed", [True, False])
def test_a_new_certificate_does_not_undo_that_somebody_must_look(hub: Hub, failed: bool) -> None:
    """Whoever was drawn, or found out, cannot write certificates until one is not drawn."""
    case = tried(hub)
    erase(hub, case, drawn=not failed)
    colleague = make_member(hub, "appraiser", organisation=case.agency)
    if failed:
        with hub.begin(actor(hub, colleague)) as work:
            service.check_erasure(work, case.code, "failed", "另一工具抽查")
    erase(hub, case, drawn=False)
    with pytest.raises(CheckPending), hub.begin(actor(hub, case.appraiser)) as work:
        service.seal(work, case.code, "QH-0001")
    with hub.begin(actor(hub, colleague)) as work:
        service.check_erasure(work, case.code, "passed", "另一工具抽查")
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert service.seal(work, case.code, "QH-0001").seal_no == "QH-0001"


def look(hub: Hub, case: Case, outcome: str) -> None:
    """A colleague of the agency looks whether the data are gone."""
    with hub.begin(actor(hub, make_member(hub, "appraiser", organisation=case.agency))) as work:
        service.check_erasure(work, case.code, outcome, "另一工具抽查")


def put_seal(hub: Hub, case: Case, number: str) -> None:
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.seal(work, case.code, number)


def signed(hub: Hub, case: Case) -> Report:
    """Signed as it stands, by the demo's signer."""
    with hub.begin(actor(hub, case.appraiser)) as work:
        made = service.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev)
    assert made is not None
    return made


def next_step(hub: Hub, case: Case) -> str:
    with hub.look(actor(hub, case.appraiser)) as work:
        order = queries.visible_appraisal(work, case.code)
        result = service.graded(work, order, work.session.get_one(Thing, order.thing_id), shanghai_day(work.now))
        return queries.erasure_steps(work, order, result).next


def test_a_check_that_fails_after_the_seal_opens_it_and_nothing_is_signed_before_a_new_one(hub: Hub) -> None:
    case = tried(hub)
    erase(hub, case, drawn=False)
    put_seal(hub, case, "QH-0001")
    assert next_step(hub, case) == "done"
    look(hub, case, "failed")
    assert next_step(hub, case) == "erase"
    with pytest.raises(SealFirst):
        signed(hub, case)
    with pytest.raises(CheckPending):
        put_seal(hub, case, "QH-0002")
    erase(hub, case, drawn=False)
    assert next_step(hub, case) == "check", "after a failed check somebody always looks again"
    with pytest.raises(SealFirst):
        signed(hub, case)
    look(hub, case, "passed")
    assert next_step(hub, case) == "seal"
    put_seal(hub, case, "QH-0002")
    assert next_step(hub, case) == "done"
    report = signed(hub, case)
    assert report.tier == "S"
    told = report.content["evidence"]
    assert (told["seal"]["no"], told["erasure"]["check"]["outcome"]) == ("QH-0002", "passed")


def test_a_check_that_finds_nothing_after_the_seal_leaves_it_on(hub: Hub) -> None:
    case = tried(hub)
    erase(hub, case, drawn=False)
    put_seal(hub, case, "QH-0001")
    look(hub, case, "passed")
    assert next_step(hub, case) == "done"
    assert signed(hub, case).content["evidence"]["erasure"]["check"]["outcome"] == "passed"


def test_nobody_checks_an_erasure_whose_report_is_made(app: Flask, hub: Hub) -> None:
    case = tried(hub)
    erase(hub, case, drawn=False)
    put_seal(hub, case, "QH-0001")
    assert signed(hub, case).tier == "S"
    with pytest.raises(CheckTooLate):
        look(hub, case, "failed")
    colleague = browser(app, hub, make_member(hub, "appraiser", organisation=case.agency))
    assert "/erasure/check" not in colleague.get(f"/appraisals/{case.code}/erasure").text


def test_a_colleague_is_told_on_the_page_what_a_failed_check_after_the_seal_means(app: Flask, hub: Hub) -> None:
    case = tried(hub)
    erase(hub, case, drawn=False)
    put_seal(hub, case, "QH-0001")
    colleague = browser(app, hub, make_member(hub, "appraiser", organisation=case.agency))
    page = f"/appraisals/{case.code}/erasure"
    shown = colleague.get(page)
    assert "The item is sealed already" in shown.text
    sent = {"csrf_token": token_of(shown), "outcome": "failed", "method": "抽查 12 处"}
    assert colleague.post(f"{page}/check", data=sent).status_code == 303
    theirs = browser(app, hub, case.appraiser).get(page).text
    assert "The re-check still found data. Please erase again." in theirs
    assert "Sealed with number QH-0001" not in theirs


def test_one_certificate_in_five_is_drawn_and_anybody_can_compute_which(hub: Hub) -> None:
    case = tried(hub)
    drawn = []
    for _ in range(40):
        made = erase(hub, case)
        with hub.look() as work:
            entry = draw.find_entry(work, "erasure.check", made.code)
            seed = draw.find_seed(work, entry.day)
            assert draw.value(hub.sealer.open(seed.sealed, seed.place), "erasure.check", made.code, 5) == entry.result
        drawn.append(entry.result == 0)
    assert 1 <= sum(drawn) <= 20


@pytest.mark.parametrize("number", ["", "QH", "Q" * 41, "QH 0001 号", "-1234"])
def test_a_seal_number_that_is_none_is_refused(hub: Hub, number: str) -> None:
    case = tried(hub)
    erase(hub, case, drawn=False)
    with pytest.raises(InvalidInput), hub.begin(actor(hub, case.appraiser)) as work:
        service.seal(work, case.code, number)


def test_a_seal_number_is_used_once(hub: Hub) -> None:
    first = tried(hub)
    erase(hub, first, drawn=False)
    with hub.begin(actor(hub, first.appraiser)) as work:
        service.seal(work, first.code, "QH-0001")
    second = make_inspection(hub, clean_answers(**ERASED), agency=first.agency, appraiser=first.appraiser, owner=make_user(hub))
    erase(hub, second, drawn=False)
    with pytest.raises(SealTaken), hub.begin(actor(hub, second.appraiser)) as work:
        service.seal(work, second.code, "QH-0001")


def test_a_car_has_nothing_to_erase(hub: Hub) -> None:
    owner = make_user(hub)
    case = make_inspection(hub, {}, thing=make_car(hub, owner), owner=owner)
    with pytest.raises(NoErasureHere):
        erase(hub, case)


def test_the_steps_are_taken_with_the_page_alone(app: Flask, hub: Hub) -> None:
    case = tried(hub)
    client = browser(app, hub, case.appraiser)
    page = f"/appraisals/{case.code}"
    shown = client.get(f"{page}/erasure")
    assert "Everything has been tested." in shown.text
    assert "These do not count as an erasure" in shown.text
    token = token_of(shown)
    wrong = client.post(f"{page}/erasure", data={"csrf_token": token, **ERASURE, "sanitisation_level": "", "name": "韩立秋"})
    assert wrong.status_code == 422
    assert 'value="擦除工具"' in wrong.text
    late = client.post(
        f"{page}/erasure", data={"csrf_token": token, **ERASURE, "finished_at": "2026-11-28 09:00", "name": "韩立秋"}
    )
    assert late.status_code == 422
    assert "The times must follow each other" in late.text
    for _ in range(40):
        assert client.post(f"{page}/erasure", data={"csrf_token": token, **ERASURE, "name": "韩立秋"}).status_code == 303
        shown = client.get(f"{page}/erasure").text
        if "A colleague looks again before the seal" in shown:
            break
    assert f"{page}/erasure/check" not in shown, "nobody checks what is their own"
    colleague = browser(app, hub, make_member(hub, "appraiser", organisation=case.agency))
    theirs = token_of(colleague.get(f"{page}/erasure"))
    assert colleague.post(f"{page}/erasure/check", data={"csrf_token": theirs}).status_code == 422
    checked = colleague.post(f"{page}/erasure/check", data={"csrf_token": theirs, "outcome": "passed", "method": "抽查 12 处"})
    assert checked.status_code == 303
    assert client.post(f"{page}/seal", data={"csrf_token": token, "seal_no": "x"}).status_code == 422
    assert client.post(f"{page}/seal", data={"csrf_token": token, "seal_no": "QH-0002"}).status_code == 303
    assert "Sealed with number QH-0002." in client.get(f"{page}/erasure").text
