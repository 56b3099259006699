"""A corrected revision: proposed, approved by somebody else, in force from its day, for good."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.factory import create_hub
from app.kernel.audit import AuditEntry
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.hub import Hub
from app.notices.models import Notice
from app.schemes import queries, service
from app.schemes.errors import (
    AlreadyDecided,
    NotYourProposal,
    OperatorsOnly,
    Overtaken,
    OwnProposal,
    ProposalNotFound,
    SchemeNotFound,
    TooLate,
)
from app.schemes.models import SchemeDecision, SchemeProposal
from app.schemes.service import FileRefused
from config import Settings
from tests.accounts.making import actor, make_member, make_user
from tests.schemes.making import (
    CAR,
    PHONE,
    approve,
    corrected,
    go_to,
    later,
    operators,
    propose,
    publish,
    text_of,
    today,
)


def in_force(hub: Hub, category: str) -> str:
    with hub.look() as work:
        return queries.scheme_in_force(work, category).reference


@pytest.mark.parametrize(("scheme_id", "category"), [(CAR, "car"), (PHONE, "phone")])
def test_an_approved_revision_holds_from_its_first_day_and_not_before(hub: Hub, scheme_id: str, category: str) -> None:
    before = in_force(hub, category)
    made = publish(hub, corrected(hub, scheme_id))
    assert in_force(hub, category) == before
    go_to(hub, made.effective_on - timedelta(days=1))
    assert in_force(hub, category) == before
    go_to(hub, made.effective_on)
    assert in_force(hub, category) == f"{scheme_id}/r2"
    with hub.look() as work:
        assert [one.scheme.number for one in queries.revisions(work, scheme_id)] == [1, 2]
        assert queries.get_scheme(work, before).sha256 != queries.get_scheme(work, f"{scheme_id}/r2").sha256 == made.sha256
        assert queries.get_scheme(work, scheme_id).number == 1, "an id alone never moves"
        assert queries.scheme_in_force(work, category, made.effective_on - timedelta(days=1)).reference == before


def test_nothing_is_in_force_by_a_proposal_alone(hub: Hub) -> None:
    who = operators(hub)
    made = propose(hub, who.first, corrected(hub))
    go_to(hub, made.effective_on)
    assert in_force(hub, "car") == "gbt30323-2013/r1"
    with hub.look() as work, pytest.raises(SchemeNotFound):
        queries.get_scheme(work, "gbt30323-2013/r2")


def test_every_process_sees_the_same_revision_without_being_told(hub: Hub, settings: Settings) -> None:
    """Another process has read its schemes before anything was published."""
    other = create_hub(settings, queue=False)
    try:
        assert in_force(other, "car") == "gbt30323-2013/r1"
        made = publish(hub)
        go_to(hub, made.effective_on)
        assert in_force(other, "car") == in_force(hub, "car") == "gbt30323-2013/r2"
        with other.look() as work:
            found = queries.find_scheme(work, CAR, made.sha256)
            assert found is not None
            assert str(found.items_by_code["40"].options[1].deduct) == "12"
    finally:
        other.db.dispose()


def test_revisions_follow_one_another(hub: Hub) -> None:
    who = operators(hub)
    first = publish(hub, corrected(hub), who)
    second = publish(hub, corrected(hub, begins=first.effective_on + timedelta(days=10)), who)
    assert (first.no, second.no) == (2, 3)
    with hub.look() as work:
        ends = [one.until for one in queries.revisions(work, CAR)]
    assert ends == [first.effective_on - timedelta(days=1), second.effective_on - timedelta(days=1), None]
    go_to(hub, second.effective_on)
    assert in_force(hub, "car") == "gbt30323-2013/r3"


def refused(hub: Hub, data: bytes, day: object = None) -> dict[str, int | None]:
    """What is wrong with a file: code -> line."""
    who = make_member(hub, "operator")
    with pytest.raises(FileRefused) as wrong:
        propose(hub, who, data, day)  # type: ignore[arg-type]
    return {fault.code: fault.line for fault in wrong.value.faults}


FILE_FAULTS = [
    ({"no YAML": "key: [1, 2"}, "not YAML"),
    ({r"(?m)^  counts: .*$": "  counts: {sections: 10, items: 126, cross_rules: 7, tiers: 5}"}, "126 stated, 127 found"),
    ({r"(?m)^  base_score: 100": "  base_score: no"}, "is a boolean in YAML 1.1"),
    ({r"(?m)^  category: car": "  category: car\n  colour: red"}, "Extra inputs are not permitted"),
    ({r"，扣分值尚未核实": ""}, "must say '尚未核实': 127 items are not confirmed"),
]


@pytest.mark.parametrize(("edits", "said"), FILE_FAULTS[1:])
def test_a_broken_file_is_refused_line_by_line_in_the_loaders_words(hub: Hub, edits: dict[str, str], said: str) -> None:
    data = corrected(hub, edits=edits)
    with pytest.raises(FileRefused) as wrong:
        propose(hub, make_member(hub, "operator"), data)
    faults = wrong.value.faults
    assert [said in str(fault.values["what"]) for fault in faults] == [True]
    assert faults[0].line is not None
    assert (said.split()[0] in data.decode().splitlines()[faults[0].line - 1]) or faults[0].path


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"key: [1, 2", b"- a\n- b\n", b"a: &x 1\nb: *x\n", b"x" * 300_001])
def test_what_is_no_scheme_is_refused(hub: Hub, data: bytes) -> None:
    with pytest.raises(InvalidInput) as wrong:
        propose(hub, make_member(hub, "operator"), data)
    assert set(wrong.value.errors) == {"file"}


RULES = [
    ("not_next", {}, {"number": 3}),
    ("not_next", {r"2013/r2": "2013/r1"}, {}),
    ("has_end", {r"(?m)^  label:": "  effective_until: 2099-01-01\n  label:"}, {}),
    ("no_change", {}, {}),
    ("tiers", {r"(?m)^(- \{code: 一级.*?zh: )[^,]+": r"\g<1>另一级"}, {}),
    ("statuses", {r"(?m)^  - \{code: accident, scored: false, tier: 五级.*\n": ""}, {}),
    ("fact_gone", {r"(?m)^  fire_vehicle: .*\n": "  fire_car: {name: {zh: 火烧嫌疑, en: Fire}, kind: flag}\n"}, {}),
    (
        "fact_required",
        {r"(?m)^  fire_vehicle: \{": "  mood: {name: {zh: 心情, en: Mood}, kind: flag, required: true}\n  fire_vehicle: {"},
        {},
    ),
]


@pytest.mark.parametrize(("code", "edits", "how"), RULES)
def test_what_the_marketplace_goes_by_must_stay(hub: Hub, code: str, edits: dict[str, str], how: dict[str, int]) -> None:
    try:
        found = refused(hub, corrected(hub, edits=edits, **how))  # type: ignore[arg-type]
    except AssertionError:
        raise
    assert code in found or "file" in found
    if code in found:
        assert found[code] is not None or code == "no_change"


def test_a_first_day_is_in_the_future_and_is_the_one_that_was_typed(hub: Hub) -> None:
    assert "not_later" in refused(hub, corrected(hub, begins=today(hub)))
    assert "not_later" in refused(hub, corrected(hub, begins=today(hub) - timedelta(days=400)))
    assert "day_differs" in refused(hub, corrected(hub), later(hub, 31))
    publish(hub, corrected(hub, begins=later(hub, 60)))
    assert "not_later" in refused(hub, corrected(hub, begins=later(hub, 60))), "not on the day of the one before it"


def test_an_unknown_scheme_is_not_started_by_an_upload(hub: Hub) -> None:
    data = corrected(hub).decode().replace("scheme_id: gbt30323-2013", "scheme_id: cars-2013")
    assert set(refused(hub, data.encode())) == {"unknown_scheme"}


def test_what_the_workbench_and_sellers_answers_need_must_stay(hub: Hub) -> None:
    who = make_member(hub, "operator")
    gone = corrected(hub, PHONE, edits={r"key: screen_glass,": "key: glass_of_screen,"})
    with pytest.raises(FileRefused) as wrong:
        propose(hub, who, gone)
    assert any("sellers answer" in fault.message for fault in wrong.value.faults)
    stops = corrected(hub, edits={r"(code: \"41\".*?B: \{)deduct": r"\g<1>effect: not_tradable, deduct"})
    with pytest.raises(FileRefused) as wrong:
        propose(hub, who, stops)
    assert ["can end an inspection" in fault.message for fault in wrong.value.faults] == [True]
    assert wrong.value.faults[0].line


def test_only_operators_propose_and_decide(hub: Hub) -> None:
    data = corrected(hub)
    who = operators(hub)
    made = propose(hub, who.first, data)
    for person in (make_user(hub), make_member(hub, "appraiser"), make_member(hub, "officer")):
        with pytest.raises(OperatorsOnly):
            propose(hub, person, data)
        with hub.begin(actor(hub, person)) as work:
            for verb in (
                lambda work=work: service.approve(work, made.code),
                lambda work=work: service.refuse(work, made.code, "nein danke"),
            ):
                with pytest.raises(OperatorsOnly):
                    verb()


def test_two_people_are_needed(hub: Hub) -> None:
    who = operators(hub)
    made = propose(hub, who.first, corrected(hub))
    with pytest.raises(OwnProposal):
        approve(hub, who.first, made.code)
    with hub.begin(actor(hub, who.first)) as work, pytest.raises(OwnProposal):
        service.refuse(work, made.code, "I think again")
    with hub.begin(actor(hub, who.second)) as work, pytest.raises(NotYourProposal):
        service.withdraw(work, made.code)
    with hub.begin(actor(hub, who.second)) as work, pytest.raises(ProposalNotFound):
        service.approve(work, "0" * 26)
    approve(hub, who.second, made.code)
    for verb in (lambda work: service.approve(work, made.code), lambda work: service.refuse(work, made.code, "too late")):
        with hub.begin(actor(hub, who.second)) as work, pytest.raises(AlreadyDecided):
            verb(work)


def test_a_proposal_is_refused_with_a_reason_or_taken_back_and_the_number_stays_free(hub: Hub) -> None:
    who = operators(hub)
    first, second = (propose(hub, who.first, corrected(hub, begins=later(hub, days))) for days in (30, 31))
    with hub.begin(actor(hub, who.second)) as work:
        with pytest.raises(InvalidInput):
            service.refuse(work, first.code, "no")
        service.refuse(work, first.code, "The page is missing.")
    with hub.begin(actor(hub, who.first)) as work:
        service.withdraw(work, second.code)
    assert publish(hub, corrected(hub), who).no == 2


def test_a_revision_that_was_overtaken_or_whose_day_has_come_is_not_approved(hub: Hub) -> None:
    who = operators(hub)
    late, other = (propose(hub, who.first, corrected(hub, begins=later(hub, days))) for days in (3, 30))
    go_to(hub, later(hub, 3))
    with pytest.raises(TooLate):
        approve(hub, who.second, late.code)
    publish(hub, corrected(hub, begins=later(hub, 20)), who)
    with pytest.raises(Overtaken):
        approve(hub, who.second, other.code)


def test_everybody_concerned_is_told(hub: Hub) -> None:
    who = operators(hub)
    appraiser = make_member(hub, "appraiser")
    made = propose(hub, who.first, corrected(hub))
    approve(hub, who.second, made.code)
    hub.drain()
    with hub.look() as work:
        told = {row.user_id: row for row in work.session.scalars(select(Notice).where(Notice.key.like("scheme.%")))}
        verbs = list(work.session.scalars(select(AuditEntry.verb).where(AuditEntry.entity == "scheme_proposal")))
    assert told.keys() == {who.first.id, who.second.id, appraiser.id}
    assert told[appraiser.id].values["day"] == made.effective_on.isoformat()
    assert told[appraiser.id].link == "/schemes/gbt30323-2013/r1/r2"
    assert verbs == ["scheme.propose", "scheme.approved"]


def test_two_operators_who_approve_at_once_make_one_revision(hub: Hub) -> None:
    """The same proposal, and two proposals of the same number: one decision is written, the others are told."""
    who = operators(hub)
    third = make_member(hub, "operator")
    same = [propose(hub, who.first, corrected(hub, begins=later(hub, days))).code for days in (30, 31)]
    attempts = [(person, code) for person in (who.second, third) for code in same]
    acting = {person.id: actor(hub, person) for person in (who.second, third)}
    gate, won, lost = threading.Barrier(len(attempts), timeout=60), [], []

    def press(person_id: int, code: str) -> None:
        gate.wait()
        try:
            with hub.begin(acting[person_id]) as work:
                service.approve(work, code)
            won.append(code)
        except Conflict as refusal:
            lost.append(refusal)

    threads = [threading.Thread(target=press, args=(person.id, code)) for person, code in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert (len(won), len(lost)) == (1, len(attempts) - 1), (won, lost)
    with hub.look() as work:
        assert [row.published_no for row in work.session.scalars(select(SchemeDecision))] == [2]
        assert queries.newest_scheme(work, CAR).number == 2


DECISION = dict.fromkeys(
    ("proposal_id", "scheme_id", "category", "no", "sha256", "effective_on", "proposed_by", "decision", "published_no"), None
)


def planted(hub: Hub, made: SchemeProposal, decider: int, **changes: object) -> None:
    """A decision written past the verbs."""
    with hub.begin() as work:
        row = SchemeDecision(
            proposal_id=made.id,
            scheme_id=made.scheme_id,
            category=made.category,
            no=made.no,
            sha256=made.sha256,
            effective_on=made.effective_on,
            proposed_by=made.proposed_by,
            decision="approved",
            published_no=made.no,
            reason="",
            decided_by=decider,
            decided_at=work.now,
            decided_on=today(hub),
        )
        for name, value in changes.items():
            setattr(row, name, value)
        work.session.add(row)


def test_the_database_itself_wants_two_people_a_day_to_come_and_no_gap(hub: Hub) -> None:
    who = operators(hub)
    made = propose(hub, who.first, corrected(hub))
    wrong: list[tuple[int, dict[str, object]]] = [
        (who.first.id, {}),
        (who.first.id, {"proposed_by": who.second.id}),
        (who.second.id, {"decided_on": made.effective_on}),
        (who.second.id, {"published_no": 3}),
        (who.second.id, {"published_no": None}),
        (who.second.id, {"effective_on": made.effective_on + timedelta(days=1)}),
        (who.second.id, {"sha256": "0" * 64}),
        (who.second.id, {"decision": "withdrawn", "published_no": None}),
        (who.second.id, {"decision": "refused", "published_no": None}),
    ]
    for decider, changes in wrong:
        with pytest.raises(IntegrityError):
            planted(hub, made, decider, **changes)
    planted(hub, made, who.second.id)


def test_the_database_itself_keeps_revisions_in_their_order(hub: Hub) -> None:
    who = operators(hub)
    early = propose(hub, who.first, corrected(hub, begins=later(hub, 10)))
    publish(hub, corrected(hub, begins=later(hub, 20)), who)
    with hub.begin() as work:
        gap = SchemeProposal(
            scheme_id=CAR, category="car", no=4, sha256="1" * 64, effective_on=later(hub, 40), reason="a gap of one",
            file="x", proposed_by=who.first.id, proposed_at=work.now,
        )  # fmt: skip
        work.session.add(gap)
    for made in (early, gap):
        with pytest.raises(IntegrityError):
            planted(hub, made, who.second.id)


@pytest.mark.parametrize("table", ["scheme_proposal", "scheme_decision"])
def test_what_was_published_cannot_be_changed_or_removed(hub: Hub, table: str) -> None:
    made = publish(hub)
    column = {"scheme_proposal": "file", "scheme_decision": "sha256"}[table]
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement))
    with hub.look() as work:
        assert queries.newest_scheme(work, CAR).sha256 == made.sha256


def test_a_file_of_the_database_that_is_not_its_hash_is_never_used(hub: Hub) -> None:
    """Somebody with full access to the database replaces the text under an approved hash."""
    made = publish(hub)
    with hub.begin() as work:
        if hub.db.dialect == "sqlite":
            work.session.execute(text("DROP TRIGGER tr_scheme_proposal_no_update"))
        else:
            work.session.execute(text("ALTER TABLE scheme_proposal DISABLE TRIGGER USER"))
        changed = made.file.replace("deduct: 12", "deduct: 11")
        work.session.execute(text("UPDATE scheme_proposal SET file = :file"), {"file": changed})
    queries.shelf._parsed.clear()  # a process that has not read it yet
    with hub.look() as work, pytest.raises(RuntimeError, match="another hash"):
        queries.get_scheme(work, made.reference)


def test_the_kept_text_is_the_uploaded_file_byte_for_byte(hub: Hub) -> None:
    data = corrected(hub).replace(b"\n", b"\r\n")
    made = publish(hub, data)
    with hub.look() as work:
        assert queries.bytes_of(work, queries.get_scheme(work, made.reference)) == data
    assert text_of(hub, CAR).encode() == data


def test_roles_that_may_not_are_refused_as_such() -> None:
    assert issubclass(OperatorsOnly, NotAllowed)
