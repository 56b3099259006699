"""Reports signed with keys of people: who signs what, what is refused with the work kept, and that nobody else can."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.checking import check_file, check_stored
from app.appraisal.errors import AgencySuspended, AppraisalNotFound, NameDiffers
from app.appraisal.models import Appraisal, Report, ReportDraft, SigningKey
from app.appraisal.queries.register import confirmed_certificates
from app.appraisal.refusals import (
    CertificateWithdrawn,
    DraftMoved,
    KeyAlreadyKnown,
    KeyNewerThanDraft,
    KeyNotYours,
    KeyRevoked,
    NotYourReport,
    OwnKeyNeeded,
    ProofWrong,
    ReportAlreadyRevoked,
    ReportMoved,
    SignatureWrong,
)
from app.kernel.canonical import canonical
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from grading.report import detached, generate_key, join, key_document, key_id, public_bytes, read_detached, read_keys, verify
from tests.accounts.making import actor, make_member, make_organisation, make_user, sign_in
from tests.appraisal.making import CLOSED, Case, clean_answers, make_inspection, make_key, make_report, order_of
from tests.journeys.test_categories import an_inspection, answer_all
from tests.listings.making import CAR, make_thing_listing


def frozen(hub: Hub) -> tuple[Case, Ed25519PrivateKey, ReportDraft]:
    """An inspection of a phone, frozen by an appraiser with a key."""
    case = make_inspection(hub, clean_answers())
    private = make_key(hub, case.appraiser)
    return case, private, freeze(hub, case.code, case.appraiser)


def freeze(hub: Hub, code: str, who: User) -> ReportDraft:
    with hub.begin(actor(hub, who)) as work:
        return service.freeze(work, code, queries.visible_appraisal(work, code).findings_rev)


def signed_by(draft: ReportDraft, private: Ed25519PrivateKey, **changes: str) -> service.Signed:
    part = read_detached(detached(canonical(draft.content), private))
    return dataclasses.replace(service.Signed(part["kid"], part["value"], part["content_sha256"]), **changes)


def send(hub: Hub, code: str, who: User, signature: service.Signed) -> Report | None:
    with hub.begin(actor(hub, who)) as work:
        return service.add_signature(work, code, signature)


def published(hub: Hub) -> dict[str, Any]:
    """The public list of keys, as a reader keeps it."""
    with hub.look() as work:
        return dict(read_keys(json.dumps(key_document(queries.public_keys(work))).encode()))


def file_of(hub: Hub, report: Report) -> bytes:
    with hub.look() as work:
        return queries.report_file(work, report)


def state_of(hub: Hub, case: Case) -> str:
    return order_of(hub, case).state


def test_an_appraiser_signs_with_a_key_and_anybody_verifies_without_us(hub: Hub) -> None:
    case, private, draft = frozen(hub)
    assert state_of(hub, case) == "report_draft"
    report = send(hub, case.code, case.appraiser, signed_by(draft, private))
    assert report is not None
    assert (state_of(hub, case), report.sha256) == ("issued", draft.sha256)
    verdict = verify(file_of(hub, report), published(hub))
    assert (verdict.exit_code, verdict.content_sha256) == (0, report.sha256)
    assert [(each.role, each.holder) for each in verdict.signers] == [("appraiser", case.appraiser.display_name)]
    assert report.content["signature"]["kind"] == "key"


def test_a_car_waits_for_its_senior_and_both_sign_the_same_bytes(hub: Hub) -> None:
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    keys = {inspector.id: make_key(hub, inspector)}
    with hub.look(actor(hub, inspector)) as work:
        order = queries.visible_appraisal(work, code)
        senior = queries.reviewers_for(work, order.agency_id, "car", inspector.id)[0]
    keys[senior.id] = make_key(hub, senior)
    draft = freeze(hub, code, inspector)
    assert (draft.reviewer_id, draft.content["signers"]) == (senior.id, ["appraiser", "reviewer"])
    with pytest.raises(AppraisalNotFound):
        send(hub, code, senior, signed_by(draft, keys[senior.id]))  # the appraiser signs first
    assert send(hub, code, inspector, signed_by(draft, keys[inspector.id])) is None
    with pytest.raises(DraftMoved):
        send(hub, code, inspector, signed_by(draft, keys[inspector.id]))  # nobody signs twice
    report = send(hub, code, senior, signed_by(draft, keys[senior.id]))
    assert report is not None
    verdict = verify(file_of(hub, report), published(hub))
    assert (verdict.exit_code, [each.role for each in verdict.signers]) == (0, ["appraiser", "reviewer"])
    one = json.loads(file_of(hub, report))
    alone = join(one["content"], [(each["role"], each["kid"], each["value"]) for each in one["signatures"][:1]])
    assert [problem.code for problem in verify(alone, published(hub)).problems] == ["signature_missing"]


def test_a_senior_sends_a_report_back_and_every_answer_is_kept(hub: Hub, app: Flask) -> None:
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    with hub.begin(actor(hub, inspector)) as work:
        order = queries.visible_appraisal(work, code)
        before = dict(order.findings)
        assert service.sign(work, code, inspector.display_name, order.findings_rev) is None
    with hub.look() as work:
        draft = queries.draft_of(work, order)
        assert draft is not None
        senior = work.session.get_one(User, draft.reviewer_id)
    with hub.look() as work:
        assert [order.code for order, _draft in queries.waiting_for(work, senior.id)] == [code]
        assert queries.waiting_for(work, inspector.id) == []
    for who in (senior, inspector):
        browser = app.test_client()
        sign_in(browser, hub, who)
        assert browser.get("/appraiser").status_code == 200
        assert browser.get(f"/appraisals/{code}/draft").status_code == 200
        assert browser.get(f"/appraisals/{code}").status_code == 200
    with pytest.raises(NameDiffers), hub.begin(actor(hub, senior)) as work:
        service.confirm(work, code, "别人", draft.sha256)
    with hub.begin(actor(hub, senior)) as work:
        order = service.refer_back(work, code, "左前门的漆膜厚度请再测一次。")
    assert (order.state, order.findings) == ("inspecting", before)


def test_the_database_keeps_the_appraiser_from_reviewing_the_own_report(hub: Hub) -> None:
    case, _private, draft = frozen(hub)
    columns = "code, appraisal_id, appraiser_id, reviewer_id, content, sha256, findings_rev, frozen_at"
    with pytest.raises(IntegrityError, match="reviewer_is_another"), hub.begin() as work:
        work.session.execute(
            text(
                f"INSERT INTO report_draft ({columns}) SELECT 'x', appraisal_id, appraiser_id, appraiser_id, content, 'y', "
                "findings_rev, frozen_at FROM report_draft"
            )
        )
    assert draft.appraiser_id == case.appraiser.id


def test_the_database_wants_the_own_unrevoked_key_and_the_signatures(hub: Hub) -> None:
    case, private, _draft = frozen(hub)
    other = make_user(hub)
    make_key(hub, other)
    sign = (
        "INSERT INTO report_signature (draft_id, role, key_id, value, received_at) "
        "SELECT d.id, :role, k.id, :value, d.frozen_at FROM report_draft d, signing_key k WHERE k.holder_id = :holder"
    )
    for role, holder in (("appraiser", other.id), ("reviewer", case.appraiser.id), ("operator", case.appraiser.id)):
        with pytest.raises(IntegrityError, match="unrevoked key"), hub.begin() as work:
            work.session.execute(text(sign), {"role": role, "value": "0" * 128, "holder": holder})
    issue = (
        "INSERT INTO appraisal_report (code, appraisal_id, no, thing_id, agency_id, appraiser_id, scheme_id, status, tier, "
        "content, sha256, signed_at, draft_id) SELECT d.code, d.appraisal_id, 1, a.thing_id, a.agency_id, d.appraiser_id, "
        "a.scheme_id, 'graded', 'S', d.content, d.sha256, d.frozen_at, d.id FROM report_draft d, appraisal a"
    )
    with pytest.raises(IntegrityError, match="sealed by the signatures"), hub.begin() as work:
        work.session.execute(text(issue))
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.revoke_key(work, key_id(public_bytes(private)), "stolen")
    with pytest.raises(IntegrityError, match="unrevoked key"), hub.begin() as work:
        work.session.execute(text(sign), {"role": "appraiser", "value": "0" * 128, "holder": case.appraiser.id})


def test_whatever_is_refused_draft_and_answers_are_kept(hub: Hub) -> None:
    case, private, draft = frozen(hub)
    good = signed_by(draft, private)
    colleague = make_user(hub)
    theirs = make_key(hub, colleague)
    refusals = [
        (dataclasses.replace(good, value=("0" if good.value[0] != "0" else "1") + good.value[1:]), SignatureWrong),
        (dataclasses.replace(good, value="zz"), SignatureWrong),
        (dataclasses.replace(good, sha256="0" * 64), DraftMoved),
        (signed_by(draft, theirs), KeyNotYours),
        (signed_by(draft, generate_key()), KeyNotYours),
    ]
    for signature, refusal in refusals:
        with pytest.raises(refusal):
            send(hub, case.code, case.appraiser, signature)
    with pytest.raises(AppraisalNotFound):
        send(hub, case.code, colleague, good)
    assert (state_of(hub, case), order_of(hub, case).findings["touch"]) == ("report_draft", "ok")
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.revoke_key(work, good.kid, "lost")
    with pytest.raises(KeyRevoked):
        send(hub, case.code, case.appraiser, good)
    fresh = make_key(hub, case.appraiser)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(minutes=1))
    later = make_key(hub, case.appraiser)
    with pytest.raises(KeyNewerThanDraft):
        send(hub, case.code, case.appraiser, signed_by(draft, later))
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.reopen(work, case.code)
    again = freeze(hub, case.code, case.appraiser)
    with pytest.raises(DraftMoved):
        send(hub, case.code, case.appraiser, signed_by(draft, fresh))  # the tab with the earlier draft
    assert send(hub, case.code, case.appraiser, signed_by(again, fresh)) is not None


def test_nobody_signs_by_name_who_holds_a_key_and_nobody_freezes_without_one(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with pytest.raises(OwnKeyNeeded):
        freeze(hub, case.code, case.appraiser)
    make_key(hub, case.appraiser)
    with pytest.raises(OwnKeyNeeded), hub.begin(actor(hub, case.appraiser)) as work:
        service.sign(work, case.code, case.appraiser.display_name, CLOSED)


def test_a_key_is_registered_once_with_a_proof_over_the_own_challenge(hub: Hub) -> None:
    person, other = make_member(hub, "appraiser"), make_member(hub, "appraiser")
    private = generate_key()
    public = public_bytes(private).hex()

    def register(who: User, proof: bytes, challenge: str = "here") -> None:
        with hub.begin(actor(hub, who)) as work:
            service.register_key(work, public, proof.hex(), challenge, "键", None)

    proof = private.sign(service.proof_message(person.code, public, "here"))
    for who, given, challenge in ((other, proof, "here"), (person, proof, "there"), (person, proof[:-1] + b"?", "here")):
        with pytest.raises(ProofWrong):
            register(who, given, challenge)
    register(person, proof)
    with pytest.raises(KeyAlreadyKnown):
        register(person, proof)
    with pytest.raises(KeyAlreadyKnown):
        register(other, private.sign(service.proof_message(other.code, public, "here")))


def test_a_demo_report_says_that_the_operator_signed_it(hub: Hub) -> None:
    report = make_report(hub)
    assert report.content["signature"]["kind"] == "operator"
    assert "演示" in report.content["signature"]["note"]["zh"]
    verdict = verify(file_of(hub, report), published(hub))
    assert (verdict.exit_code, [each.role for each in verdict.signers]) == (0, ["operator"])


def test_full_access_to_a_server_without_the_demo_signer_makes_no_report_that_verifies(hub: Hub, settings: Any) -> None:
    del hub.db.doors["signer"]
    case, private, draft = frozen(hub)
    report = send(hub, case.code, case.appraiser, signed_by(draft, private))
    assert report is not None
    kept = published(hub)  # what a reader has saved
    seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    files = [file for file in Path(settings.data_dir).rglob("*") if file.is_file()]
    assert files
    for file in files:
        data = file.read_bytes()
        assert b"PRIVATE KEY" not in data, file
        assert seed not in data, file
        assert seed.hex().encode() not in data, file
    other = make_inspection(hub, clean_answers())
    with pytest.raises(OwnKeyNeeded), hub.begin(actor(hub, other.appraiser)) as work:
        service.sign(work, other.code, other.appraiser.display_name, CLOSED)
    forged = json.loads(file_of(hub, report))
    content = forged["content"]
    content["thing"]["model"] = "another"
    mine = generate_key()
    value = mine.sign(canonical(content)).hex()
    own = key_id(public_bytes(mine))
    tries = {
        "changed, with the old signature": join(
            content, [("appraiser", forged["signatures"][0]["kid"], forged["signatures"][0]["value"])]
        ),
        "signed by a key of the intruder": join(content, [("appraiser", own, value)]),
        "the intruder's signature under the appraiser's number": join(
            content, [("appraiser", forged["signatures"][0]["kid"], value)]
        ),
        "said to be the operator's": join({**content, "signers": ["operator"]}, [("operator", own, value)]),
        "with nobody to sign": join({**content, "signers": []}, []),
    }
    for name, data in tries.items():
        assert verify(data, kept).exit_code == 2, name
    with hub.begin() as work:  # with a key of the intruder put into the register: a list that was kept does not know it
        work.session.add(
            SigningKey(
                kid=own, public_key=public_bytes(mine).hex(), holder_id=case.appraiser.id, label="x",
                registered_at=work.now - timedelta(days=1), challenge="", proof="0" * 128,
            )
        )  # fmt: skip
    assert [problem.code for problem in verify(tries["signed by a key of the intruder"], kept).problems] == ["key_unknown"]


def test_a_correction_is_the_next_version_and_both_stay_readable(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with hub.begin(actor(hub, case.appraiser)) as work:
        first = service.sign(work, case.code, case.appraiser.display_name, CLOSED)
    assert first is not None
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=3))
    stranger = make_member(hub, "appraiser")
    with pytest.raises(NotYourReport), hub.begin(actor(hub, stranger)) as work:
        service.correct(work, first.code, "读错了")
    with hub.begin(actor(hub, case.appraiser)) as work:
        order = service.correct(work, first.code, "电池健康度读错了一位。")
    assert order.state == "correcting"
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert not service.save_findings(work, case.code, {"battery_pct": "97"}, CLOSED).refused
        second = service.sign(work, case.code, case.appraiser.display_name, CLOSED + 1)
    assert second is not None
    assert (second.no, second.content["supersedes"]["report"]) == (2, first.code)
    assert second.content["supersedes"]["reason"] == "电池健康度读错了一位。"
    assert (second.content["inspected_on"], second.valid_until) == (first.content["inspected_on"], first.valid_until)
    with hub.look() as work:
        states = queries.report_states(work, [first.code, second.code])
        assert (states[first.code].kind, states[first.code].newer, states[second.code].kind) == (
            "superseded",
            second.code,
            "valid",
        )
        assert verify(queries.report_file(work, first), {key.kid: key for key in queries.public_keys(work)}).exit_code == 0
        assert work.session.get_one(Appraisal, order.id).state == "issued"
    with pytest.raises(ReportMoved), hub.begin(actor(hub, case.appraiser)) as work:
        service.correct(work, first.code, "again")


def test_a_dropped_correction_leaves_report_and_answers_as_they_were(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with hub.begin(actor(hub, case.appraiser)) as work:
        report = service.sign(work, case.code, case.appraiser.display_name, CLOSED)
        assert report is not None
        service.correct(work, report.code, "试试")
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, {"battery_pct": "60"}, CLOSED)
        order = service.drop_correction(work, case.code)
    assert (order.state, order.findings["battery_pct"], order.correction_reason) == ("issued", "96", None)


def test_expiry_change_and_withdrawal_are_seen_at_once(hub: Hub) -> None:
    report = make_report(hub)

    def kind() -> str:
        with hub.look() as work:
            return queries.report_state(work, report).kind

    assert kind() == "valid"
    with hub.begin() as work:
        work.session.execute(text("UPDATE thing SET colour = 'other' WHERE id = :id"), {"id": report.thing_id})
    assert kind() == "changed"
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=61))
    assert kind() == "expired"
    manager = make_member(hub, "manager", organisation=make_organisation(hub, "agency", "别家"))
    with pytest.raises(NotYourReport), hub.begin(actor(hub, manager)) as work:
        service.revoke_report(work, report.code, "不对")
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.revoke_report(work, report.code, "检测的不是这一台。")
    assert kind() == "revoked"
    with pytest.raises(ReportAlreadyRevoked), hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.revoke_report(work, report.code, "again")


def test_a_brought_file_is_compared_with_its_signatures_and_with_what_was_issued(hub: Hub) -> None:
    report = make_report(hub)
    data = file_of(hub, report)
    with hub.look() as work:
        assert check_file(work, data).genuine
        assert check_stored(work, report).genuine
        changed = check_file(work, data.replace(b'"tier":"S"', b'"tier":"A"'))
        assert (changed.genuine, changed.report is not None) == (False, True)
        for rubbish in (b"", b"{}", b"[]", b"\xff", b"[" * 100_000, data + b" "):
            assert not check_file(work, rubbish).genuine


def test_what_is_stored_and_was_changed_is_not_genuine(hub: Hub) -> None:
    report = make_report(hub)
    with hub.look() as work:
        stored = work.session.scalars(select(Report).where(Report.code == report.code)).one()
        changed = json.loads(canonical(stored.content))
        changed["result"]["tier"] = "A"
        stored.content = changed
        stored.sha256 = hashlib.sha256(canonical(changed)).hexdigest()
        assert not check_stored(work, stored).genuine


def test_a_withdrawn_certificate_signs_nothing_and_an_expired_one_finishes(hub: Hub) -> None:
    """Also what was begun, and also the senior's part; draft and answers are kept."""
    case, private, draft = frozen(hub)
    operator = make_member(hub, "operator")
    with hub.look() as work:
        [held] = confirmed_certificates(work, [case.appraiser.id], "phone")
    with hub.begin(actor(hub, operator)) as work:
        service.decide_certificate(work, held.code, "withdrawn", "发证机构通知证书作废。")
    with pytest.raises(CertificateWithdrawn):
        send(hub, case.code, case.appraiser, signed_by(draft, private))
    assert (state_of(hub, case), order_of(hub, case).findings["touch"]) == ("report_draft", "ok")

    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    with hub.begin(actor(hub, inspector)) as work:
        order = queries.visible_appraisal(work, code)
        assert service.sign(work, code, inspector.display_name, order.findings_rev) is None
    with hub.look() as work:
        made = queries.draft_of(work, order)
        assert made is not None
        senior = work.session.get_one(User, made.reviewer_id)
        papers = [one for one in confirmed_certificates(work, [senior.id], "car") if one.level == "senior"]
    for paper in papers:
        with hub.begin(actor(hub, operator)) as work:
            service.decide_certificate(work, paper.code, "withdrawn", "发证机构通知证书作废。")
    with pytest.raises(CertificateWithdrawn), hub.begin(actor(hub, senior)) as work:
        service.confirm(work, code, senior.display_name, made.sha256)


