"""An agency that holds the standard confirms or corrects items by two people; the words "not confirmed" go with the last one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.accounts.models import Organisation, User
from app.appraisal import service as appraisal
from app.appraisal.errors import AgencyNotLicensed
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.hub import Hub
from app.schemes import queries, service
from app.schemes.errors import AlreadyChecked, OwnReading, ReadersOnly, ReadingNotFound, SchemeNotFound
from app.schemes.models import SchemeReading, SchemeReadingCheck
from app.schemes.queries import Progress
from app.schemes.service import FileRefused
from grading import read_scheme
from tests.accounts.making import actor, make_member, make_organisation
from tests.schemes.making import CAR, PHONE, corrected, later, once, operators, propose, publish, today

PAGE = "第 14 页"


@dataclass(frozen=True)
class Readers:
    agency: Organisation
    first: User
    second: User


def readers(hub: Hub, name: str = "清河检测") -> Readers:
    agency = make_organisation(hub, "agency", name)
    return Readers(agency, *(make_member(hub, "appraiser", organisation=agency) for _ in range(2)))


def read(hub: Hub, who: User, item: str, **said: object) -> SchemeReading:
    day = today(hub)
    with hub.begin(actor(hub, who)) as work:
        return service.read_item(work, CAR, item, **{"page": PAGE, "read_on": day, **said})  # type: ignore[arg-type]


def check(hub: Hub, who: User, reading: SchemeReading, *, agrees: bool = True, note: str = "") -> None:
    with hub.begin(actor(hub, who)) as work:
        service.check_reading(work, reading.code, agrees=agrees, note=note)


def confirm(hub: Hub, people: Readers, *items: str, **said: object) -> None:
    for item in items:
        check(hub, people.second, read(hub, people.first, item, **said))


def standing(hub: Hub) -> Progress:
    with hub.look() as work:
        return queries.progress(work, queries.newest_scheme(work, CAR))


def state(hub: Hub, item: str) -> str:
    found = standing(hub).of(item)
    assert found is not None
    return found.state


def draft(hub: Hub, day: object = None) -> bytes:
    with hub.look() as work:
        return service.draft_of_next(work, CAR, day or later(hub))[1]  # type: ignore[arg-type]


def test_one_person_confirms_nothing_and_a_second_one_does(hub: Hub) -> None:
    people = readers(hub)
    assert state(hub, "40") == "open"
    reading = read(hub, people.first, "40")
    assert (reading.verdict, reading.asked, state(hub, "40")) == ("confirmed", {"B": "15", "C": "15"}, "to_check")
    with pytest.raises(OwnReading):
        check(hub, people.first, reading)
    check(hub, people.second, reading)
    assert state(hub, "40") == "confirmed"
    assert (standing(hub).confirmed, len(standing(hub).items)) == (1, 127)
    with pytest.raises(AlreadyChecked):
        check(hub, people.second, reading)


def test_who_does_not_find_the_same_says_why_and_nothing_is_confirmed(hub: Hub) -> None:
    people = readers(hub)
    reading = read(hub, people.first, "41")
    with pytest.raises(InvalidInput):
        check(hub, people.second, reading, agrees=False)
    check(hub, people.second, reading, agrees=False, note="表 5 写的是 3 分")
    assert state(hub, "41") == "open"


def test_a_correction_is_shown_until_the_scheme_says_so_too(hub: Hub) -> None:
    people = readers(hub)
    confirm(hub, people, "40", found="B 12, C 12")
    assert state(hub, "40") == "differs"
    publish(hub, corrected(hub))  # 12 instead of 15, as was read
    assert state(hub, "40") == "confirmed"


def test_what_differs_in_words_is_read_again_once_it_was_corrected(hub: Hub) -> None:
    people = readers(hub)
    confirm(hub, people, "41", words="原文名称是“缸盖外机油渗漏”。")
    assert state(hub, "41") == "differs"
    renamed = corrected(hub, edits={r'(code: "41", key: item_41, name: \{zh: )[^,]+': r"\g<1>缸盖外机油渗漏"})
    publish(hub, renamed)
    assert state(hub, "41") == "open", "what was read spoke of another name"
    confirm(hub, people, "41")
    assert state(hub, "41") == "confirmed"


def test_two_agencies_that_read_differently_confirm_nothing(hub: Hub) -> None:
    one, other = readers(hub), readers(hub, "明准鉴定")
    confirm(hub, one, "40")
    confirm(hub, other, "40", found="B 12, C 15")
    assert state(hub, "40") == "differs"
    confirm(hub, other, "40")
    assert state(hub, "40") == "confirmed", "the newer reading of the same agency counts"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"found": "B 12"}, "found"),
        ({"found": "B x, C 12"}, "found"),
        ({"page": ""}, "page"),
        ({"page": "p" * 41}, "page"),
    ],
)
def test_a_reading_without_page_or_with_points_that_cannot_be_read_is_refused(hub: Hub, said: dict[str, str], field: str) -> None:
    people = readers(hub)
    with pytest.raises(InvalidInput) as wrong:
        read(hub, people.first, "40", **said)
    assert set(wrong.value.errors) == {field}
    with pytest.raises(InvalidInput):
        read(hub, people.first, "40", read_on=today(hub) + timedelta(days=1))


def test_only_people_of_a_licensed_agency_read_and_only_its_own_people_check(hub: Hub) -> None:
    people, others = readers(hub), readers(hub, "明准鉴定")
    for person in (make_member(hub, "operator"), make_member(hub, "officer"), make_member(hub, "dealer")):
        with pytest.raises(ReadersOnly):
            read(hub, person, "40")
    bare = make_organisation(hub, "agency", "停云检测", admitted=False)
    stranger = make_member(hub, "appraiser", organisation=bare)
    with pytest.raises(AgencyNotLicensed):
        read(hub, stranger, "40")
    reading = read(hub, people.first, "40")
    with pytest.raises(ReadingNotFound):
        check(hub, others.second, reading)
    for code in ("400", "X1"):
        with pytest.raises(SchemeNotFound):
            read(hub, people.first, code)
    day = today(hub)
    with hub.begin(actor(hub, people.first)) as work, pytest.raises(SchemeNotFound):
        service.read_item(work, PHONE, "P3.01", page=PAGE, read_on=day)


def test_two_colleagues_who_check_at_once_leave_one_answer(hub: Hub) -> None:
    people = readers(hub)
    third = make_member(hub, "appraiser", organisation=people.agency)
    reading = read(hub, people.first, "40")
    acting = [actor(hub, person) for person in (people.second, third)]
    gate, won, lost = threading.Barrier(2, timeout=60), [], []

    def press(place: int) -> None:
        gate.wait()
        try:
            with hub.begin(acting[place]) as work:
                service.check_reading(work, reading.code, agrees=True)
            won.append(place)
        except Conflict as refusal:
            lost.append(refusal)

    threads = [threading.Thread(target=press, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert (len(won), [refusal.code for refusal in lost]) == (1, ["scheme_already_checked"])


def test_the_database_itself_wants_two_people_and_a_verdict_that_follows(hub: Hub) -> None:
    people = readers(hub)
    reading = read(hub, people.first, "40")
    wrong: list[dict[str, object]] = [
        {"checker_id": people.first.id},
        {"checker_id": people.second.id, "reader_id": people.second.id},
        {"checker_id": people.second.id, "agency_id": 999},
        {"checker_id": people.second.id, "verdict": "disagreed"},
    ]
    for changes in wrong:
        values = {
            "reading_id": reading.id,
            "agency_id": reading.agency_id,
            "reader_id": reading.reader_id,
            "verdict": "agreed",
            "note": "",
        }
        with pytest.raises(IntegrityError), hub.begin() as work:
            work.session.add(SchemeReadingCheck(**{**values, **changes}, at=work.now))
    copy = {
        name: getattr(reading, name)
        for name in ("scheme_id", "sha256", "item_code", "name", "asked", "page", "read_on", "agency_id", "reader_id")
    }
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.add(SchemeReading(**copy, found={"B": "1", "C": "1"}, words="", verdict="confirmed", at=work.now))


@pytest.mark.parametrize("table", ["scheme_reading", "scheme_reading_check"])
def test_what_was_read_cannot_be_changed_or_removed(hub: Hub, table: str) -> None:
    people = readers(hub)
    confirm(hub, people, "40")
    column = {"scheme_reading": "page", "scheme_reading_check": "note"}[table]
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement))


def test_the_draft_writes_in_what_was_confirmed_and_lists_what_differs(hub: Hub) -> None:
    people = readers(hub)
    confirm(hub, people, "40", "42")
    confirm(hub, people, "44", found="B 1.5, C 3")
    data = draft(hub)
    scheme = read_scheme("draft.yaml", data, named=False)
    assert (scheme.version, set(scheme.confirmed)) == ("2013/r2", {"40", "42", "44"})
    assert scheme.confirmed["40"].by == "清河检测"
    assert "CORRECT item 44: the standard has B 1.5, C 3; the scheme B 2, C 4" in data.decode()
    assert "尚未核实" in scheme.label.zh
    with pytest.raises(FileRefused) as wrong:
        propose(hub, operators(hub).first, data)
    assert [(fault.code, fault.values["item"]) for fault in wrong.value.faults] == [("read_otherwise", "44")]
    mended = once(data.decode(), r'(code: "44".*?B: \{deduct: )2(.*?C: \{deduct: )4', r"\g<1>1.5\g<2>3")
    publish(hub, mended.encode())
    assert [state(hub, item) for item in ("40", "42", "44", "41")] == ["in_file", "in_file", "in_file", "open"]


def test_a_file_that_calls_confirmed_what_nobody_read_is_refused_with_its_line(hub: Hub) -> None:
    people = readers(hub)
    confirm(hub, people, "40")
    read(hub, people.first, "41")  # one person only
    claims = corrected(hub).decode() + (
        '\nconfirmed:\n  standard: S8\n  items:\n    "40": {page: 第 14 页, day: 2026-01-01, by: 清河检测}\n'
        '    "41": {page: 第 14 页, day: 2026-01-01, by: 清河检测}\n'
    )
    with pytest.raises(FileRefused) as wrong:
        propose(hub, operators(hub).first, claims.encode())
    faults = {(fault.code, fault.values["item"]): fault.line for fault in wrong.value.faults}
    lines = claims.splitlines()
    assert faults.keys() == {("read_otherwise", "40"), ("page_differs", "40"), ("not_read", "41")}
    assert '"41"' in lines[(faults["not_read", "41"] or 0) - 1]


def test_the_words_cannot_be_dropped_by_calling_memory_a_source(hub: Hub) -> None:
    quiet = corrected(
        hub, edits={r"(  MEM: .*?read: )from_memory": r"\g<1>whole_text", r"(  UNSURE: .*?read: )from_memory": r"\g<1>whole_text"}
    )
    with pytest.raises(FileRefused) as wrong:
        propose(hub, operators(hub).first, quiet)
    assert {fault.code for fault in wrong.value.faults} == {"unconfirmed"}
    assert len(wrong.value.faults) == 127


def test_with_all_items_confirmed_the_next_version_drops_the_words(hub: Hub) -> None:
    people = readers(hub)
    who = operators(hub)
    codes = [one.item.code for one in standing(hub).items]
    confirm(hub, people, *codes)
    assert standing(hub).is_complete
    data = draft(hub)
    scheme = read_scheme("draft.yaml", data, named=False)
    assert dict(scheme.label) == {"zh": "参照 GB/T 30323-2013", "en": "after GB/T 30323-2013"}
    publish(hub, data, who)
    assert [one.state for one in standing(hub).items] == ["in_file"] * 127
    still = draft(hub, later(hub, 90)).decode().replace("zh: 参照 GB/T 30323-2013", "zh: 参照 GB/T 30323-2013，尚未核实")
    with pytest.raises(FileRefused):
        propose(hub, who.first, still.encode())


def test_the_register_decides_who_is_licensed_for_electric_cars_too(hub: Hub) -> None:
    people = readers(hub)
    with hub.look(actor(hub, people.first)) as work:
        appraisal.require_scheme_reader(work, people.agency.id, "electric_car")
