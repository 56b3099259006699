"""What an authority signs on its own machine becomes an event, is displayed as long as the rules say, and is checked again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.cli.commands import main
from app.credit import jobs
from app.credit import queries as credit
from app.credit.errors import FindingNotFound, KeyEnded, KeyNeedsAnother, KeyNotFound
from app.credit.log import archives
from app.credit.log.auditing import audit
from app.credit.log.canonical import canonical, in_base64
from app.credit.log.errors import BadFinding, LogError
from app.credit.log.findings import Finding, displays, not_displayed, open_finding, read_finding, sign_finding
from app.credit.log.notes import COSIGNATURE, new_signer, read_key, read_signer
from app.credit.log.policies import read_policy
from app.credit.log.scores import Fact
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.oversight import errors, queries, service
from tests.accounts.making import actor, make_member, make_organisation, make_user, send_form, sign_in
from tests.credit.making import make_checkpoint, make_events
from tests.credit.test_cases import changed
from tests.credit.test_score_pages import make_sales, said
from tests.oversight.test_oversight import CASE, REASON
from tests.trades.making import later

SHA = "ab" * 32


class Bureau:
    """An authority with two officers, its key on a machine of its own, and an open purpose."""

    def __init__(self, hub) -> None:
        self.hub = hub
        self.organisation = make_organisation(hub, "regulator", "临江市市场监督管理局")
        self.first, self.second = (make_member(hub, "officer", organisation=self.organisation) for _ in range(2))
        self.signer = new_signer("scjg.linjiang.example")
        with hub.begin(actor(hub, self.first)) as work:
            self.purpose = service.open_purpose(work, CASE, REASON).code

    def bring(self, key=None) -> str:
        with self.hub.begin(actor(self.hub, self.first)) as work:
            return service.propose_key(work, (key or self.signer.key).text).code

    def register(self) -> str:
        code = self.bring()
        with self.hub.begin(actor(self.hub, self.second)) as work:
            service.confirm_key(work, code)
        return code

    def finding(self, kind="penalty", **parts) -> Finding:
        with self.hub.look() as work:
            today = shanghai_day(work.now)
            log = read_key(credit.log_key(work).vkey).name
        basis = {"what": "false_description", "severity": "general"} if kind == "penalty" else {}
        if kind == "audit_finding":
            basis = {"what": "review_deleted", "severity": "serious"}
        return Finding(
            **{"log": log, "id": new_code(), "kind": kind, "document_sha256": SHA, "decided_on": today, **basis, **parts}
        )

    def hand_in(self, finding, signer=None) -> str:
        note = finding if isinstance(finding, str) else sign_finding(finding, signer or self.signer)
        with self.hub.begin(actor(self.hub, self.first)) as work:
            service.append_finding(work, self.purpose, note)
        jobs.sequence_all(self.hub)
        return note

    def refused(self, finding, signer=None) -> str:
        with pytest.raises(InvalidInput) as refusal:
            self.hand_in(finding, signer)
        assert set(refusal.value.errors) == {"note"}
        return refusal.value.errors["note"]


@pytest.fixture
def bureau(hub):
    return Bureau(hub)


@pytest.fixture
def seller(hub):
    jobs.publish_policies(hub)
    person = make_user(hub, name="林知夏")
    make_sales(hub, person, 6)
    make_checkpoint(hub)
    return person


def name_of(hub, person):
    with hub.look() as work:
        return credit.pseudonym_of(work, person.id)


def platform_name(hub):
    with hub.look() as work:
        return json.loads(credit.event_by_idx(work, 0).content)["subject"]


def last(hub, person):
    with hub.look() as work:
        return credit.events_of(work, person.id, 1)[0]


def test_a_key_counts_once_a_second_officer_of_the_same_authority_confirmed_it(hub, bureau, seller):
    finding = bureau.finding(subject=name_of(hub, seller))
    code = bureau.bring()
    assert "No key" in bureau.refused(finding)
    with hub.begin(actor(hub, bureau.first)) as work, pytest.raises(KeyNeedsAnother):
        service.confirm_key(work, code)
    with hub.begin(actor(hub, make_member(hub, "officer"))) as work, pytest.raises(KeyNotFound):
        service.confirm_key(work, code)
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work, pytest.raises(errors.OfficersOnly):
        service.confirm_key(work, code)
    with hub.begin(actor(hub, bureau.second)) as work:
        service.confirm_key(work, code)
    bureau.hand_in(finding)
    with hub.begin(actor(hub, bureau.first)) as work:
        service.end_key(work, code)
    assert "No key" in bureau.refused(bureau.finding(subject=name_of(hub, seller)))
    with hub.begin(actor(hub, bureau.second)) as work, pytest.raises(KeyEnded):
        service.confirm_key(work, code)


def test_the_database_itself_wants_two_officers_and_a_confirmed_key(hub, bureau, seller):
    bureau.bring()
    step = "INSERT INTO credit_regulator_key_step (key_id, step, by_id, at) SELECT id, 'confirmed', proposed_by, proposed_at FROM credit_regulator_key"
    found = (
        "INSERT INTO credit_finding (code, key_id, kind, subject, note, note_sha256, uploaded_by, uploaded_at) "
        f"SELECT code, id, 'penalty', '{name_of(hub, seller)}', 'x', '{SHA}', proposed_by, proposed_at FROM credit_regulator_key"
    )
    for statement in (step, found, "UPDATE credit_regulator_key SET vkey = 'x'", "DELETE FROM credit_regulator_key"):
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement))


def test_keys_that_can_be_no_key_of_an_authority_are_refused(hub, bureau, seller):
    bureau.register()
    with hub.look() as work:
        of_log = read_key(credit.log_key(work).vkey)
    for key in (bureau.signer.key, new_signer("w.example", COSIGNATURE).key, of_log, new_signer("x" * 70).key):
        with pytest.raises(InvalidInput) as refusal:
            bureau.bring(key)
        assert set(refusal.value.errors) == {"vkey"}
    with hub.begin(actor(hub, bureau.first)) as work, pytest.raises(InvalidInput):
        service.propose_key(work, "no key at all")


def test_a_penalty_is_an_event_that_takes_points_and_is_displayed(hub, bureau, seller, client):
    bureau.register()
    with hub.look() as work:
        before = credit.seller_card(work, seller.id)
    finding = bureau.finding(subject=name_of(hub, seller))
    note = bureau.hand_in(finding)
    entry = last(hub, seller)
    event = json.loads(entry.content)
    assert (entry.type, event["actor"], entry.data["finding"]) == (
        "penalty.public",
        "regulator:scjg.linjiang.example",
        finding.id,
    )
    with hub.look() as work:
        card = credit.seller_card(work, seller.id)
        assert credit.verify(work) == []
    assert before.score - card.score == 60
    assert ("BBB", "general") in card.caps
    page = said(client.get(f"/sellers/{seller.code}"))
    assert "虚假描述" in page
    assert "临江市市场监督管理局" in page
    assert client.get(f"/credit/findings/{finding.id}.note").text == note


def test_repair_ends_display_and_weight_and_the_authority_still_sees_both(hub, bureau, seller, client):
    bureau.register()
    finding = bureau.finding(subject=name_of(hub, seller))
    bureau.hand_in(finding)
    leaf = in_base64(bytes.fromhex(last(hub, seller).leaf))
    later(hub, days=100)
    with hub.look() as work:
        before = credit.seller_card(work, seller.id).score
    bureau.hand_in(bureau.finding("repair", subject=name_of(hub, seller), answers=leaf))
    with hub.look() as work:
        assert credit.seller_card(work, seller.id).score == before + 60
        assert [each.state for each in credit.all_displays(work, name_of(hub, seller))] == ["lifted"]
        with pytest.raises(FindingNotFound):
            credit.finding_note(work, finding.id)
    page = said(client.get(f"/sellers/{seller.code}"))
    assert "虚假描述" not in page
    assert (
        page.count("公示期已过或尚未开始") == 4
    )  # the penalty, and the repair that would tell of it: each in the line and in its door
    assert "penalty.public" not in page


def test_display_ends_by_itself_and_waits_for_its_day():
    def fact(idx, type, day, **data):
        return Fact(idx, f"leaf{idx}", type, "s", day, data)

    day = date(2026, 1, 31)
    facts = [
        fact(0, "penalty.public", day, severity="minor", kind="warning", effective_on="2026-01-31"),
        fact(1, "penalty.public", day, severity="general", kind="fake_trade", effective_on="2026-01-31"),
        fact(2, "penalty.public", day, severity="serious", kind="counterfeit", effective_on="2026-01-31"),
        fact(3, "sanction.imposed", day, kind="suspension", effective_on="2026-01-31", until="2026-02-15"),
        fact(4, "violation.recorded", day, severity="minor", kind="x", effective_on="2026-02-07"),
        fact(5, "order.completed", day),
    ]

    def states(on):
        return [each.state for each in displays(facts, on)]

    assert states(day) == ["shown", "shown", "shown", "shown", "waiting"]
    assert states(date(2026, 4, 29)) == ["shown", "shown", "shown", "over", "shown"]
    assert states(date(2026, 4, 30)) == ["over", "shown", "shown", "over", "shown"]
    assert states(date(2027, 1, 31)) == ["over", "over", "shown", "over", "over"]
    assert states(date(2029, 1, 31)) == ["over"] * 5
    assert [each.earliest_repair for each in displays(facts, day)][:3] == [None, date(2026, 4, 30), date(2027, 1, 31)]
    repair = Fact(6, "leaf6", "repair.granted", "s", date(2027, 2, 1), {}, ("leaf2",))
    shown = displays([*facts, repair], date(2027, 2, 2))
    assert not_displayed(shown) == {0, 1, 2, 3, 4, 6}


def test_other_logs_subjects_entries_and_copies_are_refused(hub, bureau, seller):
    bureau.register()
    subject, other = name_of(hub, seller), make_user(hub)
    make_events(hub, other)
    good = bureau.finding(subject=subject)
    note = bureau.hand_in(good)
    assert "already" in bureau.refused(note)
    assert "already" in bureau.refused(replace(good, what="fake_trade"))
    assert "another log" in bureau.refused(bureau.finding(subject=subject, log="elsewhere.example/log"))
    assert "Nobody" in bureau.refused(bureau.finding(subject="s_" + "7" * 26))
    tomorrow = good.decided_on + timedelta(days=1)
    assert "not come" in bureau.refused(bureau.finding(subject=subject, decided_on=tomorrow))
    assert "not about such" in bureau.refused(bureau.finding("audit_finding", subject=subject))
    assert "not about such" in bureau.refused(bureau.finding(subject=platform_name(hub)))
    for answers in (in_base64(b"x" * 32), in_base64(bytes.fromhex(last(hub, other).leaf))):
        assert "no such entry" in bureau.refused(bureau.finding("repair", subject=subject, answers=answers))
    assert "No key" in bureau.refused(bureau.finding(subject=subject), new_signer("scjg.linjiang.example"))
    fresh = sign_finding(bureau.finding(subject=subject), bureau.signer)
    assert "does not fit" in bureau.refused(fresh.replace("general", "serious"))
    assert "no signed note" in bureau.refused("a letter")
    loose = bureau.signer.line("xunyi-finding/1\n{}\n")
    assert "not the form" in bureau.refused(f"xunyi-finding/1\n{{}}\n\n{loose}")
    with hub.look() as work:
        assert len(credit.findings(work)) == 1


def test_findings_without_sense_are_not_even_signed(bureau, hub, seller):
    good = bureau.finding(subject=name_of(hub, seller))
    for change in (
        {"kind": "verdict"},
        {"what": "ugly"},
        {"severity": None},
        {"answers": in_base64(b"x" * 32)},
        {"until": good.decided_on},
        {"subject": "林知夏"},
        {"document_sha256": "x"},
        {"id": "1"},
    ):
        with pytest.raises(BadFinding):
            sign_finding(replace(good, **change), bureau.signer)
    note = sign_finding(good, bureau.signer)
    assert open_finding(note, [bureau.signer.key]) == (good, bureau.signer.key)
    with pytest.raises(LogError):
        read_finding(good.text.replace('"v":1', '"v": 1'))
    with pytest.raises(LogError):
        open_finding(note + bureau.signer.line(good.text), [bureau.signer.key])


def trust_of(client, *, without=False):
    content = client.get("/credit/log/trust.policy").text
    return read_policy(
        "".join(line for line in content.splitlines(keepends=True) if not (without and line.startswith("regulator")))
    )


def codes(report):
    return [finding.code for finding in report.findings]


def test_the_audit_checks_signatures_again_and_names_what_does_not_follow_from_them(hub, bureau, seller, client):
    bureau.register()
    note = bureau.hand_in(bureau.finding(subject=name_of(hub, seller)))
    bureau.hand_in(bureau.finding("audit_finding", subject=platform_name(hub)))
    make_checkpoint(hub)
    with hub.look() as work:
        of_seller, whole = credit.seller_case(work, seller.id), credit.log_case(work)
    for case in (of_seller, whole):
        assert codes(audit(case, trust_of(client))) == []
        assert set(codes(audit(case, trust_of(client, without=True)))) == {"authority"}
    assert codes(audit(changed(of_seller, **{"findings.json": b"[]"}), trust_of(client))) == ["finding"]
    notes = json.loads(archives.unpack(whole)["findings.json"])
    other = sign_finding(bureau.finding(subject=name_of(hub, seller)), bureau.signer)
    more = audit(changed(whole, **{"findings.json": canonical([*notes, other])}), trust_of(client))
    assert codes(more) == ["finding"]
    assert more.exit_code == 1  # the evidence is sound, and the log lacks what the authority signed
    stranger = read_policy(f"log {trust_of(client).logs[0].text}\nregulator {new_signer('else.example').key.text}\nquorum none\n")
    assert codes(audit(of_seller, stranger)) == ["finding"]
    forged = canonical([note.replace("general", "serious")])
    assert "finding" in codes(audit(changed(of_seller, **{"findings.json": forged}), trust_of(client)))


def test_a_repair_before_its_time_is_written_down_and_named(hub, bureau, seller, client):
    bureau.register()
    bureau.hand_in(bureau.finding(subject=name_of(hub, seller)))
    leaf = in_base64(bytes.fromhex(last(hub, seller).leaf))
    bureau.hand_in(bureau.finding("repair", subject=name_of(hub, seller), answers=leaf))
    make_checkpoint(hub)
    with hub.look() as work:
        report = audit(credit.seller_case(work, seller.id), trust_of(client))
    assert (codes(report), report.exit_code) == (["repair_early"], 1)


def test_findings_about_the_marketplace_take_points_from_a_thousand(hub, bureau, seller, client):
    bureau.register()
    later(hub, days=8)
    bureau.hand_in(bureau.finding("audit_finding", subject=platform_name(hub)))
    bureau.hand_in(bureau.finding("audit_finding", subject=platform_name(hub), severity="minor", what="log_gap"))
    with hub.look() as work:
        record = credit.platform_record(work)
    assert (record.policy, record.points, len(record.deductions)) == ("platform/2", 790, 2)
    page = said(client.get("/credit/platform"))
    assert "790" in page
    assert "评价被删除" in page


def test_the_desk_registers_keys_and_takes_notes(hub, bureau, seller, client):
    sign_in(client, hub, bureau.first)
    assert client.get("/oversight/keys").status_code == 200
    refused = send_form(client, "/oversight/keys", {"vkey": "nothing"})
    assert refused.status_code == 422
    assert "nothing" in refused.text
    assert send_form(client, "/oversight/keys", {"vkey": bureau.signer.key.text}).status_code == 303
    with hub.look(actor(hub, bureau.first)) as work:
        code = queries.own_keys(work)[0].code
    assert send_form(client, "/oversight/keys", to=f"/oversight/keys/{code}/confirm").status_code == 409
    sign_in(client, hub, bureau.second)
    assert "确认这把公钥" in said(client.get("/oversight/keys"))
    assert send_form(client, "/oversight/keys", to=f"/oversight/keys/{code}/confirm").status_code == 303
    sign_in(client, hub, bureau.first)
    place = f"/oversight/{bureau.purpose}/findings"
    wrong = send_form(client, place, {"note": "什么都不是"})
    assert wrong.status_code == 422
    assert "什么都不是" in wrong.text
    note = sign_finding(bureau.finding(subject=name_of(hub, seller)), bureau.signer)
    assert send_form(client, place, {"note": note.replace("\n", "\r\n")}).status_code == 303
    jobs.sequence_all(hub)
    assert last(hub, seller).type == "penalty.public"
    assert name_of(hub, seller) in client.get(place).text


def test_commands_make_a_key_and_sign_on_the_authoritys_machine(tmp_path, bureau, seller, hub):
    run, key, note = CliRunner(), tmp_path / "authority.key", tmp_path / "finding.note"
    made = run.invoke(main, ["regulator", "key", str(key), "scjg.example"])
    assert made.exit_code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert read_key(made.output.strip()) == read_signer(key.read_text().strip()).key
    assert run.invoke(main, ["regulator", "key", str(key), "scjg.example"]).exit_code == 1
    paper = tmp_path / "decision.pdf"
    paper.write_bytes(b"decision")
    options = {
        "--key": key,
        "--log": "market.example/log",
        "--kind": "repair",
        "--subject": name_of(hub, seller),
        "--document": paper,
        "--decided-on": "2026-11-30",
        "--answers": "ab" * 32,
    }
    flat = [str(each) for pair in options.items() for each in pair]
    signed = run.invoke(main, ["regulator", "sign", str(note), *flat])
    assert signed.exit_code == 0, signed.output
    finding, _ = open_finding(note.read_text(), [read_key(made.output.strip())])
    assert (finding.kind, finding.answers) == ("repair", in_base64(bytes.fromhex("ab" * 32)))
    assert run.invoke(main, ["regulator", "sign", str(tmp_path / "b"), *flat, "--severity", "minor"]).exit_code == 1
