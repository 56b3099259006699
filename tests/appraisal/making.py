"""Makes appraisals and signed reports through the verbs, for the tests of every room."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.accounts.models import Organisation, User
from app.appraisal import queries, service
from app.appraisal.models import Appraisal, Report
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings.models import Listing
from grading import load_scheme
from grading.report import generate_key, public_bytes
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import qualify
from tests.goods.making import make_thing
from tests.remembering import remembered

SCHEME = "phone-2026.1"
MEASURED = {"battery_pct": "96", "battery_cycles": "50", "age_months": "6", "erase_certificate": "CERT-2026-0001"}
CLOSED = 2  # revision of the findings of a phone that was answered in one go, erased and sealed

# What a person writes into a certificate of erasure.
ERASURE = {
    "storage_type": "NVMe",
    "storage_capacity_gb": "128",
    "owner_consent_at": "2026-11-28 09:00",
    "consent_evidence_ref": "委托单 2026-117",
    "sanitisation_level": "purge",
    "method": "block_erase",
    "tool_name": "擦除工具",
    "tool_version": "4.2",
    "started_at": "2026-11-28 09:30",
    "finished_at": "2026-11-28 09:41",
    "verification_method": "sample",
    "verification_coverage_pct": "10",
    "operator_title": "鉴定师",
    "verifier_name": "韩立秋",
    "verified_at": "2026-11-28 09:50",
    "location": "清河检测一号工位",
    "destination": "封存后交还机主",
    "log_sha256": "AB" * 32,
}


@dataclass(frozen=True)
class Case:
    """An appraisal with the people around it."""

    code: str
    thing: Thing
    owner: User
    agency: Organisation
    appraiser: User


def clean_answers(**changes: str | None) -> dict[str, str]:
    """The best answer to every item that an appraiser types: tier S. ``changes`` replace single answers, None leaves one out."""
    clean: dict[str, str | None] = {}
    for item in service.typed_items(load_scheme(SCHEME)):
        usable = [option for option in item.options if option.effect is None]
        if usable:
            clean[item.key] = min(usable, key=lambda option: option.deduct).value
    clean |= MEASURED | changes
    return {key: answer for key, answer in clean.items() if answer is not None}


def make_request(
    hub: Hub,
    *,
    thing: Thing | None = None,
    owner: User | None = None,
    agency: Organisation | None = None,
    appraiser: User | None = None,
) -> Case:
    """An owner's request that waits at an agency with one appraiser."""
    who = owner or make_user(hub, name="周小满")
    what = thing or make_thing(hub, who)
    where = agency or make_organisation(hub, "agency", "清河检测")
    inspector = appraiser or make_member(hub, "appraiser", user=make_user(hub, name="韩立秋"), organisation=where)
    with hub.begin(actor(hub, who)) as work:
        code = service.request(work, what.code, where.code).code
    return Case(code, what, who, where, inspector)


@remembered
def make_inspection(hub: Hub, answers: dict[str, str] | None = None, *, is_sealed: bool = True, **who: object) -> Case:
    """An accepted appraisal; with ``answers`` they are saved, and a phone that gets a grade is erased and sealed."""
    case = make_request(hub, **who)  # type: ignore[arg-type]
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.accept(work, case.code)
    if answers is not None:
        with hub.begin(actor(hub, case.appraiser)) as work:
            assert not service.save_findings(work, case.code, answers, 0).refused
        if is_sealed:
            close(hub, case.appraiser, case.code)
    return case


@remembered
def make_report(hub: Hub, *, thing: Thing | None = None, listing: Listing | None = None, **answers: str | None) -> Report:
    """A signed report about a thing, the thing of a listing, or a fresh phone. ``answers`` replace single clean answers."""
    owner = None
    if listing is not None or thing is not None:
        with hub.look() as work:
            thing = thing or work.session.get_one(Thing, listing.thing_id)  # type: ignore[union-attr]
            owner = work.session.get_one(User, thing.owner_id)
    return sign(hub, make_inspection(hub, clean_answers(**answers), thing=thing, owner=owner))


def make_key(hub: Hub, person: User) -> Ed25519PrivateKey:
    """A key of the person, registered; the private half is the test's."""
    private = generate_key()
    public = public_bytes(private).hex()
    with hub.begin(actor(hub, person)) as work:
        challenge = f"test {person.code}"
        proof = private.sign(service.proof_message(person.code, public, challenge)).hex()
        service.register_key(work, public, proof, challenge, "办公室电脑", None)
    return private


def close(hub: Hub, appraiser: User, code: str, *, seal_no: str = "", **typed: str) -> int:
    """Test, erase, seal where a grade needs it, looked at by a colleague who is hired for it. The revision of the findings then."""
    with hub.look(actor(hub, appraiser)) as work:
        order = queries.visible_appraisal(work, code)
        result = service.graded(work, order, work.session.get_one(Thing, order.thing_id), shanghai_day(work.now))
        if not queries.lacks_seal(work, order, result):
            return order.findings_rev
        agency = work.session.get_one(Organisation, order.agency_id)
    erase_and_seal(
        hub, code, appraiser, make_member(hub, "appraiser", organisation=agency), seal_no or f"QH-{code[:12]}", **typed
    )
    with hub.look(actor(hub, appraiser)) as work:
        return queries.visible_appraisal(work, code).findings_rev


def sign(hub: Hub, case: Case) -> Report:
    """The appraiser closes what stores data and signs what is saved; a car's report is confirmed by a senior, who is hired for it where the agency has none."""
    close(hub, case.appraiser, case.code)
    order = order_of(hub, case)
    with hub.look() as work:
        is_car = work.session.get_one(Thing, order.thing_id).category == "car"
        seniors = queries.reviewers_for(work, order.agency_id, "car", case.appraiser.id) if is_car else []
    if is_car and not seniors:
        seniors = [make_member(hub, "appraiser", user=make_user(hub, name="沈知行"), organisation=case.agency)]
        with hub.begin() as work:
            qualify(work, seniors[0].id, level="senior")
    with hub.begin(actor(hub, case.appraiser)) as work:
        report = service.sign(work, case.code, case.appraiser.display_name, order.findings_rev)
    if report is None:
        with hub.begin(actor(hub, seniors[0])) as work:
            report = service.confirm(work, case.code, seniors[0].display_name, draft_hash(work, case.code))
    return report


def draft_hash(work: Work, code: str) -> str:
    """The hash of the order's newest draft."""
    found = queries.draft_of(work, queries.visible_appraisal(work, code))
    assert found is not None
    return found.sha256


def order_of(hub: Hub, case: Case) -> Appraisal:
    """The appraisal as it stands in the database now."""
    with hub.look() as work:
        return work.session.query(Appraisal).filter_by(code=case.code).one()


def erase_and_seal(hub: Hub, code: str, appraiser: User, colleague: User, seal_no: str, **typed: str) -> None:
    """A tested phone is erased, looked at again by a colleague, and sealed."""
    erase(hub, code, appraiser, colleague, **typed)
    with hub.begin(actor(hub, appraiser)) as work:
        service.seal(work, code, seal_no)


def erase(hub: Hub, code: str, appraiser: User, colleague: User | None, **typed: str) -> None:
    """A tested phone is erased; with a ``colleague`` it is also looked at again."""
    with hub.begin(actor(hub, appraiser)) as work:
        service.record_erasure(work, hub.sealer, code, ERASURE | typed, appraiser.display_name)
    if colleague is not None:
        with hub.begin(actor(hub, colleague)) as work:
            service.check_erasure(work, code, "passed", "另一工具抽查 12 处")
