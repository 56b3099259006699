"""What the answer about repairs says in the words of the appraisal scheme is fair, complete and told to goods once."""

from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError
from sqlalchemy import select

from app.goods import queries as goods
from app.goods.models import ThingStatement
from app.kernel.hub import Hub
from app.listings import schema, service
from app.listings.schema import Statement
from grading import load_scheme
from tests.accounts.making import actor, make_user
from tests.listings.making import ANSWERS, fresh, make_draft, make_listing

SCHEME = load_scheme("phone-2026.1")
REPAIRS = next(section for section in SCHEME.sections if section.code == "P8")  # repair and parts
CLEAN = {"unopened", "original"}
MAKERS = {"official", "genuine", "official_swap"}  # what the maker's own service does


def statement() -> Statement:
    found = schema.schema_by_id("phone-1").statement
    assert found is not None
    return found


def findings(answer: str) -> set[tuple[str, str]]:
    return {(item, value) for item, values in statement().contradicted_by[answer].items() for value in values}


def all_findings() -> set[tuple[str, str]]:
    return {(item.key, option.value) for item in REPAIRS.items for option in item.options}


def test_every_answer_says_something_except_i_do_not_know() -> None:
    question = schema.schema_by_id("phone-1").question(statement().question)
    assert question is not None
    assert {option.code for option in question.options} - set(statement().contradicted_by) == {"unknown"}
    assert statement().said("unknown") is None
    assert statement().scheme == SCHEME.id


def test_only_findings_about_repairs_and_parts_contradict_and_an_untouched_phone_never() -> None:
    for answer in statement().contradicted_by:
        assert findings(answer) <= all_findings()
        assert not {value for _item, value in findings(answer)} & CLEAN


def test_never_repaired_is_contradicted_by_everything_that_is_not_as_it_was_made() -> None:
    assert findings("never") == {(item, value) for item, value in all_findings() if value not in CLEAN}


def test_repaired_by_the_maker_is_contradicted_by_everything_that_somebody_else_did() -> None:
    assert findings("official") == {(item, value) for item, value in findings("never") if value not in MAKERS}


def test_only_the_battery_is_contradicted_by_every_other_part() -> None:
    battery = {"opened", "battery_part"}
    assert findings("battery_only") == {(item, value) for item, value in findings("never") if item not in battery}


def test_who_named_screen_and_main_parts_has_hidden_nothing() -> None:
    assert findings("screen") == set()


@pytest.mark.parametrize(
    "change",
    [
        {"question": "scent"},
        {"question": "faults", "contradicted_by": {"rusty": {}}},
        {"contradicted_by": {"perhaps": {}}},
        {"colour": "red"},
    ],
)
def test_a_statement_about_what_nobody_can_answer_is_refused(change: dict[str, object]) -> None:
    data = yaml.safe_load((schema.FOLDER / "phone-1.yaml").read_text(encoding="utf-8"))
    data["statement"] |= change
    with pytest.raises(ValidationError):
        schema.read_schema(yaml.safe_dump(data, allow_unicode=True))


def said(hub: Hub, thing_id: int | None) -> list[tuple[str, object]]:
    with hub.look() as work:
        rows = work.session.scalars(select(ThingStatement).where(ThingStatement.thing_id == thing_id).order_by(ThingStatement.id))
        return [(row.scheme_id, row.contradicted_by) for row in rows]


def test_what_is_published_is_said_and_a_draft_says_nothing(hub: Hub) -> None:
    seller = make_user(hub)
    make_draft(hub, seller)
    with hub.look() as work:
        assert work.session.scalars(select(ThingStatement)).first() is None
    listing = make_listing(hub, seller, answers={**ANSWERS, "repairs": "official"})
    with hub.look() as work:
        row = goods.statement_of(work, listing.thing_id or 0, seller.id, work.now)
        assert row is not None
        assert row.contradicted_by == {key: list(values) for key, values in statement().contradicted_by["official"].items()}
        assert len(row.version_sha256) == 64


def test_the_same_offer_back_on_sale_says_nothing_new_and_another_answer_does(hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    for verb in (service.pause, service.resume, service.withdraw):
        with hub.begin(actor(hub, seller)) as work:
            verb(work, listing.code)
    assert len(said(hub, listing.thing_id)) == 1
    with hub.look() as work:
        imei = fresh(hub, listing.id).draft["imei"]
    again = make_listing(hub, seller, imei=imei, answers={**ANSWERS, "repairs": "unknown"})
    assert again.thing_id == listing.thing_id
    assert [contradicted for _scheme, contradicted in said(hub, listing.thing_id)][1:] == [None]