def test_a_suspended_agency_signs_nothing_and_the_draft_is_kept(hub: Hub) -> None:
    case, private, draft = frozen(hub)
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.suspend(work, case.agency.code, "两台仪器超过校准有效期。")
    with pytest.raises(AgencySuspended):
        send(hub, case.code, case.appraiser, signed_by(draft, private))
    assert (state_of(hub, case), order_of(hub, case).findings["touch"]) == ("report_draft", "ok")


def test_a_report_that_was_signed_before_a_key_was_replaced_is_verified_after_it(hub: Hub) -> None:
    case, old, draft = frozen(hub)
    report = send(hub, case.code, case.appraiser, signed_by(draft, old))
    assert report is not None
    kept = published(hub)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=30))
    fresh = make_key(hub, case.appraiser)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.revoke_key(work, key_id(public_bytes(old)), "replaced")
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=300))
    for keys in (kept, published(hub)):  # a list of then, and one of today
        verdict = verify(file_of(hub, report), keys)
        assert (verdict.exit_code, verdict.problems) == (0, ())
    with hub.look() as work:
        checked = check_stored(work, report)
    assert checked.problems == ()
    again = make_inspection(hub, clean_answers(), agency=case.agency, appraiser=case.appraiser)
    next_draft = freeze(hub, again.code, case.appraiser)
    with pytest.raises(KeyRevoked):
        send(hub, again.code, case.appraiser, signed_by(next_draft, old))
    later = send(hub, again.code, case.appraiser, signed_by(next_draft, fresh))
    assert later is not None
    assert verify(file_of(hub, later), published(hub)).exit_code == 0
    assert verify(file_of(hub, later), kept).exit_code == 2, "a list of then does not know the new key"
